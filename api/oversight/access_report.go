package oversight

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/calendar"
	"koko/internal/sheet"
	"koko/policies"
)

// mostReported bounds the rows of a report that is downloaded as a file.
const mostReported = 10000

func (s *Server) registerAccessReports(api huma.API) {
	about := " Counts of the access log of your area in a period, without what was done to files whose history you may not read. Reading it is recorded in each municipality that it counts."
	for _, r := range []struct{ id, path, summary string }{
		{"people", "/access-log/reports/people", "who did what, by person"},
		{"files", "/access-log/reports/files", "what was done, by file"},
	} {
		csv := huma.Operation{
			OperationID: "download-access-of-" + r.id, Method: http.MethodGet, Path: r.path + ".csv", Summary: "Download " + r.summary,
			Description: fmt.Sprintf("At most %d rows.", mostReported) + about,
			Tags:        []string{"Audit"},
			Errors:      wire.Statuses(403),
			Responses:   wire.FileOf("text/csv"),
		}
		page := huma.Operation{
			OperationID: "report-access-of-" + r.id, Method: http.MethodGet, Path: r.path, Summary: "Report " + r.summary,
			Description: about[1:], Tags: []string{"Audit"}, Errors: wire.Statuses(403),
		}
		if r.id == "people" {
			guard.Register(s, api, page, s.peopleReport)
			guard.Register(s, api, csv, s.peopleSheet)
			continue
		}
		guard.Register(s, api, page, s.filesReport)
		guard.Register(s, api, csv, s.filesSheet)
	}
}

// PersonReport counts what a person did.
type PersonReport struct {
	Subject  string    `json:"subject" doc:"Who"`
	Files    int       `json:"files" doc:"How many files it concerned"`
	Reads    int       `json:"reads" doc:"Recorded reads"`
	Reasons  int       `json:"reasons" doc:"Those of them with a reason (Zugriffsgrund)"`
	Refusals int       `json:"refusals" doc:"What was refused to them"`
	Grants   int       `json:"grants" doc:"Changes of rights"`
	Last     time.Time `json:"last" doc:"The last time"`
}

// FileReport counts what was done to a file.
type FileReport struct {
	File     string    `json:"file" format:"uuid" doc:"Id of the case, enrolment or cohort"`
	People   int       `json:"people" doc:"How many people it concerned"`
	Reads    int       `json:"reads" doc:"Recorded reads"`
	Reasons  int       `json:"reasons" doc:"Those of them with a reason (Zugriffsgrund)"`
	Refusals int       `json:"refusals" doc:"What was refused"`
	Last     time.Time `json:"last" doc:"The last time"`
}

// ReportKind is what a report counts.
type ReportKind string

func (ReportKind) Values() []ReportKind {
	return []ReportKind{"refusal", "read", "grant", "cut"}
}

// ReportQuery is embedded in the input of the reports.
type ReportQuery struct {
	wire.Reason
	Period
	Kind ReportKind `query:"kind" doc:"Only entries of one kind"`
}

