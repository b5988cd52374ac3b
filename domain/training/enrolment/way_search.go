package enrolment

import (
	"slices"
	"time"

	"koko/domain/training/curriculum"
)

// A search looks for the path of the least cost: depth first, unit by unit, giving up where the
// rest cannot be better than what is known.
type search struct {
	e     Enrolment
	units []searched
	quota int
	picks []int // of each unit, the choice; -1 for none
	best  []int
	least cost
	tried int
	any   bool
}

// enough is after how many tries the search only looks for fewer steps and make-ups, not for earlier
// dates.
const enough = 1000

// A searched is a unit and what the units from it on can add at most.
type searched struct {
	curriculum.Unit
	has, needs int
	after      uint64
	choices    []choice

	attended, gain, alone, step int   // minutes: attended, to be had, without new make-ups, in one step
	free, plain, can            Count // units that are done, can be without new make-ups, can be
}

// A tally is what a part of a path amounts to.
type tally struct {
	cost    cost
	modules int
	online  int
	minutes int
	counts  uint64
}

// search is the path with the least cost in one scene, if there is one.
func (e Enrolment) search(s scene) (path, bool) {
	l := search{e: e, any: s.any, picks: make([]int, len(e.Terms.Units))}
	l.quota, _ = e.quota(s)
	l.units = make([]searched, len(e.Terms.Units)+1)
	for i := len(e.Terms.Units) - 1; i >= 0; i-- {
		l.units[i] = e.searched(e.Terms.Units[i], s, l.units[i+1])
	}
	l.from(0, tally{})
	if l.best == nil {
		return path{}, false
	}
	p := path{home: s.home}
	for i, pick := range l.best {
		if pick >= 0 {
			p.steps = append(p.steps, l.units[i].choices[pick].steps...)
		}
	}
	slices.SortStableFunc(p.steps, func(a, b Step) int { return when(a).Compare(when(b)) })
	for _, st := range p.steps {
		p.own = p.own || st.Kind == StepAttend
		if st.Begins != nil && st.Until.After(p.ends) {
			p.ends = *st.Until
		}
	}
	return p, true
}

func when(s Step) time.Time {
	if s.Until == nil {
		return time.Time{}
	}
	return *s.Until
}

// searched is u with what it and the units after it, rest, can add.
func (e Enrolment) searched(u curriculum.Unit, s scene, rest searched) searched {
	d := rest
	d.Unit, d.has, d.needs, d.after, d.choices = u, e.attended(u.ID), e.needs(u.ID), 0, nil
	for i, o := range e.Terms.Units {
		if slices.Contains(u.After, o.ID) {
			d.after |= 1 << i
		}
	}
	if d.has < u.Minutes {
		d.choices = e.choices(u, s)
	}
	most, alone := 0, 0
	for i, c := range d.choices {
		c.gain = min(c.gain, u.Minutes-d.has)
		d.choices[i].gain = c.gain
		most, d.step = max(most, c.gain), max(d.step, c.gain)
		if c.cost[1] == 0 {
			alone = max(alone, c.gain)
		}
	}
	d.attended, d.gain, d.alone = d.attended+d.has, d.gain+most, d.alone+alone
	d.free.add(u.Kind, d.has >= d.needs)
	d.plain.add(u.Kind, d.has+alone >= d.needs)
	d.can.add(u.Kind, d.has+most >= d.needs)
	return d
}

// add counts a unit: in Done the modules, in Of the online sessions.
func (c *Count) add(k curriculum.UnitKind, counts bool) {
	switch {
	case !counts:
	case k == curriculum.OnlineSession:
		c.Of++
	default:
		c.Done++
	}
}

// short is how many of the modules and sessions c does not have.
func (c Count) short(modules, online int) int { return max(0, modules-c.Done) + max(0, online-c.Of) }

// from goes on with the units from the ith on.
func (l *search) from(i int, t tally) {
	if !l.promising(l.units[i], t) {
		return
	}
	if i == len(l.picks) {
		l.best, l.least = slices.Clone(l.picks), t.cost
		return
	}
	u := l.units[i]
	for pick := range len(u.choices) + 1 {
		l.picks[i] = pick
		if pick == len(u.choices) {
			l.picks[i] = -1
			l.from(i+1, t.with(i, u, choice{}))
			continue
		}
		if c := u.choices[pick]; int(t.cost[1]+c.cost[1]) <= l.quota {
			l.from(i+1, t.with(i, u, c))
		}
	}
}

// with is t after the ith unit, for which c is done.
func (t tally) with(i int, u searched, c choice) tally {
	has := u.has + c.gain
	t.cost, t.minutes = t.cost.plus(c.cost), t.minutes+has
	if has < u.needs || t.counts&u.after != u.after {
		return t
	}
	t.counts |= 1 << i
	if u.Kind == curriculum.OnlineSession {
		t.online++
	} else {
		t.modules++
	}
	return t
}

// promising reports whether t can become, with the units of rest, a path that costs less than the
// best one that is known.
func (l *search) promising(rest searched, t tally) bool {
	r := l.e.Terms.Rule
	modules, online, minutes := r.Modules-t.modules, r.Online-t.online, r.Minutes-t.minutes-rest.attended
	if rest.can.short(modules, online) > 0 || minutes > rest.gain {
		return false
	}
	steps, makeUps := rest.free.short(modules, online), rest.plain.short(modules, online)
	if rest.step > 0 {
		steps = max(steps, (minutes+rest.step-1)/rest.step)
		makeUps = max(makeUps, (minutes-rest.alone+rest.step-1)/rest.step)
	}
	t.cost[0], t.cost[1] = t.cost[0]+int64(steps), t.cost[1]+int64(makeUps)
	if t.cost[1] > int64(l.quota) {
		return false
	}
	if l.any && l.best != nil {
		return false
	}
	if l.tried++; l.best != nil && l.tried > enough {
		return slices.Compare(t.cost[:3], l.least[:3]) < 0
	}
	return l.best == nil || t.cost.less(l.least)
}
