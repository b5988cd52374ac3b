package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	trainingapi "koko/api/training"
	"koko/domain/calendar"
	"koko/domain/training/cohort"
)

// imported sends a file as somebody, under a fresh key unless headers have another one.
func (w *world) imported(as string, c CohortView, query, file string, headers ...string) answer {
	w.t.Helper()
	headers = append([]string{"Content-Type", "text/csv", "If-Match", tag(c.Version)}, headers...)
	return w.post(as, cohortPath(c.ID)+"/imports?"+query, file, headers...)
}

func (a answer) imports() (r trainingapi.ImportResult) {
	a.t.Helper()
	a.ok(&r)
	return r
}

// outcomes are those of the rows, with the rules of what cannot be used.
func outcomes(r trainingapi.ImportResult) (all []string) {
	for _, row := range r.Rows {
		o := string(row.Outcome)
		if row.Problem != nil {
			o += " " + row.Problem.Rule
		}
		all = append(all, o)
	}
	return all
}

func TestAFileOfAPlatformBecomesLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	one, two := w.seated(trainee, c), w.seated(trainee2, c)
	c = w.signed(c, "d1", entry(one, 300), object{"enrolment": two.ID, "minutes": 0, "excused": true})
	file := strings.Join([]string{
		"reference;unit;minutes;date",
		one.Reference + ";d1;480;",                                     // corrects the list
		one.Reference + ";M2;;",                                        // no such column: ids are exact
		one.Reference + ";" + strings.ToUpper(titleOf(t, "m2")) + ";;", // both dates of the module
		two.Reference + ";m3;;",
		two.Reference + ";m3;60;",  // of which date?
		two.Reference + ";d2;999;", // longer than the date
		two.Reference + ";m5;;",    // not yet
		"E-00000000;d1;;",          // nobody
		two.Reference + ";d1;x;",
		one.Reference + ";m1;240;" + calendar.DayOf(c.Dates[1].Begins).String(), // the second of two dates
	}, "\n")
	want := []string{
		"applied", "error column", "applied", "applied", "error several_dates", "error range", "error not_begun", "error reference", "error file", "applied",
	}
	before := w.count("SELECT count(*) FROM audit")
	dry := w.imported(trainer, c, "", file).imports()
	require.Equal(t, want, outcomes(dry))
	require.True(t, dry.DryRun)
	require.Equal(t, []string{"d1", "d2", "d3", "d4", "d5", "d6"}, dry.Signed)
	require.Equal(t, before, w.count("SELECT count(*) FROM audit"), "a dry run changes nothing")

	key := []string{"Idempotency-Key", newKey()}
	a := w.imported(trainer, c, "dry_run=false", file, key...)
	wet := a.imports()
	require.Equal(t, dry.Rows, wet.Rows, "the real run does what the dry run said")
	require.Equal(t, dry.Totals, wet.Totals)
	require.Equal(t, dry.Signed, wet.Signed)
	after := w.cohort(trainer, c.ID)
	require.Equal(t, tag(after.Version), a.header.Get("ETag"))
	require.Equal(t, c.Version+6, after.Version)

	one, two = w.enrolment(trainee, one.ID), w.enrolment(trainee2, two.ID)
	require.Equal(t, map[string]int{"d1": 480, "d2": 240, "d3": 480, "d4": 480}, attended(one))
	require.Equal(t, map[string]int{"d1": 0, "d5": 480, "d6": 480}, attended(two))
	for _, at := range two.Attended {
		require.Equal(t, at.Date == "d1", at.Excused, "who is not in the file keeps what they have")
	}

	version := after.Version
	again := w.imported(trainer, c, "dry_run=false", file, key...).imports()
	require.Equal(t, wet.Rows, again.Rows, "the same answer to the same command")
	require.Equal(t, version, w.cohort(trainer, c.ID).Version, "nothing is signed twice")
	w.imported(trainer, c, "dry_run=false", strings.Replace(file, ";480;", ";450;", 1), key...).refused(http.StatusConflict, "conflict", "idempotency_key_reused")

	now := w.imported(trainer, after, "dry_run=false", file).imports()
	require.Equal(t, strings.ReplaceAll(strings.Join(want, ","), "applied", "unchanged"), strings.Join(outcomes(now), ","))
	require.Empty(t, now.Signed)
	w.imported(trainer, c, "dry_run=false", file).refused(http.StatusPreconditionFailed, "stale", "version")
	w.call(trainer, http.MethodPost, cohortPath(c.ID)+"/imports?dry_run=false", file, "Idempotency-Key", newKey()).
		refused(http.StatusPreconditionRequired, "precondition-required", "if_match")
}

