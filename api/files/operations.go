package files

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/domain/file"
)

// operation describes an operation on files of the kind. path lies below the plural.
func (f *Kind) operation(id, method, path, tag, summary, description string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID: id,
		Method:      method,
		Path:        "/" + f.Def.Plural + path,
		Summary:     summary,
		Description: description,
		Tags:        []string{tag},
		Errors:      errors,
	}
}

// A names one file of the kind in a sentence.
func (f *Kind) A() string {
	if strings.ContainsRune("aeiou", rune(f.Def.Label.EN[0])) {
		return "an " + f.Def.Label.EN
	}
	return "a " + f.Def.Label.EN
}

// Tag groups the operations of the kind in the document, commandTag its commands.
func (f *Kind) Tag() string { return strings.ToUpper(f.Def.Plural[:1]) + f.Def.Plural[1:] }

func (f *Kind) CommandTag() string {
	return strings.ToUpper(f.Def.Label.EN[:1]) + f.Def.Label.EN[1:] + " commands"
}

// register adds every operation on files of the kind, from what the kind says of itself.
func (f *Kind) register(api huma.API) {
	f.defineSchemas(api.OpenAPI().Components.Schemas)
	for _, c := range f.Def.Commands() {
		switch {
		case c.Own: // nobody gives it
		case c.Begins:
			f.registerBegin(api, c)
		default:
			f.registerCommand(api, c)
		}
	}
	list := f.operation("list-"+f.Def.Plural, http.MethodGet, "", f.Tag(), "List the "+f.Def.Plural+" that you may see",
		"An item has to pass every filter; of repeated values of one filter, any will do. For the next page, send the cursor in `next`; counts come with the first page unless you decline them.", wire.Statuses()...)
	list.Parameters = f.filters()
	guard.Register(f.Server, api, list, f.list)
	f.listed(api, list)
	f.shows(api, f.operation("get-"+string(f.Def.Kind), http.MethodGet, "/{id}", f.Tag(), "Read "+f.A(),
		"As much of it as you may see: `lens` says how much. Reading as a supervisor is recorded.", wire.Statuses(403, 404)...))
	f.registerCalendar(api)
	f.registerDocuments(api)
	f.registerErasure(api)
	f.registerHistory(api)
	f.registerTimeline(api)
	f.registerPast(api)
	f.registerRuns(api)
	f.registerProof(api)
	f.registerSealed(api)
	f.registerAccess(api)
}

type createInput struct {
	wire.Key
	RawBody []byte
}

type createOutput struct {
	Location string `header:"Location" doc:"Path of the new file"`
	ETag     string `header:"ETag" doc:"Version of the file, for If-Match" example:"\"1\""`
	Body     json.RawMessage
}

type commandInput struct {
	wire.Ref
	wire.Key
	IfMatch string `header:"If-Match" doc:"ETag of the file that you decided on. Without it the answer is 428" example:"\"7\""`
	RawBody []byte
}

type getInput struct {
	wire.Ref
	wire.Reason
}

func (f *Kind) registerBegin(api huma.API, c file.CommandSpec) {
	op := f.operation(kebab(c.Action), http.MethodPost, "", f.Tag(), c.Summary, c.Details, wire.BodyStatuses(403, 409)...)
	op.DefaultStatus, op.MaxBodyBytes = http.StatusCreated, wire.MaxBody
	op.RequestBody = f.body(api, c)
	guard.Register(f.Server, api, op, func(ctx context.Context, in *createInput) (*createOutput, error) {
		caller, begun, err := f.begin(ctx, in.IdempotencyKey, in.RawBody)
		if err != nil {
			return nil, err
		}
		out, err := f.view(ctx, caller, begun)
		if err != nil {
			return nil, err
		}
		return &createOutput{f.Path(begun.ID), out.ETag, out.Body}, nil
	})
	f.described(api, op)
}

func (f *Kind) registerCommand(api huma.API, c file.CommandSpec) {
	op := f.operation(kebab(c.Action), http.MethodPost, "/{id}/"+kebab(c.Action), f.CommandTag(),
		c.Summary,
		c.Details,
		wire.BodyStatuses(403, 404, 409, 412, 428)...,
	)
	op.MaxBodyBytes = wire.MaxBody
	if c.Bulky {
		op.MaxBodyBytes, op.BodyReadTimeout = wire.MaxAttachment, wire.AttachmentWithin
	}
	op.RequestBody = f.body(api, c)
	guard.Register(f.Server, api, op, func(ctx context.Context, in *commandInput) (*fileOutput, error) {
		caller, next, err := f.CarryOut(ctx, in.ID, c.Action, in.IdempotencyKey, in.IfMatch, in.RawBody)
		if err != nil {
			return nil, err
		}
		return f.view(ctx, caller, next)
	})
	f.described(api, op)
}

// shows registers the operation that reads one file.
func (f *Kind) shows(api huma.API, op huma.Operation) {
	guard.Register(f.Server, api, op, func(ctx context.Context, in *getInput) (*fileOutput, error) {
		caller, at, err := f.Open(ctx, in.ID, f.LensActs()...)
		if err != nil {
			return nil, err
		}
		if act, as := f.supervised(caller, at); as {
			if err := f.Read(ctx, caller, act, at.Row, "", string(in.Reason.Reason)); err != nil {
				return nil, err
			}
		}
		return f.view(ctx, caller, at)
	})
	f.described(api, op)
}

// LensActs lists the acts that open a lens: of each lens, the last one that it requires.
func (f *Kind) LensActs() []string {
	var acts []string
	for _, l := range f.Def.Lenses() {
		acts = append(acts, l.Acts[0])
	}
	return acts
}

// supervised reports whether the caller sees a file only as a supervisor, and by which act: such reads
// are recorded.
func (f *Kind) supervised(caller guard.Principal, at Folder) (act string, as bool) {
	l, ok := f.lens(caller, at)
	if !ok || !f.supervises(caller, l.Acts[0], at) {
		return "", false
	}
	return l.Acts[0], true
}

// supervises reports whether the caller may do act only as a supervisor.
func (f *Kind) supervises(caller guard.Principal, act string, at Folder) bool {
	return f.May(caller, act, at).Allowed && !f.May(caller.Unsupervising(), act, at).Allowed
}

func kebab(a file.Action) string { return strings.ReplaceAll(string(a), "_", "-") }
