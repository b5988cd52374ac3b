package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/domain/file"
)

// Ref is embedded in the input of every operation on one file. It is exported because huma ignores the
// parameters of an unexported embedded struct.
type Ref struct {
	ID string `path:"id" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the file" example:"3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"`
}

// Key is embedded in the input of every write.
type Key struct {
	IdempotencyKey string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"128" doc:"Yours for this command: send it again to retry, and nothing happens twice" example:"0f6f9a5e-3c43-4b62-9c1e-5d2a7a8b9c10"`
}

// Reason is embedded in the input of sensitive reads.
type Reason struct {
	Reason file.ReadingReason `query:"reason" doc:"Why a supervisor reads this (Zugriffsgrund); it stands in the access log"`
}

const (
	maxBody       = 1 << 20 // bounds a command's body in bytes; attachments have a bound of their own
	maxAttachment = 12 << 20
	// attachmentWithin is how long the line of a town hall may take for an attachment.
	attachmentWithin = time.Minute
)

// operation describes an operation on files of the kind. path lies below the plural.
func (f *files) operation(id, method, path, tag, summary, description string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: method, Path: "/" + f.kind.Plural + path, Summary: summary, Description: description, Tags: []string{tag}, Errors: errors,
	}
}

// a names one file of the kind in a sentence.
func (f *files) a() string {
	if strings.ContainsRune("aeiou", rune(f.kind.Label.EN[0])) {
		return "an " + f.kind.Label.EN
	}
	return "a " + f.kind.Label.EN
}

// tag groups the operations of the kind in the document, commandTag its commands.
func (f *files) tag() string { return strings.ToUpper(f.kind.Plural[:1]) + f.kind.Plural[1:] }

func (f *files) commandTag() string {
	return strings.ToUpper(f.kind.Label.EN[:1]) + f.kind.Label.EN[1:] + " commands"
}

// register adds every operation on files of the kind, from what the kind says of itself.
func (f *files) register(api huma.API) {
	f.defineSchemas(api.OpenAPI().Components.Schemas)
	for _, c := range f.kind.Commands() {
		switch {
		case c.Begins:
			f.registerBegin(api, c)
		case !c.Own:
			f.registerCommand(api, c)
		}
	}
	list := f.operation("list-"+f.kind.Plural, http.MethodGet, "", f.tag(), "List the "+f.kind.Plural+" that you may see",
		"Filters narrow together; repeated values of one filter widen. Pages follow the cursor in `next`; counts come with the first page unless they are declined.", statuses()...)
	list.Parameters = f.filters()
	register(f.server, api, list, f.list)
	f.listed(api, list)
	f.shows(api, f.operation("get-"+string(f.kind.Kind), http.MethodGet, "/{id}", f.tag(), "Read "+f.a(),
		"As much of it as you may see: `lens` says how much. Reading as a supervisor is recorded.", statuses(403, 404)...))
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
	Key
	RawBody []byte
}

type createOutput struct {
	Location string `header:"Location" doc:"Path of the new file"`
	ETag     string `header:"ETag" doc:"Version of the file, for If-Match" example:"\"1\""`
	Body     json.RawMessage
}

type commandInput struct {
	Ref
	Key
	IfMatch string `header:"If-Match" doc:"ETag of the file that you decided on. Without it the answer is 428" example:"\"7\""`
	RawBody []byte
}

type getInput struct {
	Ref
	Reason
}

func (f *files) registerBegin(api huma.API, c file.CommandSpec) {
	op := f.operation(kebab(c.Action), http.MethodPost, "", f.tag(), c.Summary, c.Details, bodyStatuses(403, 409)...)
	op.DefaultStatus, op.MaxBodyBytes = http.StatusCreated, maxBody
	op.RequestBody = f.body(api, c)
	register(f.server, api, op, func(ctx context.Context, in *createInput) (*createOutput, error) {
		begun, err := f.begin(ctx, in.IdempotencyKey, in.RawBody)
		if err != nil {
			return nil, err
		}
		caller, err := f.principal(ctx)
		if err != nil {
			return nil, err
		}
		out, err := f.view(ctx, caller, begun)
		if err != nil {
			return nil, err
		}
		return &createOutput{f.path(begun.ID), out.ETag, out.Body}, nil
	})
	f.described(api, op)
}

func (f *files) registerCommand(api huma.API, c file.CommandSpec) {
	op := f.operation(kebab(c.Action), http.MethodPost, "/{id}/"+kebab(c.Action), f.commandTag(), c.Summary, c.Details, bodyStatuses(403, 404, 409, 412, 428)...)
	op.MaxBodyBytes = maxBody
	if c.Bulky {
		op.MaxBodyBytes, op.BodyReadTimeout = maxAttachment, attachmentWithin
	}
	op.RequestBody = f.body(api, c)
	register(f.server, api, op, func(ctx context.Context, in *commandInput) (*fileOutput, error) {
		caller, next, err := f.carryOut(ctx, in.ID, c.Action, in.IdempotencyKey, in.IfMatch, in.RawBody)
		if err != nil {
			return nil, err
		}
		return f.view(ctx, caller, next)
	})
	f.described(api, op)
}

// shows registers the operation that reads one file.
func (f *files) shows(api huma.API, op huma.Operation) {
	register(f.server, api, op, func(ctx context.Context, in *getInput) (*fileOutput, error) {
		caller, at, err := f.open(ctx, in.ID, f.lensActs()...)
		if err != nil {
			return nil, err
		}
		if act, as := f.supervised(caller, at); as {
			if err := f.read(ctx, caller, act, at.Row, "", string(in.Reason.Reason)); err != nil {
				return nil, err
			}
		}
		return f.view(ctx, caller, at)
	})
	f.described(api, op)
}

// lensActs are the acts that open one of the lenses, each by itself the last that it needs.
func (f *files) lensActs() []string {
	var acts []string
	for _, l := range f.kind.Lenses() {
		acts = append(acts, l.Acts[0])
	}
	return acts
}

// supervised reports whether the caller sees a file as a supervisor alone, and by which act: such reads
// are recorded.
func (f *files) supervised(caller Principal, at folder) (act string, as bool) {
	l, ok := f.lens(caller, at)
	if !ok || !f.supervises(caller, l.Acts[0], at) {
		return "", false
	}
	return l.Acts[0], true
}

// supervises reports whether the caller may do act as a supervisor alone.
func (f *files) supervises(caller Principal, act string, at folder) bool {
	return f.may(caller, act, at).Allowed && !f.may(caller.unsupervising(), act, at).Allowed
}

func kebab(a file.Action) string { return strings.ReplaceAll(string(a), "_", "-") }
