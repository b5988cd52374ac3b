package reconcile

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"

	"koko/activities"
	"koko/db"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/dbtest"
	"koko/internal/evidence/runs"
	"koko/internal/historytest"
	"koko/internal/payloadtest"
	"koko/internal/story"
	"koko/kinds"
	"koko/workflows"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// A house is a record and an engine with a file of each kind.
type house struct {
	*Reconciler
	rec    *dbtest.Record
	engine *fakeEngine
	files  []historytest.File
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{rec: dbtest.New(t), engine: &fakeEngine{files: map[string]historytest.File{}}}
	h.Reconciler = &Reconciler{Pool: h.rec.Worker, Engine: h.engine}
	for _, k := range kinds.All() {
		f := historytest.Way(k, "house")
		h.files = append(h.files, f)
		h.engine.files[workflows.ID(k.Kind, f.ID)] = f
		for i, x := range f.Transitions {
			h.rec.StoreIn(t, f.ID, f.States[i].Head().AGS, x.By, x.Docs)
			_, err := (&activities.Files{Pool: h.rec.Worker}).SaveTransition(t.Context(), x)
			require.NoError(t, err)
		}
	}
	return h
}

// super runs a statement past every trigger.
func (h *house) super(t *testing.T, sql string, args ...any) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), h.rec.Owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL session_replication_role = replica"); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	}))
}

// reconcile compares what a scope says and returns what was found.
func (h *house) reconcile(t *testing.T, s activities.ReconcileScope) (activities.Reconciled, []Difference) {
	t.Helper()
	s.ID, s.By = uuid.NewString(), "p-1"
	done, err := h.Run(t.Context(), s)
	require.NoError(t, err)
	rows, err := db.On(h.rec.Owner).ListFound(t.Context(), s.ID)
	require.NoError(t, err)
	var ds []Difference
	for _, row := range rows {
		d, _, err := Found(row)
		require.NoError(t, err)
		ds = append(ds, d)
	}
	require.Len(t, ds, done.Differences)
	return done, ds
}

// mend has two people agree on the repair of what was found, and returns what came of it.
func (h *house) mend(t *testing.T, d Difference) string {
	t.Helper()
	q := db.On(h.rec.Owner)
	var id string
	var revision int32
	require.NoError(t, h.rec.Owner.QueryRow(t.Context(), "SELECT id, revision FROM difference WHERE file_id = $1 AND status = 'open' AND what = $2 AND field = $3 AND version = $4",
		d.FileID, string(d.What), d.Field, d.Version).Scan(&id, &revision))
	n, err := q.ProposeRepair(t.Context(), db.ProposeRepairParams{ID: id, Revision: revision, By: new("p-1")})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	n, err = q.DecideRepair(t.Context(), db.DecideRepairParams{ID: id, Revision: revision + 1, By: new("p-2"), Status: "approved"})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	outcome, err := h.Repair(t.Context(), id)
	require.NoError(t, err)
	return outcome
}

// A fakeEngine has the histories of files.
type fakeEngine struct {
	files     map[string]historytest.File // by workflow
	caughtUp  []string
	restarted []string
	running   []string // workflows that nobody recorded
	err       error
}

func (e *fakeEngine) History(_ context.Context, workflowID, runID string) (*history.History, error) {
	if e.err != nil {
		return nil, e.err
	}
	f := e.files[workflowID]
	for i, h := range f.Runs {
		if runID == f.RunID(i) || runID == "" && i == len(f.Runs)-1 {
			return h, nil
		}
	}
	return nil, fault.Newf(fault.NotFound, "no such run")
}

func (e *fakeEngine) Opened(workflowID string, recorded *history.History) (*history.History, error) {
	return payloadtest.Codec().Open(workflowID, recorded)
}

func (e *fakeEngine) Runs(_ context.Context, workflowID string) (ids []string, err error) {
	f := e.files[workflowID]
	for i := range f.Runs {
		ids = append(ids, f.RunID(i))
	}
	return ids, e.err
}

func (e *fakeEngine) Running(_ context.Context, k *file.Definition, _ []byte) ([]string, []byte, error) {
	return slices.DeleteFunc(slices.Clone(e.running), func(w string) bool { return !strings.HasPrefix(w, string(k.Kind)+"-") }), nil, e.err
}

func (e *fakeEngine) CatchUp(_ context.Context, k *file.Definition, id, _ string) (file.State, error) {
	e.caughtUp = append(e.caughtUp, workflows.ID(k.Kind, id))
	return nil, e.err
}

func (e *fakeEngine) Restart(_ context.Context, k *file.Definition, id string, _ json.RawMessage) error {
	e.restarted = append(e.restarted, workflows.ID(k.Kind, id))
	return e.err
}

