package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/fault"
	domain "koko/domain/file"
	"koko/domain/training/cohort"
	"koko/embedded/devstack"
	"koko/internal/casetest"
	"koko/internal/payloadtest"
	"koko/internal/postgres"
	"koko/internal/recordtest"
	"koko/internal/trainingtest"
	"koko/workflows"
)

// The environment of the processes that the crash tests kill.
const (
	envDir    = "KOKO_E2E_DIR"    // of PostgreSQL
	envPort   = "KOKO_E2E_PORT"   // of the engine
	envRecord = "KOKO_E2E_RECORD" // the record's address
	envDie    = "KOKO_E2E_DIE"    // where a worker dies: before or after a commit, or frozen there
	envAfter  = "KOKO_E2E_AFTER"  // after how many commits
)

// runEngine is PostgreSQL and the Temporal server on top of it.
func runEngine() error {
	ctx := context.Background()
	port, err := strconv.Atoi(os.Getenv(envPort))
	if err != nil {
		return err
	}
	pg, err := postgres.Start(ctx, postgres.Options{Dir: os.Getenv(envDir)})
	if err != nil {
		return err
	}
	if err := pg.CreateDatabases(ctx, "koko"); err != nil {
		return err
	}
	if err := db.Migrate(ctx, pg.URL("koko", "koko"), nil); err != nil {
		return err
	}
	if _, err := devstack.StartTemporal(ctx, devstack.TemporalOptions{Postgres: pg, Port: port, Certificates: certificatesIn(os.Getenv(envDir))}); err != nil {
		return err
	}
	fmt.Println("ready", pg.URL("koko", "koko"))
	select {}
}

// certificatesIn is the folder by which the engine and its clients know each other. It outlives both.
func certificatesIn(dir string) string { return filepath.Join(dir, "engine") }

// runWorker is a worker that dies when it is told to.
func runWorker() error {
	ctx := context.Background()
	pool, err := db.Open(ctx, os.Getenv(envRecord), db.RoleWorker, 8)
	if err != nil {
		return err
	}
	payloads := payloadtest.Codec()
	known, err := devstack.ClientIn(certificatesIn(os.Getenv(envDir))).ClientConfig()
	if err != nil {
		return err
	}
	c, err := client.Dial(client.Options{
		HostPort: "127.0.0.1:" + os.Getenv(envPort), Namespace: devstack.Namespace, Identity: "e2e", Logger: quiet,
		DataConverter: payloads.Data(), FailureConverter: payloads.Failures(), ConnectionOptions: client.ConnectionOptions{TLS: known},
	})
	if err != nil {
		return err
	}
	after, err := strconv.ParseInt(os.Getenv(envAfter), 10, 64)
	if err != nil {
		return err
	}
	w := worker.New(c, queue, worker.Options{Identity: "e2e", StickyScheduleToStartTimeout: time.Second})
	workflows.Register(w)
	w.RegisterActivity(&dying{Files: &activities.Files{Pool: pool}, point: os.Getenv(envDie), left: after})
	if err := w.Start(); err != nil {
		return err
	}
	fmt.Println("ready")
	select {}
}

// dying kills its process right before or right after a commit.
type dying struct {
	*activities.Files
	point string
	left  int64
}

func (d *dying) SaveTransition(ctx context.Context, t activities.Transition) ([]activities.Transition, error) {
	last := d.point != "" && atomic.AddInt64(&d.left, -1) < 0
	if last && d.point == "before" {
		os.Exit(3)
	}
	if last && d.point == "frozen" { // a zombie: it wakes up when others have gone on
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
	recorded, err := d.Files.SaveTransition(ctx, t)
	if last && d.point == "after" && err == nil {
		os.Exit(3)
	}
	return recorded, err
}

// A plant is an engine whose processes are there to be killed.
type plant struct {
	dir, port string
	url       string // of the record
	engine    *process
	client    sealed
	api       *pgxpool.Pool // stores documents, as the API does
}

func newPlant(t *testing.T) *plant {
	t.Helper()
	_, port, err := net.SplitHostPort(freeAddr(t))
	require.NoError(t, err)
	p := &plant{dir: t.TempDir(), port: port}
	p.startEngine(t)
	p.client = dial(t, "127.0.0.1:"+port, devstack.ClientIn(certificatesIn(p.dir)), payloadtest.Codec())
	p.api, err = db.Open(t.Context(), p.url, db.RoleAPI, 8)
	require.NoError(t, err)
	t.Cleanup(p.api.Close)
	return p
}

// start starts the test binary in a role and waits until it is ready.
func (p *plant) start(t *testing.T, as string, env ...string) *process {
	t.Helper()
	child, err := launch(os.Args[0], append(env, role+"="+as, envDir+"="+p.dir, envPort+"="+p.port, envRecord+"="+p.url))
	require.NoError(t, err)
	t.Cleanup(func() { _ = child.kill() })
	rest, err := child.out.line("ready", startWithin)
	require.NoError(t, err, "%s: %s", as, child.err)
	if as == "engine" {
		p.url = rest
	}
	return child
}

func (p *plant) startEngine(t *testing.T) {
	t.Helper()
	p.engine = p.start(t, "engine")
}

func (p *plant) startWorker(t *testing.T, die string, after int) *process {
	t.Helper()
	return p.start(t, "worker", envDie+"="+die, envAfter+"="+strconv.Itoa(after))
}

// begin starts the workflow of a case that stands recorded, with tasks that are given up soon.
func (p *plant) begin(t *testing.T, c conflict.Case) conflict.Case {
	t.Helper()
	_, err := p.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: workflows.ID("case", c.ID), TaskQueue: queue, WorkflowTaskTimeout: time.Second,
	}, conflict.Spec.Workflow, c)
	require.NoError(t, err)
	return c
}

