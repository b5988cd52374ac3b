package enrolment

import (
	"slices"
	"strings"
	"time"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
)

// An Approval is a yes or no of somebody who has to agree.
type Approval struct {
	file.Stamp
	Granted bool `json:"granted" doc:"Whether they agreed"`
}

// A Seat is a trainee's place in the cohort, or on the way to it.
type Seat struct {
	Status training.SeatStatus `json:"status" doc:"Waiting, offered or taken"`
	Since  time.Time           `json:"since" doc:"When it came to that"`
	Until  *time.Time          `json:"until,omitempty" doc:"By when an offer must be accepted"`
}

// Apply asks for a seat in a cohort. It begins the enrolment; the terms are those of the cohort's
// curriculum.
type Apply struct {
	AGS         ags.Key          `json:"ags" doc:"Municipality that employs the trainee" example:"05999001"`
	LineManager string           `json:"line_manager" doc:"Subject of the line manager, who decides on the release" example:"u-vorgesetzte" grant:"line_manager@ags"`
	Cohort      string           `json:"cohort" format:"uuid" doc:"Id of the cohort"`
	Terms       curriculum.Terms `json:"terms" doc:"Of the cohort's curriculum" own:"true"`
	Closes      time.Time        `json:"closes" doc:"End of the cohort's application window" own:"true"`
	Holder      file.Words       `json:"holder,omitzero" required:"true" in:"training" minLength:"1" maxLength:"200" doc:"Your name as the certificate is to show it" example:"Nadia El-Tarifi"`
	Motivation  file.Words       `json:"motivation,omitzero" in:"training" maxLength:"4000" doc:"What you hope for"`
	file.Docs
}

// Action is apply.
func (Apply) Action() file.Action { return training.ActionApply }

// Said leaves out what the cohort says.
func (a Apply) Said() file.Command {
	a.Terms, a.Closes = curriculum.Terms{}, time.Time{}
	return a
}

// Check refuses an application without a name for the certificate.
func (a Apply) Check() error {
	if err := file.First(file.Municipality("ags", a.AGS), file.Person("line_manager", a.LineManager), file.UUID("cohort", a.Cohort),
		a.In(a.Action(), training.TrainingFile), a.Needs("holder")); err != nil {
		return err
	}
	return a.Terms.Check()
}

func (a Apply) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	if a.LineManager == by.By {
		return file.Invalid("line_manager", "four_eyes", "the trainee does not decide on the own release", "name the line manager")
	}
	if calendar.Late(by.At, a.Closes) {
		return file.Gate("cohort", "application_window", "the application window is over", "choose another cohort")
	}
	e.AGS, e.Trainee, e.LineManager, e.Cohort, e.Terms = a.AGS, by.By, a.LineManager, a.Cohort, a.Terms
	e.Phase, e.Opened = Applied, by.At
	return nil
}

// DecideRelease says whether the employer releases the trainee for the programme (Freistellung).
type DecideRelease struct {
	Granted bool       `json:"granted" doc:"Whether the trainee is released"`
	Reason  file.Words `json:"reason,omitzero" in:"training" maxLength:"4000" doc:"Why; required when refused"`
	file.Docs
}

// Action is decide_release.
func (DecideRelease) Action() file.Action { return ActionDecideRelease }

// Check refuses a refusal without a reason.
func (d DecideRelease) Check() error {
	return file.First(d.In(d.Action(), training.TrainingFile), d.NeedsIf(!d.Granted, "reason"))
}

func (d DecideRelease) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	e.Release = &Approval{by, d.Granted}
	if !d.Granted {
		e.end(Rejected, "", by)
	}
	return nil
}

func unreleased(e Enrolment, _ string) *fault.Error {
	if e.Release != nil {
		return fault.Newf(fault.Gate, "the release is decided already").By("decided", "nothing to do")
	}
	return nil
}

func released(e Enrolment, _ string) *fault.Error {
	if e.Release == nil {
		return file.Waiting("the employer has not released the trainee yet", "release", "the line manager decides first", "release")
	}
	return nil
}

// DecideApplication says whether the trainee is admitted to the programme. The cohort then gives a
// seat or a place on the waiting list.
type DecideApplication struct {
	Granted bool       `json:"granted" doc:"Whether the trainee is admitted"`
	Reason  file.Words `json:"reason,omitzero" in:"training" maxLength:"4000" doc:"Why; required when refused"`
	file.Docs
}

// Action is decide_application.
func (DecideApplication) Action() file.Action { return ActionDecideApplication }

// Check refuses a refusal without a reason.
func (d DecideApplication) Check() error {
	return file.First(d.In(d.Action(), training.TrainingFile), d.NeedsIf(!d.Granted, "reason"))
}

func (d DecideApplication) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	e.Admission = &Approval{by, d.Granted}
	if !d.Granted {
		e.end(Rejected, "", by)
		return nil
	}
	e.Phase = Waiting
	return nil
}

// OfferSeat is the cohort's answer: a seat, at once or to be accepted in time. The cohort's workflow
// sends it.
type OfferSeat training.OfferSeat

// Action is offer_seat.
func (OfferSeat) Action() file.Action { return training.ActionOfferSeat }

// Check accepts it.
func (o OfferSeat) Check() error { return file.First(o.In(o.Action())) }

