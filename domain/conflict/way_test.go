package conflict_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/casetest"
)

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday

// fresh is a case before its signal.
var fresh = conflict.Case{ID: "0b0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90", AGS: "05334002"}

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
	halfway := m.Conditions()
	halfway.Voluntary = false
	bare := m.Clearing()
	bare.Urgency, bare.Danger = "", nil
	inDetection, inAnalysis, inMediation := before(t, conflict.ActionTriage), before(t, conflict.ActionRecordAnalysis), before(t, conflict.ActionConfirmConditions)
	open := carry(t, inDetection, step(casetest.Manager, m.Triage(conflict.OpenCase)))
	reviewed := before(t, conflict.ActionPlanMediation)
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
		"score before the analysis": {inAnalysis, nil, casetest.Manager, m.Assessment(4), "analysis", []string{"analysis"}},
		"plan before the analysis":  {inAnalysis, nil, casetest.Manager, m.Plan("mediation"), "analysis", []string{"analysis"}},
		"plan before the review": {
			inAnalysis, []casetest.Step{partly(func(*conflict.RecordAnalysis) {})}, casetest.Manager, m.Plan("mediation"), "review", []string{"review"},
		},
		"plan after a disapproval": {
			inAnalysis, []casetest.Step{partly(func(*conflict.RecordAnalysis) {}), step(casetest.Reviewer, m.Review(false))},
			casetest.Manager, m.Plan("mediation"), "review", []string{"review"},
		},
		"plan after another analysis": {
			reviewed, []casetest.Step{partly(func(*conflict.RecordAnalysis) {})}, casetest.Manager, m.Plan("mediation"), "review", []string{"review"},
		},
		"session before the conditions": {inMediation, nil, casetest.Mediator, m.Session(), "conditions", []string{"voluntary", "confidential"}},
		"session under half of them": {
			inMediation, []casetest.Step{step(casetest.Mediator, halfway)}, casetest.Mediator, m.Session(), "conditions", []string{"voluntary"},
		},
		"session after another form of work": {
			inMediation, []casetest.Step{step(casetest.Mediator, m.Conditions()), step(casetest.Manager, m.Plan("moderation"))},
			casetest.Mediator, m.Session(), "conditions", []string{"voluntary", "confidential"},
		},
		"settlement out of an analysis":        {inAnalysis, nil, casetest.Manager, m.Closure(conflict.Agreement), "mediation", []string{"mediation"}},
		"settlement before the conditions":     {inMediation, nil, casetest.Manager, m.Closure(conflict.Pacification), "conditions", []string{"voluntary", "confidential"}},
		"settlement without a session":         {inMediation, []casetest.Step{step(casetest.Mediator, m.Conditions())}, casetest.Manager, m.Closure(conflict.PartialAgreement), "sessions", []string{"sessions"}},
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
	inMediation := before(t, conflict.ActionConfirmConditions)
	talk := m.Session()
	talk.Preliminary = true
	for name, tc := range map[string]struct {
		c   conflict.Case
		by  string
		cmd file.Command
	}{
		"a preliminary talk comes before the conditions": {inMediation, casetest.Mediator, talk},
		"a conflict may end without a settlement":        {before(t, conflict.ActionRecordAnalysis), casetest.Manager, m.Closure("gegenstandslos")},
		"a watched signal is triaged again":              {carry(t, before(t, conflict.ActionTriage), casetest.Step{By: casetest.Manager, Command: m.Triage(conflict.Watch)}), casetest.Manager, m.Triage(conflict.Watch)},
		"a note comes to a closed case":                  {carry(t, fresh, (&casetest.Maker{Salt: "closed"}).Way()...), casetest.Stranger, m.Note(conflict.CaseFile)},
	} {
		t.Run(name, func(t *testing.T) { carry(t, tc.c, casetest.Step{By: tc.by, Command: tc.cmd}) })
	}
}

