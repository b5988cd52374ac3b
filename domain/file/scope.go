package file

import (
	"slices"

	"koko/domain/ags"
)

// A Scope is what the grants of one caller cover of the files of a kind, compiled once per request. Get,
// list, count, search, history and the past ask the same one.
type Scope struct {
	Caller string
	Parts  []Part
}

// A Part is some files of an area: all of them, or those with a tie.
type Part struct {
	Tie     string   // as Tie.String writes it; empty: every file
	Offered bool     // whether files that are offered to the area belong to it, too
	Area    ags.Area // the municipalities
}

// Add adds municipalities to the part of s that has the tie, made if it is missing.
func (s *Scope) Add(tie string, offered bool, area ags.Area) {
	for i, p := range s.Parts {
		if p.Tie == tie && p.Offered == offered {
			if !p.Area.CoversAll(area) {
				s.Parts[i].Area = p.Area.Merge(area)
			}
			return
		}
	}
	s.Parts = append(s.Parts, Part{tie, offered, ags.Area{}.Merge(area)})
}

// Municipalities lists every municipality that the scope touches: what row security opens.
func (s Scope) Municipalities() ags.Area {
	var all ags.Area
	for _, p := range s.Parts {
		all = all.Merge(p.Area)
	}
	return all
}

// Everywhere lists the municipalities of which the scope covers every file.
func (s Scope) Everywhere() ags.Area {
	for _, p := range s.Parts {
		if p.Tie == "" && !p.Offered {
			return p.Area
		}
	}
	return nil
}

// Covers reports whether a file belongs to the scope: what in_scope says in SQL.
func (s Scope) Covers(r Row) bool {
	return slices.ContainsFunc(s.Parts, func(p Part) bool {
		there := p.Area.Covers(r.AGS) || p.Offered && slices.ContainsFunc(r.Places, p.Area.Covers)
		return there && (p.Tie == "" || slices.Contains(r.Ties, p.Tie))
	})
}
