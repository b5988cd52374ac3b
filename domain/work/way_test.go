package work_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/work"
	"koko/domain/working"
)

// The people of the tests, as the identity provider names them.
const (
	lead         = "u-leitung"
	second       = "u-zweite"
	commissioner = "u-auftrag"
	analyst      = "u-analyse"
	interpreter  = "u-sprachmittlung"
	stranger     = "u-fremd"
)

const caseID = "6f9d2c1a-3b5e-4d7f-8a90-1b2c3d4e5f60"

// fresh is a working file that was not begun yet.
var fresh = work.Work{ID: "4c0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90", AGS: "05999001"}

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

func begin(facilitators ...string) work.BeginWork {
	return work.BeginWork{
		Case: caseID, Facilitators: facilitators, Commissioner: commissioner, Involved: []string{analyst}, Stage: 5,
		Docs: says(work.ActionBegin, work.Briefing, "briefing"),
	}
}

func session(on file.Date) work.RecordWorkSession {
	return work.RecordWorkSession{HeldOn: on, Participants: 6, Docs: says(work.ActionRecordSession, work.Notes, "content")}
}

func talk(on file.Date) work.RecordWorkSession {
	s := session(on)
	s.Preliminary = true
	return s
}

func conditions(on file.Date) work.ConfirmWorkConditions {
	return work.ConfirmWorkConditions{Voluntary: true, Confidential: true, Independent: true, ConfirmedOn: on}
}

// clauses is an agreement whose clauses are due on some days: c1, c2, …
func clauses(due ...file.Date) work.RecordAgreement {
	var r work.RecordAgreement
	var fields []string
	for i, d := range due {
		id := fmt.Sprint("c", i+1)
		r.Clauses = append(r.Clauses, work.Clause{ID: id, Due: d})
		fields = append(fields, "clauses."+id+".who", "clauses."+id+".what")
	}
	r.Docs = says(work.ActionAgreement, work.Contract, fields...)
	return r
}

func form(f work.Form) work.ChooseForm {
	return work.ChooseForm{Form: f, Recommended: work.DefaultInterventions().For(f)}
}

func admit(who string, g work.AdmissionGround, until file.Date) work.Admit {
	return work.Admit{Subject: who, Ground: g, Until: until}
}

func ending(o work.Outcome, on file.Date) work.EndWork {
	return work.EndWork{Outcome: o, ConcludedOn: on, StageAfter: 2, Factors: []work.Factor{"klare_regeln"}}
}

var (
	accept      = work.AcceptWork{}
	decline     = work.DeclineWork{}
	leave       = work.LeaveWork{}
	independent = work.DeclareWorkIndependence{Independent: true}
	partial     = work.DeclareWorkIndependence{Docs: says(work.ActionDeclareIndependence, work.Notes, "circumstances")}
	agreedTo    = work.DeclareWorkIndependence{Consented: true, Docs: says(work.ActionDeclareIndependence, work.Notes, "circumstances")}
	note        = work.NoteWork{Docs: says(work.ActionNote, work.Notes, "note")}
	attachment  = work.AttachToWork{MediaType: "text/plain", Size: 7, Docs: says(work.ActionAttach, work.Notes, "title", "media_type", "content")}
	interim     = work.RecordWorkInterim{Progress: "fortschritt", Docs: says(work.ActionRecordInterim, work.Notes, "result")}
	goesOn      = work.AnswerReview{Answer: work.Going}
	rests       = work.AnswerReview{Answer: work.Rests}
	fulfilled   = work.FulfilClause{Clause: "c1"}
	released    = work.ReleaseMeasure{Due: "2027-09-30", Told: says(working.ActionPlanMeasure, "case", "who", "what").Docs, Docs: says(work.ActionRelease, work.Contract, "who", "what")}
	disclosure  = work.Disclose{Ground: "umsetzung", Docs: says(work.ActionDisclose, work.Contract, "recipient", "extract")}
)

// A step is a command, who gives it and when.
type step struct {
	at  string
	by  string
	cmd file.Command
}

// way is the plain way of two facilitators in a form.
func way(f work.Form) []step {
	return []step{
		{"2027-03-15 09:00", file.System, begin(lead, second)},
		{"2027-03-16 09:00", lead, accept},
		{"2027-03-16 10:00", second, accept},
		{"2027-03-17 09:00", lead, independent},
		{"2027-03-17 10:00", second, agreedTo},
		{"2027-03-18 09:00", lead, form(f)},
		{"2027-03-22 17:00", lead, talk("2027-03-22")},
		{"2027-04-01 09:00", lead, conditions("2027-03-31")},
		{"2027-04-06 17:00", second, session("2027-04-06")},
		{"2027-04-07 09:00", second, note},
		{"2027-04-07 10:00", lead, attachment},
		{"2027-04-08 09:00", lead, interim},
		{"2027-04-09 09:00", lead, admit(interpreter, "sprachmittlung", "2027-05-31")},
		{"2027-04-20 09:00", lead, rests},
		{"2027-05-03 09:00", second, goesOn},
		{"2027-05-04 17:00", lead, clauses("2027-06-30", "2027-09-30")},
		{"2027-05-05 09:00", second, fulfilled},
		{"2027-05-06 09:00", lead, disclosure},
		{"2027-05-07 09:00", lead, work.EndAdmission{Subject: interpreter}},
		{"2027-05-14 10:00", lead, ending(work.Agreement, "2027-05-14")},
	}
}

