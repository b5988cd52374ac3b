package advice

import (
	"slices"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// The actions of the advice itself, and of its end.
const (
	ActionMeet         Action = "record_meeting"
	ActionNote         Action = "note_advice"
	ActionNoteAsClient Action = "note_as_client"
	ActionPause        Action = "pause_advice"
	ActionResume       Action = "resume_advice"
	ActionClose        Action = "close_advice"
	ActionBreakOff     Action = "break_off_advice"
	ActionRate         Action = "rate_goals"
	ActionFollowUp     Action = "record_advice_follow_up"
)

// RecordMeeting notes a meeting that took place. It counts against the hours.
type RecordMeeting struct {
	HeldOn  Date    `json:"held_on" format:"date" doc:"The day of the meeting; not in the future" example:"2027-05-04"`
	Minutes int     `json:"minutes" minimum:"5" maximum:"1440" doc:"How long it took" example:"90"`
	Present int     `json:"present" minimum:"1" maximum:"500" doc:"How many were present, advisers included" example:"4"`
	Setting Setting `json:"setting" doc:"How the meeting took place"`
	Docs
}

// A Meeting took place.
type Meeting struct {
	Stamp
	RecordMeeting
	Late bool `json:"late,omitempty" doc:"Whether it was entered after the end"`
}

// Action is record_meeting.
func (RecordMeeting) Action() Action { return ActionMeet }

// Check wants a day, a time and people.
func (m RecordMeeting) Check() error {
	return file.First(file.Day("held_on", m.HeldOn), file.Between("minutes", m.Minutes, 5, 24*60), file.Between("present", m.Present, 1, 500),
		file.OneOf("setting", m.Setting), m.In(m.Action()))
}

// Apply counts the meeting against the hours, and begins the advice.
func (m RecordMeeting) Apply(a *Advice, by Stamp) *fault.Error {
	if f := file.NotAfter("held_on", m.HeldOn, by.At); f != nil {
		return f
	}
	if m.HeldOn.Day() < a.Agreement.From.Day() {
		return file.Invalid("held_on", "order", "the meeting lies before the agreed period", "what came before the agreement does not count against its hours")
	}
	if a.Ended != nil {
		if m.HeldOn.After(a.Ended.At) {
			return file.Invalid("held_on", "order", "the meeting lies after the end", "only meetings that took place until then are entered")
		}
		if calendar.Late(by.At, a.entriesUntil()) {
			return entriesClosed()
		}
	}
	if a.Used()+m.Minutes > a.Contingent() {
		return noHours()
	}
	if len(a.Meetings) >= maxMeetings {
		return fault.Newf(fault.Gate, "500 meetings are recorded").By("max_meetings", "close the advice, and ask for a new one")
	}
	a.Meetings = append(slices.Clone(a.Meetings), Meeting{by, m, a.Ended != nil})
	if a.Phase == Agreed {
		a.Phase = Running
	}
	return nil
}

// hoursLeft is the gate before every meeting.
func hoursLeft(a Advice, _ string) *fault.Error {
	if a.used(100) {
		return noHours()
	}
	return nil
}

func noHours() *fault.Error {
	return file.Waiting("the hours agreed on do not suffice", "hours", "either side proposes more with extend_agreement while the agreement runs, and the other one agrees", "hours")
}

// entering: meetings and notes are entered by the advisers, after the end by the local one for 30 days.
func entering(a Advice, by string) *fault.Error {
	switch {
	case a.enters(by):
		return nil
	case a.EntriesClosed && a.Advisers.has(by):
		return entriesClosed()
	}
	return fault.Newf(fault.Forbidden, "only the advisers do this").By("advised", "an adviser does it, after the end the local one")
}

func entriesClosed() *fault.Error {
	return fault.Newf(fault.Gate, "the time is over in which meetings could still be entered").By("entries", "nothing to do")
}

// NoteAdvice is a note of the advisers.
type NoteAdvice struct {
	Note file.Words `json:"note,omitzero" required:"true" in:"advisers_notes" minLength:"1" maxLength:"50000" doc:"What is to be noted; for the advisers alone" example:"Rollenklärung steht noch aus."`
	Docs
}

// Action is note_advice.
func (NoteAdvice) Action() Action { return ActionNote }

// Check wants a note.
func (n NoteAdvice) Check() error {
	return file.First(n.In(n.Action(), AdvisersNotes), n.Needs("note"))
}

// Apply leaves no trace in the state: nobody else learns how much is noted.
func (n NoteAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	if a.Ended != nil && calendar.Late(by.At, a.entriesUntil()) {
		return entriesClosed()
	}
	return nil
}

// NoteAsClient is a note of the client.
type NoteAsClient struct {
	Note file.Words `json:"note,omitzero" required:"true" in:"client_notes" minLength:"1" maxLength:"50000" doc:"What is to be noted; for you alone" example:"Beim nächsten Mal die Tagesordnung vorher abstimmen."`
	Docs
}

// Action is note_as_client.
func (NoteAsClient) Action() Action { return ActionNoteAsClient }

// Check wants a note.
func (n NoteAsClient) Check() error {
	return file.First(n.In(n.Action(), ClientNotes), n.Needs("note"))
}

// Apply leaves no trace in the state: nobody else learns how much is noted.
func (NoteAsClient) Apply(*Advice, Stamp) *fault.Error { return nil }

// PauseAdvice has the advice rest.
type PauseAdvice struct {
	Reason PauseReason `json:"reason" doc:"Why it is paused"`
	Until  Date        `json:"until,omitempty" format:"date" doc:"The day on which you mean to go on"`
	Docs
}

// A Pause is a rest that is not over. The agreed period goes on meanwhile.
type Pause struct {
	Stamp
	PauseAdvice
}

// Action is pause_advice.
func (PauseAdvice) Action() Action { return ActionPause }

// Check wants a reason of the list.
func (p PauseAdvice) Check() error {
	return file.First(file.OneOf("reason", p.Reason), optionalDay("until", p.Until), p.In(p.Action()))
}

// Apply has it rest.
func (p PauseAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	a.Pause, a.Phase = &Pause{by, p}, Resting
	return nil
}

// ResumeAdvice goes on after a rest.
type ResumeAdvice struct{ Docs }

// Action is resume_advice.
func (ResumeAdvice) Action() Action { return ActionResume }

// Check accepts it.
func (r ResumeAdvice) Check() error { return file.First(r.In(r.Action())) }

// Apply goes on.
func (ResumeAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	a.Pause, a.Resumed, a.Phase = nil, &by, Running
	return nil
}

// CloseAdvice ends the advice as it was meant to end.
type CloseAdvice struct {
	Outcome Ending     `json:"outcome" doc:"How it ends; whether the goals were reached, the client says with rate_goals"`
	Summary file.Words `json:"summary,omitzero" in:"advice" maxLength:"20000" doc:"What remains to be said; the coordination reads it, too"`
	Docs
}

// Ended says how it ended.
type Ended struct {
	Stamp
	Outcome Outcome     `json:"outcome,omitempty" doc:"How it was closed"`
	Reason  BreakReason `json:"reason,omitempty" doc:"Why it was broken off"`
	Docs
}

// Action is close_advice.
func (CloseAdvice) Action() Action { return ActionClose }

// Check wants an outcome of the list.
func (c CloseAdvice) Check() error {
	return file.First(file.OneOf("outcome", c.Outcome), c.In(c.Action(), File))
}

// Apply ends the agreement, and with it what the advisers may read.
func (c CloseAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	a.end(Closed, Ended{Stamp: by, Outcome: Outcome(c.Outcome), Docs: c.Docs})
	return nil
}

// BreakOffAdvice ends the advice before its time.
type BreakOffAdvice struct {
	Reason      BreakReason `json:"reason" doc:"Why"`
	Explanation file.Words  `json:"explanation,omitzero" in:"advice" maxLength:"20000" doc:"Why; the coordination reads it, too"`
	Docs
}

// Action is break_off_advice.
func (BreakOffAdvice) Action() Action { return ActionBreakOff }

// Check wants a reason of the list.
func (b BreakOffAdvice) Check() error {
	return file.First(file.OneOf("reason", b.Reason), b.In(b.Action(), File))
}

// Apply ends the agreement, and with it what the advisers may read.
func (b BreakOffAdvice) Apply(a *Advice, by Stamp) *fault.Error {
	a.end(Broken, Ended{Stamp: by, Reason: b.Reason, Docs: b.Docs})
	return nil
}

func (a *Advice) end(p Phase, e Ended) { a.Ended, a.Pause, a.Phase = &e, nil, p }

// RateGoals says how far each goal is at the end.
type RateGoals struct {
	Ratings []Rating `json:"ratings" nullable:"false" minItems:"1" maxItems:"8" doc:"How far each goal is; every goal once" example:"[{\"goal\":\"g1\",\"value\":2}]"`
	Docs
}

// A Rating is how far a goal is.
type Rating struct {
	Goal  string `json:"goal" maxLength:"32" pattern:"^[a-z][a-z0-9_-]*$" doc:"Id of the goal" example:"g1"`
	Value int    `json:"value" minimum:"-2" maximum:"2" doc:"How far it is: -2 far from it, 2 reached"`
}

// Ratings is how far the goals are, as the client says.
type Ratings struct {
	Stamp
	RateGoals
}

// Action is rate_goals.
func (RateGoals) Action() Action { return ActionRate }

// Check wants values on the scale.
func (r RateGoals) Check() error {
	if f := file.AtMost("ratings", len(r.Ratings), maxGoals); f != nil {
		return f
	}
	for i, g := range r.Ratings {
		field := file.Index("ratings", i)
		if err := file.First(file.Local(field+".goal", g.Goal), onScale(field+".value", g.Value)); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Ratings[:i], func(o Rating) bool { return o.Goal == g.Goal }) {
			return file.Invalid(field+".goal", "unique", "the goal stands twice", "rate each goal once")
		}
	}
	return file.First(r.In(r.Action()))
}

