package conflict

import (
	"koko/domain/fault"
	"koko/domain/file"
)

// RecordAnalysis notes what is understood of the conflict so far; it replaces what stood before
// and asks for a new review.
type RecordAnalysis struct {
	Topics              []Topic             `json:"topics,omitempty" nullable:"false" maxItems:"10" doc:"What the conflict is about" example:"[\"ressourcen_konkurrenz\"]"`
	Actors              []Actor             `json:"actors,omitempty" nullable:"false" maxItems:"60" doc:"Who takes part: groups and roles, never the ethnicity, religion or party of a person" example:"[{\"id\":\"a1\",\"role\":\"partei\",\"name\":\"Vereinsvorstand\",\"interest\":\"Ruhe in der Anlage\"},{\"id\":\"a2\",\"role\":\"partei\",\"name\":\"Bewerberinnen und Bewerber\",\"need\":\"Anerkennung\"}]"`
	Relations           []Tie               `json:"relations,omitempty" nullable:"false" maxItems:"200" doc:"The edges of the Konfliktlandkarte" example:"[{\"from\":\"a1\",\"to\":\"a2\",\"kind\":\"spannung\"}]"`
	Stage               int                 `json:"stage,omitempty" minimum:"1" maximum:"9" doc:"Escalation stage after Glasl; left out if not yet assessed" example:"4"`
	Instrumentalisation Instrumentalisation `json:"instrumentalisation,omitempty" doc:"Whether somebody uses the conflict for ends of their own" example:"keine"`
	Occasion            file.Words          `json:"occasion,omitzero" in:"case" maxLength:"4000" doc:"Anlass: what set it off" example:"Zwei Parzellen gingen ohne Ausschreibung an Bekannte."`
	Theme               file.Words          `json:"theme,omitzero" in:"case" maxLength:"4000" doc:"Thema dahinter: what it is about underneath" example:"Unklare Vergaberegeln"`
	Rationale           file.Words          `json:"rationale,omitzero" in:"case" maxLength:"20000" doc:"Why this stage" example:"Beide Seiten werben um Verbündete."`
	Evidence            file.Words          `json:"evidence,omitzero" in:"case" maxLength:"20000" doc:"What speaks for the instrumentalisation; needed before the review unless it is keine"`
	History             file.Words          `json:"history,omitzero" in:"case" maxLength:"20000" doc:"What happened so far"`
	Resources           file.Words          `json:"resources,omitzero" in:"case" maxLength:"20000" doc:"What and who can help"`
	Hypothesis          file.Words          `json:"hypothesis,omitzero" in:"case" maxLength:"20000" doc:"What might be going on"`
	Docs
}

// An Actor is somebody on the Konfliktlandkarte: a group or a role, named in a document alone.
type Actor struct {
	ID       string     `json:"id" maxLength:"32" pattern:"^[a-z][a-z0-9_-]*$" doc:"Unique in the analysis; never a name" example:"a1"`
	Role     Role       `json:"role" doc:"The part that it plays"`
	Name     file.Words `json:"name,omitzero" required:"true" in:"identities" minLength:"1" maxLength:"200" doc:"Who it is; kept with the identities" example:"Vereinsvorstand"`
	Position file.Words `json:"position,omitzero" in:"case" maxLength:"4000" doc:"What the actor demands"`
	Interest file.Words `json:"interest,omitzero" in:"case" maxLength:"4000" doc:"What the actor wants"`
	Need     file.Words `json:"need,omitzero" in:"case" maxLength:"4000" doc:"What the actor needs"`
}

// A Tie is a relation between two actors.
type Tie struct {
	From string `json:"from" maxLength:"32" doc:"Id of an actor" example:"a1"`
	To   string `json:"to" maxLength:"32" doc:"Id of another actor" example:"a2"`
	Kind Edge   `json:"kind" doc:"How the two stand to each other" example:"spannung"`
}

// Findings is the current analysis.
type Findings struct {
	Stamp
	RecordAnalysis
}

// Action is record_analysis.
func (RecordAnalysis) Action() Action { return ActionRecordAnalysis }

// Check refuses unknown values, repeated actors and relations of nobody. What is not known yet
// may be left out; the gate of the review says what is missing.
func (r RecordAnalysis) Check() error {
	if err := file.First(
		file.EachOf("topics", r.Topics), file.AtMost("actors", len(r.Actors), 60), file.AtMost("relations", len(r.Relations), 200),
		file.Between("stage", r.Stage, 0, 9), file.Optional("instrumentalisation", r.Instrumentalisation),
		r.In(r.Action(), CaseFile, Identities),
	); err != nil {
		return err
	}
	ids := map[string]bool{}
	for i, a := range r.Actors {
		field := file.Index("actors", i)
		if err := file.First(file.Local(field+".id", a.ID), file.OneOf(field+".role", a.Role)); err != nil {
			return err
		}
		if ids[a.ID] {
			return file.Invalid(field+".id", "unique", "two actors have the same id", "give each actor an id of its own")
		}
		ids[a.ID] = true
	}
	for i, t := range r.Relations {
		field := file.Index("relations", i)
		switch {
		case !ids[t.From]:
			return file.Invalid(field+".from", "unknown_actor", "there is no such actor", "name the id of one of the actors")
		case !ids[t.To] || t.To == t.From:
			return file.Invalid(field+".to", "unknown_actor", "there is no such other actor", "name the id of another actor")
		}
		if f := file.OneOf(field+".kind", t.Kind); f != nil {
			return f
		}
	}
	return nil
}

