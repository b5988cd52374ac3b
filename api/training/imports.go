package training

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/sheet"
)

// maxImport bounds a file of a learning platform, in bytes.
const maxImport = 5 << 20

func (s *Server) registerImports(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "import-attendance", Method: http.MethodPost, Path: "/cohorts/{cohort}/imports",
		Summary: "Import attendance from a learning platform",
		Description: "A CSV export of Moodle or ILIAS with the reference of the enrolment as ID number (Matrikelnummer), or the template `reference;unit;minutes;date`; 5 MB at most. " +
			"Each column is matched to a date of the cohort by the id of the date, the id of the module or the title of the module; of a module, every date that has begun counts. " +
			"A dry run, which is the default, says what the real run would do, and changes nothing. The real run signs one list for each date concerned; " +
			"participants who are not in the file keep what they have, and a row that cannot be used does not stop the others. " +
			"Sent again under the same key, it signs nothing twice and goes on where it was interrupted.",
		Tags:            []string{"Cohorts"},
		Errors:          wire.BodyStatuses(403, 404, 409, 412, 428),
		MaxBodyBytes:    maxImport,
		BodyReadTimeout: wire.AttachmentWithin,
	}, s.importAttendance)
}

type importInput struct {
	CohortRef
	wire.Key
	IfMatch string `header:"If-Match" doc:"ETag of the cohort that you decided on. Without it the real run answers 428" example:"\"7\""`
	DryRun  bool   `query:"dry_run" default:"true" doc:"Whether to say only what would be done"`
	Date    string `query:"date" maxLength:"32" doc:"Id of the date that every column is about, whatever its name" example:"d1"`
	RawBody []byte `contentType:"text/csv"`
}

// ImportResult is the result of an import.
type ImportResult struct {
	DryRun bool         `json:"dry_run" doc:"Whether nothing was changed"`
	Rows   []*ImportRow `json:"rows" nullable:"false" doc:"Each entry of the file, in its order"`
	Totals ImportTotals `json:"totals" doc:"How many rows had which result"`
	Signed []string     `json:"signed" nullable:"false" doc:"Ids of the dates whose lists were signed, or would be"`
}

// ImportOutcome is what became of an entry.
type ImportOutcome string

func (ImportOutcome) Values() []ImportOutcome {
	return []ImportOutcome{"applied", "unchanged", "skipped", "error"}
}

// ImportRow is what became of one entry of a file: of one person and one column.
type ImportRow struct {
	Line      int            `json:"line" doc:"Where it stands in the file, from 1"`
	Reference string         `json:"reference,omitempty" doc:"The ID number in the file" example:"E-3F1D7C1E"`
	Column    string         `json:"column,omitempty" doc:"The activity or module as the file names it" example:"m1"`
	Outcome   ImportOutcome  `json:"outcome" doc:"Recorded, recorded before, nothing to record, or not usable"`
	Problem   *ImportProblem `json:"problem,omitempty" doc:"Why it cannot be used"`
}

// ImportProblem says why a row cannot be used.
type ImportProblem struct {
	Rule    string `json:"rule" doc:"Stable name of what is wrong" example:"reference"`
	Message string `json:"message" doc:"What is wrong"`
	Remedy  string `json:"remedy" doc:"What to do about it"`
}

// ImportTotals counts rows.
type ImportTotals struct {
	Applied   int `json:"applied" doc:"Rows that were recorded, or would be"`
	Unchanged int `json:"unchanged" doc:"Rows that say what is recorded"`
	Skipped   int `json:"skipped" doc:"Rows that say that nothing was completed"`
	Errors    int `json:"errors" doc:"Rows that cannot be used"`
}

type importOutput struct {
	ETag string `header:"ETag" doc:"Version of the cohort, for If-Match" example:"\"8\""`
	Body ImportResult
}

