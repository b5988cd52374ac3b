package api

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/ags"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
	"koko/policies"
)

const proves = "The hash of the entry, its place in the log and the hashes that lead from there to the root of the latest checkpoint (RFC 6962): " +
	"whoever has a checkpoint sees from them alone that the entry was there and was not changed. An entry that waits for the next checkpoint is `pending`. Reading it is recorded."

func (f *files) registerProof(api huma.API) {
	register(f.server, api, f.operation("prove-"+string(f.kind.Kind), http.MethodGet, "/{id}/proof", "Ledger", "Prove a decision on "+f.a(), proves, statuses(403, 404)...), f.proof)
}

func (s *server) registerProofs(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "prove-access", Method: http.MethodGet, Path: "/access-log/{ags}/{number}/proof", Summary: "Prove an entry of the access log",
		Description: proves, Tags: []string{"Ledger"}, Errors: statuses(403, 404),
	}, s.accessProof)
}

// ProofQuery names a decision.
type ProofQuery struct {
	Reason
	Version int `query:"version" minimum:"1" maximum:"1000000000" doc:"The version that the decision led to; left out, the last one" example:"3"`
}

type proofInput struct {
	Ref
	ProofQuery
}

type accessProofInput struct {
	Reason
	AGS    ags.Key `path:"ags" pattern:"^[0-9]{8}$" doc:"Municipality in whose chain it stands" example:"05999001"`
	Number int64   `path:"number" minimum:"1" doc:"Place in the chain" example:"7"`
}

// Proof shows that an entry stands in the log.
type Proof struct {
	Table     string     `json:"table" doc:"Where the entry stands: audit or access_log" example:"audit"`
	Entry     string     `json:"entry" doc:"File and version, or municipality and number" example:"05999001/7"`
	Hash      string     `json:"hash" doc:"SHA-256 over the entry and the one before in its chain, hex"`
	Leaf      string     `json:"leaf" doc:"What stands in the log for it, base64: SHA-256 over a zero byte, koko/TABLE/1, a zero byte and the hash"`
	Pending   bool       `json:"pending" doc:"Whether it waits for the next checkpoint"`
	Inclusion *Inclusion `json:"inclusion,omitempty" doc:"Where it stands in the log; left out while it is pending"`
}

// Inclusion shows a leaf in the log as a checkpoint has it.
type Inclusion struct {
	Index      uint64   `json:"index" doc:"Its place in the log, counted from 0"`
	Size       uint64   `json:"size" doc:"How many entries the log had at the checkpoint"`
	Hashes     []string `json:"hashes" nullable:"false" doc:"The proof: hashes from the leaf up to the root, base64"`
	Checkpoint string   `json:"checkpoint" doc:"The latest checkpoint, as it was signed and cosigned"`
}

type proofOutput struct{ Body Proof }

// proof needs the right to read the history alone: a hash shows nothing of the state.
func (f *files) proof(ctx context.Context, in *proofInput) (*proofOutput, error) {
	caller, at, err := f.open(ctx, in.ID, f.kind.History)
	if err != nil {
		return nil, err
	}
	if in.Version != 0 {
		at.Version = in.Version
	}
	var hash []byte
	scope := f.scope(caller, f.kind.History)
	err = f.within(ctx, scope, func(q *db.Queries) (err error) {
		hash, err = q.FindHash(ctx, scope, f.kind.Kind, at.ID, at.Version)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, neverWas(f.kind.Kind)
	}
	if err != nil {
		return nil, fmt.Errorf("hash of %s, version %d: %w", at.ID, at.Version, err)
	}
	proof, err := f.prove(ctx, logbook.Audit, fmt.Sprintf("%s/%d", at.ID, at.Version), hash)
	if err != nil {
		return nil, err
	}
	return &proofOutput{proof}, f.read(ctx, caller, f.kind.History, at.Row, "proof", string(in.Reason.Reason))
}

func (s *server) accessProof(ctx context.Context, in *accessProofInput) (*proofOutput, error) {
	caller, area, err := s.audits(ctx, policies.ReadAccessLog)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%s/%d", in.AGS, in.Number)
	var hash []byte
	if err = pgx.ErrNoRows; area.Covers(in.AGS) {
		hash, err = db.As(s.pool, caller.Subject, area).FindAccessHash(ctx, db.FindAccessHashParams{AGS: string(in.AGS), Seq: in.Number})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, &denied{
			newProblem("not-found", "there is no such entry").by("scope", "check municipality and number, and that it lies in your area"),
			caller, refusal{act: policies.ReadAccessLog, rule: "scope", subject: key},
		}
	}
	if err != nil {
		return nil, err
	}
	proof, err := s.prove(ctx, logbook.AccessLog, key, hash)
	if err != nil {
		return nil, err
	}
	return &proofOutput{proof}, s.auditedIn(ctx, caller, area, []string{string(in.AGS)}, db.AppendAccessInParams{Action: policies.ReadAccessLog, Reason: string(in.Reason.Reason), SubjectID: key})
}

// prove finds an entry in the latest checkpoint.
func (s *server) prove(ctx context.Context, table, key string, hash []byte) (Proof, error) {
	p := Proof{Table: table, Entry: key, Hash: hex.EncodeToString(hash), Leaf: ledger.Leaf(table, hash).String(), Pending: true}
	signed, err := s.book().Latest(ctx)
	if errors.Is(err, logbook.ErrNoCheckpoint) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	at, err := s.book().Leaves(ctx, table, []string{key})
	if err != nil {
		return p, err
	}
	index, in := at[key]
	if !in || index >= signed.Checkpoint.Size {
		return p, nil
	}
	inclusion, err := s.book().Inclusion(ctx, index, signed.Checkpoint.Size)
	if err != nil {
		return p, err
	}
	p.Pending, p.Inclusion = false, &Inclusion{inclusion.Index, inclusion.Size, hashTexts(inclusion.Hashes), string(signed.Note)}
	return p, nil
}
