package conflict_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/working"
	"koko/internal/casetest"
)

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday

// fresh is a case before its signal.
var fresh = conflict.Case{ID: "0b0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90", AGS: "05334002"}

// Two working files.
const work, other = "7c4f6a1e-3b52-4d90-9e18-5a0b2c3d4e5f", "8d5a7b2f-4c63-4ea1-8f29-6b1c3d4e5f60"

// carry carries out steps, an hour after each other.
func carry(t *testing.T, c conflict.Case, steps ...casetest.Step) conflict.Case {
	t.Helper()
	for _, s := range steps {
		when := at
		if c.Version > 0 {
			when = c.Changed.Add(time.Hour)
		}
		next, err := c.Decide(s.Command, s.By, when)
		require.NoError(t, err, s.Command.Action())
		c = next
	}
	return c
}

// before walks the plain way up to, and without, the first action a.
func before(t *testing.T, a conflict.Action) conflict.Case {
	t.Helper()
	m := &casetest.Maker{Salt: "before"}
	c := fresh
	for _, s := range m.Way() {
		if s.Command.Action() == a {
			return c
		}
		c = carry(t, c, s)
	}
	t.Fatal("the plain way has no", a)
	return c
}

func TestThePlainWayLeadsThroughAllPhases(t *testing.T) {
	m := &casetest.Maker{Salt: "way"}
	var phases []conflict.Phase
	c := fresh
	for i, s := range m.Way() {
		c = carry(t, c, s)
		require.Equal(t, i+1, c.Version)
		require.Equal(t, at.Add(time.Duration(i)*time.Hour), c.Changed)
		if len(phases) == 0 || phases[len(phases)-1] != c.Phase {
			phases = append(phases, c.Phase)
		}
	}
	require.Equal(t, file.Values[conflict.Phase](), phases)
	require.Equal(t, at, c.Opened)
	require.Equal(t, 1, c.Round)
	require.Empty(t, c.Deadlines())

	c = carry(t, c, casetest.Step{By: casetest.Manager, Command: m.Reopen()})
	require.Equal(t, []any{fresh.ID, conflict.Analysis, 2}, []any{c.ID, c.Phase, c.Round})
}