func (s *Server) importAttendance(ctx context.Context, in *importInput) (*importOutput, error) {
	caller, _, c, err := s.readCohort(ctx, in.CohortID, string(cohort.ActionSignList))
	if err != nil {
		return nil, err
	}
	records, err := sheet.ReadRecords(bytes.NewReader(in.RawBody))
	if f, ok := errors.AsType[*sheet.FileError](err); ok {
		return nil, file.Invalid("body", f.Rule, f.Message, f.Remedy)
	} else if err != nil {
		return nil, err
	}
	p, err := s.planImport(ctx, caller, c, in, records)
	if err != nil {
		return nil, err
	}
	version := c.Version
	if in.DryRun {
		p.rehearse(caller.Subject)
	} else if version, err = s.signImport(ctx, c, in, p); err != nil {
		return nil, err
	}
	return &importOutput{ETag: wire.Etag(version), Body: p.result(in.DryRun)}, nil
}

// An importPlan is what a file says about the dates of a cohort.
type importPlan struct {
	*Server
	cohort  cohort.Cohort
	by      map[string]enrolment.Enrolment // by reference
	modules map[string]string              // the titles by the ids of the units
	only    *cohort.CourseDate             // what every column is about, if that was said
	rows    []*ImportRow
	lists   []*importList // in the order of the dates
}

// An importList is what becomes of the list of one date.
type importList struct {
	date    cohort.CourseDate
	entries []cohort.Entry // what stands, and what the file says
	given   map[string]int // the minutes that the file says, by enrolment
	rows    []*ImportRow   // those that change it
	signed  *cohort.Cohort // as it stood after the same key signed the list before
}

func (s *Server) planImport(
	ctx context.Context,
	caller guard.Principal,
	c cohort.Cohort,
	in *importInput,
	records []sheet.Record,
) (*importPlan, error) {
	all, err := s.enrolled(ctx, tied(s.Scope(caller, enrolment.ReadEnrolment), enrolment.Teaching), c)
	if err != nil {
		return nil, err
	}
	p := &importPlan{Server: s, cohort: c, by: map[string]enrolment.Enrolment{}}
	for _, e := range all {
		p.by[e.Reference()] = e
	}
	if p.modules, err = s.moduleTitles(ctx, c.Terms); err != nil {
		return nil, err
	}
	for _, d := range c.Dates {
		p.lists = append(p.lists, &importList{date: d, given: map[string]int{}, entries: standingEntries(c, d, all)})
		if d.ID == in.Date {
			p.only = &d
		}
	}
	if in.Date != "" && p.only == nil {
		return nil, file.Invalid("date", "unknown_date", "the cohort has no such date", "name one of its dates, or leave it out")
	}
	if !in.DryRun {
		if err := s.signedBefore(ctx, caller, in.IdempotencyKey, p); err != nil {
			return nil, err
		}
	}
	for _, r := range records {
		p.add(r)
	}
	return p, nil
}

// standingEntries returns the list of a date as the enrolments keep it.
func standingEntries(c cohort.Cohort, d cohort.CourseDate, all []enrolment.Enrolment) []cohort.Entry {
	var es []cohort.Entry
	for _, e := range all {
		for _, a := range e.Attended {
			if a.Cohort == c.ID && a.Date == d.ID && c.Attends(e.ID, d.Unit) {
				es = append(es, cohort.Entry{Enrolment: e.ID, Minutes: a.Minutes, Excused: a.Excused})
			}
		}
	}
	return es
}

// add plans what one record says.
func (p *importPlan) add(r sheet.Record) {
	row := &ImportRow{Line: r.Line, Reference: r.Person, Column: r.Column, Outcome: "unchanged"}
	p.rows = append(p.rows, row)
	if r.Problem != "" {
		row.fail("file", r.Problem, "correct the line, or leave it out")
		return
	}
	e, ok := p.by[r.Person]
	if !ok {
		row.fail("reference", "nobody with this reference takes part in the cohort", "give the reference of an enrolment (E-…) as ID number; the list of participants has them")
		return
	}
	lists, f := p.about(r)
	if f == nil && !r.Completed {
		row.Outcome = "skipped"
		return
	}
	for _, l := range lists {
		if f == nil {
			f = l.refuses(p.cohort, e.ID, r)
		}
	}
	if f != nil {
		row.failed(f)
		return
	}
	for _, l := range lists {
		l.set(e.ID, l.minutes(r), row)
	}
}

