package files

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/policies"
)

// Kind serves the files of one kind: it says how the API finds them, guards them, and has their
// workflows decide.
type Kind struct {
	*Server
	Def *file.Definition
	// Complete, if not nil, adds to a command what the configuration or the record says, and checks
	// what only the record can answer. id is the command's.
	Complete func(ctx context.Context, caller guard.Principal, s file.State, id string, cmd file.Command) (file.Command, error)
	// Adorn, if not nil, returns what the API shows beside the state.
	Adorn     func(ctx context.Context, caller guard.Principal, s file.State, lens string) (any, error)
	Adornment reflect.Type // what Adorn returns: a struct
	// Embellish, if not nil, returns what lists show beside the facets, by id: each of the type
	// Embellishment.
	Embellish     func(ctx context.Context, caller guard.Principal, ids []string) (map[string]any, error)
	Embellishment reflect.Type
	Issued        *Issued // what is issued to the person that a file is about; nil: nothing is
}

// Issued is a register of what is issued to people by files of a kind.
type Issued struct {
	Act  string                                                                        // reads it
	List func(ctx context.Context, caller guard.Principal, fileID string) (any, error) // nil: nothing was
}

// A Folder is a file as it was found: its row, and the state that the row follows from.
type Folder struct {
	file.Row
	State file.State
}

func (f Folder) place() policies.Place { return policies.Place{Own: f.AGS, Offered: f.Places} }

// Of returns the files of a kind.
func (s *Server) Of(k file.Kind) (*Kind, bool) {
	i := slices.IndexFunc(s.Kinds, func(f *Kind) bool { return f.Def.Kind == k })
	if i < 0 {
		return nil, false
	}
	return s.Kinds[i], true
}

// FolderOf returns a state with its row.
func (f *Kind) FolderOf(s file.State) (Folder, error) {
	row, err := f.Def.Row(s)
	return Folder{row, s}, err
}

// May asks the policy. What the house does with files is not done with one that the caller sees through a still lens
// alone: entries, versions and sealed files would tell more than the lens does.
func (f *Kind) May(caller guard.Principal, act string, at Folder) policies.Decision {
	d := f.Policy.DecideOn(caller.Caller(), act, at.place(), at.Ties)
	if d.Allowed && policies.OfTheHouse(act) && f.still(caller, at) {
		return f.Policy.DecideOn(caller.Caller(), f.Def.History, at.place(), at.Ties)
	}
	return d
}

// still reports whether the caller sees a file through a still lens alone.
func (f *Kind) still(caller guard.Principal, at Folder) bool {
	if !slices.ContainsFunc(f.Def.Lenses(), func(l file.LensSpec) bool { return l.Still }) {
		return false
	}
	l, ok := f.lens(caller, at)
	return ok && l.Still
}

// mayAll reports whether the policy allows each of acts.
func (f *Kind) mayAll(caller guard.Principal, at Folder, acts []string) bool {
	return !slices.ContainsFunc(acts, func(act string) bool { return !f.May(caller, act, at).Allowed })
}

// mayAny reports whether the policy allows one of acts.
func (f *Kind) mayAny(caller guard.Principal, at Folder, acts []string) bool {
	return slices.ContainsFunc(acts, func(act string) bool { return f.May(caller, act, at).Allowed })
}

// asked returns the question that May puts to the policy.
func (f *Kind) asked(caller guard.Principal, act string, at Folder) policies.Question {
	return f.Policy.QuestionOn(caller.Caller(), act, at.place(), at.Ties)
}

// Seeing lists the acts that make a file exist for somebody: those that open a lens, and its
// history.
func (f *Kind) Seeing() []string {
	var acts []string
	for _, l := range f.Def.Lenses() {
		acts = append(acts, l.Acts...)
	}
	return append(acts, f.Def.History)
}

// Following lists the acts with which somebody learns what happens to a file: through a still lens nobody does.
func (f *Kind) Following() []string { return append(f.LensScope(), f.Def.History) }