// Each gate says what is missing, and who can open it.
func TestGatesNameWhatIsMissing(t *testing.T) {
	m := &casetest.Maker{Salt: "gates"}
	step := func(by string, cmd file.Command) casetest.Step { return casetest.Step{By: by, Command: cmd} }
	partly := func(change func(*conflict.RecordAnalysis)) casetest.Step {
		a := m.Analysis(5)
		change(&a)
		return step(casetest.Manager, a)
	}
	bare := m.Clearing()
	bare.Urgency, bare.Danger = "", nil
	inDetection, inAnalysis := before(t, conflict.ActionTriage), before(t, conflict.ActionRecordAnalysis)
	open := carry(t, inDetection, step(casetest.Manager, m.Triage(conflict.OpenCase)))
	reviewed := before(t, conflict.ActionHandToWork)
	handed := carry(t, reviewed, step(casetest.Manager, m.HandOver(work)))
	for name, tc := range map[string]struct {
		c       conflict.Case
		steps   []casetest.Step
		by      string
		cmd     file.Command
		rule    string
		missing []string
	}{
		"clearing before triage": {inDetection, nil, casetest.Manager, m.Clearing(), "triage", []string{"triage"}},
		"clearing of a watched signal": {
			inDetection, []casetest.Step{step(casetest.Manager, m.Triage(conflict.Watch))}, casetest.Manager, m.Clearing(), "triage", []string{"triage"},
		},
		"a second triage":       {open, nil, casetest.Manager, m.Triage(conflict.Drop), "triaged", nil},
		"mandate before triage": {inDetection, nil, casetest.Supervisor, m.Mandate(true), "triage", []string{"triage"}},
		"mandate before clearing": {
			open, nil, casetest.Supervisor, m.Mandate(true), "clearing",
			[]string{"responsibility", "urgency", "level", "danger", "conflict_of_interest"},
		},
		"mandate after half a clearing": {
			open, []casetest.Step{step(casetest.Manager, bare)}, casetest.Supervisor, m.Mandate(false), "clearing", []string{"urgency", "danger"},
		},
		"review of nothing": {inAnalysis, nil, casetest.Reviewer, m.Review(true), "analysis", []string{"analysis"}},
		"review of an empty analysis": {
			inAnalysis, []casetest.Step{step(casetest.Manager, conflict.RecordAnalysis{})}, casetest.Reviewer, m.Review(true), "analysis",
			[]string{"topics", "actors", "stage", "rationale", "occasion", "theme", "instrumentalisation"},
		},
		"review of a claim without evidence": {
			inAnalysis, []casetest.Step{partly(func(a *conflict.RecordAnalysis) { a.Docs.Docs[0].Fields = []string{"occasion", "theme", "rationale"} })},
			casetest.Reviewer, m.Review(true), "analysis", []string{"evidence"},
		},
		"score before the analysis":       {inAnalysis, nil, casetest.Manager, m.Assessment(4), "analysis", []string{"analysis"}},
		"handed over before the analysis": {inAnalysis, nil, casetest.Manager, m.HandOver(work), "analysis", []string{"analysis"}},
		"handed over before the review": {
			inAnalysis, []casetest.Step{partly(func(*conflict.RecordAnalysis) {})}, casetest.Manager, m.HandOver(work), "review", []string{"review"},
		},
		"handed over after a disapproval": {
			inAnalysis, []casetest.Step{partly(func(*conflict.RecordAnalysis) {}), step(casetest.Reviewer, m.Review(false))},
			casetest.Manager, m.HandOver(work), "review", []string{"review"},
		},
		"handed over after another analysis": {
			reviewed, []casetest.Step{partly(func(*conflict.RecordAnalysis) {})}, casetest.Manager, m.HandOver(work), "review", []string{"review"},
		},
		"closed before somebody takes the work up": {handed, nil, casetest.Manager, m.Closure("verwiesen"), "work", []string{"work"}},
		"closed while somebody works on it": {
			handed, []casetest.Step{step(conflict.System, m.Accepted(work)), step(conflict.System, m.Examined(work))},
			casetest.Manager, m.Closure(conflict.Calmed), "work", []string{"work"},
		},
		"better out of an analysis": {inAnalysis, nil, casetest.Manager, m.Closure(conflict.Improved), "worked_on", []string{"work"}},
		"better when nobody worked on it": {
			handed, []casetest.Step{step(conflict.System, m.Declined(work))}, casetest.Manager, m.Closure(conflict.Calmed), "worked_on", []string{"work"},
		},
		"a message of another working file":    {handed, nil, conflict.System, m.Accepted(other), "overtaken", nil},
		"a message of a person":                {handed, nil, casetest.Mediator, m.Accepted(work), "workflow_only", nil},
		"the same follow-up twice":             {before(t, conflict.ActionRecordFollowUp), []casetest.Step{step(casetest.Manager, m.FollowUp(6))}, casetest.Manager, m.FollowUp(6), "once", nil},
		"an action of another phase":           {inDetection, nil, casetest.Manager, m.Analysis(3), "phase", nil},
		"the timer's own action, by a person":  {inDetection, nil, casetest.Manager, file.DeadlinePassed{Deadline: inDetection.Deadlines()[0]}, "workflow_only", nil},
		"the timer's own action, out of order": {inDetection, nil, conflict.System, file.DeadlinePassed{Deadline: inDetection.Deadlines()[0]}, "deadline", nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := carry(t, tc.c, tc.steps...)
			_, err := c.Decide(tc.cmd, tc.by, c.Changed.Add(time.Hour))
			f := fault.Of(err)
			require.NotNil(t, f)
			require.Equal(t, tc.rule, f.Rule)
			require.Equal(t, tc.missing, f.Missing)
			require.NotEmpty(t, f.Remedy)
			require.NotEqual(t, fault.Invalid, f.Code)
		})
	}
}

