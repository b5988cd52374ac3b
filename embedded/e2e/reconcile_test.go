package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
)

var reconciled = flag.Int("files", 0, "cases to reconcile; 0: a few")

// exits runs a command of koko against a stack, and returns what it printed and its exit code: 0 or 1.
func (s *stack) exits(t *testing.T, args ...string) (string, int) {
	t.Helper()
	out, said, ok := s.tool(t, args...)
	if ok {
		return out, 0
	}
	return out + said, 1
}

// tamper does by hand what nobody may: as the owner of the database, with every trigger off.
func (r record) tamper(t testing.TB, sql string, args ...any) {
	t.Helper()
	tx, err := r.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), "SET LOCAL session_replication_role = replica")
	require.NoError(t, err)
	done, err := tx.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
	require.Positive(t, done.RowsAffected(), sql)
	require.NoError(t, tx.Commit(t.Context()))
}

// facets are what lists showed of a case at a version.
func (r record) facets(t testing.TB, caseID string, version int) string {
	t.Helper()
	row, err := kindOf(conflict.Kind).Row(r.transitions(t, caseID)[version-1].State)
	require.NoError(t, err)
	return string(row.Facets)
}

type differenceItem struct {
	ID       string `json:"id"`
	File     string `json:"file"`
	Part     string `json:"part"`
	What     string `json:"what"`
	Field    string `json:"field"`
	Repair   string `json:"repair"`
	Status   string `json:"status"`
	Outcome  string `json:"outcome"`
	Version  int    `json:"version"`
	Revision int    `json:"revision"`
	DE       struct {
		Is    string `json:"is"`
		Ought string `json:"ought"`
	} `json:"de"`
}

func (a api) differences(t testing.TB, login, query string) []differenceItem {
	t.Helper()
	var page struct {
		Items []differenceItem `json:"items"`
	}
	a.get(t, login, "/api/v1/differences?limit=200"+query, &page)
	return page.Items
}

// decide says something to the repair of a difference.
func (a api) decideRepair(t testing.TB, login, what string, d differenceItem) (reply, differenceItem) {
	t.Helper()
	r, err := a.send(request{
		login: login, method: http.MethodPost, path: "/api/v1/differences/" + d.ID + "/" + what, key: uuid.NewString(), seen: fmt.Sprintf(`"%d"`, d.Revision),
	})
	require.NoError(t, err)
	var after differenceItem
	_ = json.Unmarshal(r.body, &after) // a problem is none
	return r, after
}

// secondSupervisor gives another person the role of a supervisor.
func secondSupervisor(t testing.TB, s *stack) string {
	t.Helper()
	const login = "steering.musterhausen"
	s.post(t, "admin.musterhausen", "/api/v1/grants", "", map[string]any{"subject": subject(login), "role": "supervisor", "area": []string{musterhausen}})
	return login
}

