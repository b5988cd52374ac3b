package conflict_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/casetest"
)

// commands has one zero command of each action.
var commands = []file.Command{
	conflict.ReportSignal{}, conflict.TriageSignal{}, conflict.RecordClearing{}, conflict.DecideMandate{}, conflict.RecordAnalysis{},
	conflict.ReviewAnalysis{}, conflict.AssessEscalation{}, conflict.PlanMediation{}, conflict.ConfirmConditions{}, conflict.RecordSession{},
	conflict.RecordInterimResult{}, conflict.ProposeClosure{}, conflict.SignOff{}, conflict.RecordFollowUp{}, conflict.Reopen{},
	conflict.Assign{}, conflict.AddNote{}, conflict.AttachDocument{}, file.DeadlinePassed{},
}

func TestEveryActionHasItsCommand(t *testing.T) {
	var actions []conflict.Action
	for _, cmd := range commands {
		actions = append(actions, cmd.Action())
	}
	require.ElementsMatch(t, actionsOf(conflict.Spec), actions)
}

// actionsOf lists every action of a kind, the timer's included.
func actionsOf[S file.State](k *file.Spec[S]) []file.Action {
	as := []file.Action{file.ActionDeadlinePassed}
	for _, r := range k.Rules {
		as = append(as, r.Form.Action())
	}
	return as
}

// changed is a command with one part made wrong.
func changed[C file.Command](c C, change func(*C)) file.Command {
	change(&c)
	return c
}

