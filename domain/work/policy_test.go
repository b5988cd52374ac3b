package work_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/work"
	"koko/domain/working"
	"koko/policies"
)

// kind is the working file as the house knows it.
var kind = file.Define(work.Spec)

var loaded = sync.OnceValues(policies.Load)

func load(t *testing.T) *policies.Policy {
	t.Helper()
	p, err := loaded()
	require.NoError(t, err)
	return p
}

// may asks the policy, and requires that the scope of lists says the same of what is read.
func may(t *testing.T, w work.Work, role policies.Role, who, act string) bool {
	t.Helper()
	p := load(t)
	grants := []policies.Grant{{ID: "g", Role: role, Area: ags.Area{w.AGS}}}
	row, err := kind.Row(w)
	require.NoError(t, err)
	d := p.Decide(grants, act, policies.Place{Own: w.AGS}, file.HeldIn(row.Ties, who))
	if slices.Contains(kind.Reading(), act) {
		require.Equal(t, d.Allowed, p.Scope(policies.Caller{Subject: who, Grants: grants}, act).Covers(row), "%s as %s: %s", who, role, act)
	}
	return d.Allowed
}

// leading are the roles in which somebody can do the work.
var leading = []policies.Role{"caseworker", "conflict_manager", "mediator"}

// Whatever role somebody has, without a tie there is no such file for them.
func TestNoRoleReadsAWorkingFileByItself(t *testing.T) {
	s := fresh
	for _, st := range way(work.Mediation) {
		s = decide(t, s, st.at, st.by, st.cmd)
		for _, role := range policies.Roles() {
			for _, who := range []string{stranger, commissioner, analyst} {
				require.False(t, may(t, s, role, who, work.ReadWork), "%s as %s after %s", who, role, st.cmd.Action())
			}
		}
	}
}

func TestFacilitatorsReadAndWriteAndTheAdmittedRead(t *testing.T) {
	s := until(t, work.ActionAdmit)
	for _, role := range policies.Roles() {
		leads := slices.Contains(leading, role)
		for _, who := range []string{lead, second, interpreter} {
			require.Equal(t, leads, may(t, s, role, who, work.ReadWork), "%s as %s", who, role)
			for _, act := range kind.Given() {
				answers := slices.Contains([]string{"accept_work", "decline_work"}, act)
				require.Equal(t, leads && who != interpreter && !answers, may(t, s, role, who, act), "%s as %s: %s", who, role, act)
			}
		}
	}
}

// No row names a whole area: whatever is added here needs a tie.
func TestEveryRowAsksForATie(t *testing.T) {
	rows := 0
	for line := range strings.Lines(work.Spec.Policy) {
		if parts := strings.Split(strings.TrimSpace(line), ", "); parts[0] == "p" {
			switch act := parts[2]; parts[3] {
			case string(work.Privy):
				require.Contains(t, []string{work.ReadWork, work.ReadInvitation}, act, "the admitted read: %s", line)
			case string(work.Invited):
				require.Contains(t, []string{work.ReadInvitation, "accept_work", "decline_work"}, act, "the invited answer: %s", line)
			default:
				require.Equal(t, string(work.Facilitating), parts[3], line)
			}
			rows++
		}
	}
	require.Greater(t, rows, len(kind.Given()))
}

// What the rules say of people, the policy says beforehand.
func TestRulesAndPolicyAgreeOnTheRightPerson(t *testing.T) {
	p := load(t)
	var every []policies.Grant
	for _, role := range policies.Roles() {
		every = append(every, policies.Grant{Role: role, Area: ags.Area{fresh.AGS}})
	}
	told := 0
	s := fresh
	for _, st := range way("moderation") {
		s = decide(t, s, st.at, st.by, st.cmd)
		for _, who := range []string{lead, second, interpreter, commissioner, stranger} {
			for _, o := range work.Spec.Options(s, who) {
				d := p.Decide(every, string(o.Action), policies.Place{Own: s.AGS}, file.Held(s.Ties(), who))
				switch {
				case o.Closed == nil:
					require.True(t, d.Allowed, "%s may %s in %s: %s", who, o.Action, s.Phase, d.Rule)
				case o.Closed.Rule == "facilitator":
					require.Equal(t, "facilitator", d.Rule, "%s may not %s in %s", who, o.Action, s.Phase)
					told++
				}
			}
		}
	}
	require.Positive(t, told)
}