func (p *plant) do(ctx context.Context, caseID, id, by string, seen int, cmd domain.Command) (conflict.Case, error) {
	return casesOn(p.client).do(ctx, caseID, id, by, seen, cmd)
}

// store stores the documents that a command refers to.
func (p *plant) store(ctx context.Context, c domain.Head, by string, cmd domain.Command) error {
	return db.Within(ctx, p.api, by, ags.Area{c.AGS}, func(q *db.Queries) error {
		for _, d := range cmd.References() {
			if err := q.AddDataKey(ctx, db.AddDataKeyParams{FileID: c.ID, Compartment: d.Compartment, AGS: c.AGS, Wrapped: []byte("wrapped")}); err != nil {
				return err
			}
			if _, err := q.AddDocument(ctx, db.AddDocumentParams{
				ID: d.ID, FileID: c.ID, AGS: c.AGS, Action: string(d.Action), Compartment: d.Compartment, Author: by, Digest: d.Digest,
				Sealed: []byte("sealed"), Tokens: []int64{},
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// record records a decision that the workflow never hears of.
func (p *plant) record(t *testing.T, c conflict.Case, by, id string, cmd domain.Command, at time.Time) conflict.Case {
	t.Helper()
	require.NoError(t, p.store(t.Context(), c.Head(), by, cmd))
	next, err := c.Decide(cmd, by, at.UTC().Truncate(time.Millisecond))
	require.NoError(t, err)
	_, err = (&activities.Files{Pool: recordAt(t, p.url).pool}).SaveTransition(t.Context(), recordtest.Transition(conflict.Kind, id, by, cmd, next))
	require.NoError(t, err)
	return next
}

// reported is a case with its signal recorded at some time.
func (p *plant) reported(t *testing.T, at time.Time) conflict.Case {
	t.Helper()
	c := conflict.Case{ID: uuid.NewString(), AGS: musterhausen}
	return p.record(t, c, caller, "reported", (&casetest.Maker{Salt: c.ID}).Signal(), at)
}

// TestALostDecisionIsAdopted kills everything between the commit and the engine's first knowledge
// of the command, which is never sent again.
func TestALostDecisionIsAdopted(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	dead := p.startWorker(t, "after", 0)
	c := p.begin(t, p.reported(t, time.Now()))

	lost, cancel := context.WithCancel(t.Context())
	killed := make(chan error, 1)
	go func() { <-dead.gone; killed <- p.engine.kill(); cancel() }()
	triage := conflict.TriageSignal{Decision: conflict.OpenCase}
	_, err := p.do(lost, c.ID, "lost", caller, 1, triage)
	require.Error(t, err)
	require.NoError(t, <-killed)

	p.startEngine(t)
	p.startWorker(t, "", 0)
	next, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var got conflict.Case
	require.Eventually(t, func() bool {
		got, err = p.do(next, c.ID, "next", caller, 2, (&casetest.Maker{}).Clearing())
		return fault.CodeOf(err) != fault.Busy
	}, time.Minute, 50*time.Millisecond)
	require.NoError(t, err, "the workflow adopts the triage that it never heard of")
	require.Equal(t, 3, got.Version)
	hs := historiesOf(t, p.client, workflows.ID("case", c.ID))
	recorded := recordAt(t, p.url).transitions(t, c.ID)
	require.Equal(t, recorded[1:], fold(t, hs, 1))
	require.Equal(t, "lost", recorded[1].CommandID)
	require.False(t, accepted(hs)["lost"])
}

// TestADeadlinePassesThroughACrash: a timer that is due while everything is down fires as soon as
// it is up again, and once.
func TestADeadlinePassesThroughACrash(t *testing.T) {
	t.Parallel()
	p := newPlant(t)
	p.startWorker(t, "", 0)
	c := p.closing(t, time.Now().Add(12*time.Second))
	due, ok := domain.NextDeadline(c)
	require.True(t, ok)
	require.Eventually(t, func() bool {
		return len(timers(historiesOf(t, p.client, workflows.ID(cohort.Kind, c.ID))[0])) == 1
	}, time.Minute, 20*time.Millisecond)
	require.NoError(t, p.engine.kill())
	require.True(t, time.Now().Before(due.Due), "the crash comes first")
	<-time.After(time.Until(due.Due)) // nobody is there to see it pass

	p.startEngine(t)
	record := recordAt(t, p.url)
	passed := func() []activities.Transition {
		of := activities.Position{Kind: cohort.Kind, FileID: c.ID, CommandID: "none"}
		ts, err := (&activities.Files{Pool: record.pool}).ReadTransitions(t.Context(), of)
		require.NoError(t, err)
		return ts
	}
	require.Eventually(t, func() bool { return len(passed()) > 1 }, time.Minute, 50*time.Millisecond)
	var got cohort.Cohort
	require.Eventually(t, func() bool {
		now, err := cohortsOn(p.client).catchUp(t.Context(), c.ID, uuid.NewString())
		got = now
		return err == nil
	}, time.Minute, 100*time.Millisecond)
	require.Equal(t, cohort.Short, got.Stage, "its application window is over, and nobody has applied")
	ts := passed()
	require.Len(t, ts, 2)
	require.Equal(t, domain.ActionDeadlinePassed, ts[1].Action)
	require.Empty(t, record.broken(t))
}

// closing is a cohort whose application window closes at some time: the limits of cases end with their day.
func (p *plant) closing(t *testing.T, at time.Time) cohort.Cohort {
	t.Helper()
	m := &trainingtest.Maker{Salt: t.Name(), Start: time.Now().UTC().Truncate(time.Hour)}
	plan := m.Plan(short())
	plan.AGS, plan.Offered, plan.Closes = musterhausen, ags.Area{musterhausen}, at.UTC().Truncate(time.Millisecond)
	id := uuid.NewString()
	require.NoError(t, p.store(t.Context(), domain.Head{ID: id, AGS: musterhausen}, caller, plan))
	c, err := cohort.Spec.Decide(cohort.Spec.Fresh(id, musterhausen), plan, caller, time.Now().UTC().Truncate(time.Millisecond))
	require.NoError(t, err)
	saved := recordtest.Transition(cohort.Kind, "planned", caller, plan, c)
	_, err = (&activities.Files{Pool: recordAt(t, p.url).pool}).SaveTransition(t.Context(), saved)
	require.NoError(t, err)
	_, err = p.client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: workflows.ID(cohort.Kind, id), TaskQueue: queue, WorkflowTaskTimeout: time.Second,
	}, cohort.Spec.Workflow, c)
	require.NoError(t, err)
	return c
}

// catchUp has a case adopt what stands recorded. After three lost tasks the engine refuses Updates
// for a while.
func catchUp(t *testing.T, p *plant, caseID string) {
	t.Helper()
	var err error
	require.Eventually(t, func() bool {
		_, err = casesOn(p.client).catchUp(t.Context(), caseID, uuid.NewString())
		return fault.CodeOf(err) != fault.Busy
	}, time.Minute, 100*time.Millisecond, caseID)
	require.NoError(t, err)
}

// TestCrashes kills workers and the engine at random points under load, and then compares what
// callers were told, the record and the histories.
func TestCrashes(t *testing.T) {
	t.Parallel()
	p, rnd := newPlant(t), rand.New(rand.NewPCG(*seed, 0))
	l := &load{plant: p, told: map[string]conflict.Case{}, refused: map[string]bool{}}
	for range 6 {
		l.cases = append(l.cases, p.begin(t, p.reported(t, time.Now())))
	}
	var zombie *process
	for round := range orFew(8) {
		die := []string{"before", "after", "after", "frozen", ""}[rnd.IntN(5)]
		w := p.startWorker(t, die, rnd.IntN(12))
		if zombie != nil {
			_ = syscall.Kill(zombie.cmd.Process.Pid, syscall.SIGCONT)
		}
		calls, stop := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		for i := range 4 {
			callers.Go(func() { l.run(calls, rand.New(rand.NewPCG(*seed, uint64(round*4+i)))) })
		}
		select {
		case <-w.gone:
		case <-time.After(time.Duration(rnd.IntN(1200)) * time.Millisecond):
		}
		if zombie != nil {
			require.NoError(t, zombie.kill())
			zombie = nil
		}
		engineDies := rnd.IntN(4) == 0 // and what it has not kept is lost
		if engineDies {
			require.NoError(t, p.engine.kill())
		}
		stop()
		callers.Wait()
		if die == "frozen" && !engineDies {
			zombie = w
		} else {
			require.NoError(t, w.kill())
		}
		if engineDies {
			p.startEngine(t)
		}
	}
	if zombie != nil {
		require.NoError(t, zombie.kill())
	}
	p.startWorker(t, "", 0)
	l.check(t)
}

// load sends commands and remembers what it was told.
type load struct {
	*plant
	cases []conflict.Case

	mu      sync.Mutex
	sent    int
	open    []order // sent, not answered
	told    map[string]conflict.Case
	refused map[string]bool
}

// An order is a command on its way.
type order struct {
	of   conflict.Case
	id   string
	seen int
	cmd  domain.Command
}

func (l *load) next(rnd *rand.Rand) order {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.open); n > 0 && rnd.IntN(4) == 0 { // a lost reply: some ask again, some never do
		o := l.open[n-1]
		l.open = l.open[:n-1]
		return o
	}
	l.sent++
	o := order{of: l.cases[rnd.IntN(len(l.cases))], id: fmt.Sprint("k", l.sent)}
	m := &casetest.Maker{Salt: fmt.Sprint(o.of.ID, o.id)}
	switch rnd.IntN(12) {
	case 0:
		o.cmd = m.Triage(conflict.OpenCase)
	case 1:
		o.cmd = m.Mandate(true)
	case 2:
		o.cmd = m.Mandate(false)
	case 3:
		o.cmd = m.Reopen()
	case 4, 5:
		o.cmd = m.Analysis(1 + rnd.IntN(9))
	case 6:
		o.cmd = m.Note(conflict.CaseFile)
	case 7, 8, 9:
		o.cmd = conflict.Assign{Assignee: []string{casetest.Manager, casetest.Mediator, casetest.Reviewer}[rnd.IntN(3)]}
	default:
		o.cmd = m.Clearing()
	}
	if rnd.IntN(8) == 0 {
		o.seen = 1 + rnd.IntN(30)
	}
	return o
}

const caller = casetest.Manager

func (l *load) run(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		o := l.next(rnd)
		err := l.store(ctx, o.of.Head(), caller, o.cmd)
		var got conflict.Case
		if err == nil {
			got, err = l.do(ctx, o.of.ID, o.id, caller, o.seen, o.cmd)
		}
		f := fault.Of(err)
		l.mu.Lock()
		switch {
		case err == nil:
			l.told[o.id] = got
		case f != nil && f.Code != fault.Busy && f.Code != fault.Internal:
			l.refused[o.id] = true
		default:
			l.open = append(l.open, o)
		}
		l.mu.Unlock()
		if err != nil {
			time.Sleep(10 * time.Millisecond) // nobody may be there: let others find out too
		}
	}
}

func (l *load) check(t *testing.T) {
	t.Helper()
	record := recordAt(t, l.url)
	unanswered, adopted, commands := 0, 0, map[string]step{}
	for _, c := range l.cases {
		catchUp(t, l.plant, c.ID)
		want := record.transitions(t, c.ID)
		hs := historiesOf(t, l.client, workflows.ID("case", c.ID))
		for _, h := range hs {
			replay(t, h)
		}
		require.Equal(t, want[1:], fold(t, hs, 1), "%s: the histories tell what the record says", c.ID)
		kept := accepted(hs)
		for i, r := range want[1:] {
			require.Equal(t, i+2, r.State.Version)
			require.NotContains(t, commands, r.CommandID)
			commands[r.CommandID] = r
			if _, ok := l.told[r.CommandID]; !ok {
				unanswered++
			}
			if !kept[r.CommandID] {
				adopted++
			}
		}
	}
	for id, answer := range l.told {
		require.Equal(t, commands[id].State, answer, "%s: acknowledged once, recorded once, the same", id)
	}
	for id := range l.refused {
		require.NotContains(t, commands, id, "a refused command changes nothing")
	}
	require.Empty(t, record.broken(t))
	require.NotEmpty(t, l.told, "some got through")
	t.Logf("commands %d: acknowledged %d, refused %d, recorded without an answer %d, adopted %d",
		l.sent, len(l.told), len(l.refused), unanswered, adopted)
}