// decide carries out one command.
func decide(t *testing.T, w work.Work, when, by string, cmd file.Command) work.Work {
	t.Helper()
	next, err := work.Spec.Decide(w, cmd, by, at(when))
	require.NoError(t, err, "%s by %s", cmd.Action(), by)
	return next
}

// refuse requires that a command is refused.
func refuse(t *testing.T, w work.Work, when, by string, cmd file.Command) *fault.Error {
	t.Helper()
	_, err := work.Spec.Decide(w, cmd, by, at(when))
	f := fault.Of(err)
	require.NotNil(t, f, "%s by %s", cmd.Action(), by)
	require.NotEmpty(t, f.Rule)
	require.NotEmpty(t, f.Remedy)
	return f
}

// until walks the plain way of a mediation up to, and with, the first action a.
func until(t *testing.T, a file.Action) work.Work {
	t.Helper()
	s := fresh
	for _, st := range way(work.Mediation) {
		s = decide(t, s, st.at, st.by, st.cmd)
		if st.cmd.Action() == a {
			return s
		}
	}
	require.Fail(t, "the plain way has no "+string(a))
	return s
}

// prepared is a file of one facilitator who has taken up the work and is independent.
func prepared(t *testing.T) work.Work {
	t.Helper()
	s := decide(t, fresh, "2027-03-15 09:00", file.System, begin(lead))
	s = decide(t, s, "2027-03-16 09:00", lead, accept)
	return decide(t, s, "2027-03-17 09:00", lead, independent)
}

// ties are the relations that somebody has.
func ties(w work.Work, who string) []file.Relation { return file.Held(w.Ties(), who) }

// notices are what somebody was told by a step.
func notices(before, after work.Work, who string) (kinds []string) {
	for _, n := range after.Notices(before) {
		if slices.Contains(n.People, who) {
			kinds = append(kinds, n.Kind)
		}
	}
	return kinds
}

// messages are what the case hears of a step.
func messages(before, after work.Work) (cmds []file.Command) {
	for _, m := range after.Messages(before) {
		cmds = append(cmds, m.Command)
	}
	return cmds
}

func TestThePlainWayLeadsThroughThePhases(t *testing.T) {
	var phases []work.Phase
	s := fresh
	for i, st := range way(work.Mediation) {
		s = decide(t, s, st.at, st.by, st.cmd)
		require.Equal(t, i+1, s.Version)
		if len(phases) == 0 || phases[len(phases)-1] != s.Phase {
			phases = append(phases, s.Phase)
		}
	}
	require.Equal(t, []work.Phase{work.Handed, work.Preparation, work.Running, work.Resting, work.Running, work.Ended}, phases)
	require.Equal(t, "A-4C0E8A4E", s.Reference())
	require.Equal(t, at("2027-03-15 09:00"), s.Opened)
}

// The case hears the same of every form of work: neither the form nor how often people met moves it.
func TestTheCaseHearsTheSameOfEveryForm(t *testing.T) {
	id := fresh.ID
	want := []file.Command{
		working.WorkAccepted{Work: id}, working.ConditionsExamined{Work: id}, working.WorkAnswered{Work: id, Answer: working.Resting},
		working.WorkAnswered{Work: id, Answer: working.Going}, working.WorkEnded{Work: id},
	}
	for _, f := range file.Values[work.Form]() {
		var heard []file.Command
		s := fresh
		for _, st := range way(f) {
			next := decide(t, s, st.at, st.by, st.cmd)
			for _, m := range next.Messages(s) {
				require.Equal(t, []any{working.KindCase, caseID}, []any{m.To, m.File})
				require.NoError(t, m.Command.Check())
				require.Empty(t, m.Command.References(), "no words leave the file")
				heard = append(heard, m.Command)
			}
			s = next
		}
		require.Equal(t, want, heard, f)
	}
}

// Confirmed anew for another form, the conditions move nothing outside.
func TestTheCaseHearsOnceThatTheConditionsWereExamined(t *testing.T) {
	s := until(t, work.ActionRecordSession) // the talk
	s = decide(t, s, "2027-04-01 09:00", lead, conditions("2027-03-31"))
	other := decide(t, s, "2027-04-02 09:00", lead, form("runder_tisch"))
	require.Nil(t, other.Conditions, "another form needs its conditions confirmed anew")
	require.Empty(t, messages(s, other))
	require.Equal(t, "conditions", refuse(t, other, "2027-04-03 09:00", lead, session("2027-04-03")).Rule)
	again := decide(t, other, "2027-04-03 09:00", lead, conditions("2027-04-03"))
	require.Empty(t, messages(other, again))
	same := decide(t, s, "2027-04-02 09:00", lead, form(work.Mediation))
	require.NotNil(t, same.Conditions, "the same form keeps them")
}