// about finds the dates that a record is about.
func (p *importPlan) about(r sheet.Record) ([]*importList, *fault.Error) {
	if p.only != nil {
		return p.begun(r, func(d cohort.CourseDate) bool { return d.ID == p.only.ID })
	}
	if slices.ContainsFunc(p.cohort.Dates, func(d cohort.CourseDate) bool { return d.ID == r.Column }) {
		return p.begun(r, func(d cohort.CourseDate) bool { return d.ID == r.Column })
	}
	for _, u := range p.cohort.Terms.Units {
		if u.ID == r.Column || sameTitle(p.modules[u.ID], r.Column) {
			return p.begun(r, func(d cohort.CourseDate) bool { return d.Unit == u.ID })
		}
	}
	return nil, problemOf("column", "the column is neither a date of the cohort nor one of its modules",
		"call it by the id of a date, the id or the title of a module, or say with `date` which date the file is about")
}

// begun returns the lists of the dates that have begun. Minutes that a file states belong to one
// date only.
func (p *importPlan) begun(r sheet.Record, of func(cohort.CourseDate) bool) ([]*importList, *fault.Error) {
	var lists, thatDay []*importList
	cancelled := false
	for _, l := range p.lists {
		switch {
		case !of(l.date):
		case l.date.Cancelled != "":
			cancelled = true
		case l.date.Begins.After(p.Now()):
		default:
			lists = append(lists, l)
			if onDay(l.date, r.Date) {
				thatDay = append(thatDay, l)
			}
		}
	}
	switch {
	case len(lists) == 0 && cancelled:
		return nil, problemOf("cancelled", "the date was cancelled", "name a date that took place")
	case len(lists) == 0:
		return nil, problemOf("not_begun", "no such date of the cohort has begun", "import the file once it has taken place")
	case r.Minutes > 0 && len(thatDay) == 1:
		return thatDay, nil
	case r.Minutes > 0 && len(lists) > 1:
		return nil, problemOf("several_dates", "the module has several dates, and the line does not say to which one its minutes belong",
			"give the day of the date, or the id of the date in place of the module")
	}
	return lists, nil
}

// refuses returns why the list cannot take over what r says about an enrolment.
func (l *importList) refuses(c cohort.Cohort, enrolment string, r sheet.Record) *fault.Error {
	given, twice := l.given[enrolment]
	switch {
	case !c.Attends(enrolment, l.date.Unit):
		return problemOf("participant", "the trainee has no seat in this cohort and does not visit the module", "import participants of the module only")
	case r.Minutes > l.date.Minutes:
		return problemOf("range", "nobody can attend longer than the date takes", "correct the minutes")
	case twice && given != l.minutes(r):
		return problemOf("contradiction", "another line gives other minutes for this person and date", "leave one of the lines in the file")
	}
	return nil
}

// minutes returns the minutes that r stands for: those of the whole date unless it states some.
func (l *importList) minutes(r sheet.Record) int {
	if r.Minutes > 0 {
		return r.Minutes
	}
	return l.date.Minutes
}

// set has an enrolment attend for some minutes. What was signed under the same key is kept.
func (l *importList) set(enrolment string, minutes int, row *ImportRow) {
	l.given[enrolment] = minutes
	entry := cohort.Entry{Enrolment: enrolment, Minutes: minutes}
	i := slices.IndexFunc(l.entries, func(e cohort.Entry) bool { return e.Enrolment == enrolment })
	switch {
	case i < 0:
		l.entries = append(l.entries, entry)
	case l.entries[i] == entry && l.signed == nil:
		return
	default:
		l.entries[i] = entry
	}
	row.Outcome = "applied"
	if !slices.Contains(l.rows, row) {
		l.rows = append(l.rows, row)
	}
}

// rehearse asks the rules what they would say to the lists.
func (p *importPlan) rehearse(by string) {
	c := p.cohort
	for _, l := range p.lists {
		if len(l.rows) == 0 {
			continue
		}
		next, err := c.Decide(l.command(), by, p.Now())
		if f := fault.Of(err); f != nil {
			l.fail(f)
			continue
		}
		c = next
	}
}

func (l *importList) command() cohort.SignList {
	return cohort.SignList{Date: l.date.ID, Source: "lernplattform", Entries: l.entries}
}

// fail marks every row of the list as refused.
func (l *importList) fail(f *fault.Error) {
	for _, row := range l.rows {
		row.failed(f)
	}
	l.rows = nil
}

