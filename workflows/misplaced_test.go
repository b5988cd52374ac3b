package workflows_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/historytest"
	"koko/internal/recordtest"
	"koko/kinds"
	"koko/workflows"
)

// A replayer is somebody who has no key, but reaches the engine: whatever was sealed for a file, it can send again.
type replayer struct {
	env    *testsuite.TestWorkflowEnvironment
	logged bytes.Buffer
	counts counts
	says   map[string]string // to each Update: the rule that refused it, "" if it was carried out
}

// WithTags, Counter, Gauge and Timer are those of a worker's metrics.
func (p *replayer) WithTags(map[string]string) client.MetricsHandler { return p }
func (p *replayer) Gauge(name string) client.MetricsGauge {
	return client.MetricsNopHandler.Gauge(name)
}
func (p *replayer) Timer(name string) client.MetricsTimer {
	return client.MetricsNopHandler.Timer(name)
}
func (p *replayer) Counter(name string) client.MetricsCounter { return counter{&p.counts, name} }

// counts are of a worker's metrics, which it counts on several goroutines at once.
type counts struct {
	mu sync.Mutex
	of map[string]int64
}

func (c *counts) get(name string) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[name]
}

type counter struct {
	counts *counts
	name   string
}

func (c counter) Inc(n int64) {
	c.counts.mu.Lock()
	defer c.counts.mu.Unlock()
	c.counts.of[c.name] += n
}

func newReplayer(record any) *replayer {
	p := &replayer{counts: counts{of: map[string]int64{}}, says: map[string]string{}}
	var ts testsuite.WorkflowTestSuite
	ts.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(&p.logged, &slog.HandlerOptions{Level: slog.LevelError}))))
	ts.SetMetricsHandler(p)
	p.env = ts.NewTestWorkflowEnvironment()
	workflows.Register(p.env)
	p.env.RegisterActivity(record)
	return p
}

// send sends a request as an Update.
func (p *replayer) send(t *testing.T, after time.Duration, id string, made func() workflows.Request) {
	p.env.RegisterDelayedCallback(func() {
		refused := func(err error) { _, p.says[id] = refusal(t, err) }
		p.env.UpdateWorkflow(workflows.Entry, id, &testsuite.TestUpdateCallback{
			OnAccept: func() {}, OnReject: refused,
			OnComplete: func(_ any, err error) {
				if p.says[id] = ""; err != nil {
					refused(err)
				}
			},
		}, made())
	}, after)
}

func request(t *testing.T, by string, cmd file.Command, p workflows.Purpose) workflows.Request {
	letter, err := file.Write(cmd)
	require.NoError(t, err)
	return workflows.Request{Action: letter.Action, By: by, Command: letter.Command, For: p}
}

// Whoever sends a sealed request again has it carried out once, whichever kind of file it is for and whatever id he
// gives it: nothing of it is recorded, and the worker's log and metrics tell of it.
func TestARequestIsForItsFileItsCommandAndItsTimeAlone(t *testing.T) {
	for _, k := range kinds.All() {
		f := historytest.Way(k, "replayed")
		first := f.Steps[0]
		for name, c := range map[string]struct {
			as   string // the id that it is sent under
			made func(p *workflows.Purpose)
			rule string
		}{
			"as it was made":             {"k1", func(*workflows.Purpose) {}, ""},
			"a few minutes late":         {"k1", func(p *workflows.Purpose) { p.Made = p.Made.Add(-14 * time.Minute) }, ""},
			"under another id":           {"again", func(*workflows.Purpose) {}, "purpose"},
			"to another file":            {"k1", func(p *workflows.Purpose) { p.File = otherFile }, "purpose"},
			"made for nothing":           {"k1", func(p *workflows.Purpose) { *p = workflows.Purpose{} }, "purpose"},
			"much later":                 {"k1", func(p *workflows.Purpose) { p.Made = p.Made.Add(-16 * time.Minute) }, "clock"},
			"before it is made":          {"k1", func(p *workflows.Purpose) { p.Made = p.Made.Add(16 * time.Minute) }, "clock"},
			"a year later, without time": {"k1", func(p *workflows.Purpose) { p.Made = time.Time{} }, "clock"},
		} {
			t.Run(fmt.Sprint(k.Kind, " ", name), func(t *testing.T) {
				record := &recordtest.Record{}
				p := newReplayer(record)
				p.env.SetStartTime(first.At.Add(-time.Hour))
				p.send(t, time.Hour, c.as, func() workflows.Request {
					of := purpose(p.env, f.ID, "k1")
					c.made(&of)
					return request(t, first.By, first.Command, of)
				})
				p.env.RegisterDelayedCallback(p.env.CancelWorkflow, 2*time.Hour)
				p.env.ExecuteWorkflow(k.Workflow, k.Fresh(f.ID, historytest.Town))
				require.Equal(t, c.rule, p.says[c.as])
				if c.rule == "" {
					require.Len(t, record.Transitions, 1)
					require.Empty(t, p.counts.get(workflows.Misplaced))
					return
				}
				require.Empty(t, record.Transitions)
				require.EqualValues(t, 1, p.counts.get(workflows.Misplaced))
				require.Contains(t, p.logged.String(), "message refused")
				require.NotContains(t, p.logged.String(), first.By, "who it was made by is nobody's business there")
			})
		}
	}
}

const otherFile = "0b0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d91"

// Catching up decides nothing, and is not to be had again and again either.
func TestCatchingUpIsForItsFileToo(t *testing.T) {
	p := newReplayer(&recordtest.Record{})
	p.send(t, time.Hour, "up", func() workflows.Request {
		return workflows.Request{Action: workflows.CatchUp, For: purpose(p.env, fresh.ID, "up")}
	})
	p.send(t, time.Hour, "again", func() workflows.Request {
		return workflows.Request{Action: workflows.CatchUp, For: purpose(p.env, fresh.ID, "up")}
	})
	p.env.RegisterDelayedCallback(p.env.CancelWorkflow, 2*time.Hour)
	p.env.ExecuteWorkflow(conflict.Spec.Workflow, fresh)
	require.Equal(t, map[string]string{"up": "", "again": "purpose"}, p.says)
}
