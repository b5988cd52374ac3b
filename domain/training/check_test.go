package training_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
	tt "koko/internal/trainingtest"
)

// commands has one zero command of each action on an enrolment.
var commands = []file.Command{
	enrolment.Apply{}, enrolment.DecideRelease{}, enrolment.DecideApplication{}, enrolment.AcceptSeat{}, enrolment.DeclineSeat{},
	enrolment.PlanMakeUp{}, enrolment.SubmitMakeUp{}, enrolment.ReviewMakeUp{}, enrolment.SubmitConcept{}, enrolment.ReviewConcept{},
	enrolment.SubmitCaseReport{}, enrolment.ReviewCaseReport{}, enrolment.RecordSupervision{}, enrolment.AppointAssessors{},
	enrolment.RecordVerdict{}, enrolment.LodgeAppeal{}, enrolment.DecideAppeal{}, enrolment.Certify{}, enrolment.ConfirmAttendance{},
	enrolment.ReissueCertificate{}, enrolment.RevokeCertificate{}, enrolment.PauseEnrolment{}, enrolment.Resume{}, enrolment.Transfer{},
	enrolment.ChangeEmployer{}, enrolment.AdoptCurriculum{}, enrolment.Withdraw{}, enrolment.OfferSeat{}, enrolment.Queue{},
	enrolment.LoseSeat{}, enrolment.Attend{}, enrolment.MoveEnrolmentCalendar{}, file.DeadlinePassed{},
}

// cohortCommands has one zero command of each action on a cohort.
var cohortCommands = []file.Command{
	cohort.PlanCohort{}, cohort.StaffCohort{}, cohort.AmendCohort{}, cohort.AddDate{}, cohort.RescheduleDate{},
	cohort.CancelDate{}, cohort.SignList{}, cohort.CancelCohort{}, cohort.MergeCohort{}, cohort.Join{}, cohort.TakeSeat{},
	cohort.Leave{}, cohort.Visit{}, file.DeadlinePassed{},
}

func TestEveryActionHasItsCommand(t *testing.T) {
	var actions, cohortActions []file.Action
	for _, cmd := range commands {
		actions = append(actions, cmd.Action())
	}
	for _, cmd := range cohortCommands {
		cohortActions = append(cohortActions, cmd.Action())
	}
	require.ElementsMatch(t, actionsOf(enrolment.Spec), actions)
	require.ElementsMatch(t, actionsOf(cohort.Spec), cohortActions)
}

// actionsOf lists every action of a kind, the timer's included.
func actionsOf[S file.State](k *file.Spec[S]) []file.Action {
	as := []file.Action{file.ActionDeadlinePassed}
	for _, r := range k.Rules {
		as = append(as, r.Form.Action())
	}
	return as
}

// own reports whether a is the workflows' own: no person takes it.
func own(a file.Action) bool {
	of := func(c file.CommandSpec) bool { return c.Own && c.Action == a }
	return a == file.ActionDeadlinePassed || slices.ContainsFunc(file.Define(enrolment.Spec).Commands(), of) ||
		slices.ContainsFunc(file.Define(cohort.Spec).Commands(), of)
}

// What says nothing is refused, but for the commands that need no words.
func TestZeroCommandsAreRefused(t *testing.T) {
	wordless := []file.Action{
		enrolment.ActionAcceptSeat, enrolment.ActionDeclineSeat, enrolment.ActionResume, cohort.ActionAddDate, cohort.ActionStaffCohort,
	}
	for _, cmd := range slices.Concat(commands, cohortCommands) {
		err := cmd.Check()
		if own(cmd.Action()) || slices.Contains(wordless, cmd.Action()) {
			require.NoError(t, err, "%T", cmd)
			continue
		}
		f := fault.Of(err)
		require.NotNil(t, f, "%T", cmd)
		require.Equal(t, fault.Invalid, f.Code)
		require.NotEmpty(t, f.Field)
		require.NotEmpty(t, f.Rule)
		require.NotEmpty(t, f.Remedy)
	}
}

// fields visits every field of a type of ours, also of its parts.
func fields(typ reflect.Type, visit func(reflect.Type, reflect.StructField)) {
	for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || !strings.HasPrefix(typ.PkgPath(), "koko/domain/training") {
		return
	}
	for f := range typ.Fields() {
		visit(typ, f)
		fields(f.Type, visit)
	}
}

