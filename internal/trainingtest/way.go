package trainingtest

import (
	"time"

	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
)

// Enrolment is in phase p after the way of an attentive trainee through cohort c, by the right
// people and in time. Its Changed is when it came there. It panics if c's curriculum has no such phase.
func (m *Maker) Enrolment(c cohort.Cohort, p enrolment.Phase) enrolment.Enrolment {
	return Walk(enrolment.Enrolment{ID: m.ID()}, m.Way(c, p)...)
}

// Way are the steps of Enrolment, those of the workflows included. Phases that end an enrolment
// otherwise branch off: rejected by the employer, withdrawn and lapsed out of the modules, confirmed
// out of the practice, failed after all attempts and a rejected appeal.
func (m *Maker) Way(c cohort.Cohort, p enrolment.Phase) []Step {
	w := walker{Maker: m, now: m.Begins(), cohort: c}
	branch, branches := map[enrolment.Phase]struct {
		from enrolment.Phase
		then func()
	}{
		enrolment.Rejected:  {enrolment.Applied, func() { w.step(LineManager, m.Release(false)) }},
		enrolment.Withdrawn: {enrolment.Modules, func() { w.step(Trainee, m.Withdraw()) }},
		enrolment.Lapsed:    {enrolment.Modules, w.lapse},
		enrolment.Confirmed: {enrolment.Practice, func() { w.step(Certifier, m.Confirm()) }},
		enrolment.Failed:    {enrolment.Assessment, w.fail},
	}[p]
	if !branches {
		w.plain(p)
		return w.steps
	}
	w.plain(branch.from)
	branch.then()
	return w.steps
}

// A walker takes steps and notes them.
type walker struct {
	*Maker
	e      enrolment.Enrolment
	now    time.Time
	cohort cohort.Cohort
	steps  []Step
}

// step is taken an hour after the one before.
func (w *walker) step(by string, cmd file.Command) {
	w.now = w.now.Add(time.Hour)
	s := Step{by, w.now, cmd}
	w.e, w.steps = Walk(w.e, s), append(w.steps, s)
}

// plain goes the plain way until phase p.
func (w *walker) plain(p enrolment.Phase) {
	for _, part := range []func(enrolment.Phase){w.admission, w.modules, w.practice, w.assessment} {
		part(p)
		if w.e.Phase == p {
			return
		}
	}
	panic("trainingtest: the plain way has no phase " + string(p))
}

// until takes steps until phase p.
func (w *walker) until(p enrolment.Phase, steps ...Step) {
	for _, s := range steps {
		if w.e.Phase == p {
			return
		}
		w.now = file.Latest(w.now, s.At)
		w.step(s.By, s.Command)
	}
}

func (w *walker) admission(p enrolment.Phase) {
	w.until(p,
		Step{By: Trainee, Command: w.Apply(w.cohort)},
		Step{By: LineManager, Command: w.Release(true)},
		Step{By: Coordinator, Command: w.Admission(true)},
		Step{By: file.System, Command: enrolment.OfferSeat{Cohort: w.cohort.ID}})
}

func (w *walker) modules(p enrolment.Phase) {
	for _, d := range w.cohort.Dates {
		if w.e.Phase == enrolment.Modules {
			w.until(p, Step{file.System, SignedAt(d), w.Attend(w.cohort, d, d.Minutes)})
		}
	}
}

func (w *walker) practice(p enrolment.Phase) {
	if w.e.Phase != enrolment.Practice {
		return
	}
	var steps []Step
	if w.e.Terms.Rule.Concept {
		steps = append(steps, Step{By: Trainee, Command: w.Concept()}, Step{By: Trainer, Command: w.ReviewConcept(true)})
	}
	for range w.e.Terms.Rule.Cases {
		steps = append(steps, Step{By: Trainee, Command: w.CaseReport()}, Step{By: Trainer, Command: w.ReviewCaseReport(true)})
	}
	for i := range w.e.Terms.Rule.Supervisions {
		on := w.now.AddDate(0, 0, 7*(i+1))
		steps = append(steps, Step{Trainer, on, w.Supervision(on)})
	}
	w.until(p, steps...)
}

func (w *walker) assessment(p enrolment.Phase) {
	if w.e.Phase == enrolment.Assessment {
		w.attempt(true)
	}
	w.until(p, Step{By: Certifier, Command: w.Certify()})
}

func (w *walker) attempt(passed bool) {
	w.step(Coordinator, w.Assessors())
	w.step(AssessorOne, w.Verdict(passed))
	w.step(AssessorTwo, w.Verdict(passed))
}

func (w *walker) fail() {
	for range 1 + w.e.Terms.Rule.Resits {
		w.attempt(false)
	}
	w.step(Trainee, w.Appeal())
	w.step(Arbiter, w.DecideAppeal(false))
}

func (w *walker) lapse() {
	for w.e.Phase != enrolment.Lapsed {
		d, _ := file.NextDeadline(w.e)
		w.now = file.Latest(w.now, d.Over().Add(-time.Hour)) // it is noted when it has passed
		w.step(file.System, file.DeadlinePassed{Deadline: d})
	}
}
