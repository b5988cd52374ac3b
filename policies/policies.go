// Package policies decides who may do what to which file. What a role may do is code, the rows of the
// house and of each kind, and never changes at run time; who has which role where is data, the grants of
// the caller.
package policies

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/kinds"
)

// A Grant gives its holder a role within an area. The caller checks that it is in force.
type Grant struct {
	ID   string
	Role Role
	Area ags.Area
	// InsteadOf is the person whom its holder substitutes; empty: it is the holder's own.
	InsteadOf string
}

// A Decision says whether an action is permitted and why.
type Decision struct {
	Allowed bool
	// Rule is the row of the policy that allowed, or the name of what refused: role, area, four_eyes,
	// policy_error, or the rule of a relation that is missing.
	Rule string
	// Grant is the id of the grant that allowed.
	Grant string
	// Remedy says who can do what was refused.
	Remedy string
}

// What refuses, beside the rules of relations. Of several grants, the refusal that came closest to a
// permission is reported.
const (
	noRole      = "role"         // no role of the caller permits it
	notArea     = "area"         // one does, in other municipalities
	sameEyes    = "four_eyes"    // one does, and the caller has had a hand in the matter
	policyError = "policy_error" // Casbin failed: nobody is let through
)

// Policy answers questions about policy.csv. It is safe for concurrent use.
type Policy struct {
	enforcer *casbin.Enforcer
	rows     map[Role][]row  // what each role may do, inherited rows included
	rights   map[Role][]Role // the role itself and those whose rights it has
	sides    [][2]Role       // the two sides of a four-eyes rule
	named    map[string]ties // the relations on which each action depends
	remedies map[refusal]string
	verdicts sync.Map // question → verdict: the policy never changes
}

// A question is all that a verdict depends on. There are as many as roles, actions and sets of the
// relations that matter to the action, which bounds what a Policy remembers.
type question struct {
	role   Role
	act    string
	ties   ties
	theirs ties // of the person who is substituted: they bar, and open nothing
}

// A verdict answers a question wherever the case lies.
type verdict struct {
	allowed bool
	rule    string
	rank    int  // how close a refusal came to a permission
	offered bool // whether it holds where a cohort is offered, too
}

type refusal struct{ act, rule string }

const (
	_ = iota // noRole, the zero verdict
	rankArea
	rankWhen
	rankUnless
	rankError
)

// A Place is where a file lies, and where it is offered.
type Place struct {
	Own     ags.Key
	Offered ags.Area
}

func (w Place) in(area ags.Area, offered bool) bool {
	return area.Covers(w.Own) || offered && slices.ContainsFunc(w.Offered, area.Covers)
}

// offered reports whether a row for act under the condition when applies where a file is offered, too:
// for reading, and for those whom a relation ties to it, the file lies there as well.
func offered(act, when string) bool {
	if r, ok := relation(when); ok {
		return r.Offered
	}
	return when == always && slices.ContainsFunc(kinds.All(), func(k *file.Definition) bool { return slices.Contains(k.Offered, act) })
}

// Decide says whether one of the grants permits act on a file, or one to be opened, at a place; rels are
// the relations of the grants' holder to it, none if there is none yet. An error in the policy refuses.
func (p *Policy) Decide(grants []Grant, act string, where Place, rels []file.Relation) Decision {
	return p.decide(grants, act, where, rels, nil)
}

// DecideOn is Decide for somebody and a file with these ties. Nobody does in place of a person what that person may not
// do: a grant that the caller holds for somebody else is closed by what ties either of them to the file, and opened by
// the caller's own ties alone.
func (p *Policy) DecideOn(c Caller, act string, where Place, held []string) Decision {
	return p.decide(c.Grants, act, where, file.HeldIn(held, c.Holders()...), held)
}

