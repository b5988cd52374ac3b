package work_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/work"
)

// due is what is expected: kind and time, in Berlin.
func due(w work.Work) (ds []string) {
	for _, d := range w.Deadlines() {
		ds = append(ds, d.Kind+" "+clock(d.Due))
	}
	return ds
}

// clock is a time as people in Berlin read it.
func clock(t time.Time) string { return t.In(calendar.Berlin).Format(time.DateTime) }

// pass lets the next deadline pass when it is due.
func pass(t *testing.T, w work.Work) work.Work {
	t.Helper()
	d, ok := file.NextDeadline(w)
	require.True(t, ok)
	next, err := work.Spec.Decide(w, file.DeadlinePassed{Deadline: d}, file.System, d.Over())
	require.NoError(t, err)
	return next
}

// passAll lets deadlines pass until, and with, the one of a kind.
func passAll(t *testing.T, w work.Work, kind string) work.Work {
	t.Helper()
	for {
		d, ok := file.NextDeadline(w)
		require.True(t, ok, kind)
		if w = pass(t, w); d.Kind == kind {
			return w
		}
	}
}

// gone lists the compartments whose words are destroyed.
func gone(w work.Work) (cs []file.Compartment) {
	for _, d := range w.Destroyed {
		cs = append(cs, d.Compartment)
	}
	return cs
}

func TestEachPhaseHasItsTimeLimits(t *testing.T) {
	want := map[file.Action][]string{
		work.ActionBegin:             {"acceptance 2027-03-22 18:00:00"},
		work.ActionAccept:            {"acceptance 2027-03-22 18:00:00", "conditions 2027-04-15 18:00:00", "review 2027-04-26 23:59:59"},
		work.ActionConfirmConditions: {"review 2027-04-26 23:59:59"},
		work.ActionAdmit:             {"review 2027-04-26 23:59:59", "admission 2027-05-31 23:59:59"},
		work.ActionAnswerReview:      {"admission 2027-05-31 23:59:59", "review 2027-06-07 23:59:59"},
		work.ActionAgreement:         {"admission 2027-05-31 23:59:59", "clause 2027-06-30 23:59:59", "review 2027-07-19 23:59:59", "clause 2027-09-30 23:59:59"},
		work.ActionFulfil:            {"admission 2027-05-31 23:59:59", "review 2027-07-19 23:59:59", "clause 2027-09-30 23:59:59"},
		work.ActionEnd:               {"entries 2027-06-14 23:59:59", "work_notes_kept 2027-08-16 23:59:59", "clause 2027-09-30 23:59:59", "work_agreement_kept 2033-09-30 23:59:59"},
	}
	for a, ds := range want {
		require.Equal(t, ds, due(until(t, a)), a)
	}
}

func TestTheWorkIsTakenUpInFiveWorkingDays(t *testing.T) {
	for handed, want := range map[string]string{
		"2027-03-15 09:00": "2027-03-22 18:00:00", // Monday
		"2027-03-19 17:30": "2027-03-30 18:00:00", // Friday before Holy Week
		"2027-03-25 10:00": "2027-04-05 18:00:00", // Thursday before Easter
		"2027-05-15 00:30": "2027-05-24 18:00:00", // Saturday in Berlin, Friday in UTC; Whit Monday follows
		"2027-12-30 09:00": "2028-01-06 18:00:00", // Thursday before New Year's Day, which is a Saturday
	} {
		require.Equal(t, []string{"acceptance " + want}, due(decide(t, fresh, handed, file.System, begin(lead))), handed)
	}
}

