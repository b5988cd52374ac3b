package advice_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/advice"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// The people of the tests, as the identity provider names them.
const (
	client      = "u-ratsuchend"
	local       = "u-lokal"
	external    = "u-extern"
	coordinator = "u-koordination"
	stranger    = "u-fremd"
)

// fresh is an advice that nobody has asked for yet.
var fresh = advice.Advice{ID: "4c0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90", AGS: "05999001"}

// at is a time of Berlin.
func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, calendar.Berlin)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// says is one document of a command.
func says(a file.Action, in file.Compartment, fields ...string) file.Docs {
	sum := sha256.Sum256([]byte(fmt.Sprint(a, in, fields)))
	return file.Docs{Docs: []file.Doc{{
		ID: "00000000-0000-4000-8000-" + hex.EncodeToString(sum[:6]), Action: a, Compartment: in, Digest: hex.EncodeToString(sum[:]), Fields: fields,
	}}}
}

func request(f advice.Form) advice.RequestAdvice {
	return advice.RequestAdvice{
		Form: f, Topic: "konfliktfall", Urgency: "bald", Origin: "ki", RelatedCase: "KK-2025/014", Docs: says(advice.ActionRequest, advice.File, "title", "concern"),
	}
}

func clarify(f advice.Form, on file.Date) advice.ClarifyAdvice {
	return advice.ClarifyAdvice{HeldOn: on, Form: f, Urgency: "bald", Docs: says(advice.ActionClarify, advice.File, "task")}
}

func goals() advice.SetGoals {
	return advice.SetGoals{Goals: []advice.Goal{{ID: "g1", Start: -2}, {ID: "g2"}}, Docs: says(advice.ActionSetGoals, advice.GoalsFile, "goals.g1.goal", "goals.g2.goal")}
}

func proposal(hours int) advice.ProposeAgreement {
	return advice.ProposeAgreement{
		Hours: hours, From: "2027-04-01", Until: "2027-09-30", Payer: "land",
		Told: []advice.Disclosed{{To: "auftraggeber", What: "stunden"}}, Docs: says(advice.ActionPropose, advice.File, "early_end"),
	}
}

func meeting(on file.Date, hours int) advice.RecordMeeting {
	return advice.RecordMeeting{HeldOn: on, Minutes: hours * 60, Present: 3, Setting: "vor_ort"}
}

func rate(v int) advice.RateGoals {
	return advice.RateGoals{Ratings: []advice.Rating{{Goal: "g1", Value: v}, {Goal: "g2", Value: v}}}
}

var (
	tandem      = advice.AssignAdvisers{Local: local, External: external}
	independent = advice.DeclareIndependence{Independent: true}
	note        = advice.NoteAdvice{Docs: says(advice.ActionNote, advice.AdvisersNotes, "note")}
	ownNote     = advice.NoteAsClient{Docs: says(advice.ActionNoteAsClient, advice.ClientNotes, "note")}
	closing     = advice.CloseAdvice{Outcome: "auftrag_erfuellt"}
	breakOff    = advice.BreakOffAdvice{Reason: "keine_rueckmeldung"}
	followUp    = advice.RecordFollowUp{HeldOn: "2027-08-16", Holds: "traegt"}
)

// A step is a command, who gives it and when.
type step struct {
	at  string
	by  string
	cmd file.Command
}

// way is the plain way of an advice of a form with 20 hours.
func way(f advice.Form) []step {
	return []step{
		{"2027-03-15 09:00", client, request(f)},
		{"2027-03-15 11:00", coordinator, advice.AnswerAdvice{TalkOn: "2027-03-17"}},
		{"2027-03-17 15:00", coordinator, clarify(f, "2027-03-17")},
		{"2027-03-18 09:00", coordinator, tandem},
		{"2027-03-18 10:00", local, independent},
		{"2027-03-18 11:00", external, independent},
		{"2027-03-19 09:00", client, goals()},
		{"2027-03-19 10:00", local, proposal(20)},
		{"2027-03-22 09:00", client, advice.AgreeAdvice{}},
		{"2027-04-06 17:00", external, meeting("2027-04-06", 2)},
		{"2027-04-07 17:00", local, advice.PauseAdvice{Reason: "urlaub", Until: "2027-04-19"}},
		{"2027-04-19 09:00", client, advice.ResumeAdvice{}},
		{"2027-05-14 09:00", client, rate(1)},
		{"2027-05-14 10:00", local, closing},
		{"2027-08-16 10:00", client, followUp},
	}
}

