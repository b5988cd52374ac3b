package work

import (
	"slices"
	"time"

	"koko/domain/fault"
	"koko/domain/file"
)

// The actions until there is somebody who does the work.
const (
	ActionBegin               Action = "begin_work"
	ActionAccept              Action = "accept_work"
	ActionDecline             Action = "decline_work"
	ActionLeave               Action = "leave_work"
	ActionDeclareIndependence Action = "declare_work_independence"
)

// What bounds the state that every decision carries.
const (
	maxFacilitators = 4
	maxInvolved     = 50
	maxReference    = 100 // bytes
	maxSessions     = 300
	maxClauses      = 50
	maxAdmissions   = 100
	maxDisclosures  = 100
)

// bounded is what helps where a bound is reached. It sends nobody to people who know nothing of the work.
const bounded = "keep what is more in a note (note_work), or end the work with end_work"

// BeginWork begins a working file when a case is handed over. No person gives this command. What the conflict manager
// wants the facilitators to know is kept here and not in the case.
type BeginWork struct {
	Case         string     `json:"case" format:"uuid" doc:"Id of the case"`
	Reference    string     `json:"reference,omitempty" doc:"What people call the case" example:"KK-2025/014"`
	Facilitators []string   `json:"facilitators" nullable:"false" doc:"Subjects of those whom it was handed over to"`
	Commissioner string     `json:"commissioner" doc:"Subject of the person who handed it over"`
	Involved     []string   `json:"involved,omitempty" nullable:"false" doc:"Subjects of those who analysed the case or worked on it before: they do not mediate it (§ 3 MediationsG)"`
	Stage        int        `json:"stage" doc:"Escalation stage after Glasl when it was handed over" example:"4"`
	Briefing     file.Words `json:"briefing,omitzero" in:"work_briefing" maxLength:"20000"`
	Docs
}

// Begun is how a working file began.
type Begun struct {
	Stamp
	BeginWork
}

// Action is begin_work.
func (BeginWork) Action() Action { return ActionBegin }

// Check wants a case, one to four facilitators and whoever handed it over.
func (b BeginWork) Check() error {
	if err := file.First(file.UUID("case", b.Case), file.Person("commissioner", b.Commissioner), file.Between("stage", b.Stage, 1, 9),
		file.AtMost("facilitators", len(b.Facilitators), maxFacilitators), file.AtMost("involved", len(b.Involved), maxInvolved),
		file.AtMost("reference", len(b.Reference), maxReference), b.In(b.Action(), Briefing)); err != nil {
		return err
	}
	if len(b.Facilitators) == 0 {
		return file.Invalid("facilitators", "required", "nobody is named", "name one to four people")
	}
	return file.First(people("facilitators", b.Facilitators), people("involved", b.Involved))
}

// people refuses what names nobody, or somebody twice.
func people(field string, subjects []string) *fault.Error {
	for i, s := range subjects {
		if f := file.Person(file.Index(field, i), s); f != nil {
			return f
		}
		if slices.Contains(subjects[:i], s) {
			return file.Invalid(file.Index(field, i), "unique", "the person stands twice", "name each person once")
		}
	}
	return nil
}

// Apply begins the file.
func (b BeginWork) Apply(w *Work, by Stamp) *fault.Error {
	w.Begun, w.Phase, w.Opened = &Begun{by, b}, Handed, by.At
	for _, s := range b.Facilitators {
		w.Facilitators = append(w.Facilitators, Facilitator{Subject: s})
	}
	return nil
}

// AcceptWork takes the work up. Whoever does so reads the whole file from then on.
type AcceptWork struct{ Docs }

// Action is accept_work.
func (AcceptWork) Action() Action { return ActionAccept }

// Check accepts it.
func (a AcceptWork) Check() error { return file.First(a.In(a.Action())) }

// Apply notes it. With the first of them the preparation begins. The timer may not have recorded yet that it is too late.
func (a AcceptWork) Apply(w *Work, by Stamp) *fault.Error {
	if !by.At.Before(w.acceptBy()) {
		return fault.Newf(fault.Gate, "the time to answer is over").By("acceptance", "nothing to do")
	}
	at := by.At
	w.answered([]string{by.By}, func(f *Facilitator) { f.Accepted = &at })
	w.expel(by, by.By)
	if w.Phase == Handed {
		w.Accepted, w.Phase = &by, Preparation
	}
	return nil
}

// DeclineWork declines to do the work. It says no reason.
type DeclineWork struct{ Docs }