func TestWhatNeedsNoGateHasNone(t *testing.T) {
	m := &casetest.Maker{Salt: "open"}
	declined := carry(t, before(t, conflict.ActionHandToWork),
		casetest.Step{By: casetest.Manager, Command: m.HandOver(work)}, casetest.Step{By: conflict.System, Command: m.Declined(work)})
	for name, tc := range map[string]struct {
		c   conflict.Case
		by  string
		cmd file.Command
	}{
		"a conflict may end without work on it": {before(t, conflict.ActionRecordAnalysis), casetest.Manager, m.Closure("unveraendert")},
		"and when nobody does the work":         {declined, casetest.Manager, m.Closure("verschaerft")},
		"what nobody does is handed over anew":  {declined, casetest.Manager, m.HandOver(other)},
		"a watched signal is triaged again":     {carry(t, before(t, conflict.ActionTriage), casetest.Step{By: casetest.Manager, Command: m.Triage(conflict.Watch)}), casetest.Manager, m.Triage(conflict.Watch)},
		"a note comes to a closed case":         {carry(t, fresh, (&casetest.Maker{Salt: "closed"}).Way()...), casetest.Stranger, m.Note(conflict.CaseFile)},
	} {
		t.Run(name, func(t *testing.T) { carry(t, tc.c, casetest.Step{By: tc.by, Command: tc.cmd}) })
	}
}

// Who wrote something does not approve it.
func TestTheRightPersonDecides(t *testing.T) {
	m := &casetest.Maker{Salt: "persons"}
	analysed, proposed, handed := before(t, conflict.ActionReviewAnalysis), before(t, conflict.ActionSignOff), before(t, conflict.ActionAssessEscalation)
	for name, tc := range map[string]struct {
		c    conflict.Case
		by   string
		cmd  file.Command
		rule string
	}{
		"the analyst does not review":        {analysed, casetest.Manager, m.Review(true), "four_eyes"},
		"nor refuse the own analysis":        {analysed, casetest.Manager, m.Review(false), "four_eyes"},
		"another does":                       {analysed, casetest.Reviewer, m.Review(true), ""},
		"the proposer does not sign off":     {proposed, casetest.Manager, m.SignOff(true), "four_eyes"},
		"nor the assignee":                   {carry(t, proposed, casetest.Step{By: casetest.Manager, Command: conflict.Assign{Assignee: casetest.Supervisor}}), casetest.Supervisor, m.SignOff(true), "four_eyes"},
		"nor does whoever else proposed it":  {carry(t, before(t, conflict.ActionProposeClosure), casetest.Step{By: casetest.Stranger, Command: m.Closure("unveraendert")}), casetest.Stranger, m.SignOff(true), "four_eyes"},
		"nor does the analyst":               {carry(t, proposed, casetest.Step{By: casetest.Supervisor, Command: m.SignOff(false)}, casetest.Step{By: casetest.Manager, Command: conflict.Assign{Assignee: casetest.Stranger}}, casetest.Step{By: casetest.Stranger, Command: m.Closure("unveraendert")}), casetest.Manager, m.SignOff(true), "four_eyes"},
		"the supervisor does":                {proposed, casetest.Supervisor, m.SignOff(true), ""},
		"anybody adds notes":                 {handed, casetest.Stranger, m.Note(conflict.Identities), ""},
		"the system is nobody's second pair": {analysed, casetest.Reviewer, conflict.Assign{Assignee: conflict.System}, "person_id"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tc.c.Decide(tc.cmd, tc.by, tc.c.Changed.Add(time.Hour))
			if tc.rule == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, tc.rule, fault.Of(err).Rule)
		})
	}
}

func TestTheSupervisorMaySendACaseBack(t *testing.T) {
	m := &casetest.Maker{Salt: "back"}
	for _, from := range []struct {
		c       conflict.Case
		outcome conflict.Outcome
		phase   conflict.Phase
	}{
		{before(t, conflict.ActionReviewAnalysis), "verwiesen", conflict.Analysis},
		{before(t, conflict.ActionProposeClosure), conflict.Improved, conflict.Work},
	} {
		c := carry(t, from.c,
			casetest.Step{By: casetest.Manager, Command: m.Closure(from.outcome)},
			casetest.Step{By: casetest.Supervisor, Command: m.SignOff(false)})
		require.Equal(t, from.phase, c.Phase)
		c = carry(t, c, casetest.Step{By: casetest.Manager, Command: m.Closure(from.outcome)})
		require.Nil(t, c.SignedOff, "the next proposal waits for a word of its own")
	}
}

