package enrolment

import (
	"slices"
	"strconv"
	"time"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
)

// Attend records what a signed list says. The cohort's workflow sends it; a corrected list replaces.
type Attend training.Attend

// Action is attend.
func (Attend) Action() file.Action { return training.ActionAttend }

// Check accepts it: the list was checked when it was signed.
func (a Attend) Check() error { return file.First(a.In(a.Action())) }

func (a Attend) Apply(e *Enrolment, _ file.Stamp) *fault.Error {
	kept := slices.DeleteFunc(slices.Clone(e.Attended), func(o training.Attendance) bool { return o.Cohort == a.Cohort && o.Date == a.Date })
	e.Attended = append(kept, a.Attendance)
	e.settleMakeUps()
	return nil
}

// settleMakeUps accepts the make-ups elsewhere that attendance there has completed. What was
// completed without them uses up no make-up: neither does a date of the own cohort, which the other
// one has become since the make-up was planned.
func (e *Enrolment) settleMakeUps() {
	kept := slices.Clone(e.MakeUps)
	for i, m := range kept {
		visited := slices.ContainsFunc(e.Attended, func(a training.Attendance) bool {
			return a.Cohort == m.Cohort && a.Unit == m.Unit && a.Minutes > 0
		})
		if m.Kind == ElsewhereMakeUp && m.Status == MakeUpPlanned && visited && e.attended(m.Unit) >= e.needs(m.Unit) {
			kept[i].Status = MakeUpAccepted
			if m.Cohort == e.Cohort {
				kept[i].Status = MakeUpMissed
			}
			e.MakeUps = kept
		}
	}
}

// A MakeUp is how a missed module is made up: in another cohort, or as an assignment.
type MakeUp struct {
	file.Stamp
	Unit     string       `json:"unit" doc:"The missed module" example:"m4"`
	Kind     MakeUpKind   `json:"kind" doc:"In another cohort, or as an assignment"`
	Cohort   string       `json:"cohort,omitempty" format:"uuid" doc:"The other cohort"`
	Due      time.Time    `json:"due" doc:"By when"`
	Status   MakeUpStatus `json:"status" doc:"Where it stands"`
	Credited int          `json:"credited,omitempty" doc:"Minutes that an accepted assignment counts for"`
}

// open reports whether the make-up may still succeed.
func (m MakeUp) open() bool { return m.Status == MakeUpPlanned || m.Status == MakeUpSubmitted }

// PlanMakeUp arranges how a missed module is made up.
type PlanMakeUp struct {
	Unit   string     `json:"unit" doc:"The missed module" example:"m4"`
	Kind   MakeUpKind `json:"kind" doc:"In another cohort, or as an assignment"`
	Cohort string     `json:"cohort,omitempty" format:"uuid" doc:"The other cohort (anderer_durchgang)" example:"7c1e3f1d-6a55-5a43-8f0e-0c5b7c0d9d11"`
	Due    file.Date  `json:"due" format:"date" doc:"By when; within the curriculum's time for make-ups"`
	Task   file.Words `json:"task,omitzero" in:"training" maxLength:"20000" doc:"What is to be done; required for an assignment (ersatzleistung)"`
	file.Docs
}

// Action is plan_make_up.
func (PlanMakeUp) Action() file.Action { return ActionPlanMakeUp }

// Check wants a cohort or a task.
func (p PlanMakeUp) Check() error {
	if err := file.First(file.Local("unit", p.Unit), file.OneOf("kind", p.Kind), file.Day("due", p.Due),
		p.In(p.Action(), training.TrainingFile)); err != nil {
		return err
	}
	if p.Kind == ElsewhereMakeUp {
		return file.First(file.UUID("cohort", p.Cohort))
	}
	if p.Cohort != "" {
		return file.Invalid("cohort", "kind", "an assignment is made in no cohort", "leave cohort out")
	}
	return file.First(p.Needs("task"))
}

func (p PlanMakeUp) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	rule := e.Terms.Rule
	last, today := p.Due.Day(), calendar.DayOf(by.At)
	switch u, ok := e.Terms.Unit(p.Unit); {
	case !ok:
		return file.Invalid("unit", "unknown_unit", "the curriculum has no such module", "name one of its modules")
	case e.complete(u):
		return file.Gate("unit", "attended", "the module is attended", "nothing to make up")
	case e.openMakeUp(u.ID) != nil:
		return file.Gate("unit", "planned", "the module is being made up already", "see make_ups")
	case e.usedMakeUps() >= rule.MakeUps:
		return file.Gate("unit", "make_ups", "no more modules can be made up", "the curriculum allows "+strconv.Itoa(rule.MakeUps))
	case rule.OnlyExcused && !e.missedExcused(u.ID):
		return file.Gate("unit", "only_excused", "only an excused absence can be made up", "the trainer corrects the list if there was an excuse")
	case p.Cohort == e.Cohort && p.Kind == ElsewhereMakeUp:
		return file.Invalid("cohort", "other_cohort", "it is the trainee's own cohort", "name another cohort")
	case last < today || last > today+calendar.Day(rule.MakeUpDays):
		return file.Invalid(
			"due",
			"range",
			"the day is not within the time for make-ups",
			"at most "+strconv.Itoa(rule.MakeUpDays)+" days from now",
		)
	}
	e.MakeUps = append(slices.Clone(e.MakeUps), MakeUp{
		Stamp: by, Unit: p.Unit, Kind: p.Kind, Cohort: p.Cohort, Due: last.Ends(), Status: MakeUpPlanned,
	})
	return nil
}