func TestAFileOfEveryKindIsReadAndAgrees(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, s := range []activities.ReconcileScope{{All: true}, {}} {
		done, ds := h.reconcile(t, s)
		require.Empty(t, ds)
		require.Equal(t, len(kinds.All()), done.Files)
	}
	for _, f := range h.files {
		done, ds := h.reconcile(t, activities.ReconcileScope{File: f.ID})
		require.Empty(t, ds)
		require.Equal(t, 1, done.Files)
		k, err := h.kind(t.Context(), f.ID)
		require.NoError(t, err)
		require.Same(t, f.Kind, k)
	}
	_, err := h.Run(t.Context(), activities.ReconcileScope{ID: uuid.NewString(), File: uuid.NewString()})
	require.Equal(t, fault.NotFound, fault.CodeOf(err))
	_, err = h.Run(t.Context(), activities.ReconcileScope{ID: uuid.NewString(), File: "x"})
	require.Equal(t, fault.Invalid, fault.CodeOf(err))
	_, err = h.ReconcilePage(t.Context(), activities.ReconcilePage{Stage: "unheard_of"})
	require.ErrorContains(t, err, "unheard_of")
}

// What somebody changed in the database is found and put back, whatever the kind and the column.
func TestEveryColumnOfTheRecordIsPutBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	columns := map[string]string{
		"places": "places || '{05999009}'", "reference": "reference || 'x'", "phase": "'x'", "over": "NOT over", "ties": "ties || '{x:y}'",
		"facets": "facets || '{\"x\": 1}'", "once": "'x/' || id", "due_at": "'2020-01-01'", "opened": "opened - interval '1 day'",
		"changed": "changed - interval '1 day'", "confided": "NOT confided",
	}
	for _, f := range h.files {
		row := h.row(t, f.ID)
		var all []string
		for column, value := range columns {
			all = append(all, column+" = "+value)
		}
		h.super(t, "UPDATE file SET "+strings.Join(all, ", ")+" WHERE id = $1", f.ID)
		_, ds := h.reconcile(t, activities.ReconcileScope{File: f.ID})
		for column := range columns {
			require.True(t, slices.ContainsFunc(ds, func(d Difference) bool { return d.Field == column || strings.HasPrefix(d.Field, column+".") }), "%s of a %s", column, f.Kind.Kind)
		}
		for _, d := range ds {
			require.NotEmpty(t, Tell(d, Span{}, story.German).Text(story.German))
		}
		var strange int // whom the file exists for does not follow what stands there now
		require.NoError(t, h.rec.Owner.QueryRow(t.Context(), `SELECT count(*) FROM difference d JOIN audit a ON a.file_id = d.file_id AND a.version = $2
			WHERE d.file_id = $1 AND (d.ties, d.places) IS DISTINCT FROM (a.ties, a.places)`, f.ID, f.Last().Head().Version).Scan(&strange))
		require.Zero(t, strange)
		require.Equal(t, Done, h.mend(t, ds[0]))
		require.Equal(t, row, h.row(t, f.ID))
		_, ds = h.reconcile(t, activities.ReconcileScope{File: f.ID})
		require.Empty(t, ds)
	}
}

func (h *house) row(t *testing.T, id string) (row string) {
	t.Helper()
	require.NoError(t, h.rec.Owner.QueryRow(t.Context(), "SELECT to_jsonb(f)::text FROM file f WHERE id = $1", id).Scan(&row))
	return row
}

func (h *house) entries(t *testing.T, id string) (all string) {
	t.Helper()
	require.NoError(t, h.rec.Owner.QueryRow(t.Context(), "SELECT json_agg(row_to_json(a) ORDER BY version)::text FROM audit a WHERE file_id = $1", id).Scan(&all))
	return all
}

func TestEveryColumnOfAnEntryIsPutBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	changes := map[string]string{
		"phase": "'x'", "places": "places || '{05999009}'", "ties": "ties || '{x:y}'", "actor": "'x'", "action": "'x'", "digest": "'x'",
		"at": "at - interval '1 hour'", "docs": `'[{"id": "x"}]'`, "state": `state::jsonb || '{"version": 9}'`, "command_id": "'x'", "salt": "gen_random_uuid()",
	}
	for _, f := range h.files {
		was := h.entries(t, f.ID)
		for _, changes := range []map[string]string{changes, {VeiledField: "veil = veil || 'x'"}, {"confided": "NOT confided"}} {
			var all []string
			for column, value := range changes {
				all = append(all, strings.TrimPrefix(column+" = "+value, VeiledField+" = "))
			}
			h.super(t, "UPDATE audit SET "+strings.Join(all, ", ")+" WHERE file_id = $1 AND version = 1", f.ID)
			_, ds := h.reconcile(t, activities.ReconcileScope{File: f.ID})
			for column := range changes {
				if f.Kind.VeilOf(string(f.Kind.First())) != "" {
					column = VeiledField // whatever it is
				}
				require.True(t, slices.ContainsFunc(ds, func(d Difference) bool {
					return d.Part == Audit && d.Version == 1 && strings.HasPrefix(d.Field, column)
				}), "%s of a %s", column, f.Kind.Kind)
			}
			require.Equal(t, Done, h.mend(t, ds[0]))
			require.Equal(t, was, h.entries(t, f.ID))
		}
	}
}

