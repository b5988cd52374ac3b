package story_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/domain/working"
	"koko/internal/casetest"
	"koko/internal/story"
	"koko/internal/trainingtest"
)

// walk tells every step of the plain way of a case, as shown says.
func walk(t *testing.T, shown func(file.State) any) (all []story.Entry) {
	t.Helper()
	m := &casetest.Maker{Salt: "tell"}
	c := conflict.Case{ID: m.ID(), AGS: "05999001"}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, s := range m.Way() {
		next, err := c.Decide(s.Command, s.By, at)
		require.NoError(t, err)
		all = append(all, story.Tell(story.Step{Kind: conflict.Kind, Action: s.Command.Action(), Actor: s.By, Before: c, After: next, Shown: shown}))
		c, at = next, at.Add(time.Hour)
	}
	return all
}

var person = regexp.MustCompile(`p-[0-9a-f]{4}|[0-9a-f]{8}-[0-9a-f]{4}`)

func TestSentencesNameNobody(t *testing.T) {
	for _, e := range walk(t, everything) {
		require.NotRegexp(t, person, e.Says.DE)
		require.NotRegexp(t, person, e.Says.EN)
	}
	m := &trainingtest.Maker{Salt: "nobody"}
	for _, end := range file.Values[enrolment.Phase]() {
		e := enrolment.Enrolment{ID: m.ID()}
		for _, s := range m.Way(m.Cohort(trainingtest.KoKo()), end) {
			next := trainingtest.Walk(e, s)
			says := tell(enrolment.Kind, e, next, s.Command.Action(), s.By).entry.Says
			require.NotRegexp(t, person, says.DE)
			require.NotRegexp(t, person, says.EN)
			e = next
		}
	}
}

func TestWhoSeesNothingOfTheStatesIsToldNothingOfThem(t *testing.T) {
	for _, e := range walk(t, nil) {
		require.NotEmpty(t, e.Says.DE)
		require.NotRegexp(t, `[0-9{]`, e.Says.DE)
		require.Empty(t, e.Changes)
		require.Empty(t, e.Terms)
		require.NotEmpty(t, e.Phase.DE, "but where it stood")
	}
}

func TestWhatTheReaderDoesNotSeeIsNotTold(t *testing.T) {
	shown := func(s file.State) any {
		c := s.(conflict.Case)
		c.Handed = nil
		return c
	}
	for i, e := range walk(t, shown) {
		for _, c := range e.Changes {
			require.NotRegexp(t, `^handed`, c.Path, i)
		}
	}
}

func TestADeadlineIsSetMovedKeptMissedMadeUpForAndDropped(t *testing.T) {
	m := &casetest.Maker{Salt: "turns"}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	c := conflict.Case{ID: m.ID(), AGS: "05999001"}
	step := func(by string, cmd file.Command, days int) []string {
		t.Helper()
		at = at.AddDate(0, 0, days)
		next, err := c.Decide(cmd, by, at)
		require.NoError(t, err)
		var got []string
		for _, d := range story.Tell(story.Step{Kind: conflict.Kind, Action: cmd.Action(), Actor: by, Before: c, After: next, Shown: everything}).Terms {
			got = append(got, d.Kind+" "+string(d.Turn))
		}
		c = next
		return got
	}
	pass := func() []string {
		t.Helper()
		d, ok := file.NextDeadline(c)
		require.True(t, ok)
		return step(file.System, file.DeadlinePassed{Deadline: d}, int(d.Over().Sub(at).Hours())/24+1)
	}
	require.Equal(t, []string{"triage set"}, step(casetest.Reporter, m.Signal(), 0))
	require.Equal(t, []string{"triage missed"}, pass())
	require.Equal(t, []string{"triage late", "watch set"}, step(casetest.Manager, m.Triage(conflict.Watch), 1))
	require.Equal(t, []string{"watch reached"}, pass())
	require.Equal(t, []string{"watch late", "clearing set"}, step(casetest.Manager, m.Triage(conflict.OpenCase), 1))
	require.Empty(t, step(casetest.Manager, m.Clearing(), 1))
	require.Equal(t, []string{"clearing met", "analysis set"}, step(casetest.Supervisor, m.Mandate(true), 1))
	require.Equal(t, []string{"rescore set"}, step(casetest.Manager, m.Analysis(5), 1))
	require.Equal(t, []string{"rescore met", "rescore set"}, step(casetest.Manager, m.Assessment(4), 1))
	require.Empty(t, step(casetest.Reviewer, m.Review(true), 1))
	require.Equal(t, []string{"analysis met", "review set"}, step(casetest.Manager, m.HandOver(m.ID()), 1))
	work := m.ID()
	require.Equal(t, []string{"review moved"}, step(casetest.Manager, m.HandOver(work), 1))
	require.Empty(t, step(file.System, m.Accepted(work), 1))
	require.Equal(t, []string{"review met", "review set"}, step(file.System, m.Answered(work, working.Going), 1))
	require.Empty(t, step(file.System, m.Ended(work), 1))
	require.Equal(t, []string{"rescore dropped", "review met"}, step(casetest.Manager, m.Closure(conflict.Calmed), 1))
}

