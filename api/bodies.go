package api

import (
	"encoding/base64"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"koko/domain/conflict"
	"koko/domain/process"
)

// The bodies of the commands: the facts as the domain has them, and beside them the words, which
// go to documents. factsOnly takes out of their schemas what the API adds by itself.

type factsOnly struct{}

// TransformSchema removes what clients do not send.
func (factsOnly) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return without(s,
		"docs", "recommended", "size", // of cases
		"terms", "taught", "code", "cancelled", "signed", "moved") // of the training
}

func without(s *huma.Schema, fields ...string) *huma.Schema {
	for _, f := range fields {
		delete(s.Properties, f)
		s.Required = slices.DeleteFunc(s.Required, func(name string) bool { return name == f })
	}
	return s
}

// ReportSignalBody is embedded in the body of a new case. It is exported because huma ignores the
// fields of an unexported embedded struct.
type ReportSignalBody struct {
	factsOnly
	conflict.ReportSignal
	Title   string `json:"title" minLength:"1" maxLength:"200" doc:"What the case is called" example:"Streit um Kleingartenparzellen"`
	Text    string `json:"text" minLength:"1" maxLength:"20000" doc:"What was noticed" example:"Der Stadtverband bittet um Vermittlung."`
	Summary string `json:"summary,omitempty" maxLength:"4000" doc:"The gist of it, in a sentence or two"`
	Place   string `json:"place,omitempty" maxLength:"400" doc:"Sozialraum, quarter or street" example:"Kleingartenanlage Am Bruch"`
}

func (b ReportSignalBody) prose() prose {
	return prose{}.in(conflict.CaseFile, "title", b.Title).in(conflict.CaseFile, "text", b.Text).
		in(conflict.CaseFile, "summary", b.Summary).in(conflict.CaseFile, "place", b.Place)
}

func (b ReportSignalBody) command(docs conflict.Docs) conflict.Command {
	b.ReportSignal.Docs = docs
	return b.ReportSignal
}

type triageBody struct {
	factsOnly
	conflict.TriageSignal
	Text string `json:"reason,omitempty" maxLength:"4000" doc:"Why; required for everything but fall_eroeffnen"`
}

func (b triageBody) prose() prose { return prose{}.in(conflict.CaseFile, "reason", b.Text) }

func (b triageBody) command(docs conflict.Docs) conflict.Command {
	b.TriageSignal.Docs = docs
	return b.TriageSignal
}

type recordClearingBody struct {
	factsOnly
	conflict.RecordClearing
	Note string `json:"note,omitempty" maxLength:"20000" doc:"What was found, in words"`
}

func (b recordClearingBody) prose() prose { return prose{}.in(conflict.CaseFile, "note", b.Note) }

func (b recordClearingBody) command(docs conflict.Docs) conflict.Command {
	b.RecordClearing.Docs = docs
	return b.RecordClearing
}

type decideMandateBody struct {
	factsOnly
	conflict.DecideMandate
	Commissioner string `json:"commissioner,omitempty" maxLength:"400" doc:"Who commissions the work; required when granted" example:"Bürgermeisteramt"`
	Text         string `json:"reason,omitempty" maxLength:"4000" doc:"Why; required when refused"`
}

func (b decideMandateBody) prose() prose {
	return prose{}.in(conflict.CaseFile, "commissioner", b.Commissioner).in(conflict.CaseFile, "reason", b.Text)
}

func (b decideMandateBody) command(docs conflict.Docs) conflict.Command {
	b.DecideMandate.Docs = docs
	return b.DecideMandate
}