// What the municipality has to carry out leaves the file without saying where it comes from, in the same way for every form.
func TestAReleasedMeasureTellsNothingOfItsOrigin(t *testing.T) {
	var told []file.Command
	for _, f := range []work.Form{work.Mediation, "prozessbegleitung"} {
		s := fresh
		for _, st := range way(f)[:16] {
			s = decide(t, s, st.at, st.by, st.cmd)
		}
		of := released
		if f == work.Mediation {
			of.Clause = "c2"
		} else {
			s.Agreement = nil
		}
		next := decide(t, s, "2027-05-06 09:00", lead, of)
		told = append(told, messages(s, next)...)
		require.Equal(t, []any{work.Implementation, of.Docs}, []any{next.Disclosures[0].Ground, next.Disclosures[0].Docs}, "it is a disclosure")
		require.Equal(t, of.Clause, next.Releases[0].Clause)
	}
	require.Len(t, told, 2)
	require.Equal(t, told[0], told[1])
	require.NoError(t, told[0].Check())
	require.Equal(t, working.PlanMeasure{Due: "2027-09-30", Work: fresh.ID, Docs: file.Docs{Docs: released.Told}}, told[0])

	given := work.ReleaseMeasure{Due: "2027-09-30", Who: "Amt", What: "räumt"}
	to, id, cmd := given.Tells(until(t, work.ActionAgreement))
	require.Equal(t, []any{working.KindCase, caseID}, []any{to, id})
	require.Equal(t, working.PlanMeasure{Due: "2027-09-30", Who: "Amt", What: "räumt", Work: fresh.ID}, cmd)
	require.Equal(t, released.Told, given.With(released.Told).(work.ReleaseMeasure).Told)
	require.Equal(t, "unknown_clause", refuse(t, until(t, work.ActionConfirmConditions), "2027-05-06 09:00", lead, changed(released, func(r *work.ReleaseMeasure) { r.Clause = "c1" })).Rule)
}

func TestNobodyTakesTheWorkUp(t *testing.T) {
	s := until(t, work.ActionBegin)
	left := decide(t, s, "2027-03-16 09:00", second, decline)
	require.Equal(t, work.Handed, left.Phase)
	require.Empty(t, ties(left, second), "the file closes for whoever declines")
	require.Empty(t, messages(s, left), "the case hears of no single answer")
	require.Empty(t, notices(s, left, lead), "whoever has not answered hears nothing of the others")
	require.Equal(t, "invited", refuse(t, left, "2027-03-16 10:00", second, accept).Rule, "once")
	none := decide(t, left, "2027-03-17 09:00", lead, decline)
	require.Equal(t, work.Declined, none.Phase)
	require.Equal(t, []file.Command{working.WorkDeclined{Work: s.ID}}, messages(left, none))
	require.Empty(t, none.Ties())

	late := pass(t, s)
	require.Equal(t, at("2027-03-22 18:00"), late.Changed, "after five working days")
	require.Equal(t, []any{work.Declined, file.System}, []any{late.Phase, late.Declined.By})
	require.Equal(t, []file.Command{working.WorkDeclined{Work: s.ID}}, messages(s, late))
	for _, who := range []string{lead, second} {
		require.Equal(t, []string{"work_lapsed"}, notices(s, late, who))
		require.Empty(t, ties(late, who))
	}
	require.Equal(t, "phase", refuse(t, late, "2027-03-23 09:00", lead, accept).Rule)
}

// Whoever is asked reads which case it is and what the briefing says, and nothing that moves with the work.
func TestAnInvitationShowsNothingOfTheWork(t *testing.T) {
	b := begin(lead, second)
	b.Reference = "KK-2027/014"
	s := decide(t, fresh, "2027-03-15 09:00", file.System, b)
	shown := s.Invitation()
	require.Equal(t, []any{caseID, "KK-2027/014", b.Docs}, []any{shown.Begun.Case, shown.Begun.Reference, shown.Begun.Docs})
	require.Equal(t, "2027-03-22 18:00:00", clock(*shown.AcceptBy))
	for _, who := range []string{lead, second} {
		require.Equal(t, []file.Relation{work.Invited}, ties(s, who))
	}
	for _, st := range way(work.Mediation)[1:] {
		if st.by == second && st.cmd.Action() != work.ActionDeclareIndependence && st.cmd.Action() != work.ActionAccept {
			st.by = lead
		}
		if st.by != lead {
			continue
		}
		next := decide(t, s, st.at, lead, st.cmd)
		require.Equal(t, shown, next.Invitation(), st.cmd.Action())
		require.Empty(t, notices(s, next, second), st.cmd.Action())
		s = next
	}
	text, err := json.Marshal(shown)
	require.NoError(t, err)
	for _, name := range []string{lead, second, commissioner, analyst, "mediation"} {
		require.NotContains(t, string(text), name)
	}
}

