package api_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatThePolicyDecidesIsCountedAndKeptAtTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("triage")
	for range 3 {
		w.get(steering, casePath(c)).caseView()
	}
	w.get(evaluation, casePath(c)).caseView()
	w.send(supervisor, c, "add-note", object{"note": "x"}).refused(http.StatusForbidden, "forbidden", "role")
	w.get(manager, "/api/v1/grants").refused(http.StatusForbidden, "forbidden", "role")
	require.NoError(t, w.decisions.Close(context.Background()))

	counted := func(subject, act string) (n int) {
		return w.count("SELECT coalesce(sum(count), 0)::int FROM decision_log WHERE subject = $1 AND act = $2", subject, act)
	}
	require.Equal(t, 3, counted(steering, "read_case"))
	require.Equal(t, 1, w.count("SELECT count(*) FROM decision_log WHERE subject = $1 AND act = 'read_case' AND allowed AND role = 'steering' AND roles = '{steering}' AND relations = '{unhanded}' AND ags = $2", steering, string(here)))
	require.Equal(t, 1, w.count("SELECT count(*) FROM decision_log WHERE subject = $1 AND act = 'read_case' AND NOT allowed AND rule = 'role'", evaluation), "what would have shown more was asked, too")
	require.Equal(t, 1, counted(evaluation, "read_facts"))
	require.Equal(t, 1, counted(supervisor, "add_note"))
	require.Equal(t, 1, counted(manager, "read_grants"))
	require.Equal(t, 1, counted(clearing, "triage"))
	require.Zero(t, counted(steering, "triage"), "what a view offers was not asked for")
}

func TestDecisionsThatCannotBeWrittenWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec("REVOKE EXECUTE ON FUNCTION note_decisions(jsonb) FROM koko_api")
	w.report(reporter, here)
	require.ErrorContains(t, w.decisions.Close(context.Background()), "permission denied")
	w.exec("GRANT EXECUTE ON FUNCTION note_decisions(jsonb) TO koko_api")
	require.NoError(t, w.decisions.Close(context.Background()))
	require.Equal(t, 1, w.count("SELECT count(*) FROM decision_log WHERE act = 'report_signal'"))
}
