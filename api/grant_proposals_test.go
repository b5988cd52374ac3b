package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/api/people"
	"koko/domain/ags"
	"koko/policies"
)

// propose has an administrator propose a grant that needs two.
func (w *world) propose(as string, body object) (p people.GrantProposal) {
	w.t.Helper()
	a := w.give(as, body, newKey())
	require.Equal(w.t, http.StatusAccepted, a.code, a.body)
	a.ok(&p)
	return p
}

func (w *world) decideGrant(as, id, verb string) answer {
	w.t.Helper()
	return w.post(as, "/api/v1/grant-proposals/"+id+"/"+verb, nil)
}

func (w *world) proposals(as, query string) (ids []string) {
	w.t.Helper()
	var p struct{ Items []people.GrantProposal }
	w.get(as, "/api/v1/grant-proposals"+query).ok(&p)
	for _, i := range p.Items {
		ids = append(ids, i.ID)
	}
	return ids
}

// at has the API think that it is another time.
func (w *world) at(now time.Time) {
	w.options.Now = func() time.Time { return now }
	w.handler = api.New(w.options)
}

func TestWhoeverOverseesOthersOrGivesRightsIsAppointedByTwo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, role := range []policies.Role{policies.Supervisor, policies.DPO, policies.Admin} {
		who := "u-new-" + string(role)
		p := w.propose(admin, grantOf(who, role, here))
		require.EqualValues(t, "open", p.Status)
		require.Equal(t, 14*24*time.Hour, p.LapsesAt.Sub(p.ProposedAt))
		require.Zero(t, w.count("SELECT count(*) FROM role_grant WHERE subject = $1", who), "until then it grants nothing")
		w.get(who, "/api/v1/ledger").refused(http.StatusForbidden, "forbidden", "role")

		w.decideGrant(admin, p.ID, "approve").refused(http.StatusForbidden, "forbidden", "four_eyes")
		var got, again people.GrantProposal
		w.decideGrant(admin2, p.ID, "approve").ok(&got)
		require.Equal(t, []string{"approved", admin2, admin}, []string{string(got.Status), got.DecidedBy, got.ProposedBy})
		w.standsInTheLog(p.ID)
		w.decideGrant(admin2, p.ID, "approve").ok(&again)
		require.Equal(t, got, again, "said twice, it is the same")
		require.Equal(t, http.StatusOK, w.get(who, "/api/v1/ledger").code)
		require.Equal(t, []string{p.ID}, w.grants(admin, "?subject="+who))
		for _, act := range []string{"propose_grant", "approve_grant"} {
			require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'grant' AND action = $1 AND subject_id = $2 AND rule = $3 AND ags = $4", act, p.ID, string(role), string(here)))
		}
		w.decideGrant(admin, p.ID, "reject").refused(http.StatusConflict, "conflict", "grant_decided")

		var ended people.Grant
		w.end(admin, p.ID).ok(&ended)
		require.Equal(t, admin, ended.EndedBy, "ending needs one")
	}
	require.Equal(t, 3, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND action = 'approve_grant' AND rule = 'four_eyes' AND actor = $1 AND ags = $2", admin, string(here)))
}

func TestNobodyApprovesAGrantToThemselvesOrInThePlaceOfWhoeverProposedIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const deputy = "u-deputy" // administers in place of admin
	w.grant(deputy, "steering", here)
	w.substitute(admin, substitution(deputy, []string{"admin"}, here)).entered()
	for _, p := range []people.GrantProposal{
		w.propose(admin, grantOf(admin2, policies.Supervisor, here)), // who would hold it
		w.propose(deputy, grantOf(newcomer, policies.DPO, here)),     // who proposed it
	} {
		by := map[string]string{admin2: admin2, newcomer: deputy}[p.Subject]
		w.decideGrant(by, p.ID, "approve").refused(http.StatusForbidden, "forbidden", "four_eyes")
	}
	p := w.propose(admin, grantOf(newcomer, policies.Admin, here))
	w.decideGrant(deputy, p.ID, "approve").refused(http.StatusForbidden, "forbidden", "four_eyes")
	w.give(deputy, grantOf(admin, policies.Supervisor, here), newKey()).refused(http.StatusForbidden, "forbidden", "area")
	require.Zero(t, w.count("SELECT count(*) FROM role_grant WHERE subject IN ($1, $2) AND role IN ('supervisor', 'dpo')", admin2, newcomer))

	_, err := w.rec.Owner.Exec(t.Context(), "UPDATE grant_proposal SET status = 'approved', decided_by = proposed_by, decided_at = now() WHERE id = $1", p.ID)
	require.ErrorContains(t, err, "grant_four_eyes", "the record refuses it, too")
}

func TestAProposalLapsesAfterFourteenDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.propose(admin, grantOf(newcomer, policies.Supervisor, here))
	require.Equal(t, []string{p.ID}, w.proposals(admin2, "?status=open"))
	w.at(p.LapsesAt.Add(-time.Minute))
	require.Empty(t, w.proposals(admin2, "?status=lapsed"))
	w.at(p.LapsesAt)
	w.decideGrant(admin2, p.ID, "approve").refused(http.StatusConflict, "conflict", "grant_decided")
	require.Equal(t, []string{p.ID}, w.proposals(admin2, "?status=lapsed"))
	require.Empty(t, w.proposals(admin2, "?status=open"))
	require.Zero(t, w.count("SELECT count(*) FROM role_grant WHERE subject = $1", newcomer))
	require.NotEqual(t, p.ID, w.propose(admin, grantOf(newcomer, policies.Supervisor, here)).ID, "it may be proposed again")
}

func TestWhatTwoGiveBeginsWithTheApprovalAtTheEarliest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.propose(admin, with(grantOf(newcomer, policies.Supervisor, here), "valid_from", time.Now().AddDate(-1, 0, 0)))
	approved := time.Now().Add(-time.Second)
	w.decideGrant(admin2, p.ID, "approve").ok(&p)
	require.Zero(t, w.count("SELECT count(*) FROM role_grant WHERE id = $1 AND valid_from < $2", p.ID, approved))
	later := time.Now().AddDate(0, 1, 0)
	p = w.propose(admin, with(grantOf(newcomer, policies.DPO, here), "valid_from", later))
	w.decideGrant(admin2, p.ID, "approve").ok(&p)
	require.Equal(t, 1, w.count("SELECT count(*) FROM role_grant WHERE id = $1 AND valid_from = $2", p.ID, later.Truncate(time.Microsecond)))
	p = w.propose(admin, with(grantOf(newcomer, policies.Admin, here), "valid_until", time.Now().Add(time.Hour)))
	w.at(time.Now().Add(2 * time.Hour))
	w.decideGrant(admin2, p.ID, "approve").refused(http.StatusConflict, "conflict", "over")
}

func TestProposalsAreForAdministratorsOfTheWholeArea(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(admin, policies.Admin, there)
	ours, wider := w.propose(admin, grantOf(newcomer, policies.Supervisor, here)), w.propose(admin, grantOf(newcomer, policies.DPO, here, there))
	require.Equal(t, []string{wider.ID, ours.ID}, w.proposals(admin, ""))
	require.Equal(t, []string{ours.ID}, w.proposals(admin2, ""))
	require.Empty(t, w.proposals(foreign(admin), ""))
	for _, verb := range []string{"approve", "reject"} {
		for as, id := range map[string]string{foreign(admin): ours.ID, admin2: wider.ID} {
			a := w.decideGrant(as, id, verb)
			a.refused(http.StatusNotFound, "not-found", "scope")
			require.Equal(t, impersonal(w.decideGrant(as, uuid.NewString(), verb)), impersonal(a))
		}
		for _, as := range []string{supervisor, dpo, manager, stranger, newcomer} {
			w.decideGrant(as, ours.ID, verb).refused(http.StatusForbidden, "forbidden", "role")
		}
	}
	for _, as := range []string{supervisor, dpo, manager, stranger, newcomer} {
		w.get(as, "/api/v1/grant-proposals").refused(http.StatusForbidden, "forbidden", "role")
	}
	var p people.GrantProposal
	w.decideGrant(admin, wider.ID, "reject").ok(&p)
	require.Equal(t, []any{people.ProposalRejected, admin, ags.Area{here, there}}, []any{p.Status, p.DecidedBy, p.Area}, "one's own is withdrawn")
	require.Equal(t, 2, w.count("SELECT count(*) FROM access_log WHERE action = 'reject_grant' AND subject_id = $1", wider.ID))
	w.get(admin, "/api/v1/grant-proposals?cursor=x").refused(http.StatusUnprocessableEntity, "invalid", "cursor")
}

func TestTheSameKeyIsTheSameProposal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key, body := newKey(), grantOf(newcomer, policies.Supervisor, here)
	first := w.give(admin, body, key)
	require.Equal(t, http.StatusAccepted, first.code)
	require.JSONEq(t, first.body, w.give(admin, body, key).body)
	for _, other := range []object{with(body, "role", "dpo"), with(body, "role", "steering"), with(body, "subject", stranger), with(body, "valid_until", time.Now().Add(time.Hour))} {
		w.give(admin, other, key).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	}
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE action = 'propose_grant'"))
	key = newKey()
	w.give(admin, grantOf(newcomer, "steering", here), key)
	w.give(admin, body, key).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
}
