package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
)

func (f *files) registerHistory(api huma.API) {
	register(f.server, api, f.operation("get-"+string(f.kind.Kind)+"-history", http.MethodGet, "/{id}/history", "Audit", "Read what happened to "+f.a(),
		"Decisions, refusals and sensitive reads, the latest first. Each entry carries its own hash and the one of the entry before in its chain. Of what is confidential to others, you see that something happened, and no more (§ 4 MediationsG). Reading it is recorded.",
		statuses(403, 404)...), f.history)
}

// HistoryKind is a kind of entry in the history of a file.
type HistoryKind string

func (HistoryKind) Values() []HistoryKind {
	return []HistoryKind{"decision", "refusal", "read", "grant", "erasure", "repair"}
}

// HistoryEntry is one thing that happened: facts, never words.
type HistoryEntry struct {
	At      time.Time   `json:"at" doc:"When it was recorded"`
	Kind    HistoryKind `json:"kind" doc:"What kind of entry it is"`
	Actor   string      `json:"actor,omitempty" doc:"Subject of the person, or system"`
	Action  string      `json:"action,omitempty" doc:"The command, or the way of reading" example:"record_analysis"`
	Rule    string      `json:"rule,omitempty" doc:"What refused it"`
	Reason  string      `json:"reason,omitempty" doc:"Why it was read (Zugriffsgrund) or erased"`
	Version int         `json:"version,omitempty" doc:"Of the file: after a decision, or as the actor saw it"`
	Subject string      `json:"subject,omitempty" doc:"The document that was read or erased"`
	Digest  string      `json:"digest,omitempty" doc:"SHA-256 of the command"`
	Prior   string      `json:"prior_hash,omitempty" doc:"Hash of the entry before in its chain; left out on the first"`
	Hash    string      `json:"hash" doc:"SHA-256 over this entry and the hash before, hex"`

	Confidential bool `json:"confidential,omitempty" doc:"Whether it belongs to what is confidential to others (§4 MediationsG): then it says that it is there, and no more"`
}

type historyInput struct {
	Ref
	Reason
	Paging
}

type historyOutput struct{ Body Page[HistoryEntry] }

type historyCursor struct {
	At    time.Time `json:"a"`
	Entry string    `json:"e"`
}

// historyEntry is the sort key of an entry.
var historyEntry = regexp.MustCompile(`^[vs][0-9]{12}$`)

func (f *files) history(ctx context.Context, in *historyInput) (*historyOutput, error) {
	before := historyCursor{At: f.now().Add(time.Hour)} // all that has happened, whosever clock
	if err := in.after(&before, func() bool { return historyEntry.MatchString(before.Entry) }); err != nil {
		return nil, err
	}
	caller, at, err := f.open(ctx, in.ID, f.kind.History)
	if err != nil {
		return nil, err
	}
	sc := f.scope(caller, f.kind.History)
	var rows []db.HistoryRow
	if err := f.within(ctx, sc, func(q *db.Queries) (err error) {
		rows, err = q.ListHistory(ctx, sc, db.HistoryFilter{
			Kind: f.kind.Kind, FileID: at.ID, BeforeAt: before.At, BeforeEntry: before.Entry, Lifted: f.lifted(caller, at),
		}, in.Limit+1)
		return err
	}); err != nil {
		return nil, fmt.Errorf("history of %s %s: %w", f.kind.Kind, at.ID, err)
	}
	if err := f.read(ctx, caller, f.kind.History, at.Row, "", string(in.Reason.Reason)); err != nil {
		return nil, err
	}
	rows, next := cut(rows, in.Limit, func(last db.HistoryRow) any { return historyCursor{last.At, last.Entry} })
	return &historyOutput{pageOf(rows, next, historyEntryOf)}, nil
}

func historyEntryOf(r db.HistoryRow) HistoryEntry {
	chained := HistoryEntry{At: r.At, Kind: HistoryKind(r.Kind), Prior: hex.EncodeToString(r.PriorHash), Hash: hex.EncodeToString(r.Hash), Confidential: r.Confidential}
	if r.Confidential {
		if chained.Kind == "erasure" { // it would tell of what
			chained.Kind = "read"
		}
		return chained
	}
	chained.Actor, chained.Action, chained.Rule, chained.Reason = r.Actor, string(r.Action), r.Rule, r.Reason
	chained.Version, chained.Subject, chained.Digest = int(r.Version), r.SubjectID, r.Digest
	return chained
}
