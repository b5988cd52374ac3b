package db_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/db/reference"
	"koko/domain/ags"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/dbtest"
	"koko/internal/trainingtest"
)

// reissued is a course whose certificate was issued anew, and that one revoked.
func reissued(t *testing.T, r *dbtest.Record, salt string) course {
	t.Helper()
	x := newCourse(t, r, salt)
	again := x.m.Reissue(x.e.Certificates[0].Code)
	x.e = r.Enrol(t, x.e,
		trainingtest.Step{By: trainingtest.Certifier, At: x.e.Changed.Add(time.Hour), Command: again},
		trainingtest.Step{By: trainingtest.Certifier, At: x.e.Changed.Add(2 * time.Hour), Command: x.m.Revoke(again.Code)})
	return x
}

func TestNobodyChangesTheRegister(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	reissued(t, r, "register")
	ctx := context.Background()
	refused := func(role string, pool *pgxpool.Pool, statements ...string) {
		for _, sql := range statements {
			_, err := pool.Exec(ctx, sql)
			var pg *pgconn.PgError
			require.ErrorAs(t, err, &pg, "%s: %s", role, sql)
			require.Equal(t, "42501", pg.Code, "%s: %s: %s", role, sql, pg.Message)
		}
	}
	for role, pool := range map[string]*pgxpool.Pool{"api": r.API, "worker": r.Worker} {
		refused(role, pool,
			"UPDATE certificate SET minutes = 1", "DELETE FROM certificate", "TRUNCATE certificate CASCADE",
			"UPDATE certificate_revocation SET reason = 'x'", "DELETE FROM certificate_revocation", "TRUNCATE certificate_revocation",
			"SELECT * FROM certificate_counter", "UPDATE certificate_counter SET last = 0", "DELETE FROM certificate_counter",
			"UPDATE curriculum SET content = '{}'", "DELETE FROM curriculum", "TRUNCATE curriculum",
			"DELETE FROM file", "DELETE FROM notification", "DELETE FROM calendar_feed",
			"ALTER TABLE certificate DISABLE TRIGGER ALL", "DROP TABLE certificate", "SELECT certificate_allot()",
			"SELECT * FROM broken_register")
	}
	refused("api", r.API, "SELECT * FROM broken_audit", "INSERT INTO certificate (code) VALUES ('x')", "INSERT INTO certificate_revocation (code) VALUES ('x')",
		"UPDATE file SET phase = 'certified'", "INSERT INTO file (id) VALUES (NULL)",
		"INSERT INTO notification (recipient) VALUES ('x')", "UPDATE notification SET recipient = 'x'", "UPDATE calendar_feed SET subject = 'x'",
		"SELECT recipients('{}', '{}', '{}', '{coordinator}', NULL, '05334002')", "SELECT * FROM holding")
	refused("worker", r.Worker, "SELECT * FROM notification", "UPDATE notification SET read_at = now()", "SELECT * FROM calendar_feed",
		"INSERT INTO calendar_feed (subject) VALUES ('x')", "INSERT INTO curriculum (id) VALUES ('x')",
		"SELECT calendar_subject('x')", "SELECT public_certificate('x')", "SELECT revoked_indexes()", "SELECT tied_files('enrolment', '{x}')",
		"SELECT worded_files('case', '{1}', '{case}')", "SELECT tied_at('{}', 'runs', now())")
}

// The year is that of Berlin, and who registers a certificate does not choose its number.
func TestNumbersAreAllotted(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &trainingtest.Maker{Salt: "numbers"}
	c := r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Plan(trainingtest.KoKo())})
	e := r.Enrol(t, enrolment.Enrolment{ID: m.ID()}, m.Way(c, enrolment.Applied)...)
	add := func(q db.DBTX, issued time.Time) (number string, index int) {
		require.NoError(t, q.QueryRow(ctx, `INSERT INTO certificate (code, number, status_index, file_id, ags, kind, issued, curriculum, curriculum_version, minutes, evidence, reason)
			VALUES ($1, 'mine', 77, $2, $3, 'zertifikat', $4, 'koko', 1, 1, '', '') RETURNING number, status_index`, m.Code(), e.ID, town, issued).Scan(&number, &index))
		return number, index
	}
	eve := time.Date(2026, 12, 31, 22, 59, 59, 0, time.UTC)
	for i, tc := range []struct {
		at   time.Time
		want string
	}{
		{eve, "KOKO-2026-0001"}, {eve.Add(time.Second), "KOKO-2027-0001"}, {eve, "KOKO-2026-0002"}, {eve.AddDate(1, 0, 0), "KOKO-2027-0002"},
	} {
		if i == 2 {
			failed := must(r.Worker.Begin(ctx))
			number, index := add(failed, eve)
			require.Equal(t, "KOKO-2026-0002 2", fmt.Sprint(number, " ", index))
			require.NoError(t, failed.Rollback(ctx))
		}
		number, index := add(r.Worker, tc.at)
		require.Equal(t, tc.want, number)
		require.Equal(t, i, index)
	}
	require.Equal(t, "KOKO-2026-12345", one[string](t, r.Owner, "SELECT certificate_number(2026, 12345)"), "more than four digits are not cut")
}

