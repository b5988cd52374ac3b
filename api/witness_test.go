package api_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/api/evidence"
	"koko/internal/dbtest"
	"koko/internal/evidence/ledger"
	books "koko/internal/evidence/logbook"
	"koko/internal/evidence/verify"
	"koko/internal/evidence/witness"
)

// A town is a KoKo that is reached over HTTP, has a ledger and a neighbour.
type town struct {
	*world
	name   string
	url    string
	signer books.Signer
	ask    witness.Exchange
}

// towns are two KoKos that cosign each other's checkpoints: two records, two keys, two servers.
func towns(t *testing.T) (a, b *town) {
	t.Helper()
	a, b = newTown(t, "koko.aachen.example/ledger"), newTown(t, "koko.bonn.example/ledger")
	a.meet(b)
	b.meet(a)
	return a, b
}

func newTown(t *testing.T, name string) *town {
	t.Helper()
	w := newWorld(t)
	w.keys = dbtest.LedgerKeys(t, name, time.Now().Add(-time.Hour))
	s := httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) { w.handler.ServeHTTP(a, r) }))
	t.Cleanup(s.Close)
	client, err := witness.Client("")
	require.NoError(t, err)
	book := books.Book{Pool: w.rec.Worker}
	return &town{world: w, name: name, url: s.URL, signer: books.Signer{Book: book, KeyFile: w.keys}, ask: witness.Exchange{Book: book, HTTP: client}}
}

func (w *town) public() *ledger.Keys {
	w.t.Helper()
	keys, err := books.LoadKeys(w.keys)
	require.NoError(w.t, err)
	return keys
}

func (w *town) meet(other *town) {
	k := other.public()
	w.options.Witnesses = append(w.options.Witnesses, witness.Peer{
		Name: other.name, URL: other.url, Witnesses: true, Witnessed: true,
		Ledger: witness.Published{Origin: other.name, Keys: k.Public(), WitnessKeys: k.PublicWitness()},
	})
	w.ask.Peers = w.options.Witnesses
	w.restart()
}

// restart has another process answer.
func (w *town) restart() { w.handler = api.New(w.options) }

// happen makes n entries.
func (w *town) happen(n int) {
	w.t.Helper()
	for range n {
		w.get(admin, "/api/v1/access-log").refused(http.StatusForbidden, "forbidden", "role")
	}
}

func (w *town) checkpoint() books.Signed {
	w.t.Helper()
	signed, err := w.signer.Checkpoint(context.Background(), time.Now())
	require.NoError(w.t, err)
	return signed
}

// exchange asks the neighbour.
func (w *town) exchange() witness.Outcome {
	w.t.Helper()
	results, err := w.ask.Collect(context.Background(), time.Now())
	require.NoError(w.t, err)
	require.Len(w.t, results, 1)
	return results[0].Outcome
}

// cosigned is how many of the witnesses known to w cosigned what it signed last.
func (w *town) cosigned() int {
	w.t.Helper()
	latest, err := w.signer.Latest(context.Background())
	require.NoError(w.t, err)
	all, wrong := ledger.Cosignatures(latest.Note, w.options.Witnesses[0].Ledger.WitnessKeys)
	require.Empty(w.t, wrong)
	return len(all)
}

func (w *town) standing(as string) evidence.WitnessStanding {
	w.t.Helper()
	var list struct{ Items []evidence.WitnessStanding }
	w.get(as, "/api/v1/ledger/witnesses").ok(&list)
	require.Len(w.t, list.Items, 1)
	return list.Items[0]
}

// rewrite is what the administrator of the server can do: past every trigger, another leaf, all nodes
// above it, and the checkpoints signed again with the real key, without what others cosigned.
func (w *town) rewrite(index int64) {
	w.t.Helper()
	ctx, key := context.Background(), w.public().Active()
	require.NoError(w.t, pgx.BeginFunc(ctx, w.rec.Owner, func(tx pgx.Tx) error {
		do := func(sql string, args ...any) {
			_, err := tx.Exec(ctx, sql, args...)
			require.NoError(w.t, err, sql)
		}
		do("SET LOCAL session_replication_role = replica")
		do("UPDATE ledger_leaf SET leaf = sha256('nothing happened') WHERE log = 'main' AND idx = $1", index)
		rows, err := tx.Query(ctx, "SELECT leaf FROM ledger_leaf WHERE log = 'main' ORDER BY idx")
		require.NoError(w.t, err)
		leaves, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (ledger.Hash, error) {
			var b []byte
			err := r.Scan(&b)
			return ledger.Hash(b), err
		})
		require.NoError(w.t, err)
		nodes, _, _, err := ledger.Append(0, nil, leaves)
		require.NoError(w.t, err)
		do("DELETE FROM ledger_node WHERE log = 'main'")
		for _, n := range nodes {
			if n.Level > 0 {
				do("INSERT INTO ledger_node (level, idx, hash) VALUES ($1, $2, $3)", int16(n.Level), int64(n.Index), n.Hash[:])
			}
		}
		do("DELETE FROM ledger_cosignature")
		rows, err = tx.Query(ctx, "SELECT id, size, at FROM ledger_checkpoint")
		require.NoError(w.t, err)
		type checkpoint struct {
			ID, Size int64
			At       time.Time
		}
		all, err := pgx.CollectRows(rows, pgx.RowToStructByName[checkpoint])
		require.NoError(w.t, err)
		for _, c := range all {
			_, _, root, err := ledger.Append(0, nil, leaves[:c.Size])
			require.NoError(w.t, err)
			note, err := ledger.Sign(ledger.Checkpoint{Origin: w.name, Size: uint64(c.Size), Root: root, Time: c.At}, key)
			require.NoError(w.t, err)
			do("UPDATE ledger_checkpoint SET root = $2, signed = $3 WHERE id = $1", c.ID, root[:], note)
		}
		return nil
	}))
}