// Find returns a file that exists for the caller. One out of scope does not.
func (f *Kind) Find(ctx context.Context, caller guard.Principal, id, act string) (Folder, error) {
	sc := f.Scope(caller, f.Seeing()...)
	raw, err := f.As(sc).GetFile(ctx, sc, f.Def.Kind, id)
	if errors.Is(err, pgx.ErrNoRows) {
		problem := wire.NewProblem("not-found", fmt.Sprintf("there is no such %s", f.Def.Kind)).
			By("scope", fmt.Sprintf("check the id, and that the %s lies in your area", f.Def.Kind))
		return Folder{}, guard.Deny(caller, problem, guard.Refusal{Act: act, Rule: "scope", FileID: id})
	}
	if err != nil {
		return Folder{}, fmt.Errorf("find %s %s: %w", f.Def.Kind, id, err)
	}
	state, err := f.Def.Decode(raw)
	if err != nil {
		return Folder{}, err
	}
	return f.FolderOf(state)
}

// Open finds a file for one of acts, and refuses whoever may do none of them.
func (f *Kind) Open(ctx context.Context, id string, acts ...string) (caller guard.Principal, at Folder, err error) {
	if caller, err = f.Principal(ctx); err != nil {
		return caller, at, err
	}
	if at, err = f.Find(ctx, caller, id, acts[0]); err != nil {
		return caller, at, err
	}
	return caller, at, f.permitAny(caller, at, acts...)
}

// decide asks the policy, and counts its decision.
func (f *Kind) decide(caller guard.Principal, act string, at Folder) policies.Decision {
	d := f.May(caller, act, at)
	f.Decisions.Note(caller, f.asked(caller, act, at), d, f.Now())
	return d
}

// Permit refuses what the policy does not allow.
func (f *Kind) Permit(caller guard.Principal, act string, at Folder) error {
	return f.permitAny(caller, at, act)
}

// permitAny refuses if the policy allows none of acts, in the name of the first.
func (f *Kind) permitAny(caller guard.Principal, at Folder, acts ...string) error {
	var first policies.Decision
	for i, act := range acts {
		d := f.decide(caller, act, at)
		if d.Allowed {
			return nil
		}
		if i == 0 {
			first = d
		}
	}
	return f.refusal(caller, acts[0], at, first)
}

// refusal returns the answer to what the policy refused.
func (f *Kind) refusal(caller guard.Principal, act string, at Folder, d policies.Decision) error {
	r := guard.Refusal{Act: act, Rule: d.Rule, Where: at.AGS, Version: at.Version, Veil: f.veilOf(act, d.Rule)}
	if at.Version > 0 { // else it is not there yet
		r.FileID = at.ID
	}
	problem := wire.NewProblem("forbidden", "you may not "+strings.ReplaceAll(act, "_", " ")+" here").By(d.Rule, d.Remedy)
	return guard.Deny(caller, problem, f.refused(caller, at, r))
}

// veilOf returns the act that somebody needs to learn that act was done or tried. A refusal for want of a
// right reveals nothing about the file.
func (f *Kind) veilOf(act, refusedBy string) string {
	if policies.OfRights(refusedBy) {
		return ""
	}
	return f.Def.VeilOf(act)
}

// lifted lists the veils that are open to the caller, each by its act.
func (f *Kind) lifted(caller guard.Principal, at Folder) []string {
	acts := []string{}
	for _, v := range f.Def.Veils() {
		if f.May(caller, v, at).Allowed {
			acts = append(acts, v)
		}
	}
	return acts
}

// unveiled reports whether nothing of a file is veiled from the caller.
func (f *Kind) unveiled(caller guard.Principal, at Folder) bool {
	return len(f.lifted(caller, at)) == len(f.Def.Veils())
}

// begin stores the words of the first command of a new file, then starts its workflow with it.
func (f *Kind) begin(ctx context.Context, key string, body []byte) (caller guard.Principal, begun Folder, err error) {
	if caller, err = f.Principal(ctx); err != nil {
		return caller, begun, err
	}
	var where struct {
		AGS ags.Key `json:"ags"`
	}
	if err := json.Unmarshal(body, &where); err != nil {
		return caller, begun, wire.Malformed(err)
	}
	id, a := wire.CommandID(caller.Subject, key), f.Def.First()
	fresh := f.fresh(wire.FileID(f.Def.Kind, id), where.AGS)
	at, err := f.FolderOf(fresh)
	if err != nil {
		return caller, begun, err
	}
	if err := f.Permit(caller, string(a), at); err != nil {
		return caller, begun, err
	}
	o, err := f.checked(ctx, caller, fresh, a, id, body)
	if err != nil {
		return caller, begun, err
	}
	cmd, err := f.prepare(ctx, caller, at.Row, id, o.cmd, o.words)
	if err != nil {
		return caller, begun, err
	}
	next, err := f.Workflows.Begin(ctx, f.Def, fresh, id, caller.Subject, cmd)
	if err == nil && next.Head().AGS != where.AGS {
		err = wire.ReusedKey("another municipality")
	}
	if err != nil {
		return caller, begun, err
	}
	begun, err = f.FolderOf(next)
	return caller, begun, err
}