// Whoever has a code sees what it attests, and nothing personal.
func TestCertificatesArePublic(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	x := reissued(t, r, "public")
	first, second := x.e.Certificates[0], x.e.Certificates[1]
	q := db.New(r.API) // without any scope
	got := must(q.PublicCertificate(ctx, first.Code))
	require.True(t, got.Issued.Equal(first.At))
	got.Issued = time.Time{}
	require.Equal(t, db.PublicCertificate{
		Code: first.Code, Number: "KOKO-2026-0001", Kind: enrolment.FullCertificate, Curriculum: "koko", CurriculumVersion: 1,
		Minutes: int32(first.Minutes), Evidence: first.Evidence, SupersededBy: second.Code, SupersededReason: "namensaenderung",
	}, got)
	got = must(q.PublicCertificate(ctx, second.Code))
	require.Equal(t, second.Revoked.At, got.RevokedAt.UTC())
	require.Equal(t, []any{enrolment.RevocationReason("irrtum"), int32(1), ""}, []any{got.RevokedReason, got.StatusIndex, got.SupersededBy})
	require.Equal(t, []int32{1}, must(q.RevokedIndexes(ctx)))
	for _, code := range []string{"", "%", x.e.ID, strings.ToLower(first.Code)} {
		_, err := q.PublicCertificate(ctx, code)
		require.ErrorIs(t, err, pgx.ErrNoRows)
	}
	shown := one[string](t, r.API, "SELECT string_agg(p::text, ' ') FROM public_certificate($1) p", second.Code)
	for _, hidden := range []string{x.e.ID, string(x.e.AGS), x.e.Trainee, x.e.LineManager, x.c.ID} {
		require.NotContains(t, shown, hidden)
	}
	require.Zero(t, one[int](t, r.API, "SELECT count(*)::int FROM certificate"), "the register itself is not public")
	require.Zero(t, one[int](t, r.API, "SELECT count(*)::int FROM certificate_revocation"))

	within(t, r.API, ags.Area{town}, func(q *db.Queries) {
		rows := must(q.ListCertificates(ctx, allOfTraining, x.e.ID))
		require.Len(t, rows, 2)
		require.Equal(t, []any{second.Code, "", &first.Code, "irrtum"}, []any{rows[0].SupersededBy, string(rows[0].RevokedReason), rows[1].Supersedes, string(rows[1].RevokedReason)})
	})
}