// shown are the types that the documentation of the API describes.
func shown() (types []reflect.Type) {
	for _, v := range []any{enrolment.Enrolment{}, cohort.Cohort{}, curriculum.Curriculum{}, enrolment.Progress{}, enrolment.Way{}, training.Offer{}} {
		types = append(types, reflect.TypeOf(v))
	}
	for _, cmd := range commands {
		if !own(cmd.Action()) {
			types = append(types, reflect.TypeOf(cmd))
		}
	}
	for _, cmd := range cohortCommands {
		if !own(cmd.Action()) {
			types = append(types, reflect.TypeOf(cmd))
		}
	}
	return types
}

// The documentation of the API says what each field means.
func TestEveryFieldHasANameAndWords(t *testing.T) {
	for _, typ := range shown() {
		fields(typ, func(in reflect.Type, f reflect.StructField) {
			if !f.Anonymous {
				require.NotEmpty(t, f.Tag.Get("json"), in.Name()+"."+f.Name)
				require.NotEmpty(t, f.Tag.Get("doc"), in.Name()+"."+f.Name)
			}
		})
	}
}

// changed is a command with one part made wrong.
func changed[C file.Command](c C, change func(*C)) file.Command {
	change(&c)
	return c
}

func bare[C file.Command](c C) file.Command {
	reflect.ValueOf(&c).Elem().FieldByName("Docs").SetZero()
	return c
}