// Each invitation ends by itself: the file closes for whoever has not answered, and goes on for the others.
func TestWhoeverDoesNotAnswerIsNotAskedAnyMore(t *testing.T) {
	s := decide(t, until(t, work.ActionBegin), "2027-03-16 09:00", lead, accept)
	require.Contains(t, due(s), "acceptance 2027-03-22 18:00:00")
	require.Equal(t, "acceptance", refuse(t, s, "2027-03-22 18:00", second, accept).Rule, "also before the timer has noted it")
	over := pass(t, s)
	require.Equal(t, []any{work.Preparation, at("2027-03-22 18:00")}, []any{over.Phase, *over.Facilitators[1].Lapsed})
	require.Empty(t, ties(over, second))
	require.Equal(t, []string{"work_lapsed"}, notices(s, over, second))
	require.Equal(t, []string{"work_not_accepted"}, notices(s, over, lead))
	require.Empty(t, messages(s, over), "the case hears of no single answer")
	require.NotContains(t, due(over), "acceptance 2027-03-22 18:00:00")
	require.Equal(t, "invited", refuse(t, over, "2027-03-23 09:00", second, accept).Rule)
}

// A facilitator can step out without anybody outside hearing of it: as long as somebody is left, the case does not move.
func TestWhoeverLeavesTellsNobodyOutside(t *testing.T) {
	for _, f := range []work.Form{work.Mediation, "prozessbegleitung"} {
		s := fresh
		for _, st := range way(f)[:9] {
			s = decide(t, s, st.at, st.by, st.cmd)
		}
		left := decide(t, s, "2027-04-07 09:00", second, leave)
		require.Equal(t, work.Running, left.Phase)
		require.Empty(t, ties(left, second))
		require.Empty(t, messages(s, left))
		require.Equal(t, []string{"work_left"}, notices(s, left, lead))
		require.NotNil(t, left.Conditions)
		require.Equal(t, "facilitator", refuse(t, left, "2027-04-07 10:00", second, note).Rule)
		none := decide(t, left, "2027-04-08 09:00", lead, leave)
		require.Equal(t, work.Declined, none.Phase)
		require.Equal(t, []file.Command{working.WorkDeclined{Work: s.ID}}, messages(left, none), "as if nobody had taken it up")
		require.Empty(t, none.Ties())
	}
	asked := decide(t, until(t, work.ActionBegin), "2027-03-16 09:00", lead, accept)
	alone := decide(t, asked, "2027-03-16 10:00", lead, leave)
	require.Empty(t, messages(asked, alone), "somebody may still take it up")
	require.Equal(t, []file.Command{working.WorkDeclined{Work: alone.ID}}, messages(alone, decide(t, alone, "2027-03-17 09:00", second, decline)))
	require.Equal(t, []file.Command{working.WorkDeclined{Work: alone.ID}}, messages(alone, pass(t, alone)))
}

// Through the work, people read the case until nothing can be entered any more, whatever the form.
func TestTheTieToTheCaseEndsWithTheEntries(t *testing.T) {
	for _, f := range file.Values[work.Form]() {
		s := fresh
		for _, st := range way(f) {
			s = decide(t, s, st.at, st.by, st.cmd)
			for _, who := range []string{lead, second} {
				require.Equal(t, slices.Contains(ties(s, who), work.Facilitating), slices.Contains(ties(s, who), work.AtWork), "%s %s", f, st.cmd.Action())
			}
			require.NotContains(t, ties(s, interpreter), work.AtWork)
		}
		require.Contains(t, ties(s, lead), work.AtWork)
		closed := passAll(t, s, "entries")
		require.Equal(t, "2027-06-15 00:00:00", clock(closed.Changed))
		require.Empty(t, messages(s, closed), "the case does not move")
		require.Contains(t, ties(closed, lead), work.Facilitating, "clauses are still fulfilled")
		require.NotContains(t, ties(closed, lead), work.AtWork)
	}
	over := decide(t, until(t, work.ActionConfirmConditions), "2027-04-02 09:00", file.System, work.WithdrawWork{})
	require.NotContains(t, ties(over, lead), work.AtWork)
	require.Contains(t, ties(over, lead), work.Facilitating)
}

func TestWhatTheCaseWithdrawsIsOver(t *testing.T) {
	for _, a := range []file.Action{work.ActionBegin, work.ActionAccept, work.ActionConfirmConditions, work.ActionAnswerReview} {
		s := until(t, a)
		over := decide(t, s, "2027-05-20 09:00", file.System, work.WithdrawWork{})
		require.Equal(t, work.Withdrawn, over.Phase)
		require.Empty(t, messages(s, over), "the case knows it")
		require.Equal(t, []string{"work_withdrawn"}, notices(s, over, lead))
		require.NotContains(t, ties(over, lead), work.Invited)
		require.NotContains(t, ties(over, interpreter), work.Privy)
	}
	for _, s := range []work.Work{until(t, work.ActionEnd), pass(t, until(t, work.ActionBegin))} {
		require.Equal(t, "phase", refuse(t, s, "2027-06-01 09:00", file.System, work.WithdrawWork{}).Rule, "what has ended stays as it ended")
	}
	require.Equal(t, "workflow_only", refuse(t, until(t, work.ActionAccept), "2027-03-16 12:00", lead, work.WithdrawWork{}).Rule)
}