// decide carries out one command.
func decide(t *testing.T, a advice.Advice, when, by string, cmd file.Command) advice.Advice {
	t.Helper()
	next, err := advice.Spec.Decide(a, cmd, by, at(when))
	require.NoError(t, err, "%s by %s", cmd.Action(), by)
	return next
}

// refuse requires that a command is refused.
func refuse(t *testing.T, a advice.Advice, when, by string, cmd file.Command) *fault.Error {
	t.Helper()
	_, err := advice.Spec.Decide(a, cmd, by, at(when))
	f := fault.Of(err)
	require.NotNil(t, f, "%s by %s", cmd.Action(), by)
	require.NotEmpty(t, f.Rule)
	require.NotEmpty(t, f.Remedy)
	return f
}

// until walks the plain way up to, and with, the first action a.
func until(t *testing.T, f advice.Form, a file.Action) advice.Advice {
	t.Helper()
	s := fresh
	for _, w := range way(f) {
		s = decide(t, s, w.at, w.by, w.cmd)
		if w.cmd.Action() == a {
			return s
		}
	}
	require.Fail(t, "the plain way has no "+string(a))
	return s
}

// ties are the relations that somebody has.
func ties(a advice.Advice, who string) []file.Relation { return file.Held(a.Ties(), who) }

// notices are what somebody, or a role, was told by a step.
func notices(before, after advice.Advice, who string) (kinds []string) {
	for _, n := range after.Notices(before) {
		if slices.Contains(n.People, who) || slices.Contains(n.Roles, who) {
			kinds = append(kinds, n.Kind)
		}
	}
	return kinds
}

func TestThePlainWayLeadsThroughThePhases(t *testing.T) {
	var phases []advice.Phase
	s := fresh
	for i, w := range way("begleitung") {
		s = decide(t, s, w.at, w.by, w.cmd)
		require.Equal(t, i+1, s.Version)
		if len(phases) == 0 || phases[len(phases)-1] != s.Phase {
			phases = append(phases, s.Phase)
		}
	}
	require.Equal(t, []advice.Phase{
		advice.Received, advice.Cleared, advice.Agreed, advice.Running, advice.Resting, advice.Running, advice.Closed, advice.Asked,
	}, phases)
	require.Equal(t, client, s.Requester)
	require.Equal(t, "B-4C0E8A4E", s.Reference())
}

func TestWhatEndsARequestBeforeItsAgreement(t *testing.T) {
	for name, tc := range map[string]struct {
		by    string
		cmd   file.Command
		phase advice.Phase
	}{
		"the coordination declines": {coordinator, advice.DeclineAdvice{Reason: "keine_kapazitaet"}, advice.Rejected},
		"the coordination refers":   {coordinator, advice.ReferAdvice{To: "ki"}, advice.Passed},
		"the client withdraws":      {client, advice.WithdrawAdvice{Reason: "erledigt"}, advice.Withdrew},
	} {
		t.Run(name, func(t *testing.T) {
			for _, from := range []file.Action{advice.ActionRequest, advice.ActionPropose} {
				s := decide(t, until(t, "beratung", from), "2027-03-20 09:00", tc.by, tc.cmd)
				require.Equal(t, tc.phase, s.Phase)
				require.Contains(t, advice.Spec.Over, string(s.Phase))
				require.Equal(t, []string{"notes_kept 2027-09-20 23:59:59", "file_kept 2030-03-20 23:59:59"}, due(s), "words are kept for a while")
				require.NotContains(t, ties(s, local), advice.Advising)
				require.NotEmpty(t, notices(until(t, "beratung", from), s, map[bool]string{true: "advice_coordinator", false: client}[tc.by == client]))
			}
		})
	}
}

