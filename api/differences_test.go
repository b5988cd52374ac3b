package api_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/api/oversight"
	"koko/domain/ags"
)

// mender stands for the worker: it notes that a repair was done.
type mender struct {
	*world
	asked []string
}

func (m *mender) Repair(_ context.Context, id string, revision int) error {
	m.asked = append(m.asked, fmt.Sprint(id, "/", revision))
	m.exec("UPDATE difference SET status = 'repaired', outcome = 'done', revision = revision + 1 WHERE id = $1 AND status = 'approved'", id)
	return nil
}

// differs notes that the urgency of a case of somewhere is not as it was decided.
func (w *world) differs(c CaseView, where ags.Key, repair string) (id string) {
	w.t.Helper()
	run := uuid.NewString()
	w.exec("INSERT INTO reconciliation (id, by, scope, scheduled, files, differences) VALUES ($1, 'system', 'sample', true, 1, 1)", run)
	require.NoError(w.t, w.rec.Owner.QueryRow(context.Background(), `INSERT INTO difference (first_run, last_run, kind, file_id, ags, reference, part, what, field, version, facts, repair, first_found, last_found)
		VALUES ($1, $1, 'case', $2, $3, 'KM-1', 'record', 'field_differs', 'urgency' || (SELECT count(*) FROM difference), $4, '{"is": "gefaelscht", "ought": "schwelend", "by": "u-clearing", "action": "record_clearing"}', $5, now(), clock_timestamp())
		RETURNING id::text`, run, c.ID, where, c.Version, repair).Scan(&id))
	return id
}

type differencePage struct {
	Items []oversight.DifferenceView
	Next  string
}

func (w *world) differences(as, query string) (p differencePage) {
	w.t.Helper()
	w.get(as, "/api/v1/differences?"+query).ok(&p)
	return p
}

func (w *world) decide(as, id, what string, revision int) answer {
	w.t.Helper()
	return w.call(as, http.MethodPost, "/api/v1/differences/"+id+"/"+what, nil, "If-Match", fmt.Sprintf(`"%d"`, revision), "Idempotency-Key", newKey())
}

func TestDifferencesAreReadWithinTheOwnArea(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-clearing")
	var ids []string
	for range 3 {
		ids = append(ids, w.differs(c, here, "restore_record"))
	}
	elsewhere := w.differs(c, there, "restore_record")

	first := w.differences(supervisor, "limit=2")
	require.Len(t, first.Items, 2)
	rest := w.differences(supervisor, "limit=2&cursor="+first.Next)
	require.Empty(t, rest.Next)
	require.Equal(t, []string{ids[2], ids[1], ids[0]}, []string{first.Items[0].ID, first.Items[1].ID, rest.Items[0].ID}, "the latest first")
	foreigners := w.differences(foreign(supervisor), "").Items
	require.Len(t, foreigners, 1)
	require.Equal(t, elsewhere, foreigners[0].ID)
	require.Empty(t, w.differences(foreign(supervisor), "file="+c.ID+"&status=repaired").Items)
	require.Equal(t, 2, w.count("SELECT count(*) FROM access_log WHERE action = 'read_differences' AND kind = 'read' AND actor = $1", supervisor))

	require.Contains(t, first.Items[0].DE.Is, "gefaelscht")
	require.Contains(t, first.Items[0].EN.Ought, "schwelend")
	unseen := w.get(dpo, "/api/v1/differences").body
	require.NotContains(t, unseen, "gefaelscht", "who does not read the file is not told what stands in it")
	require.Contains(t, unseen, ids[0])

	require.Empty(t, w.differences(caseworker, "").Items, "those of the files that they work on, and of no case")
	for _, as := range []string{steering, admin, evaluation} {
		w.get(as, "/api/v1/differences").refused(http.StatusForbidden, "forbidden", "role")
		w.get(as, "/api/v1/reconciliations").refused(http.StatusForbidden, "forbidden", "role")
	}
	for _, query := range []string{"cursor=x", "status=broken", "file=1", "limit=0", "colour=red"} {
		require.Equal(t, http.StatusUnprocessableEntity, w.get(supervisor, "/api/v1/differences?"+query).code, query)
	}
}

func TestARepairTakesTwo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := &mender{world: w}
	w.options.Repairer = m
	w.handler = api.New(w.options)
	const second = "u-second"
	w.grant(second, "supervisor", here)
	c := w.walk("record-clearing")
	id := w.differs(c, here, "restore_record")

	w.call(supervisor, http.MethodPost, "/api/v1/differences/"+id+"/propose", nil, "Idempotency-Key", newKey()).refused(http.StatusPreconditionRequired, "precondition-required", "if_match")
	w.decide(supervisor, id, "propose", 9).refused(http.StatusPreconditionFailed, "stale", "version")
	w.decide(supervisor, id, "approve", 1).refused(http.StatusConflict, "conflict", "repair_status")
	w.decide(foreign(supervisor), id, "propose", 1).refused(http.StatusNotFound, "not-found", "scope")
	w.decide(dpo, id, "propose", 1).refused(http.StatusForbidden, "forbidden", "role")
	w.decide(supervisor, uuid.NewString(), "propose", 1).refused(http.StatusNotFound, "not-found", "scope")

	var d oversight.DifferenceView
	for range 2 { // sent again, it is the same
		w.decide(supervisor, id, "propose", 1).ok(&d)
		require.EqualValues(t, "proposed", d.Status)
		require.Equal(t, supervisor, d.ProposedBy)
	}
	w.decide(supervisor, id, "approve", d.Revision).refused(http.StatusForbidden, "forbidden", "four_eyes")
	w.decide(admin, id, "approve", d.Revision).refused(http.StatusNotFound, "not-found", "scope")
	w.decide(second, id, "reject", d.Revision).ok(&d)
	require.EqualValues(t, "rejected", d.Status)
	require.Empty(t, m.asked)

	w.decide(supervisor, id, "propose", d.Revision).ok(&d)
	w.decide(second, id, "approve", d.Revision).ok(&d)
	require.Equal(t, []string{"repaired", "done", second}, []string{string(d.Status), string(d.Outcome), d.DecidedBy})
	require.Len(t, m.asked, 1)
	require.Equal(t, 4, w.count("SELECT count(*) FROM access_log WHERE kind = 'repair' AND subject_id = $1", id))
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND rule = 'four_eyes' AND actor = $1", supervisor))

	w.decide(supervisor, w.differs(c, here, "none"), "propose", 1).refused(http.StatusConflict, "conflict", "no_repair")
}
