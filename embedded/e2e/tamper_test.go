package e2e

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"koko/internal/evidence/runs"
)

// ledgerCheck computes the whole log again, as an operator does.
func (s *stack) ledgerCheck(t *testing.T, args ...string) (string, int) {
	t.Helper()
	return s.exits(t, append([]string{"ledger", "check", "--ledger-key-file", filepath.Join(s.dir, "ledger-key.json")}, args...)...)
}

func (s *stack) sealedFile(t *testing.T, login, id string) []byte {
	t.Helper()
	r, err := s.send(request{login: login, method: http.MethodPost, path: casesPath + "/" + id + "/sealed?reason=rechtsstreit"})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.status, "%s", r.body)
	return r.body
}

// file keeps content for a command to read.
func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

// byHand does what the database's owner can do, with every trigger and every key off.
func (r record) byHand(t *testing.T, sql string, args ...any) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), "SET LOCAL session_replication_role = replica"); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), sql, args...)
		return err
	}))
}

// columns are those that can be written.
func (r record) columns(t *testing.T, table string) (names string) {
	t.Helper()
	require.NoError(t, r.pool.QueryRow(t.Context(),
		"SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns WHERE table_name = $1 AND is_generated = 'NEVER'", table).Scan(&names))
	return names
}

// oneWithRuns is a case of which a run is kept.
func (r record) oneWithRuns(t *testing.T) (id string) {
	t.Helper()
	require.NoError(t, r.pool.QueryRow(t.Context(), `SELECT c.id::text FROM file c JOIN run_history h ON h.file_id = c.id
		WHERE c.kind = 'case' AND c.ags = $1 AND c.version > 4 AND h.events > 10 ORDER BY c.opened LIMIT 1`, musterhausen).Scan(&id))
	return id
}

// dropEvent takes an event out of the first kept run of a case, and makes sum and seal anew.
func (r record) dropEvent(t *testing.T, id string, n int) {
	t.Helper()
	var run, sum string
	var data []byte
	require.NoError(t, r.pool.QueryRow(t.Context(),
		"SELECT run_id, sha256, data FROM run_history WHERE workflow_id = 'case-' || $1 ORDER BY started_at LIMIT 1", id).Scan(&run, &sum, &data))
	h, err := runs.Unpack(sum, data)
	require.NoError(t, err)
	h.Events = slices.Delete(h.Events, n-1, n)
	plain, err := proto.MarshalOptions{Deterministic: true}.Marshal(h)
	require.NoError(t, err)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err = w.Write(plain)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	r.byHand(t, "UPDATE run_history SET data = $2, sha256 = $3, events = events - 1 WHERE run_id = $1", run, packed.Bytes(), fmt.Sprintf("%x", sha256.Sum256(plain)))
	r.byHand(t, "UPDATE run_history r SET hash = run_history_hash(r) WHERE run_id = $1", run)
}

// public is what anybody may read.
func (s *stack) public(t *testing.T, path string) []byte {
	t.Helper()
	r, err := s.send(request{method: http.MethodGet, path: path})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, r.status)
	return r.body
}