// A hand that computes the hash anew is given away by the Merkle log: the entry is put back all the same.
func TestAnEntryWithAnotherHashIsPutBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.files[0]
	was := h.entries(t, f.ID)
	last := len(f.Transitions)
	h.super(t, "UPDATE audit SET ties = ties || '{x:y}' WHERE file_id = $1 AND version = $2", f.ID, last)
	h.super(t, "UPDATE audit SET hash = audit_hash(audit) WHERE file_id = $1 AND version = $2", f.ID, last)
	_, ds := h.reconcile(t, activities.ReconcileScope{File: f.ID})
	require.Len(t, ds, 1)
	require.Equal(t, []any{Audit, "ties", last}, []any{ds[0].Part, ds[0].Field, ds[0].Version})
	require.Equal(t, Done, h.mend(t, ds[0]))
	require.Equal(t, was, h.entries(t, f.ID))
}

func TestAFileIsRebuiltFromItsHistory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, f := range h.files {
		row, entries := h.row(t, f.ID), h.entries(t, f.ID)
		h.super(t, "DELETE FROM file WHERE id = $1", f.ID)
		h.super(t, "DELETE FROM file_document WHERE file_id = $1", f.ID)
		h.super(t, "DELETE FROM audit WHERE file_id = $1 AND version > 1", f.ID)
		plan, err := h.Rebuild(t.Context(), f.Kind, f.ID, false, "")
		require.NoError(t, err)
		require.Equal(t, []any{len(f.Steps), true, false}, []any{plan.Versions, plan.Row, plan.Applied})
		require.Contains(t, plan.Text(story.German), f.Kind.Label.DE)
		plan, err = h.Rebuild(t.Context(), f.Kind, f.ID, true, "p-1")
		require.NoError(t, err)
		require.Empty(t, plan.Left)
		require.Equal(t, []string{row, entries}, []string{h.row(t, f.ID), h.entries(t, f.ID)})
	}
	broken, err := db.On(h.rec.Owner).ListBrokenAudit(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, broken)
	_, err = h.Rebuild(t.Context(), h.files[0].Kind, uuid.NewString(), true, "p-1")
	require.Equal(t, fault.NotFound, fault.CodeOf(err))
	_, err = h.Rebuild(t.Context(), h.files[0].Kind, "x", true, "p-1")
	require.Equal(t, fault.Invalid, fault.CodeOf(err))
}

// Nothing is written that was not there: here the history is another one.
func TestAForgedHistoryRestoresNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	f := h.files[0]
	forged := historytest.Way(f.Kind, "another")
	steps := slices.Clone(forged.Steps)
	h.engine.files[workflows.ID(f.Kind.Kind, f.ID)] = historytest.Walk(f.Kind, f.ID, historytest.Town, steps...)
	h.super(t, "DELETE FROM audit WHERE file_id = $1 AND version = 2", f.ID)
	_, err := h.Rebuild(t.Context(), f.Kind, f.ID, true, "p-1")
	require.Equal(t, fault.Conflict, fault.CodeOf(err), "%v", err)
}

func TestAWorkflowThatIsBehindIsToldOnceAndThenToPeople(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, f := range h.files {
		id := workflows.ID(f.Kind.Kind, f.ID)
		behind := historytest.Walk(f.Kind, f.ID, historytest.Town, f.Steps[:len(f.Steps)-1]...)
		h.engine.files[id] = behind
		_, ds := h.reconcile(t, activities.ReconcileScope{File: f.ID})
		require.Len(t, ds, 1)
		require.Equal(t, WorkflowBehind, ds[0].What)
		require.Equal(t, []string{id}, h.engine.caughtUp)
		require.Equal(t, Failed, h.mend(t, ds[0]), "the fake does not catch up")
		delete(h.engine.files, id)
		_, ds = h.reconcile(t, activities.ReconcileScope{File: f.ID})
		require.Equal(t, WorkflowMissing, ds[0].What)
		require.Equal(t, Failed, h.mend(t, ds[0]), "the fake begins nothing")
		require.Equal(t, []string{id}, h.engine.restarted)
		h.engine.caughtUp, h.engine.restarted = nil, nil
		h.engine.files[id] = f
		_, ds = h.reconcile(t, activities.ReconcileScope{File: f.ID})
		require.Empty(t, ds)
	}
}

