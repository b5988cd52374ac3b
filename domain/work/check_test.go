package work_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/work"
)

// changed is cmd after change; the parts that they share are copied by change.
func changed[C file.Command](cmd C, change func(*C)) C {
	change(&cmd)
	return cmd
}

func TestWhatIsWrongInAnyCase(t *testing.T) {
	noDocs := file.Docs{}
	for name, tc := range map[string]struct {
		cmd         file.Command
		field, rule string
	}{
		"work on nothing":             {changed(begin(lead), func(c *work.BeginWork) { c.Case = "KK-2025/014" }), "case", "uuid"},
		"work of nobody":              {begin(), "facilitators", "required"},
		"work of five":                {begin("a", "b", "c", "d", "e"), "facilitators", "max_items"},
		"a facilitator twice":         {begin(lead, lead), "facilitators[1]", "unique"},
		"a facilitator by name":       {begin(lead, "Frau Müller"), "facilitators[1]", "person_id"},
		"handed over by nobody":       {changed(begin(lead), func(c *work.BeginWork) { c.Commissioner = "" }), "commissioner", "person_id"},
		"the system was involved":     {changed(begin(lead), func(c *work.BeginWork) { c.Involved = []string{file.System} }), "involved[0]", "person_id"},
		"a crowd was involved":        {changed(begin(lead), func(c *work.BeginWork) { c.Involved = make([]string, 51) }), "involved", "max_items"},
		"no stage":                    {changed(begin(lead), func(c *work.BeginWork) { c.Stage = 0 }), "stage", "range"},
		"a briefing for the case":     {changed(begin(lead), func(c *work.BeginWork) { c.Docs = says(work.ActionBegin, "case", "briefing") }), "docs[0].compartment", "compartment"},
		"partial for no reason":       {changed(partial, func(c *work.DeclareWorkIndependence) { c.Docs = noDocs }), "circumstances", "required"},
		"independent, and agreed to":  {changed(independent, func(c *work.DeclareWorkIndependence) { c.Consented = true }), "consented", "kind"},
		"an unknown form":             {form("hypnose"), "form", "enum"},
		"a range backwards":           {work.ChooseForm{Form: "moderation", Recommended: &work.Range{From: 3, To: 2}}, "recommended", "range"},
		"a range beyond Glasl":        {work.ChooseForm{Form: "moderation", Recommended: &work.Range{From: 3, To: 10}}, "recommended", "range"},
		"conditions on no day":        {conditions("bald"), "confirmed_on", "date"},
		"not voluntary":               {changed(conditions("2027-03-31"), func(c *work.ConfirmWorkConditions) { c.Voluntary = false }), "voluntary", "conditions"},
		"not confidential":            {changed(conditions("2027-03-31"), func(c *work.ConfirmWorkConditions) { c.Confidential = false }), "confidential", "conditions"},
		"not independent":             {changed(conditions("2027-03-31"), func(c *work.ConfirmWorkConditions) { c.Independent = false }), "independent", "conditions"},
		"a session on no day":         {session("2027-02-30"), "held_on", "date"},
		"a session of too many":       {changed(session("2027-04-06"), func(c *work.RecordWorkSession) { c.Participants = 5001 }), "participants", "range"},
		"a session about nothing":     {changed(session("2027-04-06"), func(c *work.RecordWorkSession) { c.Docs = noDocs }), "content", "required"},
		"an unknown progress":         {changed(interim, func(c *work.RecordWorkInterim) { c.Progress = "gut" }), "progress", "enum"},
		"a result of nothing":         {changed(interim, func(c *work.RecordWorkInterim) { c.Docs = noDocs }), "result", "required"},
		"an empty note":               {work.NoteWork{}, "note", "required"},
		"a note in the agreement":     {work.NoteWork{Docs: says(work.ActionNote, work.Contract, "note")}, "docs[0].compartment", "compartment"},
		"a document of no type":       {changed(attachment, func(c *work.AttachToWork) { c.MediaType = "pdf" }), "media_type", "pattern"},
		"an empty document":           {changed(attachment, func(c *work.AttachToWork) { c.Size = 0 }), "size", "range"},
		"a document without a title":  {changed(attachment, func(c *work.AttachToWork) { c.Docs = says(work.ActionAttach, work.Notes, "content") }), "title", "required"},
		"an unknown answer":           {work.AnswerReview{Answer: "beendet"}, "answer", "enum"},
		"an agreement on nothing":     {work.RecordAgreement{}, "clauses", "required"},
		"an agreement without end":    {work.RecordAgreement{Clauses: make([]work.Clause, 51)}, "clauses", "max_items"},
		"a clause on no day":          {clauses("nie"), "clauses[0].due", "date"},
		"a clause twice":              {changed(clauses("2027-06-30"), func(c *work.RecordAgreement) { c.Clauses = append(c.Clauses, c.Clauses[0]) }), "clauses[1].id", "unique"},
		"a clause by name":            {changed(clauses("2027-06-30"), func(c *work.RecordAgreement) { c.Clauses = []work.Clause{{ID: "Müller", Due: "2027-06-30"}} }), "clauses[0].id", "local_id"},
		"a clause of nobody":          {changed(clauses("2027-06-30"), func(c *work.RecordAgreement) { c.Docs = says(work.ActionAgreement, work.Contract, "clauses.c1.what") }), "clauses[0].who", "required"},
		"a clause without words":      {changed(clauses("2027-06-30"), func(c *work.RecordAgreement) { c.Docs = says(work.ActionAgreement, work.Contract, "clauses.c1.who") }), "clauses[0].what", "required"},
		"an agreement among notes":    {changed(clauses("2027-06-30"), func(c *work.RecordAgreement) { c.Docs = says(work.ActionAgreement, work.Notes, "clauses.c1.who") }), "docs[0].compartment", "compartment"},
		"no clause is fulfilled":      {work.FulfilClause{}, "clause", "local_id"},
		"disclosed for no reason":     {changed(disclosure, func(c *work.Disclose) { c.Ground = "neugier" }), "ground", "enum"},
		"disclosed to nobody":         {changed(disclosure, func(c *work.Disclose) { c.Docs = says(work.ActionDisclose, work.Contract, "extract") }), "recipient", "required"},
		"nothing is disclosed":        {changed(disclosure, func(c *work.Disclose) { c.Docs = says(work.ActionDisclose, work.Contract, "recipient") }), "extract", "required"},
		"released on no day":          {changed(released, func(c *work.ReleaseMeasure) { c.Due = "bald" }), "due", "date"},
		"released for nobody":         {changed(released, func(c *work.ReleaseMeasure) { c.Docs = says(work.ActionRelease, work.Contract, "what") }), "who", "required"},
		"nothing is released":         {changed(released, func(c *work.ReleaseMeasure) { c.Docs = says(work.ActionRelease, work.Contract, "who") }), "what", "required"},
		"released of no clause":       {changed(released, func(c *work.ReleaseMeasure) { c.Clause = "Müller" }), "clause", "local_id"},
		"somebody admitted by name":   {admit("Frau Müller", "vertretung", "2027-05-31"), "subject", "person_id"},
		"admitted for no reason":      {admit(interpreter, "neugier", "2027-05-31"), "ground", "enum"},
		"admitted for ever":           {admit(interpreter, "vertretung", ""), "until", "date"},
		"supervision behind backs":    {admit(interpreter, work.Supervision, "2027-05-31"), "released", "release"},
		"colleagues behind backs":     {admit(interpreter, work.PeerConsultation, "2027-05-31"), "released", "release"},
		"nobody's admission is ended": {work.EndAdmission{}, "subject", "person_id"},
		"an unknown outcome":          {ending("gut", "2027-05-14"), "outcome", "enum"},
		"an end on no day":            {ending("vertagt", "irgendwann"), "concluded_on", "date"},
		"a stage beyond Glasl":        {changed(ending("vertagt", "2027-05-14"), func(c *work.EndWork) { c.StageAfter = 10 }), "stage_after", "range"},
		"an unknown factor":           {changed(ending("vertagt", "2027-05-14"), func(c *work.EndWork) { c.Factors = []work.Factor{"glueck"} }), "factors[0]", "enum"},
		"an obstacle twice": {changed(ending("vertagt", "2027-05-14"), func(c *work.EndWork) {
			c.Obstacles = []work.Obstacle{"projektende", "projektende"}
		}), "obstacles[1]", "unique"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fault.Of(tc.cmd.Check())
			require.NotNil(t, f)
			require.Equal(t, []any{fault.Invalid, tc.field, tc.rule}, []any{f.Code, f.Field, f.Rule})
			require.NotEmpty(t, f.Remedy)
		})
	}
}