func TestWhatWasEditedByHandIsFoundToldAndRepairedByTwo(t *testing.T) {
	t.Parallel()
	s := newStack(t, t.TempDir())
	r, first, second := openRecord(t, s), "supervisor.musterhausen", secondSupervisor(t, s)
	out, code := s.exits(t, "reconcile", "--all")
	require.Zero(t, code, out)
	require.Contains(t, out, "0 Abweichungen")

	var page casePage
	s.get(t, first, casesPath+"?limit=100", &page)
	id, reference := "", "KM-2025-004"
	for _, c := range page.Items {
		if c.Reference == reference {
			id = c.ID
		}
	}
	require.NotEmpty(t, id)
	const lastOf = "(SELECT max(version) FROM audit b WHERE b.file_id = $1)"
	for _, x := range []struct {
		name, sql, part, what, field string
	}{
		{"a column", `UPDATE file SET facets = jsonb_set(facets, '{urgency}', '"gefaelscht"') WHERE id = $1`, "record", "field_differs", "facets.urgency"},
		{"a field of the state", `UPDATE file SET state = jsonb_set(state, '{clearing,urgency}', '"gefaelscht"') WHERE id = $1`, "record", "field_differs", "clearing.urgency"},
		{"an entry", "UPDATE audit SET actor = 'gefaelscht' WHERE file_id = $1 AND version = 3", "audit", "entry_differs", "actor"},
		{"an entry in the middle gone", "DELETE FROM audit WHERE file_id = $1 AND version = 3", "audit", "entry_missing", ""},
		{"the last entry gone", "DELETE FROM audit WHERE file_id = $1 AND version = " + lastOf, "audit", "entry_missing", ""},
		{"the version set back", `UPDATE file c SET version = 2, phase = a.phase, over = false, places = a.places, ties = a.ties, facets = '` + r.facets(t, id, 2) + `', state = a.state,
			changed = a.at, due_at = NULL FROM audit a WHERE a.file_id = c.id AND a.version = 2 AND c.id = $1`, "record", "field_differs", "version"},
		{"the record gone", "DELETE FROM file WHERE id = $1", "record", "record_missing", ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			r.tamper(t, x.sql, id)
			out, code := s.exits(t, "reconcile", "--file", id)
			require.Equal(t, 1, code, out)
			require.Contains(t, out, reference)
			require.Contains(t, out, x.field)

			found := s.differences(t, first, "&status=open&file="+id)
			require.NotEmpty(t, found)
			d := found[0]
			for _, o := range found {
				if o.Field == x.field {
					d = o
				}
			}
			require.Equal(t, []string{x.part, x.what, x.field}, []string{d.Part, d.What, d.Field})
			require.Empty(t, s.differences(t, "supervisor.neuwerden", "&file="+id), "another municipality learns nothing")
			foreign, _ := s.decideRepair(t, "supervisor.neuwerden", "propose", d)
			require.Equal(t, http.StatusNotFound, foreign.status)

			proposed, d := s.decideRepair(t, first, "propose", d)
			require.Equal(t, http.StatusOK, proposed.status, "%s", proposed.body)
			alone, _ := s.decideRepair(t, first, "approve", d)
			require.Equal(t, http.StatusForbidden, alone.status)
			require.Contains(t, string(alone.body), "four_eyes")
			approved, d := s.decideRepair(t, second, "approve", d)
			require.Equal(t, http.StatusOK, approved.status, "%s", approved.body)
			require.Equal(t, []string{"repaired", "done"}, []string{d.Status, d.Outcome})

			out, code = s.exits(t, "reconcile", "--file", id)
			require.Zero(t, code, out)
			require.Empty(t, s.differences(t, first, "&status=open&file="+id))
			require.Empty(t, r.broken(t))
		})
	}
	out, code = s.exits(t, "reconcile", "--all")
	require.Zero(t, code, out)
	var log struct {
		Items []struct{ Kind, Action string } `json:"items"`
	}
	s.get(t, first, "/api/v1/access-log?kind=repair&limit=100", &log)
	require.Len(t, log.Items, 7*3, "proposed, approved and done")
}

func TestAFileIsRebuiltFromItsHistoryAfterAllItsRowsAreGone(t *testing.T) {
	t.Parallel()
	s := newStack(t, t.TempDir())
	r := openRecord(t, s)
	id := r.cases(t)[0]
	before := r.transitions(t, id)
	r.tamper(t, "DELETE FROM audit WHERE file_id = $1", id)
	r.tamper(t, "DELETE FROM file_document WHERE file_id = $1", id)
	r.tamper(t, "DELETE FROM file WHERE id = $1", id)
	out, code := s.exits(t, "reconcile", "--all", "--lang", "en")
	require.Equal(t, 1, code, out)
	require.Contains(t, out, id)

	out, code = s.exits(t, "rebuild", id)
	require.Zero(t, code, out)
	require.Contains(t, out, "nichts geschrieben")
	require.Empty(t, r.transitions(t, id), "shown, not done")
	_, code = s.exits(t, "rebuild", id, "--apply")
	require.Equal(t, 1, code, "somebody signs for it")
	out, code = s.exits(t, "rebuild", id, "--apply", "--by", subject("supervisor.musterhausen"))
	require.Zero(t, code, out)
	require.Contains(t, out, "keine Abweichung mehr")
	require.Equal(t, before, r.transitions(t, id))
	out, code = s.exits(t, "reconcile", "--all")
	require.Zero(t, code, out)
	require.Empty(t, r.broken(t))
}

