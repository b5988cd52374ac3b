package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/policies"
)

// files are the cases, the enrolments or the cohorts: how the API finds them, guards them, and has
// their workflows decide. S is their state, C their commands, and V the answer to everything that
// concerns one of them.
type files[S process.State, C process.Command, V any] struct {
	*server
	lifecycle    Lifecycle[S, C]
	kind         process.Kind
	path         string                // of one, with its parameter
	tag          string                // of the commands in the OpenAPI document
	compartments []process.Compartment // of the words

	seeing []string // the acts that make one exist for somebody
	// load reads one within the caller's scope; elsewhere there are no rows.
	load func(ctx context.Context, who Principal, id string) (S, error)
	may  func(who Principal, act string, s S) policies.Decision
	// asked is what may asks the policy.
	asked func(who Principal, act string, s S) policies.Question
	open  []string // the acts that show its state
	view  func(ctx context.Context, who Principal, s S) (*V, error)

	// staff, if not nil, finds what else ties people to one at a time.
	staff func(ctx context.Context, who Principal, s S, at time.Time) (func(*Principal), error)
	// people, if not nil, checks those whom a command names.
	people func(ctx context.Context, who Principal, s S, body commandBody[C]) error
	// complete, if not nil, finds what the API itself adds to a command: of the configuration, or of the
	// record. id is the command's.
	complete func(ctx context.Context, who Principal, s S, id string, body commandBody[C]) (func(C) C, error)
}

// A commandBody is what a client sends for a command: its facts and its words.
type commandBody[C process.Command] interface {
	prose() prose
	// command is the command with its words replaced by the documents that hold them.
	command(docs process.Docs) C
}

// find returns a file that exists for the caller. One out of scope does not.
func (f *files[S, C, V]) find(ctx context.Context, who Principal, id, act string) (S, error) {
	s, err := f.load(ctx, who, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, &denied{
			newProblem("not-found", fmt.Sprintf("there is no such %s", f.kind)).
				by("scope", fmt.Sprintf("check the id, and that the %s lies in your area", f.kind)),
			who, refusal{act: act, rule: "scope", fileID: id},
		}
	}
	return s, err
}

// decide asks the policy in earnest: what it answers is counted.
func (f *files[S, C, V]) decide(who Principal, act string, s S) policies.Decision {
	d := f.may(who, act, s)
	f.decisions.note(who, f.asked(who, act, s), d, f.now())
	return d
}

// permit refuses what the policy does not allow.
func (f *files[S, C, V]) permit(who Principal, act string, s S) error {
	return f.permitAny(who, s, act)
}

// permitAny refuses if the policy allows none of acts, in the name of the first.
func (f *files[S, C, V]) permitAny(who Principal, s S, acts ...string) error {
	var first policies.Decision
	for i, act := range acts {
		d := f.decide(who, act, s)
		if d.Allowed {
			return nil
		}
		if i == 0 {
			first = d
		}
	}
	return f.refusal(who, acts[0], s, first)
}

// refusal is the answer to what the policy refused.
func (f *files[S, C, V]) refusal(who Principal, act string, s S, d policies.Decision) error {
	of := s.File()
	r := refusal{act: act, rule: d.Rule, where: of.AGS, version: of.Version}
	if of.Version > 0 { // else it is not there yet
		r.fileID = of.ID
	}
	return &denied{newProblem("forbidden", "you may not "+strings.ReplaceAll(act, "_", " ")+" here").by(d.Rule, d.Remedy), who, r}
}

// operation describes the command that takes action a.
func (f *files[S, C, V]) operation(a process.Action, summary, description string) huma.Operation {
	name := strings.ReplaceAll(string(a), "_", "-")
	return huma.Operation{
		OperationID: name, Method: http.MethodPost, Path: f.path + "/" + name, Summary: summary, Description: description, Tags: []string{f.tag},
		MaxBodyBytes: maxBody, Errors: bodyStatuses(403, 404, 409, 412, 428),
	}
}

// begin stores the words of the first command of a new file, then starts its workflow with it. fresh
// is the file with that id.
func (f *files[S, C, V]) begin(ctx context.Context, a process.Action, key string, body commandBody[C], fresh func(id string) S) (begun S, out *V, err error) {
	who, err := f.principal(ctx)
	if err != nil {
		return begun, nil, err
	}
	id := commandID(who.Subject, key)
	s := fresh(fileIDOf(f.kind, id))
	if err := f.permit(who, string(a), s); err != nil {
		return begun, nil, err
	}
	amend, err := f.amend(ctx, who, s, id, body)
	if err != nil {
		return begun, nil, err
	}
	if err := f.check(a, id, body, amend); err != nil {
		return begun, nil, err
	}
	if f.people != nil {
		if err := f.people(ctx, who, s, body); err != nil {
			return begun, nil, err
		}
	}
	cmd, err := f.prepare(ctx, who, s.File(), a, id, body, amend)
	if err != nil {
		return begun, nil, err
	}
	begun, err = f.lifecycle.Begin(ctx, s, id, who.Subject, cmd)
	if err == nil && begun.File().AGS != s.File().AGS {
		err = reusedKey("another municipality")
	}
	if err != nil {
		return begun, nil, err
	}
	out, err = f.view(ctx, who, begun)
	return begun, out, err
}