// Apply replaces what was said before. It wants every goal and no other.
func (r RateGoals) Apply(a *Advice, by Stamp) *fault.Error {
	for i, g := range r.Ratings {
		if !slices.ContainsFunc(a.Goals.Goals, func(o Goal) bool { return o.ID == g.Goal }) {
			return file.Invalid(file.Index("ratings", i)+".goal", "unknown_goal", "there is no such goal", "rate the goals of this advice")
		}
	}
	if len(r.Ratings) < len(a.Goals.Goals) {
		return file.Invalid("ratings", "complete", "not every goal is rated", "rate each goal")
	}
	a.Ratings = &Ratings{by, r}
	return nil
}

// RecordFollowUp notes how it holds.
type RecordFollowUp struct {
	HeldOn Date       `json:"held_on" format:"date" doc:"The day somebody asked; not in the future"`
	Holds  Hold       `json:"holds" doc:"How it holds"`
	Note   file.Words `json:"note,omitzero" in:"advice" maxLength:"20000" doc:"What was said; the coordination reads it, too"`
	Docs
}

// FollowUp is how it holds.
type FollowUp struct {
	Stamp
	RecordFollowUp
}

// Action is record_advice_follow_up.
func (RecordFollowUp) Action() Action { return ActionFollowUp }

// Check wants a day and a value of the list.
func (r RecordFollowUp) Check() error {
	return file.First(file.Day("held_on", r.HeldOn), file.OneOf("holds", r.Holds), r.In(r.Action(), File))
}

// Apply ends what there is to do.
func (r RecordFollowUp) Apply(a *Advice, by Stamp) *fault.Error {
	if f := file.NotAfter("held_on", r.HeldOn, by.At); f != nil {
		return f
	}
	a.FollowUp, a.Phase = &FollowUp{by, r}, Asked
	return nil
}