// § 3 MediationsG: whoever had to do with the case before does not mediate it. The refusal is seen inside alone.
func TestWhoeverHadToDoWithTheCaseDoesNotMediateIt(t *testing.T) {
	for _, who := range []string{analyst, commissioner} {
		s := decide(t, fresh, "2027-03-15 09:00", file.System, begin(lead, who))
		for _, by := range []string{lead, who} {
			s = decide(t, s, "2027-03-16 09:00", by, accept)
			s = decide(t, s, "2027-03-16 10:00", by, independent)
		}
		f := refuse(t, s, "2027-03-17 09:00", lead, form(work.Mediation))
		require.Equal(t, []any{fault.Gate, "form", "independence"}, []any{f.Code, f.Field, f.Rule}, who)
		require.NotContains(t, f.Remedy, "manager", "it sends nobody to people who must not know what was intended")
		decide(t, decide(t, s, "2027-03-17 09:00", who, leave), "2027-03-17 10:00", lead, form(work.Mediation))
		for _, other := range file.Values[work.Form]() {
			if other != work.Mediation {
				decide(t, s, "2027-03-17 09:00", lead, form(other))
			}
		}
	}
	asked := decide(t, prepared(t), "2027-03-17 09:00", lead, form(work.Mediation))
	require.Equal(t, work.Mediation, asked.Form.Form)
}

// As long as somebody who is involved has not declined, nobody mediates.
func TestSomebodyInvolvedCanStillStepAside(t *testing.T) {
	s := decide(t, fresh, "2027-03-15 09:00", file.System, begin(lead, analyst))
	s = decide(t, s, "2027-03-16 09:00", lead, accept)
	s = decide(t, s, "2027-03-16 10:00", lead, independent)
	require.Equal(t, "independence", refuse(t, s, "2027-03-17 09:00", lead, form(work.Mediation)).Rule)
	s = decide(t, s, "2027-03-17 10:00", analyst, decline)
	decide(t, s, "2027-03-17 11:00", lead, form(work.Mediation))
}

func TestWhoeverIsNotIndependentNeedsThePartiesWord(t *testing.T) {
	s := decide(t, fresh, "2027-03-15 09:00", file.System, begin(lead, second))
	s = decide(t, s, "2027-03-16 09:00", lead, accept)
	require.Equal(t, "independence", refuse(t, s, "2027-03-16 10:00", lead, form("moderation")).Rule, "declared before the form")
	s = decide(t, s, "2027-03-16 10:00", lead, partial)
	require.Equal(t, "independence", refuse(t, s, "2027-03-16 11:00", lead, form(work.Mediation)).Rule)
	s = decide(t, s, "2027-03-16 11:00", lead, form("moderation"))
	require.Equal(t, []string{"independence"}, refuse(t, s, "2027-03-16 12:00", lead, conditions("2027-03-16")).Missing)
	s = decide(t, s, "2027-03-17 09:00", lead, agreedTo)
	s = decide(t, s, "2027-03-17 10:00", lead, conditions("2027-03-17"))
	require.Equal(t, work.Running, s.Phase)
	late := decide(t, s, "2027-03-18 09:00", second, accept)
	require.NotNil(t, late.Conditions)
	require.Equal(t, []string{"independence"}, refuse(t, late, "2027-03-18 10:00", second, session("2027-03-18")).Missing, "whoever joins declares first")
	require.Nil(t, decide(t, late, "2027-03-18 10:00", second, partial).Conditions, "what the conditions rested on is gone")
	require.NotNil(t, decide(t, late, "2027-03-18 10:00", second, independent).Conditions)
}

func TestTheStageWarnsAndNeverBlocks(t *testing.T) {
	s := decide(t, prepared(t), "2027-03-17 10:00", lead, form("moderation"))
	require.Equal(t, []work.Warning{{Rule: "glasl_mismatch", Form: "moderation", Stage: 5, From: 1, To: 3}}, s.Warnings)
	s = decide(t, s, "2027-03-17 11:00", lead, form(work.Mediation))
	require.Empty(t, s.Warnings)
	s = decide(t, s, "2027-03-17 12:00", lead, work.ChooseForm{Form: "ordnungsrecht"})
	require.Empty(t, s.Warnings, "no table, no warning")
	s = decide(t, s, "2027-03-17 13:00", lead, form("moderation"))
	require.NotEmpty(t, s.Warnings)
	require.Empty(t, decide(t, s, "2027-03-18 09:00", lead, ending("vertagt", "2027-03-18")).Warnings, "nothing can be done about it any more")
}

