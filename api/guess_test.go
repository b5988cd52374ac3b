package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/domain/advice"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/evidence/verify"
)

// recorded are the entries of a file, whole.
func (w *world) recorded(id string) []verify.AuditEntry {
	w.t.Helper()
	rows, err := w.rec.Owner.Query(context.Background(), `SELECT coalesce(encode(prior_hash, 'hex'), '') AS prior_hash, file_id::text, kind, version::text, ags, phase,
		places::text, ties::text, command_id, action, actor, ((extract(epoch FROM at) * 1000000)::bigint)::text AS at, digest, veil, left(confided::text, 1) AS confided,
		docs::text, state::text, salt::text, encode(hash, 'hex') AS hash FROM audit WHERE file_id = $1 ORDER BY audit.version`, id)
	require.NoError(w.t, err)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[verify.AuditEntry])
	require.NoError(w.t, err)
	require.NotEmpty(w.t, all)
	return all
}

// guesses are digests that somebody would make who has guessed all of an entry but its salt, and the salt.
func guesses(t *testing.T, e verify.AuditEntry) []string {
	t.Helper()
	require.Equal(t, e.Hash, e.Recompute(), "with the salt it is right")
	all := []string{e.Salt, e.Digest, sum(e.State), sum(respelled(t, e.State))}
	if e.Docs != "[]" {
		all = append(all, sum(e.Docs))
	}
	e.Salt = ""
	return append(all, e.Recompute())
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func respelled(t *testing.T, s string) string {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(s), &v))
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// Whoever may not see what a decision says cannot find it out by trying: nothing that they are shown is a digest of
// it alone. The best guess is the truth itself, so the truth is what is tried.
func TestNobodyGuessesWhatIsWithheld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	w.post(manager, casePath(c)+"/assign", object{"assignee": manager}, "If-Match", tag(1)).refused(http.StatusPreconditionFailed, "stale", "version")
	ids := w.shelveCase("case-" + c.ID)
	var shown []string
	for _, path := range []string{"/history?limit=200", "/timeline?limit=200", "/runs", "/runs/" + ids[0] + "/events?limit=500", "/proof?version=2", ""} {
		shown = append(shown, w.get(dpo, casePath(c)+path).body)
	}
	shown = append(shown, w.get(dpo, "/api/v1/access-log?limit=200").body, w.get(dpo, "/api/v1/differences").body)
	all := strings.Join(shown, "\n")
	for _, e := range w.recorded(c.ID) {
		require.Contains(t, all, e.Hash, "version %s is told of", e.Version)
		for i, guess := range guesses(t, e) {
			require.NotContains(t, all, guess, "guess %d of version %s", i, e.Version)
		}
	}
	refused := file.Digest(conflict.Assign{Assignee: manager})
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND rule = 'version' AND file_id = $1 AND digest NOT IN ('', $2) AND id NOT LIKE '%' || $2 || '%'", c.ID, refused))
	require.NotContains(t, all+string(w.sealed(supervisor, casePath(c))), refused)
}

func TestNobodyGuessesWhatASealedFileWithholds(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised(advice.Coaching, "note-as-client")
	sealed := w.sealed(adviceCoordinator, advicePath(a.ID))
	recorded, withheld := w.recorded(a.ID), 0
	for i, e := range entriesOf(t, w.proven(sealed), sealed).Audit {
		if !e.Withheld {
			require.Equal(t, recorded[i].Salt, e.Salt)
			continue
		}
		withheld++
		require.Equal(t, verify.AuditEntry{PriorHash: e.PriorHash, FileID: a.ID, Kind: e.Kind, Version: e.Version, Hash: recorded[i].Hash, Leaf: e.Leaf, Withheld: true}, e)
		for n, guess := range guesses(t, recorded[i]) {
			require.NotContains(t, string(sealed), guess, "guess %d of version %s", n, e.Version)
		}
	}
	require.NotZero(t, withheld)
}
