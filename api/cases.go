package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/process"
	"koko/policies"
)

// cases are the files of conflicts.
type cases = files[conflict.Case, conflict.Command, CaseOutput]

// casesOf puts together what the API does with cases.
func (s *server) casesOf(l Lifecycle[conflict.Case, conflict.Command]) *cases {
	return &cases{
		server: s, lifecycle: l, kind: process.KindCase, path: "/cases/{case}", tag: "Commands", compartments: conflict.Compartments(),
		seeing: seeing, load: s.loadCase, may: s.may, asked: s.asked, open: []string{policies.ReadCase},
		view: s.view, people: s.people, complete: s.recommend,
	}
}

// may asks the policy about a case.
func (s *server) may(who Principal, act string, c conflict.Case) policies.Decision {
	return s.policy.Decide(who.Grants, act, c.AGS, c.Relations(who.Subject))
}

func (s *server) asked(who Principal, act string, c conflict.Case) policies.Question {
	return policies.QuestionOf(who.Grants, act, c.AGS, c.Relations(who.Subject))
}

// seeing are the acts that make a case exist for somebody.
var seeing = []string{policies.ReadCase, policies.ReadFacts, policies.ReadSignal, policies.ReadHistory}

func (s *server) loadCase(ctx context.Context, who Principal, id string) (conflict.Case, error) {
	sc := s.scope(who, seeing...)
	return s.as(sc).GetCase(ctx, sc.Case(id))
}

func (s *server) registerCases(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "create-case", Method: http.MethodPost, Path: "/cases", DefaultStatus: http.StatusCreated,
		Summary:     "Report a signal: a new case begins",
		Description: "Anybody who may report in a municipality opens a case with what was noticed. It waits for triage.",
		Tags:        []string{"Cases"}, Errors: bodyStatuses(403, 409),
	}, s.createCase)
	huma.Register(api, huma.Operation{
		OperationID: "list-cases", Method: http.MethodGet, Path: "/cases",
		Summary:     "List the cases that you may see",
		Description: "Filters narrow together; repeated values of one filter widen. Pages follow the cursor in `next`; counts come with the first page.",
		Tags:        []string{"Cases"}, Errors: statuses(),
	}, s.listCases)
	huma.Register(api, huma.Operation{
		OperationID: "get-case", Method: http.MethodGet, Path: "/cases/{case}",
		Summary:     "Read a case",
		Description: "As much of it as you may see: `lens` says how much. Reading as a supervisor is recorded.",
		Tags:        []string{"Cases"}, Errors: statuses(403, 404),
	}, s.getCase)
}

// CaseRef is embedded in the input of every operation on one case. It is exported
// because huma ignores the parameters of an unexported embedded struct.
type CaseRef struct {
	CaseID string `path:"case" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the case" example:"3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"`
}