func TestAnAttachmentIsCounted(t *testing.T) {
	cmd, err := work.AttachToWork{Content: "S29Lbwo="}.Prepare()
	require.NoError(t, err)
	require.Equal(t, 5, cmd.(work.AttachToWork).Size)
	_, err = work.AttachToWork{Content: "kein Base64"}.Prepare()
	require.Equal(t, "base64", fault.Of(err).Rule)
}

func TestATableOfInterventionsHasEachFormOnce(t *testing.T) {
	require.NoError(t, work.DefaultInterventions().Check())
	for name, tc := range map[string]struct {
		change func(work.Interventions) work.Interventions
		rule   string
	}{
		"an unknown form": {func(i work.Interventions) work.Interventions { i[0].Form = "hypnose"; return i }, "enum"},
		"a form twice":    {func(i work.Interventions) work.Interventions { i[1].Form = i[0].Form; return i }, "unique"},
		"a form missing":  {func(i work.Interventions) work.Interventions { return i[1:] }, "complete"},
		"from below":      {func(i work.Interventions) work.Interventions { i[0].From = 0; return i }, "range"},
		"to before from":  {func(i work.Interventions) work.Interventions { i[0].To = i[0].From - 1; return i }, "range"},
	} {
		require.Equal(t, tc.rule, fault.Of(tc.change(work.DefaultInterventions()).Check()).Rule, name)
	}
	require.Equal(t, &work.Range{From: 5, To: 7}, work.DefaultInterventions().For(work.Mediation))
	require.Nil(t, work.DefaultInterventions().For("hypnose"))
}