type recordAnalysisBody struct {
	Topics              []conflict.Topic             `json:"topics,omitempty" nullable:"false" maxItems:"10" enum:"unterbringung,wohnen_nachbarschaft,oeffentlicher_raum,schule_kita,religion,verwaltungshandeln,ressourcen_konkurrenz,diskriminierung,transnational,ehrenamt_vereine" doc:"What the conflict is about" example:"[\"ressourcen_konkurrenz\"]"`
	Actors              []ActorBody                  `json:"actors,omitempty" nullable:"false" maxItems:"60" doc:"Who takes part: groups and roles, never the ethnicity, religion or party of a person" example:"[{\"id\":\"a1\",\"role\":\"partei\",\"name\":\"Vereinsvorstand\",\"interest\":\"Ruhe in der Anlage\"},{\"id\":\"a2\",\"role\":\"partei\",\"name\":\"Bewerberinnen und Bewerber\",\"need\":\"Anerkennung\"}]"`
	Relations           []conflict.Tie               `json:"relations,omitempty" nullable:"false" maxItems:"200" doc:"The edges of the Konfliktlandkarte" example:"[{\"from\":\"a1\",\"to\":\"a2\",\"kind\":\"spannung\"}]"`
	Stage               int                          `json:"stage,omitempty" minimum:"1" maximum:"9" doc:"Escalation stage after Glasl" example:"4"`
	Instrumentalisation conflict.Instrumentalisation `json:"instrumentalisation,omitempty" enum:"keine,verdacht,belegt" doc:"Whether somebody uses the conflict for ends of their own" example:"keine"`
	Occasion            string                       `json:"occasion,omitempty" maxLength:"4000" doc:"Anlass: what set it off" example:"Zwei Parzellen gingen ohne Ausschreibung an Bekannte."`
	Theme               string                       `json:"theme,omitempty" maxLength:"4000" doc:"Thema dahinter: what it is about underneath" example:"Unklare Vergaberegeln"`
	Rationale           string                       `json:"rationale,omitempty" maxLength:"20000" doc:"Why this stage" example:"Beide Seiten werben um Verbündete."`
	Evidence            string                       `json:"evidence,omitempty" maxLength:"20000" doc:"What speaks for the instrumentalisation; needed before the review unless it is keine"`
	History             string                       `json:"history,omitempty" maxLength:"20000" doc:"What happened so far"`
	Resources           string                       `json:"resources,omitempty" maxLength:"20000" doc:"What and who can help"`
	Hypothesis          string                       `json:"hypothesis,omitempty" maxLength:"20000" doc:"What might be going on"`
}

// ActorBody is an actor with the words about it.
type ActorBody struct {
	conflict.Actor
	Name     string `json:"name" minLength:"1" maxLength:"200" doc:"Who it is; kept with the identities" example:"Vereinsvorstand"`
	Position string `json:"position,omitempty" maxLength:"4000" doc:"What the actor demands"`
	Interest string `json:"interest,omitempty" maxLength:"4000" doc:"What the actor wants"`
	Need     string `json:"need,omitempty" maxLength:"4000" doc:"What the actor needs"`
}

func (b recordAnalysisBody) prose() prose {
	p := prose{}
	for field, text := range map[string]string{
		"occasion": b.Occasion, "theme": b.Theme, "rationale": b.Rationale, "evidence": b.Evidence,
		"history": b.History, "resources": b.Resources, "hypothesis": b.Hypothesis,
	} {
		p.in(conflict.CaseFile, field, text)
	}
	for _, a := range b.Actors {
		of := "actors." + a.ID + "."
		p.in(conflict.Identities, of+"name", a.Name)
		p.in(conflict.CaseFile, of+"position", a.Position).in(conflict.CaseFile, of+"interest", a.Interest).in(conflict.CaseFile, of+"need", a.Need)
	}
	return p
}

func (b recordAnalysisBody) command(docs conflict.Docs) conflict.Command {
	c := conflict.RecordAnalysis{
		Topics: b.Topics, Relations: b.Relations, Stage: b.Stage, Instrumentalisation: b.Instrumentalisation, Docs: docs,
	}
	for _, a := range b.Actors {
		c.Actors = append(c.Actors, a.Actor)
	}
	return c
}

type reviewAnalysisBody struct {
	factsOnly
	conflict.ReviewAnalysis
	Remarks string `json:"remarks,omitempty" maxLength:"20000" doc:"What is to be mended; required when not approved"`
}

func (b reviewAnalysisBody) prose() prose { return prose{}.in(conflict.CaseFile, "remarks", b.Remarks) }

func (b reviewAnalysisBody) command(docs conflict.Docs) conflict.Command {
	b.ReviewAnalysis.Docs = docs
	return b.ReviewAnalysis
}

type assessEscalationBody struct {
	factsOnly
	conflict.AssessEscalation
	Rationale string `json:"rationale" minLength:"1" maxLength:"20000" doc:"Why this stage" example:"Seit dem Gespräch wird wieder gegrüßt."`
}

func (b assessEscalationBody) prose() prose {
	return prose{}.in(conflict.CaseFile, "rationale", b.Rationale)
}

func (b assessEscalationBody) command(docs conflict.Docs) conflict.Command {
	b.AssessEscalation.Docs = docs
	return b.AssessEscalation
}

type planMediationBody struct {
	factsOnly
	conflict.PlanMediation
	Aims string `json:"aims,omitempty" maxLength:"20000" doc:"What the work is to reach; for the mediators of record alone"`
}

func (b planMediationBody) prose() prose { return prose{}.in(conflict.MediationFile, "aims", b.Aims) }

