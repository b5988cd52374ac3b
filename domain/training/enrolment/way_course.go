package enrolment

import (
	"math"
	"slices"
	"time"

	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
)

// A scene is under which circumstances a way through the modules is looked for.
type scene struct {
	at, until time.Time
	home      string // the cohort whose dates are the trainee's own
	offers    []training.Offer
	any       bool   // any path will do
	given     uint64 // make-ups that are given up: their share of the quota is free once they are missed
}

// A path is a way through the modules.
type path struct {
	steps []Step
	home  string
	own   bool      // whether it needs dates of home
	ends  time.Time // of its last date
}

// course is the path of the fewest steps, and whether there is one. Another cohort becomes the own
// one only if there is no other way.
func (e Enrolment) course(s scene) (path, bool) {
	if e.Cohort != "" || e.Admitted != nil {
		if p, ok := e.within(s); ok {
			return p, ok
		}
	}
	var best path
	found := false
	for i, o := range s.offers {
		known := slices.ContainsFunc(s.offers[:i], func(b training.Offer) bool { return b.Cohort == o.Cohort })
		if o.Cohort == e.Cohort || !o.Joins || known {
			continue
		}
		s.home = o.Cohort
		if p, ok := e.within(s); ok && (!found || len(p.steps) < len(best.steps) || len(p.steps) == len(best.steps) && p.ends.Before(best.ends)) {
			best, found = p, true
		}
	}
	if !found {
		best.home = e.Cohort
	}
	return best, found
}

// within is the path with one own cohort. Planned make-ups are given up only if there is no other way.
func (e Enrolment) within(s scene) (path, bool) {
	s.given = 0
	p, ok := e.search(s)
	if ok {
		return p, ok
	}
	var planned uint64
	for i, m := range e.MakeUps[:min(len(e.MakeUps), 64)] {
		if m.Status == MakeUpPlanned && e.dueAfter(m, s.at) {
			planned |= 1 << i
		}
	}
	for s.given = planned; s.given != 0; s.given = (s.given - 1) & planned {
		if q, found := e.search(s); found && (!ok || len(q.steps) <= len(p.steps)) {
			p, ok = q, true
		}
	}
	return p, ok
}

// spareless reports whether missing one more date on p would leave no way.
func (e Enrolment) spareless(s scene, p path) bool {
	left, _ := e.quota(s)
	planned := false
	for _, st := range p.steps {
		planned = planned || st.Planned
		if !st.Planned && st.Kind != StepAttend {
			left--
		}
	}
	if left > 0 && !planned && !e.Terms.Rule.OnlyExcused {
		return false // an assignment makes up whatever is missed
	}
	return slices.ContainsFunc(p.steps, func(st Step) bool {
		if st.Begins == nil {
			return false
		}
		fewer := s
		fewer.any = true
		fewer.offers = slices.DeleteFunc(slices.Clone(s.offers), func(o training.Offer) bool {
			return o.Cohort == st.Cohort && o.Unit == st.Unit
		})
		_, ok := e.within(fewer)
		return !ok
	})
}

// lacking says why there is no path.
func (e Enrolment) lacking(s scene) WayReason {
	later := s
	later.until = s.until.AddDate(100, 0, 0)
	if _, ok := e.course(later); ok {
		return ForTime
	}
	if r := e.Terms.Rule; r.MakeUps > 0 {
		return ForMakeUps
	}
	return ForCohort
}

func (e Enrolment) dueAfter(m MakeUp, at time.Time) bool {
	return m.Status == MakeUpSubmitted || !calendar.Late(at, e.moved(m.At, m.Due))
}

// visit is the offer that a planned make-up elsewhere waits for.
func (e Enrolment) visit(m MakeUp, s scene) *training.Offer {
	for _, o := range s.offers {
		if o.Cohort == m.Cohort && o.Unit == m.Unit && s.inTime(o) && o.Ends.Before(e.moved(m.At, m.Due)) {
			return &o
		}
	}
	return nil
}

func (s scene) inTime(o training.Offer) bool { return o.Begins.After(s.at) && o.Ends.Before(s.until) }

// quota is how many make-ups can still be planned, and from when on.
func (e Enrolment) quota(s scene) (n int, from time.Time) {
	n, from = e.Terms.Rule.MakeUps-e.usedMakeUps(), s.at
	for i, m := range e.MakeUps {
		switch {
		case !m.open():
		case !e.dueAfter(m, s.at):
			n++
		case s.gives(i):
			n++
			from = file.Latest(from, e.moved(m.At, m.Due))
		}
	}
	return n, from
}

// A choice is what can be done for one module.
type choice struct {
	steps []Step
	gain  int // minutes
	cost  cost
}

// A cost compares paths: the fewest steps, then the fewest make-ups, then the fewest assignments,
// then the earliest end, then the earliest dates.
type cost [5]int64

func (c cost) plus(d cost) cost {
	return cost{c[0] + d[0], c[1] + d[1], c[2] + d[2], max(c[3], d[3]), c[4] + d[4]}
}