// Whoever owns the database can change the register and the files, but not unnoticed.
func TestTamperingWithTrainingIsFound(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	x := reissued(t, r, "tampering")
	first, second := x.e.Certificates[0].Code, x.e.Certificates[1].Code
	e, c := fmt.Sprint("file ", x.e.ID, "/", x.e.Version), fmt.Sprint("file ", x.c.ID, "/", x.c.Version)
	both := []string{"certificate " + first, "certificate " + second}
	cases := map[string][]string{
		"SELECT 1": nil,
		"DELETE FROM certificate WHERE status_index = 1":                                        {"certificate " + second, "certificate " + second},
		"DELETE FROM certificate WHERE status_index = 0":                                        both,
		"DELETE FROM certificate_revocation":                                                    {"certificate " + second},
		"INSERT INTO certificate_revocation VALUES ('x', now(), 'irrtum')":                      {"certificate x"},
		"UPDATE certificate_revocation SET reason = 'taeuschung'":                               {"certificate " + second},
		"UPDATE certificate_revocation SET at = at + interval '1 second'":                       {"certificate " + second},
		"UPDATE certificate_revocation SET code = '" + first + "'":                              both,
		"UPDATE certificate SET status_index = status_index + 5":                                both,
		"UPDATE certificate SET number = 'KOKO-2026-0007' WHERE status_index = 0":               {"certificate " + first},
		"UPDATE file SET state = state - 'certificates' WHERE kind = 'enrolment'":               append(both, e),
		"UPDATE curriculum SET content = jsonb_set(content, '{id}', '\"x\"') WHERE id = 'koko'": {"curriculum koko/1"},
		"UPDATE curriculum SET version = 3 WHERE id = 'koko'":                                   {"curriculum koko/3"},
		"DELETE FROM file WHERE kind = 'enrolment'":                                             append(both, e),
		"DELETE FROM file WHERE kind = 'cohort'":                                                {c},
		"UPDATE file SET places = '{05999001}' WHERE kind = 'cohort'":                           {c},
		"UPDATE file SET ties = '{}' WHERE kind = 'enrolment'":                                  {e},
	}
	for _, set := range []string{
		"ags = '05314000'", "kind = 'teilnahmebescheinigung'", "issued = issued + interval '1 second'", "curriculum = 'x'",
		"curriculum_version = 2", "minutes = 1", "evidence = 'x'", "supersedes = 'x', reason = 'fehlerkorrektur'", "code = 'x'", "file_id = '" + x.c.ID + "'",
	} {
		want := []string{"certificate " + first}
		switch {
		case strings.HasPrefix(set, "code"):
			want = append(want, "certificate x")
		case strings.HasPrefix(set, "file_id"):
			want = append(want, "certificate "+first)
		}
		cases["UPDATE certificate SET "+set+" WHERE status_index = 0"] = want
	}
	for sql, want := range cases {
		t.Run(sql, func(t *testing.T) {
			tx, err := r.Owner.Begin(ctx)
			require.NoError(t, err)
			defer func() { require.NoError(t, tx.Rollback(ctx)) }()
			// Neither keys nor triggers nor rules hold an owner up.
			_, err = tx.Exec(ctx, `SET LOCAL session_replication_role = replica;
				ALTER TABLE file DROP CONSTRAINT file_check, DROP CONSTRAINT file_check1;
				ALTER TABLE curriculum DROP CONSTRAINT curriculum_check, DROP CONSTRAINT curriculum_id_prior_fkey;`+sql)
			require.NoError(t, err)
			var got []string
			for _, b := range must(db.New(tx).ListBrokenAudit(ctx, 100)) {
				got = append(got, b.Ledger+" "+b.Entry)
			}
			require.ElementsMatch(t, want, got)
		})
	}
}

// A curriculum that was shipped never changes: a new version is a new file. Whoever changes one of
// these digests breaks the word that was given to trainees.
func TestShippedCurriculaDoNotChange(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	digests := map[string]string{}
	for _, c := range reference.Curricula() {
		b, err := json.Marshal(c)
		require.NoError(t, err)
		digests[fmt.Sprint(c.ID, ".v", c.Version)] = fmt.Sprintf("%x", sha256.Sum256(b))
		require.Equal(t, c, must(db.New(r.API).GetCurriculum(ctx, db.GetCurriculumParams{ID: c.ID, Version: int32(c.Version)})).Content)
		require.NotContains(t, string(b), "CAS")
		require.NotContains(t, strings.ToLower(string(b)), "mediator")
		minutes := 0
		for _, u := range c.Terms().Units {
			minutes += u.Minutes
		}
		require.Equal(t, 80*60, minutes)
	}
	require.Equal(t, map[string]string{
		"koko.v1":      "6ec1a91ffd19ba6bb2a6c149e702c1bbcefd803f6d5d4e9f8e39e5a87f4f233c",
		"kursreihe.v1": "20ff2efbfb9c77c29cebae3ea83339831e4c73bab2877fddc94941691e4b171a",
	}, digests)

	_, err := r.Owner.Exec(ctx, "UPDATE curriculum SET published_by = 'certifier' WHERE id = 'koko'")
	require.NoError(t, err)
	require.NoError(t, db.Migrate(ctx, r.URL("koko"), nil))
	require.Equal(t, "certifier", must(db.New(r.API).GetCurriculum(ctx, db.GetCurriculumParams{ID: "koko", Version: 1})).PublishedBy, "what stands is not touched")
}