// carryOut guards a command, stores its words, and has the file's workflow decide.
func (f *files[S, C, V]) carryOut(ctx context.Context, fileID string, a process.Action, key, ifMatch string, body commandBody[C]) (*V, error) {
	who, err := f.principal(ctx)
	if err != nil {
		return nil, err
	}
	seen, err := seenVersion(f.kind, ifMatch)
	if err != nil {
		return nil, err
	}
	id := commandID(who.Subject, key)
	s, err := f.find(ctx, who, fileID, string(a))
	if err == nil {
		err = f.permit(who, string(a), s)
	}
	var amend func(C) C
	if err == nil {
		amend, err = f.amend(ctx, who, s, id, body)
	}
	if err == nil {
		err = f.check(a, id, body, amend)
	}
	if err == nil && f.people != nil {
		err = f.people(ctx, who, s, body)
	}
	if err != nil {
		return f.repeated(ctx, who, fileID, id, a, body, err)
	}
	of := s.File()
	cmd, err := f.prepare(ctx, who, of, a, id, body, amend)
	if err != nil {
		return nil, err
	}
	next, err := f.lifecycle.Do(ctx, of.ID, id, who.Subject, seen, cmd)
	if fault.CodeOf(err) == fault.NotFound {
		// The record knows the file and the engine does not: what was done before is still answered.
		return f.repeated(ctx, who, fileID, id, a, body, fmt.Errorf("%s %s has no workflow", f.kind, of.ID))
	}
	if err != nil {
		f.noteRefusal(ctx, who, of, id, cmd, err)
		return nil, err
	}
	return f.view(ctx, who, next)
}

// check checks a command as far as it can be checked alone: nothing that is refused for its form
// leaves a trace.
func (f *files[S, C, V]) check(a process.Action, id string, body commandBody[C], amend func(C) C) error {
	return amend(body.command(process.Docs{Docs: body.prose().documents(f.compartments, a, id)})).Check()
}

// amend returns what the API adds to a command.
func (f *files[S, C, V]) amend(ctx context.Context, who Principal, s S, id string, body commandBody[C]) (func(C) C, error) {
	if f.complete == nil {
		return func(cmd C) C { return cmd }, nil
	}
	return f.complete(ctx, who, s, id, body)
}

// prepare stores the words of a command.
func (f *files[S, C, V]) prepare(ctx context.Context, who Principal, of process.File, a process.Action, id string, body commandBody[C], amend func(C) C) (cmd C, err error) {
	p := body.prose()
	docs := p.documents(f.compartments, a, id)
	if err := f.store(ctx, who, place{f.kind, of.ID, of.AGS}, docs, p); err != nil {
		return cmd, err
	}
	return amend(body.command(process.Docs{Docs: docs})), nil
}

// repeated answers a command of the caller's own that was carried out before, where the caller could
// not give it any more: the file has left their sight, or a person whom it names has left. The
// refusal err stands for everybody and everything else.
func (f *files[S, C, V]) repeated(ctx context.Context, who Principal, fileID, id string, a process.Action, body commandBody[C], err error) (*V, error) {
	sc := f.scope(who, append([]string{string(a)}, f.seeing...)...)
	own, found := f.as(sc).GetOwnTransition(ctx, db.GetOwnTransitionParams{FileID: fileID, Kind: f.kind, CommandID: id, Caller: who.Subject})
	switch {
	case errors.Is(found, pgx.ErrNoRows) || found == nil && own.Action != a:
		return nil, err
	case found != nil:
		return nil, found
	}
	var then S
	if err := json.Unmarshal(own.State, &then); err != nil {
		return nil, fmt.Errorf("state of %s %s: %w", f.kind, fileID, err)
	}
	amend, err := f.amend(ctx, who, then, id, body)
	if err != nil {
		return nil, err
	}
	cmd, err := f.prepare(ctx, who, then.File(), a, id, body, amend)
	if err == nil && process.Digest(cmd) != own.Digest {
		err = reusedKey("another command")
	}
	if err != nil {
		return nil, err
	}
	return f.view(ctx, who, then)
}

// noteRefusal records what the rules refused; a fault of ours is none.
func (f *files[S, C, V]) noteRefusal(ctx context.Context, who Principal, of process.File, id string, cmd C, err error) {
	switch why := fault.Of(err); {
	case why == nil:
	case why.Code == fault.Gate, why.Code == fault.Forbidden, why.Code == fault.Stale, why.Code == fault.Conflict, why.Code == fault.Invalid:
		f.refused(ctx, who, refusal{
			act: string(cmd.Action()), rule: why.Rule, where: of.AGS, fileID: of.ID, version: of.Version, digest: process.Digest(cmd), commandID: id,
		})
	}
}

// reusedKey refuses a key that its caller has used before for what.
func reusedKey(what string) error {
	return fault.Newf(fault.Conflict, "the idempotency key was used for %s", what).
		By("idempotency_key_reused", "send a new command with a new Idempotency-Key")
}
