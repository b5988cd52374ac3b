package policies

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/conflict"
)

func TestAPolicyWithUnknownWordsIsRefused(t *testing.T) {
	t.Parallel()
	for line, why := range map[string]string{
		"p, root, read_case, any, -":                          `there is no role "root"`,
		"p, supervisor, drop_tables, any, -":                  `there is no action "drop_tables"`,
		"p, supervisor, deadline_passed, any, -":              `there is no action "deadline_passed"`,
		"p, supervisor, read_case, sometimes, -":              `"sometimes" is no condition`,
		"p, supervisor, read_case, analyst, -":                `"analyst" is no condition`,
		"p, supervisor, read_case, , -":                       `"" is no condition`,
		"p, certifier, certify, judged, -":                    `"judged" is no condition`,
		"p, certifier, queue, any, -":                         `there is no action "queue"`,
		"p, certifier, certify, any, teaching":                `"teaching" excludes nobody`,
		"p, supervisor, sign_off, any, nobody":                `"nobody" excludes nobody`,
		"p, supervisor, sign_off, any, proposer|":             `"" excludes nobody`,
		"p, supervisor, sign_off, any, proposer,assigned":     "invalid policy rule size",
		"p, supervisor, sign_off, any":                        "invalid policy rule size",
		"g, supervisor, root":                                 "not two roles",
		"g, supervisor":                                       "invalid policy rule size",
		"g, root, supervisor":                                 "not two roles",
		"q, supervisor, read_case, any, -":                    "",
		"p2, supervisor, read_case, any, -":                   "",
		`p, "supervisor, read_case, any, -`:                   "",
		"p, supervisor, read_case, any, -, deny":              "invalid policy rule size",
		"p, Supervisor, read_case, any, -":                    `there is no role "Supervisor"`,
		"p, supervisor, read_case, any, -\np, supervisor, x,": "invalid policy rule size",
	} {
		_, err := load(modelText, Text()+"\n"+line+"\n")
		require.ErrorContains(t, err, why, line)
	}
	_, err := load("[matchers]", Text())
	require.Error(t, err)
}

// An error in Casbin refuses, and is not remembered as an answer.
func TestAnErrorOfCasbinRefuses(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]string{
		"an unknown function": strings.Replace(modelText, "holds(", "holds_not(", 1),
		"a wrong argument":    strings.Replace(modelText, "holds(r.ties", "holds(r.role", 1),
		"a missing argument":  strings.Replace(modelText, "bars(r.against, p.unless)", "bars(r.against)", 1),
		"no yes or no":        strings.Replace(modelText, "m = r.act == p.act && ", "m = p.act || ", 1),
	} {
		require.NotEqual(t, modelText, broken, name)
		p, err := load(broken, Text())
		require.NoError(t, err, name)
		gs := []Grant{{ID: "1", Role: "conflict_manager", Area: ags.Area{"05334002"}}}
		for range 2 {
			d := p.Decide(gs, conflict.ReadCase, Place{Own: "05334002"}, []conflict.Relation{conflict.Assigned})
			require.Equal(t, Decision{Rule: "policy_error", Remedy: "an operator has to repair the installation"}, d, name)
		}
	}
}

// What a Policy remembers is bounded: questions about unknown words are not kept.
func TestUnknownWordsAreNotRemembered(t *testing.T) {
	t.Parallel()
	p, err := Load()
	require.NoError(t, err)
	p.Decide([]Grant{{Role: "root"}, {Role: Admin}}, "drop_tables", Place{Own: "05334002"}, nil)
	p.Decide([]Grant{{Role: "root"}}, conflict.ReadCase, Place{Own: "05334002"}, nil)
	p.verdicts.Range(func(q, _ any) bool {
		require.Fail(t, "remembered", "%v", q)
		return true
	})
}

// What Decide leaves out of a question changes no answer.
func TestOnlyTheRelationsThatRowsNameMatter(t *testing.T) {
	t.Parallel()
	p, err := Load()
	require.NoError(t, err)
	sets := []ties{every}
	for i := range relations {
		sets = append(sets, 1<<i, every&^(1<<i))
	}
	for role, rows := range p.rows {
		for _, r := range rows {
			answers := map[ties]verdict{}
			for _, set := range sets {
				named := set & p.named[r.act]
				if _, asked := answers[named]; !asked {
					answers[named], err = p.ask(question{role: role, act: r.act, ties: named})
					require.NoError(t, err)
				}
				if named == 0 && set != every {
					continue
				}
				v, err := p.ask(question{role: role, act: r.act, ties: set})
				require.NoError(t, err)
				require.Equal(t, answers[named], v, "%s %s %b", role, r.act, set)
			}
		}
	}
}

// Two reading ways into the same rows must not part: the matcher's g and the rows of a scope.
func TestRowsOfARoleAreThoseThatItsMatcherFinds(t *testing.T) {
	t.Parallel()
	p, err := Load()
	require.NoError(t, err)
	for _, role := range Roles() {
		for _, act := range Actions() {
			found := false
			for _, r := range p.rows[role] {
				found = found || r.act == act
			}
			v, err := p.ask(question{role: role, act: act})
			require.NoError(t, err)
			require.Equal(t, found, v.rule != noRole, "%s %s", role, act)
		}
	}
}