// Key is embedded in the input of every write.
type Key struct {
	IdempotencyKey string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"128" doc:"Yours for this command: send it again to retry, and nothing happens twice" example:"0f6f9a5e-3c43-4b62-9c1e-5d2a7a8b9c10"`
}

// Reason is embedded in the input of sensitive reads.
type Reason struct {
	Reason string `query:"reason" enum:"fachaufsicht,beschwerde,datenschutz,qualitaetssicherung,rechtsstreit" doc:"Why a supervisor reads this (Zugriffsgrund); it stands in the access log"`
}

type createCaseInput struct {
	Key
	Body createCaseBody
}

type createCaseBody struct {
	AGS ags.Key `json:"ags" pattern:"^[0-9]{8}$" doc:"Municipality in which it happens" example:"05999001"`
	ReportSignalBody
}

type createCaseOutput struct {
	Location string `header:"Location" doc:"Path of the new case"`
	ETag     string `header:"ETag" doc:"Version of the case, for If-Match" example:"\"1\""`
	Body     CaseView
}

// createCase starts a case's workflow with the report.
func (s *server) createCase(ctx context.Context, in *createCaseInput) (*createCaseOutput, error) {
	c, out, err := s.cases.begin(ctx, conflict.ActionReportSignal, in.IdempotencyKey, in.Body.ReportSignalBody,
		func(id string) conflict.Case { return conflict.Case{ID: id, AGS: in.Body.AGS} })
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &createCaseOutput{Location: "/api/v1/cases/" + c.ID, ETag: out.ETag, Body: out.Body}, nil
}

type getCaseInput struct {
	CaseRef
	Reason
}

func (s *server) getCase(ctx context.Context, in *getCaseInput) (*CaseOutput, error) {
	out, err := s.readCase(ctx, in)
	return out, s.problem(ctx, err)
}

func (s *server) readCase(ctx context.Context, in *getCaseInput) (*CaseOutput, error) {
	who, err := s.principal(ctx)
	if err != nil {
		return nil, err
	}
	c, err := s.cases.find(ctx, who, in.CaseID, policies.ReadCase)
	if err != nil {
		return nil, err
	}
	if err := s.cases.permitAny(who, c, policies.ReadCase, policies.ReadFacts, policies.ReadSignal); err != nil {
		return nil, err
	}
	if s.supervises(who, policies.ReadCase, c) {
		if err := s.read(ctx, who, policies.ReadCase, c.File(), "", in.Reason.Reason); err != nil {
			return nil, err
		}
	}
	return s.view(ctx, who, c)
}

// supervises reports whether who may do act as a supervisor alone: such reads are recorded.
func (s *server) supervises(who Principal, act string, c conflict.Case) bool {
	other := Principal{Identity: who.Identity}
	for _, g := range who.Grants {
		if g.Role != policies.Supervisor {
			other.Grants = append(other.Grants, g)
		}
	}
	return s.may(who, act, c).Allowed && !s.may(other, act, c).Allowed
}

type listCasesInput struct {
	Phase    []conflict.Phase   `query:"phase,explode" nullable:"false" enum:"detection,analysis,mediation,closure,follow_up,closed" doc:"Where a case stands"`
	Urgency  []conflict.Urgency `query:"urgency,explode" nullable:"false" enum:"latent,schwelend,akut,krise" doc:"How pressing a case is"`
	AGS      []ags.Key          `query:"ags,explode" nullable:"false" pattern:"^[0-9]{8}$" doc:"Municipalities"`
	Overdue  string             `query:"overdue" enum:"true,false" doc:"Whether a deadline has passed"`
	Assignee string             `query:"assignee" maxLength:"128" doc:"Subject of a person, or me"`
	Text     string             `query:"text" maxLength:"200" doc:"The beginning of the file number, or words (or their beginnings, three letters at least) of the case file where you may read it"`
	Sort     db.CaseSort        `query:"sort" enum:"changed,opened,due" default:"changed" doc:"Latest first; by deadline the most pressing first"`
	Cursor   string             `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit    int                `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"Cases on a page at most"`
}

type listCasesOutput struct {
	Body CasePage
}

