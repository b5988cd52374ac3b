package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/policies"
)

func (s *server) registerHistory(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "get-history", Method: http.MethodGet, Path: "/cases/{case}/history",
		Summary:     "Read what happened to a case",
		Description: "Decisions, refusals and sensitive reads, the latest first. Each entry carries its own hash and the one of the entry before in its chain. Of the mediation, whoever is not mediator of record sees that something happened, and no more (§ 4 MediationsG).",
		Tags:        []string{"Audit"}, Errors: statuses(403, 404),
	}, s.history)
}

// HistoryEntry is one thing that happened: facts, never words.
type HistoryEntry struct {
	At      time.Time `json:"at" doc:"When it was recorded"`
	Kind    string    `json:"kind" enum:"decision,refusal,read,grant,erasure" doc:"What kind of entry it is"`
	Actor   string    `json:"actor,omitempty" doc:"Subject of the person, or system"`
	Action  string    `json:"action,omitempty" doc:"The command, or the way of reading" example:"record_analysis"`
	Rule    string    `json:"rule,omitempty" doc:"What refused it"`
	Reason  string    `json:"reason,omitempty" doc:"Why it was read (Zugriffsgrund) or erased"`
	Version int       `json:"version,omitempty" doc:"Of the case: after a decision, or as the actor saw it"`
	Subject string    `json:"subject,omitempty" doc:"The document that was read or erased"`
	Digest  string    `json:"digest,omitempty" doc:"SHA-256 of the command"`
	Prior   string    `json:"prior_hash,omitempty" doc:"Hash of the entry before in its chain; left out on the first"`
	Hash    string    `json:"hash" doc:"SHA-256 over this entry and the hash before, hex"`

	Confidential bool `json:"confidential,omitempty" doc:"Whether it belongs to the work that only the mediators of record see (§4 MediationsG): then it says that it is there, and no more"`
}

type historyInput struct {
	CaseRef
	Reason
	Cursor string `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Entries on a page at most"`
}

type historyOutput struct {
	Body struct {
		Items []HistoryEntry `json:"items" nullable:"false" doc:"The entries of this page"`
		Next  string         `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
	}
}

type historyCursor struct {
	At    time.Time `json:"a"`
	Entry string    `json:"e"`
}

// historyEntry is the sort key of an entry.
var historyEntry = regexp.MustCompile(`^[vs][0-9]{12}$`)

func (s *server) history(ctx context.Context, in *historyInput) (*historyOutput, error) {
	out, err := s.readHistory(ctx, in)
	return out, s.problem(ctx, err)
}

func (s *server) readHistory(ctx context.Context, in *historyInput) (*historyOutput, error) {
	who, err := s.principal(ctx)
	if err != nil {
		return nil, err
	}
	before := historyCursor{At: s.now().Add(time.Hour)} // all that has happened, whosever clock
	if in.Cursor != "" {
		before = historyCursor{}
		if err := decodeCursor(in.Cursor, &before); err != nil || !historyEntry.MatchString(before.Entry) {
			return nil, badCursor()
		}
	}
	c, err := s.cases.find(ctx, who, in.CaseID, policies.ReadHistory)
	if err == nil {
		err = s.cases.permit(who, policies.ReadHistory, c)
	}
	if err != nil {
		return nil, err
	}
	sc := s.scope(who, policies.ReadHistory)
	closed := s.pastOfCases().confidential(who, c)
	rows, err := s.as(sc).ListHistory(ctx, sc.History(db.ListHistoryParams{
		FileID: c.ID, BeforeAt: before.At, BeforeEntry: before.Entry, PageSize: int32(in.Limit + 1),
		Confidential: closed.commands, ConfidentialReads: closed.reads, Open: policies.OfRights(),
	}))
	if err != nil {
		return nil, err
	}
	if err := s.read(ctx, who, policies.ReadHistory, c.File(), "", in.Reason.Reason); err != nil {
		return nil, err
	}
	return historyPage(rows, in.Limit), nil
}

func historyPage(rows []db.ListHistoryRow, limit int) *historyOutput {
	out := &historyOutput{}
	out.Body.Items = []HistoryEntry{}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		out.Body.Next = encodeCursor(historyCursor{last.At, last.Entry})
	}
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, historyEntryOf(r))
	}
	return out
}

func historyEntryOf(r db.ListHistoryRow) HistoryEntry {
	chained := HistoryEntry{At: r.At, Kind: r.Kind, Prior: hex.EncodeToString(r.PriorHash), Hash: hex.EncodeToString(r.Hash), Confidential: r.Confidential}
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