func (b planMediationBody) command(docs conflict.Docs) conflict.Command {
	b.PlanMediation.Docs = docs
	return b.PlanMediation
}

func (b planMediationBody) people() map[string]string {
	named := map[string]string{"facilitator": b.Facilitator}
	for i, m := range b.Mediators {
		named[process.Index("mediators", i)] = m
	}
	return named
}

type confirmConditionsBody struct {
	factsOnly
	conflict.ConfirmConditions
	GroundRules string `json:"ground_rules,omitempty" maxLength:"20000" doc:"What the participants agreed on for talking; for the mediators of record alone"`
}

func (b confirmConditionsBody) prose() prose {
	return prose{}.in(conflict.MediationFile, "ground_rules", b.GroundRules)
}

func (b confirmConditionsBody) command(docs conflict.Docs) conflict.Command {
	b.ConfirmConditions.Docs = docs
	return b.ConfirmConditions
}

type recordSessionBody struct {
	factsOnly
	conflict.RecordSession
	Content string `json:"content" minLength:"1" maxLength:"50000" doc:"What was talked about; for the mediators of record alone" example:"Erstes gemeinsames Gespräch; die Vergaberegeln werden offengelegt."`
}

func (b recordSessionBody) prose() prose {
	return prose{}.in(conflict.MediationFile, "content", b.Content)
}

func (b recordSessionBody) command(docs conflict.Docs) conflict.Command {
	b.RecordSession.Docs = docs
	return b.RecordSession
}

type recordInterimResultBody struct {
	factsOnly
	conflict.RecordInterimResult
	Result string `json:"result" minLength:"1" maxLength:"20000" doc:"What was reached; for the mediators of record alone" example:"Eine Warteliste wird geführt."`
}

func (b recordInterimResultBody) prose() prose {
	return prose{}.in(conflict.MediationFile, "result", b.Result)
}

func (b recordInterimResultBody) command(docs conflict.Docs) conflict.Command {
	b.RecordInterimResult.Docs = docs
	return b.RecordInterimResult
}

type proposeClosureBody struct {
	Outcome     conflict.Outcome    `json:"outcome" enum:"einigung,teileinigung,befriedung,verwiesen,vertagt,abgebrochen,eskaliert,gegenstandslos" doc:"How the case ends"`
	ConcludedOn conflict.Date       `json:"concluded_on" format:"date" doc:"The day the work ended"`
	Agreements  []ClauseBody        `json:"agreements,omitempty" nullable:"false" maxItems:"50" doc:"The clauses; required for einigung and teileinigung" example:"[{\"id\":\"c1\",\"who\":\"Vereinsvorstand\",\"what\":\"führt eine öffentliche Warteliste\",\"due\":\"2025-06-30\",\"check\":\"Einsicht im Juli\"}]"`
	StageAfter  int                 `json:"stage_after" minimum:"1" maximum:"9" doc:"Escalation stage after Glasl now" example:"2"`
	Factors     []conflict.Factor   `json:"factors,omitempty" nullable:"false" enum:"auftrag_der_spitze,vermittler_mit_vertrauen,direkte_ansprache,schneller_erster_erfolg,freiwilligkeit,klare_regeln,einheitliche_sprache,innen_und_aussenkonflikt_getrennt,sprachmittlung,mehrere_aemter_am_tisch,schutz_vor_dialog,alarmkette_geuebt,betroffene_zuerst,fruehe_meldung,bestehende_strukturen,tandem_lokal_extern" doc:"What helped" example:"[\"klare_regeln\"]"`
	Obstacles   []conflict.Obstacle `json:"obstacles,omitempty" nullable:"false" enum:"spaete_information,fehlende_raeume,machtgefaelle,eigentuemer_nicht_kooperativ,ueberforderung_kollegium,drohungen_nicht_zusammengefuehrt,knappe_ressourcen,instrumentalisierung,fehldeutung_der_ursache,lokale_akteure_selbst_partei,personalmangel,soziale_medien,projektende" doc:"What stood in the way" example:"[\"knappe_ressourcen\"]"`
	Lessons     string              `json:"lessons" minLength:"1" maxLength:"20000" doc:"What is to be remembered" example:"Regeln früh offenlegen."`
}

type ClauseBody struct {
	ID    string        `json:"id" maxLength:"32" pattern:"^[a-z][a-z0-9_-]*$" doc:"Unique in the agreement" example:"c1"`
	Who   string        `json:"who" minLength:"1" maxLength:"400" doc:"Who does it"`
	What  string        `json:"what" minLength:"1" maxLength:"4000" doc:"What is done"`
	Due   conflict.Date `json:"due" format:"date" doc:"By when"`
	Check string        `json:"check,omitempty" maxLength:"4000" doc:"How it is checked"`
}

