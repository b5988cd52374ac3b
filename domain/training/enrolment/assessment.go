package enrolment

import (
	"slices"
	"time"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// An Attempt is one assessment: two assessors, who have to agree.
type Attempt struct {
	file.Stamp
	Assessors []string   `json:"assessors" nullable:"false" doc:"Subjects of the two assessors"`
	Verdicts  []Verdict  `json:"verdicts,omitempty" nullable:"false" doc:"What each of them says; a new one replaces"`
	Decided   *time.Time `json:"decided,omitempty" doc:"When both agreed"`
	Passed    bool       `json:"passed" doc:"Whether it was passed, once it is decided"`
	Appeal    *Appeal    `json:"appeal,omitempty" doc:"Against not having passed"`
	Annulled  bool       `json:"annulled,omitempty" doc:"Whether an appeal undid it: it does not count"`
}

// A Verdict is what one assessor says. The reasons stand in a document.
type Verdict struct {
	file.Stamp
	Passed bool    `json:"passed" doc:"Whether it is enough"`
	Rubric []Score `json:"rubric,omitempty" nullable:"false" doc:"What it rests on"`
}

// A Score rates one criterion: 0 not met, 1 partly, 2 met, 3 exceeded.
type Score struct {
	Criterion Criterion `json:"criterion" doc:"What was looked at"`
	Points    int       `json:"points" minimum:"0" maximum:"3" doc:"0 not met, 1 partly, 2 met, 3 exceeded"`
}

// An Appeal is the trainee's objection to a failed assessment.
type Appeal struct {
	file.Stamp
	Decision *Approval `json:"decision,omitempty" doc:"Whether it was upheld"`
}

// attempt is the last one, nil before the first.
func (e Enrolment) attempt() *Attempt {
	if len(e.Attempts) == 0 {
		return nil
	}
	return &e.Attempts[len(e.Attempts)-1]
}

// changeAttempt replaces the last attempt.
func (e *Enrolment) changeAttempt(change func(*Attempt)) {
	e.Attempts = slices.Clone(e.Attempts)
	change(&e.Attempts[len(e.Attempts)-1])
}

// Assessors are those of the last attempt.
func (e Enrolment) Assessors() []string {
	if a := e.attempt(); a != nil {
		return a.Assessors
	}
	return nil
}

func (e Enrolment) verdicts() []Verdict {
	if a := e.attempt(); a != nil {
		return a.Verdicts
	}
	return nil
}

func (e Enrolment) passed() bool {
	a := e.attempt()
	return a != nil && a.Decided != nil && a.Passed
}

// failedAttempts counts those that count.
func (e Enrolment) failedAttempts() (n int) {
	for _, a := range e.Attempts {
		if a.Decided != nil && !a.Passed && !a.Annulled {
			n++
		}
	}
	return n
}

// attemptsLeft is how many more attempts there are.
func (e Enrolment) attemptsLeft() int { return 1 + e.Terms.Rule.Resits - e.failedAttempts() }

// AppointAssessors names the two assessors of the next attempt, or replaces those of an undecided
// one. One of them at least has not taught the trainee.
type AppointAssessors struct {
	Assessors []string `json:"assessors" minItems:"2" maxItems:"2" nullable:"false" doc:"Subjects of two people" example:"[\"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10\",\"5c0c8f56-0a55-5d0e-8f7e-6a3f7d2b9e01\"]" grant:"assessor"`
	Taught    []string `json:"taught,omitempty" nullable:"false" doc:"Those of them who are trainers of the trainee's cohorts; filled in by KoKo" own:"true"`
	file.Docs
}

// Action is appoint_assessors.
func (AppointAssessors) Action() file.Action { return ActionAppointAssessors }

// Said leaves out who taught the trainee.
func (a AppointAssessors) Said() file.Command {
	a.Taught = nil
	return a
}

// Check wants two people, not both of whom taught the trainee.
func (a AppointAssessors) Check() error {
	if len(a.Assessors) != 2 || a.Assessors[0] == a.Assessors[1] {
		return file.Invalid("assessors", "two_assessors", "two different people assess", "name two")
	}
	for i, p := range a.Assessors {
		if f := file.Person(file.Index("assessors", i), p); f != nil {
			return f
		}
	}
	if !slices.ContainsFunc(a.Assessors, func(p string) bool { return !slices.Contains(a.Taught, p) }) {
		return file.Invalid("assessors", "not_trainers_only", "both have taught the trainee", "name at least one who has not")
	}
	return file.First(a.In(a.Action()))
}

func (a AppointAssessors) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	for i, p := range a.Assessors {
		if p == e.Trainee || p == e.LineManager {
			return file.Invalid(file.Index("assessors", i), "independent", "the trainee and the own supervisor do not assess", "name somebody else")
		}
	}
	if last := e.attempt(); last != nil && last.Decided == nil {
		e.changeAttempt(func(t *Attempt) { *t = Attempt{Stamp: by, Assessors: a.Assessors} })
		return nil
	}
	e.Attempts = append(slices.Clone(e.Attempts), Attempt{Stamp: by, Assessors: a.Assessors})
	return nil
}

func attemptLeft(e Enrolment, _ string) *fault.Error {
	last := e.attempt()
	switch {
	case last != nil && last.Appeal != nil && last.Appeal.Decision == nil:
		return file.Gate("", "appeal", "an appeal is open", "it is decided first")
	case e.attemptsLeft() < 1:
		return file.Gate("", "resits", "there is no further attempt", "the trainee may appeal in time")
	}
	return nil
}

