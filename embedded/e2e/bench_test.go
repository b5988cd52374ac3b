package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"koko/domain/conflict"
	domain "koko/domain/file"
	"koko/workflows"
)

var loaded = flag.Int("cases", 300, "cases that a benchmark of reads finds")

// BenchmarkCommands carries out the same command through the API and straight on the engine: an
// Update of a case that records one decision with the same local activity. Only the first logs
// in, asks for permission and shows the case. They take turns, so that both suffer alike from
// whatever else the machine does; the ratio is what the API leaves of the engine.
func BenchmarkCommands(b *testing.B) {
	s := newStack(b, b.TempDir(), "--demo=false")
	s.appoint(b, "musterhausen", staff...)
	direct := s.engine(b)
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			compare(b, s, callers,
				way[*onCase]{"engine", opened(b, s, callers, b.N), func(c *onCase) error { return onEngine(direct, c) }},
				way[*onCase]{"API", opened(b, s, callers, b.N), func(c *onCase) error { return throughAPI(s.api, c) }})
		})
	}
}

// An onCase is the next command on a case.
type onCase struct {
	id      string
	version int
}

// perCase is how many commands one case gets: the engine accepts 2,000 Updates a run.
const perCase = 500

// opened makes cases that can be cleared, enough for each caller to have one of its own.
func opened(b *testing.B, s *stack, callers, commands int) []*onCase {
	b.Helper()
	cases := make([]*onCase, max(callers, commands/perCase+callers))
	for i := range cases {
		c, r := s.post(b, "clearing.musterhausen", casesPath, "", signal(musterhausen, "Lärm am Platz"))
		c, _ = s.post(b, "clearing.musterhausen", casesPath+"/"+c.ID+"/triage", r.etag(), map[string]any{"decision": "fall_eroeffnen"})
		cases[i] = &onCase{c.ID, c.Version}
	}
	return cases
}

var no = false

var clearing = conflict.RecordClearing{Responsibility: "kommune", Urgency: "schwelend", Level: "gruppen", Danger: &no, ConflictOfInterest: &no}

func onEngine(c client.Client, of *onCase) error {
	got, err := onBareEngine[conflict.Case](c, conflict.Kind, of.id, subject("clearing.musterhausen"), of.version, clearing)
	of.version = got.Version
	return err
}

// onBareEngine sends a command as the API does, with nothing around it.
func onBareEngine[S domain.State](c client.Client, k domain.Kind, id, by string, seen int, cmd domain.Command) (s S, err error) {
	raw, err := json.Marshal(cmd)
	if err != nil {
		return s, err
	}
	key := uuid.NewString()
	h, err := c.UpdateWorkflow(context.Background(), client.UpdateWorkflowOptions{
		WorkflowID: workflows.ID(k, id), UpdateID: key, UpdateName: workflows.Entry,
		Args: []any{workflows.Request{
			Action: cmd.Action(), By: by, Seen: seen, Command: raw, For: workflows.Purpose{File: id, ID: key, Made: time.Now()},
		}},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return s, err
	}
	var got workflows.Answer
	if err := h.Get(context.Background(), &got); err != nil {
		return s, err
	}
	return s, json.Unmarshal(got.State, &s)
}

func throughAPI(a api, of *onCase) error {
	r, err := a.send(request{
		login: "clearing.musterhausen", method: http.MethodPost, path: casesPath + "/" + of.id + "/record-clearing",
		key: uuid.NewString(), seen: fmt.Sprintf("%q", fmt.Sprint(of.version)), body: clearing,
	})
	if err == nil && r.status != http.StatusOK {
		err = fmt.Errorf("%d: %s", r.status, r.body)
	}
	of.version++
	return err
}

// A way is one of two to do the same.
type way[T any] struct {
	name string
	on   []T
	do   func(T) error
}

// A tally is what one way took.
type tally struct {
	took    []time.Duration
	elapsed time.Duration
	cpu     time.Duration
}

// compare has callers do something b.N times each way, in turns, and reports what it took: per
// second, in the middle and at worst, in processor time of all processes, and the second way as a
// share of the first.
func compare[T any](b *testing.B, s *stack, callers int, bare, full way[T]) {
	b.Helper()
	var of [2]tally
	turns := min(8, max(1, b.N/(4*callers))) // in each of them all callers are busy
	b.ResetTimer()
	for turn := range turns {
		n := b.N*(turn+1)/turns - b.N*turn/turns
		for i, w := range []way[T]{bare, full} {
			require.NoError(b, w.run(s, &of[i], callers, n))
		}
	}
	b.StopTimer()
	for i, name := range []string{bare.name, full.name} {
		of[i].report(b, name)
	}
	b.ReportMetric(of[1].perSecond()/of[0].perSecond(), "ratio")
	b.ReportMetric(float64(of[0].cpu)/float64(of[1].cpu), "cpu-ratio")
	b.ReportMetric(0, "ns/op")
}

// run has callers do it n times, each on something that nobody else is at.
func (w way[T]) run(s *stack, y *tally, callers, n int) error {
	free := make(chan T, len(w.on))
	for _, o := range w.on {
		free <- o
	}
	var left atomic.Int64
	left.Store(int64(n))
	took := make([][]time.Duration, callers)
	errs := make([]error, callers)
	var wg sync.WaitGroup
	cpu, began := s.spent(), time.Now()
	for i := range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 && errs[i] == nil {
				o := <-free // the one that has rested longest
				began := time.Now()
				errs[i] = w.do(o)
				took[i] = append(took[i], time.Since(began))
				free <- o
			}
		})
	}
	wg.Wait()
	y.elapsed += time.Since(began)
	y.cpu += s.spent() - cpu
	y.took = append(y.took, slices.Concat(took...)...)
	return errors.Join(errs...)
}

