package db_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/db"
	"koko/domain/advice"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

const (
	counselled = "u-client"
	noteOfOwn  = "3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"
)

// withdrawn is an advice that its client has withdrawn after a note, with the words of both.
func withdrawn(t *testing.T, r *dbtest.Record) advice.Advice {
	t.Helper()
	m := &casetest.Maker{Salt: "expiry"}
	doc := func(id string, a file.Action, c file.Compartment, fields ...string) file.Docs {
		return file.Docs{Docs: []file.Doc{{ID: id, Action: a, Compartment: c, Digest: m.Signal().Docs.Docs[0].Digest, Fields: fields}}}
	}
	a := dbtest.Decide(t, r, advice.Advice{ID: m.ID(), AGS: aachen}, counselled, advice.RequestAdvice{
		Form: advice.Coaching, Topic: "zusammenarbeit", Urgency: "bald", Origin: "ki", Docs: doc(m.ID(), advice.ActionRequest, advice.File, "title", "concern"),
	}, at)
	a = dbtest.Decide(t, r, a, counselled, advice.NoteAsClient{Docs: doc(noteOfOwn, advice.ActionNoteAsClient, advice.ClientNotes, "note")}, at.Add(time.Hour))
	_, err := r.Owner.Exec(context.Background(), "ALTER TABLE document DISABLE TRIGGER keep; UPDATE document SET secret = sha256('s'), tokens = '{1}'; ALTER TABLE document ENABLE TRIGGER keep")
	require.NoError(t, err)
	return dbtest.Decide(t, r, a, counselled, advice.WithdrawAdvice{Reason: "erledigt"}, at.Add(2*time.Hour))
}

// expire lets the next deadline of an advice pass.
func expire(t *testing.T, r *dbtest.Record, a advice.Advice) advice.Advice {
	t.Helper()
	d, ok := file.NextDeadline(a)
	require.True(t, ok)
	return dbtest.Decide(t, r, a, file.System, file.DeadlinePassed{Deadline: d}, d.Over())
}

const whole = "SELECT count(*)::int FROM document d JOIN data_key k USING (file_id, compartment) WHERE d.compartment = $1 AND d.sealed <> '' AND d.secret IS NOT NULL AND d.tokens <> '{}' AND k.wrapped IS NOT NULL"

func TestWordsAreDestroyedWithTheDecision(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	a := withdrawn(t, r)
	// Stored, and never decided on: it goes with the others.
	r.StoreIn(t, a.ID, a.AGS, counselled, []file.Doc{{ID: a.ID, Action: advice.ActionNoteAsClient, Compartment: advice.ClientNotes, Digest: "x"}}, 1)

	a = expire(t, r, a)
	require.Zero(t, one[int](t, r.Owner, whole, advice.ClientNotes))
	require.Equal(t, 1, one[int](t, r.Owner, whole, advice.File), "each compartment has its own time")
	require.Zero(t, one[int](t, r.Owner, "SELECT count(*)::int FROM document WHERE compartment = $1 AND (sealed <> '' OR secret IS NOT NULL OR tokens <> '{}')", advice.ClientNotes))
	require.Equal(t, 2, one[int](t, r.Owner, "SELECT count(*)::int FROM data_key WHERE file_id = $1 AND wrapped IS NULL", a.ID), "also where nothing was written")
	require.Equal(t, 2, one[int](t, r.Owner, "SELECT count(*)::int FROM erasure WHERE reason = 'retention' AND approved_by = 'system' AND approved_at = $1", a.Changed), "a receipt for each")
	require.Equal(t, 2, one[int](t, r.Owner, "SELECT count(*)::int FROM ledger_pending WHERE tab = 'erasure'"))
	require.Empty(t, must(db.New(r.Owner).ListBrokenAudit(ctx, 10)), "every proof stays valid")

	require.NoError(t, db.New(r.Worker).DestroyWords(ctx, a.ID), "said again")
	require.Equal(t, 2, one[int](t, r.Owner, "SELECT count(*)::int FROM erasure"))
	a = expire(t, r, a)
	require.Zero(t, one[int](t, r.Owner, whole, advice.File))
	require.Empty(t, must(db.New(r.Owner).ListBrokenAudit(ctx, 10)))
}

// A local activity commits before the engine knows of it: after a crash it is done again.
func TestADestructionThatIsRecordedTwiceIsOne(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	a := withdrawn(t, r)
	d, _ := file.NextDeadline(a)
	next, err := advice.Spec.Decide(a, file.DeadlinePassed{Deadline: d}, file.System, d.Over())
	require.NoError(t, err)
	state, err := json.Marshal(next)
	require.NoError(t, err)
	var all sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		all.Go(func() {
			_, errs[i] = (&activities.Files{Pool: r.Worker}).SaveTransition(context.Background(), activities.Transition{
				Kind: advice.Kind, CommandID: "deadline", Action: file.ActionDeadlinePassed, By: file.System, Digest: "x", State: state,
			})
		})
	}
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, 1, one[int](t, r.Owner, "SELECT count(*)::int FROM audit WHERE action = 'deadline_passed'"))
	require.Equal(t, 1, one[int](t, r.Owner, "SELECT count(*)::int FROM erasure"))
	require.Zero(t, one[int](t, r.Owner, whole, advice.ClientNotes))
}