// titleOf is what the curriculum calls a module.
func titleOf(t *testing.T, unit string) string {
	t.Helper()
	for _, m := range koko().Modules {
		if m.ID == unit {
			return m.Title
		}
	}
	t.Fatal("no module " + unit)
	return ""
}

func attended(e EnrolmentView) map[string]int {
	all := map[string]int{}
	for _, a := range e.Attended {
		all[a.Date] = a.Minutes
	}
	return all
}

func TestAMoodleFileSaysWhatWasCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	one, two := w.seated(trainee, c), w.seated(trainee2, c)
	w.engine.At = time.Time{}
	c = w.cohort(trainer, c.ID)
	file := "Name,ID-Nummer,Abschlusstest\nErna," + one.Reference + ",Abgeschlossen\nBert," + two.Reference + ",Nicht abgeschlossen\n"
	require.Equal(t, []string{"error column", "error column"}, outcomes(w.imported(trainer, c, "", file).imports()))
	r := w.imported(trainer, c, "dry_run=false&date=d2", file).imports()
	require.Equal(t, []string{"applied", "skipped"}, outcomes(r))
	require.Equal(t, []string{"d2"}, r.Signed)
	require.Equal(t, map[string]int{"d2": 480}, attended(w.enrolment(trainee, one.ID)))
	require.EqualValues(t, "lernplattform", w.enrolment(trainee, one.ID).Attended[0].Source)
	require.Empty(t, attended(w.enrolment(trainee2, two.ID)))
	require.NotContains(t, w.log.String(), "Erna")
	p := w.imported(trainer, c, "date=d99", file).refused(http.StatusUnprocessableEntity, "invalid", "unknown_date")
	require.Equal(t, "date", p.Field)
}

func TestAnInterruptedImportGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	one := w.seated(trainee, c)
	w.engine.At = time.Time{}
	c = w.cohort(trainer, c.ID)
	file := "reference;unit;minutes\n" + one.Reference + ";d1;\n" + one.Reference + ";d3;\n"
	key := []string{"Idempotency-Key", newKey()}
	decided := 0
	w.engine.Before = func() error {
		if decided++; decided == 2 {
			return http.ErrHandlerTimeout
		}
		return nil
	}
	w.imported(trainer, c, "dry_run=false", file, key...).problem(http.StatusInternalServerError, "internal")
	require.Equal(t, map[string]int{"d1": 480}, attended(w.enrolment(trainee, one.ID)))
	r := w.imported(trainer, c, "dry_run=false", file, key...).imports()
	require.Equal(t, []string{"applied", "applied"}, outcomes(r))
	require.Equal(t, []string{"d1", "d3"}, r.Signed)
	require.Equal(t, map[string]int{"d1": 480, "d3": 480}, attended(w.enrolment(trainee, one.ID)))
	require.Equal(t, c.Version+2, w.cohort(trainer, c.ID).Version)
}

func TestAFileThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	w.seated(trainee, c)
	c = w.cohort(trainer, c.ID)
	for file, rule := range map[string]string{
		"\n": "empty", "PK\x03\x04x": "binary", "a;b\n1;2\n": "no_person_column", "ID-Nummer;Name\nE-1;x\n": "no_activity_column",
	} {
		p := w.imported(trainer, c, "", file).refused(http.StatusUnprocessableEntity, "invalid", rule)
		require.Equal(t, "body", p.Field)
	}
	w.imported(trainer, c, "", strings.Repeat("x", 5<<20+1)).problem(http.StatusRequestEntityTooLarge, "too-large")
	const file = "reference;unit;minutes\nE-00000000;d1;\n"
	for _, as := range []string{coordinator, trainee, employer, assessor, certifier, supervisor} {
		w.imported(as, c, "", file).problem(http.StatusForbidden, "forbidden")
	}
	for _, as := range []string{foreign(trainer), foreign(coordinator), stranger} {
		w.imported(as, c, "", file).refused(http.StatusNotFound, "not-found", "scope")
	}
	w.imported("", c, "", file).problem(http.StatusUnauthorized, "unauthenticated")
	require.Empty(t, c.Dates[0].Signed)
	require.Equal(t, cohort.Open, c.Stage)
}