func TestTwoTownsCosignEachOther(t *testing.T) {
	t.Parallel()
	a, b := towns(t)
	require.Empty(t, a.standing(supervisor).Conflicts)
	for n := range 3 {
		for _, w := range []*town{a, b} {
			w.happen(n + 1)
			w.checkpoint()
			require.Equal(t, witness.Cosigned, w.exchange())
			require.Equal(t, 1, w.cosigned())
		}
	}
	s, seen := a.standing(supervisor), b.standing(dpo)
	require.EqualValues(t, "cosigned", s.Answer)
	require.Equal(t, s.Cosigned.Size, seen.Seen.Size)
	require.Empty(t, s.Conflicts)
	require.Zero(t, s.Behind)
	a.happen(2)
	a.checkpoint()
	require.EqualValues(t, 3, a.standing(supervisor).Behind, "two, and the reading of this page")
	require.Contains(t, a.get("", "/metrics").body, `koko_ledger_cosignature_age_seconds{witness="koko.bonn.example/ledger"}`)
}

// Cosign does what the workflow does.
func (w *town) Cosign(ctx context.Context) error {
	_, err := w.ask.Collect(ctx, time.Now())
	return err
}

func TestAnExportIsCosignedByTheNeighbour(t *testing.T) {
	t.Parallel()
	a, b := towns(t)
	a.options.Ledger = a
	a.restart()
	c := a.walk("record-clearing")
	file := a.sealed(manager, casePath(c))
	trust := verify.Trust{Keys: a.public().Public(), Witnesses: append(a.public().PublicWitness(), b.public().PublicWitness()...), Cosignatures: 1}
	r, err := verify.Check(bytes.NewReader(file), int64(len(file)), trust)
	require.NoError(t, err)
	require.Equal(t, verify.Proven, r.Verdict, "%v", r.Findings)
	require.Equal(t, b.name, r.Cosignatures[0].Witness)

	b.handler = http.NotFoundHandler()
	file = a.sealed(manager, casePath(c))
	r, err = verify.Check(bytes.NewReader(file), int64(len(file)), trust)
	require.NoError(t, err)
	require.Equal(t, []verify.Rule{verify.RuleCosignature}, []verify.Rule{r.Findings[0].Rule}, "it is handed out, and lacks what its checker asks for")
}

func TestARewrittenLogIsNotCosignedAndLeavesProof(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grows bool // before the neighbour is asked again
		kind  string
	}{
		"as long as before":    {false, "fork"},
		"with what came since": {true, "inconsistent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := towns(t)
			a.happen(5)
			a.checkpoint()
			require.Equal(t, witness.Cosigned, a.exchange())
			a.happen(4)
			honest := a.checkpoint()
			require.Equal(t, witness.Cosigned, a.exchange())

			a.rewrite(2)
			if c.grows {
				a.happen(1)
			}
			forged := a.checkpoint() // it continues what stands recorded: here nothing shows
			require.Equal(t, c.grows, forged.Checkpoint.Size > honest.Checkpoint.Size)
			require.NotEqual(t, honest.Checkpoint.Root, forged.Checkpoint.Root)

			b.restart()
			require.Equal(t, witness.Contradicted, a.exchange())
			require.Zero(t, a.cosigned())
			require.EqualValues(t, "contradicted", a.standing(supervisor).Answer)

			s := b.standing(admin)
			require.Equal(t, honest.Checkpoint.Size, s.Seen.Size)
			require.Len(t, s.Conflicts, 1)
			require.EqualValues(t, c.kind, s.Conflicts[0].Kind)
			require.False(t, s.Conflicts[0].Settled)
			before, _, err := ledger.Open([]byte(s.Conflicts[0].Before), a.public().Public())
			require.NoError(t, err)
			after, _, err := ledger.Open([]byte(s.Conflicts[0].After), a.public().Public())
			require.NoError(t, err)
			require.Equal(t, honest.Checkpoint, before)
			require.Equal(t, forged.Checkpoint, after)

			a.happen(1)
			a.checkpoint()
			require.Equal(t, witness.Contradicted, a.exchange(), "and for good")
			require.Zero(t, a.cosigned())
		})
	}
}

