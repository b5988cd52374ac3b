package advice_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/advice"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// kept is when words are destroyed, as far as it is known.
func kept(a advice.Advice) (ds []string) {
	for _, d := range a.Deadlines() {
		if d.Kind == "notes_kept" || d.Kind == "file_kept" {
			ds = append(ds, clock(d.Due))
		}
	}
	return ds
}

// gone lists the compartments whose words are destroyed.
func gone(a advice.Advice) (cs []file.Compartment) {
	for _, d := range a.Destroyed {
		cs = append(cs, d.Compartment)
	}
	return cs
}

// passAll lets deadlines pass until, and with, the one of a kind.
func passAll(t *testing.T, a advice.Advice, kind string) advice.Advice {
	t.Helper()
	for {
		d, ok := file.NextDeadline(a)
		require.True(t, ok, kind)
		if a = pass(t, a); d.Kind == kind {
			return a
		}
	}
}

func TestHowLongWordsAreKept(t *testing.T) {
	half := []string{"2027-11-15 23:59:59", "2030-05-14 23:59:59"}    // 14 November 2027 is a Sunday
	quarter := []string{"2027-08-16 23:59:59", "2030-05-14 23:59:59"} // 14 August 2027 is a Saturday
	for form, want := range map[advice.Form][]string{"beratung": half, "begleitung": half, "fachinput": half, advice.Coaching: quarter, advice.Supervision: quarter} {
		require.Equal(t, want, kept(decide(t, until(t, form, advice.ActionMeet), "2027-05-14 10:00", client, closing)), form)
		require.Equal(t, want, kept(decide(t, until(t, form, advice.ActionAgree), "2027-05-14 10:00", local, breakOff)), form)
	}
	for asked, want := range map[string][]string{ // the 31st of a month without one is its last day
		"2027-08-31 10:00": {"2028-02-29 23:59:59", "2030-09-02 23:59:59"}, "2027-05-31 23:59": {"2027-11-30 23:59:59", "2030-05-31 23:59:59"},
	} {
		require.Equal(t, want, kept(decide(t, until(t, "beratung", advice.ActionMeet), asked, client, closing)), asked)
	}
}

// Until it has ended, in whatever way, nobody knows when words are destroyed.
func TestWordsAreKeptWhileAnAdviceGoesOn(t *testing.T) {
	for _, s := range way("coaching") {
		a := until(t, "coaching", s.cmd.Action())
		if a.Ended == nil {
			require.Empty(t, kept(a), s.cmd.Action())
		}
	}
	paused := until(t, "coaching", advice.ActionPause)
	require.Empty(t, kept(pass(t, paused)), "a rest that was to be over")
	closed := decide(t, paused, "2027-05-14 10:00", client, closing)
	require.Equal(t, []string{"2027-08-16 23:59:59", "2030-05-14 23:59:59"}, kept(closed), "from the end on, not from the beginning of the rest")
}

func TestWordsOfWhatCameToNothingAreKeptAsLong(t *testing.T) {
	for form, want := range map[advice.Form]string{"beratung": "2027-09-20 23:59:59", advice.Supervision: "2027-06-21 23:59:59"} {
		for _, from := range []file.Action{advice.ActionRequest, advice.ActionPropose} {
			a := until(t, form, from)
			for by, cmd := range map[string]file.Command{
				coordinator: advice.DeclineAdvice{Reason: "keine_kapazitaet"}, client: advice.WithdrawAdvice{Reason: "erledigt"}, "refers": advice.ReferAdvice{To: "ki"},
			} {
				require.Equal(t, []string{want, "2030-03-20 23:59:59"}, kept(decide(t, a, "2027-03-20 09:00", by, cmd)), "%s %T", form, cmd)
			}
		}
	}
	lapsed := pass(t, until(t, advice.Coaching, advice.ActionPropose))
	require.Equal(t, advice.Lapsed, lapsed.Phase)
	require.Equal(t, []string{"2027-07-16 23:59:59", "2030-04-16 23:59:59"}, kept(lapsed))
	noted := decide(t, lapsed, "2027-05-01 09:00", client, ownNote)
	require.Equal(t, kept(lapsed), kept(noted), "a later note does not prolong it")
	over := passAll(t, until(t, "coaching", advice.ActionMeet), "period")
	require.Equal(t, []string{"2027-12-30 23:59:59", "2030-09-30 23:59:59"}, kept(over), "the end of the period is an end")
}

func TestNothingIsWrittenWhereWordsWereDestroyed(t *testing.T) {
	s := until(t, "beratung", advice.ActionClose)
	before := passAll(t, s, "follow_up")
	require.Empty(t, gone(before))
	decide(t, before, "2027-11-01 09:00", client, ownNote)

	notes := passAll(t, before, "notes_kept")
	require.Equal(t, []file.Compartment{advice.AdvisersNotes, advice.ClientNotes}, gone(notes))
	require.Equal(t, calendar.On(2027, time.November, 16).Begins(), notes.Destroyed[0].At)
	require.Equal(t, []string{"2030-05-14 23:59:59"}, kept(notes), "once")
	f := refuse(t, notes, "2027-11-16 09:00", client, ownNote)
	require.Equal(t, []any{fault.Gate, "retention"}, []any{f.Code, f.Rule})
	require.NotEmpty(t, f.Remedy)
	for _, o := range advice.Spec.Options(notes, client) {
		if o.Action == advice.ActionNoteAsClient {
			require.Equal(t, f, o.Closed, "the button says so beforehand")
		}
	}
	told := followUp
	told.Docs = says(advice.ActionFollowUp, advice.File, "note")
	asked := decide(t, notes, "2027-11-16 09:00", client, told)
	require.Equal(t, advice.Asked, asked.Phase, "other words are still taken")

	all := passAll(t, notes, "file_kept")
	require.Equal(t, []file.Compartment{advice.AdvisersNotes, advice.ClientNotes, advice.File, advice.GoalsFile}, gone(all))
	require.Empty(t, kept(all))
	require.Equal(t, "retention", refuse(t, all, "2030-05-15 09:00", client, told).Rule)
	require.Equal(t, advice.Asked, decide(t, all, "2030-05-15 09:00", client, followUp).Phase, "facts are still taken")
	_, more := file.NextDeadline(all)
	require.False(t, more)
	require.Equal(t, []file.Compartment{advice.AdvisersNotes, advice.ClientNotes}, gone(notes), "the state before stays as it was")
}

// That something was destroyed says nothing about whether anybody had written anything.
func TestDestructionTellsNothingOfWhatThereWas(t *testing.T) {
	silent := decide(t, until(t, "beratung", advice.ActionRequest), "2027-03-20 09:00", client, advice.WithdrawAdvice{Reason: "erledigt"})
	require.Equal(t, []file.Compartment{advice.AdvisersNotes, advice.ClientNotes}, gone(passAll(t, silent, "notes_kept")))
	require.Empty(t, notices(silent, passAll(t, silent, "notes_kept"), client))
	require.Empty(t, passAll(t, silent, "notes_kept").Existence().Destroyed)
}
