package files

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
)

func (f *Kind) registerHistory(api huma.API) {
	op := f.operation("get-"+string(f.Def.Kind)+"-history", http.MethodGet, "/{id}/history", "Audit",
		"Read what happened to "+f.A(),
		"Decisions, refusals and sensitive reads, the latest first. Each entry carries its own hash and that of the entry before it in its chain. Of what is confidential to others you see only that something happened (§ 4 MediationsG). Reading it is recorded.",
		wire.Statuses(403, 404)...,
	)
	guard.Register(f.Server, api, op, f.history)
}

// HistoryKind is a kind of entry in the history of a file.
type HistoryKind string

func (HistoryKind) Values() []HistoryKind {
	return []HistoryKind{"decision", "refusal", "read", "grant", "erasure", "repair"}
}

// HistoryEntry is one thing that happened: facts, never words.
type HistoryEntry struct {
	At      time.Time   `json:"at" doc:"When it was recorded"`
	Kind    HistoryKind `json:"kind" doc:"Kind of entry"`
	Actor   string      `json:"actor,omitempty" doc:"Subject of the person, or system"`
	Action  string      `json:"action,omitempty" doc:"The command, or the way of reading" example:"record_analysis"`
	Rule    string      `json:"rule,omitempty" doc:"The rule that refused it"`
	Reason  string      `json:"reason,omitempty" doc:"Why it was read (Zugriffsgrund) or erased"`
	Version int         `json:"version,omitempty" doc:"Of the file: after a decision, or as the actor saw it"`
	Subject string      `json:"subject,omitempty" doc:"The document that was read or erased"`
	Prior   string      `json:"prior_hash,omitempty" doc:"Hash of the entry before in its chain; left out on the first"`
	Hash    string      `json:"hash" doc:"SHA-256 over this entry and the hash before, hex"`

	Confidential bool `json:"confidential,omitempty" doc:"Whether it is confidential to others (§4 MediationsG): then you see only that something happened"`
}

type historyInput struct {
	wire.Ref
	wire.Reason
	wire.Paging
}

type historyOutput struct{ Body wire.Page[HistoryEntry] }

// historyEntry is the sort key of an entry.
var historyEntry = regexp.MustCompile(`^[vs][0-9]{12}$`)

func (f *Kind) history(ctx context.Context, in *historyInput) (*historyOutput, error) {
	before, err := in.After(wire.Cursor{At: wire.Never}, func(c wire.Cursor) bool {
		return c == wire.Cursor{At: c.At, ID: c.ID} && wire.Recordable(c.At) && historyEntry.MatchString(c.ID)
	})
	if err != nil {
		return nil, err
	}
	caller, at, err := f.Open(ctx, in.ID, f.Def.History)
	if err != nil {
		return nil, err
	}
	sc := f.Scope(caller, f.Def.History)
	rows, err := f.As(sc).ListHistory(ctx, sc, db.HistoryFilter{
		Kind: f.Def.Kind, FileID: at.ID, BeforeAt: before.At, BeforeEntry: before.ID, Lifted: f.lifted(caller, at),
	}, in.Limit+1)
	if err != nil {
		return nil, fmt.Errorf("history of %s %s: %w", f.Def.Kind, at.ID, err)
	}
	if err := f.Read(ctx, caller, f.Def.History, at.Row, "", string(in.Reason.Reason)); err != nil {
		return nil, err
	}
	rows, next := wire.Cut(rows, in.Limit, func(last db.HistoryRow) wire.Cursor { return wire.Cursor{At: last.At, ID: last.Entry} })
	return &historyOutput{wire.PageOf(rows, next, historyEntryOf)}, nil
}

func historyEntryOf(r db.HistoryRow) HistoryEntry {
	chained := HistoryEntry{
		At:           r.At,
		Kind:         HistoryKind(r.Kind),
		Prior:        hex.EncodeToString(r.PriorHash),
		Hash:         hex.EncodeToString(r.Hash),
		Confidential: r.Confidential,
	}
	if r.Confidential {
		if chained.Kind == "erasure" { // it would reveal what happened
			chained.Kind = "read"
		}
		return chained
	}
	chained.Actor, chained.Action, chained.Rule, chained.Reason = r.Actor, string(r.Action), r.Rule, r.Reason
	chained.Version, chained.Subject = int(r.Version), r.SubjectID
	return chained
}
