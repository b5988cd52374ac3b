package api_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/evidence"
	"koko/internal/evidence/ledger"
	books "koko/internal/evidence/logbook"
	"koko/internal/evidence/verify"
)

// checkpoint has the log signed on demand.
func (w *world) checkpoint() (c evidence.CheckpointView) {
	w.t.Helper()
	w.call(supervisor, http.MethodPost, "/api/v1/ledger/checkpoints", nil).ok(&c)
	return c
}

func (w *world) status() (v evidence.LedgerView) {
	w.t.Helper()
	w.get(dpo, "/api/v1/ledger").ok(&v)
	return v
}

// publicKeys are those that anybody can fetch.
func (w *world) publicKeys() (p verify.PublishedKeys) {
	w.t.Helper()
	a := w.get("", "/.well-known/koko-ledger.json")
	a.ok(&p)
	require.Contains(w.t, a.body, `"origin":"`+ledgerName+`"`)
	require.Equal(w.t, "*", a.header.Get("Access-Control-Allow-Origin"))
	return p
}

func hashesOf(t *testing.T, texts []string) (hashes []ledger.Hash) {
	t.Helper()
	for _, text := range texts {
		var h ledger.Hash
		require.NoError(t, h.UnmarshalText([]byte(text)))
		hashes = append(hashes, h)
	}
	return hashes
}

// proves checks a proof with nothing but what is public.
func (w *world) proves(p evidence.Proof) {
	w.t.Helper()
	require.False(w.t, p.Pending)
	c, _, err := ledger.Open([]byte(p.Inclusion.Checkpoint), w.publicKeys().Keys)
	require.NoError(w.t, err)
	hash, err := hex.DecodeString(p.Hash)
	require.NoError(w.t, err)
	require.Equal(w.t, ledger.Leaf(p.Table, hash).String(), p.Leaf)
	inclusion := ledger.InclusionProof{Index: p.Inclusion.Index, Size: p.Inclusion.Size, Hashes: hashesOf(w.t, p.Inclusion.Hashes)}
	require.Equal(w.t, c.Size, inclusion.Size)
	require.NoError(w.t, ledger.VerifyInclusion(inclusion, ledger.Leaf(p.Table, hash), c.Root))
}

func TestAnybodyReadsCheckpointsAndThatTheyContinue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.get("", "/ledger/checkpoint").refused(http.StatusNotFound, "not-found", "checkpoint")
	w.get("", "/api/v1/ledger/consistency?from=0").refused(http.StatusNotFound, "not-found", "checkpoint")
	w.report(reporter, here)
	first := w.checkpoint()
	w.report(reporter, here)
	second := w.checkpoint()
	require.Greater(t, second.Size, first.Size)
	require.Equal(t, second.Note, w.checkpoint().Note, "nothing came: nothing to sign")

	a := w.get("", "/ledger/checkpoint")
	require.Equal(t, []any{http.StatusOK, "text/plain; charset=utf-8", second.Note}, []any{a.code, a.header.Get("Content-Type"), a.body})
	keys := w.publicKeys()
	require.Len(t, keys.Witnesses, 1)
	before, _, err := ledger.Open([]byte(first.Note), keys.Keys)
	require.NoError(t, err)
	after, _, err := ledger.Open([]byte(a.body), keys.Keys)
	require.NoError(t, err)

	var got evidence.ConsistencyView
	for _, to := range []string{"", fmt.Sprint("&to=", second.Size)} {
		w.get("", fmt.Sprint("/api/v1/ledger/consistency?from=", first.Size, to)).ok(&got)
		p := ledger.ConsistencyProof{From: got.From, To: got.To, Hashes: hashesOf(t, got.Hashes)}
		require.NoError(t, ledger.VerifyConsistency(p, before.Root, after.Root))
	}
	w.get("", "/api/v1/ledger/consistency?from=0").ok(&got)
	require.Empty(t, got.Hashes)
	for query, field := range map[string]string{
		fmt.Sprint("from=0&to=", second.Size+1): "to", fmt.Sprint("from=", second.Size+1): "from", "from=2&to=1": "from", "from=-1": "query.from", "": "query.from",
	} {
		p := w.get("", "/api/v1/ledger/consistency?"+query).problem(http.StatusUnprocessableEntity, "invalid")
		require.Equal(t, field, p.Field, query)
		require.NotEmpty(t, p.Rule)
		require.NotEmpty(t, p.Remedy)
	}
}

func TestTheStatusOfTheLedgerIsForThoseWhoAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.report(reporter, here)
	v := w.status()
	require.Equal(t, ledgerName, v.Origin)
	require.Zero(t, v.Size)
	require.Positive(t, v.Waiting)
	require.Nil(t, v.Checkpoint)
	signed := w.checkpoint()
	w.exec("INSERT INTO ledger_cosignature (checkpoint_id, witness, line) SELECT id, 'koko.neuwerden.example/ledger', $1 FROM ledger_checkpoint",
		[]byte("— koko.neuwerden.example/ledger "+strings.Split(signed.Note, " ")[len(strings.Split(signed.Note, " "))-1]))
	w.exec("INSERT INTO ledger_check (source, size, findings) VALUES ('check', 1, 0), ('check', 2, 3), ('signing', 0, 1)")
	v = w.status()
	require.EqualValues(t, signed.Size, v.Size)
	require.Zero(t, v.Waiting)
	require.Equal(t, "koko.neuwerden.example/ledger", v.Checkpoint.Cosignatures[0].Witness)
	require.Contains(t, v.Checkpoint.Note, "— koko.neuwerden.example/ledger")
	require.Equal(t, []int64{2, 1, 1}, []int64{v.Checked.Size, v.Clean.Size, v.Refused})

	for _, as := range everybody() {
		audits := as == supervisor || as == dpo || as == admin || as == admin2
		audits = audits || as == foreign(supervisor) || as == foreign(dpo) || as == foreign(admin) || as == foreign(admin2)
		read, sign := w.get(as, "/api/v1/ledger"), w.call(as, http.MethodPost, "/api/v1/ledger/checkpoints", nil)
		if audits {
			require.Equal(t, []int{200, 200}, []int{read.code, sign.code}, as)
			continue
		}
		read.refused(http.StatusForbidden, "forbidden", "role")
		sign.refused(http.StatusForbidden, "forbidden", "role")
	}
	w.get("", "/api/v1/ledger").problem(http.StatusUnauthorized, "unauthenticated")
	require.Positive(t, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND action = 'sign_checkpoint'"))
}