// Every layer is tampered with by somebody who may do everything in the database, and each time it is
// found and named, by the means of whoever would look. What was done is undone before the next.
func TestEveryLayerThatIsTamperedWithIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	s := newStack(t, t.TempDir())
	r, supervisor := openRecord(t, s), "supervisor.musterhausen"
	out, said, ok := s.tool(t, "histories", "keep")
	require.True(t, ok, "%s%s", out, said)
	s.post(t, supervisor, "/api/v1/ledger/checkpoints", "", nil)
	kept := file(t, "checkpoint", s.public(t, "/ledger/checkpoint"))
	keys := file(t, "keys.json", s.public(t, "/.well-known/koko-ledger.json"))
	id := r.oneWithRuns(t)
	sealed := s.sealedFile(t, supervisor, id)
	var was struct {
		Decided  string `json:"decided"`
		Verified bool   `json:"verified"`
		From     int    `json:"undecided_from"`
	}
	s.get(t, supervisor, casesPath+"/"+id+"/versions/3?reason=fachaufsicht", &was)
	require.Equal(t, "yes", was.Decided)
	require.True(t, was.Verified)
	out, code := s.ledgerCheck(t, "--since-checkpoint", kept)
	require.Zero(t, code, out)

	for _, x := range []struct {
		name, table, where, sql string
		found                   func(t *testing.T)
	}{
		{
			"an entry and the whole chain after it, computed anew", "audit", "file_id = '" + id + "'",
			`DO $$ DECLARE a audit; BEGIN
				UPDATE audit SET actor = 'gefaelscht' WHERE file_id = '` + id + `' AND version = 3;
				FOR a IN SELECT * FROM audit WHERE file_id = '` + id + `' AND version >= 3 ORDER BY version LOOP
					a.prior_hash := (SELECT hash FROM audit WHERE file_id = a.file_id AND version = a.version - 1);
					UPDATE audit SET prior_hash = a.prior_hash, hash = audit_hash(a) WHERE file_id = a.file_id AND version = a.version;
				END LOOP;
			END $$`,
			func(t *testing.T) {
				require.Empty(t, r.broken(t), "the chain alone does not tell")
				out, code := s.ledgerCheck(t)
				require.Equal(t, 1, code, out)
				require.Contains(t, out, id+"/3")
				out, code = s.exits(t, "reconcile", "--file", id)
				require.Equal(t, 1, code, out)
				require.Contains(t, out, "gefaelscht")
			},
		},
		{
			"a state that nobody decided", "audit", "file_id = '" + id + "'",
			`UPDATE audit SET state = jsonb_set(state::jsonb, '{reporter_note}', '"x"') || jsonb_build_object('opened', '2020-01-01T00:00:00Z') WHERE file_id = '` + id + `' AND version = 3`,
			func(t *testing.T) {
				s.get(t, supervisor, casesPath+"/"+id+"/versions/3?reason=fachaufsicht", &was)
				require.Equal(t, "no", was.Decided)
				require.False(t, was.Verified)
				require.Equal(t, 3, was.From)
			},
		},
		{
			"an entry that is gone", "audit", "file_id = '" + id + "'", `DELETE FROM audit WHERE file_id = '` + id + `' AND version = 3`,
			func(t *testing.T) {
				out, code := s.ledgerCheck(t)
				require.Equal(t, 1, code, out)
				require.Contains(t, out, id+"/3")
			},
		},
		{
			"an access that is gone", "access_log", "chain = '" + musterhausen + "' AND seq = 5", `DELETE FROM access_log WHERE chain = '` + musterhausen + `' AND seq = 5`,
			func(t *testing.T) {
				out, code := s.ledgerCheck(t)
				require.Equal(t, 1, code, out)
				require.Contains(t, out, musterhausen+"/5")
			},
		},
		{
			"a forged checkpoint", "ledger_checkpoint", "id = 1", `UPDATE ledger_checkpoint SET root = sha256('x'), signed = convert_to(replace(convert_from(signed, 'UTF8'), encode(root, 'base64'), encode(sha256('x'), 'base64')), 'UTF8') WHERE id = 1`,
			func(t *testing.T) {
				out, code := s.ledgerCheck(t)
				require.Equal(t, 1, code, out)
				require.Regexp(t, "(?i)prüfpunkt|checkpoint", out)
			},
		},
		{
			"a leaf", "ledger_leaf", "log = 'main' AND idx = 7", `UPDATE ledger_leaf SET leaf = sha256('x') WHERE log = 'main' AND idx = 7`,
			func(t *testing.T) {
				out, code := s.ledgerCheck(t, "--since-checkpoint", kept)
				require.Equal(t, 1, code, out)
			},
		},
		{
			"a kept history that lacks an event, with its sum and its seal made anew", "run_history", "workflow_id = 'case-" + id + "'", "",
			func(t *testing.T) {
				require.Empty(t, r.broken(t), "the seal alone does not tell")
				out, code := s.ledgerCheck(t)
				require.Equal(t, 1, code, out)
				require.Contains(t, out, "case-"+id)
				var runs struct {
					Items []struct {
						Broken string `json:"broken"`
						SHA256 string `json:"sha256"`
					} `json:"items"`
				}
				s.get(t, supervisor, casesPath+"/"+id+"/runs?reason=fachaufsicht", &runs)
				require.Contains(t, runs.Items[0].Broken, "5", "the event that is not there")
			},
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			columns := r.columns(t, x.table)
			r.byHand(t, fmt.Sprintf("CREATE SCHEMA aside; CREATE TABLE aside.before AS SELECT %s FROM %s WHERE %s", columns, x.table, x.where))
			if x.sql != "" {
				r.byHand(t, x.sql)
			} else {
				r.dropEvent(t, id, 5)
			}
			x.found(t)
			r.byHand(t, fmt.Sprintf("DELETE FROM %s WHERE %s", x.table, x.where))
			r.byHand(t, fmt.Sprintf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %[2]s FROM aside.before", x.table, columns))
			r.byHand(t, "DROP SCHEMA aside CASCADE") // not among what KoKo made: that would be found, too
		})
	}

	t.Run("an edited export", func(t *testing.T) {
		out, said, ok := s.tool(t, "verify", "--keys", keys, file(t, "case.koko", sealed))
		require.True(t, ok, "%s%s", out, said)
		require.Contains(t, out, "BEWIESEN")
		edited := bytes.Clone(sealed)
		at := bytes.Index(edited, []byte(`"report_signal"`)) // the action of the first entry
		require.Positive(t, at)
		edited[at+1] ^= 1
		out, code := s.exits(t, "verify", "--keys", keys, file(t, "case.koko", edited))
		require.Equal(t, 1, code)
		require.Contains(t, out, "entries.json")
	})

	out, code = s.ledgerCheck(t, "--since-checkpoint", kept)
	require.Zero(t, code, "all is as it was: %s", out)
	out, code = s.exits(t, "reconcile", "--all")
	require.Zero(t, code, out)
}