func TestKeptHistoriesTellWhatTheEngineHasForgotten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	kept := 0
	for _, f := range h.files {
		id := workflows.ID(f.Kind.Kind, f.ID)
		for i, run := range f.Runs[:len(f.Runs)-1] {
			r, err := runs.Of(id, f.RunID(i), run)
			require.NoError(t, err)
			sealed, err := payloadtest.Codec().Seal(id, run)
			require.NoError(t, err)
			p, err := runs.Pack(r, sealed)
			require.NoError(t, err)
			_, err = activities.Keep(t.Context(), h.rec.Worker, p)
			require.NoError(t, err)
			kept++
		}
		last := f
		last.Runs = f.Runs[len(f.Runs)-1:]
		h.engine.files[id] = last
		_, ds := h.reconcile(t, activities.ReconcileScope{File: f.ID})
		require.Empty(t, ds, f.Kind.Kind)
	}
	require.Positive(t, kept)
}

func TestWhatOnlyTheEngineOrTheLogKnowsIsFound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, k := range kinds.All() {
		f := historytest.Way(k, "unrecorded")
		id := workflows.ID(k.Kind, f.ID)
		h.engine.files[id] = f
		h.engine.running = append(h.engine.running, id, string(k.Kind)+"-odd")
		found, err := h.kind(t.Context(), f.ID)
		require.NoError(t, err)
		require.Same(t, k, found, "its workflow says what it is")
	}
	lost := h.files[0]
	h.super(t, "INSERT INTO ledger_leaf (idx, tab, key, leaf) VALUES (0, 'audit', $1, sha256(''))", uuid.NewString()+"/1")
	_, ds := h.reconcile(t, activities.ReconcileScope{All: true})
	found := map[What]map[file.Kind]bool{}
	for _, d := range ds {
		if found[d.What] == nil {
			found[d.What] = map[file.Kind]bool{}
		}
		found[d.What][d.Kind] = true
		require.NotEqual(t, lost.ID, d.FileID)
	}
	require.Len(t, found[RecordMissing], len(kinds.All()))
	require.Len(t, found[EntryMissing], len(kinds.All()))
	require.Len(t, found[FileLost], 1)
}

func TestAnEngineThatDoesNotAnswerIsAnErrorAndNoDifference(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.engine.err = fault.Newf(fault.Busy, "silent")
	_, err := h.Run(t.Context(), activities.ReconcileScope{ID: uuid.NewString(), By: "p-1"})
	require.Equal(t, fault.Busy, fault.CodeOf(err))
	_, err = h.kind(t.Context(), uuid.NewString())
	require.Equal(t, fault.Busy, fault.CodeOf(err), "nobody knows whether there is such a file")
}

// Whoever serves people reads of a reconciliation what does not move with confided files, and nothing of one that was
// about such a file.
func TestReconciliationsSayNothingOfConfidedFiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	list := func() []db.ListReconciliationsRow {
		rows, err := db.On(h.rec.API).ListReconciliations(t.Context(), db.ListReconciliationsParams{After: uuid.Nil.String(), AtMost: 10})
		require.NoError(t, err)
		return rows
	}
	confided, open := 0, 0
	for _, f := range h.files {
		h.super(t, "UPDATE file SET reference = reference || 'x' WHERE id = $1", f.ID)
		done, _ := h.reconcile(t, activities.ReconcileScope{File: f.ID})
		require.Equal(t, []int{1, 1}, []int{done.Files, done.Differences}, "whoever operates it learns of all")
		if f.Kind.Confided() {
			confided++
			continue
		}
		open++
		require.Len(t, list(), open)
		require.Equal(t, []int32{1, 1}, []int32{list()[0].Files, list()[0].Differences})
	}
	require.Positive(t, confided)
	require.Len(t, list(), open)
	done, _ := h.reconcile(t, activities.ReconcileScope{All: true})
	require.Equal(t, []int{open + confided, open + confided}, []int{done.Files, done.Differences})
	require.Equal(t, []int32{int32(open), int32(open)}, []int32{list()[0].Files, list()[0].Differences})
	_, err := h.rec.API.Exec(t.Context(), "SELECT confided_files FROM reconciliation")
	require.ErrorContains(t, err, "permission denied")
}

func TestASchemaThatSomebodyChangedIsADifference(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.super(t, "ALTER TABLE audit DISABLE ROW LEVEL SECURITY")
	_, ds := h.reconcile(t, activities.ReconcileScope{All: true})
	require.Len(t, ds, 1)
	require.Equal(t, []any{SchemaDiffers, "table audit was changed"}, []any{ds[0].What, ds[0].Field})
	h.super(t, "ALTER TABLE audit ENABLE ROW LEVEL SECURITY")
	_, ds = h.reconcile(t, activities.ReconcileScope{All: true})
	require.Empty(t, ds)
}