func TestOnlyFacilitatorsWhoTookTheWorkUpDoIt(t *testing.T) {
	s := decide(t, fresh, "2027-03-15 09:00", file.System, begin(lead, second))
	s = decide(t, s, "2027-03-16 09:00", lead, accept)
	s = decide(t, s, "2027-03-16 10:00", lead, admit(interpreter, "sprachmittlung", "2027-05-31"))
	for _, o := range work.Spec.Options(s, second) {
		if o.Closed == nil {
			require.Contains(t, []file.Action{work.ActionAccept, work.ActionDecline}, o.Action, "before that, they can only answer")
		}
	}
	for _, who := range []string{interpreter, stranger, commissioner, ""} {
		for _, o := range work.Spec.Options(s, who) {
			require.NotNil(t, o.Closed, "%s may not %s", who, o.Action)
		}
	}
	require.Equal(t, "facilitator", refuse(t, s, "2027-03-17 09:00", second, note).Rule)
	require.Equal(t, "facilitator", refuse(t, s, "2027-03-17 09:00", interpreter, note).Rule)
	require.Equal(t, "invited", refuse(t, s, "2027-03-17 09:00", lead, decline).Rule)
}

func TestASettlementComesOutOfConfirmedWork(t *testing.T) {
	s := decide(t, prepared(t), "2027-03-17 10:00", lead, form("moderation"))
	for _, o := range file.Values[work.Outcome]() {
		settled := slices.Contains([]work.Outcome{work.Agreement, work.PartialAgreement, work.Pacification}, o)
		if !settled {
			require.Equal(t, work.Ended, decide(t, s, "2027-03-18 09:00", lead, ending(o, "2027-03-18")).Phase, o)
			continue
		}
		require.Equal(t, "conditions", refuse(t, s, "2027-03-18 09:00", lead, ending(o, "2027-03-18")).Rule, o)
		open := decide(t, s, "2027-03-18 09:00", lead, conditions("2027-03-18"))
		require.Equal(t, []string{"sessions"}, refuse(t, open, "2027-03-19 09:00", lead, ending(o, "2027-03-19")).Missing, o)
		met := decide(t, open, "2027-03-19 09:00", lead, session("2027-03-19"))
		if o == work.Pacification {
			decide(t, met, "2027-03-19 10:00", lead, ending(o, "2027-03-19"))
			continue
		}
		require.Equal(t, []string{"agreement"}, refuse(t, met, "2027-03-19 10:00", lead, ending(o, "2027-03-19")).Missing, o)
		decide(t, decide(t, met, "2027-03-19 10:00", lead, clauses("2027-06-30")), "2027-03-19 11:00", lead, ending(o, "2027-03-19"))
	}
}

func TestAnAgreementKeepsWhatIsFulfilled(t *testing.T) {
	s := until(t, work.ActionFulfil) // c1
	require.Equal(t, "fulfilled", refuse(t, s, "2027-05-06 09:00", lead, fulfilled).Rule)
	require.Equal(t, "fulfilled", refuse(t, s, "2027-05-06 09:00", lead, clauses("2027-12-31")).Rule, "its words stay as they were")
	more := clauses("2027-12-31")
	more.Clauses[0].ID, more.Docs = "c3", says(work.ActionAgreement, work.Contract, "clauses.c3.who", "clauses.c3.what")
	next := decide(t, s, "2027-05-06 09:00", lead, more)
	var ids []string
	for _, p := range next.Agreement.Clauses {
		ids = append(ids, p.ID)
	}
	require.Equal(t, []string{"c1", "c3"}, ids, "c2 is replaced")
	require.NotNil(t, next.Agreement.Clauses[0].Fulfilled)
	require.Nil(t, s.Agreement.Clauses[1].Fulfilled, "the state before stays as it was")
}

// Thirty days after Friday 14 May is a Sunday: they end with Monday 14 June.
func TestSessionsAreEnteredForThirtyDaysAfterTheEnd(t *testing.T) {
	s := until(t, work.ActionEnd) // on 2027-05-14 10:00
	late := decide(t, s, "2027-06-14 23:59", second, session("2027-05-14"))
	require.Equal(t, []bool{false, false, true}, []bool{late.Sessions[0].Late, late.Sessions[1].Late, late.Sessions[2].Late})
	require.Equal(t, "order", refuse(t, s, "2027-06-01 10:00", lead, session("2027-05-20")).Rule, "it was over by then")
	for _, cmd := range []file.Command{session("2027-05-12"), note, attachment, released} {
		require.Equal(t, "entries", refuse(t, s, "2027-06-15 00:00", lead, cmd).Rule, "also before the timer has noted it")
		decide(t, s, "2027-06-01 10:00", lead, cmd)
	}
	over := s
	for !over.EntriesClosed {
		over = pass(t, over)
	}
	require.Equal(t, "2027-06-15 00:00:00", clock(over.Changed))
	require.Equal(t, "entries", refuse(t, over, "2027-06-15 09:00", lead, session("2027-05-12")).Rule)
	for _, o := range work.Spec.Options(over, lead) {
		if slices.Contains([]file.Action{work.ActionRecordSession, work.ActionNote, work.ActionAttach, work.ActionRelease}, o.Action) {
			require.Equal(t, "entries", o.Closed.Rule, "the button says so beforehand")
		}
	}
	decide(t, over, "2027-07-01 09:00", lead, work.FulfilClause{Clause: "c2"})
}

