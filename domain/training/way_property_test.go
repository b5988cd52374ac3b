package training_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
	tt "koko/internal/trainingtest"
)

// A world is an enrolment somewhere on its way, and the cohorts around it.
type world struct {
	*tt.Maker
	e       enrolment.Enrolment
	cohorts []cohort.Cohort
	at      time.Time
}

func (w world) offers() (os []training.Offer) {
	for _, c := range w.cohorts {
		os = append(os, c.Offers(w.at)...)
	}
	return os
}

func drawRule(t *rapid.T, modules, online, minutes int) curriculum.Rule {
	r := curriculum.Rule{
		Modules: rapid.IntRange(0, modules).Draw(t, "modules"), Online: rapid.IntRange(0, online).Draw(t, "online"),
		Minutes: minutes * rapid.SampledFrom([]int{0, 60, 80, 100}).Draw(t, "hours") / 100,
		Share:   rapid.SampledFrom([]int{50, 80, 100}).Draw(t, "share"), MakeUps: rapid.IntRange(0, 2).Draw(t, "make-ups"),
		MakeUpDays: rapid.SampledFrom([]int{1, 20, 90, 300}).Draw(t, "make-up days"), OnlyExcused: rapid.Bool().Draw(t, "only excused"),
		AppealDays: 10, Months: rapid.IntRange(2, 12).Draw(t, "months"),
	}
	if rapid.IntRange(0, 2).Draw(t, "practice") == 0 {
		r.Concept, r.Cases, r.Supervisions = true, rapid.IntRange(0, 2).Draw(t, "cases"), rapid.IntRange(0, 2).Draw(t, "supervisions")
		r.Assessment, r.Resits = rapid.Bool().Draw(t, "assessment"), rapid.IntRange(0, 1).Draw(t, "resits")
	}
	return r
}

func drawCurriculum(t *rapid.T) curriculum.Curriculum {
	k := tt.KoKo()
	k.Modules = nil
	modules, online, minutes := 0, 0, 0
	for i := range rapid.IntRange(1, 4).Draw(t, "units") {
		m := curriculum.Module{ID: fmt.Sprint("u", i), Kind: curriculum.CourseModule, Title: "U", Online: 120 * rapid.IntRange(1, 2).Draw(t, "length")}
		if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
			m.Kind = curriculum.OnlineSession
			online++
		} else {
			modules++
		}
		if i > 0 && rapid.IntRange(0, 4).Draw(t, "order") == 0 {
			m.After = []string{fmt.Sprint("u", rapid.IntRange(0, i-1).Draw(t, "after"))}
		}
		minutes += m.Online
		k.Modules = append(k.Modules, m)
	}
	k.Rule = drawRule(t, modules, online, minutes)
	return k
}

// drawCohort teaches some of the units, in parts or whole.
func drawCohort(t *rapid.T, m *tt.Maker, k curriculum.Curriculum) cohort.Cohort {
	p := m.Plan(k)
	p.Dates, p.Seats, p.Minimum, p.Quota = nil, rapid.IntRange(1, 2).Draw(t, "seats"), 1, 1
	for _, u := range k.Terms().Units {
		for range rapid.SampledFrom([]int{0, 1, 1, 2}).Draw(t, "dates") {
			begins := tt.Start.AddDate(0, 0, rapid.IntRange(0, 300).Draw(t, "day"))
			minutes := u.Minutes / rapid.SampledFrom([]int{1, 1, 2}).Draw(t, "part")
			p.Dates = append(p.Dates, cohort.CourseDate{
				ID: fmt.Sprint("d", len(p.Dates)), Unit: u.ID, Begins: begins, Ends: begins.Add(8 * time.Hour), Minutes: minutes,
			})
		}
	}
	c := m.CohortAs(p)
	return tt.Walk(c, tt.CohortStep{By: file.System, At: tt.Start, Command: cohort.Join{Enrolment: m.ID(), AGS: tt.Town, Since: tt.Start}})
}