func TestReopeningBeginsWhereTheMandateLeadsTo(t *testing.T) {
	m := &casetest.Maker{Salt: "reopen"}
	reopen := casetest.Step{By: casetest.Manager, Command: m.Reopen()}
	refused := carry(t, before(t, conflict.ActionDecideMandate), casetest.Step{By: casetest.Supervisor, Command: m.Mandate(false)})
	dropped := carry(t, before(t, conflict.ActionTriage), casetest.Step{By: casetest.Manager, Command: m.Triage(conflict.Drop)})
	ended := carry(t, fresh, m.Way()...)
	for name, tc := range map[string]struct {
		c    conflict.Case
		want conflict.Phase
	}{
		"a case without a mandate begins with the triage": {refused, conflict.Detection},
		"so does one that was dropped":                    {dropped, conflict.Detection},
		"a case with one begins with the analysis":        {ended, conflict.Analysis},
		"also out of the follow-up":                       {before(t, conflict.ActionRecordFollowUp), conflict.Analysis},
	} {
		t.Run(name, func(t *testing.T) {
			c := carry(t, tc.c, reopen)
			require.Equal(t, tc.want, c.Phase)
			require.Equal(t, 2, c.Round)
			require.Equal(t, tc.c.Opened, c.Opened)
			require.Nil(t, c.Handed, "the work of the round before is over")
			require.Empty(t, c.FollowUps)
		})
	}
}

func TestDangerAndConflictOfInterestWarn(t *testing.T) {
	m := &casetest.Maker{Salt: "danger"}
	k := m.Clearing()
	k.Danger, k.ConflictOfInterest = new(true), new(true)
	c := carry(t, before(t, conflict.ActionDecideMandate), casetest.Step{By: casetest.Manager, Command: k})
	require.Equal(t, []conflict.Warning{{Rule: "danger"}, {Rule: "conflict_of_interest"}}, c.Warnings)
	c = carry(t, c, casetest.Step{By: casetest.Manager, Command: m.Clearing()})
	require.Empty(t, c.Warnings)
}

func TestRelationsTieThePeopleToTheCase(t *testing.T) {
	worked := before(t, conflict.ActionSignOff)
	for by, want := range map[string][]conflict.Relation{
		casetest.Reporter:  {conflict.Reporter},
		casetest.Manager:   {conflict.Assigned, conflict.SelfAssigned, conflict.Handing, conflict.Analyst, conflict.Proposer},
		casetest.Mediator:  nil, // nothing on the case tells who works on it
		worked.Handed.Work: {conflict.Working},
		"":                 nil,
	} {
		require.Equal(t, want, worked.Relations(by), by)
	}
	require.Equal(t, []conflict.Relation{conflict.Unhanded}, before(t, conflict.ActionTriage).Relations(casetest.Stranger))
	require.Empty(t, fresh.Relations(""), "nobody is nobody's reporter")
}

// A closure that is not signed leads back to a phase of the case, and a note lies in one of its compartments.
func TestASubsetOfValuesIsOne(t *testing.T) {
	for _, p := range file.Values[conflict.WorkPhase]() {
		require.Contains(t, file.Values[conflict.Phase](), conflict.Phase(p))
	}
	var compartments []file.Compartment
	for _, c := range conflict.Spec.Compartments {
		compartments = append(compartments, c.Name)
	}
	for _, d := range file.Values[conflict.Drawer]() {
		require.Contains(t, compartments, file.Compartment(d))
	}
}

