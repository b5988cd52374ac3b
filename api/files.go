package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/policies"
)

// files are the files of one kind: how the API finds them, guards them, and has their workflows decide.
type files struct {
	*server
	kind *file.Definition
	// complete, if not nil, finds what the API itself adds to a command, of the configuration or of the
	// record, and checks what only the record can tell. id is the command's.
	complete func(ctx context.Context, caller Principal, s file.State, id string, cmd file.Command) (file.Command, error)
	// adorn, if not nil, finds what the API shows beside the state.
	adorn     func(ctx context.Context, caller Principal, s file.State, lens string) (any, error)
	adornment reflect.Type // what adorn returns: a struct
	// embellish, if not nil, finds what lists show beside the facets, by id: each of the type embellishment.
	embellish     func(ctx context.Context, caller Principal, ids []string) (map[string]any, error)
	embellishment reflect.Type
	issued        *issued // what is issued to the person that a file is about; nil: nothing is
}

// issued is a register of what is issued to people by files of a kind.
type issued struct {
	act  string                                                                  // reads it
	list func(ctx context.Context, caller Principal, fileID string) (any, error) // nil: nothing was
}

// A folder is a file as it was found: its row, and the state that the row follows from.
type folder struct {
	file.Row
	state file.State
}

func (f folder) place() policies.Place { return policies.Place{Own: f.AGS, Offered: f.Places} }

// of is the files of a kind.
func (s *server) of(k file.Kind) (*files, bool) {
	i := slices.IndexFunc(s.kinds, func(f *files) bool { return f.kind.Kind == k })
	if i < 0 {
		return nil, false
	}
	return s.kinds[i], true
}

// folderOf is a state with its row.
func (f *files) folderOf(s file.State) (folder, error) {
	row, err := f.kind.Row(s)
	return folder{row, s}, err
}

// relations lists what ties somebody to a file.
func (f folder) relations(p Principal) []file.Relation {
	return file.HeldIn(f.Ties, p.caller().Holders()...)
}

// may asks the policy.
func (f *files) may(caller Principal, act string, at folder) policies.Decision {
	return f.policy.Decide(caller.Grants, act, at.place(), at.relations(caller))
}

// mayAll reports whether the policy allows each of acts.
func (f *files) mayAll(caller Principal, at folder, acts []string) bool {
	return !slices.ContainsFunc(acts, func(act string) bool { return !f.may(caller, act, at).Allowed })
}

// mayAny reports whether the policy allows one of acts.
func (f *files) mayAny(caller Principal, at folder, acts []string) bool {
	return slices.ContainsFunc(acts, func(act string) bool { return f.may(caller, act, at).Allowed })
}

// asked is what may asks the policy.
func (f *files) asked(caller Principal, act string, at folder) policies.Question {
	return policies.QuestionOf(caller.Grants, act, at.place(), at.relations(caller))
}

// seeing are the acts that make a file exist for somebody: those that open a lens, and its history.
func (f *files) seeing() []string {
	var acts []string
	for _, l := range f.kind.Lenses() {
		acts = append(acts, l.Acts...)
	}
	return append(acts, f.kind.History)
}

// find returns a file that exists for the caller. One out of scope does not.
func (f *files) find(ctx context.Context, caller Principal, id, act string) (folder, error) {
	sc := f.scope(caller, f.seeing()...)
	raw, err := f.as(sc).GetFile(ctx, sc, f.kind.Kind, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return folder{}, &denied{
			newProblem("not-found", fmt.Sprintf("there is no such %s", f.kind.Kind)).
				by("scope", fmt.Sprintf("check the id, and that the %s lies in your area", f.kind.Kind)),
			caller, refusal{act: act, rule: "scope", fileID: id},
		}
	}
	if err != nil {
		return folder{}, fmt.Errorf("find %s %s: %w", f.kind.Kind, id, err)
	}
	state, err := f.kind.Decode(raw)
	if err != nil {
		return folder{}, err
	}
	return f.folderOf(state)
}

// open finds a file for one of acts, and refuses whoever may do none of them.
func (f *files) open(ctx context.Context, id string, acts ...string) (caller Principal, at folder, err error) {
	if caller, err = f.principal(ctx); err != nil {
		return caller, at, err
	}
	if at, err = f.find(ctx, caller, id, acts[0]); err != nil {
		return caller, at, err
	}
	return caller, at, f.permitAny(caller, at, acts...)
}

// decide asks the policy in earnest: what it answers is counted.
func (f *files) decide(caller Principal, act string, at folder) policies.Decision {
	d := f.may(caller, act, at)
	f.decisions.note(caller, f.asked(caller, act, at), d, f.now())
	return d
}

// permit refuses what the policy does not allow.
func (f *files) permit(caller Principal, act string, at folder) error {
	return f.permitAny(caller, at, act)
}

