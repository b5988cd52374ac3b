package witness_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/internal/dbtest"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
	"koko/internal/evidence/witness"
)

// A town has a log on a record of its own, and asks its witnesses.
type town struct {
	t      *testing.T
	rec    *dbtest.Record
	signer logbook.Signer
	witness.Exchange
}

func newTown(t *testing.T) *town {
	t.Helper()
	w := &town{t: t, rec: dbtest.New(t), signer: logbook.Signer{KeyFile: dbtest.LedgerKeys(t, aachen, noon.Add(-time.Hour))}}
	w.signer.Pool = w.rec.Worker
	w.Book = w.signer.Book
	client, err := witness.Client("")
	require.NoError(t, err)
	w.HTTP = client
	return w
}

var serial atomic.Int64

// grow adds entries, and signs.
func (w *town) grow(n int) logbook.Signed {
	w.t.Helper()
	for range n {
		require.NoError(w.t, db.On(w.rec.API).AppendAccess(context.Background(), db.AppendAccessParams{AGS: "05334002", ID: fmt.Sprint("e", serial.Add(1)), Kind: "refusal"}))
	}
	return must(w.signer.Checkpoint(context.Background(), noon))
}

// asks adds a witness that answers like this.
func (w *town) asks(name string, answer http.HandlerFunc) *ledger.Keys {
	w.t.Helper()
	s := httptest.NewServer(answer)
	w.t.Cleanup(s.Close)
	keys := newKeys(w.t, name)
	w.Peers = append(w.Peers, witness.Peer{Name: name, URL: s.URL, Ledger: published(keys), Witnesses: true})
	return keys
}

func (w *town) collect() []witness.Result {
	w.t.Helper()
	results, err := w.Collect(context.Background(), noon)
	require.NoError(w.t, err)
	return results
}

// served answers as the witness does.
func served(h witness.Witness) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		line, err := h.AddCheckpoint(r.Context(), body, noon)
		refusal, refused := errors.AsType[*witness.Refusal](err)
		switch {
		case refused && refusal.Cause == witness.OtherSize:
			w.WriteHeader(http.StatusConflict)
			_, _ = fmt.Fprintln(w, refusal.Size)
		case refused:
			w.WriteHeader(http.StatusUnprocessableEntity)
		case err != nil:
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write(line)
	}
}

// house makes a witness that knows the town.
func (w *town) house(name string) *house {
	w.t.Helper()
	h := newHouse(w.t, must(logbook.LoadKeys(w.signer.KeyFile)))
	h.keys = w.asks(name, func(a http.ResponseWriter, r *http.Request) { served(h.Witness)(a, r) })
	return h
}

func TestWitnessesCosignTheLatestCheckpointOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	h := w.house(bonn)
	require.Empty(t, w.collect(), "nothing was signed yet")
	first := w.grow(5)
	require.Equal(t, witness.Cosigned, w.collect()[0].Outcome)
	latest := must(w.Book.Latest(context.Background()))
	all, wrong := ledger.Cosignatures(latest.Note, h.keys.PublicWitness())
	require.Empty(t, wrong)
	require.Equal(t, bonn, all[0].Witness)
	require.Equal(t, first.ID, latest.ID)

	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	w.Peers[0].URL = other.URL
	require.Equal(t, witness.Cosigned, w.collect()[0].Outcome)
	require.Zero(t, asked, "it has cosigned that")
}

func TestAWitnessThatHasSeenAnotherSizeIsAskedFromThere(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.house(bonn)
	w.grow(3)
	w.collect()
	_, err := w.rec.Owner.Exec(context.Background(), "ALTER TABLE ledger_cosignature DISABLE TRIGGER keep; DELETE FROM ledger_cosignature")
	require.NoError(t, err)
	w.grow(4)
	require.Equal(t, witness.Cosigned, w.collect()[0].Outcome)
}

func TestAWitnessThatFailsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.grow(3)
	w.asks("gone.example", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	w.asks("long.example", func(a http.ResponseWriter, _ *http.Request) { _, _ = a.Write(make([]byte, 20<<10)) })
	w.asks("odd.example", func(a http.ResponseWriter, _ *http.Request) { _, _ = a.Write([]byte("hello\n")) })
	w.asks("empty.example", func(http.ResponseWriter, *http.Request) {})
	w.asks("login.example", func(a http.ResponseWriter, r *http.Request) {
		http.Redirect(a, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	w.asks("unknown.example", func(a http.ResponseWriter, _ *http.Request) { a.WriteHeader(http.StatusNotFound) })
	w.asks("sizeless.example", func(a http.ResponseWriter, _ *http.Request) { a.WriteHeader(http.StatusConflict) })
	w.asks("undecided.example", func(a http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		a.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(a, map[bool]string{true: "2\n", false: "1\n"}[strings.HasPrefix(string(body), "old 0\n")])
	})
	impostor := newHouse(t, must(logbook.LoadKeys(w.signer.KeyFile)))
	impostor.keys = newKeys(t, "impostor.example")
	w.asks("impostor.example", served(impostor.Witness))
	w.house(bonn)

	var outcomes []string
	for _, r := range w.collect() {
		outcomes = append(outcomes, fmt.Sprint(r.Peer.Name, " ", r.Outcome))
		require.Equal(t, r.Outcome != witness.Cosigned, r.Err != nil, r.Peer.Name)
	}
	require.Equal(t, []string{
		"gone.example silent", "long.example silent", "odd.example refused", "empty.example refused", "login.example refused", "unknown.example refused",
		"sizeless.example silent", "undecided.example refused", "impostor.example refused", bonn + " cosigned",
	}, outcomes)
	standings := must(witness.Standings(context.Background(), w.rec.API, w.Peers))
	require.Equal(t, witness.Silent, standings[0].Answer)
	require.EqualValues(t, 4, standings[0].Behind)
	require.Nil(t, standings[0].Cosigned)
	require.Equal(t, witness.Cosigned, standings[9].Answer)
	require.Zero(t, standings[9].Behind)
	require.EqualValues(t, 4, standings[9].Cosigned.Size)
}

func TestAWitnessThatHasSeenAnotherLogContradicts(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.grow(3)
	conflict := func(size string) http.HandlerFunc {
		return func(a http.ResponseWriter, _ *http.Request) {
			a.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(a, size)
		}
	}
	w.asks("fork.example", conflict("3\n"))
	w.asks("rollback.example", conflict("4\n"))
	w.asks("inconsistent.example", func(a http.ResponseWriter, _ *http.Request) { a.WriteHeader(http.StatusUnprocessableEntity) })
	for range 2 {
		for _, r := range w.collect() {
			require.Equal(t, witness.Contradicted, r.Outcome, r.Peer.Name)
			require.Error(t, r.Err)
		}
	}
	var n int
	require.NoError(t, w.rec.Owner.QueryRow(context.Background(), "SELECT count(*) FROM witness_answer").Scan(&n))
	require.Equal(t, 3, n, "the same answer stands once")
}

func TestWitnessesAreReachedUnderAnAuthorityOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	for ca, trusted := range map[string]bool{"": false, file: true} {
		c, err := witness.Client(ca)
		require.NoError(t, err)
		answer, err := c.Get(s.URL)
		require.Equal(t, trusted, err == nil, "%v", err)
		if err == nil {
			_ = answer.Body.Close()
		}
	}
	require.NoError(t, os.WriteFile(file, []byte("none"), 0o600))
	_, err := witness.Client(file)
	require.ErrorContains(t, err, "no PEM certificate")
}
