package policies

import (
	"fmt"
	"slices"
	"strings"

	"koko/domain/ags"
	"koko/domain/file"
)

// keepApart reads the two roles of a line of the policy.
func (p *Policy) keepApart(line string) error {
	one, other, _ := strings.Cut(line, ", ")
	if !slices.Contains(Roles(), Role(one)) || !slices.Contains(Roles(), Role(other)) || one == other {
		return fmt.Errorf("%q are not two roles", line)
	}
	p.sides = append(p.sides, [2]Role{Role(one), Role(other)})
	return nil
}

// Apart reports whether one of the roles decides on what the other one proposes: nobody has both of them by a
// substitution.
func (p *Policy) Apart(a, b Role) bool {
	return slices.ContainsFunc(p.sides, func(two [2]Role) bool {
		return p.has(a, two[0]) && p.has(b, two[1]) || p.has(a, two[1]) && p.has(b, two[0])
	})
}

// ApartFrom lists the roles that nobody has beside another one by a substitution.
func (p *Policy) ApartFrom(r Role) (all []Role) {
	for _, o := range Roles() {
		if p.Apart(r, o) {
			all = append(all, o)
		}
	}
	return all
}

// has reports whether a role is another one or has its rights.
func (p *Policy) has(r, right Role) bool { return slices.Contains(p.rights[r], right) }

// Personal reports whether a role is about its holder: nobody has it in place of another person.
func Personal(r Role) bool {
	return slices.ContainsFunc(roles, func(s file.RoleSpec) bool { return s.Name == string(r) && s.Personal })
}

// Hears reports whether a substitute is told of a file in place of the person: they see it, the person sees it in one
// of the substituted roles, and it is not the person's own affair.
func (p *Policy) Hears(k *file.Definition, at file.Row, s file.StandIn) bool {
	for _, r := range k.Relations {
		if r.Own && slices.Contains(at.Ties, file.Tie{Relation: r.Name, Holder: s.Person}.String()) {
			return false
		}
	}
	return p.sees(k, at, s.Person, s.Roles) && p.sees(k, at, s.Substitute, s.Held)
}

// sees reports whether somebody who has roles where a file lies sees it.
func (p *Policy) sees(k *file.Definition, at file.Row, subject string, roles []string) bool {
	c := Caller{Subject: subject}
	for _, r := range roles {
		c.Grants = append(c.Grants, Grant{Role: Role(r), Area: ags.Area{at.AGS}})
	}
	var acts []string
	for _, l := range k.Lenses() {
		acts = append(acts, l.Acts...)
	}
	return p.Scope(c, acts...).Covers(at)
}
