package policies_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/policies"
)

// What is logged of a decision is enough to take it again.
func TestAQuestionIsAnsweredAsItWasDecided(t *testing.T) {
	t.Parallel()
	p := load(t)
	rapid.Check(t, func(t *rapid.T) {
		gs, c := someGrants(t, forCases), someCase(t)
		e, teaches := someEnrolment(t), someOf(t, "teaches", []string{"c1", "c2"})
		k := cohort.Cohort{AGS: rapid.SampledFrom(towns).Draw(t, "run by"), Offered: someOf(t, "offered", towns), Trainers: someOf(t, "trainers", []string{"u", "v"})}
		for _, act := range policies.Actions() {
			rels := c.Relations("u")
			require.Equal(t, p.Decide(gs, act, town(c.AGS), rels).Allowed, p.Ask(policies.QuestionOf(gs, act, town(c.AGS), rels)).Allowed, act)
			rels = e.Relations("u", teaches)
			require.Equal(t, p.Decide(gs, act, town(e.AGS), rels).Allowed, p.Ask(policies.QuestionOf(gs, act, town(e.AGS), rels)).Allowed, act)
			rels = k.Relations("u")
			require.Equal(t, p.Decide(gs, act, placeOf(k), rels).Allowed, p.Ask(policies.QuestionOf(gs, act, placeOf(k), rels)).Allowed, act)
		}
	})
}

// policyWith is the policy with a line in place of another one.
func policyWith(t *testing.T, line, instead string) string {
	t.Helper()
	require.Contains(t, policies.Text(), line+"\n")
	return strings.Replace(policies.Text(), line+"\n", instead+"\n", 1)
}

func TestADraftIsRefusedByItsLine(t *testing.T) {
	t.Parallel()
	const row = "p, steering, read_case_file, any, -"
	draft := policyWith(t, row, "p, steering, read_files, any, -")
	number := strings.Count(draft[:strings.Index(draft, "read_files")], "\n") + 1
	_, err := policies.LoadFrom(draft)
	require.ErrorContains(t, err, `there is no action "read_files"`)
	require.ErrorContains(t, err, "policy line "+strconv.Itoa(number)+",")
	_, err = policies.LoadFrom(policyWith(t, row, row))
	require.NoError(t, err)
}

func TestARehearsalGroupsWhatFlips(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	read := func(n int, subject string, where ags.Key) policies.Logged {
		return policies.Logged{
			Question: policies.Question{Act: conflict.ReadCaseFile, AGS: where, Roles: []policies.Role{"steering"}},
			Day:      day(n), Subject: subject, Allowed: true, Role: "steering", Rule: "steering, read_case_file, any, -", Count: 2,
		}
	}
	refused := policies.Logged{
		Question: policies.Question{Act: conflict.ReadIdentities, AGS: aachen, Roles: []policies.Role{"steering"}, Relations: []file.Relation{"unhanded"}},
		Day:      day(4), Subject: "u3", Rule: "role", Count: 1,
	}
	logged := []policies.Logged{read(3, "u1", aachen), read(1, "u1", bonn), read(2, "u2", aachen), refused}
	require.Empty(t, load(t).Rehearse(logged), "the policy itself flips nothing")

	draft, err := policies.LoadFrom(policyWith(t, "p, steering, read_case_file, any, -", "p, steering, read_identities, any, -"))
	require.NoError(t, err)
	flips := draft.Rehearse(logged)
	require.Len(t, flips, 2)
	lost, won := flips[0], flips[1]
	require.Equal(t, []any{"steering", "read_case_file", false, int64(6), 2, 2, day(1), day(3), "role"},
		[]any{lost.Role, lost.Act, lost.Allowed, lost.Count, lost.People, lost.Places, lost.First, lost.Last, lost.Would})
	require.Equal(t, []any{"steering", "read_identities", true, int64(1), []string{"unhanded"}, "role", "steering, read_identities, any, -"},
		[]any{won.Role, won.Act, won.Allowed, won.Count, won.Relations, won.Was, won.Would})
}
