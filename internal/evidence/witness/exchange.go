package witness

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
)

// An Exchange asks those peers who are witnesses to cosign our own log. Its book's pool works as
// db.RoleWorker.
type Exchange struct {
	Book  logbook.Book
	Peers Peers
	HTTP  *http.Client // see Client
}

// An Outcome is the result of asking a witness. The record keeps it.
type Outcome string

// The outcomes.
const (
	Cosigned     Outcome = "cosigned"
	Contradicted Outcome = "contradicted" // what it has seen of our log contradicts our log
	Refused      Outcome = "refused"      // it answered something else: it may not know our key
	Silent       Outcome = "silent"       // it did not answer
)

func (Outcome) Values() []Outcome { return []Outcome{Cosigned, Contradicted, Refused, Silent} }

// A Result is the result of asking one witness. Err says why it did not cosign.
type Result struct {
	Peer    Peer
	Outcome Outcome
	Size    uint64
	Err     error
}

const patience = 20 * time.Second

// Client returns a client for asking witnesses, which trusts what the system trusts and, if caFile is
// not empty, the authorities in that PEM file. It follows no redirects.
func Client(caFile string) (*http.Client, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("authorities of the system: %w", err)
	}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fmt.Errorf("read the witnesses' CA: %w", err)
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the witnesses' CA: %s holds no PEM certificate", caFile)
		}
	}
	return &http.Client{
		Timeout: patience,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: patience / 2, ResponseHeaderTimeout: patience, MaxResponseHeaderBytes: MaxBody, IdleConnTimeout: time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// Collect asks all witnesses at once to cosign the latest checkpoint, unless they have. An error means
// that nobody was asked, or that an answer could not be kept.
func (e Exchange) Collect(ctx context.Context, at time.Time) ([]Result, error) {
	latest, err := e.Book.Latest(ctx)
	if errors.Is(err, logbook.ErrNoCheckpoint) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the latest checkpoint: %w", err)
	}
	var asked []Result
	for _, p := range e.Peers {
		if p.Witnesses {
			asked = append(asked, Result{Peer: p, Size: latest.Checkpoint.Size})
		}
	}
	var all sync.WaitGroup
	for i := range asked {
		all.Go(func() { asked[i].Outcome, asked[i].Err = e.ask(ctx, asked[i].Peer, latest) })
	}
	all.Wait()
	q := db.On(e.Book.Pool)
	for _, r := range asked {
		answer := db.AddAnswerParams{Witness: r.Peer.Origin(), Outcome: string(r.Outcome), Size: int64(r.Size), At: at}
		err = errors.Join(err, q.AddAnswer(ctx, answer))
	}
	return asked, err
}

// ask gets one witness's cosignature, and keeps it.
func (e Exchange) ask(ctx context.Context, p Peer, latest logbook.Signed) (Outcome, error) {
	q := db.On(e.Book.Pool)
	last, err := q.LastCosigned(ctx, p.Origin())
	switch {
	case err == nil && last.ID == latest.ID:
		return Cosigned, nil
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return Refused, err
	}
	from, size := uint64(last.Size), latest.Checkpoint.Size
	if from > size {
		from = size // the record was changed: the witness says so
	}
	a, err := e.send(ctx, p, latest, from)
	if err == nil && a.status == http.StatusConflict && a.size != from && a.size <= size {
		from = a.size
		a, err = e.send(ctx, p, latest, from)
	}
	if err != nil {
		return Silent, err
	}
	switch {
	case a.status == http.StatusOK:
		return e.store(ctx, q, p, latest, a.body)
	case a.status == http.StatusUnprocessableEntity:
		return Contradicted, fmt.Errorf("our log of %d entries does not continue the one of %d that it cosigned", size, from)
	case a.status == http.StatusConflict && a.size == from:
		return Contradicted, fmt.Errorf("it cosigned another log of %d entries", from)
	case a.status == http.StatusConflict && a.size > size:
		return e.behind(ctx, a.size)
	}
	return Refused, fmt.Errorf("it answered with status %d", a.status)
}

// behind says what it means that a witness has seen more than was sent: somebody else may have sent it.
func (e Exchange) behind(ctx context.Context, seen uint64) (Outcome, error) {
	now, err := e.Book.Latest(ctx)
	if err == nil && now.Checkpoint.Size < seen {
		return Contradicted, fmt.Errorf("it cosigned a log of %d entries, ours has %d", seen, now.Checkpoint.Size)
	}
	return Refused, errors.Join(errors.New("it has seen a later checkpoint"), err)
}

type reply struct {
	status int
	size   uint64 // of a conflict
	body   []byte
}

func (e Exchange) send(ctx context.Context, p Peer, latest logbook.Signed, from uint64) (reply, error) {
	ask := request{Old: from, Note: latest.Note}
	if from > 0 {
		proof, err := e.Book.Consistency(ctx, from, latest.Checkpoint.Size)
		if err != nil {
			return reply{}, fmt.Errorf("prove that our log continues the one it cosigned: %w", err)
		}
		ask.Hashes = proof.Hashes
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(p.URL, "/")+Path, bytes.NewReader(ask.format()))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := e.HTTP.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxBody+1))
	switch {
	case err != nil:
		return reply{}, err
	case len(body) > MaxBody:
		return reply{}, errors.New("its answer is too long")
	}
	got := reply{status: answer.StatusCode, body: body}
	if got.status == http.StatusConflict {
		if got.size, err = parseSize(strings.TrimSuffix(string(body), "\n")); err != nil {
			return reply{}, errors.New("its answer names no size")
		}
	}
	return got, nil
}

// store keeps the first line that a key of the witness made for the checkpoint.
func (e Exchange) store(ctx context.Context, q *db.Queries, p Peer, latest logbook.Signed, body []byte) (Outcome, error) {
	for line := range bytes.Lines(body) {
		cosigned, err := ledger.Attach(latest.Note, line)
		if err != nil {
			return Refused, errors.New("its answer is no cosignature")
		}
		if by, _ := ledger.Cosignatures(cosigned, p.Ledger.WitnessKeys); len(by) == 0 {
			continue // a key that is not known here
		}
		if _, err := q.AddCosignature(ctx, db.AddCosignatureParams{CheckpointID: latest.ID, Witness: p.Origin(), Line: line}); err != nil {
			return Refused, fmt.Errorf("keep the cosignature: %w", err)
		}
		return Cosigned, nil
	}
	return Refused, errors.New("none of its keys that are known here cosigned the checkpoint")
}
