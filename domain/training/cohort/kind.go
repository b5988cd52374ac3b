package cohort

import (
	_ "embed"
	"slices"
	"time"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/training"
)

// Kind is what a cohort is called in ids and in the record.
const Kind = training.KindCohort

// The acts on a cohort that are not commands.
const (
	ReadCohort       = "read_cohort"
	ReadParticipants = "read_participants" // the people who have a seat, wait for one or visit a module
)

//go:embed policy.csv
var policy string

// Spec is all that the house knows of a cohort.
var Spec = &file.Spec[Cohort]{
	About: file.About{
		Kind: Kind, Plural: "cohorts", Workflow: "Cohort", Label: file.Label{DE: "Durchgang", EN: "cohort"},
		Phases: file.In(file.Values[Stage]()...), Over: file.In(Finished, Cancelled, Merged), History: training.ReadTrainingHistory,
		Overseers: training.Coordinators, Policy: policy, Mine: training.Runs, Sort: "begins",
		Window:  &file.Window{Name: "open", Doc: "Whether it takes applications now", Phases: file.In(Open), Facet: "closes"},
		Offered: []string{ReadCohort, string(training.ActionApply)},
		Title:   file.Title{Action: ActionPlanCohort, Compartment: training.TrainingFile, Acts: []string{ReadCohort}},
		Relations: []file.RelationSpec{
			{Name: training.Runs, Rule: "own_cohort", Remedy: "a trainer of the cohort can do it", Offered: true},
		},
		Compartments:  []file.CompartmentSpec{{Name: training.TrainingFile, Act: ReadCohort}},
		DeadlineKinds: DeadlineKinds(), Quiet: []string{"remind"}, NoticeKinds: NoticeKinds(), Vocabulary: words,
	},
	Fresh: func(id string, k ags.Key) Cohort { return Cohort{ID: id, AGS: k} },
	Rules: rules,
	Moving: func(c *Cohort) (*int, *time.Time, *[]file.Deadline) {
		return &c.Version, &c.Changed, &c.Passed
	},
	Settle: func(c *Cohort, at time.Time) { c.settle(at) },
	Missed: (*Cohort).miss,
	Stretch: func(phase string) int {
		for i, stages := range [][]Stage{{"", Open, Short}, {Running}} {
			if slices.Contains(stages, Stage(phase)) {
				return i
			}
		}
		return -1
	},
	Places: func(c Cohort) ags.Area { return c.Offered },
	Ties:   Cohort.Ties,
	Facets: []file.Facet[Cohort]{
		{Name: "curriculum", Doc: "Id of the curriculum", Filter: true, Of: func(c Cohort) any { return c.Terms.Curriculum }},
		{Name: "curriculum_version", Doc: "Version of the curriculum", Of: func(c Cohort) any { return c.Terms.Version }},
		{Name: "begins", Doc: "When its first date begins; as long as there is none, the end of the application window", Of: func(c Cohort) any { return c.begins() }},
		{Name: "ends", Doc: "When its last date ends", Of: func(c Cohort) any { return c.ends() }},
		{Name: "closes", Doc: "End of the application window", Of: func(c Cohort) any { return c.Closes }},
		{Name: "seats", Doc: "How many may take part", Of: func(c Cohort) any { return c.Seats }},
		{Name: "free", Doc: "Seats that nobody holds", Of: func(c Cohort) any { return c.Free() }},
		{Name: "waiting", Doc: "How many wait for a seat", Acts: []string{ReadParticipants}, Of: func(c Cohort) any { return c.Waiting() }},
	},
	Lenses: []file.Lens[Cohort]{
		{Name: "cohort", Acts: []string{ReadCohort, ReadParticipants}, Show: func(c Cohort) any { return c }},
		{Name: "offer", Acts: []string{ReadCohort}, Show: func(c Cohort) any { return c.WithoutPeople() }, Mute: true},
	},
	Messages: func(before, after Cohort) []file.Message { return after.Messages(before) },
	Notices:  func(before, after Cohort) []file.Notice { return after.Notices(before) },
}

// live are the stages of a cohort that takes place or may.
var live = []Stage{Open, Short, Running}

// rules is the process of a cohort. The order is the order of the buttons.
var rules = []file.Rule[Cohort]{
	{Form: file.Of[Cohort](PlanCohort{}), When: file.In(Stage("")),
		Summary: "Plan a cohort: it opens for applications",
		Details: "With its dates and places, seats, minimum, quota of each municipality, trainers and assessors."},
	{Form: file.Of[Cohort](StaffCohort{}), When: file.In(live...),
		Summary: "Name the trainers and assessors", Details: "In place of those before."},
	{Form: file.Of[Cohort](AmendCohort{}), When: file.In(live...),
		Summary: "Change seats, minimum, quota or the application window",
		Details: "More seats, or a higher quota, are offered at once to those who wait longest."},
	{Form: file.Of[Cohort](AddDate{}), When: file.In(live...), Summary: "Add a date", Details: "Everyone who takes part is notified."},
	{Form: file.Of[Cohort](RescheduleDate{}), When: file.In(live...),
		Summary: "Move a date", Details: "Everyone who takes part is notified, and their calendars follow."},
	{Form: file.Of[Cohort](CancelDate{}), When: file.In(live...), Summary: "Cancel a date", Details: "Everyone who takes part is notified."},
	{Form: file.Of[Cohort](SignList{}), When: file.In(Open, Running, Finished),
		Summary: "Sign the attendance list of a date",
		Details: "By a trainer of the cohort. Each trainee's enrolment takes its line over. A corrected list replaces the one before."},
	{Form: file.Of[Cohort](CancelCohort{}), When: file.In(live...),
		Summary: "Cancel the cohort", Details: "Everyone is notified and may move to another cohort."},
	{Form: file.Of[Cohort](MergeCohort{}), When: file.In(Open, Short),
		Summary: "Merge the cohort into another one", Details: "Everyone is notified and keeps their place in the order of applications there."},
	{Form: file.Of[Cohort](Join{}), When: file.In(file.Values[Stage]()...), Own: true},
	{Form: file.Of[Cohort](TakeSeat{}), When: file.In(file.Values[Stage]()...), Own: true},
	{Form: file.Of[Cohort](Leave{}), When: file.In(file.Values[Stage]()...), Own: true},
	{Form: file.Of[Cohort](Visit{}), When: file.In(file.Values[Stage]()...), Own: true},
}

// begins is when the first date that is not cancelled begins, or else the end of the application window.
func (c Cohort) begins() time.Time {
	var at time.Time
	for _, d := range c.Dates {
		if d.Cancelled == "" && (at.IsZero() || d.Begins.Before(at)) {
			at = d.Begins
		}
	}
	if at.IsZero() {
		return c.Closes
	}
	return at
}

// ends is when the last date that is not cancelled ends; zero without one.
func (c Cohort) ends() (at time.Time) {
	for _, d := range c.Dates {
		if d.Cancelled == "" && d.Ends.After(at) {
			at = d.Ends
		}
	}
	return at
}
