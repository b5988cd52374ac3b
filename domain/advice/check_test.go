package advice_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/advice"
	"koko/domain/fault"
	"koko/domain/file"
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
		"an unknown form":         {request("therapie"), "form", "enum"},
		"an unknown topic":        {changed(request("beratung"), func(c *advice.RequestAdvice) { c.Topic = "wetter" }), "topic", "enum"},
		"an unknown urgency":      {changed(request("beratung"), func(c *advice.RequestAdvice) { c.Urgency = "gestern" }), "urgency", "enum"},
		"an unknown origin":       {changed(request("beratung"), func(c *advice.RequestAdvice) { c.Origin = "mars" }), "origin", "enum"},
		"a name for a case":       {changed(request("beratung"), func(c *advice.RequestAdvice) { c.RelatedCase = "Streit mit Müller" }), "related_case", "pattern"},
		"a request about nothing": {changed(request("beratung"), func(c *advice.RequestAdvice) { c.Docs = noDocs }), "title", "required"},
		"words in the wrong place": {changed(request("beratung"), func(c *advice.RequestAdvice) {
			c.Docs = says(advice.ActionRequest, advice.ClientNotes, "title", "concern")
		}), "docs[0].compartment", "compartment"},
		"a talk on no day":           {advice.AnswerAdvice{TalkOn: "bald"}, "talk_on", "date"},
		"a clarification of nothing": {changed(clarify("beratung", "2027-03-17"), func(c *advice.ClarifyAdvice) { c.Docs = noDocs }), "task", "required"},
		"declined for no reason":     {advice.DeclineAdvice{}, "reason", "enum"},
		"referred to nobody":         {advice.ReferAdvice{}, "to", "enum"},
		"withdrawn for no reason":    {advice.WithdrawAdvice{}, "reason", "enum"},
		"nobody advises":             {advice.AssignAdvisers{}, "local", "required"},
		"the same adviser twice":     {advice.AssignAdvisers{Local: "p", External: "p"}, "external", "unique"},
		"an adviser by name":         {advice.AssignAdvisers{Local: "Frau Müller"}, "local", "person_id"},
		"the system as adviser":      {advice.AssignAdvisers{External: file.System}, "external", "person_id"},
		"no goals":                   {advice.SetGoals{}, "goals", "required"},
		"too many goals":             {advice.SetGoals{Goals: make([]advice.Goal, 9)}, "goals", "max_items"},
		"a goal without words":       {changed(goals(), func(c *advice.SetGoals) { c.Goals = []advice.Goal{{ID: "g3"}} }), "goals[0].goal", "required"},
		"a goal twice":               {changed(goals(), func(c *advice.SetGoals) { c.Goals = []advice.Goal{{ID: "g1"}, {ID: "g1"}} }), "goals[1].id", "unique"},
		"a goal beyond the scale":    {changed(goals(), func(c *advice.SetGoals) { c.Goals = []advice.Goal{{ID: "g1", Start: 3}} }), "goals[0].start", "range"},
		"goals for the coordination": {changed(goals(), func(c *advice.SetGoals) {
			c.Docs = says(advice.ActionSetGoals, advice.File, "goals.g1.goal", "goals.g2.goal")
		}), "docs[0].compartment", "compartment"},
		"no hours":                      {proposal(0), "hours", "range"},
		"too many hours":                {proposal(1001), "hours", "range"},
		"an end before the beginning":   {changed(proposal(1), func(c *advice.ProposeAgreement) { c.Until = "2027-03-31" }), "until", "order"},
		"six years":                     {changed(proposal(1), func(c *advice.ProposeAgreement) { c.Until = "2033-04-01" }), "until", "range"},
		"an unknown payer":              {changed(proposal(1), func(c *advice.ProposeAgreement) { c.Payer = "oma" }), "payer", "enum"},
		"an unknown listener":           {changed(proposal(1), func(c *advice.ProposeAgreement) { c.Told = []advice.Disclosed{{To: "presse", What: "nichts"}} }), "told[0].to", "enum"},
		"a listener twice":              {changed(proposal(1), func(c *advice.ProposeAgreement) { c.Told = append(c.Told, c.Told[0]) }), "told[1].to", "unique"},
		"an extension by nothing":       {advice.ExtendAgreement{}, "hours", "required"},
		"an extension backwards":        {advice.ExtendAgreement{Hours: -1}, "hours", "range"},
		"an extension until no day":     {advice.ExtendAgreement{Until: "immer"}, "until", "date"},
		"a meeting on no day":           {meeting("2027-02-30", 1), "held_on", "date"},
		"a meeting of no time":          {meeting("2027-04-10", 0), "minutes", "range"},
		"a meeting of two days":         {meeting("2027-04-10", 25), "minutes", "range"},
		"a meeting of nobody":           {changed(meeting("2027-04-10", 1), func(c *advice.RecordMeeting) { c.Present = 0 }), "present", "range"},
		"an unknown setting":            {changed(meeting("2027-04-10", 1), func(c *advice.RecordMeeting) { c.Setting = "traum" }), "setting", "enum"},
		"an empty note":                 {advice.NoteAdvice{}, "note", "required"},
		"a note for the client":         {advice.NoteAdvice{Docs: says(advice.ActionNote, advice.ClientNotes, "note")}, "docs[0].compartment", "compartment"},
		"an empty note of the client":   {advice.NoteAsClient{}, "note", "required"},
		"a client's note for others":    {advice.NoteAsClient{Docs: says(advice.ActionNoteAsClient, advice.AdvisersNotes, "note")}, "docs[0].compartment", "compartment"},
		"a rest for no reason":          {advice.PauseAdvice{}, "reason", "enum"},
		"an unknown outcome":            {advice.CloseAdvice{Outcome: "gut"}, "outcome", "enum"},
		"an outcome that only time has": {advice.CloseAdvice{Outcome: advice.Ending(advice.PeriodOver)}, "outcome", "enum"},
		"broken off for no reason":      {advice.BreakOffAdvice{}, "reason", "enum"},
		"a rating beyond the scale":     {advice.RateGoals{Ratings: []advice.Rating{{Goal: "g1", Value: -3}}}, "ratings[0].value", "range"},
		"a goal rated twice":            {advice.RateGoals{Ratings: []advice.Rating{{Goal: "g1"}, {Goal: "g1"}}}, "ratings[1].goal", "unique"},
		"too many ratings":              {advice.RateGoals{Ratings: make([]advice.Rating, 9)}, "ratings", "max_items"},
		"an unknown hold":               {advice.RecordFollowUp{HeldOn: "2027-08-01"}, "holds", "enum"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fault.Of(tc.cmd.Check())
			require.NotNil(t, f)
			require.Equal(t, []any{fault.Invalid, tc.field, tc.rule}, []any{f.Code, f.Field, f.Rule})
			require.NotEmpty(t, f.Remedy)
		})
	}
}

