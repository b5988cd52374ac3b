package enrolment

import (
	"slices"
	"time"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
)

// A Pause is a rest that is not over: parental leave, illness. Time limits stand still.
type Pause struct {
	file.Stamp
	Reason PauseReason `json:"reason" doc:"Why the enrolment is paused"`
	Until  file.Date   `json:"until,omitempty" format:"date" doc:"The day on which the trainee means to go on"`
}

// A Span is a time that does not count.
type Span struct {
	From time.Time `json:"from" doc:"When it began"`
	To   time.Time `json:"to" doc:"When it ended"`
}

// PauseEnrolment has the enrolment rest.
type PauseEnrolment struct {
	Reason PauseReason `json:"reason" doc:"Why the enrolment is paused"`
	Until  file.Date   `json:"until,omitempty" format:"date" doc:"The day on which the trainee means to go on"`
	file.Docs
}

// Action is pause.
func (PauseEnrolment) Action() file.Action { return ActionPause }

// Check wants a reason of the list.
func (p PauseEnrolment) Check() error {
	if p.Until != "" {
		if f := file.Day("until", p.Until); f != nil {
			return f
		}
	}
	return file.First(file.OneOf("reason", p.Reason), p.In(p.Action()))
}

func (p PauseEnrolment) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	e.Pause = &Pause{by, p.Reason, p.Until}
	return nil
}

// Resume goes on after a rest: the time limits move by its length.
type Resume struct{ file.Docs }

// Action is resume.
func (Resume) Action() file.Action { return ActionResume }

// Check accepts it.
func (r Resume) Check() error { return file.First(r.In(r.Action())) }

func (Resume) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	e.Pauses = append(slices.Clone(e.Pauses), Span{e.Pause.At, by.At})
	e.Pause = nil
	return nil
}

func resting(e Enrolment, _ string) *fault.Error {
	if e.Pause == nil {
		return fault.Newf(fault.Gate, "the enrolment does not rest").By("paused", "nothing to do")
	}
	return nil
}

// moved is a day that was fixed at since, later by the rests in between.
func (e Enrolment) moved(since, due time.Time) time.Time {
	return calendar.Moved(since, due, e.rests()...)
}

// rests are the pauses that are over.
func (e Enrolment) rests() []calendar.Rest {
	var rs []calendar.Rest
	for _, p := range e.Pauses {
		rs = append(rs, calendar.Rest{From: p.From, To: p.To})
	}
	return rs
}

// ChangeEmployer keeps the enrolment of a trainee who goes to another municipality.
type ChangeEmployer struct {
	AGS         ags.Key `json:"ags" doc:"Municipality that employs the trainee from now on" example:"05999002"`
	LineManager string  `json:"line_manager" doc:"Subject of the line manager there" example:"u-vorgesetzte" grant:"line_manager@ags"`
	file.Docs
}

// Action is change_employer.
func (ChangeEmployer) Action() file.Action { return ActionChangeEmployer }

// Check wants a municipality and a person.
func (c ChangeEmployer) Check() error {
	return file.First(file.Municipality("ags", c.AGS), file.Person("line_manager", c.LineManager), c.In(c.Action()))
}

func (c ChangeEmployer) Apply(e *Enrolment, _ file.Stamp) *fault.Error {
	if c.LineManager == e.Trainee {
		return file.Invalid("line_manager", "four_eyes", "the trainee is not their own line manager", "name the line manager at the new employer")
	}
	e.AGS, e.LineManager = c.AGS, c.LineManager
	return nil
}

// AdoptCurriculum moves a running enrolment to another version of its curriculum. What it changes
// for the trainee is Progress before and after.
type AdoptCurriculum struct {
	Version int              `json:"version" minimum:"1" doc:"The version of the curriculum that is to hold"`
	Terms   curriculum.Terms `json:"terms" doc:"Of that version" own:"true"`
	Reason  file.Words       `json:"reason,omitzero" required:"true" in:"training" minLength:"1" maxLength:"4000" doc:"Why"`
	file.Docs
}

// Action is adopt_curriculum.
func (AdoptCurriculum) Action() file.Action { return ActionAdoptCurriculum }

// Check wants a reason.
func (a AdoptCurriculum) Check() error {
	if err := file.First(a.In(a.Action(), training.TrainingFile), a.Needs("reason")); err != nil {
		return err
	}
	return a.Terms.Check()
}

func (a AdoptCurriculum) Apply(e *Enrolment, _ file.Stamp) *fault.Error {
	if a.Terms.Curriculum != e.Terms.Curriculum {
		return file.Invalid("terms.curriculum", "same_curriculum", "it is another programme", "name a version of the same curriculum")
	}
	if a.Terms.Version == e.Terms.Version {
		return file.Invalid("terms.version", "other_version", "this version holds already", "name another version")
	}
	e.Terms = a.Terms
	return nil
}