// What is fixed is not moved by a Sunday or a holiday; what is counted is.
func TestDaysThatWereAgreedOnStayWhereTheyAre(t *testing.T) {
	s := until(t, work.ActionRecordInterim)
	s = decide(t, s, "2027-04-09 09:00", lead, admit(interpreter, "sprachmittlung", "2027-05-01")) // a Saturday and a holiday
	s = decide(t, s, "2027-04-09 10:00", lead, clauses("2027-05-09"))                              // a Sunday
	require.Equal(t, []string{"review 2027-04-26 23:59:59", "admission 2027-05-01 23:59:59", "clause 2027-05-09 23:59:59"}, due(s))
	handed := decide(t, fresh, "2027-04-05 09:00", file.System, begin(lead))
	handed = decide(t, handed, "2027-04-06 09:00", lead, accept)
	require.Contains(t, due(handed), "review 2027-05-18 23:59:59", "six weeks from Monday 5 April is Whit Monday")
}

// The rhythm of reviews is that of the case: it does not move with the work.
func TestAReviewIsDueEverySixWeeksAfterTheHandOver(t *testing.T) {
	s := until(t, work.ActionConfirmConditions)
	const first, second = "review 2027-04-26 23:59:59", "review 2027-06-07 23:59:59"
	const third, fourth = "review 2027-07-19 23:59:59", "review 2027-08-30 23:59:59"
	require.Equal(t, []string{first}, due(s))
	early := decide(t, s, "2027-04-02 09:00", lead, goesOn)
	require.Equal(t, []string{second}, due(early), "an answer before the day is one")
	require.Equal(t, []string{second}, due(decide(t, early, "2027-04-26 23:59", lead, goesOn)), "and a second one is none")
	require.Equal(t, []string{third}, due(decide(t, early, "2027-04-27 00:00", lead, goesOn)), "then it is the turn of the next")

	missed := pass(t, s)
	require.Equal(t, []string{"missed_review"}, notices(s, missed, lead))
	require.Equal(t, work.Running, missed.Phase)
	require.Equal(t, []string{second}, due(decide(t, missed, "2027-05-20 09:00", lead, goesOn)), "a late answer is to the review that was due")
	require.Equal(t, []string{third}, due(decide(t, missed, "2027-06-20 09:00", lead, rests)), "one answer is enough for all that were due")
	require.Equal(t, []string{fourth}, due(decide(t, decide(t, missed, "2027-06-20 09:00", lead, rests), "2027-06-20 10:00", lead, goesOn)))
}

func TestAnAnswerHasTheWorkRestOrGoOn(t *testing.T) {
	s := until(t, work.ActionConfirmConditions)
	require.Equal(t, work.Running, decide(t, s, "2027-04-26 09:00", lead, goesOn).Phase)
	resting := decide(t, s, "2027-04-26 09:00", lead, rests)
	require.Equal(t, work.Resting, resting.Phase)
	require.Equal(t, work.Resting, decide(t, resting, "2027-04-27 09:00", lead, rests).Phase)
	require.Equal(t, work.Running, decide(t, resting, "2027-04-27 09:00", lead, goesOn).Phase)
	preparing := until(t, work.ActionAccept)
	answered := decide(t, preparing, "2027-04-26 09:00", lead, rests)
	require.Equal(t, work.Preparation, answered.Phase, "what has not begun does not rest")
	require.Len(t, messages(preparing, answered), 1)
}

func TestMissedConditionsAreAskedForAndChangeNothing(t *testing.T) {
	s := until(t, work.ActionChooseForm)
	missed := pass(t, s)
	require.Equal(t, "2027-04-15 18:00:00", clock(missed.Changed))
	for _, who := range []string{lead, second} {
		require.Equal(t, []string{"missed_conditions"}, notices(s, missed, who))
	}
	require.Equal(t, work.Preparation, missed.Phase)
	require.Empty(t, messages(s, missed), "the case does not hear of it")
	s = until(t, work.ActionConfirmConditions)
	s = decide(t, s, "2027-04-05 09:00", lead, form("runder_tisch"))
	require.Equal(t, []string{"review 2027-04-26 23:59:59", "conditions 2027-05-03 18:00:00"}, due(s), "those of another form, 20 working days after it was chosen")
}