// Acceptance 2: at 16 of 20 hours both are told, at 20 a meeting is refused for want of hours, and an
// extension needs both.
func TestAContingentOfTwentyHours(t *testing.T) {
	s := until(t, "begleitung", advice.ActionAgree)
	for i := range 7 {
		next := decide(t, s, fmt.Sprintf("2027-04-%02d 18:00", i+10), local, meeting("2027-04-10", 2))
		require.NotContains(t, notices(s, next, client), "hours_80", "14 hours")
		s = next
	}
	told := decide(t, s, "2027-04-20 18:00", local, meeting("2027-04-20", 2))
	require.Equal(t, 16*60, told.Used())
	for _, who := range []string{client, local, external} {
		require.Contains(t, notices(s, told, who), "hours_80", who)
	}
	require.Equal(t, []string{"hours"}, refuse(t, told, "2027-04-21 18:00", local, meeting("2027-04-21", 5)).Missing, "17 to 21 hours")

	s = decide(t, told, "2027-04-21 18:00", external, meeting("2027-04-21", 4))
	require.Contains(t, notices(told, s, client), "hours_100")
	require.Contains(t, notices(told, s, external), "hours_100")
	require.NotContains(t, notices(told, s, client), "hours_80", "once")
	f := refuse(t, s, "2027-04-22 18:00", local, meeting("2027-04-22", 1))
	require.Equal(t, []any{fault.Gate, "hours", []string{"hours"}}, []any{f.Code, f.Rule, f.Missing})
	for _, o := range advice.Spec.Options(s, local) {
		if o.Action == advice.ActionMeet {
			require.NotNil(t, o.Closed, "the button says so beforehand")
			require.Equal(t, []string{"hours"}, o.Closed.Missing)
		}
	}

	more := advice.ExtendAgreement{Hours: 10, Until: "2027-12-31"}
	require.Equal(t, "party", refuse(t, s, "2027-04-22 19:00", coordinator, more).Rule)
	asked := decide(t, s, "2027-04-22 19:00", local, more)
	require.Equal(t, []string{"extension_proposed"}, notices(s, asked, client))
	refuse(t, asked, "2027-04-22 20:00", local, meeting("2027-04-22", 1))
	require.Equal(t, "four_eyes", refuse(t, asked, "2027-04-22 20:00", external, advice.AgreeExtension{}).Rule, "the other adviser is no other side")
	extended := decide(t, asked, "2027-04-23 09:00", client, advice.AgreeExtension{})
	require.Equal(t, []any{30, file.Date("2027-12-31")}, []any{extended.Agreement.Hours, extended.Agreement.Until})
	require.Equal(t, []any{20, file.Date("2027-09-30")}, []any{asked.Agreement.Hours, asked.Agreement.Until}, "the state before stays as it was")
	require.Nil(t, asked.Extensions[0].Agreed)
	require.Equal(t, "extension", refuse(t, extended, "2027-04-23 10:00", client, advice.AgreeExtension{}).Rule, "once")
	decide(t, extended, "2027-04-24 18:00", local, meeting("2027-04-22", 10))
}

// Acceptance 3: what an external adviser may do ends with the agreement.
func TestTheTiesOfAdvisersEndWithTheAgreement(t *testing.T) {
	named := until(t, "begleitung", advice.ActionAssign)
	running := until(t, "begleitung", advice.ActionMeet)
	for _, s := range []advice.Advice{named, running} {
		for _, who := range []string{local, external} {
			require.Subset(t, ties(s, who), []file.Relation{advice.Advising, advice.Advised})
		}
	}
	for name, cmd := range map[string]file.Command{"closed": closing, "broken off": breakOff} {
		t.Run(name, func(t *testing.T) {
			s := decide(t, running, "2027-05-14 10:00", client, cmd)
			require.ElementsMatch(t, []file.Relation{advice.Confided, advice.Existing, advice.HasAdvised}, ties(s, external), "nothing that opens anything")
			require.ElementsMatch(t, []file.Relation{advice.Confided, advice.Existing, advice.HasAdvised, advice.Advised}, ties(s, local))
			require.Contains(t, ties(s, client), advice.Requester)
			s = decide(t, s, "2027-06-15 00:00", file.System, file.DeadlinePassed{Deadline: s.Deadlines()[0]})
			require.NotContains(t, ties(s, local), advice.Advised)
		})
	}
}

