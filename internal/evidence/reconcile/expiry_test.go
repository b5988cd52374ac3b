package reconcile

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/db"
	"koko/domain/advice"
	"koko/domain/file"
	"koko/internal/historytest"
	"koko/kinds"
	"koko/workflows"
)

// forgotten is an advice whose time is over, with the histories of its workflow.
func (h *house) forgotten(t *testing.T) historytest.File {
	t.Helper()
	k, _ := kinds.Of(advice.Kind)
	id, steps := historytest.AdviceWay("forgotten", historytest.Begins)
	f := historytest.Walk(k, id, historytest.Town, steps...)
	for d, more := file.NextDeadline(f.Last()); more; d, more = file.NextDeadline(f.Last()) {
		steps = append(steps, historytest.Step{By: file.System, At: d.Over(), Command: file.DeadlinePassed{Deadline: d}})
		f = historytest.Walk(k, id, historytest.Town, steps...)
	}
	require.Len(t, file.DestroyedIn(f.Last()), 4)
	h.engine.files[workflows.ID(k.Kind, f.ID)] = f
	for i, x := range f.Transitions {
		h.rec.StoreIn(t, f.ID, f.States[i].Head().AGS, x.By, x.Docs)
		_, err := (&activities.Files{Pool: h.rec.Worker}).SaveTransition(t.Context(), x)
		require.NoError(t, err)
	}
	return f
}

func (h *house) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, h.rec.Owner.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func TestWordsWhoseTimeIsOverAreNoDifference(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.forgotten(t)
	require.Positive(t, h.count(t, "SELECT count(*) FROM erasure WHERE reason = 'retention' AND file_id = $1", f.ID))
	for _, s := range []activities.ReconcileScope{{File: f.ID}, {All: true}} {
		_, ds := h.reconcile(t, s)
		require.Empty(t, ds)
	}
	broken, err := db.New(h.rec.Owner).ListBrokenAudit(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, broken)
}

// A backup from before brings keys and words back, the repair of the record destroys them again.
func TestWhatABackupBringsBackIsDestroyedAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.forgotten(t)
	at := f.Last().Head().Version
	h.super(t, "DELETE FROM audit WHERE file_id = $1 AND version = $2", f.ID, at)
	h.super(t, "DELETE FROM ledger_pending WHERE tab = 'erasure'")
	h.super(t, "DELETE FROM erasure WHERE file_id = $1 AND document_id IN (SELECT id FROM document WHERE compartment IN ('advice', 'goals'))", f.ID)
	h.super(t, "UPDATE data_key SET wrapped = 'back' WHERE file_id = $1 AND compartment IN ('advice', 'goals')", f.ID)
	h.super(t, "UPDATE document SET sealed = 'back', tokens = '{1}' WHERE file_id = $1 AND compartment IN ('advice', 'goals')", f.ID)
	_, ds := h.reconcile(t, activities.ReconcileScope{File: f.ID})
	require.NotEmpty(t, ds)
	for _, d := range ds {
		if d.Repair == RestoreEntry {
			h.mend(t, d)
			break
		}
	}
	require.Zero(t, h.count(t, "SELECT count(*) FROM document WHERE file_id = $1 AND (sealed <> '' OR tokens <> '{}')", f.ID))
	require.Zero(t, h.count(t, "SELECT count(*) FROM data_key WHERE file_id = $1 AND wrapped IS NOT NULL", f.ID))
	_, ds = h.reconcile(t, activities.ReconcileScope{File: f.ID})
	require.Empty(t, ds)
}
