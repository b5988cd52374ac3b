package enrolment

import (
	"slices"
	"time"

	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training"
)

// A Way is the way to the certificate: what is done, what is missing, and the fewest steps that
// remain, with the dates and make-ups that are known today.
type Way struct {
	Progress  Progress   `json:"progress" doc:"What is done"`
	Missing   []Gap      `json:"missing" nullable:"false" doc:"What is not"`
	Steps     []Step     `json:"steps" nullable:"false" doc:"In the order to take them; none if they lead nowhere"`
	Reachable bool       `json:"reachable" doc:"Whether the steps lead to the certificate"`
	Until     *time.Time `json:"until,omitempty" doc:"When everything must be done; while the enrolment is paused, as if it were resumed now"`
	Earliest  *time.Time `json:"earliest,omitempty" doc:"When the last step that has a date is over"`
	Warning   WayWarning `json:"warning" doc:"Whether it is tight, or cannot be reached"`
	Reason    WayReason  `json:"reason,omitempty" doc:"What causes it: time, make-ups, attempts at the assessment, or the dates of cohorts"`
}

// A Gap is something of which there is not enough.
type Gap struct {
	Need    Need `json:"need" doc:"What is missing"`
	Missing int  `json:"missing" doc:"How many of them"`
}

// A Step is something that has to be done.
type Step struct {
	Kind    StepKind   `json:"kind" doc:"What"`
	By      Actor      `json:"by" doc:"Who acts next"`
	Count   int        `json:"count" doc:"How often"`
	Unit    string     `json:"unit,omitempty" doc:"Id of the module" example:"m4"`
	Cohort  string     `json:"cohort,omitempty" format:"uuid" doc:"Where it takes place"`
	Planned bool       `json:"planned,omitempty" doc:"Whether a make-up is arranged already"`
	From    *time.Time `json:"from,omitempty" doc:"A make-up cannot be arranged earlier"`
	Begins  *time.Time `json:"begins,omitempty" doc:"When its first date begins"`
	Until   *time.Time `json:"until,omitempty" doc:"When its last date ends, or by when it is due"`
}

// Way is the way from e to the certificate. Offers are those of the trainee's own cohort and of
// others that teach the same curriculum; guests are welcome where a seat is free.
func (e Enrolment) Way(offers []training.Offer, at time.Time) Way {
	w := Way{Progress: e.Progress(), Missing: e.gaps(), Steps: []Step{}, Warning: NoWarning, Reachable: e.Phase == Certified}
	if !slices.Contains(running, e.Phase) {
		return w
	}
	if e.Pause != nil {
		e.Pauses = append(slices.Clone(e.Pauses), Span{e.Pause.At, at})
		e.Pause = nil
		w.add(Step{Kind: StepResume, By: ByTrainee})
	}
	until := e.Head().After(at, e.time())
	if e.Admitted != nil {
		until = e.Until()
		w.Until = &until
	}
	e.walk(&w, scene{at: at, until: until, home: e.Cohort, offers: offers})
	return w
}

// walk adds the steps of e, which does not rest, to w.
func (e Enrolment) walk(w *Way, s scene) {
	done := e.Phase == Qualified
	if !done && calendar.Late(s.at, s.until) {
		w.lost(ForTime)
		return
	}
	p, found := e.course(s)
	examined, possible := e.examined(s.at)
	switch {
	case e.Admitted == nil:
		e.applied(w)
	case !found:
		w.lost(e.lacking(s))
		return
	case !possible:
		w.lost(ForAttempts)
		return
	}
	e.seated(w, p)
	w.add(p.steps...)
	w.Steps = append(append(w.Steps, e.practised()...), examined...)
	w.add(Step{Kind: StepCertificate, By: ByCertifier})
	w.Reachable = true
	if !p.ends.IsZero() {
		w.Earliest = &p.ends
	}
	switch {
	case e.Admitted != nil && !done:
		e.warn(w, s, p)
	case !found:
		w.Warning, w.Reason = Tight, ForCohort
	}
}

// warn says what is tight on a way that leads to the certificate.
func (e Enrolment) warn(w *Way, s scene, p path) {
	why := WayReason("")
	switch soon := calendar.Shift(s.until, lapseSoon.N); {
	case e.failedAttempts() > 0 && e.attemptsLeft() < 2 && !e.passed():
		why = ForAttempts
	case file.Latest(s.at, p.ends).After(soon):
		why = ForTime
	case p.home != e.Cohort || p.own && e.seat() != training.SeatTaken:
		why = ForCohort
	case e.spareless(s, p):
		why = ForMakeUps
	default:
		return
	}
	w.Warning, w.Reason = Tight, why
}