func (c cost) less(d cost) bool { return slices.Compare(c[:], d[:]) < 0 }

func (s scene) dated(kind StepKind, o training.Offer) choice {
	end := int64(o.Ends.Sub(s.at) / time.Second)
	return choice{
		steps: []Step{{Kind: kind, By: ByTrainee, Unit: o.Unit, Cohort: o.Cohort, Begins: &o.Begins, Until: &o.Ends}},
		gain:  o.Minutes, cost: cost{1, 0, 0, end, end},
	}
}

func (c choice) and(d choice) choice {
	return choice{slices.Concat(c.steps, d.steps), c.gain + d.gain, c.cost.plus(d.cost)}
}

// choices are those for a unit of which minutes are missing, the best ones first. A visit elsewhere
// has to complete the unit: otherwise it was missed.
func (e Enrolment) choices(u curriculum.Unit, s scene) []choice {
	var own, others []choice
	for _, o := range s.offers {
		if o.Unit == u.ID && o.Cohort == s.home && s.inTime(o) {
			own = append(own, s.dated(StepAttend, o))
		}
	}
	switch m := e.pending(u.ID, s); {
	case m == nil:
		others = e.newMakeUps(u, s)
	case m.Kind == AssignmentMakeUp:
		others = []choice{e.assigned(*m)}
	case m.Cohort != s.home:
		if o := e.visit(*m, s); o != nil {
			others = []choice{s.dated(StepElsewhere, *o)}
			others[0].steps[0].Planned = true
		}
	}
	all := own
	for _, c := range others {
		if c.steps[0].Begins == nil || e.attended(u.ID)+c.gain >= e.needs(u.ID) {
			all = append(all, c)
		}
		if len(own) > 0 && c.steps[0].Begins != nil && e.attended(u.ID)+c.gain+own[0].gain >= e.needs(u.ID) {
			all = append(all, own[0].and(c))
		}
	}
	return all
}

// pending is the make-up of a unit that goes on in s.
func (e Enrolment) pending(unit string, s scene) *MakeUp {
	for i, m := range e.MakeUps {
		if m.Unit == unit && m.open() && e.dueAfter(m, s.at) && !s.gives(i) {
			return &m
		}
	}
	return nil
}

func (s scene) gives(i int) bool { return s.given>>i&1 == 1 }

// assigned finishes an assignment that is planned.
func (e Enrolment) assigned(m MakeUp) choice {
	st := Step{Kind: StepSubmit, By: ByTrainee, Unit: m.Unit, Planned: true}
	if m.Status == MakeUpSubmitted {
		st.By = ByTrainer
	} else {
		due := e.moved(m.At, m.Due)
		st.Until = &due
	}
	return choice{[]Step{st}, math.MaxInt32, cost{1}}
}

// newMakeUps are the make-ups that can be planned for a unit.
func (e Enrolment) newMakeUps(u curriculum.Unit, s scene) []choice {
	rule := e.Terms.Rule
	n, from := e.quota(s)
	if n < 1 || rule.OnlyExcused && !e.missedExcused(u.ID) || e.complete(u) {
		return nil
	}
	var cs []choice
	for _, o := range s.offers {
		if o.Unit != u.ID || o.Cohort == s.home || o.Seats < 1 || !s.inTime(o) {
			continue
		}
		plan := file.Latest(from, (calendar.DayOf(o.Ends) - calendar.Day(rule.MakeUpDays)).Begins())
		if !plan.Before(o.Begins) {
			continue
		}
		c := s.dated(StepElsewhere, o)
		c.steps[0].By, c.cost[1] = ByCoordinator, 1
		if plan.After(s.at) {
			c.steps[0].From = &plan
		}
		cs = append(cs, c)
	}
	cs, all := earliest(cs, u.Minutes-e.attended(u.ID))
	if !all && from.Before(s.until) {
		cs = append(cs, assignment(u, s, from, rule.MakeUpDays))
	}
	return cs
}

// earliest keeps of visits those that bring more than every earlier one, and says whether one brings
// all that is missing.
func earliest(cs []choice, missing int) (kept []choice, all bool) {
	slices.SortStableFunc(cs, func(a, b choice) int { return a.steps[0].Until.Compare(*b.steps[0].Until) })
	most := 0
	for _, c := range cs {
		if !all && c.gain > most {
			kept, most, all = append(kept, c), c.gain, c.gain >= missing
		}
	}
	return kept, all
}

func assignment(u curriculum.Unit, s scene, from time.Time, days int) choice {
	due := (calendar.DayOf(from) + calendar.Day(days)).Ends()
	if s.until.Before(due) {
		due = s.until
	}
	st := Step{Kind: StepAssignment, By: ByCoordinator, Unit: u.ID, Until: &due}
	if from.After(s.at) {
		st.From = &from
	}
	return choice{[]Step{st}, math.MaxInt32, cost{1, 1, 1}}
}