// complete reports whether nothing of a unit has to be made up: enough of it was attended and, of
// the hours that are needed in all, either enough or all that it has.
func (e Enrolment) complete(u curriculum.Unit) bool {
	has := e.attended(u.ID)
	return has >= e.needs(u.ID) && (has >= u.Minutes || e.Progress().Minutes >= e.Terms.Rule.Minutes)
}

// openMakeUp is the make-up of a unit that may still succeed.
func (e Enrolment) openMakeUp(unit string) *MakeUp {
	for _, m := range e.MakeUps {
		if m.Unit == unit && m.open() {
			return &m
		}
	}
	return nil
}

// usedMakeUps counts those that succeeded or may.
func (e Enrolment) usedMakeUps() (n int) {
	for _, m := range e.MakeUps {
		if m.Status != MakeUpMissed {
			n++
		}
	}
	return n
}

// missedExcused reports whether every absence from a unit is excused.
func (e Enrolment) missedExcused(unit string) bool {
	return !slices.ContainsFunc(e.Attended, func(a training.Attendance) bool { return a.Unit == unit && a.Minutes < a.Of && !a.Excused })
}

// SubmitMakeUp hands an assignment in.
type SubmitMakeUp struct {
	Unit string     `json:"unit" doc:"The module that is made up" example:"m4"`
	Text file.Words `json:"text,omitzero" required:"true" in:"training" minLength:"1" maxLength:"100000" doc:"The work itself"`
	file.Docs
}

// Action is submit_make_up.
func (SubmitMakeUp) Action() file.Action { return ActionSubmitMakeUp }

// Check wants the work itself.
func (s SubmitMakeUp) Check() error {
	return file.First(file.Local("unit", s.Unit), s.In(s.Action(), training.TrainingFile), s.Needs("text"))
}

func (s SubmitMakeUp) Apply(e *Enrolment, _ file.Stamp) *fault.Error {
	return e.changeMakeUp(s.Unit, MakeUpPlanned, func(m *MakeUp) { m.Status = MakeUpSubmitted })
}

// ReviewMakeUp accepts an assignment, which then counts as attended, or returns it.
type ReviewMakeUp struct {
	Unit     string     `json:"unit" doc:"The module that is made up" example:"m4"`
	Accepted bool       `json:"accepted" doc:"Whether it counts"`
	Feedback file.Words `json:"feedback,omitzero" in:"training" maxLength:"20000" doc:"To the trainee; required when it is returned"`
	file.Docs
}

// Action is review_make_up.
func (ReviewMakeUp) Action() file.Action { return ActionReviewMakeUp }

// Check wants feedback to what is returned.
func (r ReviewMakeUp) Check() error {
	return file.First(file.Local("unit", r.Unit), r.In(r.Action(), training.TrainingFile), feedbackIf(!r.Accepted, r.Docs))
}

func (r ReviewMakeUp) Apply(e *Enrolment, _ file.Stamp) *fault.Error {
	return e.changeMakeUp(r.Unit, MakeUpSubmitted, func(m *MakeUp) {
		m.Status = MakeUpPlanned
		if u, ok := e.Terms.Unit(r.Unit); ok && r.Accepted {
			m.Status, m.Credited = MakeUpAccepted, max(0, u.Minutes-e.attended(u.ID))
		}
	})
}

// changeMakeUp changes the assignment for a unit that has a status.
func (e *Enrolment) changeMakeUp(unit string, from MakeUpStatus, change func(*MakeUp)) *fault.Error {
	kept := slices.Clone(e.MakeUps)
	for i, m := range kept {
		if m.Unit == unit && m.Kind == AssignmentMakeUp && m.Status == from {
			change(&kept[i])
			e.MakeUps = kept
			return nil
		}
	}
	return file.Gate("unit", "make_up", "no assignment for this module is "+string(from), "see make_ups")
}

// makeUp opens when some make-up of a kind has a status.
func makeUp(status MakeUpStatus, kind MakeUpKind) func(Enrolment, string) *fault.Error {
	return func(e Enrolment, _ string) *fault.Error {
		if slices.ContainsFunc(e.MakeUps, func(m MakeUp) bool { return m.Status == status && m.Kind == kind }) {
			return nil
		}
		return file.Waiting("no assignment is "+string(status), "make_up", "it is planned by the coordinator and submitted by the trainee", "make_up")
	}
}

func feedbackIf(needed bool, d file.Docs) *fault.Error {
	if needed {
		return d.Needs("feedback")
	}
	return nil
}
