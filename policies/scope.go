package policies

import (
	"slices"

	"koko/domain/ags"
	"koko/domain/file"
)

// Caller is somebody with their grants, and the files through which ties of theirs hold.
type Caller struct {
	Subject string
	Grants  []Grant
	Through []string // ids of files that they are a member of: the cohorts that a trainer teaches
}

// Holders lists what a tie of the caller can name.
func (c Caller) Holders() []string { return append([]string{c.Subject}, c.Through...) }

// Scope returns where the grants of a caller permit one of acts, compiled from the rows that Decide
// asks. It never leaves out a file for which Decide allows one of acts, and covers no other, with one
// exception: it knows nothing of four eyes. No way to read depends on them.
func (p *Policy) Scope(c Caller, acts ...string) file.Scope {
	s := file.Scope{Caller: c.Subject}
	for _, g := range c.Grants {
		for _, r := range p.rows[g.Role] {
			if !slices.Contains(acts, r.act) {
				continue
			}
			for _, tie := range r.ties(c) {
				s.Add(tie, offered(r.act, r.when), g.Area)
			}
		}
	}
	return s
}

// ties lists the ties that a row asks for, as a caller may have them; an empty one asks for none.
func (r row) ties(c Caller) []string {
	if r.when == always {
		return []string{""}
	}
	on, _ := relation(r.when)
	if on.Through != "" {
		ties := make([]string, len(c.Through))
		for i, id := range c.Through {
			ties[i] = file.Tie{Relation: on.Name, Holder: id}.String()
		}
		return ties
	}
	holder := c.Subject
	if on.Everybody {
		holder = ""
	}
	return []string{file.Tie{Relation: on.Name, Holder: holder}.String()}
}

// Through lists the ties through which grants permit something: by the relation that a caller needs to
// some file, where the grants reach.
func (p *Policy) Through(grants []Grant) map[file.Relation]ags.Area {
	areas := map[file.Relation]ags.Area{}
	for _, g := range grants {
		for _, r := range p.rows[g.Role] {
			if on, ok := relation(r.when); ok && on.Through != "" && !areas[on.Through].CoversAll(g.Area) {
				areas[on.Through] = areas[on.Through].Merge(g.Area)
			}
		}
	}
	return areas
}

// Oversees reports whether supervisors may do one of acts to every file of their area.
func (p *Policy) Oversees(acts ...string) bool {
	return slices.ContainsFunc(p.rows[Supervisor], func(r row) bool { return r.when == always && slices.Contains(acts, r.act) })
}

// Tells reports whether some row for one of acts asks for a tie, or is closed by it: naming the tie would
// reveal such acts.
func (p *Policy) Tells(r file.Relation, acts []string) bool {
	for _, rows := range p.rows {
		if slices.ContainsFunc(rows, func(w row) bool {
			return (w.when == string(r) || slices.Contains(w.unless, r)) && slices.Contains(acts, w.act)
		}) {
			return true
		}
	}
	return false
}
