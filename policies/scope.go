package policies

import (
	"slices"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/training"
)

// Scope is what grants cover, for SQL: the arguments of in_scope. It is db.Scope by another name,
// so that neither package imports the other; one converts to the other.
type Scope struct {
	Caller   string
	Area     ags.Area // every case of these municipalities
	Assigned ags.Area // those that the caller works on
	Reported ags.Area // those that the caller reported
	Unhanded ags.Area // those still in detection
}

// Scope returns where the grants permit caller one of acts, compiled from the rows that Decide
// asks. It never leaves out a case for which Decide allows one of acts, and covers no other, with
// one exception: SQL tells neither mediators of record from those who work on a case nor who has
// had a hand in it. So ask Decide too before showing a mediation.
func (p *Policy) Scope(caller string, grants []Grant, acts ...string) Scope {
	s := Scope{Caller: caller}
	p.fill(grants, acts, func(r row) *ags.Area {
		switch r.when {
		case always:
			return &s.Area
		case string(conflict.Reporter):
			return &s.Reported
		case string(conflict.Unhanded):
			return &s.Unhanded
		case string(conflict.Assigned), string(conflict.MediatorOfRecord): // who works on it, too
			return &s.Assigned
		}
		return nil
	})
	return s
}

// EnrolmentScope is Scope for enrolments: db.EnrolmentScope by another name.
type EnrolmentScope struct {
	Caller   string
	Teaches  []string // the cohorts that the caller is a trainer of
	Area     ags.Area // every enrolment of these municipalities
	Own      ags.Area // the caller's own
	Led      ags.Area // those whose superior the caller is
	Taught   ags.Area // those that belong to one of Teaches
	Assessed ags.Area // those that the caller assesses
}

// EnrolmentScope returns where the grants permit caller, a trainer of the cohorts teaches, one of
// acts on enrolments. It is as exact as Scope, with one exception: SQL does not tell who is kept
// from a command for being the trainee, the superior or an assessor. No way to read is.
func (p *Policy) EnrolmentScope(caller string, teaches []string, grants []Grant, acts ...string) EnrolmentScope {
	s := EnrolmentScope{Caller: caller, Teaches: teaches}
	p.fill(grants, acts, func(r row) *ags.Area {
		switch r.when {
		case always:
			return &s.Area
		case string(training.Trainee):
			return &s.Own
		case string(training.Superior):
			return &s.Led
		case string(training.Teaching):
			return &s.Taught
		case string(training.Assessing):
			return &s.Assessed
		}
		return nil
	})
	return s
}

// CohortScope is Scope for cohorts: db.CohortScope by another name.
type CohortScope struct {
	Caller   string
	Area     ags.Area // every cohort that these municipalities run
	Offering ags.Area // every cohort that is offered to these
	Run      ags.Area // those that these run or are offered, if the caller is a trainer of them
}

// CohortScope returns where the grants permit caller one of acts on cohorts: exactly where
// DecideCohort does.
func (p *Policy) CohortScope(caller string, grants []Grant, acts ...string) CohortScope {
	s := CohortScope{Caller: caller}
	p.fill(grants, acts, func(r row) *ags.Area {
		switch r.when {
		case always:
			return &s.Area
		case string(training.Runs):
			return &s.Run
		}
		return nil
	})
	p.fill(grants, acts, func(r row) *ags.Area {
		if r.when == always && offered(r.act, r.when) {
			return &s.Offering
		}
		return nil
	})
	return s
}

// fill adds the area of each grant to the part of a scope that its rows for acts fill, if any.
func (p *Policy) fill(grants []Grant, acts []string, part func(row) *ags.Area) {
	for _, g := range grants {
		for _, r := range p.rows[g.Role] {
			if !slices.Contains(acts, r.act) {
				continue
			}
			if covered := part(r); covered != nil && !covered.CoversAll(g.Area) {
				*covered = covered.Merge(g.Area)
			}
		}
	}
}