func (b proposeClosureBody) prose() prose {
	p := prose{}.in(conflict.CaseFile, "lessons", b.Lessons)
	for _, a := range b.Agreements {
		of := "agreements." + a.ID + "."
		p.in(conflict.CaseFile, of+"who", a.Who).in(conflict.CaseFile, of+"what", a.What).in(conflict.CaseFile, of+"check", a.Check)
	}
	return p
}

func (b proposeClosureBody) command(docs conflict.Docs) conflict.Command {
	c := conflict.ProposeClosure{
		Outcome: b.Outcome, ConcludedOn: b.ConcludedOn, StageAfter: b.StageAfter, Factors: b.Factors, Obstacles: b.Obstacles, Docs: docs,
	}
	for _, a := range b.Agreements {
		c.Agreements = append(c.Agreements, conflict.Clause{ID: a.ID, Due: a.Due})
	}
	return c
}

type signOffBody struct {
	factsOnly
	conflict.SignOff
	Remarks string `json:"remarks,omitempty" maxLength:"20000" doc:"What is to be mended; required when not approved"`
}

func (b signOffBody) prose() prose { return prose{}.in(conflict.CaseFile, "remarks", b.Remarks) }

func (b signOffBody) command(docs conflict.Docs) conflict.Command {
	b.SignOff.Docs = docs
	return b.SignOff
}

type recordFollowUpBody struct {
	factsOnly
	conflict.RecordFollowUp
	Note string `json:"note,omitempty" maxLength:"20000" doc:"What was seen, in words"`
}

func (b recordFollowUpBody) prose() prose { return prose{}.in(conflict.CaseFile, "note", b.Note) }

func (b recordFollowUpBody) command(docs conflict.Docs) conflict.Command {
	b.RecordFollowUp.Docs = docs
	return b.RecordFollowUp
}

type reopenBody struct {
	Text string `json:"reason" minLength:"1" maxLength:"4000" doc:"Why the case is taken up again" example:"Die Warteliste wird nicht geführt."`
}

func (b reopenBody) prose() prose { return prose{}.in(conflict.CaseFile, "reason", b.Text) }

func (b reopenBody) command(docs conflict.Docs) conflict.Command { return conflict.Reopen{Docs: docs} }

type assignBody struct {
	factsOnly
	conflict.Assign
}

func (b assignBody) prose() prose { return prose{} }

func (b assignBody) command(docs conflict.Docs) conflict.Command {
	b.Assign.Docs = docs
	return b.Assign
}

func (b assignBody) people() map[string]string { return map[string]string{"assignee": b.Assignee} }

type addNoteBody struct {
	Compartment conflict.Compartment `json:"compartment,omitempty" enum:"case,identities,mediation" default:"case" doc:"Who may read it: mediation is for the mediators of record" example:"case"`
	Note        string               `json:"note" minLength:"1" maxLength:"50000" doc:"What is to be noted" example:"Telefonat mit dem Stadtverband: Termin zugesagt."`
}

func (b addNoteBody) prose() prose { return prose{}.in(b.Compartment, "note", b.Note) }

func (b addNoteBody) command(docs conflict.Docs) conflict.Command {
	return conflict.AddNote{Docs: docs}
}

type attachDocumentBody struct {
	Compartment conflict.Compartment `json:"compartment,omitempty" enum:"case,identities,mediation" default:"case" doc:"Who may read it: mediation is for the mediators of record" example:"case"`
	Title       string               `json:"title" minLength:"1" maxLength:"200" doc:"What the document is called" example:"Pachtordnung"`
	MediaType   string               `json:"media_type" maxLength:"100" pattern:"^[a-z]+/[a-z0-9][a-z0-9.+-]*$" doc:"Media type (RFC 6838)" example:"application/pdf"`
	Content     []byte               `json:"content" doc:"Base64; 8 MiB at most" maxLength:"11184812"`
}

func (b attachDocumentBody) prose() prose {
	return prose{}.in(b.Compartment, "title", b.Title).in(b.Compartment, "media_type", b.MediaType).
		in(b.Compartment, "content", base64.StdEncoding.EncodeToString(b.Content))
}

func (b attachDocumentBody) command(docs conflict.Docs) conflict.Command {
	return conflict.AttachDocument{MediaType: b.MediaType, Size: len(b.Content), Docs: docs}
}
