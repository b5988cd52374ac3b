package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/process"
	"koko/domain/training"
	"koko/policies"
)

// inProgress stands in the access log for what is done with a mediation (§4 MediationsG).
const inProgress = "in_bearbeitung"

func (s *server) registerAccess(api huma.API) {
	about := "Every person whose grants then, with the file as it was then, permitted a way to read it under the current policy; and who did read it " +
		"until then, as far as reads are recorded. Of grants, those that touch your area. The mediation is left out. The question is recorded."
	huma.Register(api, huma.Operation{
		OperationID: "get-case-access", Method: http.MethodGet, Path: "/cases/{case}/access",
		Summary: "List who could read a case, and who did", Description: about, Tags: []string{"Audit"}, Errors: statuses(403, 404),
	}, s.caseAccess)
	huma.Register(api, huma.Operation{
		OperationID: "get-enrolment-access", Method: http.MethodGet, Path: "/enrolments/{enrolment}/access",
		Summary: "List who could read an enrolment, and who did", Description: about, Tags: []string{"Audit"}, Errors: statuses(403, 404),
	}, s.enrolmentAccess)
	huma.Register(api, huma.Operation{
		OperationID: "get-person-access", Method: http.MethodGet, Path: "/people/{subject}/access",
		Summary: "Read what somebody could read, and what they did",
		Description: "Roles and areas then, how many files of your area they opened by each act, and the recorded reads until then, page by page. " +
			"Counts come with the first page; the mediation is left out. The question is recorded.",
		Tags: []string{"Audit"}, Errors: statuses(403),
	}, s.personAccess)
}

// AccessQuery is embedded in the input of the lists of who had access.
type AccessQuery struct {
	Reason
	At     string `query:"at" maxLength:"40" doc:"When: a time, or a day, of which it is the end; now if left out" example:"2026-03-01"`
	Cursor string `query:"cursor" maxLength:"400" doc:"What next said on the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"200" doc:"Entries on a page at most"`
}

type caseAccessInput struct {
	CaseRef
	AccessQuery
}

type enrolmentAccessInput struct {
	EnrolmentRef
	AccessQuery
}

// AccessList is who could read a file at a time.
type AccessList struct {
	At      time.Time      `json:"at" doc:"When"`
	Policy  string         `json:"policy" doc:"Always current: what the policy says now, also of a time in the past" example:"current"`
	Version int            `json:"version" doc:"Of the file, as it was then"`
	Items   []PersonAccess `json:"items" nullable:"false" doc:"The people of this page, by subject"`
	Next    string         `json:"next,omitempty" doc:"Cursor of the next page; left out on the last one"`
}

// PersonAccess is how somebody could read a file, and whether they did.
type PersonAccess struct {
	Subject   string             `json:"subject" doc:"Who"`
	Relations []process.Relation `json:"relations" nullable:"false" doc:"What tied them to the file"`
	Ways      []AccessWay        `json:"ways" nullable:"false" doc:"How they could read it; empty for somebody who had read it before and could no longer"`
	Reads     []ReadNote         `json:"reads" nullable:"false" doc:"How they did, as far as it is recorded"`
}

// AccessWay is an act by which somebody could read a file.
type AccessWay struct {
	Act   string    `json:"act" doc:"The way to read" example:"read_case"`
	Rule  string    `json:"rule" doc:"The row of the policy" example:"conflict_manager, read_case, any, -"`
	Grant GrantNote `json:"grant" doc:"The grant that opened it"`
}

// ReadNote is how often somebody read something in a way.
type ReadNote struct {
	Act   string    `json:"act" doc:"The way to read" example:"read_identities"`
	Count int       `json:"count" doc:"How often"`
	First time.Time `json:"first" doc:"When for the first time"`
	Last  time.Time `json:"last" doc:"When for the last time"`
}

type accessOutput struct{ Body AccessList }

func (s *server) caseAccess(ctx context.Context, in *caseAccessInput) (*accessOutput, error) {
	out, err := s.cases.access(ctx, in.CaseID, in.AccessQuery)
	return out, s.problem(ctx, err)
}

func (s *server) enrolmentAccess(ctx context.Context, in *enrolmentAccessInput) (*accessOutput, error) {
	out, err := s.enrolments.access(ctx, in.EnrolmentID, in.AccessQuery)
	return out, s.problem(ctx, err)
}

type subjectCursor struct {
	Subject string `json:"s"`
}

