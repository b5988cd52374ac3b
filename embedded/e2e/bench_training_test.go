package e2e

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/training/enrolment"
	"koko/internal/recordtest"
	"koko/internal/trainingtest"
	"koko/workflows"
)

// BenchmarkEnrolments carries out the same command on enrolments through the API and straight on the
// engine, and then through the API on cases and on enrolments: an Update that records one decision
// each. They take turns; see BenchmarkCommands.
func BenchmarkEnrolments(b *testing.B) {
	s := newStack(b, b.TempDir(), "--demo=false")
	s.appoint(b, "musterhausen", append(staff, "linemanager")...)
	s.appoint(b, "lankeland", "coordinator")
	direct := s.engine(b)
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			compare(b, s, callers,
				way[*onEnrolment]{"engine", applied(b, s, direct, callers, b.N), func(e *onEnrolment) error { return advanceOnEngine(direct, e) }},
				way[*onEnrolment]{"API", applied(b, s, direct, callers, b.N), func(e *onEnrolment) error { return advanceThroughAPI(s.api, e) }})
		})
		b.Run(fmt.Sprintf("beside cases/callers=%d", callers), func(b *testing.B) {
			cases, enrolments := opened(b, s, callers, b.N), applied(b, s, direct, callers, b.N)
			compare(b, s, callers,
				way[func() error]{"case", each(cases, func(c *onCase) error { return throughAPI(s.api, c) }), call},
				way[func() error]{"enrolment", each(enrolments, func(e *onEnrolment) error { return advanceThroughAPI(s.api, e) }), call})
		})
	}
}

// each is what to do with each of some files.
func each[T any](files []T, do func(T) error) []func() error {
	var all []func() error
	for _, f := range files {
		all = append(all, func() error { return do(f) })
	}
	return all
}

func call(do func() error) error { return do() }

// An onEnrolment is the next command on an enrolment.
type onEnrolment struct {
	id      string
	trainee string
	version int
}

// applied makes enrolments of as many trainees, enough for each caller to have one of its own: nobody
// is enrolled twice. The demo has fewer trainees, so these begin in the record, as after a crash.
func applied(b *testing.B, s *stack, c client.Client, callers, commands int) []*onEnrolment {
	b.Helper()
	pool := openRecord(b, s).pool
	files := make([]*onEnrolment, max(callers, commands/perCase+callers))
	for i := range files {
		id, trainee := uuid.NewString(), uuid.NewString()
		s.post(b, "admin.musterhausen", "/api/v1/grants", "", map[string]any{"subject": trainee, "role": "trainee", "area": []string{musterhausen}})
		m := &trainingtest.Maker{Salt: id, Start: time.Now().UTC().Truncate(time.Millisecond)} // so that its time limits lie ahead
		apply := m.Apply(m.Cohort(trainingtest.KoKo()))
		apply.LineManager = subject("linemanager.musterhausen")
		e, err := enrolment.Enrolment{ID: id, AGS: musterhausen}.Decide(apply, trainee, m.Begins())
		require.NoError(b, err)
		require.NoError(b, db.Within(b.Context(), pool, trainee, ags.Area{musterhausen}, func(q *db.Queries) error {
			for _, d := range apply.References() {
				if err := q.AddDataKey(b.Context(), db.AddDataKeyParams{FileID: id, Compartment: d.Compartment, AGS: musterhausen, Wrapped: []byte("wrapped")}); err != nil {
					return err
				}
				if _, err := q.AddDocument(b.Context(), db.AddDocumentParams{
					ID: d.ID, FileID: id, AGS: musterhausen, Action: string(d.Action), Compartment: d.Compartment, Author: trainee, Digest: d.Digest,
					Sealed: []byte("sealed"), Tokens: []int64{},
				}); err != nil {
					return err
				}
			}
			return nil
		}))
		_, err = (&activities.Files{Pool: pool}).SaveTransition(b.Context(), recordtest.Transition(enrolment.Kind, uuid.NewString(), trainee, apply, e))
		require.NoError(b, err)
		_, err = c.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{ID: workflows.ID("enrolment", id), TaskQueue: queue}, enrolment.Spec.Workflow, e)
		require.NoError(b, err)
		files[i] = &onEnrolment{id, trainee, e.Version}
	}
	return files
}

// advanced is a command that can be given again and again, and has nothing to store.
func advanced() enrolment.ChangeEmployer {
	return enrolment.ChangeEmployer{AGS: musterhausen, LineManager: subject("linemanager.musterhausen")}
}

func advanceOnEngine(c client.Client, of *onEnrolment) error {
	got, err := onBareEngine[enrolment.Enrolment](c, enrolment.Kind, of.id, subject(coordinator), of.version, advanced())
	of.version = got.Version
	return err
}

func advanceThroughAPI(a api, of *onEnrolment) error {
	to := advanced()
	r, err := a.send(request{
		login: coordinator, method: http.MethodPost, path: enrolmentsPath + "/" + of.id + "/change-employer",
		key: uuid.NewString(), seen: fmt.Sprintf("%q", fmt.Sprint(of.version)), body: map[string]any{"ags": to.AGS, "line_manager": to.LineManager},
	})
	if err == nil && r.status != http.StatusOK {
		err = fmt.Errorf("%d: %s", r.status, r.body)
	}
	of.version++
	return err
}

// The engine keeps a history of 50 MB and 50,000 events at most; it suggests a new run at 4 MB.
const (
	mostEvents = 1000
	mostBytes  = 2 << 20
)

// TestTheHistoryOfAFinishedEnrolmentStaysSmall measures those of the demo's certified trainees, over
// all their runs.
func TestTheHistoryOfAFinishedEnrolmentStaysSmall(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	c := s.engine(t)
	finished := 0
	for _, e := range demoEnrolments(t, s).Items {
		if e.Phase != enrolment.Certified {
			continue
		}
		finished++
		events, bytes := 0, 0
		hs := recordedOf(t, c, workflows.ID("enrolment", e.ID))
		for _, h := range hs {
			events, bytes = events+len(h.GetEvents()), bytes+proto.Size(h)
		}
		t.Logf("%s: %d runs, %d events, %d KiB", loginOf(e.Trainee), len(hs), events, bytes>>10)
		require.Less(t, events, mostEvents)
		require.Less(t, bytes, mostBytes)
	}
	require.Equal(t, 3, finished)
}
