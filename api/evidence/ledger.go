package evidence

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/fault"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
	"koko/internal/evidence/verify"
	"koko/policies"
)

func (s *Server) registerLedger(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "get-ledger", Method: http.MethodGet, Path: "/ledger",
		Summary: "Read the state of the log over the audit", Description: "Its length, the latest checkpoint with those who cosigned it, and the last check.",
		Tags: []string{"Ledger"}, Errors: wire.Statuses(403),
	}, s.getLedger)
	guard.Register(s, api, huma.Operation{
		OperationID: "sign-checkpoint", Method: http.MethodPost, Path: "/ledger/checkpoints",
		Summary: "Sign the log now",
		Description: "Everything recorded so far is then in the log. This happens every ten minutes anyway. If nothing was added since the last checkpoint, that one is the answer. " +
			"A log that does not continue its last checkpoint is not signed: `ledger_rewritten`.",
		Tags: []string{"Ledger"}, Errors: wire.Statuses(403, 409), DefaultStatus: http.StatusOK,
	}, s.postCheckpoint)
}

// registerPublicLedger adds what anybody may read, logged in or not: hashes and signatures, which show
// nothing of the entries.
func (s *Server) registerPublicLedger(api huma.API) {
	public := huma.NewGroup(api)
	public.UseMiddleware(wire.ToEverybody)
	add := func(op huma.Operation) huma.Operation {
		op.Method, op.Tags, op.Security = http.MethodGet, []string{"Ledger"}, []map[string][]string{{}}
		return op
	}
	guard.Register(s, public, add(huma.Operation{
		OperationID: "get-ledger-keys", Path: "/.well-known/koko-ledger.json", Summary: "Get the keys that checkpoints are verified with",
		Description: "Public: the name of this instance in the log, the keys that sign its checkpoints and those that cosign the checkpoints of others, each with when it signed; " +
			"verifier strings of C2SP signed notes. Keep them outside: what an instance says later about its own keys proves little.",
		Errors: wire.Statuses(), Responses: wire.FileOf("application/json"),
	}), s.getLedgerKeys)
	guard.Register(s, public, add(huma.Operation{
		OperationID: "get-checkpoint", Path: "/ledger/checkpoint", Summary: "Get the latest checkpoint",
		Description: "Public: how long the log is and what is in it, as a signed note (C2SP tlog-checkpoint) with the lines of those who cosigned it. It shows nothing of the entries. " +
			"Whoever keeps one can show later that the log was rewritten.",
		Errors: wire.Statuses(404), Responses: wire.FileOf("text/plain"),
	}), s.getCheckpoint)
	guard.Register(s, public, add(huma.Operation{
		OperationID: "get-consistency", Path: "/api/v1/ledger/consistency", Summary: "Prove that the log continues what it was",
		Description: "Public: the hashes that lead from the root of the log at one size to that at another one (RFC 6962), up to the latest checkpoint.",
		Errors:      wire.Statuses(404),
	}), s.getConsistency)
}

// Book is the log, as the API reads it.
func (s *Server) Book() logbook.Book { return logbook.Book{Pool: s.Pool} }

// Latest returns the last checkpoint, without which nothing can be proven.
func (s *Server) Latest(ctx context.Context) (logbook.Signed, error) {
	signed, err := s.Book().Latest(ctx)
	if errors.Is(err, logbook.ErrNoCheckpoint) {
		return signed, wire.NewProblem("not-found", "the log has not been signed yet").
			By("checkpoint", "wait for the first checkpoint, at most ten minutes")
	}
	return signed, err
}

// LedgerView is the state of the log over the audit.
type LedgerView struct {
	Origin     string          `json:"origin" doc:"Name of this instance in the log" example:"koko.musterhausen.example/ledger"`
	Size       int64           `json:"size" doc:"How many entries are in the log"`
	Waiting    int64           `json:"waiting" doc:"How many entries wait for the next checkpoint"`
	Checkpoint *CheckpointView `json:"checkpoint,omitempty" doc:"The latest checkpoint; left out if there is none"`
	Refused    int64           `json:"refused" doc:"How often signing was refused since then because the log does not continue the last checkpoint: it was changed"`
	Checked    *LedgerCheck    `json:"checked,omitempty" doc:"The last check of all entries (koko ledger check)"`
	Clean      *LedgerCheck    `json:"clean,omitempty" doc:"The last check that found nothing wrong"`
}

// CheckpointView is a checkpoint.
type CheckpointView struct {
	Origin       string            `json:"origin" doc:"Who signed it" example:"koko.musterhausen.example/ledger"`
	Size         uint64            `json:"size" doc:"How many entries the log had"`
	Root         string            `json:"root" doc:"Hash over all of them, base64"`
	At           time.Time         `json:"at" doc:"When it was signed"`
	Note         string            `json:"note" doc:"The checkpoint as it was signed and cosigned"`
	Cosignatures []CosignatureView `json:"cosignatures" nullable:"false" doc:"Who cosigned it"`
}

// CosignatureView says that another instance saw a checkpoint, and that it continues all that instance
// had seen before.
type CosignatureView struct {
	Witness string    `json:"witness" doc:"The other instance" example:"koko.neuwerden.example/ledger"`
	At      time.Time `json:"at" doc:"When the cosignature came"`
}

// LedgerCheck is the result of a check of all entries.
type LedgerCheck struct {
	At       time.Time `json:"at" doc:"When"`
	Size     int64     `json:"size" doc:"How many entries were in the log"`
	Findings int       `json:"findings" doc:"How many differences it found"`
}