// Acceptance 6: meetings can be entered for 30 days after the end, here to Monday 14 June, and are marked as late.
func TestMeetingsCanBeEnteredForThirtyDaysAfterTheEnd(t *testing.T) {
	s := until(t, "begleitung", advice.ActionClose) // on 2027-05-14 10:00
	late := decide(t, s, "2027-06-14 23:59", local, meeting("2027-05-14", 2))
	require.Equal(t, []bool{false, true}, []bool{late.Meetings[0].Late, late.Meetings[1].Late})
	require.Equal(t, advice.Closed, late.Phase)
	require.Equal(t, "order", refuse(t, s, "2027-06-01 10:00", local, meeting("2027-05-20", 1)).Rule, "it was over by then")
	require.Equal(t, "entries", refuse(t, s, "2027-06-15 00:00", local, meeting("2027-05-12", 2)).Rule, "also before the timer has noted it")
	require.Equal(t, "entries", refuse(t, s, "2027-06-15 00:00", local, note).Rule)
	require.Equal(t, "advised", refuse(t, s, "2027-05-15 10:00", external, meeting("2027-05-12", 2)).Rule)
	require.Equal(t, "hours", refuse(t, s, "2027-05-15 10:00", local, meeting("2027-05-12", 19)).Rule, "late meetings count, too")
	asked := decide(t, s, "2027-05-20 10:00", client, advice.RecordFollowUp{HeldOn: "2027-05-20", Holds: "traegt"})
	require.True(t, decide(t, asked, "2027-05-21 09:00", local, meeting("2027-05-10", 1)).Meetings[1].Late)
	over := decide(t, asked, "2027-06-15 00:00", file.System, file.DeadlinePassed{Deadline: asked.Deadlines()[0]})
	require.Equal(t, "entries", refuse(t, over, "2027-06-15 09:00", local, meeting("2027-05-10", 1)).Rule)
	require.Equal(t, []string{"notes_kept 2027-11-15 23:59:59", "file_kept 2030-05-14 23:59:59"}, due(over), "words are kept for a while")
}

func TestWhoeverAdvisesDoesNotRate(t *testing.T) {
	cleared := until(t, "beratung", advice.ActionDeclareIndependence)
	running := until(t, "beratung", advice.ActionMeet)
	ended := until(t, "beratung", advice.ActionClose)
	for name, tc := range map[string]struct {
		in   advice.Advice
		by   string
		cmd  file.Command
		rule string
	}{
		"an adviser sets goals":                      {cleared, local, goals(), "four_eyes"},
		"an adviser rates":                           {running, external, rate(2), "four_eyes"},
		"an adviser rates after the end":             {ended, local, rate(2), "four_eyes"},
		"the coordination rates":                     {running, coordinator, rate(2), "own_advice"},
		"an adviser says how it holds":               {ended, local, followUp, "four_eyes"},
		"the client is named as local adviser":       {cleared, coordinator, advice.AssignAdvisers{Local: client}, "four_eyes"},
		"the client is named as external adviser":    {cleared, coordinator, advice.AssignAdvisers{Local: local, External: client}, "four_eyes"},
		"a coordinator names advisers for herself":   {cleared, client, tandem, "four_eyes"},
		"a coordinator answers her own request":      {until(t, "beratung", advice.ActionRequest), client, advice.AnswerAdvice{}, "four_eyes"},
		"a coordinator clarifies her own request":    {until(t, "beratung", advice.ActionRequest), client, clarify("beratung", "2027-03-15"), "four_eyes"},
		"a coordinator refers her own request":       {cleared, client, advice.ReferAdvice{To: "ki"}, "four_eyes"},
		"a coordinator declines her own request":     {cleared, client, advice.DeclineAdvice{Reason: "doppelt"}, "four_eyes"},
		"somebody else withdraws":                    {cleared, local, advice.WithdrawAdvice{Reason: "erledigt"}, "own_advice"},
		"somebody else declares independence":        {cleared, stranger, independent, "advising"},
		"the client records a meeting":               {running, client, meeting("2027-04-06", 1), "advised"},
		"the client writes into the advisers' notes": {running, client, note, "advised"},
		"an adviser writes into the client's notes":  {running, local, ownNote, "own_advice"},
		"a stranger closes":                          {running, stranger, closing, "party"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.rule, refuse(t, tc.in, "2027-08-20 12:00", tc.by, tc.cmd).Rule)
		})
	}
}