func (p *Policy) decide(grants []Grant, act string, where Place, rels []file.Relation, held []string) Decision {
	t := tiesOf(rels) & p.named[act]
	refused := verdict{rule: noRole}
	for _, g := range grants {
		q := question{role: g.Role, act: act, ties: t}
		if g.InsteadOf != "" {
			q.theirs = tiesOf(file.HeldIn(held, g.InsteadOf)) & p.named[act]
		}
		v := p.verdict(q)
		if v.rule != noRole && !where.in(g.Area, v.offered) {
			v = verdict{rule: notArea, rank: rankArea}
		}
		if v.allowed {
			return Decision{Allowed: true, Rule: v.rule, Grant: g.ID}
		}
		if v.rank == rankWhen {
			v = p.lacking(g.Role, act, rels, v)
		}
		if v.rank > refused.rank {
			refused = v
		}
	}
	return Decision{Rule: refused.rule, Remedy: p.remedy(act, refused.rule)}
}

// verdict answers q from memory where it can.
func (p *Policy) verdict(q question) verdict {
	if v, ok := p.verdicts.Load(q); ok {
		return v.(verdict)
	}
	if !slices.Contains(Roles(), q.role) || !slices.Contains(Actions(), q.act) {
		return verdict{rule: noRole} // and not worth remembering
	}
	v, err := p.ask(q)
	if err != nil {
		return verdict{rule: policyError, rank: rankError}
	}
	p.verdicts.Store(q, v)
	return v
}

// ask has Casbin answer q. For the reason of a refusal it asks again what the caller could do with
// no hand in the matter, and then with every tie to the case.
func (p *Policy) ask(q question) (verdict, error) {
	for _, try := range []struct {
		ties, against ties
		answer        func(row []string) verdict
	}{
		{q.ties, q.ties | q.theirs, func(row []string) verdict { return verdict{allowed: true, rule: strings.Join(row, ", ")} }},
		{q.ties, 0, func([]string) verdict { return verdict{rule: sameEyes, rank: rankUnless} }},
		{every, 0, func(row []string) verdict { return verdict{rule: ruleOf(row[whenField]), rank: rankWhen} }},
	} {
		ok, row, err := p.enforcer.EnforceEx(string(q.role), q.act, try.ties, try.against)
		if err != nil {
			return verdict{}, fmt.Errorf("enforce %s for %s: %w", q.act, q.role, err)
		}
		if ok {
			v := try.answer(row)
			v.offered = offered(q.act, row[whenField])
			return v, nil
		}
	}
	return verdict{rule: noRole}, nil
}

// May lists the roles that may take act, wherever and under whatever condition.
func (p *Policy) May(act string) []Role {
	var may []Role
	for _, role := range Roles() {
		if slices.ContainsFunc(p.rows[role], func(r row) bool { return r.act == act }) {
			may = append(may, role)
		}
	}
	return may
}

// ruleOf names the refusal of rows by the tie that is missing.
func ruleOf(when string) string {
	r, _ := relation(when)
	return r.Rule
}

// lacking is the refusal for want of a tie. What the house does with files of every kind may ask for another tie in
// each kind: the one to name is of the kind to which rels tie the caller. Where there is none, no role of theirs permits it.
func (p *Policy) lacking(role Role, act string, rels []file.Relation, v verdict) verdict {
	if !slices.Contains(ofTheHouse, act) {
		return v
	}
	for _, r := range p.rows[role] {
		on, known := kinds.ByRelation(file.Relation(r.when))
		of := func(held file.Relation) bool { k, _ := kinds.ByRelation(held); return k == on }
		if known && r.act == act && slices.ContainsFunc(rels, of) {
			v.rule = ruleOf(r.when)
			return v
		}
	}
	return verdict{rule: noRole}
}

// OfRights reports whether nobody came closer, by that rule, to what was refused.
func OfRights(rule string) bool {
	return rule == noRole || rule == notArea || rule == policyError ||
		rule != "" && slices.ContainsFunc(relations, func(r file.RelationSpec) bool { return r.Rule == rule })
}