// Action is decline_work.
func (DeclineWork) Action() Action { return ActionDecline }

// Check accepts it.
func (d DeclineWork) Check() error { return file.First(d.In(d.Action())) }

// Apply closes the file for whoever declines.
func (d DeclineWork) Apply(w *Work, by Stamp) *fault.Error {
	at := by.At
	w.answered([]string{by.By}, func(f *Facilitator) { f.Declined = &at })
	w.expel(by, by.By)
	w.abandon(by)
	return nil
}

// LeaveWork lets a facilitator step out of the work. It says no reason, and the case hears of it only when nobody is
// left: then it is to be handed over anew, as when nobody takes it up.
type LeaveWork struct{ Docs }

// Action is leave_work.
func (LeaveWork) Action() Action { return ActionLeave }

// Check accepts it.
func (l LeaveWork) Check() error { return file.First(l.In(l.Action())) }

// Apply closes the file for whoever leaves.
func (l LeaveWork) Apply(w *Work, by Stamp) *fault.Error {
	at := by.At
	w.answered([]string{by.By}, func(f *Facilitator) { f.Left = &at })
	w.expel(by, by.By)
	w.abandon(by)
	return nil
}

// abandon ends the file once nobody does the work, or may take it up.
func (w *Work) abandon(by Stamp) {
	if w.abandoned() {
		w.Declined, w.Phase = &by, Declined
	}
}

// lapse ends the invitations that nobody has answered.
func (w *Work) lapse(by Stamp) {
	at, late := by.At, w.invited()
	w.answered(late, func(f *Facilitator) { f.Lapsed = &at })
	w.expel(by, late...)
	w.abandon(by)
}

// DeclareWorkIndependence says whether a facilitator is free to do this work.
type DeclareWorkIndependence struct {
	Independent   bool       `json:"independent" doc:"Whether you have no stake in the matter, and no tie to those whom it concerns"`
	Consented     bool       `json:"consented,omitempty" doc:"If you are not: whether the parties know why, and have expressly agreed to you nonetheless (§ 3 MediationsG)"`
	Circumstances file.Words `json:"circumstances,omitzero" in:"work" maxLength:"20000" doc:"Why you are not independent; required in that case. For the facilitators alone" example:"Ich wohne im selben Viertel."`
	Docs
}

// Independence is what a facilitator declared.
type Independence struct {
	Stamp
	DeclareWorkIndependence
}

// Action is declare_work_independence.
func (DeclareWorkIndependence) Action() Action { return ActionDeclareIndependence }

// Check wants a reason with what is in the way, and none where nothing is.
func (d DeclareWorkIndependence) Check() error {
	if d.Independent && d.Consented {
		return file.Invalid("consented", "kind", "nobody has to agree to somebody who is independent", "leave it out")
	}
	return file.First(d.In(d.Action(), Notes), d.NeedsIf(!d.Independent, "circumstances"))
}

// Apply replaces what the facilitator declared before. The conditions rest on independence: without it they have to be
// confirmed anew.
func (d DeclareWorkIndependence) Apply(w *Work, by Stamp) *fault.Error {
	w.answered([]string{by.By}, func(f *Facilitator) { f.Independence = &Independence{by, d} })
	if !d.free() {
		w.Conditions = nil
	}
	return nil
}

func (d DeclareWorkIndependence) free() bool { return d.Independent || d.Consented }

// declared is the gate before the form: each facilitator who has taken up the work has said whether they are
// independent.
func declared(w Work, _ string) *fault.Error {
	if slices.ContainsFunc(w.Facilitators, func(f Facilitator) bool { return f.does() && f.Independence == nil }) {
		return file.Waiting("not every facilitator has declared whether they are independent", "independence",
			"each facilitator declares it with declare_work_independence", "independence")
	}
	return nil
}

// free is the gate before the conditions: nobody who does the work is partial.
func free(w Work, by string) *fault.Error {
	if f := declared(w, by); f != nil {
		return f
	}
	if slices.ContainsFunc(w.Facilitators, func(f Facilitator) bool { return f.does() && !f.Independence.free() }) {
		return file.Waiting("a facilitator is not independent, and the parties have not agreed to them", "independence",
			"the facilitator tells the parties why, and declares it anew once they have agreed, or leaves with leave_work", "independence")
	}
	return nil
}

// since is when the preparation began, or the form was changed to one whose conditions are not confirmed.
func (w Work) since() time.Time {
	if w.Examined && w.Form != nil {
		return w.Form.At
	}
	return w.Accepted.At
}