// What the working file tells moves the status of the work, each once.
func TestTheCaseHearsHowTheWorkStands(t *testing.T) {
	m := &casetest.Maker{Salt: "hears"}
	handed := carry(t, before(t, conflict.ActionHandToWork), casetest.Step{By: casetest.Manager, Command: m.HandOver(work)})
	require.Equal(t, conflict.Handed{
		Stamp: file.Stamp{By: casetest.Manager, At: handed.Changed}, Since: "2026-W10", Work: work, Status: conflict.HandedOver,
	}, *handed.Handed)
	heard := func(c conflict.Case, cmds ...file.Command) (conflict.Case, []string) {
		var overtaken []string
		for _, cmd := range cmds {
			next, err := c.Decide(cmd, conflict.System, c.Changed.Add(time.Hour))
			if err != nil {
				require.Equal(t, "overtaken", fault.Of(err).Rule)
				overtaken = append(overtaken, string(cmd.Action()))
				continue
			}
			c = next
		}
		return c, overtaken
	}

	c, overtaken := heard(handed, m.Accepted(work), m.Accepted(work), m.Examined(work), m.Examined(work), m.Ended(work), m.Ended(work), m.Declined(work),
		m.Answered(work, working.Going), m.Accepted(work))
	require.Equal(t, []string{"work_accepted", "conditions_examined", "work_ended", "work_declined", "work_answered", "work_accepted"}, overtaken)
	require.Equal(t, []any{conflict.WorkedOn, true}, []any{c.Handed.Status, c.Handed.Conditions})
	require.Equal(t, conflict.HandedOver, handed.Handed.Status, "nothing reached into the state before")

	c, overtaken = heard(handed, m.Declined(work), m.Declined(work), m.Accepted(work), m.Examined(work), m.Ended(work))
	require.Len(t, overtaken, 4)
	require.Equal(t, conflict.Declined, c.Handed.Status)

	anew := carry(t, c, casetest.Step{By: casetest.Reviewer, Command: m.HandOver(other)})
	require.Equal(t, []any{other, conflict.HandedOver, false}, []any{anew.Handed.Work, anew.Handed.Status, anew.Handed.Conditions})
	_, overtaken = heard(anew, m.Accepted(work), m.Ended(work))
	require.Len(t, overtaken, 2, "what the working file before says does not count any more")
}

// A working file that is still open is withdrawn when the case goes on without it, and no other one is.
func TestOnlyWorkThatGoesOnIsWithdrawn(t *testing.T) {
	m := &casetest.Maker{Salt: "withdrawn"}
	kind := file.Define(conflict.Spec)
	handed := carry(t, before(t, conflict.ActionHandToWork), casetest.Step{By: casetest.Manager, Command: m.HandOver(work)})
	accepted := carry(t, handed, casetest.Step{By: conflict.System, Command: m.Accepted(work)})
	ended := carry(t, accepted, casetest.Step{By: conflict.System, Command: m.Ended(work)})
	declined := carry(t, handed, casetest.Step{By: conflict.System, Command: m.Declined(work)})
	anew := casetest.Step{By: casetest.Manager, Command: m.HandOver(other)}
	for name, tc := range map[string]struct {
		c    conflict.Case
		want []file.Message
	}{
		"what nobody has taken up yet": {handed, []file.Message{working.ToWork(work, working.WithdrawWork{})}},
		"what is under way":            {accepted, []file.Message{working.ToWork(work, working.WithdrawWork{})}},
		"what is over":                 {ended, nil},
		"what was declined":            {declined, nil},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, kind.Messages(tc.c, carry(t, tc.c, anew)))
		})
	}
	require.Empty(t, kind.Messages(handed, accepted), "the work goes on")
	require.Empty(t, kind.Messages(before(t, conflict.ActionHandToWork), handed), "the working file is begun by whoever hands the case over")
}

