package oversight

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/policies"
)

func (s *Server) registerAccessLog(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-access-log", Method: http.MethodGet, Path: "/access-log",
		Summary: "List refusals, sensitive reads and changes of rights",
		Description: "Entries of your area, the latest first; an entry has to pass every filter. They hold ids and names of acts, never words. What was done to a file " +
			"is listed if you may read its history; what is confidential to others is listed as `in_bearbeitung`. Reading is recorded in each municipality of which something was shown.",
		Tags: []string{"Audit"}, Errors: wire.Statuses(403),
	}, s.accessLog)
}

// AccessKind is a kind of entry in the access log.
type AccessKind string

func (AccessKind) Values() []AccessKind {
	return []AccessKind{"refusal", "read", "grant", "absence", "cut", "erasure", "repair"}
}

// AccessEntry is one entry of the access log.
type AccessEntry struct {
	AGS     string     `json:"ags" doc:"Municipality whose chain holds it" example:"05999001"`
	Number  int64      `json:"number" doc:"Place in the chain"`
	At      time.Time  `json:"at" doc:"When it was recorded"`
	Kind    AccessKind `json:"kind" doc:"Kind of entry; cut: older entries were deleted"`
	Actor   string     `json:"actor" doc:"Subject of the person, or system"`
	Action  string     `json:"action" doc:"What was refused, read or changed" example:"read_identities"`
	Rule    string     `json:"rule,omitempty" doc:"The rule that refused it; for a grant, the role"`
	Reason  string     `json:"reason,omitempty" doc:"Why it was read (Zugriffsgrund) or erased"`
	File    string     `json:"file,omitempty" doc:"Id of the case, enrolment or cohort"`
	Version int        `json:"version,omitempty" doc:"Of the file, as the actor saw it"`
	Subject string     `json:"subject,omitempty" doc:"The document, grant or person that it concerns"`
}

type accessLogInput struct {
	wire.Reason
	Period
	Person    string             `query:"person" maxLength:"128" doc:"Who did it: the subject"`
	File      string             `query:"file" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"To which case, enrolment or cohort"`
	AGS       ags.Key            `query:"ags" pattern:"^[0-9]{8}$" doc:"In which municipality"`
	Kind      AccessKind         `query:"kind" doc:"Only entries of one kind"`
	Action    string             `query:"action" maxLength:"40" doc:"Only one act" example:"read_identities"`
	ForReason file.ReadingReason `query:"given" doc:"Only reads for which this reason was given"`
	wire.Paging
}

// Period is embedded in the input of operations that ask about a period of the log.
type Period struct {
	From  string `query:"from" maxLength:"40" doc:"Not before this time, or day" example:"2026-03-01"`
	Until string `query:"until" maxLength:"40" doc:"Not after this time, or the end of this day" example:"2026-03-31"`
}

type accessLogOutput struct{ Body wire.Page[AccessEntry] }

// span returns p as two times; a period that was left out is everything.
func (s *Server) span(p Period) (since, until time.Time, err error) {
	since, until = time.Unix(0, 0), s.Now().Add(time.Hour)
	if p.From != "" {
		m, err := s.Moment("from", p.From)
		if err != nil {
			return since, until, err
		}
		since = m.At
		if day, err := calendar.ParseDay(p.From); err == nil {
			since = day.Begins()
		}
	}
	if p.Until != "" {
		m, err := s.Moment("until", p.Until)
		if err != nil {
			return since, until, err
		}
		until = m.Known
	}
	if until.Before(since) {
		return since, until, fault.Newf(fault.Invalid, "the period ends before it begins").In("until").By("order", "give a later end")
	}
	return since, until, nil
}

func (s *Server) accessLog(ctx context.Context, in *accessLogInput) (*accessLogOutput, error) {
	caller, area, err := s.Audits(ctx, policies.ReadAccessLog)
	if err != nil {
		return nil, err
	}
	since, until, err := s.span(in.Period)
	if err != nil {
		return nil, err
	}
	before, err := accessBefore(in.Continued)
	if err != nil {
		return nil, err
	}
	shownOf := area
	if in.AGS != "" {
		shownOf = slices.DeleteFunc(slices.Clone(area), func(k ags.Key) bool { return k != in.AGS })
	}
	rows, err := s.entries(ctx, caller, policies.ReadAccessLog, in.Limit, db.AccessFilter{
		Area: shownOf, Since: since, Until: until, Before: before,
		Person: in.Person, FileID: in.File, Kind: string(in.Kind), Action: in.Action, Reason: string(in.ForReason),
	})
	if err != nil {
		return nil, err
	}
	out := &accessLogOutput{}
	var shown []string
	out.Body.Items, out.Body.Next, shown = accessEntries(rows, in.Limit)
	return out, s.AuditedIn(ctx, caller, area, shown, db.AppendAccessInParams{
		Action:    policies.ReadAccessLog,
		Reason:    string(in.Reason.Reason),
		SubjectID: in.Person,
	})
}

func accessBefore(in wire.Continued) (db.AccessCursor, error) {
	c, err := in.After(wire.Cursor{At: wire.Never}, func(c wire.Cursor) bool {
		return c == wire.Cursor{At: c.At, ID: c.ID, Number: c.Number} && wire.Recordable(c.At) && (c.ID == "" || ags.Key(c.ID).Valid())
	})
	return db.AccessCursor{At: c.At, AGS: c.ID, Seq: c.Number}, err
}

// entries reads a page of the access log, as far as act shows it to the caller, and one entry more if there is
// another page.
func (s *Server) entries(ctx context.Context, caller guard.Principal, act string, limit int, f db.AccessFilter) ([]db.AccessRow, error) {
	return db.As(s.Pool, caller.Subject, f.Area).ListAccess(ctx, s.Told(caller, act), f, limit+1)
}

// accessEntries returns a page, its cursor and the municipalities of which it shows something.
func accessEntries(rows []db.AccessRow, limit int) (items []AccessEntry, next string, shown []string) {
	rows, next = wire.Cut(rows, limit, func(last db.AccessRow) wire.Cursor { return wire.Cursor{At: last.At, ID: last.AGS, Number: last.Seq} })
	items = []AccessEntry{}
	for _, r := range rows {
		e := AccessEntry{
			AGS:     r.AGS,
			Number:  r.Seq,
			At:      r.At,
			Kind:    AccessKind(r.Kind),
			Actor:   r.Actor,
			Action:  r.Action,
			Rule:    r.Rule,
			Reason:  r.Reason,
			Subject: r.SubjectID,
		}
		if r.FileID != nil {
			e.File = *r.FileID
		}
		if r.Version != nil {
			e.Version = int(*r.Version)
		}
		items, shown = append(items, e), append(shown, r.AGS)
	}
	return items, next, shown
}