// access lists who could read a file at a time.
func (f *files[S, C, V]) access(ctx context.Context, id string, in AccessQuery) (*accessOutput, error) {
	who, err := f.principal(ctx)
	if err != nil {
		return nil, err
	}
	when, err := f.moment("at", in.At)
	if err != nil {
		return nil, err
	}
	var after subjectCursor
	if in.Cursor != "" && decodeCursor(in.Cursor, &after) != nil {
		return nil, badCursor()
	}
	s, err := f.find(ctx, who, id, policies.ReadAccess)
	if err == nil {
		err = f.permit(who, policies.ReadAccess, s)
	}
	if err != nil {
		return nil, err
	}
	then, err := f.at(ctx, s, when)
	if err != nil {
		return nil, err
	}
	people, err := f.readers(ctx, who, then, when)
	if err != nil {
		return nil, err
	}
	of := s.File()
	out := &accessOutput{AccessList{At: when.at, Policy: "current", Version: then.File().Version}}
	out.Body.page(people, after.Subject, in.Limit)
	return out, f.audited(ctx, who, db.AppendAccessParams{
		Action: policies.ReadAccess, Reason: in.Reason.Reason, FileID: &of.ID, Version: version(of.Version),
	})
}

func (l *AccessList) page(people map[string]*PersonAccess, after string, limit int) {
	l.Items = []PersonAccess{}
	for _, p := range people {
		if p.Subject > after && len(p.Ways)+len(p.Reads) > 0 {
			l.Items = append(l.Items, *p)
		}
	}
	slices.SortFunc(l.Items, func(a, b PersonAccess) int { return strings.Compare(a.Subject, b.Subject) })
	if len(l.Items) > limit {
		l.Items = l.Items[:limit]
		l.Next = encodeCursor(subjectCursor{l.Items[limit-1].Subject})
	}
}

// readers finds by subject who could read s, as it was then, and who did.
func (f *files[S, C, V]) readers(ctx context.Context, who Principal, s S, when moment) (map[string]*PersonAccess, error) {
	of := s.File()
	q := db.As(f.pool, who.Subject, f.scope(who, policies.ReadAccess).Area)
	rows, err := q.ListGrantsIn(ctx, db.ListGrantsInParams{AGS: string(of.AGS), At: when.at, Known: when.known})
	if err != nil {
		return nil, err
	}
	reads, err := q.ListReaders(ctx, db.ListReadersParams{FileID: &of.ID, Until: when.known, Closed: policies.OfMediation(), Label: inProgress})
	if err != nil {
		return nil, err
	}
	tie, err := f.ties(ctx, who, s, when)
	if err != nil {
		return nil, err
	}
	people := map[string]*PersonAccess{}
	for i, j := 0, 0; i < len(rows); i = j { // one person after the other
		for j = i; j < len(rows) && rows[j].Subject == rows[i].Subject; {
			j++
		}
		people[rows[i].Subject] = f.reader(s, rows[i:j], tie)
	}
	for _, r := range reads {
		if people[r.Actor] == nil {
			people[r.Actor] = &PersonAccess{Subject: r.Actor, Relations: []process.Relation{}, Ways: []AccessWay{}, Reads: []ReadNote{}}
		}
		people[r.Actor].Reads = append(people[r.Actor].Reads, ReadNote{r.Act, int(r.Reads), r.First, r.Last})
	}
	return people, nil
}

// reader is how the holder of rows can read s.
func (f *files[S, C, V]) reader(s S, rows []db.ListGrantsInRow, tie func(*Principal)) *PersonAccess {
	person, notes := Principal{}, map[string]GrantNote{}
	person.Subject = rows[0].Subject
	for _, r := range rows {
		person.Grants = append(person.Grants, policies.Grant{ID: r.ID, Role: policies.Role(r.Role), Area: db.Area(r.Area)})
		notes[r.ID] = GrantNote{r.ID, policies.Role(r.Role), int(r.Size), r.ValidFrom, r.ValidUntil, r.GivenBy}
	}
	tie(&person)
	p := &PersonAccess{
		Subject: person.Subject, Ways: []AccessWay{}, Reads: []ReadNote{},
		Relations: append([]process.Relation{}, neutral(f.asked(person, policies.ReadAccess, s).Relations)...),
	}
	for _, act := range policies.Reading(f.kind) {
		if d := f.may(person, act, s); d.Allowed && !slices.Contains(policies.OfMediation(), act) {
			p.Ways = append(p.Ways, AccessWay{act, d.Rule, notes[d.Grant]})
		}
	}
	return p
}

// teachersAt finds who taught the cohorts of an enrolment at a time. A trainer's own area must reach the
// cohort, as it must for a request of theirs.
func (s *server) teachersAt(ctx context.Context, who Principal, e training.Enrolment, at time.Time) (func(*Principal), error) {
	rows, err := db.As(s.pool, who.Subject, nil).ListCohortStaffAt(ctx, db.ListCohortStaffAtParams{Cohorts: e.Cohorts(), At: at})
	return func(p *Principal) {
		var trains ags.Area
		for _, g := range p.Grants {
			if g.Role == policies.Trainer {
				trains = trains.Merge(g.Area)
			}
		}
		for _, r := range rows {
			if slices.Contains(r.Trainers, p.Subject) && slices.ContainsFunc(append(r.Offered, r.AGS), func(k string) bool { return trains.Covers(ags.Key(k)) }) {
				p.Teaches = append(p.Teaches, r.ID)
			}
		}
	}, err
}