// overdue lets every deadline pass until at.
func overdue(t require.TestingT, e enrolment.Enrolment, at time.Time) enrolment.Enrolment {
	for d, ok := file.NextDeadline(e); ok && !d.Due.After(at); d, ok = file.NextDeadline(e) {
		e = decide(t, e, file.Latest(d.Over(), e.Changed), file.System, file.DeadlinePassed{Deadline: d})
	}
	return e
}

func drawWorld(t *rapid.T) *world {
	m := &tt.Maker{Salt: "world"}
	k := drawCurriculum(t)
	w := &world{Maker: m, at: tt.Start}
	for range rapid.IntRange(1, 3).Draw(t, "cohorts") {
		w.cohorts = append(w.cohorts, drawCohort(t, m, k))
	}
	phase := rapid.SampledFrom([]enrolment.Phase{enrolment.Applied, enrolment.Waiting, enrolment.Modules, enrolment.Modules, enrolment.Modules, enrolment.Modules}).Draw(t, "phase")
	own := w.cohorts[0]
	w.e = enrolment.Enrolment{ID: m.ID()}
	for _, s := range []tt.Step{
		{By: tt.Trainee, Command: m.Apply(own)}, {By: tt.LineManager, Command: m.Release(true)}, {By: tt.Coordinator, Command: m.Admission(true)},
		{By: file.System, Command: enrolment.OfferSeat{Cohort: own.ID}},
	} {
		if w.e.Phase != phase {
			w.e = decide(t, w.e, w.at, s.By, s.Command)
		}
	}
	if w.e.Phase != enrolment.Waiting && w.e.Phase != enrolment.Applied {
		for range rapid.IntRange(0, 8).Draw(t, "steps") {
			w.live(t)
		}
	}
	return w
}

// live has something happen to the enrolment, if the rules allow it.
func (w *world) live(t *rapid.T) {
	later := w.at.AddDate(0, 0, rapid.IntRange(0, 40).Draw(t, "days"))
	c := w.cohorts[rapid.IntRange(0, len(w.cohorts)-1).Draw(t, "cohort")]
	unit := fmt.Sprint("u", rapid.IntRange(0, 3).Draw(t, "unit"))
	due := day(later.AddDate(0, 0, rapid.IntRange(0, 100).Draw(t, "due")))
	passed := rapid.Bool().Draw(t, "passed")
	commands := [][]file.Command{
		w.lists(t, later), w.lists(t, later), {w.Elsewhere(unit, c.ID, due)}, {w.Assignment(unit, due)}, {w.SubmitMakeUp(unit)}, {w.ReviewMakeUp(unit, passed)},
		{w.Pause()}, {enrolment.Resume{}}, {w.Concept()}, {w.ReviewConcept(passed)}, {w.CaseReport()}, {w.ReviewCaseReport(passed)},
		{w.Assessors()}, {w.Verdict(passed)}, {w.Assessors(), w.Verdict(false)}, {w.Appeal()}, {w.DecideAppeal(passed)},
		{enrolment.LoseSeat{Cohort: c.ID}}, {enrolment.Transfer{Cohort: c.ID}}, {enrolment.OfferSeat{Cohort: c.ID}}, {enrolment.Queue{Cohort: c.ID}},
	}
	w.at = later
	w.e = overdue(t, w.e, later)
	for _, cmd := range rapid.SampledFrom(commands).Draw(t, "command") {
		for _, by := range []string{tt.AssessorOne, tt.AssessorTwo, tt.Arbiter, file.System} {
			if next, err := w.e.Decide(cmd, by, w.at); err == nil {
				w.e = next
				if _, both := cmd.(enrolment.RecordVerdict); !both {
					break
				}
			}
		}
	}
}

// lists are signed for what the own cohort has taught until at.
func (w *world) lists(t *rapid.T, at time.Time) (cmds []file.Command) {
	for _, c := range w.cohorts {
		for _, d := range c.Dates {
			known := slices.ContainsFunc(w.e.Attended, func(a training.Attendance) bool { return a.Cohort == c.ID && a.Date == d.ID })
			if c.ID != w.e.Cohort || known || d.Begins.After(at) {
				continue
			}
			a := w.Attend(c, d, d.Minutes*rapid.IntRange(0, 4).Draw(t, "attended")/4)
			a.Excused = rapid.Bool().Draw(t, "excused")
			cmds = append(cmds, a)
		}
	}
	return cmds
}