// The working file is told what it has to know of the case, once; the case keeps nothing of it.
func TestHandingOverTellsTheWorkingFileAndNotTheCase(t *testing.T) {
	m := &casetest.Maker{Salt: "told"}
	c := before(t, conflict.ActionHandToWork)
	given := conflict.HandToWork{Facilitators: []string{casetest.Mediator, casetest.Stranger}, Briefing: "Bitte in der Bücherei."}
	require.Equal(t, working.KindWork, given.Starts())
	kept := given.Without(work)
	require.Equal(t, m.HandOver(work), kept)
	next := carry(t, c, casetest.Step{By: casetest.Reviewer, Command: kept})
	for _, told := range []string{casetest.Mediator, casetest.Stranger, "Bücherei"} {
		require.NotContains(t, asJSON(t, next), told)
	}
	require.Equal(t, working.Beginning{
		Case: c.ID, Reference: c.Signal.Reference, Facilitators: given.Facilitators, Commissioner: casetest.Reviewer, Involved: []string{casetest.Reviewer, casetest.Manager},
		Stage: 5, Briefing: "Bitte in der Bücherei.",
	}, given.Beginning(next, casetest.Reviewer))
}

// Whoever once had to do with a case is no mediator in it, even if others have taken their place since.
func TestWhoWasInvolvedIsNotForgotten(t *testing.T) {
	m := &casetest.Maker{Salt: "involved"}
	c := before(t, conflict.ActionRecordAnalysis)
	by := func(who string, cmds ...file.Command) {
		for _, cmd := range cmds {
			c = carry(t, c, casetest.Step{By: who, Command: cmd})
		}
	}
	analysis := m.Analysis(5)
	scoring := m.Assessment(4)
	by(casetest.Manager, conflict.Assign{Assignee: "p-first"})
	by("p-first", analysis)
	by("p-scored", scoring)
	by("p-unhappy", m.Review(false))
	by("p-second", m.Analysis(5), scoring, conflict.Assign{Assignee: "p-second"})
	by(casetest.Reviewer, m.Review(true))
	by("p-commissioner", m.HandOver(work))
	by(casetest.Reviewer, m.HandOver(other))

	begins := conflict.HandToWork{Facilitators: []string{"p-first"}}.Beginning(c, casetest.Reviewer).(working.Beginning)
	for _, who := range []string{"p-first", "p-scored", "p-unhappy", "p-second", "p-commissioner", casetest.Reviewer, casetest.Manager} {
		require.Contains(t, begins.Involved, who)
		require.Contains(t, c.Involved, who)
	}
	require.NotContains(t, begins.Involved, file.System)
	require.Empty(t, c.WithoutPeople().Involved)
	require.Empty(t, c.SignalOnly().Involved)

	for i := range 60 {
		by(casetest.Manager, conflict.Assign{Assignee: fmt.Sprintf("p-many-%02d", i)})
	}
	begins = conflict.HandToWork{Facilitators: []string{"p-first"}}.Beginning(c, casetest.Stranger).(working.Beginning)
	for _, all := range [][]string{c.Involved, begins.Involved} {
		require.Len(t, all, 50, "the state stays small")
		require.Subset(t, all, []string{"p-many-59", "p-second", casetest.Reviewer, casetest.Manager}, "whoever has to do with it now is never forgotten")
	}
	require.Equal(t, casetest.Stranger, begins.Involved[0])
}

// A case keeps whether its assignee took it by their own hand, until somebody else assigns it to them.
func TestACaseKeepsByWhoseHandItWasAssigned(t *testing.T) {
	t.Parallel()
	c := before(t, conflict.ActionAssign)
	require.False(t, c.SelfAssigned)
	for _, s := range []struct {
		by, to string
		own    bool
	}{
		{"u-1", "u-1", true}, {"u-1", "u-1", true}, {"u-2", "u-1", false}, {"u-1", "u-1", false}, {"u-1", "u-2", false}, {"u-1", "u-1", true},
	} {
		cmd, err := file.Prepare(conflict.Assign{Assignee: s.to})
		require.NoError(t, err)
		next, err := conflict.Spec.Decide(c, cmd, s.by, c.Changed.Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, s.own, next.SelfAssigned, s)
		require.Equal(t, s.own, slices.Contains(next.Relations(s.to), conflict.SelfAssigned), s)
		told := conflict.Spec.Notices(c, next)
		require.Equal(t, s.own && c.Assignee != s.to, len(told) == 1, s)
		c = next
	}
	require.Empty(t, c.WithoutPeople().Assignee)
	require.False(t, c.WithoutPeople().SelfAssigned)
}
