package e2e

import (
	"bytes"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"koko/db"
	"koko/internal/app"
	"koko/internal/engine"
	gate "koko/internal/evidence/replay"
	"koko/internal/historytest"
	"koko/kinds"
	"koko/workflows"
)

// tool runs a command of koko against a stack, and returns what it printed and whether it ended well.
func (s *stack) tool(t *testing.T, args ...string) (out, said string, ok bool) {
	t.Helper()
	bin, err := koko()
	require.NoError(t, err)
	cmd := exec.Command(bin, args...)
	cmd.Env = append(cmd.Environ(), "KOKO_DATABASE_URL="+s.instance.Database, "KOKO_TEMPORAL_ADDRESS="+s.instance.Temporal, "KOKO_MASTER_KEY_FILE="+s.masterKeyFile())
	cmd.Env = append(cmd.Env, tlsEnv(s.instance.TLS)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err == nil
}

func TestThisBuildReplaysARunningInstallation(t *testing.T) {
	s := demoStack(t)
	s.post(t, "clearing.musterhausen", "/api/v1/advice", "", map[string]any{ // the demo has none yet
		"ags": musterhausen, "form": "begleitung", "topic": "konfliktfall", "urgency": "planbar", "origin": "kommune",
		"title": "Runder Tisch", "concern": "Wir suchen jemanden, der uns begleitet.",
	})
	out, said, ok := s.tool(t, "replay")
	require.True(t, ok, "%s%s", out, said)
	for _, name := range workflows.Files() {
		require.Regexp(t, `(?m)^`+name+` +[1-9][0-9]* +0 +0$`, out)
	}
	require.NotContains(t, out, "note:", "every file has an open workflow")
}

func TestABuildThatWouldBreakCasesIsFound(t *testing.T) {
	s := demoStack(t)
	pool, err := db.Open(t.Context(), s.instance.Database, db.RoleWorker, 4)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	c := s.engine(t)
	in := app.Installation{Engine: engine.Engine{Client: c, Payloads: c.payloads}, Pool: pool, Queue: "cases"}
	var out bytes.Buffer
	err = in.Replay(t.Context(), 20, gate.Options{Register: historytest.Incompatible, Payloads: c.payloads}, &out)
	require.ErrorContains(t, err, "do not install it")
	for _, id := range openRecord(t, s).cases(t) {
		require.Regexp(t, `(?m)^case-`+id+` run [0-9a-f-]{36} would break: .*\[TMPRL1100\]`, out.String())
	}
	require.NotContains(t, out.String(), "enrolment-")
	require.NotContains(t, out.String(), "cohort-")
	require.Regexp(t, `(?m)^Enrolment +[1-9][0-9]* +0 +0$`, out.String())
}

func TestTheRunsThatHaveEndedAreKeptOnce(t *testing.T) {
	s := demoStack(t)
	out, said, ok := s.tool(t, "histories", "keep")
	require.True(t, ok, "%s%s", out, said)
	require.Regexp(t, `^[1-9][0-9]* runs have ended: [0-9]+ kept now, [0-9]+ kept before, 0 lost, 0 no runs of a file\n$`, out)
	again, _, ok := s.tool(t, "histories", "keep")
	require.True(t, ok)
	require.Contains(t, again, ": 0 kept now, ")

	record := openRecord(t, s)
	rows, err := record.pool.Query(t.Context(), "SELECT DISTINCT kind FROM run_history ORDER BY 1")
	require.NoError(t, err)
	var all []string
	for _, k := range kinds.All() {
		all = append(all, string(k.Kind))
	}
	require.ElementsMatch(t, all, texts(t, rows))
	c := s.engine(t)
	for _, id := range record.cases(t) {
		hs := historiesOf(t, c, workflows.ID("case", id))
		rows, err := record.pool.Query(t.Context(), "SELECT events::text FROM run_history WHERE workflow_id = 'case-' || $1 ORDER BY started_at", id)
		require.NoError(t, err)
		kept := texts(t, rows)
		require.Len(t, kept, len(hs)-1, "all but the open one")
	}
}

func texts(t *testing.T, rows pgx.Rows) []string {
	t.Helper()
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return all
}

// The engine starts KeepHistories by itself, and each time gives it what the last one did.
func TestTheScheduleKeepsRunsFromWhereItWas(t *testing.T) {
	s := demoStack(t)
	c := s.engine(t)
	schedule := c.ScheduleClient().GetHandle(t.Context(), "keep-histories")
	var before time.Time
	for n := 1; n <= 2; n++ {
		require.NoError(t, schedule.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
		var ran []client.ScheduleActionResult
		require.Eventually(t, func() bool {
			d, err := schedule.Describe(t.Context())
			require.NoError(t, err)
			ran = d.Info.RecentActions
			return len(ran) >= n
		}, time.Minute, 100*time.Millisecond)
		last := ran[len(ran)-1].StartWorkflowResult
		var done workflows.Keeping
		require.NoError(t, c.GetWorkflow(t.Context(), last.WorkflowID, last.FirstExecutionRunID).Get(t.Context(), &done))
		require.Positive(t, done.Listed)
		require.Zero(t, done.Lost+done.Unfit)
		if n == 2 {
			require.Equal(t, before.Add(-24*time.Hour), done.Page.Since)
		}
		before = done.Begun
	}
}