func TestAListTellsWhatItGainedAndLost(t *testing.T) {
	was := conflict.Case{Findings: &conflict.Findings{RecordAnalysis: conflict.RecordAnalysis{Topics: []conflict.Topic{"religion", "transnational"}, Actors: []conflict.Actor{{ID: "a1", Role: "partei"}}}}}
	is := was
	is.Findings = &conflict.Findings{RecordAnalysis: conflict.RecordAnalysis{
		Topics: []conflict.Topic{"transnational", "schule_kita"}, Actors: []conflict.Actor{{ID: "a1", Role: "partei"}, {ID: "a2", Role: "vermittler"}},
	}}
	require.Equal(t, []story.Change{
		{Path: "findings.topics", Label: story.Words{DE: "Themen", EN: "Topics"}, Before: story.Words{DE: "Religion", EN: "religion"}, After: story.Words{DE: "Schule und Kita", EN: "school and day care"}},
		{Path: "findings.actors", Label: story.Words{DE: "Beteiligte", EN: "Actors"}, After: story.Words{DE: "a2: vermittelnd", EN: "a2: mediating"}},
	}, story.Compare(conflict.Kind, was, is))
	require.Empty(t, story.Compare(conflict.Kind, is, is))
}

// A file begins with the calendar of its Land, which is not worth a word; that somebody moves it to another one is.
func TestACalendarIsToldWhenItChanges(t *testing.T) {
	m := &casetest.Maker{Salt: "calendar"}
	fresh := conflict.Case{ID: m.ID(), AGS: "05999001"}
	c, err := fresh.Decide(m.Signal(), casetest.Reporter, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.Equal(t, calendar.Calendar{Version: "2026-1", Land: "NW", Closes: "18:00"}, c.Calendar)
	begun := story.Tell(story.Step{Kind: conflict.Kind, Action: conflict.ActionReportSignal, Actor: casetest.Reporter, Before: fresh, After: c, Shown: everything})
	require.NotEmpty(t, begun.Changes)
	for _, change := range begun.Changes {
		require.NotContains(t, change.Path, "calendar")
	}
	moved := c
	moved.Calendar = calendar.Calendar{Version: "2027-2", Land: "BY", Closes: "16:30"}
	require.Equal(t, []story.Change{
		{Path: "calendar.version", Label: story.Words{DE: "Fassung des Kalenders", EN: "Version of the calendar"}, Before: story.Words{DE: "2026-1", EN: "2026-1"}, After: story.Words{DE: "2027-2", EN: "2027-2"}},
		{Path: "calendar.land", Label: story.Words{DE: "Feiertage", EN: "Holidays"}, Before: story.Words{DE: "Nordrhein-Westfalen", EN: "North Rhine-Westphalia"}, After: story.Words{DE: "Bayern", EN: "Bavaria"}},
		{Path: "calendar.closes", Label: story.Words{DE: "Ende des Arbeitstags", EN: "End of the working day"}, Before: story.Words{DE: "18:00", EN: "18:00"}, After: story.Words{DE: "16:30", EN: "16:30"}},
	}, story.Compare(conflict.Kind, c, moved))
}

func TestACohortReadsAsAPersonWouldTellIt(t *testing.T) {
	m := &trainingtest.Maker{Salt: "told/cohort"}
	plan := m.Plan(trainingtest.KoKo())
	first, second := m.ID(), m.ID()
	start := m.Begins()
	hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	c := cohort.Cohort{ID: m.ID()}
	var ls []line
	take := func(by string, at time.Time, cmd file.Command) {
		next := trainingtest.Walk(c, trainingtest.CohortStep{By: by, At: at, Command: cmd})
		ls = append(ls, tell(cohort.Kind, c, next, cmd.Action(), by))
		c = next
	}
	take(trainingtest.Coordinator, hour(0), plan)
	take(trainingtest.Coordinator, hour(1), m.Amend(c, func(a *cohort.AmendCohort) { a.Quota, a.Seats, a.Minimum = 1, 2, 1 }))
	take(file.System, hour(2), cohort.Join{Enrolment: first, AGS: trainingtest.Town, Since: hour(2)})
	take(file.System, hour(3), cohort.Join{Enrolment: second, AGS: trainingtest.Town, Since: hour(3)})
	take(trainingtest.Coordinator, hour(4), m.Reschedule(c.Dates[0], 24*time.Hour))
	take(trainingtest.Coordinator, hour(5), m.CancelDate("d3"))
	d, _ := file.NextDeadline(c)
	take(file.System, d.Over(), file.DeadlinePassed{Deadline: d})
	take(trainingtest.Trainer, trainingtest.SignedAt(c.Dates[0]), m.Sign("d1", trainingtest.All(c, c.Dates[0])...))
	take(file.System, trainingtest.SignedAt(c.Dates[0]).Add(time.Hour), cohort.Leave{Enrolment: second})
	take(trainingtest.Coordinator, trainingtest.SignedAt(c.Dates[0]).Add(2*time.Hour), m.Cancel())
	golden(t, "cohort", ls)
}