var inCourse = []enrolment.StepKind{enrolment.StepAttend, enrolment.StepElsewhere, enrolment.StepAssignment, enrolment.StepSubmit}

// taken is what becomes of w if exactly steps are taken.
func (w *world) taken(t require.TestingT, steps []enrolment.Step) enrolment.Enrolment {
	e := overdue(t, w.e, w.at)
	now := w.at
	type event struct {
		at   time.Time
		does func()
	}
	do := func(by string, cmd file.Command) { e = decide(t, e, now, by, cmd) }
	var events []event
	var rest []enrolment.Step
	for _, s := range steps {
		begin := w.at
		if s.From != nil {
			begin = *s.From
		}
		switch s.Kind {
		case enrolment.StepElsewhere, enrolment.StepAttend:
			if s.Kind == enrolment.StepElsewhere && !s.Planned {
				events = append(events, event{begin, func() { do(tt.Coordinator, w.Elsewhere(s.Unit, s.Cohort, day(*s.Until))) }})
			}
			events = append(events, event{*s.Until, func() { do(file.System, w.attends(s)) }})
		case enrolment.StepAssignment, enrolment.StepSubmit:
			events = append(events, event{begin, func() {
				if !s.Planned {
					do(tt.Coordinator, w.Assignment(s.Unit, day(now)))
				}
				if s.By != enrolment.ByTrainer {
					do(tt.Trainee, w.SubmitMakeUp(s.Unit))
				}
				do(tt.Trainer, w.ReviewMakeUp(s.Unit, true))
			}})
		case enrolment.StepRelease, enrolment.StepApplication, enrolment.StepSeat, enrolment.StepTransfer, enrolment.StepResume:
			w.step(do, &e, s)
		default:
			rest = append(rest, s)
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, ev := range events {
		now = ev.at
		e = overdue(t, e, now)
		ev.does()
	}
	if len(rest) > 0 && e.Progress().ModulesDone() {
		for _, s := range rest {
			for range s.Count {
				w.step(do, &e, s)
			}
		}
	}
	return e
}

// attends is the list of all dates that a step stands for.
func (w *world) attends(s enrolment.Step) enrolment.Attend {
	minutes := 0
	for _, o := range w.offers() {
		if o.Cohort == s.Cohort && o.Unit == s.Unit {
			minutes = o.Minutes
		}
	}
	return enrolment.Attend{Attendance: training.Attendance{Cohort: s.Cohort, Date: "all-" + s.Unit, Unit: s.Unit, On: *s.Begins, Minutes: minutes, Of: minutes}}
}

// step takes a step that has no date.
func (w *world) step(do func(string, file.Command), e *enrolment.Enrolment, s enrolment.Step) {
	switch s.Kind {
	case enrolment.StepRelease:
		do(tt.LineManager, w.Release(true))
	case enrolment.StepApplication:
		do(tt.Coordinator, w.Admission(true))
	case enrolment.StepTransfer:
		do(tt.Coordinator, enrolment.Transfer{Cohort: s.Cohort})
		do(file.System, enrolment.OfferSeat{Cohort: s.Cohort})
	case enrolment.StepSeat:
		do(file.System, enrolment.OfferSeat{Cohort: s.Cohort})
	case enrolment.StepResume:
		do(tt.Trainee, enrolment.Resume{})
	case enrolment.StepConcept:
		if !s.Planned {
			do(tt.Trainee, w.Concept())
		}
		do(tt.Trainer, w.ReviewConcept(true))
	case enrolment.StepCaseReport:
		if !s.Planned {
			do(tt.Trainee, w.CaseReport())
		}
		do(tt.Trainer, w.ReviewCaseReport(true))
	case enrolment.StepSupervision:
		do(tt.Trainer, w.Supervision(tt.Start.AddDate(0, 0, -len(e.Supervisions))))
	case enrolment.StepAssessors:
		do(tt.Coordinator, w.Assessors())
	case enrolment.StepAssessment:
		do(tt.AssessorOne, w.Verdict(true))
		do(tt.AssessorTwo, w.Verdict(true))
	case enrolment.StepAppeal:
		do(tt.Trainee, w.Appeal())
	case enrolment.StepAppealDecision:
		do(tt.Arbiter, w.DecideAppeal(true))
	case enrolment.StepCertificate:
		do(tt.Certifier, w.Certify())
	case enrolment.StepAttend, enrolment.StepElsewhere, enrolment.StepAssignment, enrolment.StepSubmit: // they have dates
	}
}

func TestWhoTakesTheStepsIsCertifiedAndNoStepIsTooMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		way := w.e.Way(w.offers(), w.at)
		requireSound(t, way)
		if !way.Reachable || way.Warning == enrolment.Tight && w.e.Admitted == nil {
			return
		}
		require.Equal(t, enrolment.Certified, w.taken(t, way.Steps).Phase, "%+v", way.Steps)
		for i, s := range way.Steps {
			if slices.Contains(inCourse, s.Kind) {
				fewer := slices.Delete(slices.Clone(way.Steps), i, i+1)
				require.False(t, w.taken(t, fewer).Progress().ModulesDone(), "not needed: %+v", s)
			}
		}
	})
}