// Who wrote something does not approve it, and nobody but the mediators of record touches their file.
func TestTheRightPersonDecides(t *testing.T) {
	m := &casetest.Maker{Salt: "persons"}
	analysed, proposed, inMediation := before(t, conflict.ActionReviewAnalysis), before(t, conflict.ActionSignOff), before(t, conflict.ActionRecordSession)
	secret, open := m.Note(conflict.MediationFile), m.Note(conflict.Identities)
	withColleague := m.Plan("mediation")
	withColleague.Mediators = []string{casetest.Reviewer}
	joined := carry(t, inMediation, casetest.Step{By: casetest.Manager, Command: withColleague})
	for name, tc := range map[string]struct {
		c    conflict.Case
		by   string
		cmd  file.Command
		rule string
	}{
		"the analyst does not review":              {analysed, casetest.Manager, m.Review(true), "four_eyes"},
		"nor refuse the own analysis":              {analysed, casetest.Manager, m.Review(false), "four_eyes"},
		"another does":                             {analysed, casetest.Reviewer, m.Review(true), ""},
		"the proposer does not sign off":           {proposed, casetest.Manager, m.SignOff(true), "four_eyes"},
		"nor does the mediator":                    {proposed, casetest.Mediator, m.SignOff(true), "four_eyes"},
		"nor the assignee":                         {carry(t, proposed, casetest.Step{By: casetest.Manager, Command: conflict.Assign{Assignee: casetest.Supervisor}}), casetest.Supervisor, m.SignOff(true), "four_eyes"},
		"nor does whoever else proposed it":        {carry(t, before(t, conflict.ActionProposeClosure), casetest.Step{By: casetest.Stranger, Command: m.Closure("vertagt")}), casetest.Stranger, m.SignOff(true), "four_eyes"},
		"nor does the analyst":                     {carry(t, proposed, casetest.Step{By: casetest.Supervisor, Command: m.SignOff(false)}, casetest.Step{By: casetest.Manager, Command: conflict.Assign{Assignee: casetest.Stranger}}, casetest.Step{By: casetest.Stranger, Command: m.Closure("vertagt")}), casetest.Manager, m.SignOff(true), "four_eyes"},
		"the supervisor does":                      {proposed, casetest.Supervisor, m.SignOff(true), ""},
		"the manager does not record sessions":     {inMediation, casetest.Manager, m.Session(), "mediator_of_record"},
		"nor confirm conditions":                   {inMediation, casetest.Manager, m.Conditions(), "mediator_of_record"},
		"nor interim results":                      {inMediation, casetest.Manager, m.Interim(), "mediator_of_record"},
		"nor add notes to the mediation file":      {inMediation, casetest.Manager, secret, "mediator_of_record"},
		"nor attach documents to it":               {inMediation, casetest.Supervisor, m.Attachment(conflict.MediationFile), "mediator_of_record"},
		"nobody writes there before a plan":        {analysed, casetest.Mediator, secret, "mediator_of_record"},
		"the mediator does all of it":              {inMediation, casetest.Mediator, secret, ""},
		"a further mediator of record too":         {joined, casetest.Reviewer, m.Session(), ""},
		"anybody adds notes to other compartments": {inMediation, casetest.Stranger, open, ""},
		"the system is nobody's second pair":       {analysed, casetest.Reviewer, conflict.Assign{Assignee: conflict.System}, "person_id"},
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
		{before(t, conflict.ActionProposeClosure), conflict.Agreement, conflict.Mediation},
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
			require.Equal(t, tc.c.Plan, c.Plan, "its mediators of record answer for their file")
			require.Empty(t, c.Sessions)
			require.Empty(t, c.FollowUps)
		})
	}
}

func TestAMismatchWithGlaslWarnsAndNeverBlocks(t *testing.T) {
	m := &casetest.Maker{Salt: "glasl"}
	table := conflict.DefaultInterventions()
	for _, form := range file.Values[conflict.Form]() {
		for stage := 1; stage <= 9; stage++ {
			c := carry(t, before(t, conflict.ActionRecordAnalysis),
				casetest.Step{By: casetest.Manager, Command: m.Analysis(stage)},
				casetest.Step{By: casetest.Reviewer, Command: m.Review(true)},
				casetest.Step{By: casetest.Manager, Command: m.Plan(form)})
			r := table.For(form)
			if r.From <= stage && stage <= r.To {
				require.Empty(t, c.Warnings, "%s at %d", form, stage)
				continue
			}
			want := []conflict.Warning{{Rule: "glasl_mismatch", Form: form, Stage: stage, From: r.From, To: r.To}}
			require.Equal(t, want, c.Warnings, "%s at %d", form, stage)
			c = carry(t, c, casetest.Step{By: casetest.Manager, Command: m.Assessment(r.From)})
			require.Empty(t, c.Warnings, "the warning goes when the stage fits")
		}
	}
	unknown := m.Plan("mediation")
	unknown.Recommended = nil
	require.Empty(t, carry(t, before(t, conflict.ActionPlanMediation), casetest.Step{By: casetest.Manager, Command: unknown}).Warnings)
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
	mediated := before(t, conflict.ActionSignOff)
	for by, want := range map[string][]conflict.Relation{
		casetest.Reporter: {conflict.Reporter},
		casetest.Manager:  {conflict.Assigned, conflict.Analyst, conflict.Proposer},
		casetest.Mediator: {conflict.Assigned, conflict.MediatorOfRecord},
		casetest.Stranger: nil,
		"":                nil,
	} {
		require.Equal(t, want, mediated.Relations(by), by)
	}
	require.Equal(t, []conflict.Relation{conflict.Unhanded}, before(t, conflict.ActionTriage).Relations(casetest.Stranger))
	require.Empty(t, fresh.Relations(""), "nobody is nobody's reporter")
	require.Equal(t, []string{casetest.Manager, casetest.Mediator}, mediated.Team())
}

func TestTheTableOfInterventionsIsComplete(t *testing.T) {
	table := conflict.DefaultInterventions()
	require.NoError(t, table.Check())
	require.Nil(t, table.For("unknown"))
	for name, change := range map[string]func(conflict.Interventions) conflict.Interventions{
		"a form is missing":      func(t conflict.Interventions) conflict.Interventions { return t[1:] },
		"a form stands twice":    func(t conflict.Interventions) conflict.Interventions { return append(t, t[0]) },
		"a form is unknown":      func(t conflict.Interventions) conflict.Interventions { t[0].Form = "hellsehen"; return t },
		"a range is upside down": func(t conflict.Interventions) conflict.Interventions { t[0].From, t[0].To = 7, 5; return t },
		"a stage is above nine":  func(t conflict.Interventions) conflict.Interventions { t[0].To = 10; return t },
		"a stage is below one":   func(t conflict.Interventions) conflict.Interventions { t[0].From = 0; return t },
	} {
		require.Error(t, change(conflict.DefaultInterventions()).Check(), name)
	}
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