// Somebody may be admitted while they are asked to do the work: what they answer ends it.
func TestWhoeverStepsOutReadsNoMore(t *testing.T) {
	s := decide(t, fresh, "2027-03-15 09:00", file.System, begin(lead, second))
	s = decide(t, s, "2027-03-16 09:00", lead, accept)
	s = decide(t, s, "2027-03-16 10:00", lead, admit(second, "vertretung", "2027-05-31"))
	require.Contains(t, ties(s, second), work.Privy)

	taken := decide(t, s, "2027-03-17 09:00", second, accept)
	require.NotNil(t, taken.Admissions[0].Ended)
	require.NotContains(t, notices(s, taken, second), "work_admission_ended", "they go on reading")
	left := decide(t, taken, "2027-03-18 09:00", second, leave)
	late := pass(t, s)
	require.Equal(t, []string{"work_lapsed", "work_admission_ended"}, notices(s, late, second))
	for _, next := range []work.Work{left, decide(t, s, "2027-03-17 09:00", second, decline), late} {
		require.Empty(t, ties(next, second))
	}
	require.Nil(t, s.Admissions[0].Ended, "the state before stays as it was")
	again := decide(t, left, "2027-03-19 09:00", lead, admit(second, "vertretung", "2027-05-31"))
	require.Equal(t, []file.Relation{work.Privy}, ties(again, second), "whoever left can be admitted, too")
	recorded := taken
	recorded.Admissions = []work.Admitted{{Admit: admit(second, "vertretung", "2027-05-31")}} // as files had it before
	require.Empty(t, ties(decide(t, recorded, "2027-03-18 09:00", second, leave), second))
}

func TestWhoIsAdmittedReadsForATime(t *testing.T) {
	s := until(t, work.ActionAdmit) // until 2027-05-31
	require.Equal(t, []file.Relation{work.Privy}, ties(s, interpreter))
	require.Equal(t, []string{"work_admitted"}, notices(until(t, work.ActionRecordInterim), s, interpreter))
	longer := decide(t, s, "2027-05-01 09:00", second, admit(interpreter, "sprachmittlung", "2027-07-31"))
	require.Len(t, longer.Admissions, 2)
	require.Equal(t, second, longer.Admissions[0].Ended.By, "the later one holds")
	require.Nil(t, s.Admissions[0].Ended, "the state before stays as it was")
	require.Equal(t, []string{"work_admitted"}, notices(s, longer, interpreter), "it goes on")
	two := decide(t, s, "2027-05-01 09:00", second, admit(stranger, "vertretung", "2027-05-10"))
	for len(ties(two, stranger)) > 0 {
		two = pass(t, two)
	}
	require.Equal(t, []file.Relation{work.Privy}, ties(two, interpreter), "each has a day of their own")
	ended := decide(t, s, "2027-05-01 09:00", second, work.EndAdmission{Subject: interpreter})
	require.Empty(t, ties(ended, interpreter))
	require.Equal(t, []string{"work_admission_ended"}, notices(s, ended, interpreter))
	require.Equal(t, "admission", refuse(t, ended, "2027-05-01 10:00", second, work.EndAdmission{Subject: interpreter}).Rule)

	over := s
	for len(ties(over, interpreter)) > 0 {
		over = pass(t, over)
	}
	require.Equal(t, "2027-06-01 00:00:00", clock(over.Changed))
	require.Equal(t, []any{file.System, "2027-05-31 23:59:59"}, []any{over.Admissions[0].Ended.By, clock(over.Admissions[0].Ended.At)})
}

// What is today is said in Berlin, also where the day in UTC is another one.
func TestTodayIsADayInBerlin(t *testing.T) {
	s := until(t, work.ActionRecordInterim)
	decide(t, s, "2027-04-10 00:30", lead, session("2027-04-10")) // in UTC it is 9 April
	require.Equal(t, "not_in_future", refuse(t, s, "2027-04-09 23:59", lead, session("2027-04-10")).Rule)
	decide(t, s, "2027-04-10 23:59", lead, admit(stranger, "vertretung", "2027-04-10"))
	require.Equal(t, "future", refuse(t, s, "2027-04-11 00:00", lead, admit(stranger, "vertretung", "2027-04-10")).Rule)
	decide(t, s, "2027-04-10 00:30", lead, admit(stranger, "vertretung", "2028-04-10"))
	require.Equal(t, "range", refuse(t, s, "2027-04-09 23:59", lead, admit(stranger, "vertretung", "2028-04-10")).Rule)
}

