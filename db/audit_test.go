package db_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

func TestNobodyChangesOrDeletesWhatIsEvidence(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	newCase(t, r, false)
	ctx := context.Background()
	for role, pool := range map[string]*pgxpool.Pool{"api": r.API, "worker": r.Worker} {
		for _, sql := range []string{
			"UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit CASCADE",
			"UPDATE access_log SET actor = 'x'", "DELETE FROM access_log", "TRUNCATE access_log",
			"UPDATE document SET author = 'x'", "DELETE FROM document", "TRUNCATE document CASCADE",
			"UPDATE file_document SET version = 9", "DELETE FROM file_document",
			"UPDATE data_key SET wrapped = ''", "DELETE FROM data_key", "DELETE FROM file", "TRUNCATE file CASCADE", "DELETE FROM role_grant",
			"ALTER TABLE audit DISABLE TRIGGER ALL", "DROP TABLE audit", "SET session_replication_role = replica",
			"CREATE TABLE mine ()", "CREATE OR REPLACE FUNCTION koko_area() RETURNS text[] STABLE LANGUAGE sql AS $$ SELECT NULL::text[] $$",
		} {
			_, err := pool.Exec(ctx, sql)
			var pg *pgconn.PgError
			require.ErrorAs(t, err, &pg, "%s: %s", role, sql)
			require.Equal(t, "42501", pg.Code, "%s: %s: %s", role, sql, pg.Message)
		}
	}
	for _, sql := range []string{
		"INSERT INTO audit (file_id) SELECT id FROM file", "UPDATE file SET phase = 'closed'", "INSERT INTO file SELECT * FROM file",
		"UPDATE role_grant SET area = '{05334002}'", "UPDATE role_grant SET role = 'supervisor'",
	} {
		_, err := r.API.Exec(ctx, sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
	for _, sql := range []string{"SELECT sealed FROM document", "SELECT wrapped FROM data_key", "SELECT * FROM access_log", "SELECT * FROM role_grant", "SELECT * FROM sessions"} {
		_, err := r.Worker.Exec(ctx, sql)
		require.ErrorContains(t, err, "permission denied", sql)
	}
}

// Whoever owns the database can change it, but not unnoticed.
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c := newCase(t, r, false)
	ctx := context.Background()
	for i := range 2 {
		require.NoError(t, db.New(r.API).AppendAccess(ctx, db.AppendAccessParams{ID: fmt.Sprint(i), Kind: "refusal", FileID: &c.ID}))
	}
	tampered := map[string][]string{
		"SELECT 1": nil,
		"UPDATE audit SET actor = 'x', hash = audit_hash(audit)": {"audit case/1", "audit case/2", "audit case/3"},
		"UPDATE audit SET actor = 'x' WHERE version = 2; UPDATE audit SET hash = audit_hash(audit) WHERE version = 2": {
			"audit case/3",
		},
		"DELETE FROM audit WHERE version = 3":                                              {"file case/3"},
		"DELETE FROM audit WHERE version = 2":                                              {"audit case/3"},
		"UPDATE file SET version = 2, state = (SELECT state FROM audit WHERE version = 2)": {"file case/2"},
		"DELETE FROM file": {"file case/3"},
		"UPDATE access_log SET actor = 'x' WHERE seq = 2":                        {"access_log 05334002/2"},
		"UPDATE access_log SET reason = 'x' WHERE seq = 2":                       {"access_log 05334002/2"},
		"UPDATE access_log SET at = at - interval '1 microsecond' WHERE seq = 2": {"access_log 05334002/2"},
		"DELETE FROM access_log WHERE seq = 2":                                   {"access_log 05334002/3"},
		"UPDATE access_log SET hash = sha256('x') WHERE seq = 2":                 {"access_log 05334002/2", "access_log 05334002/3"},
		"UPDATE document SET digest = 'x' WHERE action = 'triage'":               {"document doc"},
		"DELETE FROM document WHERE action = 'triage'":                           {"document doc"},
		"DELETE FROM file_document WHERE action = 'triage'":                      {"document doc"},
	}
	for _, set := range []string{
		"actor = 'x'", "at = at + interval '1 microsecond'", "digest = 'x'", "command_id = 'x'", "action = 'triage'", "ags = '05314000'", "phase = 'x'",
		"places = places || '{05314000}'", "ties = '{}'", "veil = 'x'", "state = jsonb_set(state::jsonb, '{assignee}', '\"x\"')", "salt = gen_random_uuid()",
	} {
		tampered["UPDATE audit SET "+set+" WHERE version = 2"] = []string{"audit case/2"}
	}
	tampered["UPDATE audit SET docs = '[{}]' WHERE version = 2"] = []string{"audit case/2", "document "}
	tampered["UPDATE audit SET kind = 'cohort' WHERE version = 2"] = []string{"audit case/2", "audit case/3"}
	tampered["UPDATE audit SET kind = 'cohort' WHERE version = 3"] = []string{"audit case/3", "file case/3"}
	for _, set := range []string{
		"kind = 'cohort'", "ags = '05314000'", "places = places || '{05314000}'", "phase = 'closed'", "ties = '{}'", "ties = ties || '{assigned:x}'",
		"changed = changed + interval '1 second'", "state = jsonb_set(state, '{notes}', '7')",
	} {
		tampered["UPDATE file SET "+set] = []string{"file case/3"}
	}
	for _, set := range []string{"rule = 'x'", "veil = 'x'", "subject_id = 'x'", "file_id = NULL"} {
		tampered["UPDATE access_log SET "+set+" WHERE seq = 2"] = []string{"access_log 05334002/2"}
	}
	for sql, want := range tampered {

		t.Run(sql, func(t *testing.T) {
			tx, err := r.Owner.Begin(ctx)
			require.NoError(t, err)
			defer func() { require.NoError(t, tx.Rollback(ctx)) }()
			// Neither keys nor triggers nor rules hold an owner up.
			_, err = tx.Exec(ctx, "SET LOCAL session_replication_role = replica; ALTER TABLE file DROP CONSTRAINT file_check, DROP CONSTRAINT file_check1; "+
				"ALTER TABLE audit DROP CONSTRAINT audit_check; "+sql)
			require.NoError(t, err)

			broken, err := db.New(tx).ListBrokenAudit(ctx, 100)
			require.NoError(t, err)
			var got []string
			for _, b := range broken {
				e := b.Entry
				if len(e) > 36 && e[:36] == c.ID {
					e = "case" + e[36:]
				}
				if e == c.Triage.Docs.Docs[0].ID {
					e = "doc"
				}
				got = append(got, b.Ledger+" "+e)
			}
			require.Equal(t, want, got)
		})
	}
}

// The audit of all kinds of files is one table, and a file keeps its kind.
func TestAFileKeepsItsKind(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &casetest.Maker{Salt: "kind"}
	c := reported(t, r, m, aachen, at)
	entry := db.AppendAuditParams{
		FileID: m.ID(), Kind: "thing", Version: 1, AGS: aachen, Places: ags.Area{aachen}, Ties: []string{}, CommandID: "k1", At: at, Docs: []file.Doc{}, State: []byte("{}"), Salt: uuid.NewString(),
	}
	of := func(id string, k file.Kind, version int32) db.AppendAuditParams {
		e := entry
		e.FileID, e.Kind, e.Version, e.CommandID = id, k, version, fmt.Sprint("k", version)
		return e
	}
	q := db.New(r.Worker)
	for _, e := range []db.AppendAuditParams{entry, of(entry.FileID, "thing", 2), of(m.ID(), "other", 1)} {
		require.EqualValues(t, 1, must(q.AppendAudit(ctx, e)))
	}
	_, err := q.AppendAudit(ctx, of(c.ID, "thing", 2))
	require.ErrorContains(t, err, "thing "+c.ID+" has no version 1 to follow")
	require.Zero(t, must(q.AppendAudit(ctx, of(c.ID, "thing", 1))), "the id is taken")
	lost := of(m.ID(), "thing", 1)
	lost.AGS = bonn
	_, err = q.AppendAudit(ctx, lost)
	require.ErrorContains(t, err, "audit_check", "a file lies in its own municipality")
	require.Empty(t, must(q.ListTransitions(ctx, db.ListTransitionsParams{FileID: entry.FileID, Kind: "other"})))
	require.Len(t, must(q.ListTransitions(ctx, db.ListTransitionsParams{FileID: entry.FileID, Kind: "thing"})), 2)
	broken := must(db.New(r.Owner).ListBrokenAudit(ctx, 10))
	require.Equal(t, []string{"file", "file"}, []string{broken[0].Ledger, broken[1].Ledger}, "neither has a row")
	require.Len(t, broken, 2)
	require.NoError(t, q.SaveFile(ctx, db.SaveFileParams{
		ID: c.ID, Kind: "thing", AGS: aachen, Places: ags.Area{aachen}, Ties: []string{}, Facets: []byte("{}"), Opened: at, Changed: at, Version: 9,
		State: fmt.Appendf(nil, `{"id": %q, "ags": "05334002", "version": 9}`, c.ID),
	}))
	require.Equal(t, conflict.Kind, must(q.FileByID(ctx, c.ID)).Kind, "another kind's row is not overwritten")
	_, err = r.Owner.Exec(ctx, "BEGIN; SET LOCAL session_replication_role = replica; UPDATE audit SET kind = 'other' WHERE kind = 'thing'; COMMIT")
	require.NoError(t, err)
	broken = must(db.New(r.Owner).ListBrokenAudit(ctx, 10))
	require.Equal(t, []string{"audit", "audit"}, []string{broken[0].Ledger, broken[1].Ledger}, "the kind is part of what is proven")
}

func TestTheAccessLogIsOneChainUnderManyWriters(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	var writers sync.WaitGroup
	for i := range 20 {
		writers.Go(func() {
			for j := range 10 {
				id := fmt.Sprint("e", (i/2)*10+j) // each by two writers
				assert.NoError(t, db.New(r.API).AppendAccess(ctx, db.AppendAccessParams{ID: id, AGS: string(aachen), Kind: "refusal", Actor: id}))
			}
		})
	}
	writers.Wait()
	require.Equal(t, 100, one[int](t, r.Owner, "SELECT count(*)::int FROM access_log"))
	require.Equal(t, 100, one[int](t, r.Owner, "SELECT max(seq)::int FROM access_log WHERE ags = '05334002'"))
	require.Zero(t, one[int](t, r.Owner, "SELECT count(*)::int FROM broken_audit"))
	require.Equal(t, 1, one[int](t, r.Owner, "SELECT count(*)::int FROM access_log WHERE prior_hash IS NULL"))
}

func TestARepeatedEntryIsOneEntry(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	for _, actor := range []string{"first", "second"} {
		require.NoError(t, db.New(r.API).AppendAccess(ctx, db.AppendAccessParams{ID: "one", AGS: string(aachen), Kind: "read", Actor: actor}))
	}
	require.Equal(t, "first 1", one[string](t, r.Owner, "SELECT string_agg(actor || ' ' || seq, ',') FROM access_log"))
}

// A stranger's attempt stands where the case's own supervisors look for it.
func TestAnEntryIsFiledUnderTheCasesOwnMunicipality(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "filed"}
	ctx := context.Background()
	c := reported(t, r, m, aachen, at)
	err := db.Within(ctx, r.API, casetest.Stranger, ags.Area{bonn}, func(q *db.Queries) error {
		return q.AppendAccess(ctx, db.AppendAccessParams{ID: "known", AGS: string(bonn), Kind: "refusal", Actor: casetest.Stranger, FileID: &c.ID})
	})
	require.NoError(t, err)
	nobody := m.ID()
	require.NoError(t, db.New(r.API).AppendAccess(ctx, db.AppendAccessParams{ID: "unknown", AGS: string(bonn), Kind: "refusal", FileID: &nobody}))
	require.NoError(t, db.New(r.API).AppendAccess(ctx, db.AppendAccessParams{ID: "none", AGS: string(bonn), Kind: "grant"}))
	require.NoError(t, db.New(r.API).AppendAccess(ctx, db.AppendAccessParams{ID: "nowhere", AGS: "99999999", Kind: "refusal"}))
	for id, want := range map[string]string{"known": string(aachen), "unknown": "", "none": string(bonn), "nowhere": ""} {
		require.Equal(t, want, one[string](t, r.Owner, "SELECT ags FROM access_log WHERE id = $1", id), id)
	}

	var history []db.HistoryRow
	within(t, r.API, ags.Area{aachen}, func(q *db.Queries) {
		history, err = q.ListHistory(ctx, everywhere, db.HistoryFilter{Kind: conflict.Kind, FileID: c.ID, BeforeAt: at.AddDate(100, 0, 0)}, 10)
		require.NoError(t, err)
	})
	require.Len(t, history, 2)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The latest comes first, and pages follow each other without gap or repetition.
func TestHistoryHasDecisionsRefusalsAndReads(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "history"}
	ctx := context.Background()
	c := walk(t, r, m, aachen, 5)
	for i, kind := range []string{"refusal", "read", "read"} {
		require.NoError(t, db.New(r.API).AppendAccess(ctx, db.AppendAccessParams{ID: fmt.Sprint(i), Kind: kind, Actor: "a", Rule: "r", FileID: &c.ID, Version: new(int32(c.Version))}))
	}
	page := func(before time.Time, entry string, size int) (rows []db.HistoryRow) {
		within(t, r.API, ags.Area{aachen}, func(q *db.Queries) {
			var err error
			rows, err = q.ListHistory(ctx, everywhere, db.HistoryFilter{Kind: conflict.Kind, FileID: c.ID, BeforeAt: before, BeforeEntry: entry}, size)
			require.NoError(t, err)
		})
		return rows
	}
	whole := page(at.AddDate(100, 0, 0), "", 100)
	require.Len(t, whole, 8)
	for i, row := range whole[1:] {
		require.False(t, row.At.After(whole[i].At))
	}
	var pages []db.HistoryRow
	for rows := page(at.AddDate(100, 0, 0), "", 3); len(rows) > 0; {
		pages = append(pages, rows...)
		last := rows[len(rows)-1]
		rows = page(last.At, last.Entry, 3)
	}
	require.Equal(t, whole, pages)
	var actions []file.Action
	for _, row := range whole {
		if row.Kind == "decision" {
			actions = append(actions, row.Action)
		}
	}
	require.Equal(t, []file.Action{
		conflict.ActionDecideMandate, conflict.ActionRecordClearing, conflict.ActionTriage, conflict.ActionAssign, conflict.ActionReportSignal,
	}, actions)
}

// What the record says at the end is what its entries add up to.
func TestTheCaseIsItsLastEntry(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "fold"}
	c := walk(t, r, m, aachen, len((&casetest.Maker{}).Way()))
	var got conflict.Case
	within(t, r.API, ags.Area{aachen}, func(q *db.Queries) {
		require.NoError(t, json.Unmarshal(must(q.GetFile(context.Background(), everywhere, conflict.Kind, c.ID)), &got))
	})
	require.Equal(t, c, got)
	rows := must(db.New(r.Worker).ListTransitions(context.Background(), db.ListTransitionsParams{FileID: c.ID, Kind: conflict.Kind}))
	again := &casetest.Maker{Salt: "fold"}
	fold := conflict.Case{ID: again.ID(), AGS: aachen}
	for i, s := range again.Way() {
		var then conflict.Case
		require.NoError(t, json.Unmarshal(rows[i].State, &then))
		next, err := fold.Decide(s.Command, s.By, then.Changed)
		require.NoError(t, err)
		fold = next
		require.Equal(t, fold, then)
		require.Equal(t, file.Digest(s.Command), rows[i].Digest)
	}
	require.Equal(t, fold, got)
}