// permitAny refuses if the policy allows none of acts, in the name of the first.
func (f *files) permitAny(caller Principal, at folder, acts ...string) error {
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

// refusal is the answer to what the policy refused.
func (f *files) refusal(caller Principal, act string, at folder, d policies.Decision) error {
	r := refusal{act: act, rule: d.Rule, where: at.AGS, version: at.Version, veil: f.veilOf(act, d.Rule)}
	if at.Version > 0 { // else it is not there yet
		r.fileID = at.ID
	}
	return &denied{newProblem("forbidden", "you may not "+strings.ReplaceAll(act, "_", " ")+" here").by(d.Rule, d.Remedy), caller, r}
}

// veilOf is the act without which nobody learns that act was done or tried. What somebody was refused for
// want of a right tells nothing of the file.
func (f *files) veilOf(act, refusedBy string) string {
	if policies.OfRights(refusedBy) {
		return ""
	}
	return f.kind.VeilOf(act)
}

// lifted lists the acts of veils that the caller may do: what they veil is open to the caller.
func (f *files) lifted(caller Principal, at folder) []string {
	acts := []string{}
	for _, v := range f.kind.Veils() {
		if f.may(caller, v, at).Allowed {
			acts = append(acts, v)
		}
	}
	return acts
}

// unveiled reports whether nothing of a file is veiled from the caller.
func (f *files) unveiled(caller Principal, at folder) bool {
	return len(f.lifted(caller, at)) == len(f.kind.Veils())
}

// begin stores the words of the first command of a new file, then starts its workflow with it.
func (f *files) begin(ctx context.Context, key string, body []byte) (begun folder, err error) {
	caller, err := f.principal(ctx)
	if err != nil {
		return begun, err
	}
	var where struct {
		AGS ags.Key `json:"ags"`
	}
	if err := json.Unmarshal(body, &where); err != nil {
		return begun, malformed(err)
	}
	id, a := commandID(caller.Subject, key), f.kind.First()
	fresh := f.kind.Fresh(fileIDOf(f.kind.Kind, id), where.AGS)
	at, err := f.folderOf(fresh)
	if err != nil {
		return begun, err
	}
	if err := f.permit(caller, string(a), at); err != nil {
		return begun, err
	}
	cmd, words, err := f.checked(ctx, caller, fresh, a, id, body)
	if err != nil {
		return begun, err
	}
	if cmd, err = f.prepare(ctx, caller, at.Row, id, cmd, words); err != nil {
		return begun, err
	}
	next, err := f.engine.Begin(ctx, f.kind, fresh, id, caller.Subject, cmd)
	if err == nil && next.Head().AGS != where.AGS {
		err = reusedKey("another municipality")
	}
	if err != nil {
		return begun, err
	}
	return f.folderOf(next)
}

// carryOut guards a command, stores its words, and has the file's workflow decide.
func (f *files) carryOut(ctx context.Context, fileID string, a file.Action, key, ifMatch string, body []byte) (caller Principal, next folder, err error) {
	if caller, err = f.principal(ctx); err != nil {
		return caller, next, err
	}
	seen, err := seenVersion(f.kind.Kind, ifMatch)
	if err != nil {
		return caller, next, err
	}
	id := commandID(caller.Subject, key)
	at, err := f.find(ctx, caller, fileID, string(a))
	if err == nil {
		err = f.permit(caller, string(a), at)
	}
	var cmd file.Command
	var words file.Prose
	if err == nil {
		cmd, words, err = f.checked(ctx, caller, at.state, a, id, body)
	}
	if err != nil {
		next, err = f.repeated(ctx, caller, fileID, id, a, body, err)
		return caller, next, err
	}
	if cmd, err = f.prepare(ctx, caller, at.Row, id, cmd, words); err != nil {
		return caller, next, err
	}
	state, err := f.engine.Do(ctx, f.kind, at.ID, id, caller.Subject, seen, cmd)
	if fault.CodeOf(err) == fault.NotFound {
		// The record knows the file and the engine does not: what was done before is still answered.
		next, err = f.repeated(ctx, caller, fileID, id, a, body, fmt.Errorf("%s %s has no workflow", f.kind.Kind, at.ID))
		return caller, next, err
	}
	if err != nil {
		f.noteRefusal(ctx, caller, at, id, cmd, err)
		return caller, next, err
	}
	next, err = f.folderOf(state)
	return caller, next, err
}

// checked reads a command and checks it as far as it can be checked before its words are stored: nothing
// that is refused for its form leaves a trace.
func (f *files) checked(ctx context.Context, caller Principal, s file.State, a file.Action, id string, body []byte) (file.Command, file.Prose, error) {
	cmd, words, err := f.completed(ctx, caller, s, a, id, body)
	if err != nil {
		return nil, nil, err
	}
	if err := file.WithDocs(cmd, f.documentsOf(words, a, id)).Check(); err != nil {
		return nil, nil, err
	}
	return cmd, words, f.people(ctx, caller, s.Head().AGS, cmd)
}

// completed is a command with what the API adds, and the words that were taken out of it.
func (f *files) completed(ctx context.Context, caller Principal, s file.State, a file.Action, id string, body []byte) (file.Command, file.Prose, error) {
	cmd, err := f.kind.Command(a, body)
	if err != nil {
		return nil, nil, err
	}
	if cmd, err = file.Prepare(cmd); err != nil {
		return nil, nil, err
	}
	if f.complete != nil {
		if cmd, err = f.complete(ctx, caller, s, id, cmd); err != nil {
			return nil, nil, err
		}
	}
	bare, words := file.Take(cmd)
	return bare, words, nil
}

// people checks those whom a command names: whoever was granted nothing could not act.
func (f *files) people(ctx context.Context, caller Principal, where ags.Key, cmd file.Command) error {
	for _, p := range file.People(cmd) {
		k := where
		if p.Where != "" {
			k = ags.Key(p.Where)
		}
		if err := f.holds(ctx, caller, k, p.Roles, p.Field, p.Subject); err != nil {
			return err
		}
	}
	return nil
}

// holds checks that a person whom a field names holds one of the roles in a municipality.
func (s *server) holds(ctx context.Context, caller Principal, k ags.Key, roles []string, field, subject string) error {
	has, err := db.As(s.pool, caller.Subject, ags.Area{k}).HasRoleIn(ctx, db.HasRoleInParams{Subject: subject, Roles: roles, AGS: string(k), At: s.now()})
	if err != nil {
		return fmt.Errorf("roles of a person: %w", err)
	}
	if !has {
		names := strings.Join(roles, ", ")
		return fault.Newf(fault.Invalid, "this person holds no role in the municipality that does this").In(field).
			By("holds_role", "name somebody who is "+names+" there, or have an administrator grant one of these roles first")
	}
	return nil
}

// prepare stores the words of a command.
func (f *files) prepare(ctx context.Context, caller Principal, at file.Row, id string, cmd file.Command, words file.Prose) (file.Command, error) {
	docs := f.documentsOf(words, cmd.Action(), id)
	if err := f.store(ctx, caller, f.placeOf(at.ID, at.AGS), docs, words); err != nil {
		return nil, err
	}
	return file.WithDocs(cmd, docs), nil
}

// repeated answers a command of the caller's own that was carried out before, where the caller could
// not give it any more: the file has left their sight, or a person whom it names has left. The
// refusal err stands for everybody and everything else.
func (f *files) repeated(ctx context.Context, caller Principal, fileID, id string, a file.Action, body []byte, err error) (none folder, _ error) {
	sc := f.scope(caller, append([]string{string(a)}, f.seeing()...)...)
	own, found := f.as(sc).GetOwnTransition(ctx, db.GetOwnTransitionParams{FileID: fileID, Kind: f.kind.Kind, CommandID: id, Caller: caller.Subject})
	switch {
	case errors.Is(found, pgx.ErrNoRows) || found == nil && own.Action != a:
		return none, err
	case found != nil:
		return none, fmt.Errorf("look a repeated command up: %w", found)
	}
	state, err := f.kind.Decode(own.State)
	if err != nil {
		return none, err
	}
	then, err := f.folderOf(state)
	if err != nil {
		return none, err
	}
	cmd, words, err := f.completed(ctx, caller, state, a, id, body)
	if err != nil {
		return none, err
	}
	cmd, err = f.prepare(ctx, caller, then.Row, id, cmd, words)
	if err == nil && file.Digest(cmd) != own.Digest {
		err = reusedKey("another command")
	}
	return then, err
}

// noteRefusal records what the rules refused; a fault of ours is none.
func (f *files) noteRefusal(ctx context.Context, caller Principal, at folder, id string, cmd file.Command, err error) {
	switch why := fault.Of(err); {
	case why == nil:
	case why.Code == fault.Gate, why.Code == fault.Forbidden, why.Code == fault.Stale, why.Code == fault.Conflict, why.Code == fault.Invalid:
		f.refused(ctx, caller, refusal{
			act: string(cmd.Action()), rule: why.Rule, where: at.AGS, fileID: at.ID, version: at.Version, digest: file.Digest(cmd), commandID: id,
			veil: f.kind.Veil(cmd.Action(), cmd.References()),
		})
	}
}

// reusedKey refuses a key that its caller has used before for something else.
func reusedKey(what string) error {
	return fault.Newf(fault.Conflict, "the idempotency key was used for %s", what).
		By("idempotency_key_reused", "send a new command with a new Idempotency-Key")
}