// requireSound requires what holds of every way.
func requireSound(t require.TestingT, way enrolment.Way) {
	require.False(t, way.Reachable && way.Warning == enrolment.Unreachable)
	require.False(t, !way.Reachable && way.Warning == enrolment.Tight)
	require.Equal(t, way.Warning == enrolment.NoWarning, way.Reason == "")
	require.True(t, way.Reachable || len(way.Steps) == 0)
	for _, s := range way.Steps {
		require.Contains(t, file.Values[enrolment.StepKind](), s.Kind)
		require.Contains(t, file.Values[enrolment.Actor](), s.By)
		require.Positive(t, s.Count)
	}
}

// TestNoWayIsOverlooked tries everything where the way says that nothing helps, and counts the steps
// where something does.
func TestNoWayIsOverlooked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		if w.e.Admitted == nil || w.e.Ended != nil || w.e.Phase == enrolment.Certified {
			return
		}
		way := w.e.Way(w.offers(), w.at)
		fewest, found := w.try(t, "")
		for _, o := range w.offers() {
			if _, ok := w.try(t, o.Cohort); !found && o.Joins && o.Cohort != w.e.Cohort && ok {
				found, fewest = true, -1
			}
		}
		require.Equal(t, found, way.Reachable, "%+v", way)
		if fewest >= 0 && found {
			n := 0
			for _, s := range way.Steps {
				if slices.Contains(inCourse, s.Kind) {
					n++
				}
			}
			require.LessOrEqual(t, fewest, n)
			arranged := slices.ContainsFunc(w.e.MakeUps, func(m enrolment.MakeUp) bool { return w.open(m.Unit) != nil })
			require.True(t, arranged || fewest == n, "%d steps are enough, not %d; only what is arranged is not given up to save one", fewest, n)
		}
	})
}

// A trial is what is done for one unit.
type trial struct {
	own   bool
	other string // none, assignment, or the id of a cohort
}

// try tries all combinations of dates and make-ups by taking them, each make-up as late as possible.
func (w *world) try(t require.TestingT, transfer string) (fewest int, found bool) {
	var options []trial
	for _, other := range append([]string{"", "assignment"}, w.ids()...) {
		options = append(options, trial{false, other}, trial{true, other})
	}
	units := w.e.Terms.Units
	var walk func(plan []trial)
	walk = func(plan []trial) {
		if len(plan) < len(units) {
			for _, o := range options {
				if n := count(append(plan, o)); (!found || n < fewest) && w.sensible(units[len(plan)].ID, o, transfer) {
					walk(append(slices.Clone(plan), o))
				}
			}
			return
		}
		if w.certifies(t, plan, transfer) {
			fewest, found = count(plan), true
		}
	}
	walk(nil)
	return fewest, found
}

