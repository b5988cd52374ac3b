package policies

import (
	"slices"
	"strings"
)

// remedy says who can do what rule refused.
func (p *Policy) remedy(act, rule string) string {
	if r, ok := p.remedies[refusal{act, rule}]; ok {
		return r
	}
	return "nobody can do it"
}

// allRemedies writes the remedies of all refusals, because a view needs many.
func (p *Policy) allRemedies() map[refusal]string {
	all := map[refusal]string{}
	for _, act := range Actions() {
		anyone := p.able(act, func(row) bool { return true })
		atLarge := p.able(act, func(r row) bool { return r.when == always })
		add := func(rule, sentence string) { all[refusal{act, rule}] = sentence }
		add(noRole, anyone+" can do it")
		add(notArea, anyone+" of this municipality can do it")
		add(sameEyes, anyone+" who "+p.apart(act)+" can do it")
		add(policyError, "an operator has to repair the installation")
		for _, rel := range relations {
			switch {
			case rel.Rule == "":
			case rel.Lacks:
				add(rel.Rule, p.able(act, func(r row) bool { return r.when != string(rel.Name) })+" can do it, "+rel.Remedy)
			case rel.Alone:
				add(rel.Rule, rel.Remedy)
			default:
				add(rel.Rule, rel.Remedy+prefixed(", or ", atLarge))
			}
		}
	}
	return all
}

// able names the roles that have a row for act like that.
func (p *Policy) able(act string, like func(row) bool) string {
	var names []string
	for _, role := range Roles() {
		if slices.ContainsFunc(p.rows[role], func(r row) bool { return r.act == act && like(r) }) {
			names = append(names, titleOf(role))
		}
	}
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
}

// apart says of whoever may do act that they have no hand in the matter.
func (p *Policy) apart(act string) string {
	var parts []string
	for _, role := range Roles() {
		for _, r := range p.rows[role] {
			for _, u := range r.unless {
				on, _ := relation(string(u))
				if r.act == act && !slices.Contains(parts, on.Barred) {
					parts = append(parts, on.Barred)
				}
			}
		}
	}
	return strings.Join(parts, " and ")
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}