func (o OfferSeat) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	if o.Cohort != e.Cohort {
		return elsewhere()
	}
	if o.Until == nil {
		e.take(by)
		return nil
	}
	e.Seat = &Seat{Status: training.SeatOffered, Since: by.At, Until: o.Until}
	return nil
}

// take gives the trainee the seat: the time limit runs from the first one.
func (e *Enrolment) take(by file.Stamp) {
	e.Seat = &Seat{Status: training.SeatTaken, Since: by.At}
	if e.Admitted == nil {
		e.Admitted = &by.At
	}
	if e.Phase == Waiting {
		e.Phase = Modules
	}
}

// Queue is the cohort's answer when it is full: a place on the waiting list.
type Queue training.Queue

// Action is queue.
func (Queue) Action() file.Action { return training.ActionQueue }

// Check accepts it.
func (q Queue) Check() error { return file.First(q.In(q.Action())) }

func (q Queue) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	if q.Cohort != e.Cohort {
		return elsewhere()
	}
	e.Seat = &Seat{Status: training.SeatWaiting, Since: by.At}
	return nil
}

// LoseSeat tells that the cohort has no seat any more: it was cancelled, or merged into another one.
type LoseSeat training.LoseSeat

// Action is lose_seat.
func (LoseSeat) Action() file.Action { return training.ActionLoseSeat }

// Check accepts it.
func (l LoseSeat) Check() error { return file.First(l.In(l.Action())) }

func (l LoseSeat) Apply(e *Enrolment, _ file.Stamp) *fault.Error {
	if l.Cohort == e.Cohort {
		e.Seat, e.Cohort = nil, l.Into
	}
	kept := slices.Clone(e.MakeUps)
	for i, m := range kept {
		if m.Cohort == l.Cohort && m.Status == MakeUpPlanned {
			kept[i].Status = MakeUpMissed
			e.MakeUps = kept
		}
	}
	return nil
}

func elsewhere() *fault.Error {
	return fault.Newf(fault.Gate, "the trainee has left the cohort meanwhile").By("cohort", "nothing to do")
}

// AcceptSeat takes the seat that was offered.
type AcceptSeat struct{ file.Docs }

// Action is accept_seat.
func (AcceptSeat) Action() file.Action { return ActionAcceptSeat }

// Check accepts it.
func (a AcceptSeat) Check() error { return file.First(a.In(a.Action())) }

func (AcceptSeat) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	if calendar.Late(by.At, *e.Seat.Until) {
		return file.Gate("", "offer_time", "the time to accept the seat is over", "the coordinator finds another seat")
	}
	e.take(by)
	return nil
}

// DeclineSeat gives the offered seat to the next one in line, and leaves the cohort's waiting list.
type DeclineSeat struct{ file.Docs }

// Action is decline_seat.
func (DeclineSeat) Action() file.Action { return ActionDeclineSeat }

// Check accepts it.
func (d DeclineSeat) Check() error { return file.First(d.In(d.Action())) }

func (DeclineSeat) Apply(e *Enrolment, _ file.Stamp) *fault.Error {
	e.Seat, e.Cohort = nil, ""
	return nil
}

func offered(e Enrolment, _ string) *fault.Error {
	if e.Seat == nil || e.Seat.Status != training.SeatOffered {
		return file.Waiting("no seat is on offer", "offer", "the cohort offers free seats in the order of applications", "offer")
	}
	return nil
}

// Transfer moves the trainee to another cohort, for instance after the own one was cancelled.
type Transfer struct {
	Cohort string `json:"cohort" format:"uuid" doc:"Id of the other cohort"`
	file.Docs
}

// Action is transfer.
func (Transfer) Action() file.Action { return ActionTransfer }

// Check wants the id of a cohort.
func (t Transfer) Check() error { return file.First(file.UUID("cohort", t.Cohort), t.In(t.Action())) }

func (t Transfer) Apply(e *Enrolment, _ file.Stamp) *fault.Error {
	if t.Cohort == e.Cohort {
		return file.Invalid("cohort", "other_cohort", "the trainee is in this cohort already", "name another cohort")
	}
	e.Seat, e.Cohort = nil, t.Cohort
	return nil
}

// An Ended says how an enrolment ended without a certificate.
type Ended struct {
	file.Stamp
	Reason WithdrawalReason `json:"reason,omitempty" doc:"Why the trainee left"`
}

func (e *Enrolment) end(p Phase, reason WithdrawalReason, by file.Stamp) {
	e.Phase, e.Seat, e.Pause, e.Ended = p, nil, nil, &Ended{by, reason}
}

// Withdraw ends the enrolment on the trainee's side.
type Withdraw struct {
	Reason WithdrawalReason `json:"reason" doc:"Why the trainee leaves"`
	Note   file.Words       `json:"note,omitzero" in:"training" maxLength:"4000" doc:"In words"`
	file.Docs
}

// Action is withdraw.
func (Withdraw) Action() file.Action { return ActionWithdraw }

// Check wants a reason of the list.
func (w Withdraw) Check() error {
	return file.First(file.OneOf("reason", w.Reason), w.In(w.Action(), training.TrainingFile))
}

func (w Withdraw) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	e.end(Withdrawn, w.Reason, by)
	return nil
}

// Reference is a short name for the enrolment with that id.
func Reference(id string) string {
	if len(id) < 8 {
		return ""
	}
	return "E-" + strings.ToUpper(id[:8])
}