// CarryOut guards a command, stores its words, and has the file's workflow decide.
func (f *Kind) CarryOut(
	ctx context.Context,
	fileID string,
	a file.Action,
	key, ifMatch string,
	body []byte,
) (caller guard.Principal, next Folder, err error) {
	if caller, err = f.Principal(ctx); err != nil {
		return caller, next, err
	}
	seen, err := wire.SeenVersion(f.Def.Kind, ifMatch)
	if err != nil {
		return caller, next, err
	}
	id := wire.CommandID(caller.Subject, key)
	at, err := f.Find(ctx, caller, fileID, string(a))
	if err == nil {
		err = f.Permit(caller, string(a), at)
	}
	var o order
	if err == nil {
		o, err = f.checked(ctx, caller, at.State, a, id, body)
	}
	if spec, _ := f.Def.CommandOf(a); spec.Blind {
		seen = 0
	}
	decided := err == nil
	if decided {
		err = f.told(ctx, caller, at, id, seen, o)
	}
	if err != nil {
		next, err = f.repeated(ctx, caller, fileID, id, a, body, err)
		if decided {
			f.noteRefusal(ctx, caller, at, id, o.cmd, err)
		}
		return caller, next, err
	}
	cmd, err := f.ordered(ctx, caller, at.Row, id, o)
	if err != nil {
		return caller, next, err
	}
	state, err := f.Workflows.Do(ctx, f.Def, at.ID, id, caller.Subject, seen, cmd)
	if fault.CodeOf(err) == fault.NotFound {
		// The record knows the file and the engine does not: what was done before is still answered.
		next, err = f.repeated(ctx, caller, fileID, id, a, body, fmt.Errorf("%s %s has no workflow", f.Def.Kind, at.ID))
		return caller, next, err
	}
	if err != nil {
		f.noteRefusal(ctx, caller, at, id, cmd, err)
		return caller, next, err
	}
	if err := f.start(ctx, caller, o.starter, id, state); err != nil {
		return caller, next, err
	}
	next, err = f.FolderOf(state)
	return caller, next, err
}

// An order is a command that somebody gives: as the file records it, and the words that were taken out of it.
type order struct {
	cmd     file.Command
	words   file.Prose
	starter file.Starter // the command as it was given, if another file begins because of it
	letter  *letter      // what it tells another file; nil: nothing
}

// checked reads a command and checks it as far as it can be checked before its words are stored: nothing
// that is refused for its form leaves a trace.
func (f *Kind) checked(
	ctx context.Context,
	caller guard.Principal,
	s file.State,
	a file.Action,
	id string,
	body []byte,
) (order, error) {
	o, err := f.completed(ctx, caller, s, a, id, body)
	if err != nil {
		return o, err
	}
	if err := file.WithDocs(o.cmd, f.DocumentsOf(o.words, a, id)).Check(); err != nil {
		return o, err
	}
	named := o.cmd
	if o.starter != nil {
		named = o.starter
	}
	return o, f.people(ctx, caller, s.Head().AGS, named)
}

// completed returns a command with what the API adds, and the words that were taken out of it.
func (f *Kind) completed(
	ctx context.Context,
	caller guard.Principal,
	s file.State,
	a file.Action,
	id string,
	body []byte,
) (o order, err error) {
	cmd, err := f.Def.Command(a, body)
	if err != nil {
		return o, err
	}
	if cmd, err = file.Prepare(f.dated(cmd, s.Head().AGS)); err != nil {
		return o, err
	}
	if f.Complete != nil {
		if cmd, err = f.Complete(ctx, caller, s, id, cmd); err != nil {
			return o, err
		}
	}
	if st, starts := cmd.(file.Starter); starts {
		o.starter = st
		cmd = st.Without(f.startedBy(id, st.Starts()).file)
	}
	if t, tells := cmd.(file.Teller); tells {
		if o.letter, err = f.letterOf(s, id, t); err != nil {
			return o, err
		}
		cmd = t.With(o.letter.docs)
	}
	o.cmd, o.words = file.Take(cmd)
	return o, nil
}

