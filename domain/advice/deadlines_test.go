package advice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/advice"
	"koko/domain/calendar"
	"koko/domain/file"
)

// due is what is expected: kind and time, in Berlin.
func due(a advice.Advice) (ds []string) {
	for _, d := range a.Deadlines() {
		ds = append(ds, d.Kind+" "+clock(d.Due))
	}
	return ds
}

// clock is a time as people in Berlin read it.
func clock(t time.Time) string { return t.In(calendar.Berlin).Format(time.DateTime) }

// pass lets the next deadline pass when it is due.
func pass(t *testing.T, a advice.Advice) advice.Advice {
	t.Helper()
	d, ok := file.NextDeadline(a)
	require.True(t, ok)
	next, err := advice.Spec.Decide(a, file.DeadlinePassed{Deadline: d}, file.System, d.Over())
	require.NoError(t, err)
	return next
}

// Acceptance 1: Good Friday and Easter Monday are no working days, and a limit in working days ends at six.
func TestTheFirstAnswerIsDueInThreeWorkingDays(t *testing.T) {
	for asked, want := range map[string][]string{
		"2027-03-25 10:00": {"answer 2027-04-01 18:00:00", "talk 2027-04-12 18:00:00"}, // Thursday before Easter
		"2027-03-15 09:00": {"answer 2027-03-18 18:00:00", "talk 2027-03-31 18:00:00"}, // Monday
		"2027-03-19 17:30": {"answer 2027-03-24 18:00:00", "talk 2027-04-06 18:00:00"}, // Friday
		"2027-03-20 12:00": {"answer 2027-03-24 18:00:00", "talk 2027-04-06 18:00:00"}, // Saturday
		"2027-03-20 00:30": {"answer 2027-03-24 18:00:00", "talk 2027-04-06 18:00:00"}, // Saturday in Berlin, Friday in UTC
	} {
		require.Equal(t, want, due(decide(t, fresh, asked, client, request("beratung"))), asked)
	}
}

func TestEachPhaseHasItsTimeLimits(t *testing.T) {
	want := map[file.Action][]string{
		advice.ActionAnswer:   {"talk 2027-03-31 18:00:00"},
		advice.ActionClarify:  {"agreement 2027-04-16 18:00:00"},
		advice.ActionPropose:  {"agreement 2027-04-16 18:00:00"},
		advice.ActionAgree:    {"silence 2027-05-13 23:59:59", "period_soon 2027-09-16 23:59:59", "period 2027-09-30 23:59:59"},
		advice.ActionMeet:     {"silence 2027-05-18 23:59:59", "period_soon 2027-09-16 23:59:59", "period 2027-09-30 23:59:59"},
		advice.ActionPause:    {"resume 2027-04-19 23:59:59", "period_soon 2027-09-16 23:59:59", "period 2027-09-30 23:59:59"},
		advice.ActionResume:   {"silence 2027-05-31 23:59:59", "period_soon 2027-09-16 23:59:59", "period 2027-09-30 23:59:59"},
		advice.ActionClose:    {"entries 2027-06-14 23:59:59", "follow_up 2027-08-16 23:59:59", "notes_kept 2027-11-15 23:59:59", "file_kept 2030-05-14 23:59:59"},
		advice.ActionFollowUp: {"entries 2027-06-14 23:59:59", "notes_kept 2027-11-15 23:59:59", "file_kept 2030-05-14 23:59:59"},
	}
	for a, ds := range want {
		require.Equal(t, ds, due(until(t, "beratung", a)), a)
	}
}

func TestAMissedAnswerTellsTheCoordination(t *testing.T) {
	s := until(t, "beratung", advice.ActionRequest)
	late := pass(t, s)
	require.Equal(t, []string{"missed_answer"}, notices(s, late, "advice_coordinator"))
	require.Empty(t, notices(s, late, client))
	talk := pass(t, late)
	require.Equal(t, []string{"missed_talk"}, notices(late, talk, "advice_coordinator"))
}

func TestWithoutAnAgreementTheRequestLapses(t *testing.T) {
	s := until(t, "beratung", advice.ActionPropose)
	lapsed := pass(t, s)
	require.Equal(t, advice.Lapsed, lapsed.Phase)
	require.Nil(t, lapsed.Proposal)
	require.Equal(t, []string{"notes_kept 2027-10-18 23:59:59", "file_kept 2030-04-16 23:59:59"}, due(lapsed), "words are kept for a while")
	for _, who := range []string{client, local, external, "advice_coordinator"} {
		require.Equal(t, []string{"advice_lapsed"}, notices(s, lapsed, who), who)
	}
	require.NotContains(t, ties(lapsed, external), advice.Advising)
}

func TestAfterSixWeeksOfSilenceBothAreAsked(t *testing.T) {
	s := until(t, "beratung", advice.ActionMeet)
	quiet := pass(t, s)
	require.Equal(t, "2027-05-19 00:00:00", clock(quiet.Changed))
	for _, who := range []string{client, local, external} {
		require.Equal(t, []string{"missed_silence"}, notices(s, quiet, who), who)
	}
	require.Equal(t, advice.Running, quiet.Phase)
	require.Len(t, quiet.Passed, 1)
	noted := decide(t, quiet, "2027-05-19 09:00", local, note)
	require.Len(t, noted.Passed, 1, "nobody learns of a note, so it breaks no silence")
	require.Empty(t, decide(t, quiet, "2027-05-19 09:00", local, meeting("2027-05-19", 1)).Passed, "a meeting does")
}

func TestTheEndOfTheAgreedPeriodEndsTheAdvice(t *testing.T) {
	for _, from := range []file.Action{advice.ActionAgree, advice.ActionMeet, advice.ActionPause} {
		s := pass(t, until(t, "coaching", from)) // silence, or the end of the rest
		soon := pass(t, s)
		require.Equal(t, []string{"missed_period_soon"}, notices(s, soon, client), from)
		over := pass(t, soon)
		require.Equal(t, []any{advice.Closed, advice.PeriodOver, file.System}, []any{over.Phase, over.Ended.Outcome, over.Ended.By})
		for _, who := range []string{client, local, external, "advice_coordinator"} {
			require.Equal(t, []string{"advice_period_over"}, notices(soon, over, who), who)
		}
		require.NotContains(t, ties(over, external), advice.Advised)
		require.Contains(t, ties(over, local), advice.Advised)
	}
}

func TestAfterThreeMonthsSomebodyAsksHowItHolds(t *testing.T) {
	s := pass(t, until(t, "beratung", advice.ActionClose)) // no entries any more
	asked := pass(t, s)
	require.Equal(t, []string{"missed_follow_up"}, notices(s, asked, client))
	require.Equal(t, []string{"missed_follow_up"}, notices(s, asked, "advice_coordinator"))
	require.Empty(t, notices(s, asked, local), "it is not for those who advised")
	for _, by := range []string{client, coordinator} {
		require.Equal(t, advice.Asked, decide(t, asked, "2027-08-20 09:00", by, followUp).Phase)
	}
}
