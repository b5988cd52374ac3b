package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api/people"
	"koko/db"
	"koko/domain/ags"
	"koko/policies"
)

const newcomer = "u-newcomer"

func grantOf(subject string, role policies.Role, area ...ags.Key) object {
	return object{"subject": subject, "role": role, "area": area}
}

func (w *world) give(as string, body object, key string) answer {
	w.t.Helper()
	return w.call(as, http.MethodPost, "/api/v1/grants", body, "Idempotency-Key", key)
}

func (w *world) end(as, id string) answer {
	w.t.Helper()
	return w.call(as, http.MethodPost, "/api/v1/grants/"+id+"/end", nil)
}

type grantPage struct {
	Items []people.Grant
	Next  string
}

func (w *world) grants(as, query string) (ids []string) {
	w.t.Helper()
	var p grantPage
	w.get(as, "/api/v1/grants"+query).ok(&p)
	for _, g := range p.Items {
		ids = append(ids, g.ID)
	}
	return ids
}

func TestAGrantWorksFromItsBeginToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	w.get(newcomer, casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	a := w.give(admin, grantOf(newcomer, "conflict_manager", here), newKey())
	require.Equal(t, http.StatusCreated, a.code)
	var g people.Grant
	a.ok(&g)
	require.Equal(t, admin, g.GivenBy)
	require.Equal(t, ags.Area{here}, g.Area)
	require.Nil(t, g.ValidUntil)
	require.Equal(t, "case", w.read(newcomer, c).Lens)
	require.Contains(t, w.grants(admin, "?subject="+newcomer), g.ID)

	var ended people.Grant
	w.end(admin2, g.ID).ok(&ended)
	require.Equal(t, admin2, ended.EndedBy)
	require.NotNil(t, ended.ValidUntil)
	requireNothing(t, w, newcomer, c)
	require.Contains(t, w.grants(admin, "?subject="+newcomer), g.ID, "an ended grant stays in the record")

	var again people.Grant
	w.end(admin, g.ID).ok(&again)
	require.Equal(t, ended, again, "who ended it stays")
	require.Equal(t, 2, w.count("SELECT count(*) FROM access_log WHERE kind = 'grant' AND subject_id = $1 AND ags = $2 AND rule = 'conflict_manager'", g.ID, string(here)))
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE action = 'end_grant' AND actor = $1", admin2))
}

// What was done is told with the roles of its time: a right that was given since, whenever it begins, is none of them.
func TestABackDatedGrantChangesNothingThatIsToldOfThePast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.backdate(4)
	w.engine.At = time.Now().Add(-2 * time.Hour)
	c := w.walk("record-analysis")
	then := time.Now().Add(-time.Hour)
	at := "at=" + url.QueryEscape(then.Format(time.RFC3339))
	told := func() (all []any) {
		question := about(caseworker, "hand_to_work", c)
		question["at"] = then.Format(time.RFC3339)
		var reach struct{ Grants, Files any }
		w.get(dpo, "/api/v1/people/"+caseworker+"/access?"+at).ok(&reach)
		return []any{
			w.timeline(manager, casePath(c), "kind=decision&kind=refusal").Items, w.access(dpo, casePath(c)+"/access?"+at),
			w.explains(supervisor, question), reach,
		}
	}
	before := told()
	w.give(admin, with(grantOf(caseworker, "conflict_manager", here), "valid_from", then.Add(-90*time.Minute)), newKey())
	w.give(admin, with(grantOf(newcomer, "steering", here), "valid_from", then.Add(-90*time.Minute)), newKey())
	require.Equal(t, before, told())
}

func TestAGrantEndedBeforeItBeginsNeverBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var g, ended, again people.Grant
	w.give(admin, with(grantOf(newcomer, "conflict_manager", here), "valid_from", time.Now().Add(time.Hour)), newKey()).ok(&g)
	w.end(admin2, g.ID).ok(&ended)
	require.Equal(t, ended.ValidFrom, *ended.ValidUntil)
	w.end(admin, g.ID).ok(&again)
	require.Equal(t, ended, again)
}