func TestALogThatWasCutOffIsNotCosigned(t *testing.T) {
	t.Parallel()
	a, b := towns(t)
	a.happen(9)
	a.checkpoint()
	require.Equal(t, witness.Cosigned, a.exchange())
	require.NoError(t, pgx.BeginFunc(context.Background(), a.rec.Owner, func(tx pgx.Tx) error {
		for _, sql := range []string{
			"SET LOCAL session_replication_role = replica", "DELETE FROM ledger_leaf WHERE idx >= 5", "DELETE FROM ledger_cosignature", "DELETE FROM ledger_checkpoint",
		} {
			if _, err := tx.Exec(context.Background(), sql); err != nil {
				return err
			}
		}
		return nil
	}))
	a.rewrite(2)
	a.signer.KeyFile = a.keys
	signed, err := a.signer.Checkpoint(context.Background(), time.Now().Add(10*time.Minute))
	require.NoError(t, err)
	require.Equal(t, witness.Contradicted, a.exchange(), "%d", signed.Checkpoint.Size)
	require.EqualValues(t, "rollback", b.standing(admin).Conflicts[0].Kind)
}

func TestAWitnessAnswersAsC2SPSays(t *testing.T) {
	t.Parallel()
	a, b := towns(t)
	a.happen(3)
	first := a.checkpoint()
	a.happen(2)
	second := a.checkpoint()
	old, now := int(first.Checkpoint.Size), int(second.Checkpoint.Size)
	proof, err := a.signer.Consistency(context.Background(), first.Checkpoint.Size, second.Checkpoint.Size)
	require.NoError(t, err)
	body := func(old int, hashes []ledger.Hash, note []byte) string {
		s := fmt.Sprintf("old %d\n", old)
		for _, h := range hashes {
			s += h.String() + "\n"
		}
		return s + "\n" + string(note)
	}
	ask := func(body string) answer { return b.call("", http.MethodPost, "/witness/add-checkpoint", body) }
	size := func(a answer, want string) {
		t.Helper()
		require.Equal(t, http.StatusConflict, a.code, a.body)
		require.Equal(t, "text/x.tlog.size", a.header.Get("Content-Type"))
		require.Equal(t, want, a.body)
	}

	size(ask(body(old, proof.Hashes, second.Note)), "0\n")
	line := ask(body(0, nil, first.Note))
	require.Equal(t, http.StatusOK, line.code, line.body)
	require.Equal(t, "text/plain; charset=utf-8", line.header.Get("Content-Type"))
	cosigned, err := ledger.Attach(first.Note, []byte(line.body))
	require.NoError(t, err)
	all, wrong := ledger.Cosignatures(cosigned, b.public().PublicWitness())
	require.Empty(t, wrong)
	require.Len(t, all, 1)

	size(ask(body(0, nil, second.Note)), fmt.Sprintln(old))
	ask(body(old, proof.Hashes[1:], second.Note)).refused(http.StatusUnprocessableEntity, "invalid", "consistency")
	ask(body(old, nil, second.Note)).refused(http.StatusUnprocessableEntity, "invalid", "consistency")
	ask(body(now+3, nil, second.Note)).refused(http.StatusBadRequest, "malformed", "request")
	ask("hello").refused(http.StatusBadRequest, "malformed", "request")
	ask(strings.Repeat("x", witness.MaxBody+1)).refused(http.StatusRequestEntityTooLarge, "too-large", "body")
	ask(body(old, proof.Hashes, []byte(strings.Replace(string(second.Note), fmt.Sprintf("\n%d\n", now), fmt.Sprintf("\n%d\n", now+1), 1)))).refused(http.StatusForbidden, "forbidden", "signature")
	other := newTown(t, "koko.celle.example/ledger")
	ask(body(0, nil, other.checkpoint().Note)).refused(http.StatusNotFound, "not-found", "origin")
	b.get("", "/witness/add-checkpoint").refused(http.StatusMethodNotAllowed, "method", "method")
	require.Equal(t, http.StatusOK, ask(body(old, proof.Hashes, second.Note)).code)
	size(ask(body(old, proof.Hashes, second.Note)), fmt.Sprintln(now))
	require.Equal(t, http.StatusOK, ask(body(now, nil, second.Note)).code)
}

func TestHowItStandsWithWitnessesIsForThoseWhoAudit(t *testing.T) {
	t.Parallel()
	a, _ := towns(t)
	may := map[string]bool{supervisor: true, dpo: true, admin: true, admin2: true, foreign(supervisor): true, foreign(dpo): true, foreign(admin): true, foreign(admin2): true}
	for _, who := range everybody() {
		if may[who] {
			a.standing(who)
			require.Equal(t, 1, a.count("SELECT count(*) FROM access_log WHERE actor = $1 AND kind = 'read' AND action = 'read_ledger'", who))
			continue
		}
		a.get(who, "/api/v1/ledger/witnesses").refused(http.StatusForbidden, "forbidden", "role")
	}
	a.get("", "/api/v1/ledger/witnesses").refused(http.StatusUnauthorized, "unauthenticated", "login")
}
