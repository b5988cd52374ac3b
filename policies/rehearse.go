package policies

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"koko/domain/ags"
	"koko/domain/file"
)

// A Question is everything that a policy was asked for a decision, so that another policy can be
// asked the same.
type Question struct {
	Act       string
	AGS       ags.Key // empty: of no municipality
	Roles     []Role  // what the person held there
	Offered   []Role  // what the person held where the file is offered, but does not lie
	Relations []file.Relation
}

// QuestionOn returns what DecideOn is asked about a file. A role that is closed because of whom the caller substitutes is
// left out: the question names nobody else's ties.
func (p *Policy) QuestionOn(c Caller, act string, where Place, held []string) Question {
	rels := file.HeldIn(held, c.Holders()...)
	grants := slices.DeleteFunc(slices.Clone(c.Grants), func(g Grant) bool {
		alone := []Grant{g}
		return g.InsteadOf != "" && p.decide(alone, act, where, rels, held).Rule == sameEyes && p.Decide(alone, act, where, rels).Allowed
	})
	return QuestionOf(grants, act, where, rels)
}

// QuestionOf returns what Decide is asked about a file at a place.
func QuestionOf(grants []Grant, act string, where Place, rels []file.Relation) Question {
	q := Question{Act: act, AGS: where.Own, Relations: slices.Sorted(slices.Values(rels))}
	for _, g := range grants {
		switch {
		case g.Area.Covers(where.Own):
			q.Roles = append(q.Roles, g.Role)
		case where.in(g.Area, true):
			q.Offered = append(q.Offered, g.Role)
		}
	}
	q.Roles, q.Offered = set(q.Roles), set(q.Offered)
	return q
}

func set(roles []Role) []Role {
	slices.Sort(roles)
	return slices.Compact(roles)
}

// Ask answers q as Decide answered it, with roles for the ids of grants.
func (p *Policy) Ask(q Question) Decision {
	const elsewhere ags.Key = "elsewhere"
	var grants []Grant
	for _, r := range q.Roles {
		grants = append(grants, Grant{ID: string(r), Role: r, Area: ags.Area{q.AGS}})
	}
	for _, r := range q.Offered {
		grants = append(grants, Grant{ID: string(r), Role: r, Area: ags.Area{elsewhere}})
	}
	return p.decide(grants, q.Act, Place{q.AGS, ags.Area{elsewhere}}, q.Relations, nil)
}

// Logged is a decision that was taken, and how often on a day.
type Logged struct {
	Question
	Day     time.Time
	Subject string
	Allowed bool
	Role    Role // of the grant that allowed
	Rule    string
	Count   int64
}

// A Flip is a group of decisions that another policy would take otherwise.
type Flip struct {
	Role      string    `json:"role"` // that of the grant that allowed, or would
	Act       string    `json:"act"`
	Relations []string  `json:"relations"`
	Allowed   bool      `json:"allowed"` // by the other policy
	Was       string    `json:"was"`     // the rule
	Would     string    `json:"would"`
	Count     int64     `json:"count"`
	People    int       `json:"people"`
	Places    int       `json:"places"`
	First     time.Time `json:"first"`
	Last      time.Time `json:"last"`

	people, places map[string]bool
}

// Rehearse returns which of the logged decisions draft would take otherwise, the lost rights first.
func (p *Policy) Rehearse(logged []Logged) []Flip {
	groups := map[string]*Flip{}
	for _, l := range logged {
		d := p.Ask(l.Question)
		if d.Allowed == l.Allowed {
			continue
		}
		f := Flip{Role: string(l.Role), Act: l.Act, Relations: words(l.Relations), Allowed: d.Allowed, Was: l.Rule, Would: d.Rule, First: l.Day}
		if d.Allowed {
			f.Role = d.Grant
		}
		key := strings.Join(append([]string{f.Role, f.Act, f.Was, f.Would}, f.Relations...), "\x1f")
		if groups[key] == nil {
			f.people, f.places = map[string]bool{}, map[string]bool{}
			groups[key] = &f
		}
		groups[key].add(l)
	}
	var flips []Flip
	for _, f := range groups {
		f.People, f.Places = len(f.people), len(f.places)
		flips = append(flips, *f)
	}
	slices.SortFunc(flips, func(a, b Flip) int {
		if a.Allowed != b.Allowed {
			return map[bool]int{false: -1, true: 1}[a.Allowed]
		}
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Act, b.Act), slices.Compare(a.Relations, b.Relations), cmp.Compare(a.Was, b.Was))
	})
	return flips
}

func (f *Flip) add(l Logged) {
	f.Count += l.Count
	f.people[l.Subject], f.places[string(l.AGS)] = true, true
	if l.Day.Before(f.First) {
		f.First = l.Day
	}
	if l.Day.After(f.Last) {
		f.Last = l.Day
	}
}

func words(rels []file.Relation) []string {
	all := []string{}
	for _, r := range rels {
		all = append(all, string(r))
	}
	return all
}
