package policies

import (
	"slices"

	"koko/domain/ags"
	"koko/domain/conflict"
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
	for _, g := range grants {
		for _, r := range p.rows[g.Role] {
			if !slices.Contains(acts, r.act) {
				continue
			}
			covered := s.part(r.when)
			if !covered.CoversAll(g.Area) {
				*covered = covered.Merge(g.Area)
			}
		}
	}
	return s
}

// part is the list that a row's condition fills.
func (s *Scope) part(when string) *ags.Area {
	switch when {
	case always:
		return &s.Area
	case string(conflict.Reporter):
		return &s.Reported
	case string(conflict.Unhanded):
		return &s.Unhanded
	default: // assigned, and the mediators of record among them
		return &s.Assigned
	}
}
