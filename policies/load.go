package policies

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/casbin/casbin/v2/persist"

	"koko/domain/process"
)

var (
	//go:embed model.conf
	modelText string

	//go:embed policy.csv
	policyText string
)

// whenField is the place of when among the fields of a row.
const whenField = 2

// A row is a line of policy.csv.
type row struct {
	role   Role
	act    string
	when   string // always or a relation
	unless []process.Relation
}

// names is the set of relations on which r depends.
func (r row) names() ties {
	return tiesOf(append([]process.Relation{process.Relation(r.when)}, r.unless...))
}

// Load compiles the embedded policy. It refuses rows with words that it does not know.
func Load() (*Policy, error) { return load(modelText, policyText) }

func load(modelText, policyText string) (*Policy, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, fmt.Errorf("read the policy's model: %w", err)
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("compile the policy's model: %w", err)
	}
	e.AddFunction("holds", holds)
	e.AddFunction("bars", bars)
	p := &Policy{enforcer: e, rows: map[Role][]row{}, named: map[string]ties{}}
	own := map[Role][]row{}
	for line := range strings.Lines(policyText) {
		line = strings.TrimSpace(line)
		if err := persist.LoadPolicyLine(line, m); err != nil {
			return nil, fmt.Errorf("policy row %q: %w", line, err)
		}
	}
	for _, fields := range m["p"]["p"].Policy {
		r, err := parse(fields)
		if err != nil {
			return nil, fmt.Errorf("policy row %v: %w", fields, err)
		}
		own[r.role] = append(own[r.role], r)
		p.named[r.act] |= r.names()
	}
	for _, pair := range m["g"]["g"].Policy {
		if !slices.Contains(Roles(), Role(pair[0])) || !slices.Contains(Roles(), Role(pair[1])) {
			return nil, fmt.Errorf("policy inheritance %v: not two roles", pair)
		}
	}
	if err := e.BuildRoleLinks(); err != nil {
		return nil, fmt.Errorf("link the policy's roles: %w", err)
	}
	for _, role := range Roles() {
		inherited, err := e.GetImplicitRolesForUser(string(role))
		if err != nil {
			return nil, fmt.Errorf("inherited roles of %s: %w", role, err)
		}
		p.rows[role] = own[role]
		for _, r := range inherited {
			p.rows[role] = slices.Concat(p.rows[role], own[Role(r)])
		}
	}
	p.remedies = p.allRemedies()
	return p, nil
}

// parse checks what the words of a row mean; Casbin has counted them.
func parse(fields []string) (row, error) {
	r := row{role: Role(fields[0]), act: fields[1], when: fields[whenField]}
	_, known := unfulfilled[r.when]
	switch {
	case !slices.Contains(Roles(), r.role):
		return row{}, fmt.Errorf("there is no role %q", r.role)
	case !slices.Contains(Actions(), r.act):
		return row{}, fmt.Errorf("there is no action %q", r.act)
	case r.when != always && !known:
		return row{}, fmt.Errorf("%q is no condition", r.when)
	case fields[3] == nothing:
		return r, nil
	}
	for name := range strings.SplitSeq(fields[3], "|") {
		if !slices.Contains(excluding, process.Relation(name)) {
			return row{}, fmt.Errorf("%q excludes nobody", name)
		}
		r.unless = append(r.unless, process.Relation(name))
	}
	return r, nil
}
