package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever table of the record cannot be read, each operation that needs it says that the fault is ours and no
// more, once in the log and with what failed; the others answer as before.
func TestATableOutOfReachIsAnInternalErrorThatTellsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.almighty()
	e, code := w.certified(trainee)
	c := w.walk("sign-off")
	doc := w.documents(manager, c, "")[0].ID
	at := time.Now().UTC().Format(time.RFC3339)
	required := map[string]string{"/as-of": "?at=" + at, "/compare": "?from=1&to=2", "/consistency": "?from=1", "/timeline": "?refusals=true"}

	var paths []string
	for call := range document(t).operations() {
		method, path, _ := strings.Cut(call, " ")
		if method != http.MethodGet {
			continue
		}
		id := map[string]string{"cases": c.ID, "work": c.Handed.Work, "enrolments": e.ID, "cohorts": e.Cohort}[strings.Split(path+"///", "/")[3]]
		path = strings.NewReplacer("{id}", id, "{enrolment}", e.ID, "{cohort}", e.Cohort, "{document}", doc, "{code}", code, "{subject}", trainee,
			"{version}", "1", "{ags}", string(here), "{number}", "1").Replace(path)
		if strings.Contains(path, "{") || strings.Contains(path, "//") {
			continue // of a file that is not here
		}
		for end, query := range required {
			if strings.HasSuffix(path, end) {
				path += query
			}
		}
		paths = append(paths, path)
	}
	slices.Sort(paths)
	require.Greater(t, len(paths), 60)
	before := map[string]int{}
	ask := func(path string) answer { return w.get(almighty, path) }
	for _, path := range paths {
		before[path] = ask(path).code
		require.Less(t, before[path], 500, path)
	}

	failed := map[string]bool{}
	for _, table := range []string{
		"access_log", "audit", "certificate", "certificate_revocation", "curriculum", "data_key", "difference", "document", "erasure", "erasure_request", "file",
		"file_document", "ledger_checkpoint", "ledger_leaf", "municipality", "notification", "reconciliation", "role_grant", "run_history", "witness_answer",
	} {
		w.exec("ALTER TABLE " + table + " RENAME TO out_of_reach")
		for _, path := range paths {
			a := ask(path)
			if a.code < 500 {
				continue
			}
			failed[path] = true
			p := a.refused(http.StatusInternalServerError, "internal", "internal")
			require.NotContains(t, a.body, "out_of_reach", path)
			require.NotContains(t, a.body, "relation", path)
			require.Contains(t, w.logged(p.RequestID), table, "%s says what failed", path)
		}
		w.exec("ALTER TABLE out_of_reach RENAME TO " + table)
	}
	for _, path := range paths {
		require.Equal(t, before[path], ask(path).code, "%s answers again", path)
	}
	require.Greater(t, len(failed), 60)
}
