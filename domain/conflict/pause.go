package conflict

import (
	"slices"
	"time"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// A PauseReason is why the time limits of a case rest. The reasons are the same for every case, so that none
// tells how it is worked on.
type PauseReason string

func (PauseReason) Values() []PauseReason {
	return []PauseReason{"beteiligte_verhindert", "anderes_verfahren", "absprache", "personal", "sonstiges"}
}

// dueResume is the latest end of a pause.
const dueResume = "resume"

// longestPause bounds a pause: what rests for longer is closed, and reopened when it goes on.
const longestPause = 12 // months

// PauseCase has the time limits of the case rest. The work may go on.
type PauseCase struct {
	Reason PauseReason `json:"reason" doc:"Why the time limits rest" example:"beteiligte_verhindert"`
	Until  Date        `json:"until" format:"date" doc:"The last day of the pause; it ends then by itself, 12 months from now at the latest"`
	Docs
}

// A Pause is a rest that is not over.
type Pause struct {
	Stamp
	PauseCase
}

// A Rest is a time that counts for no limit of the house.
type Rest struct {
	Reason PauseReason `json:"reason" doc:"Why the time limits rested"`
	From   time.Time   `json:"from" doc:"When it began"`
	To     time.Time   `json:"to" doc:"When it ended"`
}

// Action is pause_case.
func (PauseCase) Action() Action { return ActionPauseCase }

// Check wants a reason of the list and a day.
func (p PauseCase) Check() error {
	return file.First(file.OneOf("reason", p.Reason), file.Day("until", p.Until), p.In(p.Action()))
}

func (p PauseCase) Apply(c *Case, by Stamp) *fault.Error {
	today := calendar.DayOf(by.At)
	if p.Until.Day() < today {
		return file.Invalid("until", "future", "the end has passed already", "give a day that is to come")
	}
	if p.Until.Day() > today.AddMonths(longestPause) {
		return file.Invalid("until", "range", "the pause would last longer than 12 months", "give an earlier day, or close the case")
	}
	c.Pause = &Pause{by, p}
	return nil
}

// ResumeCase goes on after a pause: the limits move by the days that it lasted.
type ResumeCase struct{ Docs }

// Action is resume_case.
func (ResumeCase) Action() Action { return ActionResumeCase }

// Check accepts it.
func (r ResumeCase) Check() error { return file.First(r.In(r.Action())) }

func (ResumeCase) Apply(c *Case, by Stamp) *fault.Error {
	c.resume(by.At)
	return nil
}

// resume ends the pause, if there is one.
func (c *Case) resume(at time.Time) {
	if c.Pause != nil {
		c.Rests = append(slices.Clone(c.Rests), Rest{c.Pause.Reason, c.Pause.At, at})
		c.Pause = nil
	}
}

// rests are the pauses that are over, as the calendar wants them.
func (c Case) rests() []calendar.Rest {
	var rs []calendar.Rest
	for _, r := range c.Rests {
		rs = append(rs, calendar.Rest{From: r.From, To: r.To})
	}
	return rs
}

func paused(c Case, _ string) *fault.Error {
	if c.Pause == nil {
		return fault.Newf(fault.Gate, "the case is not paused").By("paused", "nothing to do")
	}
	return nil
}

func running(c Case, _ string) *fault.Error {
	if c.Pause != nil {
		return fault.Newf(fault.Gate, "the case is paused already").By("running", "resume_case ends the pause")
	}
	return nil
}

// settle moves what follows from the rest of the state.
func (c *Case) settle(at time.Time) {
	if c.Phase == Closed {
		c.resume(at)
	}
	c.Warnings = c.warnings()
	c.remember()
}

// miss is what follows from a deadline that has passed.
func (c *Case) miss(d Deadline, by Stamp) {
	if d.Kind == dueResume {
		c.resume(by.At)
	}
}
