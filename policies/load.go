package policies

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/casbin/casbin/v2/persist"

	"koko/domain/file"
	"koko/kinds"
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
	unless []file.Relation
}

// names is the set of relations on which r depends.
func (r row) names() ties {
	return tiesOf(append([]file.Relation{file.Relation(r.when)}, r.unless...))
}

// Load compiles the embedded policy. It refuses rows with words that it does not know.
func Load() (*Policy, error) { return load(modelText, Text()) }

// Text is the embedded policy: the rows of the house, and those of each kind.
func Text() string {
	text := policyText
	for _, k := range kinds.All() {
		text += "\n" + k.Policy
	}
	return text
}

// LoadFrom compiles another policy, such as a draft, as Load does the embedded one.
func LoadFrom(text string) (*Policy, error) { return load(modelText, text) }

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
	p := &Policy{enforcer: e, rows: map[Role][]row{}, rights: map[Role][]Role{}, named: map[string]ties{}}
	own := map[Role][]row{}
	number := 0
	for line := range strings.Lines(policyText) {
		number++
		if two, ok := strings.CutPrefix(strings.TrimSpace(line), "apart, "); ok {
			if err := p.keepApart(two); err != nil {
				return nil, fmt.Errorf("policy line %d, %q: %w", number, strings.TrimSpace(line), err)
			}
			continue
		}
		r, err := readLines(m, strings.TrimSpace(line))
		if err != nil {
			return nil, fmt.Errorf("policy line %d, %q: %w", number, strings.TrimSpace(line), err)
		}
		if r.act != "" {
			own[r.role] = append(own[r.role], r)
			p.named[r.act] |= r.names()
		}
	}
	if err := p.inherit(own); err != nil {
		return nil, err
	}
	p.remedies = p.allRemedies()
	return p, nil
}

// readLines is readLine for "g, *, role", too: every other role has the rights of that one.
func readLines(m model.Model, line string) (row, error) {
	given, all := strings.CutPrefix(line, "g, *, ")
	if !all {
		return readLine(m, line)
	}
	for _, r := range Roles() {
		if string(r) == given {
			continue
		}
		if _, err := readLine(m, "g, "+string(r)+", "+given); err != nil {
			return row{}, err
		}
	}
	return row{}, nil
}

// readLine adds a line to m, and returns its row if it is one.
func readLine(m model.Model, line string) (row, error) {
	ps, gs := len(m["p"]["p"].Policy), len(m["g"]["g"].Policy)
	if err := persist.LoadPolicyLine(line, m); err != nil {
		return row{}, err
	}
	if all := m["p"]["p"].Policy; len(all) > ps {
		return parse(all[ps])
	}
	if all := m["g"]["g"].Policy; len(all) > gs {
		for _, name := range all[gs] {
			if !slices.Contains(Roles(), Role(name)) {
				return row{}, fmt.Errorf("inheritance %v: not two roles", all[gs])
			}
		}
	}
	return row{}, nil
}

// inherit gives each role its own rows and those of the roles whose rights it has.
func (p *Policy) inherit(own map[Role][]row) error {
	if err := p.enforcer.BuildRoleLinks(); err != nil {
		return fmt.Errorf("link the policy's roles: %w", err)
	}
	for _, role := range Roles() {
		inherited, err := p.enforcer.GetImplicitRolesForUser(string(role))
		if err != nil {
			return fmt.Errorf("inherited roles of %s: %w", role, err)
		}
		p.rights[role] = []Role{role}
		p.rows[role] = own[role]
		for _, r := range inherited {
			p.rights[role] = append(p.rights[role], Role(r))
			p.rows[role] = slices.Concat(p.rows[role], own[Role(r)])
		}
	}
	return nil
}

// parse checks what the words of a row mean; Casbin has counted them.
func parse(fields []string) (row, error) {
	r := row{role: Role(fields[0]), act: fields[1], when: fields[whenField]}
	on, known := relation(r.when)
	switch {
	case !slices.Contains(Roles(), r.role):
		return row{}, fmt.Errorf("there is no role %q", r.role)
	case !slices.Contains(Actions(), r.act):
		return row{}, fmt.Errorf("there is no action %q", r.act)
	case r.when != always && (!known || on.Rule == ""):
		return row{}, fmt.Errorf("%q is no condition", r.when)
	case fields[3] == nothing:
		return r, nil
	}
	for name := range strings.SplitSeq(fields[3], "|") {
		if barring, known := relation(name); !known || barring.Barred == "" {
			return row{}, fmt.Errorf("%q excludes nobody", name)
		}
		r.unless = append(r.unless, file.Relation(name))
	}
	return r, nil
}