func TestWhatCannotBeSaidInAState(t *testing.T) {
	s := until(t, work.ActionRecordInterim)
	for name, tc := range map[string]struct {
		cmd  file.Command
		rule string
	}{
		"a session tomorrow":               {session("2027-04-10"), "not_in_future"},
		"conditions of tomorrow":           {conditions("2027-04-10"), "not_in_future"},
		"an end of tomorrow":               {ending("vertagt", "2027-04-10"), "not_in_future"},
		"a facilitator is admitted":        {admit(second, "vertretung", "2027-05-31"), "reads_already"},
		"admitted until yesterday":         {admit(stranger, "vertretung", "2027-04-08"), "future"},
		"admitted for two years":           {admit(stranger, "vertretung", "2029-04-09"), "range"},
		"a clause that there never was":    {work.FulfilClause{Clause: "c9"}, "agreement"},
		"begun again":                      {begin(lead), "phase"},
		"a deadline that has not passed":   {file.DeadlinePassed{}, "workflow_only"},
		"handed over by somebody inside":   {work.WithdrawWork{}, "workflow_only"},
		"a second answer to the hand-over": {accept, "invited"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.rule, refuse(t, s, "2027-04-09 09:00", lead, tc.cmd).Rule)
		})
	}
	require.Equal(t, "unknown_clause", refuse(t, until(t, work.ActionAgreement), "2027-05-05 09:00", lead, work.FulfilClause{Clause: "c9"}).Rule)
	require.Equal(t, "workflow_only", refuse(t, fresh, "2027-03-15 09:00", commissioner, begin(lead)).Rule, "nobody begins one by hand")
}

func TestANoteLeavesNoTraceInTheState(t *testing.T) {
	s := until(t, work.ActionRecordInterim)
	for _, cmd := range []file.Command{note, attachment} {
		next := decide(t, s, "2027-04-09 09:00", second, cmd)
		next.Version, next.Changed = s.Version, s.Changed
		require.Equal(t, s, next)
	}
}

// Whoever did something is not told of it: the others are.
func TestFacilitatorsAreToldWhatTheOthersDo(t *testing.T) {
	told := map[file.Action]map[string][]string{
		work.ActionBegin:             {lead: {"work_handed"}, second: {"work_handed"}},
		work.ActionChooseForm:        {second: {"work_form_chosen"}},
		work.ActionConfirmConditions: {second: {"work_begins"}},
		work.ActionAdmit:             {interpreter: {"work_admitted"}},
		work.ActionEndAdmission:      {interpreter: {"work_admission_ended"}},
		work.ActionEnd:               {second: {"work_ended"}},
	}
	s := fresh
	for _, st := range way("moderation") {
		next := decide(t, s, st.at, st.by, st.cmd)
		for _, who := range []string{lead, second, interpreter, commissioner, analyst, stranger} {
			want := told[st.cmd.Action()][who]
			if st.cmd.Action() == work.ActionAccept && st.by == second && who == lead {
				want = []string{"work_accepted"}
			}
			require.Equal(t, want, notices(s, next, who), "%s of %s by %s", who, st.cmd.Action(), st.by)
		}
		s = next
	}
}

func TestConditionsAreConfirmedAnewWithoutAPause(t *testing.T) {
	s := until(t, work.ActionAnswerReview) // it rests
	again := decide(t, s, "2027-04-21 09:00", lead, conditions("2027-04-21"))
	require.Equal(t, work.Resting, again.Phase, "that alone does not end the rest")
	s = decide(t, until(t, work.ActionConfirmConditions), "2027-04-05 09:00", lead, form("runder_tisch"))
	require.Equal(t, "conditions", refuse(t, s, "2027-04-06 09:00", lead, clauses("2027-06-30")).Rule)
	resting := decide(t, s, "2027-04-06 09:00", lead, rests)
	require.Equal(t, []string{"review 2027-06-07 23:59:59"}, due(resting), "nobody is asked for them while the work rests")
}

// Every decision carries the whole state: what can be added to it is bounded.
func TestAWorkingFileDoesNotGrowForEver(t *testing.T) {
	s := until(t, work.ActionRecordInterim)
	s.Sessions, s.Disclosures, s.Admissions = make([]work.Session, 300), make([]work.Disclosure, 100), make([]work.Admitted, 100)
	s.Agreement = &work.Agreed{}
	for i := range 100 {
		s.Agreement.Clauses = append(s.Agreement.Clauses, work.Point{ID: fmt.Sprint("x", i), Due: "2027-06-30", Fulfilled: &work.Fulfilled{}})
	}
	require.Equal(t, "max_disclosures", refuse(t, s, "2027-04-09 09:00", lead, released).Rule)
	for rule, cmd := range map[string]file.Command{
		"max_sessions": session("2027-04-09"), "max_disclosures": disclosure, "max_admissions": admit(stranger, "vertretung", "2027-05-31"), "max_items": clauses("2027-06-30"),
	} {
		require.Equal(t, rule, refuse(t, s, "2027-04-09 09:00", lead, cmd).Rule)
	}
}