type ledgerOutput struct{ Body LedgerView }

func (s *Server) getLedger(ctx context.Context, _ *struct{}) (*ledgerOutput, error) {
	if _, _, err := s.Audits(ctx, policies.ReadLedger); err != nil {
		return nil, err
	}
	v, err := s.ledgerView(ctx)
	return &ledgerOutput{v}, err
}

func (s *Server) ledgerView(ctx context.Context) (v LedgerView, err error) {
	keys, err := s.Keys()
	if err != nil {
		return v, err
	}
	q := db.On(s.Pool)
	status, err := q.LedgerStatus(ctx)
	if err != nil {
		return v, err
	}
	v = LedgerView{Origin: keys.Active().Name, Size: status.Size, Waiting: status.Waiting, Refused: status.Refused}
	checks, err := q.LastChecks(ctx)
	if err != nil {
		return v, err
	}
	for i, c := range checks {
		check := &LedgerCheck{c.At, c.Size, int(c.Findings)}
		if i == 0 {
			v.Checked = check
		}
		if c.Findings == 0 {
			v.Clean = check
		}
	}
	signed, err := s.Book().Latest(ctx)
	if errors.Is(err, logbook.ErrNoCheckpoint) {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.Checkpoint, err = s.checkpointView(ctx, signed)
	return v, err
}

func (s *Server) checkpointView(ctx context.Context, signed logbook.Signed) (*CheckpointView, error) {
	c := signed.Checkpoint
	v := &CheckpointView{c.Origin, c.Size, c.Root.String(), c.Time, string(signed.Note), []CosignatureView{}}
	rows, err := db.On(s.Pool).ListCosignatures(ctx, signed.ID)
	for _, r := range rows {
		v.Cosignatures = append(v.Cosignatures, CosignatureView(r))
	}
	return v, err
}

type checkpointOutput struct{ Body CheckpointView }

func (s *Server) postCheckpoint(ctx context.Context, _ *struct{}) (*checkpointOutput, error) {
	out, err := s.signCheckpoint(ctx)
	return out, err
}

func (s *Server) signCheckpoint(ctx context.Context) (*checkpointOutput, error) {
	if _, _, err := s.Audits(ctx, policies.SignCheckpoint); err != nil {
		return nil, err
	}
	if err := s.Ledger.Checkpoint(ctx); err != nil {
		return nil, err
	}
	signed, err := s.Latest(ctx)
	if err != nil {
		return nil, err
	}
	v, err := s.checkpointView(ctx, signed)
	if err != nil {
		return nil, err
	}
	return &checkpointOutput{*v}, nil
}

// publishedLedger is what others need to verify what this instance signs.
type publishedLedger struct {
	Origin string `json:"origin"`
	verify.PublishedKeys
}

func (s *Server) getLedgerKeys(ctx context.Context, _ *struct{}) (*wire.PublicFile, error) {
	keys, err := s.Keys()
	if err != nil {
		return nil, err
	}
	published := publishedLedger{
		Origin:        keys.Active().Name,
		PublishedKeys: verify.PublishedKeys{Keys: keys.Public(), Witnesses: keys.PublicWitness()},
	}
	out, err := wire.NewPublicFile("application/json", "300", published)
	return out, err
}

func (s *Server) getCheckpoint(ctx context.Context, _ *struct{}) (*wire.PublicFile, error) {
	signed, err := s.Latest(ctx)
	if err != nil {
		return nil, err
	}
	return &wire.PublicFile{ContentType: "text/plain; charset=utf-8", CacheControl: "public, max-age=10", Body: signed.Note}, nil
}

type consistencyInput struct {
	From uint64 `query:"from" required:"true" maximum:"9007199254740992" doc:"Size of the log that you know" example:"1024"`
	To   uint64 `query:"to" maximum:"9007199254740992" doc:"Size that it has grown to; left out, that of the latest checkpoint" example:"2048"`
}

// ConsistencyView proves that the log at one size continues the log at a smaller one.
type ConsistencyView struct {
	From   uint64   `json:"from" doc:"Size before"`
	To     uint64   `json:"to" doc:"Size after"`
	Hashes []string `json:"hashes" nullable:"false" doc:"The proof (RFC 6962): hashes of nodes, base64"`
}

type consistencyOutput struct{ Body ConsistencyView }

func (s *Server) getConsistency(ctx context.Context, in *consistencyInput) (*consistencyOutput, error) {
	out, err := s.consistency(ctx, in.From, in.To)
	return out, err
}

func (s *Server) consistency(ctx context.Context, from, to uint64) (*consistencyOutput, error) {
	signed, err := s.Latest(ctx)
	if err != nil {
		return nil, err
	}
	size := signed.Checkpoint.Size
	if to == 0 {
		to = size
	}
	until := strconv.FormatUint(size, 10)
	switch {
	case to > size:
		return nil, fault.Newf(fault.Invalid, "the latest checkpoint is of %d entries", size).In("to").By("size", "give a size up to "+until)
	case from > to:
		return nil, fault.Newf(fault.Invalid, "the log was never shrunk").In("from").
			By("order", "give a size that is not greater than to, up to "+until)
	}
	p, err := s.Book().Consistency(ctx, from, to)
	if err != nil {
		return nil, err
	}
	return &consistencyOutput{ConsistencyView{p.From, p.To, hashTexts(p.Hashes)}}, nil
}

func hashTexts(hashes []ledger.Hash) []string {
	texts := []string{}
	for _, h := range hashes {
		texts = append(texts, h.String())
	}
	return texts
}