// lost says that no way leads to the certificate.
func (w *Way) lost(why WayReason) {
	w.Steps, w.Reachable, w.Warning, w.Reason = []Step{}, false, Unreachable, why
}

func (w *Way) add(steps ...Step) {
	for _, s := range steps {
		s.Count = max(1, s.Count)
		w.Steps = append(w.Steps, s)
	}
}

// gaps lists what of the curriculum is missing.
func (e Enrolment) gaps() []Gap {
	gaps := []Gap{}
	p := e.Progress()
	for _, g := range []struct {
		need Need
		Count
	}{
		{NeedModules, p.Modules}, {NeedOnline, p.Online}, {NeedMinutes, Count{p.Minutes, p.OfMinutes}},
		{NeedConcept, p.Concept}, {NeedCases, p.Cases}, {NeedSupervisions, p.Supervisions}, {NeedAssessment, p.Assessment},
	} {
		if !g.Reached() {
			gaps = append(gaps, Gap{g.need, g.Of - g.Done})
		}
	}
	return gaps
}

// applied adds the steps to a seat.
func (e Enrolment) applied(w *Way) {
	if e.Phase == Applied && e.Release == nil {
		due := e.Head().After(e.Opened, forRelease)
		w.add(Step{Kind: StepRelease, By: ByLineManager, Until: &due})
	}
	if e.Phase == Applied {
		w.add(Step{Kind: StepApplication, By: ByCoordinator})
	}
}

// seated adds the step to a seat in the cohort whose dates p needs.
func (e Enrolment) seated(w *Way, p path) {
	switch {
	case p.home != e.Cohort || e.Admitted == nil && e.Phase == Waiting && e.Cohort == "":
		w.add(Step{Kind: StepTransfer, By: ByCoordinator, Cohort: p.home})
	case e.seat() == training.SeatTaken || e.Admitted != nil && !p.own:
	case e.seat() == training.SeatOffered:
		w.add(Step{Kind: StepSeat, By: ByTrainee, Cohort: e.Cohort, Until: e.Seat.Until})
	default:
		w.add(Step{Kind: StepSeat, By: ByItself, Cohort: e.Cohort})
	}
}

// practised lists what is missing of concept, cases and supervision.
func (e Enrolment) practised() []Step {
	var steps []Step
	due := func(since time.Time) *time.Time {
		t := e.Head().After(since, forFeedback)
		return &t
	}
	switch r := e.Terms.Rule; {
	case !r.Concept || e.conceptDone():
	case e.Concept != nil && e.Concept.Accepted == nil:
		steps = append(steps, Step{Kind: StepConcept, By: ByTrainer, Count: 1, Planned: true, Until: due(e.Concept.At)})
	default:
		steps = append(steps, Step{Kind: StepConcept, By: ByTrainee, Count: 1})
	}
	n := e.Terms.Rule.Cases - e.casesDone()
	if n > 0 && e.caseOpen() {
		last := e.CaseReports[len(e.CaseReports)-1]
		steps = append(steps, Step{Kind: StepCaseReport, By: ByTrainer, Count: 1, Planned: true, Until: due(last.At)})
		n--
	}
	if n > 0 {
		steps = append(steps, Step{Kind: StepCaseReport, By: ByTrainee, Count: n})
	}
	if n := e.Terms.Rule.Supervisions - len(e.Supervisions); n > 0 {
		steps = append(steps, Step{Kind: StepSupervision, By: ByTrainer, Count: n})
	}
	return steps
}

// examined lists what is missing of the assessment, and says whether it can be passed.
func (e Enrolment) examined(at time.Time) ([]Step, bool) {
	verdict := Step{Kind: StepAssessment, By: ByAssessors, Count: 1}
	anew := []Step{{Kind: StepAssessors, By: ByCoordinator, Count: 1}, verdict}
	decision := Step{Kind: StepAppealDecision, By: ByOthers, Count: 1}
	switch last := e.attempt(); {
	case !e.Terms.Rule.Assessment || e.passed():
		return nil, true
	case last != nil && last.Decided == nil:
		return []Step{verdict}, true
	case last != nil && last.Appeal != nil && last.Appeal.Decision == nil:
		due := e.Head().After(last.Appeal.At, forAppealDecision)
		decision.Until = &due
		return append([]Step{decision}, anew...), true
	case e.attemptsLeft() > 0:
		return anew, true
	case last != nil && !last.Passed && last.Appeal == nil && !calendar.Late(at, e.appealUntil()):
		due := e.appealUntil()
		return append([]Step{{Kind: StepAppeal, By: ByTrainee, Count: 1, Until: &due}, decision}, anew...), true
	}
	return nil, false
}