type reportInput struct {
	ReportQuery
	wire.Continued
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"200" doc:"Rows on a page at most"`
}

type sheetInput struct{ ReportQuery }

type reportOutput[R any] struct{ Body wire.Page[R] }

func (s *Server) peopleReport(ctx context.Context, in *reportInput) (*reportOutput[PersonReport], error) {
	out, err := reported(ctx, s, in, "", reportPeople, func(r PersonReport) string { return r.Subject })
	return out, err
}

func (s *Server) filesReport(ctx context.Context, in *reportInput) (*reportOutput[FileReport], error) {
	out, err := reported(ctx, s, in, wire.ZeroID, reportFiles, func(r FileReport) string { return r.File })
	return out, err
}

func (s *Server) peopleSheet(ctx context.Context, in *sheetInput) (*wire.Download, error) {
	all := &reportInput{ReportQuery: in.ReportQuery, Limit: mostReported}
	page, err := reported(ctx, s, all, "", reportPeople, func(r PersonReport) string { return r.Subject })
	if err != nil {
		return nil, err
	}
	t := sheet.Table{
		Name:    "Personen",
		Columns: []string{"Person", "Akten", "Lesezugriffe", "mit Grund", "Verweigerungen", "Rechteänderungen", "zuletzt"},
	}
	for _, r := range page.Body.Items {
		t.Rows = append(t.Rows, []any{r.Subject, r.Files, r.Reads, r.Reasons, r.Refusals, r.Grants, r.Last.In(calendar.Berlin)})
	}
	out, err := csvOf(t, "zugriffe-personen.csv")
	return out, err
}

func (s *Server) filesSheet(ctx context.Context, in *sheetInput) (*wire.Download, error) {
	all := &reportInput{ReportQuery: in.ReportQuery, Limit: mostReported}
	page, err := reported(ctx, s, all, wire.ZeroID, reportFiles, func(r FileReport) string { return r.File })
	if err != nil {
		return nil, err
	}
	t := sheet.Table{Name: "Akten", Columns: []string{"Akte", "Personen", "Lesezugriffe", "mit Grund", "Verweigerungen", "zuletzt"}}
	for _, r := range page.Body.Items {
		t.Rows = append(t.Rows, []any{r.File, r.People, r.Reads, r.Reasons, r.Refusals, r.Last.In(calendar.Berlin)})
	}
	out, err := csvOf(t, "zugriffe-akten.csv")
	return out, err
}

func csvOf(t sheet.Table, name string) (*wire.Download, error) {
	var b bytes.Buffer
	if err := sheet.WriteCSV(&b, t); err != nil {
		return nil, err
	}
	return wire.NewDownload("text/csv; charset=utf-8", name, b.Bytes()), nil
}

// reported reads a page of a report whose rows come in the order of key.
func reported[R any](
	ctx context.Context, s *Server, in *reportInput, first string,
	read func(context.Context, *db.Queries, db.Sight, db.ReportFilter, int) (rows []R, shown []string, err error), key func(R) string,
) (*reportOutput[R], error) {
	caller, area, err := s.Audits(ctx, policies.ReadAccessLog)
	if err != nil {
		return nil, err
	}
	counted := db.ReportFilter{Area: area, Kind: string(in.Kind)}
	if counted.Since, counted.Until, err = s.span(in.Period); err != nil {
		return nil, err
	}
	after, err := in.After(wire.Cursor{ID: first}, func(c wire.Cursor) bool {
		return c.Named() && (first != wire.ZeroID || wire.IsUUID(c.ID))
	})
	if err != nil {
		return nil, err
	}
	counted.After = after.ID
	rows, shown, err := read(ctx, db.As(s.Pool, caller.Subject, area), s.Told(caller, policies.ReadAccessLog), counted, in.Limit+1)
	if err != nil {
		return nil, err
	}
	rows, next := wire.Cut(rows, in.Limit, func(last R) wire.Cursor { return wire.Cursor{ID: key(last)} })
	out := &reportOutput[R]{wire.Page[R]{Items: append([]R{}, rows...), Next: next}}
	return out, s.AuditedIn(ctx, caller, area, shown, db.AppendAccessInParams{
		Action: policies.ReadAccessLog,
		Reason: string(in.Reason.Reason),
	})
}

func reportPeople(
	ctx context.Context,
	q *db.Queries,
	sight db.Sight,
	f db.ReportFilter,
	size int,
) (rows []PersonReport, shown []string, err error) {
	found, err := q.CountByPerson(ctx, sight, f, size)
	for _, r := range found {
		rows = append(rows, PersonReport{r.Subject, r.Files, r.Reads, r.Reasons, r.Refusals, r.Grants, r.Last})
		shown = append(shown, r.Municipalities...)
	}
	return rows, shown, err
}

func reportFiles(
	ctx context.Context,
	q *db.Queries,
	sight db.Sight,
	f db.ReportFilter,
	size int,
) (rows []FileReport, shown []string, err error) {
	found, err := q.CountByFile(ctx, sight, f, size)
	for _, r := range found {
		rows = append(rows, FileReport{r.FileID, r.People, r.Reads, r.Reasons, r.Refusals, r.Last})
		shown = append(shown, r.Municipalities...)
	}
	return rows, shown, err
}
