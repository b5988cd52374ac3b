package files

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/api/evidence"
	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/evidence/logbook"
	"koko/policies"
)

const proves = "The hash of the entry, its place in the log and the hashes that lead from there to the root of the latest checkpoint (RFC 6962): " +
	"whoever has a checkpoint sees from them alone that the entry was there and was not changed. An entry that waits for the next checkpoint is `pending`. Reading it is recorded."

// provesInside says what is proven of a file that is confided.
const provesInside = "The hash of the entry, its place in the inner log and the hashes that lead from there to the root that this log had when the day began (RFC 6962); " +
	"what opens the commitment to that root, its place in the main log, and the hashes that lead from there to the latest checkpoint. An entry that waits for the next day is `pending`. Reading it is recorded."

func (f *Kind) registerProof(api huma.API) {
	what := proves
	if f.Def.Confided() {
		what = provesInside
	}
	op := f.operation("prove-"+string(f.Def.Kind), http.MethodGet, "/{id}/proof", "Ledger",
		"Prove a decision on "+f.A(),
		what,
		wire.Statuses(403, 404)...,
	)
	guard.Register(f.Server, api, op, f.proof)
}

func (s *Server) registerProofs(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "prove-access",
		Method:      http.MethodGet,
		Path:        "/access-log/{ags}/{number}/proof",
		Summary:     "Prove an entry of the access log",
		Description: proves, Tags: []string{"Ledger"}, Errors: wire.Statuses(403, 404),
	}, s.accessProof)
}

// ProofQuery names a decision.
type ProofQuery struct {
	wire.Reason
	Version int `query:"version" minimum:"1" maximum:"1000000000" doc:"The version that the decision led to; left out, the last one" example:"3"`
}

type proofInput struct {
	wire.Ref
	ProofQuery
}

type accessProofInput struct {
	wire.Reason
	AGS    ags.Key `path:"ags" pattern:"^[0-9]{8}$" doc:"Municipality whose chain holds it" example:"05999001"`
	Number int64   `path:"number" minimum:"1" doc:"Place in the chain" example:"7"`
}

type proofOutput struct{ Body evidence.Proof }

// proof requires only the right to read the history: a hash shows nothing of the state.
func (f *Kind) proof(ctx context.Context, in *proofInput) (*proofOutput, error) {
	caller, at, err := f.Open(ctx, in.ID, f.Def.History)
	if err != nil {
		return nil, err
	}
	if in.Version != 0 {
		at.Version = in.Version
	}
	var hash []byte
	scope := f.Scope(caller, f.Def.History)
	err = f.Within(ctx, scope, func(q *db.Queries) (err error) {
		hash, err = q.FindHash(ctx, scope, f.Def.Kind, at.ID, at.Version)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, neverWas(f.Def.Kind)
	}
	if err != nil {
		return nil, fmt.Errorf("hash of %s, version %d: %w", at.ID, at.Version, err)
	}
	key := fmt.Sprintf("%s/%d", at.ID, at.Version)
	var proof evidence.Proof
	if f.Def.Confided() {
		proof, err = f.Evidence.ProveInner(ctx, f.inner(scope, at.ID), logbook.Audit, key, hash)
	} else {
		proof, err = f.Evidence.Prove(ctx, logbook.Audit, key, hash)
	}
	if err != nil {
		return nil, err
	}
	return &proofOutput{proof}, f.Read(ctx, caller, f.Def.History, at.Row, "proof", string(in.Reason.Reason))
}

// inner is the inner log, as whoever has that scope sees it for a file.
func (f *Kind) inner(sc file.Scope, id string) logbook.Inner {
	return logbook.Inner{Queries: f.As(sc), File: id}
}

func (s *Server) accessProof(ctx context.Context, in *accessProofInput) (*proofOutput, error) {
	caller, area, err := s.Audits(ctx, policies.ReadAccessLog)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%s/%d", in.AGS, in.Number)
	var hash []byte
	if err = pgx.ErrNoRows; area.Covers(in.AGS) {
		hash, err = db.As(s.Pool, caller.Subject, area).FindAccessHash(ctx, s.Told(caller, policies.ReadAccessLog), string(in.AGS), in.Number)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, guard.Deny(caller, wire.NewProblem("not-found", "there is no such entry").By("scope", "check municipality and number, and that it lies in your area"), guard.Refusal{Act: policies.ReadAccessLog, Rule: "scope", Subject: key})
	}
	if err != nil {
		return nil, err
	}
	proof, err := s.Evidence.Prove(ctx, logbook.AccessLog, key, hash)
	if err != nil {
		return nil, err
	}
	return &proofOutput{proof}, s.AuditedIn(ctx, caller, area, []string{string(in.AGS)}, db.AppendAccessInParams{
		Action:    policies.ReadAccessLog,
		Reason:    string(in.Reason.Reason),
		SubjectID: key,
	})
}