func TestNothingComesBackOfWhatWasDestroyed(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	a := expire(t, r, withdrawn(t, r))
	for _, sql := range []string{
		"UPDATE data_key SET wrapped = 'back' WHERE wrapped IS NULL", "DELETE FROM data_key WHERE wrapped IS NULL", "UPDATE data_key SET wrapped = NULL WHERE wrapped IS NOT NULL",
		"UPDATE document SET sealed = 'back' WHERE sealed = ''", "UPDATE document SET sealed = '', secret = NULL, tokens = '{}' WHERE sealed <> ''",
		"UPDATE erasure SET reason = 'unlawful'", "DELETE FROM erasure",
	} {
		_, err := r.Owner.Exec(ctx, sql)
		require.Error(t, err, sql)
		require.Regexp(t, "stays as it is|destroyed for good|nothing says", err.Error(), sql)
	}
	within(t, r.API, ags.Area{aachen}, func(q *db.Queries) {
		require.NoError(t, q.AddDataKey(ctx, db.AddDataKeyParams{FileID: a.ID, Compartment: advice.ClientNotes, AGS: aachen, Wrapped: []byte("another")}))
		key, err := q.GetDataKey(ctx, db.GetDataKeyParams{FileID: a.ID, Compartment: advice.ClientNotes})
		require.NoError(t, err)
		require.Nil(t, key, "no other key is made")
	})
	err := db.Within(ctx, r.API, counselled, ags.Area{aachen}, func(q *db.Queries) error {
		_, err := q.AddDocument(ctx, db.AddDocumentParams{
			ID: a.ID, FileID: a.ID, AGS: aachen, Action: "note_as_client", Compartment: advice.ClientNotes, Author: counselled, Digest: "x", Sealed: []byte("sealed"), Tokens: []int64{1},
		})
		return err
	})
	require.True(t, db.IsDestroyed(err), "%v", err)
}

func TestOnlyADecisionDestroysWords(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	a := withdrawn(t, r)
	_, err := r.API.Exec(ctx, "SELECT destroy_words($1)", a.ID)
	require.ErrorContains(t, err, "permission denied")
	for _, pool := range []string{"api", "worker"} {
		by := r.API
		if pool == "worker" {
			by = r.Worker
		}
		for _, sql := range []string{"UPDATE data_key SET wrapped = NULL", "UPDATE document SET sealed = ''", "INSERT INTO erasure SELECT * FROM erasure", "SELECT words_expired($1, 'advice', NULL) WHERE $1::uuid IS NOT NULL"} {
			args := []any{}
			if sql[:6] == "SELECT" {
				args = append(args, a.ID)
			}
			_, err := by.Exec(ctx, sql, args...)
			require.ErrorContains(t, err, "permission denied", "%s: %s", pool, sql)
		}
	}
	err = db.Within(ctx, r.API, counselled, ags.Area{aachen}, func(q *db.Queries) error {
		return q.AddDataKey(ctx, db.AddDataKeyParams{FileID: a.ID, Compartment: advice.GoalsFile, AGS: aachen})
	})
	require.ErrorContains(t, err, "nothing says")
	require.NoError(t, db.New(r.Worker).DestroyWords(ctx, a.ID), "nothing is due")
	require.Equal(t, 1, one[int](t, r.Owner, whole, advice.ClientNotes))

	for _, sql := range []string{ // an owner who takes the locks away is found
		"ALTER TABLE data_key DISABLE TRIGGER USER; UPDATE data_key SET wrapped = NULL WHERE compartment = 'client_notes'; ALTER TABLE data_key ENABLE TRIGGER USER",
		"INSERT INTO erasure SELECT id, file_id, digest, 'retention', 'system', now(), 'system', now(), false, '' FROM document WHERE compartment = 'advice'",
	} {
		_, err := r.Owner.Exec(ctx, sql)
		require.NoError(t, err, sql)
	}
	var broken []string
	for _, b := range must(db.New(r.Owner).ListBrokenAudit(ctx, 10)) {
		broken = append(broken, b.Ledger)
	}
	require.ElementsMatch(t, []string{"data_key", "erasure"}, broken)
}

// Whoever stores something while its compartment is destroyed either comes before, and it goes too, or is refused.
func TestWhatIsStoredMeanwhileIsDestroyedToo(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	a := withdrawn(t, r)
	m := &casetest.Maker{Salt: "meanwhile"}
	stored, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	goOn := sync.OnceFunc(func() { close(release) })
	t.Cleanup(goOn) // also of a test that fails
	go func() {
		done <- db.Within(ctx, r.API, counselled, ags.Area{aachen}, func(q *db.Queries) error {
			_, err := q.AddDocument(ctx, db.AddDocumentParams{
				ID: m.ID(), FileID: a.ID, AGS: aachen, Action: "note_as_client", Compartment: advice.ClientNotes, Author: counselled, Digest: "x", Sealed: []byte("sealed"), Tokens: []int64{7},
			})
			close(stored)
			<-release
			return err
		})
	}()
	<-stored
	var expired sync.WaitGroup
	expired.Go(func() { expire(t, r, a) })
	require.Eventually(t, func() bool {
		return one[int](t, r.Owner, "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") > 0
	}, 20*time.Second, time.Millisecond, "it waits for what is being stored")
	goOn()
	require.NoError(t, <-done)
	expired.Wait()
	require.Zero(t, one[int](t, r.Owner, "SELECT count(*)::int FROM document WHERE compartment = 'client_notes' AND (sealed <> '' OR tokens <> '{}')"))
	require.Equal(t, 2, one[int](t, r.Owner, "SELECT count(*)::int FROM erasure"))
}