func TestAClauseIsLookedAtWhenItIsDue(t *testing.T) {
	s := passAll(t, until(t, work.ActionEnd), "entries")
	s = passAll(t, s, "work_notes_kept")
	missed := pass(t, s)
	require.Equal(t, "2027-10-01 00:00:00", clock(missed.Changed))
	for _, who := range []string{lead, second} {
		require.Equal(t, []string{"missed_clause"}, notices(s, missed, who))
	}
	require.Empty(t, decide(t, missed, "2027-10-04 09:00", second, work.FulfilClause{Clause: "c2"}).Passed)
}

func TestNotesAreDestroyedThreeMonthsAfterTheEnd(t *testing.T) {
	for name, s := range map[string]work.Work{
		"ended":     until(t, work.ActionEnd),
		"withdrawn": decide(t, until(t, work.ActionRecordInterim), "2027-05-14 10:00", file.System, work.WithdrawWork{}),
	} {
		over := passAll(t, s, "work_notes_kept")
		require.Equal(t, []file.Compartment{work.Notes}, gone(over)[:1], name)
		require.Equal(t, "2027-08-17 00:00:00", clock(over.Destroyed[0].At), "14 August 2027 is a Saturday: %s", name)
	}
	over := passAll(t, until(t, work.ActionEnd), "work_notes_kept")
	f := refuse(t, over, "2027-08-17 09:00", lead, note)
	require.Equal(t, []any{fault.Gate, "retention"}, []any{f.Code, f.Rule})
	decide(t, over, "2027-08-17 09:00", lead, disclosure)
}

func TestAnAgreementIsKeptUntilItIsFulfilledAndThreeYearsMore(t *testing.T) {
	s := until(t, work.ActionEnd)
	fulfilled := decide(t, s, "2027-09-01 09:00", lead, work.FulfilClause{Clause: "c2"})
	require.Contains(t, due(fulfilled), "work_agreement_kept 2030-09-02 23:59:59", "1 September 2030 is a Sunday")
	require.Contains(t, due(s), "work_agreement_kept 2033-09-30 23:59:59", "a claim that nobody notes as settled lapses three years after it was due")
	told := decide(t, fulfilled, "2028-01-10 09:00", lead, disclosure)
	require.Contains(t, due(told), "work_agreement_kept 2031-01-10 23:59:59", "a disclosure can be accounted for")

	notes := passAll(t, fulfilled, "work_notes_kept")
	require.Equal(t, work.Ended, notes.Phase)
	all := passAll(t, notes, "work_agreement_kept")
	require.Equal(t, []file.Compartment{work.Notes, work.Briefing, work.Contract}, gone(all))
	require.Equal(t, work.Expired, all.Phase)
	_, more := file.NextDeadline(all)
	require.False(t, more)
	require.Contains(t, ties(all, lead), work.Facilitating)
	for _, o := range work.Spec.Options(all, lead) {
		require.NotNil(t, o.Closed, o.Action)
	}
}

// Without an agreement nothing is kept for longer than the notes.
func TestWhatCameToNothingExpiresAfterThreeMonths(t *testing.T) {
	for name, s := range map[string]work.Work{
		"declined":  pass(t, until(t, work.ActionBegin)),
		"withdrawn": decide(t, until(t, work.ActionAccept), "2027-03-22 09:00", file.System, work.WithdrawWork{}),
		"ended":     decide(t, until(t, work.ActionChooseForm), "2027-03-22 09:00", lead, ending("gegenstandslos", "2027-03-22")),
	} {
		s = passAll(t, s, "work_agreement_kept")
		require.Equal(t, []any{work.Expired, "2027-06-23 00:00:00"}, []any{s.Phase, clock(s.Changed)}, name)
		require.Empty(t, s.Deadlines(), name)
	}
}

func TestNothingIsDestroyedWhileTheWorkGoesOn(t *testing.T) {
	for _, st := range way("coaching") {
		if st.cmd.Action() == work.ActionEnd {
			continue
		}
		for _, d := range until(t, st.cmd.Action()).Deadlines() {
			require.NotContains(t, d.Kind, "_kept", st.cmd.Action())
		}
	}
}