// signImport has the cohort's workflow sign the lists: one command for each date, under a key of its
// own. It returns the version of the cohort afterwards.
func (s *Server) signImport(ctx context.Context, c cohort.Cohort, in *importInput, p *importPlan) (int, error) {
	version, err := wire.SeenVersion(cohort.Kind, in.IfMatch)
	if err != nil {
		return 0, err
	}
	going := false // whether version is one that this import led to
	for _, l := range p.lists {
		if l.signed == nil {
			continue
		}
		if l.otherFile() {
			return 0, wire.ReusedKey("another file")
		}
		version, going = max(version, l.signed.Version), true
	}
	if !going && version != c.Version { // though there may be nothing to sign
		return 0, fault.Newf(fault.Stale, "the cohort is at version %d, not %d", c.Version, version).
			By("version", "read the cohort again and decide on what it says now")
	}
	for _, l := range p.lists {
		if len(l.rows) == 0 || l.signed != nil {
			continue
		}
		list, err := json.Marshal(l.command())
		if err != nil {
			return 0, fmt.Errorf("list of date %s: %w", l.date.ID, err)
		}
		_, next, err := s.cohorts().CarryOut(ctx, c.ID, cohort.ActionSignList, dateKey(in.IdempotencyKey, l.date.ID), wire.Etag(version), list)
		f := fault.Of(err)
		switch {
		case err == nil:
			version, going = next.Version, true
		case f == nil || f.Code == fault.Stale && !going:
			return 0, err
		default:
			l.fail(f)
		}
	}
	return max(version, c.Version), nil
}

// dateKey is the Idempotency-Key of the list of one date.
func dateKey(key, date string) string { return key + "/" + date }

// signedBefore finds the lists that the caller signed under the same key: an import that was
// interrupted goes on, and one that was answered is answered again.
func (s *Server) signedBefore(ctx context.Context, caller guard.Principal, key string, p *importPlan) error {
	q := s.As(s.Scope(caller, s.cohorts().Seeing()...))
	for _, l := range p.lists {
		own, err := q.GetOwnTransition(ctx, db.GetOwnTransitionParams{
			FileID: p.cohort.ID, Kind: cohort.Kind, CommandID: wire.CommandID(caller.Subject, dateKey(key, l.date.ID)), Caller: caller.Subject,
		})
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		var then cohort.Cohort
		if err == nil {
			err = json.Unmarshal(own.State, &then)
		}
		if err != nil {
			return err
		}
		l.signed = &then
	}
	return nil
}

// otherFile reports whether the list that the key signed before differs from this file.
func (l *importList) otherFile() bool {
	for enrolment, minutes := range l.given {
		if l.signed.List == nil || !slices.Contains(l.signed.List.Entries, cohort.Entry{Enrolment: enrolment, Minutes: minutes}) {
			return true
		}
	}
	return false
}

func (p *importPlan) result(dryRun bool) ImportResult {
	r := ImportResult{DryRun: dryRun, Rows: p.rows, Signed: []string{}}
	if p.rows == nil {
		r.Rows = []*ImportRow{}
	}
	for _, l := range p.lists {
		if len(l.rows) > 0 {
			r.Signed = append(r.Signed, l.date.ID)
		}
	}
	for _, row := range p.rows {
		switch row.Outcome {
		case "applied":
			r.Totals.Applied++
		case "unchanged":
			r.Totals.Unchanged++
		case "skipped":
			r.Totals.Skipped++
		default:
			r.Totals.Errors++
		}
	}
	return r
}

func (row *ImportRow) fail(rule, message, remedy string) {
	row.Outcome, row.Problem = "error", &ImportProblem{rule, message, remedy}
}

func (row *ImportRow) failed(f *fault.Error) { row.fail(f.Rule, f.Message, f.Remedy) }

func problemOf(rule, message, remedy string) *fault.Error {
	return fault.Newf(fault.Invalid, "%s", message).By(rule, remedy)
}

// sameTitle compares as people read: without case and spaces around.
func sameTitle(title, column string) bool {
	return title != "" && strings.EqualFold(title, strings.TrimSpace(column))
}

// onDay reports whether a date begins on a day of Berlin.
func onDay(d cohort.CourseDate, day string) bool {
	return calendar.DayOf(d.Begins).String() == day
}
