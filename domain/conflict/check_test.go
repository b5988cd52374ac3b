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
	conflict.ReviewAnalysis{}, conflict.AssessEscalation{}, conflict.HandToWork{}, conflict.ProposeClosure{}, conflict.SignOff{}, conflict.RecordFollowUp{}, conflict.Reopen{},
	conflict.Assign{}, conflict.AddNote{}, conflict.AttachDocument{}, conflict.WorkAccepted{}, conflict.WorkDeclined{},
	conflict.ConditionsExamined{}, conflict.WorkAnswered{}, conflict.WorkEnded{}, file.DeadlinePassed{},
	conflict.PauseCase{}, conflict.ResumeCase{}, conflict.MoveCaseCalendar{},
	conflict.PlanMeasure{}, conflict.FinishMeasure{}, conflict.DropMeasure{},
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
		"handed over to no file":         {m.HandOver("akte-1"), "work", "uuid"},
		"a facilitator on the case":      {conflict.HandToWork{Work: work, Facilitators: []string{casetest.Mediator}}, "facilitators", "confided"},
		"a briefing on the case":         {conflict.HandToWork{Work: work, Docs: m.Prose(conflict.ActionHandToWork, "work", "briefing")}, "docs[0].compartment", "compartment"},
		"an answer that is none":         {m.Answered(work, "gut"), "answer", "enum"},
		"an unknown outcome":             {m.Closure("gut"), "outcome", "enum"},
		"no lessons":                     {changed(m.Closure("unveraendert"), func(s *conflict.ProposeClosure) { s.Docs.Docs = nil }), "lessons", "required"},
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

// Whom a case is handed over to is checked before the case forgets it.
func TestACaseIsHandedOverToOneToFourPeople(t *testing.T) {
	for name, tc := range map[string]struct {
		people      []string
		field, rule string
	}{
		"nobody":            {nil, "facilitators", "required"},
		"five":              {[]string{"p-1", "p-2", "p-3", "p-4", "p-5"}, "facilitators", "max_items"},
		"somebody twice":    {[]string{"p-1", "p-2", "p-1"}, "facilitators[2]", "unique"},
		"somebody's name":   {[]string{"Frau Müller"}, "facilitators[0]", "person_id"},
		"the system":        {[]string{conflict.System}, "facilitators[0]", "person_id"},
		"an e-mail address": {[]string{"p-1", "a@example.org"}, "facilitators[1]", "person_id"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := file.Prepare(conflict.HandToWork{Facilitators: tc.people})
			f := fault.Of(err)
			require.NotNil(t, f)
			require.Equal(t, []any{fault.Invalid, tc.field, tc.rule}, []any{f.Code, f.Field, f.Rule})
			require.NotEmpty(t, f.Remedy)
		})
	}
	for n := 1; n <= 4; n++ {
		_, err := file.Prepare(conflict.HandToWork{Facilitators: []string{"p-1", "p-2", "p-3", "p-4"}[:n]})
		require.NoError(t, err)
	}
}
