package verify_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/training/cohort"
	"koko/internal/casetest"
	"koko/internal/dbtest"
	"koko/internal/evidence/verify"
	"koko/internal/trainingtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// How an export reads the rows: the columns as the hash functions take them, as text.
const (
	selectAudit = `SELECT coalesce(encode(prior_hash, 'hex'), '') AS prior_hash, file_id::text, kind, version::text, ags, phase, places::text, ties::text, command_id, action, actor,
	((extract(epoch FROM at) * 1000000)::bigint)::text AS at, digest, veil, left(confided::text, 1), docs::text, state::text, salt::text, encode(hash, 'hex') AS hash, 0::bigint AS leaf, false AS withheld, false AS pending
	FROM audit ORDER BY file_id, version`
	selectAccess = `SELECT coalesce(encode(prior_hash, 'hex'), '') AS prior_hash, ags, seq::text, id, kind, actor,
	((extract(epoch FROM at) * 1000000)::bigint)::text AS at, action, rule, reason, coalesce(file_id::text, '') AS file_id,
	coalesce(version, 0)::text AS version, subject_id, digest, veil, salt::text, encode(hash, 'hex') AS hash, 0::bigint AS leaf, confided AS pending
	FROM access_log ORDER BY ags, seq`
)

func rows[T any](t *testing.T, r *dbtest.Record, sql string) []T {
	t.Helper()
	found, err := r.Owner.Query(context.Background(), sql)
	require.NoError(t, err)
	all, err := pgx.CollectRows(found, pgx.RowToStructByPos[T])
	require.NoError(t, err)
	return all
}

func TestTheHashesAreThoseOfPostgreSQL(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	m := &casetest.Maker{Salt: "pg"}
	c := conflict.Case{ID: m.ID(), AGS: municipal}
	for n, step := range m.Way() {
		c = r.Decide(t, c, step.By, step.Command, opened.Add(time.Duration(n)*(time.Hour+123457*time.Microsecond)))
	}
	tm := &trainingtest.Maker{Salt: "pg"}
	plan := tm.Plan(trainingtest.KoKo())
	require.NotEmpty(t, r.Run(t, cohort.Cohort{ID: tm.ID(), AGS: municipal}, trainingtest.CohortStep{By: casetest.Manager, Command: plan, At: tm.Begins()}).ID)

	ctx := context.Background()
	hostile := `{"b": "ä\u001f\"\\ \u2028 <&> 😀", "a": 1.50, "c": [1e3, null, true], "": {}}`
	for version, kind := range []string{"enrolment", "enrolment"} {
		_, err := r.Owner.Exec(ctx, `INSERT INTO audit (file_id, kind, version, ags, phase, places, ties, command_id, action, actor, at, digest, veil, docs, state, hash)
			VALUES ('00000000-0000-4000-8000-000000000001', $1, $2, $3, '', ARRAY[$3, 'b "c"'], ARRAY['a:b,{c}', '', 'NULL', 'ä\'], $4, '', 'Ärger \ '' "',
				'1969-12-31 23:59:59.999999+00', '', 'read_x', $5, $5, '')`,
			kind, version+1, municipal, "k"+string(rune('0'+version)), hostile)
		require.NoError(t, err)
	}
	audit := rows[verify.AuditEntry](t, r, selectAudit)
	require.GreaterOrEqual(t, len(audit), 20)
	kinds := map[string]bool{}
	for _, a := range audit {
		require.Equal(t, a.Hash, a.Recompute(), "%s %s %s", a.Kind, a.FileID, a.Version)
		kinds[a.Kind] = true
	}
	require.Len(t, kinds, 3)
	requireAccessHashes(t, r, c)
}

func requireAccessHashes(t *testing.T, r *dbtest.Record, c conflict.Case) {
	t.Helper()
	ctx := context.Background()
	for _, values := range []string{
		`('', 1, 'a', 'refusal', 'p-1', 'read_case', 'policy', '', NULL, NULL, '', '', '', '')`,
		`('', 1, 'b', 'read', 'Ä', 'read_case', '', 'aufsicht', '` + c.ID + `', 3, 'd', 'e', 'read_mediation', '')`,
		`('', 1, 'c', 'grant', 'p-1', 'grant', '', '', '` + c.ID + `', NULL, '', '', '', '')`,
	} {
		_, err := r.Owner.Exec(ctx, `INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, file_id, version, subject_id, digest, veil, hash) VALUES `+values)
		require.NoError(t, err)
	}
	access := rows[verify.AccessEntry](t, r, selectAccess)
	require.Len(t, access, 3)
	for _, a := range access {
		require.Equal(t, a.Hash, a.Recompute(), a.ID)
	}
}

func TestTheReceiptIsHashedAsConcatWSDoes(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	receipt := verify.Receipt{Digest: sum("x"), Reason: "consent_withdrawn", RequestedBy: "p-1", RequestedAt: "1772442000000000", ApprovedBy: "p-2", ApprovedAt: "1772442000000001"}
	const document, file = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	var hash string
	require.NoError(t, r.Owner.QueryRow(context.Background(), `SELECT encode(sha256(convert_to(concat_ws(E'\x1f', $1::uuid, $2::uuid, $3::text, $4::text, $5::text,
		(extract(epoch FROM '2026-03-02 09:00:00+00'::timestamptz) * 1000000)::bigint, $6::text,
		(extract(epoch FROM '2026-03-02 09:00:00.000001+00'::timestamptz) * 1000000)::bigint), 'UTF8')), 'hex')`,
		document, file, receipt.Digest, receipt.Reason, receipt.RequestedBy, receipt.ApprovedBy).Scan(&hash))
	require.Equal(t, hash, receipt.Recompute(document, file))
}