// What is erased or repaired of a working file is the facilitators' own: no other row reaches it, because no other
// row lets anybody find it.
func TestTheFacilitatorsAloneEraseAndRepair(t *testing.T) {
	p := load(t)
	s := until(t, work.ActionAdmit)
	grants := []policies.Grant{{Role: "mediator", Area: ags.Area{fresh.AGS}}}
	for _, act := range []string{
		policies.RequestErasure, policies.RequestUnseenErasure, policies.ApproveErasure, policies.ReadErasures, policies.ExportSealed, policies.ReadDifferences, policies.ProposeRepair, policies.ApproveRepair,
	} {
		for who, allowed := range map[string]bool{lead: true, second: true, interpreter: false, stranger: false} {
			d := p.Decide(grants, act, policies.Place{Own: s.AGS}, file.Held(s.Ties(), who))
			require.Equal(t, allowed, d.Allowed, "%s: %s", who, act)
			if who == interpreter {
				require.Equal(t, "facilitator", d.Rule, "the refusal speaks of this file and of no case")
			}
		}
	}
}

// Everything of a working file is veiled: whoever does not read it learns of no command and of no part of it.
func TestWhoeverDoesNotReadTheFileLearnsOfNothing(t *testing.T) {
	for _, c := range kind.Commands() {
		require.Equal(t, work.ReadWork, c.Veil, c.Action)
	}
	for _, c := range kind.Compartments {
		require.True(t, c.Veiled, c.Name)
		require.True(t, c.Sensitive, c.Name)
		require.Equal(t, c.Name == work.Briefing, c.Act == work.ReadInvitation, c.Name)
	}
	for _, f := range kind.Facets() {
		require.Equal(t, []string{work.ReadWork}, f.Acts, f.Name)
	}
	require.Equal(t, []string{work.ReadWork, work.ReadInvitation}, kind.Reading())
	require.Equal(t, []string{work.ReadWork, work.ReadInvitation}, kind.Veils())
	require.Equal(t, struct{}{}, kind.Unveiled(until(t, work.ActionEnd)))
	require.Empty(t, kind.Overseers)
}

// Who is tied to a file is a facilitator, or was admitted by one.
func TestNothingTiesAnybodyElse(t *testing.T) {
	s := fresh
	require.Empty(t, s.Ties())
	for _, st := range way("coaching") {
		s = decide(t, s, st.at, st.by, st.cmd)
		for _, tie := range s.Ties() {
			require.Contains(t, []string{lead, second, interpreter}, tie.Holder, st.cmd.Action())
		}
		for _, who := range []string{lead, second} {
			does := slices.ContainsFunc(s.Facilitators, func(f work.Facilitator) bool { return f.Subject == who && f.Accepted != nil })
			want := []file.Relation{work.Invited}
			if does {
				want = []file.Relation{work.Facilitating, work.Privy, work.AtWork}
			}
			require.Equal(t, want, ties(s, who), st.cmd.Action())
		}
		for _, n := range s.Notices(fresh) {
			require.Empty(t, n.Roles, "nobody is told by their role")
			require.Empty(t, n.Tied)
		}
	}
}

// A file is begun by its case and by nobody else.
func TestAWorkingFileIsBegunByItself(t *testing.T) {
	require.Equal(t, work.ActionBegin, kind.First())
	require.NotContains(t, kind.Given(), string(work.ActionBegin))
	require.NotContains(t, kind.Given(), string(working.ActionWithdrawWork))
	require.Equal(t, working.KindWork, kind.Kind)
}