func TestRightsAreGivenByAdministratorsInTheirOwnArea(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for as := range staff {
		if as != admin && as != admin2 {
			w.give(as, grantOf(newcomer, "steering", here), newKey()).refused(http.StatusForbidden, "forbidden", "role")
			w.get(as, "/api/v1/grants").refused(http.StatusForbidden, "forbidden", "role")
		}
	}
	w.give(admin, grantOf(admin, "conflict_manager", here), newKey()).refused(http.StatusForbidden, "forbidden", "four_eyes")
	for _, area := range [][]ags.Key{{there}, {here, there}, {"99999999"}} {
		p := w.give(admin, grantOf(newcomer, "steering", area...), newKey()).refused(http.StatusForbidden, "forbidden", "area")
		require.Equal(t, "area", p.Field)
	}
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND action = 'give_grant' AND rule = 'four_eyes' AND ags = $1 AND actor = $2", string(here), admin))
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND action = 'give_grant' AND rule = 'area' AND ags = $1", string(there)))
	for field, body := range map[string]object{
		"role":        grantOf(newcomer, "king", here),
		"subject":     grantOf("a@b", "steering", here),
		"area":        grantOf(newcomer, "steering"),
		"valid_until": with(grantOf(newcomer, "steering", here), "valid_until", time.Now().Add(-time.Hour)),
		"valid_from":  with(grantOf(newcomer, "steering", here), "valid_from", "bald"),
		"given_by":    with(grantOf(newcomer, "steering", here), "given_by", "root"),
	} {
		p := w.give(admin, body, newKey()).problem(http.StatusUnprocessableEntity, "invalid")
		require.Equal(t, field, p.Field, p.Detail)
	}
	w.grant(admin, policies.Admin, "99999999")
	p := w.give(admin, grantOf(newcomer, "steering", here, "99999999"), newKey()).refused(http.StatusUnprocessableEntity, "invalid", "municipality")
	require.Equal(t, "area[1]", p.Field)
	require.Empty(t, w.grants(admin, "?subject="+newcomer))
}

func TestTimesBeyondTheCalendarAreNoTimesOfAGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, far := range []string{"9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "1999-12-31T23:59:59Z"} {
		for _, field := range []string{"valid_from", "valid_until"} {
			p := w.give(admin, with(grantOf(newcomer, "steering", here), field, far), newKey()).problem(http.StatusUnprocessableEntity, "invalid")
			require.Equal(t, field, p.Field, far)
		}
	}
	require.NotEmpty(t, w.grants(admin, ""), "the list is not spoilt")
}

func TestTheSameKeyIsTheSameGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(admin, policies.Admin, there)
	key := newKey()
	until := time.Now().Add(time.Hour)
	body := with(grantOf(newcomer, "steering", here, there), "valid_until", until)
	first := w.give(admin, body, key)
	var g people.Grant
	first.ok(&g)
	require.JSONEq(t, first.body, w.give(admin, body, key).body)
	for name, other := range map[string]object{
		"role":    with(body, "role", "dpo"),
		"subject": with(body, "subject", stranger),
		"area":    with(body, "area", []ags.Key{here}),
		"begin":   with(body, "valid_from", time.Now().Add(time.Minute)),
		"end":     with(body, "valid_until", until.Add(time.Hour)),
		"no end":  without(body, "valid_until"),
	} {
		a := w.give(admin, other, key)
		require.Equal(t, http.StatusConflict, a.code, "%s: %s", name, a.body)
		a.refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	}
	var others people.Grant
	w.give(admin2, grantOf(newcomer, "steering", here), key).ok(&others)
	require.NotEqual(t, g.ID, others.ID, "a key belongs to its caller")
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE subject_id = $1 AND ags = $2", g.ID, string(here)))
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE subject_id = $1 AND ags = $2", g.ID, string(there)))

	var ended people.Grant
	w.end(admin, g.ID).ok(&ended)
	var again people.Grant
	w.give(admin, body, key).ok(&again)
	require.Equal(t, ended, again, "sent again, it gives nothing anew")

	w.exec("UPDATE role_grant SET valid_until = now(), ended_by = 'root' WHERE subject = $1 AND area = $2", admin, []string{string(here)})
	w.give(admin, grantOf(newcomer, "steering", there), key).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
}

func TestTheSameGrantAtOnceIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := newKey()
	bodies := make([]string, 10)
	atOnce(len(bodies), func(i int) { bodies[i] = w.give(admin, grantOf(newcomer, "steering", here), key).body })
	for _, b := range bodies {
		require.JSONEq(t, bodies[0], b)
	}
	require.Len(t, w.grants(admin, "?subject="+newcomer), 1)
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'grant'"))
}