func (y *tally) perSecond() float64 { return float64(len(y.took)) / y.elapsed.Seconds() }

func (y *tally) report(b *testing.B, name string) {
	b.Helper()
	slices.Sort(y.took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(y.perSecond(), name+"/s")
	b.ReportMetric(ms(y.took[len(y.took)/2]), name+"-p50-ms")
	b.ReportMetric(ms(y.took[len(y.took)*99/100]), name+"-p99-ms")
	b.ReportMetric(ms(y.cpu)/float64(len(y.took)), name+"-cpu-ms")
}

// spent is the processor time of the stack with its children, and of this process.
func (s *stack) spent() time.Duration {
	var self syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &self)
	total := time.Duration(self.Utime.Nano() + self.Stime.Nano())
	for _, pid := range append(descendants(s.cmd.Process.Pid), s.cmd.Process.Pid) {
		total += cpuTime(pid)
	}
	return total
}

// cpuTime is what a process has used of the processors so far.
func cpuTime(pid int) time.Duration {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	const user, system, tick = 11, 12, 10 * time.Millisecond // counted after the name
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	u, err1 := strconv.Atoi(fields[user])
	sys, err2 := strconv.Atoi(fields[system])
	if errors.Join(err1, err2) != nil {
		return 0
	}
	return time.Duration(u+sys) * tick
}

// BenchmarkReads reads through the API what it reads straight from PostgreSQL, too.
func BenchmarkReads(b *testing.B) {
	s := newStack(b, b.TempDir(), "--demo=false")
	s.appoint(b, "musterhausen", staff...)
	var ids []string
	for _, c := range fill(b, s, *loaded) {
		ids = append(ids, c.id)
	}
	pool := openRecord(b, s).pool
	const me = "conflict_manager.musterhausen"
	for _, read := range []struct {
		name string
		bare func(*pgxpool.Pool, string) error
		path func(id string) string
	}{
		{"case", selectCase, func(id string) string { return casesPath + "/" + id }},
		{"list of 50", selectList, func(string) string { return casesPath + "?limit=50" }},
		{"history", selectHistory, func(id string) string { return casesPath + "/" + id + "/history" }},
	} {
		for _, callers := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/callers=%d", read.name, callers), func(b *testing.B) {
				compare(b, s, callers,
					way[string]{"PostgreSQL", ids, func(id string) error { return read.bare(pool, id) }},
					way[string]{"API", ids, func(id string) error {
						r, err := s.send(request{login: me, method: http.MethodGet, path: read.path(id)})
						if err == nil && r.status != http.StatusOK {
							err = fmt.Errorf("%d: %s", r.status, r.body)
						}
						return err
					}})
			})
		}
	}
}

// fill makes cases, many at a time.
func fill(b *testing.B, s *stack, n int) []*onCase {
	b.Helper()
	var mu sync.Mutex
	var made []*onCase
	var wg sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	for range 16 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				r, err := s.send(request{
					login: "clearing.musterhausen", method: http.MethodPost, path: casesPath, key: uuid.NewString(), body: signal(musterhausen, "Lärm am Platz"),
				})
				if err != nil || r.status != http.StatusCreated {
					b.Errorf("%v %s", err, r.body)
					return
				}
				mu.Lock()
				made = append(made, &onCase{r.header.Get("Location")[len(casesPath)+1:], 1})
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	require.Len(b, made, n)
	return made
}

func selectCase(pool *pgxpool.Pool, id string) error {
	var state []byte
	return pool.QueryRow(context.Background(), "SELECT state FROM file WHERE id = $1", id).Scan(&state)
}

func selectList(pool *pgxpool.Pool, _ string) error {
	rows, err := pool.Query(context.Background(), "SELECT state FROM file WHERE kind = 'case' AND ags = $1 ORDER BY changed DESC, id DESC LIMIT 50", musterhausen)
	return drain(rows, err)
}

func selectHistory(pool *pgxpool.Pool, id string) error {
	rows, err := pool.Query(context.Background(), "SELECT state FROM audit WHERE file_id = $1 ORDER BY version DESC LIMIT 50", id)
	return drain(rows, err)
}

func drain(rows pgx.Rows, err error) error {
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return rows.Err()
}