func TestADecisionIsProven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.report(reporter, here)
	path := casePath(c) + "/proof"
	var p evidence.Proof
	w.get(dpo, path).ok(&p)
	require.True(t, p.Pending)
	require.Nil(t, p.Inclusion)
	require.NotEmpty(t, p.Leaf)
	w.checkpoint()
	w.get(dpo, path+"?version=1&reason=beschwerde").ok(&p)
	w.proves(p)
	require.Equal(t, []string{books.Audit, c.ID + "/1"}, []string{p.Table, p.Entry})
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE actor = $1 AND kind = 'read' AND action = 'read_history' AND subject_id = 'proof' AND reason = 'beschwerde' AND file_id = $2 AND version = 1", dpo, c.ID))

	w.get(dpo, path+"?version=2").refused(http.StatusNotFound, "not-found", "version")
	w.get(foreign(dpo), path).refused(http.StatusNotFound, "not-found", "scope")
	w.get(steering, path).refused(http.StatusForbidden, "forbidden", "role")
	w.get("", path).problem(http.StatusUnauthorized, "unauthenticated")

	cohort := w.planned(nil)
	w.checkpoint()
	w.get(coordinator, "/api/v1/cohorts/"+cohort.ID+"/proof").ok(&p)
	w.proves(p)
	w.get(foreign(dpo), "/api/v1/cohorts/"+cohort.ID+"/proof").refused(http.StatusNotFound, "not-found", "scope")
	w.get(trainee, "/api/v1/cohorts/"+cohort.ID+"/proof").problem(http.StatusForbidden, "forbidden")
	e := w.seated(trainee, cohort)
	w.checkpoint()
	w.get(supervisor, "/api/v1/enrolments/"+e.ID+"/proof").ok(&p)
	w.proves(p)
	w.get(employer, "/api/v1/enrolments/"+e.ID+"/proof").problem(http.StatusForbidden, "forbidden")
	w.get(foreign(supervisor), "/api/v1/enrolments/"+e.ID+"/proof").refused(http.StatusNotFound, "not-found", "scope")
}

func TestAnEntryOfTheAccessLogIsProven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.report(reporter, here)
	w.get(steering, casePath(c)+"/history").problem(http.StatusForbidden, "forbidden")
	w.checkpoint()
	path := fmt.Sprintf("/api/v1/access-log/%s/1/proof", here)
	var p evidence.Proof
	w.get(dpo, path).ok(&p)
	w.proves(p)
	require.Equal(t, string(here)+"/1", p.Entry)
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE ags = $1 AND actor = $2 AND kind = 'read' AND action = 'read_access_log' AND subject_id = $3", string(here), dpo, p.Entry))
	w.get(foreign(dpo), path).refused(http.StatusNotFound, "not-found", "scope")
	w.get(dpo, fmt.Sprintf("/api/v1/access-log/%s/99/proof", here)).refused(http.StatusNotFound, "not-found", "scope")
	w.get(manager, path).refused(http.StatusForbidden, "forbidden", "role")
	w.get("", path).problem(http.StatusUnauthorized, "unauthenticated")
	w.get(dpo, fmt.Sprintf("/api/v1/access-log/%s/0/proof", here)).problem(http.StatusUnprocessableEntity, "invalid")
}

// A log that was rewritten is shown as it is, but never signed.
func TestARewrittenLogIsNotSignedOnDemand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.report(reporter, here)
	w.checkpoint()
	w.report(reporter, here)
	w.exec(`ALTER TABLE ledger_leaf DISABLE TRIGGER keep; UPDATE ledger_leaf SET leaf = sha256('x'); ALTER TABLE ledger_leaf ENABLE TRIGGER keep;
		ALTER TABLE ledger_node DISABLE TRIGGER keep; UPDATE ledger_node SET hash = sha256('x'); ALTER TABLE ledger_node ENABLE TRIGGER keep`)
	err := w.Checkpoint(context.Background())
	require.True(t, errors.Is(err, books.ErrRewritten), "%v", err)
	require.Equal(t, http.StatusInternalServerError, w.call(supervisor, http.MethodPost, "/api/v1/ledger/checkpoints", nil).code, "the engine makes a fault of it")
}

func TestTheLedgersKeysAreReadAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.keys.Update(func(content []byte) ([]byte, error) { return ledger.RotateKeys(content, daysAgo(0)) }))
	keys := w.publicKeys()
	require.Len(t, keys.Keys, 2)
	require.False(t, keys.Keys[1].Until.IsZero())
	b, err := json.Marshal(keys)
	require.NoError(t, err)
	require.NotContains(t, string(b), "seed")
}