// RecordVerdict is what one assessor says. The attempt is decided when both say the same; as long as
// they differ, each may say it anew.
type RecordVerdict struct {
	Passed  bool       `json:"passed" doc:"Whether it is enough"`
	Rubric  []Score    `json:"rubric" minItems:"1" maxItems:"5" nullable:"false" doc:"What it rests on"`
	Reasons file.Words `json:"reasons,omitzero" required:"true" in:"assessment" minLength:"1" maxLength:"20000" doc:"Why; the employer never reads it"`
	file.Docs
}

// Action is record_verdict.
func (RecordVerdict) Action() file.Action { return ActionRecordVerdict }

// Check wants a rubric and reasons.
func (r RecordVerdict) Check() error {
	if len(r.Rubric) == 0 {
		return file.Invalid("rubric", "required", "the rubric is missing", "rate at least one criterion")
	}
	for i, s := range r.Rubric {
		field := file.Index("rubric", i)
		if err := file.First(file.OneOf(field+".criterion", s.Criterion), file.Between(field+".points", s.Points, 0, 3)); err != nil {
			return err
		}
		if slices.ContainsFunc(r.Rubric[:i], func(o Score) bool { return o.Criterion == s.Criterion }) {
			return file.Invalid(field+".criterion", "unique", "the criterion stands twice", "rate each criterion once")
		}
	}
	return file.First(r.In(r.Action(), AssessmentFile), r.Needs("reasons"))
}

func (r RecordVerdict) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	e.changeAttempt(func(a *Attempt) {
		others := slices.DeleteFunc(slices.Clone(a.Verdicts), func(v Verdict) bool { return v.By == by.By })
		a.Verdicts = append(others, Verdict{by, r.Passed, r.Rubric})
		if len(a.Verdicts) == 2 && a.Verdicts[0].Passed == a.Verdicts[1].Passed {
			a.Decided, a.Passed = &by.At, r.Passed
		}
	})
	return nil
}

func appointed(e Enrolment, by string) *fault.Error {
	last := e.attempt()
	switch {
	case last == nil || last.Decided != nil:
		return file.Waiting("no assessment is under way", "assessors", "the coordinator appoints two assessors", "assessors")
	case !slices.Contains(last.Assessors, by):
		return fault.Newf(fault.Forbidden, "only the appointed assessors give a verdict").By("appointed", "one of the two assessors does it")
	}
	return nil
}

// LodgeAppeal objects to a failed assessment, within the curriculum's time.
type LodgeAppeal struct {
	Reasons file.Words `json:"reasons,omitzero" required:"true" in:"assessment" minLength:"1" maxLength:"20000" doc:"Why the assessment was wrong"`
	file.Docs
}

// Action is appeal.
func (LodgeAppeal) Action() file.Action { return ActionAppeal }

// Check wants reasons.
func (l LodgeAppeal) Check() error {
	return file.First(l.In(l.Action(), AssessmentFile), l.Needs("reasons"))
}

func (l LodgeAppeal) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	at := by.At
	if e.Pause != nil {
		at = e.Pause.At // the time stands still
	}
	if calendar.Late(at, e.appealUntil()) {
		return file.Gate("", "appeal_time", "the time to appeal is over", "nothing to do")
	}
	e.changeAttempt(func(a *Attempt) { a.Appeal = &Appeal{Stamp: by} })
	return nil
}

// appealUntil is the end of the time to appeal against the last attempt.
func (e Enrolment) appealUntil() time.Time {
	return e.Head().After(*e.attempt().Decided, e.forAppeal())
}

func (e Enrolment) forAppeal() calendar.Rule { return calendar.Days(e.Terms.Rule.AppealDays) }

func appealable(e Enrolment, _ string) *fault.Error {
	last := e.attempt()
	switch {
	case last == nil || last.Decided == nil || last.Passed:
		return file.Gate("", "failed", "no assessment was failed", "nothing to do")
	case last.Appeal != nil:
		return file.Gate("", "once", "there was an appeal already", "its decision stands")
	}
	return nil
}

// DecideAppeal upholds an appeal, and the attempt does not count, or rejects it. Somebody else than
// the assessors decides.
type DecideAppeal struct {
	Upheld  bool       `json:"upheld" doc:"Whether the trainee is right"`
	Reasons file.Words `json:"reasons,omitzero" required:"true" in:"assessment" minLength:"1" maxLength:"20000" doc:"Why"`
	file.Docs
}

// Action is decide_appeal.
func (DecideAppeal) Action() file.Action { return ActionDecideAppeal }

// Check wants reasons.
func (d DecideAppeal) Check() error {
	return file.First(d.In(d.Action(), AssessmentFile), d.Needs("reasons"))
}

func (d DecideAppeal) Apply(e *Enrolment, by file.Stamp) *fault.Error {
	e.changeAttempt(func(a *Attempt) {
		appeal := *a.Appeal
		appeal.Decision = &Approval{by, d.Upheld}
		a.Appeal, a.Annulled = &appeal, d.Upheld
	})
	e.failIfFinal(by)
	return nil
}

// failIfFinal ends the enrolment when no attempt is left and no appeal is possible.
func (e *Enrolment) failIfFinal(by file.Stamp) {
	if e.attemptsLeft() < 1 {
		e.end(Failed, "", by)
	}
}

func appealOpen(e Enrolment, by string) *fault.Error {
	last := e.attempt()
	switch {
	case last == nil || last.Appeal == nil || last.Appeal.Decision != nil:
		return file.Waiting("no appeal is open", "appeal", "the trainee appeals", "appeal")
	case slices.Contains(last.Assessors, by) || by == e.Trainee:
		return fault.Newf(fault.Forbidden, "who assessed does not decide on the appeal").By("four_eyes", "somebody else decides")
	}
	return nil
}