func TestChecksRefuseWhatIsWrongInAnyState(t *testing.T) {
	m := &casetest.Maker{Salt: "check"}
	for name, tc := range map[string]struct {
		cmd         file.Command
		field, rule string
	}{
		"a source that is none":          {changed(m.Signal(), func(s *conflict.ReportSignal) { s.Source = "gerücht" }), "source", "enum"},
		"a file number with a name":      {changed(m.Signal(), func(s *conflict.ReportSignal) { s.Reference = "Frau Müller" }), "reference", "pattern"},
		"a channel with a name":          {changed(m.Signal(), func(s *conflict.ReportSignal) { s.Channel = "Herr Meier" }), "channel", "enum"},
		"a day that is none":             {changed(m.Signal(), func(s *conflict.ReportSignal) { s.ObservedOn = "2026-02-30" }), "observed_on", "date"},
		"a day of another age":           {changed(m.Signal(), func(s *conflict.ReportSignal) { s.ObservedOn = "0001-01-01" }), "observed_on", "date"},
		"an EEP that is none":            {changed(m.Signal(), func(s *conflict.ReportSignal) { s.EEP = "" }), "eep", "enum"},
		"reliability out of range":       {changed(m.Signal(), func(s *conflict.ReportSignal) { s.Reliability = 5 }), "reliability", "range"},
		"a signal without words":         {changed(m.Signal(), func(s *conflict.ReportSignal) { s.Docs.Docs = nil }), "title", "required"},
		"a signal without text":          {changed(m.Signal(), func(s *conflict.ReportSignal) { s.Docs.Docs[0].Fields = []string{"title"} }), "text", "required"},
		"an unknown triage":              {changed(m.Triage(conflict.Watch), func(s *conflict.TriageSignal) { s.Decision = "zusammenfuehren" }), "decision", "enum"},
		"dropped without a reason":       {conflict.TriageSignal{Decision: conflict.Drop}, "reason", "required"},
		"watched without a reason":       {conflict.TriageSignal{Decision: conflict.Watch}, "reason", "required"},
		"an unknown urgency":             {changed(m.Clearing(), func(s *conflict.RecordClearing) { s.Urgency = "sofort" }), "urgency", "enum"},
		"a mandate without legal basis":  {changed(m.Mandate(true), func(s *conflict.DecideMandate) { s.LegalBasis = "" }), "legal_basis", "enum"},
		"a mandate without consent":      {changed(m.Mandate(true), func(s *conflict.DecideMandate) { s.Consent = "" }), "consent", "enum"},
		"a mandate of nobody":            {changed(m.Mandate(true), func(s *conflict.DecideMandate) { s.Docs.Docs = nil }), "commissioner", "required"},
		"a refusal without a reason":     {changed(m.Mandate(false), func(s *conflict.DecideMandate) { s.Docs.Docs = nil }), "reason", "required"},
		"a topic twice":                  {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Topics = []conflict.Topic{"religion", "religion"} }), "topics[1]", "unique"},
		"an unknown topic":               {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Topics[1] = "x" }), "topics[1]", "enum"},
		"an actor with a name for id":    {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Actors[1].ID = "Frau Müller" }), "actors[1].id", "local_id"},
		"two actors of one id":           {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Actors[1].ID = "a1" }), "actors[1].id", "unique"},
		"an actor without a role":        {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Actors[0].Role = "" }), "actors[0].role", "enum"},
		"too many actors":                {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Actors = make([]conflict.Actor, 61) }), "actors", "max_items"},
		"a relation from nobody":         {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Relations[0].From = "a9" }), "relations[0].from", "unknown_actor"},
		"a relation to oneself":          {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Relations[0].To = "a1" }), "relations[0].to", "unknown_actor"},
		"an unknown relation":            {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Relations[0].Kind = "liebe" }), "relations[0].kind", "enum"},
		"stage ten":                      {m.Analysis(10), "stage", "range"},
		"an unknown instrumentalisation": {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Instrumentalisation = "ja" }), "instrumentalisation", "enum"},
		"disapproved without remarks":    {conflict.ReviewAnalysis{}, "remarks", "required"},
		"scored without a stage":         {m.Assessment(0), "stage", "range"},
		"scored without a rationale":     {conflict.AssessEscalation{Stage: 3}, "rationale", "required"},
		"an unknown form":                {m.Plan("gespraech"), "form", "enum"},
		"a facilitator's name":           {changed(m.Plan("mediation"), func(s *conflict.PlanMediation) { s.Facilitator = "Frau Müller" }), "facilitator", "person_id"},
		"the system as facilitator":      {changed(m.Plan("mediation"), func(s *conflict.PlanMediation) { s.Facilitator = conflict.System }), "facilitator", "person_id"},
		"an e-mail address":              {changed(m.Plan("mediation"), func(s *conflict.PlanMediation) { s.Mediators = []string{"a@example.org"} }), "mediators[0]", "person_id"},
		"a mediator twice":               {changed(m.Plan("mediation"), func(s *conflict.PlanMediation) { s.Mediators = []string{"p-1", "p-1"} }), "mediators[1]", "unique"},
		"the facilitator as mediator":    {changed(m.Plan("mediation"), func(s *conflict.PlanMediation) { s.Mediators = []string{s.Facilitator} }), "mediators[0]", "unique"},
		"a range upside down":            {changed(m.Plan("mediation"), func(s *conflict.PlanMediation) { s.Recommended = &conflict.Range{From: 4, To: 2} }), "recommended", "range"},
		"confirmed on no day":            {changed(m.Conditions(), func(s *conflict.ConfirmConditions) { s.ConfirmedOn = "gestern" }), "confirmed_on", "date"},
		"a negative number of people":    {changed(m.Session(), func(s *conflict.RecordSession) { s.Participants = -1 }), "participants", "range"},
		"a session about nothing":        {changed(m.Session(), func(s *conflict.RecordSession) { s.Docs.Docs = nil }), "content", "required"},
		"an unknown progress":            {changed(m.Interim(), func(s *conflict.RecordInterimResult) { s.Progress = "gut" }), "progress", "enum"},
		"an interim result of nothing":   {changed(m.Interim(), func(s *conflict.RecordInterimResult) { s.Docs.Docs = nil }), "result", "required"},
		"an unknown outcome":             {m.Closure("gut"), "outcome", "enum"},
		"an agreement about nothing":     {changed(m.Closure(conflict.Agreement), func(s *conflict.ProposeClosure) { s.Agreements = nil }), "agreements", "required"},
		"a clause twice":                 {changed(m.Closure(conflict.Agreement), func(s *conflict.ProposeClosure) { s.Agreements = append(s.Agreements, s.Agreements[0]) }), "agreements[1].id", "unique"},
		"a clause without words":         {changed(m.Closure(conflict.Agreement), func(s *conflict.ProposeClosure) { s.Agreements[0].ID = "c2" }), "agreements[0].who", "required"},
		"a clause without an end":        {changed(m.Closure(conflict.Agreement), func(s *conflict.ProposeClosure) { s.Agreements[0].Due = "" }), "agreements[0].due", "date"},
		"an unknown factor":              {changed(m.Closure(conflict.Agreement), func(s *conflict.ProposeClosure) { s.Factors[0] = "glück" }), "factors[0]", "enum"},
		"an unknown obstacle":            {changed(m.Closure(conflict.Agreement), func(s *conflict.ProposeClosure) { s.Obstacles[0] = "pech" }), "obstacles[0]", "enum"},
		"no lessons":                     {changed(m.Closure("vertagt"), func(s *conflict.ProposeClosure) { s.Docs.Docs = nil }), "lessons", "required"},
		"sent back without remarks":      {conflict.SignOff{}, "remarks", "required"},
		"a follow-up in month four":      {m.FollowUp(4), "month", "enum"},
		"an unknown stability":           {changed(m.FollowUp(3), func(s *conflict.RecordFollowUp) { s.Status = "gut" }), "status", "enum"},
		"a follow-up on no day":          {changed(m.FollowUp(3), func(s *conflict.RecordFollowUp) { s.HeldOn = "x" }), "held_on", "date"},
		"reopened without a reason":      {conflict.Reopen{}, "reason", "required"},
		"assigned to nobody":             {conflict.Assign{}, "assignee", "person_id"},
		"assigned with a document":       {conflict.Assign{Assignee: "p-1", Docs: m.Prose(conflict.ActionAssign, conflict.CaseFile)}, "docs[0].compartment", "compartment"},
		"an empty note":                  {conflict.AddNote{}, "note", "required"},
		"two notes at once": {conflict.AddNote{Docs: conflict.Docs{Docs: append(
			m.Note(conflict.CaseFile).Docs.Docs, m.Note(conflict.CaseFile).Docs.Docs...)}}, "docs", "max_items"},
		"a document of no type":         {changed(m.Attachment(conflict.CaseFile), func(s *conflict.AttachDocument) { s.MediaType = "pdf" }), "media_type", "pattern"},
		"an empty document":             {changed(m.Attachment(conflict.CaseFile), func(s *conflict.AttachDocument) { s.Size = 0 }), "size", "range"},
		"a document without an id":      {changed(m.Note(conflict.CaseFile), func(s *conflict.AddNote) { s.Docs.Docs[0].ID = "1" }), "docs[0].id", "uuid"},
		"a document without a digest":   {changed(m.Note(conflict.CaseFile), func(s *conflict.AddNote) { s.Docs.Docs[0].Digest = "1" }), "docs[0].digest", "sha256"},
		"a document of another command": {changed(m.Note(conflict.CaseFile), func(s *conflict.AddNote) { s.Docs.Docs[0].Action = "triage" }), "docs[0].action", "action"},
		"a compartment that is none":    {m.Note("keller"), "docs[0].compartment", "compartment"},
		"a field named like a person":   {changed(m.Note(conflict.CaseFile), func(s *conflict.AddNote) { s.Docs.Docs[0].Fields = []string{"note", "Müller"} }), "docs[0].fields[1]", "field_name"},
		"a document twice":              {changed(m.Signal(), func(s *conflict.ReportSignal) { s.Docs.Docs = append(s.Docs.Docs, s.Docs.Docs[0]) }), "docs[1].id", "unique"},
		"too many documents":            {changed(m.Signal(), func(s *conflict.ReportSignal) { s.Docs.Docs = make([]conflict.Doc, 9) }), "docs", "max_items"},
		"mediation in the case file":    {changed(m.Session(), func(s *conflict.RecordSession) { s.Docs.Docs[0].Compartment = conflict.CaseFile }), "docs[0].compartment", "compartment"},
		"an analysis among mediators":   {changed(m.Analysis(5), func(s *conflict.RecordAnalysis) { s.Docs.Docs[0].Compartment = conflict.MediationFile }), "docs[0].compartment", "compartment"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fault.Of(tc.cmd.Check())
			require.NotNil(t, f)
			require.Equal(t, []any{fault.Invalid, tc.field, tc.rule}, []any{f.Code, f.Field, f.Rule})
			require.NotEmpty(t, f.Remedy)
		})
	}
}

func TestTheDigestTellsCommandsApart(t *testing.T) {
	m := &casetest.Maker{Salt: "digest"}
	signal := m.Signal()
	seen := map[string]bool{}
	for _, cmd := range append(commands, signal, changed(signal, func(s *conflict.ReportSignal) { s.Reliability = 1 })) {
		d := file.Digest(cmd)
		require.Len(t, d, 64)
		require.False(t, seen[d], "%T", cmd)
		seen[d] = true
	}
	var again conflict.ReportSignal
	b, err := json.Marshal(signal)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &again))
	require.Equal(t, file.Digest(signal), file.Digest(again), "it survives the way through the engine")
}