func TestAdministratorsSeeTheGrantsOfTheirArea(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	own := w.grant(newcomer, "steering", here)
	others := w.grant(newcomer, policies.DPO, there)
	wider := w.grant(newcomer, policies.Evaluation, here, there)
	require.ElementsMatch(t, []string{own, wider}, w.grants(admin, "?subject="+newcomer))
	require.ElementsMatch(t, []string{others, wider}, w.grants(foreign(admin), "?subject="+newcomer))
	require.Empty(t, w.grants(admin, "?subject="+newcomer+"&ags="+string(there)), "where else is not theirs to know")
	require.NotContains(t, w.get(admin, "/api/v1/grants?subject="+newcomer).body, string(there))
	for as, id := range map[string]string{admin: others, foreign(admin): own} {
		w.end(as, id).refused(http.StatusNotFound, "not-found", "scope")
	}
	require.Equal(t, 2, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND action = 'end_grant' AND rule = 'scope'"))
	require.Zero(t, w.count("SELECT count(*) FROM role_grant WHERE ended_by IS NOT NULL"))
	w.grant(admin, policies.Admin, here, there)
	require.ElementsMatch(t, []string{own, others, wider}, w.grants(admin, "?subject="+newcomer))
	require.ElementsMatch(t, []string{others, wider}, w.grants(admin, "?subject="+newcomer+"&ags="+string(there)))
	require.Equal(t, []string{others}, w.grants(admin, "?subject="+newcomer+"&role=dpo"))

	whole := w.grants(admin, "?limit=200")
	require.Greater(t, len(whole), 20)
	for _, limit := range []int{1, 7} {
		var all []string
		next := ""
		for {
			var p grantPage
			w.get(admin, fmt.Sprintf("/api/v1/grants?limit=%d%s", limit, next)).ok(&p)
			for _, g := range p.Items {
				all = append(all, g.ID)
			}
			if p.Next == "" {
				break
			}
			next = "&cursor=" + p.Next
		}
		require.Equal(t, whole, all)
	}
}

func TestAnAdministratorWhoseOwnGrantEndedAdministersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.grant(newcomer, "steering", here)
	w.endGrants(admin)
	w.get(admin, "/api/v1/grants").refused(http.StatusForbidden, "forbidden", "role")
	w.end(admin, g).refused(http.StatusForbidden, "forbidden", "role")
	w.give(admin, grantOf(newcomer, "steering", here), newKey()).refused(http.StatusForbidden, "forbidden", "role")
}

func TestAGrantThatReachesFurtherEndsInTheOwnAreaAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ends := time.Now().AddDate(1, 0, 0).UTC().Truncate(time.Microsecond)
	wider := w.grantBetween(newcomer, "conflict_manager", time.Now().Add(-time.Hour), &ends, here, there)
	c := w.walk("")
	theirs := w.report(foreign(reporter), there)
	require.Equal(t, "case", w.read(newcomer, c).Lens)
	require.Equal(t, "case", w.read(newcomer, theirs).Lens)

	var ended, again, rest people.Grant
	w.end(admin, wider).ok(&ended)
	require.Equal(t, []any{admin, ags.Area{here}, 2}, []any{ended.EndedBy, ended.Area, ended.Size})
	w.get(newcomer, casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	require.Equal(t, "case", w.read(newcomer, theirs).Lens, "elsewhere it goes on")
	w.end(admin, wider).ok(&again)
	require.Equal(t, ended, again, "said twice, it is the same")

	var p grantPage
	w.get(foreign(admin), "/api/v1/grants?subject="+newcomer).ok(&p)
	require.Len(t, p.Items, 2)
	rest = p.Items[0]
	require.Equal(t, []any{ags.Area{there}, 1, "root", ends, *ended.ValidUntil}, []any{rest.Area, rest.Size, rest.GivenBy, rest.ValidUntil.UTC(), rest.ValidFrom})
	require.Equal(t, []string{wider}, w.grants(admin, "?subject="+newcomer))
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE action = 'give_grant' AND subject_id = $1 AND ags = $2 AND actor = $3", rest.ID, string(there), admin))
	require.Equal(t, 2, w.count("SELECT count(*) FROM access_log WHERE action = 'end_grant' AND subject_id = $1", wider))
	require.Equal(t, 1, w.count("SELECT count(*) FROM role_grant WHERE subject = $1 AND ended_by IS NULL", newcomer))
	w.standsInTheLog(rest.ID)
	require.Contains(t, w.unsigned(), wider, "which the test gave without an entry")
}

// unsigned are the rights for which nobody stands in the access log.
func (w *world) unsigned() (ids []string) {
	w.t.Helper()
	all, err := db.On(w.rec.Owner).ListUnsigned(context.Background(), time.Time{})
	require.NoError(w.t, err)
	for _, u := range all {
		ids = append(ids, u.Key)
	}
	return ids
}

// standsInTheLog wants somebody who gave a right to be on record, as the check of the ledger wants it.
func (w *world) standsInTheLog(grant string) {
	w.t.Helper()
	require.Equal(w.t, 1, w.count("SELECT count(*) FROM role_grant WHERE id = $1", grant))
	require.NotContains(w.t, w.unsigned(), grant)
}