// CasePage is one page of cases.
type CasePage struct {
	Items  []CaseItem     `json:"items" nullable:"false" doc:"The cases of this page"`
	Counts *db.CaseCounts `json:"counts,omitempty" doc:"Of all cases that pass the filter; with the first page"`
	Next   string         `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

// CaseItem is one case in a list.
type CaseItem struct {
	ID        string           `json:"id" format:"uuid" doc:"Id of the case"`
	AGS       ags.Key          `json:"ags" doc:"Municipality" example:"05999001"`
	Reference string           `json:"reference,omitempty" doc:"File number (Aktenzeichen)"`
	Title     string           `json:"title,omitempty" doc:"Left out for those who may not read the case file"`
	Phase     conflict.Phase   `json:"phase" enum:"detection,analysis,mediation,closure,follow_up,closed" doc:"Where the case stands"`
	Urgency   conflict.Urgency `json:"urgency,omitempty" enum:"latent,schwelend,akut,krise" doc:"How pressing it is"`
	Stage     int              `json:"stage,omitempty" doc:"Escalation stage after Glasl"`
	Assignee  string           `json:"assignee,omitempty" doc:"Subject of the person who works on it"`
	Due       *time.Time       `json:"due,omitempty" doc:"The earliest deadline"`
	Overdue   bool             `json:"overdue" doc:"Whether a deadline has passed"`
	Opened    time.Time        `json:"opened" doc:"When the signal was reported"`
	Changed   time.Time        `json:"changed" doc:"When the last decision was recorded"`
	Version   int              `json:"version" doc:"One more with every decision"`
}

func (s *server) listCases(ctx context.Context, in *listCasesInput) (*listCasesOutput, error) {
	page, err := s.casePage(ctx, in)
	if err != nil {
		return nil, s.problem(ctx, err)
	}
	return &listCasesOutput{Body: *page}, nil
}

func (s *server) casePage(ctx context.Context, in *listCasesInput) (*CasePage, error) {
	who, err := s.principal(ctx)
	if err != nil {
		return nil, err
	}
	var after *db.CaseCursor
	if in.Cursor != "" {
		after = new(db.CaseCursor)
		if err := decodeCursor(in.Cursor, after); err != nil || !after.Valid() {
			return nil, badCursor()
		}
	}
	sc := s.scope(who, policies.ReadCase, policies.ReadFacts, policies.ReadSignal)
	f := s.filter(who, in)
	page := &CasePage{Items: []CaseItem{}}
	var rows []db.CaseRow
	if err := s.within(ctx, sc, func(q *db.Queries) (err error) {
		if rows, err = q.ListCases(ctx, sc, f, in.Sort, after, in.Limit+1); err != nil || after != nil {
			return err
		}
		counts, err := q.CountCases(ctx, sc, f)
		page.Counts = &counts
		return err
	}); err != nil {
		return nil, err
	}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		page.Next = encodeCursor(rows[in.Limit-1].Cursor)
	}
	return page, s.fill(ctx, who, page, rows)
}

func (s *server) filter(who Principal, in *listCasesInput) db.CaseFilter {
	f := db.CaseFilter{
		Phases: in.Phase, Urgencies: in.Urgency, AGS: in.AGS, Assignee: in.Assignee, Now: s.now(),
		Reference: in.Text, Tokens: s.vault.QueryTokens(in.Text),
		Known: s.scope(who, policies.ReadCase, policies.ReadFacts), Named: s.scope(who, policies.ReadCase), Readable: s.scope(who, policies.ReadFile),
	}
	if in.Assignee == "me" {
		f.Assignee = who.Subject
	}
	if in.Overdue != "" {
		overdue := in.Overdue == "true"
		f.Overdue = &overdue
	}
	return f
}

func (s *server) fill(ctx context.Context, who Principal, page *CasePage, rows []db.CaseRow) error {
	var cases []conflict.Case
	for _, r := range rows {
		cases = append(cases, r.State)
	}
	titles, err := s.titles(ctx, who, cases)
	if err != nil {
		return err
	}
	for _, r := range rows {
		page.Items = append(page.Items, s.item(who, r, titles[r.State.ID]))
	}
	return nil
}

// item shows as much of a case as opening it would.
func (s *server) item(who Principal, r db.CaseRow, title string) CaseItem {
	c := r.State
	lens := s.lens(who, c)
	i := CaseItem{ID: c.ID, AGS: c.AGS, Title: title, Phase: c.Phase, Opened: c.Opened, Changed: c.Changed, Version: c.Version}
	if c.Signal != nil {
		i.Reference = c.Signal.Reference
	}
	if lens == "signal" {
		return i
	}
	if c.Clearing != nil {
		i.Urgency = c.Clearing.Urgency
	}
	if c.Escalation != nil {
		i.Stage = c.Escalation.Stage
	}
	if lens == "case" {
		i.Assignee = c.Assignee
	}
	i.Due, i.Overdue = r.DueAt, r.DueAt != nil && r.DueAt.Before(s.now())
	return i
}

func encodeCursor(v any) string {
	b, _ := json.Marshal(v)
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeCursor(text string, v any) error {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

func badCursor() *Problem {
	p := newProblem("invalid", "the cursor is not one that a page gave").by("cursor", "send next of the page before as it was given, with the same sort")
	p.Field = "cursor"
	return p
}