func TestChecksRefuseWhatIsWrongInAnyState(t *testing.T) {
	m := &tt.Maker{Salt: "check"}
	c := m.Cohort(tt.KoKo())
	due := file.Date("2026-06-30")
	for name, tc := range map[string]struct {
		cmd         file.Command
		field, rule string
	}{
		"a municipality that is none":        {changed(m.Apply(c), func(a *enrolment.Apply) { a.AGS = "05999" }), "ags", "ags"},
		"a line manager's name":              {changed(m.Apply(c), func(a *enrolment.Apply) { a.LineManager = "Frau Müller" }), "line_manager", "person_id"},
		"a cohort that is none":              {changed(m.Apply(c), func(a *enrolment.Apply) { a.Cohort = "k" }), "cohort", "uuid"},
		"an application of nobody":           {bare(m.Apply(c)), "holder", "required"},
		"not released without a reason":      {bare(m.Release(false)), "reason", "required"},
		"not admitted without a reason":      {bare(m.Admission(false)), "reason", "required"},
		"a make-up of a kind that is none":   {changed(m.Assignment("m1", due), func(p *enrolment.PlanMakeUp) { p.Kind = "" }), "kind", "enum"},
		"a make-up on no day":                {m.Assignment("m1", "morgen"), "due", "date"},
		"a make-up of no module":             {m.Assignment("Modul 1", due), "unit", "local_id"},
		"an assignment without a task":       {bare(m.Assignment("m1", due)), "task", "required"},
		"an assignment in a cohort":          {changed(m.Assignment("m1", due), func(p *enrolment.PlanMakeUp) { p.Cohort = c.ID }), "cohort", "kind"},
		"a visit nowhere":                    {m.Elsewhere("m1", "", due), "cohort", "uuid"},
		"an assignment without words":        {bare(m.SubmitMakeUp("m1")), "text", "required"},
		"returned without feedback":          {bare(m.ReviewMakeUp("m1", false)), "feedback", "required"},
		"a concept without words":            {bare(m.Concept()), "text", "required"},
		"a shared concept, by nobody":        {changed(m.Concept(), func(s *enrolment.SubmitConcept) { s.Shared = true }), "own_part", "required"},
		"a concept returned without words":   {bare(m.ReviewConcept(false)), "feedback", "required"},
		"a case with people in it":           {changed(m.CaseReport(), func(s *enrolment.SubmitCaseReport) { s.Anonymised = false }), "anonymised", "anonymised"},
		"a case without words":               {bare(m.CaseReport()), "text", "required"},
		"a case returned without words":      {bare(m.ReviewCaseReport(false)), "feedback", "required"},
		"a supervision on no day":            {changed(m.Supervision(tt.Start), func(s *enrolment.RecordSupervision) { s.On = "" }), "on", "date"},
		"a supervision of no length":         {changed(m.Supervision(tt.Start), func(s *enrolment.RecordSupervision) { s.Minutes = 14 }), "minutes", "range"},
		"one assessor":                       {enrolment.AppointAssessors{Assessors: []string{tt.AssessorOne}}, "assessors", "two_assessors"},
		"one assessor twice":                 {enrolment.AppointAssessors{Assessors: []string{"p-1", "p-1"}}, "assessors", "two_assessors"},
		"an assessor's name":                 {enrolment.AppointAssessors{Assessors: []string{"p-1", "Herr Meier"}}, "assessors[1]", "person_id"},
		"two assessors who have taught":      {enrolment.AppointAssessors{Assessors: []string{"p-1", "p-2"}, Taught: []string{"p-2", "p-1"}}, "assessors", "not_trainers_only"},
		"a verdict on nothing":               {changed(m.Verdict(true), func(r *enrolment.RecordVerdict) { r.Rubric = nil }), "rubric", "required"},
		"a criterion that is none":           {changed(m.Verdict(true), func(r *enrolment.RecordVerdict) { r.Rubric[1].Criterion = "mut" }), "rubric[1].criterion", "enum"},
		"a criterion twice":                  {changed(m.Verdict(true), func(r *enrolment.RecordVerdict) { r.Rubric[1].Criterion = "konzept" }), "rubric[1].criterion", "unique"},
		"four points":                        {changed(m.Verdict(true), func(r *enrolment.RecordVerdict) { r.Rubric[0].Points = 4 }), "rubric[0].points", "range"},
		"a verdict without reasons":          {bare(m.Verdict(true)), "reasons", "required"},
		"a verdict in the training file":     {changed(m.Verdict(true), func(r *enrolment.RecordVerdict) { r.Docs.Docs[0].Compartment = training.TrainingFile }), "docs[0].compartment", "compartment"},
		"an appeal without reasons":          {bare(m.Appeal()), "reasons", "required"},
		"an appeal decided without any":      {bare(m.DecideAppeal(true)), "reasons", "required"},
		"a certificate without a code":       {enrolment.Certify{Code: "K7Q2-M3XW-9TRA-VB4I"}, "code", "code"},
		"a confirmation without a code":      {enrolment.ConfirmAttendance{}, "code", "code"},
		"reissued for no reason":             {changed(m.Reissue(m.Code()), func(r *enrolment.ReissueCertificate) { r.Reason = "" }), "reason", "enum"},
		"reissued to nobody":                 {bare(m.Reissue(m.Code())), "holder", "required"},
		"revoked for no reason":              {changed(m.Revoke(m.Code()), func(r *enrolment.RevokeCertificate) { r.Reason = "laune" }), "reason", "enum"},
		"revoked without words":              {bare(m.Revoke(m.Code())), "reason", "required"},
		"a rest for no reason":               {enrolment.PauseEnrolment{}, "reason", "enum"},
		"a rest until no day":                {enrolment.PauseEnrolment{Reason: "krankheit", Until: "bald"}, "until", "date"},
		"transferred nowhere":                {enrolment.Transfer{}, "cohort", "uuid"},
		"an employer that is none":           {enrolment.ChangeEmployer{AGS: "x", LineManager: "p-1"}, "ags", "ags"},
		"an employer without a line manager": {enrolment.ChangeEmployer{AGS: tt.Town}, "line_manager", "person_id"},
		"another version without a reason":   {bare(m.Adopt(tt.KoKo())), "reason", "required"},
		"withdrawn for no reason":            {enrolment.Withdraw{Reason: "x"}, "reason", "enum"},
		"a cohort of no municipality":        {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.AGS = "" }), "ags", "ags"},
		"a cohort for nobody":                {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.Offered = nil }), "offered", "area"},
		"a cohort for no municipality":       {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.Offered = ags.Area{"1"} }), "offered[0]", "ags"},
		"no seats":                           {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.Seats = 0 }), "seats", "range"},
		"a minimum above the seats":          {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.Minimum = 13 }), "minimum", "range"},
		"a quota above the seats":            {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.Quota = 13 }), "quota", "range"},
		"no time to accept":                  {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.OfferDays = 0 }), "offer_days", "range"},
		"a trainer twice":                    {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.Trainers = []string{"p-1", "p-1"} }), "trainers[1]", "unique"},
		"an assessor with a name":            {cohort.StaffCohort{Assessors: []string{"Frau Müller"}}, "assessors[0]", "person_id"},
		"a date of no module":                {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.Dates[1].Unit = "m9" }), "dates[1].unit", "unknown_unit"},
		"a date twice":                       {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.Dates[1].ID = "d1" }), "dates[1].id", "unique"},
		"a date that ends before it begins": {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) {
			p.Dates[0].Ends = p.Dates[0].Begins
		}), "dates[0].ends", "order"},
		"a date that is too short":     {changed(m.Plan(tt.KoKo()), func(p *cohort.PlanCohort) { p.Dates[0].Ends = p.Dates[0].Begins.Add(time.Hour) }), "dates[0].minutes", "range"},
		"a cohort without a title":     {bare(m.Plan(tt.KoKo())), "title", "required"},
		"fewer seats than the minimum": {m.Amend(c, func(a *cohort.AmendCohort) { a.Seats = 1 }), "minimum", "range"},
		"moved to before it begins":    {m.Reschedule(cohort.CourseDate{ID: "d1", Begins: tt.Start, Ends: tt.Start}, 0), "ends", "order"},
		"a date off for no reason":     {changed(m.CancelDate("d1"), func(d *cohort.CancelDate) { d.Reason = "" }), "reason", "enum"},
		"a cohort off for no reason":   {changed(m.Cancel(), func(d *cohort.CancelCohort) { d.Reason = "" }), "reason", "enum"},
		"merged into nothing":          {m.Merge("x"), "into", "uuid"},
		"an empty list":                {m.Sign("d1"), "entries", "required"},
		"a list of no source":          {changed(m.Sign("d1", cohort.Entry{Enrolment: m.ID()}), func(s *cohort.SignList) { s.Source = "" }), "source", "enum"},
		"somebody twice on a list":     {m.Sign("d1", cohort.Entry{Enrolment: c.ID}, cohort.Entry{Enrolment: c.ID}), "entries[1].enrolment", "unique"},
		"a negative attendance":        {m.Sign("d1", cohort.Entry{Enrolment: c.ID, Minutes: -1}), "entries[0].minutes", "range"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fault.Of(tc.cmd.Check())
			require.NotNil(t, f)
			require.Equal(t, []any{fault.Invalid, tc.field, tc.rule}, []any{f.Code, f.Field, f.Rule})
			require.NotEmpty(t, f.Remedy)
		})
	}
}