func TestAWorkflowThatIsGoneIsBegunAnewAndOneThatIsBehindCatchesUp(t *testing.T) {
	t.Parallel()
	s := newStack(t, t.TempDir())
	r, first, second := openRecord(t, s), "supervisor.musterhausen", secondSupervisor(t, s)
	c, _ := s.post(t, "conflict_manager.musterhausen", casesPath, "", signal(musterhausen, "Streit um den Hof"))
	require.NoError(t, s.engine(t).TerminateWorkflow(t.Context(), "case-"+c.ID, "", "by hand"))
	out, code := s.exits(t, "reconcile", "--file", c.ID)
	require.Equal(t, 1, code, out)
	found := s.differences(t, first, "&file="+c.ID)
	require.Len(t, found, 1)
	require.Equal(t, []string{"workflow_missing", "restart_workflow"}, []string{found[0].What, found[0].Repair})
	_, d := s.decideRepair(t, first, "propose", found[0])
	_, d = s.decideRepair(t, second, "approve", d)
	require.Equal(t, []string{"repaired", "done"}, []string{d.Status, d.Outcome})
	out, code = s.exits(t, "reconcile", "--file", c.ID)
	require.Zero(t, code, out)
	c, _ = s.post(t, "conflict_manager.musterhausen", casesPath+"/"+c.ID+"/triage", `"1"`, map[string]any{"decision": "fall_eroeffnen", "reason": "Es eilt."})
	require.Equal(t, 2, c.Version, "it decides again")
	out, code = s.exits(t, "reconcile", "--file", c.ID)
	require.Zero(t, code, out)
	require.Empty(t, r.broken(t))
}

func TestNobodyEditsAnEntryOrRestoresWhatWasNotThere(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	r := openRecord(t, s)
	_, err := r.pool.Exec(t.Context(), "UPDATE audit SET actor = 'x' WHERE version = 1")
	require.ErrorContains(t, err, "stays as it is", "not even the owner")
	_, err = r.pool.Exec(t.Context(), "DELETE FROM audit WHERE version = 1")
	require.ErrorContains(t, err, "stays as it is")
	for _, change := range []string{`jsonb_build_object('actor', 'x')`, `jsonb_build_object('version', 99)`, `jsonb_build_object('state', a.state::jsonb || '{"phase": "closed"}')`} {
		_, err = r.pool.Exec(t.Context(), "SELECT restore_audit(jsonb_build_array(to_jsonb(a) || "+change+")::json) FROM audit a WHERE kind = 'case' AND version = 3 LIMIT 1")
		require.ErrorContains(t, err, "entry", change)
	}
}

// Cases that nobody touched have no difference, however many they are.
func TestManyCleanCasesAreReconciledInNoTime(t *testing.T) {
	n := *reconciled
	if n == 0 {
		n = 60
	}
	s := newStack(t, t.TempDir(), "--demo=false")
	s.appoint(t, "musterhausen", "conflict_manager")
	began := time.Now()
	var all sync.WaitGroup
	next := make(chan int)
	for range 16 {
		all.Go(func() {
			for i := range next {
				r, err := s.send(request{login: "conflict_manager.musterhausen", method: http.MethodPost, path: casesPath, key: uuid.NewString(), body: signal(musterhausen, fmt.Sprintf("Fall %d", i))})
				if err != nil || r.status >= 300 {
					t.Errorf("case %d: %v %s", i, err, r.body)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
	t.Logf("%d cases in %s", n, time.Since(began).Round(time.Second))
	out, code := s.exits(t, "reconcile", "--all")
	require.Zero(t, code, out)
	require.Contains(t, out, fmt.Sprintf("%d Akten", n))
	t.Log(strings.TrimSpace(out))
	require.Len(t, openRecord(t, s).cases(t), n)
}