func (r RecordAnalysis) Apply(c *Case, by Stamp) *fault.Error {
	c.Findings, c.Review = &Findings{by, r}, nil
	if r.Stage > 0 {
		c.Escalation = &Escalation{Stamp: by, Stage: r.Stage}
	}
	return nil
}

func analysed(c Case, _ string) *fault.Error {
	if c.Findings == nil {
		return file.Waiting("there is no analysis yet", "analysis", "a conflict manager or case worker records it with record_analysis", "analysis")
	}
	return nil
}

// complete is what an analysis must say before another person reviews it.
func complete(c Case) *fault.Error {
	if f := analysed(c, ""); f != nil {
		return f
	}
	r := c.Findings.RecordAnalysis
	var missing []string
	for _, m := range []struct {
		missing bool
		name    string
	}{
		{len(r.Topics) == 0, "topics"}, {len(r.Actors) == 0, "actors"}, {c.Escalation == nil, "stage"},
		{!r.Has("rationale"), "rationale"}, {!r.Has("occasion"), "occasion"}, {!r.Has("theme"), "theme"},
		{r.Instrumentalisation == "", "instrumentalisation"},
		{r.Instrumentalisation != "" && r.Instrumentalisation != NoInstrumentalisation && !r.Has("evidence"), "evidence"},
	} {
		if m.missing {
			missing = append(missing, m.name)
		}
	}
	return file.Waiting("the analysis is not complete", "analysis", "a conflict manager or case worker completes it with record_analysis", missing...)
}

// reviewable is the four-eyes rule: who wrote the analysis does not review it.
func reviewable(c Case, by string) *fault.Error {
	if f := complete(c); f != nil {
		return f
	}
	if by == c.Findings.By {
		return fourEyes("who wrote the analysis does not review it", "another conflict manager of the municipality reviews it")
	}
	return nil
}

func fourEyes(message, remedy string) *fault.Error {
	return fault.Newf(fault.Forbidden, "%s", message).By("four_eyes", remedy)
}

// ReviewAnalysis is the second pair of eyes.
type ReviewAnalysis struct {
	Approved bool       `json:"approved" doc:"false returns the analysis, with remarks"`
	Remarks  file.Words `json:"remarks,omitzero" in:"case" maxLength:"20000" doc:"What is to be mended; required when not approved"`
	Docs
}

// Review is the second pair of eyes on the current analysis.
type Review struct {
	Stamp
	ReviewAnalysis
}

// Action is review_analysis.
func (ReviewAnalysis) Action() Action { return ActionReviewAnalysis }

// Check wants remarks with a disapproval.
func (r ReviewAnalysis) Check() error {
	return file.First(r.In(r.Action(), CaseFile), r.NeedsIf(!r.Approved, "remarks"))
}

func (r ReviewAnalysis) Apply(c *Case, by Stamp) *fault.Error {
	c.Review = &Review{by, r}
	return nil
}

// AssessEscalation scores the conflict again (Glasl 1–9).
type AssessEscalation struct {
	Stage     int        `json:"stage" minimum:"1" maximum:"9" doc:"Escalation stage after Glasl" example:"4"`
	Rationale file.Words `json:"rationale,omitzero" required:"true" in:"case" minLength:"1" maxLength:"20000" doc:"Why this stage" example:"Seit dem Gespräch wird wieder gegrüßt."`
	Docs
}

// Escalation is the latest score and its assessor.
type Escalation struct {
	Stamp
	Stage int   `json:"stage" doc:"Escalation stage after Glasl, 1 to 9"`
	Docs  []Doc `json:"docs,omitempty" nullable:"false" doc:"The document with the rationale"`
}

// Action is assess_escalation.
func (AssessEscalation) Action() Action { return ActionAssessEscalation }

// Check wants a stage and why.
func (a AssessEscalation) Check() error {
	return file.First(file.Between("stage", a.Stage, 1, 9), a.In(a.Action(), CaseFile), a.Needs("rationale"))
}

func (a AssessEscalation) Apply(c *Case, by Stamp) *fault.Error {
	c.Escalation = &Escalation{by, a.Stage, a.Docs.Docs}
	return nil
}