func TestACurriculumThatNobodyCouldCompleteIsRefused(t *testing.T) {
	for want, change := range map[string]func(*curriculum.Curriculum){
		"title":               func(c *curriculum.Curriculum) { c.Title = "" },
		"certificate.text":    func(c *curriculum.Curriculum) { c.Certificate.Text = "" },
		"id":                  func(c *curriculum.Curriculum) { c.ID = "KoKo" },
		"version":             func(c *curriculum.Curriculum) { c.Version = 0 },
		"modules[1].id":       func(c *curriculum.Curriculum) { c.Modules[1].ID = "m1" },
		"modules[0].kind":     func(c *curriculum.Curriculum) { c.Modules[0].Kind = "tag" },
		"modules[0].minutes":  func(c *curriculum.Curriculum) { c.Modules[0].InPerson = 0 },
		"modules[0].title":    func(c *curriculum.Curriculum) { c.Modules[0].Title = "" },
		"modules[2].after[0]": func(c *curriculum.Curriculum) { c.Modules[2].After = []string{"m4"} },
		"rule.modules":        func(c *curriculum.Curriculum) { c.Rule.Modules = 6 },
		"rule.online":         func(c *curriculum.Curriculum) { c.Rule.Online = 1 },
		"rule.minutes":        func(c *curriculum.Curriculum) { c.Rule.Minutes = 4801 },
		"rule.share":          func(c *curriculum.Curriculum) { c.Rule.Share = 101 },
		"rule.months":         func(c *curriculum.Curriculum) { c.Rule.Months = 0 },
	} {
		c := tt.KoKo()
		change(&c)
		require.Equal(t, want, fault.Of(c.Check()).Field)
	}
}

// No command and no state loses anything on its way through the engine and the record.
func TestStatesSurviveTheRecord(t *testing.T) {
	m := &tt.Maker{Salt: "json"}
	c := m.Cohort(tt.KoKo())
	for _, p := range file.Values[enrolment.Phase]() {
		e := m.Enrolment(c, p)
		b, err := json.Marshal(e)
		require.NoError(t, err)
		var again enrolment.Enrolment
		require.NoError(t, json.Unmarshal(b, &again))
		require.Equal(t, e, again)
	}
}