func count(plan []trial) (n int) {
	for _, o := range plan {
		if o.own {
			n++
		}
		if o.other != "" {
			n++
		}
	}
	return n
}

func (w *world) ids() (ids []string) {
	for _, c := range w.cohorts {
		ids = append(ids, c.ID)
	}
	return ids
}

// offer is what a cohort teaches of a unit, if it does.
func (w *world) offer(cohort, unit string) (training.Offer, bool) {
	for _, o := range w.offers() {
		if o.Cohort == cohort && o.Unit == unit {
			return o, true
		}
	}
	return training.Offer{}, false
}

func (w *world) open(unit string) *enrolment.MakeUp {
	for _, m := range w.e.MakeUps {
		if m.Unit == unit && (m.Status == enrolment.MakeUpPlanned || m.Status == enrolment.MakeUpSubmitted) {
			return &m
		}
	}
	return nil
}

// sensible sorts out what nobody can do.
func (w *world) sensible(unit string, o trial, transfer string) bool {
	home := w.e.Cohort
	if transfer != "" {
		home = transfer
	}
	if _, ok := w.offer(home, unit); o.own && !ok || o.other == home && home != "" {
		return false
	}
	if o.other == "" || o.other == "assignment" {
		return true
	}
	offer, ok := w.offer(o.other, unit)
	m := w.open(unit)
	return ok && (offer.Seats > 0 || m != nil && m.Cohort == o.other)
}