// The agreement waits for advisers, goals and independence, and comes from both sides.
func TestAnAgreementNeedsBothSidesAndIndependentAdvisers(t *testing.T) {
	const now = "2027-03-20 09:00"
	s := until(t, "beratung", advice.ActionClarify)
	require.Equal(t, []string{"advisers", "goals"}, refuse(t, s, now, client, proposal(20)).Missing)
	s = decide(t, s, now, coordinator, tandem)
	require.Equal(t, []string{"goals"}, refuse(t, s, now, client, proposal(20)).Missing)
	s = decide(t, s, now, client, goals())
	require.Equal(t, []string{"independence"}, refuse(t, s, now, local, proposal(20)).Missing, "not declared yet")
	require.Equal(t, []string{"proposal"}, refuse(t, s, now, client, advice.AgreeAdvice{}).Missing)
	s = decide(t, s, now, client, proposal(20))
	require.Equal(t, "four_eyes", refuse(t, s, now, client, advice.AgreeAdvice{}).Rule)
	require.Equal(t, []string{"local", "external"}, refuse(t, s, now, local, advice.AgreeAdvice{}).Missing)
	s = decide(t, s, now, local, independent)
	require.Equal(t, []string{"external"}, refuse(t, s, now, local, advice.AgreeAdvice{}).Missing)

	partial := decide(t, s, now, external, advice.DeclareIndependence{})
	require.Contains(t, notices(s, partial, "advice_coordinator"), "adviser_not_independent")
	require.Nil(t, partial.Proposal)
	alone := decide(t, partial, now, coordinator, advice.AssignAdvisers{Local: local})
	require.Equal(t, ties(alone, stranger), ties(alone, external), "whoever is not named any more has only what everybody has")
	alone = decide(t, alone, now, client, proposal(20))
	require.Equal(t, advice.Agreed, decide(t, alone, now, local, advice.AgreeAdvice{}).Phase, "who stays has declared already")

	s = decide(t, s, now, external, independent)
	renewed := decide(t, s, now, client, goals())
	require.Nil(t, renewed.Proposal, "what was proposed was proposed for other goals")
	agreed := decide(t, s, now, external, advice.AgreeAdvice{})
	require.Equal(t, []any{client, external}, []any{agreed.Agreement.ProposedBy, agreed.Agreement.By})
	require.Equal(t, "future", refuse(t, s, "2027-10-01 00:00", external, advice.AgreeAdvice{}).Rule, "the period is over")
}

// Acceptance 4, as far as it is of the domain: of coaching and supervision nobody learns.
func TestOnlyWhatMayBeKnownTiesEverybody(t *testing.T) {
	for _, f := range file.Values[advice.Form]() {
		discreet := f == advice.Coaching || f == advice.Supervision
		s := fresh
		for _, w := range way(f) {
			s = decide(t, s, w.at, w.by, w.cmd)
			require.Equal(t, !discreet, slices.Contains(ties(s, stranger), advice.Existing), "%s after %s", f, w.cmd.Action())
		}
	}
	asked := until(t, advice.Coaching, advice.ActionRequest)
	require.Equal(t, "discreet", refuse(t, asked, "2027-03-16 09:00", coordinator, clarify("beratung", "2027-03-16")).Rule, "what was asked in confidence does not come to light")
	decide(t, asked, "2027-03-16 09:00", coordinator, clarify(advice.Supervision, "2027-03-16"))
	hidden := decide(t, until(t, "beratung", advice.ActionRequest), "2027-03-16 09:00", coordinator, clarify(advice.Coaching, "2027-03-16"))
	require.NotContains(t, ties(hidden, stranger), advice.Existing)
}

func TestEachLensShowsWhatItsReadersMaySee(t *testing.T) {
	s := until(t, "begleitung", advice.ActionFollowUp)
	c := s.Course()
	require.Nil(t, c.Goals)
	require.Nil(t, c.Ratings)
	require.Equal(t, s.Meetings, c.Meetings)
	require.Equal(t, advice.Advice{ID: s.ID, AGS: s.AGS, Version: s.Version, Phase: s.Phase, Form: s.Form, Opened: s.Opened, Changed: s.Changed}, s.Existence())
	noted := decide(t, s, "2027-08-17 09:00", client, ownNote)
	noted.Version, noted.Changed = s.Version, s.Changed
	require.Equal(t, s, noted, "a note leaves no trace in the state")
}