// people checks the people whom a command names: without a grant they could not act.
func (f *Kind) people(ctx context.Context, caller guard.Principal, where ags.Key, cmd file.Command) error {
	for _, p := range file.People(cmd) {
		k := where
		if p.Where != "" {
			k = ags.Key(p.Where)
		}
		if err := f.Holds(ctx, caller, k, p.Roles, p.Field, p.Subject); err != nil {
			return err
		}
	}
	return nil
}

// Holds checks that a person whom a field names holds one of the roles in a municipality.
func (s *Server) Holds(ctx context.Context, caller guard.Principal, k ags.Key, roles []string, field, subject string) error {
	role := db.HasRoleInParams{Subject: subject, Roles: roles, AGS: string(k), At: s.Now()}
	has, err := db.As(s.Pool, caller.Subject, ags.Area{k}).HasRoleIn(ctx, role)
	if err != nil {
		return fmt.Errorf("roles of a person: %w", err)
	}
	if !has {
		names := strings.Join(roles, ", ")
		return fault.Newf(fault.Invalid, "this person holds no role that does this in the municipality").In(field).
			By("holds_role", "name somebody who is "+names+" there, or have an administrator grant one of these roles first")
	}
	return nil
}

// prepare stores the words of a command.
func (f *Kind) prepare(
	ctx context.Context,
	caller guard.Principal,
	at file.Row,
	id string,
	cmd file.Command,
	words file.Prose,
) (file.Command, error) {
	docs := f.DocumentsOf(words, cmd.Action(), id)
	if err := f.store(ctx, caller, f.PlaceOf(at.ID, at.AGS), docs, words); err != nil {
		return nil, err
	}
	return file.WithDocs(cmd, docs), nil
}

// repeated answers a command that the caller gave before and could not give any more: the file has
// left their sight, or a person whom the command names has left. Everybody and everything else gets
// the refusal err.
func (f *Kind) repeated(
	ctx context.Context,
	caller guard.Principal,
	fileID, id string,
	a file.Action,
	body []byte,
	err error,
) (none Folder, _ error) {
	sc := f.Scope(caller, append([]string{string(a)}, f.Seeing()...)...)
	own, found := f.As(sc).GetOwnTransition(ctx, db.GetOwnTransitionParams{
		FileID:    fileID,
		Kind:      f.Def.Kind,
		CommandID: id,
		Caller:    caller.Subject,
	})
	switch {
	case errors.Is(found, pgx.ErrNoRows) || found == nil && own.Action != a:
		return none, err
	case found != nil:
		return none, fmt.Errorf("look a repeated command up: %w", found)
	}
	state, err := f.Def.Decode(own.State)
	if err != nil {
		return none, err
	}
	then, err := f.FolderOf(state)
	if err != nil {
		return none, err
	}
	o, err := f.completed(ctx, caller, state, a, id, body)
	if err != nil {
		return none, err
	}
	cmd, err := f.ordered(ctx, caller, then.Row, id, o)
	if err != nil {
		return then, err
	}
	if file.Digest(cmd) != own.Digest {
		return then, wire.ReusedKey("another command")
	}
	return then, f.start(ctx, caller, o.starter, id, state)
}

// noteRefusal records that the rules refused a command. An internal error is no refusal.
func (f *Kind) noteRefusal(ctx context.Context, caller guard.Principal, at Folder, id string, cmd file.Command, err error) {
	switch why := fault.Of(err); {
	case why == nil:
	case why.Code == fault.Gate, why.Code == fault.Forbidden, why.Code == fault.Stale, why.Code == fault.Conflict, why.Code == fault.Invalid:
		f.Refused(ctx, caller, f.refused(caller, at, guard.Refusal{
			Act: string(cmd.Action()), Rule: why.Rule, Where: at.AGS, FileID: at.ID, Version: at.Version,
			Digest: f.Vault.Digest(file.Digest(cmd)), CommandID: id, Veil: f.Def.Veil(cmd.Action(), cmd.References()),
		}))
	}
}
