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
	"koko/domain/process"
	"koko/internal/ledger"
	"koko/internal/logbook"
	"koko/internal/story"
	"koko/policies"
)

func (s *server) registerProofs(api huma.API) {
	const proves = "The hash of the entry, its place in the log and the hashes that lead from there to the root of the latest checkpoint (RFC 6962): " +
		"whoever has a checkpoint sees from them alone that the entry was there and was not changed. An entry that waits for the next checkpoint is `pending`. Reading it is recorded."
	operation := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: proves, Tags: []string{"Ledger"}, Errors: statuses(403, 404)}
	}
	huma.Register(api, operation("prove-case", "/cases/{case}/proof", "Prove a decision on a case"), func(ctx context.Context, in *caseProofInput) (*proofOutput, error) {
		return proofOf(ctx, s.cases, s.pastOfCases(), in.CaseID, in.ProofQuery)
	})
	huma.Register(api, operation("prove-enrolment", "/enrolments/{enrolment}/proof", "Prove a decision on an enrolment"), func(ctx context.Context, in *enrolmentProofInput) (*proofOutput, error) {
		return proofOf(ctx, s.enrolments, s.pastOfEnrolments(), in.EnrolmentID, in.ProofQuery)
	})
	huma.Register(api, operation("prove-cohort", "/cohorts/{cohort}/proof", "Prove a decision on a cohort"), func(ctx context.Context, in *cohortProofInput) (*proofOutput, error) {
		return proofOf(ctx, s.cohorts, s.pastOfCohorts(), in.CohortID, in.ProofQuery)
	})
	huma.Register(api, operation("prove-access", "/access-log/{ags}/{number}/proof", "Prove an entry of the access log"), s.accessProof)
}

// ProofQuery names a decision.
type ProofQuery struct {
	Reason
	Version int `query:"version" minimum:"1" maximum:"1000000000" doc:"The version that the decision led to; left out, the last one" example:"3"`
}

type caseProofInput struct {
	CaseRef
	ProofQuery
}

type enrolmentProofInput struct {
	EnrolmentRef
	ProofQuery
}

type cohortProofInput struct {
	CohortRef
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

func proofOf[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id string, in ProofQuery) (*proofOutput, error) {
	proof, err := proved(ctx, f, p, id, in)
	return &proofOutput{proof}, f.problem(ctx, err)
}

// proved needs the right to read the history alone: a hash shows nothing of the state.
func proved[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], p past[S], id string, in ProofQuery) (none Proof, err error) {
	who, err := f.principal(ctx)
	if err != nil {
		return none, err
	}
	now, err := f.find(ctx, who, id, p.act)
	if err == nil {
		err = f.permit(who, p.act, now)
	}
	if err != nil {
		return none, err
	}
	of, scope := now.File(), p.scope(who)
	if in.Version != 0 {
		of.Version = in.Version
	}
	var hash []byte
	err = db.Within(ctx, f.pool, who.Subject, scope.Municipalities(), func(q *db.Queries) error {
		hash, err = q.FindHash(ctx, scope, f.kind, of.ID, of.Version)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return none, neverWas(f.kind)
	}
	if err != nil {
		return none, err
	}
	proof, err := f.prove(ctx, logbook.Audit, fmt.Sprintf("%s/%d", of.ID, of.Version), hash)
	if err != nil {
		return none, err
	}
	return proof, f.read(ctx, who, p.act, of, "proof", in.Reason.Reason)
}

func (s *server) accessProof(ctx context.Context, in *accessProofInput) (*proofOutput, error) {
	proof, err := s.provedAccess(ctx, in)
	return &proofOutput{proof}, s.problem(ctx, err)
}

func (s *server) provedAccess(ctx context.Context, in *accessProofInput) (none Proof, err error) {
	who, area, err := s.audits(ctx, policies.ReadAccessLog)
	if err != nil {
		return none, err
	}
	key := fmt.Sprintf("%s/%d", in.AGS, in.Number)
	var hash []byte
	if err = pgx.ErrNoRows; area.Covers(in.AGS) {
		hash, err = db.As(s.pool, who.Subject, area).FindAccessHash(ctx, db.FindAccessHashParams{AGS: string(in.AGS), Seq: in.Number})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return none, &denied{
			newProblem("not-found", "there is no such entry").by("scope", "check municipality and number, and that it lies in your area"),
			who, refusal{act: policies.ReadAccessLog, rule: "scope", subject: key},
		}
	}
	if err != nil {
		return none, err
	}
	proof, err := s.prove(ctx, logbook.AccessLog, key, hash)
	if err != nil {
		return none, err
	}
	return proof, s.auditedIn(ctx, who, area, []string{string(in.AGS)}, db.AppendAccessInParams{Action: policies.ReadAccessLog, Reason: in.Reason.Reason, SubjectID: key})
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