// certifies takes a plan and reports whether it leads to the certificate.
func (w *world) certifies(t require.TestingT, plan []trial, transfer string) bool {
	e, now, fine := overdue(t, w.e, w.at), w.at, true
	do := func(by string, cmd file.Command) {
		next, err := e.Decide(cmd, by, now)
		if err != nil {
			fine = false
			return
		}
		e = next
	}
	if e.Pause != nil {
		do(tt.Trainee, enrolment.Resume{})
	}
	if e.Ended != nil {
		return false
	}
	home, last := e.Cohort, e.Until().Add(-time.Minute)
	if transfer != "" && e.Phase == enrolment.Modules {
		home = transfer
		do(tt.Coordinator, enrolment.Transfer{Cohort: home})
	}
	type event struct {
		at   time.Time
		does func()
	}
	var events []event
	when := func(at time.Time, does func()) { events = append(events, event{at, does}) }
	attend := func(o training.Offer) {
		when(o.Ends, func() {
			do(file.System, w.attends(enrolment.Step{Cohort: o.Cohort, Unit: o.Unit, Begins: &o.Begins}))
		})
	}
	for i, tr := range plan {
		unit := e.Terms.Units[i].ID
		m := w.open(unit)
		if tr.own {
			o, _ := w.offer(home, unit)
			attend(o)
		}
		switch tr.other {
		case "":
		case "assignment":
			at := last
			if m != nil && m.Kind == enrolment.AssignmentMakeUp {
				at = w.at
			}
			when(at, func() {
				if at.Equal(last) {
					do(tt.Coordinator, w.Assignment(unit, day(now)))
				}
				if m == nil || at.Equal(last) || m.Status == enrolment.MakeUpPlanned {
					do(tt.Trainee, w.SubmitMakeUp(unit))
				}
				do(tt.Trainer, w.ReviewMakeUp(unit, true))
			})
		default:
			o, _ := w.offer(tr.other, unit)
			when(o.Begins.Add(-time.Minute), func() {
				planned := slices.ContainsFunc(e.MakeUps, func(m enrolment.MakeUp) bool {
					return m.Unit == unit && m.Cohort == tr.other && m.Status == enrolment.MakeUpPlanned
				})
				if !planned || e.MakeUps[0].Due.Before(o.Ends) {
					do(tt.Coordinator, w.Elsewhere(unit, tr.other, day(o.Ends)))
				}
			})
			attend(o)
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, ev := range events {
		now = file.Latest(ev.at, w.at)
		if e = overdue(t, e, now); !fine || e.Ended != nil {
			return false
		}
		ev.does()
	}
	if e.Phase == enrolment.Modules || slices.ContainsFunc(e.MakeUps, func(m enrolment.MakeUp) bool {
		return m.Kind == enrolment.ElsewhereMakeUp && m.Cohort != e.Cohort && m.Status == enrolment.MakeUpMissed && visited(e, m) > visited(w.e, m)
	}) {
		return false
	}
	finish(w, do, &e)
	return fine && e.Phase == enrolment.Certified
}

// visited are the minutes that a make-up elsewhere has brought.
func visited(e enrolment.Enrolment, m enrolment.MakeUp) (minutes int) {
	for _, a := range e.Attended {
		if a.Cohort == m.Cohort && a.Unit == m.Unit {
			minutes += a.Minutes
		}
	}
	return minutes
}

// finish does everything after the modules.
func finish(w *world, do func(string, file.Command), e *enrolment.Enrolment) {
	for _, s := range []struct {
		by   string
		cmds func() []file.Command
	}{
		{tt.Trainer, func() []file.Command { return []file.Command{w.ReviewConcept(true), w.ReviewCaseReport(true)} }},
		{tt.Trainee, func() []file.Command { return []file.Command{w.Concept()} }},
		{tt.Trainer, func() []file.Command { return []file.Command{w.ReviewConcept(true)} }},
	} {
		for _, cmd := range s.cmds() {
			if possible(*e, cmd.Action(), s.by) {
				do(s.by, cmd)
			}
		}
	}
	for possible(*e, enrolment.ActionSubmitCaseReport, tt.Trainee) {
		do(tt.Trainee, w.CaseReport())
		do(tt.Trainer, w.ReviewCaseReport(true))
	}
	for e.Phase == enrolment.Practice {
		do(tt.Trainer, w.Supervision(tt.Start.AddDate(0, 0, -len(e.Supervisions))))
	}
	if e.Phase == enrolment.Assessment {
		if e.Attempts != nil && !possible(*e, enrolment.ActionRecordVerdict, tt.AssessorOne) && !possible(*e, enrolment.ActionAppointAssessors, tt.Coordinator) {
			if possible(*e, enrolment.ActionAppeal, tt.Trainee) {
				do(tt.Trainee, w.Appeal())
			}
			if possible(*e, enrolment.ActionDecideAppeal, tt.Arbiter) {
				do(tt.Arbiter, w.DecideAppeal(true))
			}
		}
		do(tt.Coordinator, w.Assessors())
		do(tt.AssessorOne, w.Verdict(true))
		do(tt.AssessorTwo, w.Verdict(true))
	}
	do(tt.Certifier, w.Certify())
}

// possible reports whether the rules allow an action now.
func possible(e enrolment.Enrolment, a file.Action, by string) bool {
	return slices.ContainsFunc(e.Actions(by), func(o file.Option) bool { return o.Action == a && o.Closed == nil })
}

func TestAttendingMoreNeverEndsTheWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		offers := w.offers()
		if !w.e.Way(offers, w.at).Reachable || w.e.Phase != enrolment.Modules {
			return
		}
		for i, o := range offers {
			if o.Cohort != w.e.Cohort {
				continue
			}
			a := w.attends(enrolment.Step{Cohort: o.Cohort, Unit: o.Unit, Begins: &o.Begins})
			next := decide(t, w.e, w.at, file.System, a)
			require.True(t, next.Way(slices.Delete(slices.Clone(offers), i, i+1), w.at).Reachable, "a date more: %+v", a)
		}
		for _, a := range w.e.Attended {
			a.Minutes = a.Of
			next := decide(t, w.e, w.at, file.System, enrolment.Attend{Attendance: a})
			require.True(t, next.Way(offers, w.at).Reachable, "the whole date: %+v", a)
		}
	})
}