func TestWhatIsWrongInAState(t *testing.T) {
	asked, agreed, running := until(t, "beratung", advice.ActionRequest), until(t, "beratung", advice.ActionAgree), until(t, "beratung", advice.ActionMeet)
	long := proposal(20)
	long.Until = "2027-03-01"
	long.From = "2027-02-01"
	for name, tc := range map[string]struct {
		in   advice.Advice
		by   string
		cmd  file.Command
		rule string
	}{
		"a talk tomorrow":                     {asked, coordinator, clarify("beratung", "2027-12-02"), "not_in_future"},
		"a second first answer":               {until(t, "beratung", advice.ActionAnswer), coordinator, advice.AnswerAdvice{}, "answered"},
		"a period that is over":               {until(t, "beratung", advice.ActionSetGoals), client, long, "future"},
		"a meeting tomorrow":                  {running, local, meeting("2027-12-02", 1), "not_in_future"},
		"a meeting before the period":         {agreed, local, meeting("2027-03-31", 1), "order"},
		"an earlier end":                      {running, client, advice.ExtendAgreement{Until: "2027-09-29"}, "order"},
		"an end in six years":                 {running, client, advice.ExtendAgreement{Until: "2033-01-01"}, "range"},
		"more hours than there may be":        {running, client, advice.ExtendAgreement{Hours: 981}, "range"},
		"a rating of a goal that is none":     {running, client, advice.RateGoals{Ratings: []advice.Rating{{Goal: "g7"}}}, "unknown_goal"},
		"a rating of some goals":              {running, client, advice.RateGoals{Ratings: []advice.Rating{{Goal: "g1"}}}, "complete"},
		"a rating of nothing":                 {running, client, advice.RateGoals{}, "complete"},
		"a follow-up tomorrow":                {until(t, "beratung", advice.ActionClose), client, advice.RecordFollowUp{HeldOn: "2027-12-02", Holds: "traegt"}, "not_in_future"},
		"another adviser while it runs":       {running, coordinator, tandem, "phase"},
		"withdrawn while it runs":             {running, client, advice.WithdrawAdvice{Reason: "erledigt"}, "phase"},
		"closed before the first meeting":     {agreed, client, closing, "phase"},
		"a meeting while it rests":            {until(t, "beratung", advice.ActionPause), local, meeting("2027-04-06", 1), "phase"},
		"the timer's own by a person":         {asked, client, file.DeadlinePassed{}, "workflow_only"},
		"an extension that nobody waits for":  {running, client, advice.AgreeExtension{}, "extension"},
		"broken off before there is anything": {asked, client, breakOff, "phase"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.rule, refuse(t, tc.in, "2027-11-30 12:00", tc.by, tc.cmd).Rule)
		})
	}
}
