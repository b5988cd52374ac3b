// Package casetest has well-formed commands for the tests of a conflict case.
package casetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"koko/domain/conflict"
	"koko/domain/file"
)

// The people of the tests, as the identity provider names them.
const (
	Reporter   = "p-1f0c"
	Manager    = "p-2b9e"
	Reviewer   = "p-3d47"
	Mediator   = "p-4a65"
	Supervisor = "p-5c83"
	Stranger   = "p-6e21"
)

// A Step is a command and who gives it.
type Step struct {
	By      string
	Command file.Command
}

// A Maker makes commands whose documents have ids of their own. The same Salt makes the same ids.
type Maker struct {
	Salt string
	made int
}

// ID returns the next id.
func (m *Maker) ID() string {
	m.made++
	b := m.sum("id")
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

func (m *Maker) sum(what string) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", m.Salt, what, m.made))
	return sum[:]
}

// Prose returns one document of command a that says something about fields.
func (m *Maker) Prose(a conflict.Action, in conflict.Compartment, fields ...string) conflict.Docs {
	return conflict.Docs{Docs: []conflict.Doc{{
		ID: m.ID(), Action: a, Compartment: in, Digest: hex.EncodeToString(m.sum("digest")), Fields: fields,
	}}}
}

// Signal reports one.
func (m *Maker) Signal() conflict.ReportSignal {
	return conflict.ReportSignal{
		Reference: "KM-2026/001", Source: "schule", Channel: "telefon", ObservedOn: "2026-02-20", EEP: "experienced", Reliability: 3,
		Docs: m.Prose(conflict.ActionReportSignal, conflict.CaseFile, "title", "text"),
	}
}

// Triage decides d.
func (m *Maker) Triage(d conflict.TriageDecision) conflict.TriageSignal {
	return conflict.TriageSignal{Decision: d, Docs: m.Prose(conflict.ActionTriage, conflict.CaseFile, "reason")}
}

// Clearing is complete.
func (m *Maker) Clearing() conflict.RecordClearing {
	return conflict.RecordClearing{
		Responsibility: "kommune", Urgency: "schwelend", Level: "sozialraum", Danger: new(false), ConflictOfInterest: new(false),
	}
}

// Mandate is granted or refused.
func (m *Maker) Mandate(granted bool) conflict.DecideMandate {
	d := conflict.DecideMandate{Granted: granted, DecidedOn: "2026-02-25", Docs: m.Prose(conflict.ActionDecideMandate, conflict.CaseFile, "commissioner", "reason")}
	if granted {
		d.LegalBasis, d.Consent = "aufgabenerfuellung", "nicht_erforderlich"
	}
	return d
}

// Analysis is complete, at a stage after Glasl.
func (m *Maker) Analysis(stage int) conflict.RecordAnalysis {
	docs := m.Prose(conflict.ActionRecordAnalysis, conflict.CaseFile, "occasion", "theme", "rationale", "evidence")
	docs.Docs = append(docs.Docs, m.Prose(conflict.ActionRecordAnalysis, conflict.Identities, "actors.a1.name", "actors.a2.name").Docs...)
	return conflict.RecordAnalysis{
		Topics:    []conflict.Topic{"wohnen_nachbarschaft", "verwaltungshandeln"},
		Actors:    []conflict.Actor{{ID: "a1", Role: "partei"}, {ID: "a2", Role: "entscheider"}},
		Relations: []conflict.Tie{{From: "a1", To: "a2", Kind: "spannung"}},
		Stage:     stage, Instrumentalisation: "verdacht", Docs: docs,
	}
}

// Review approves or disapproves.
func (m *Maker) Review(approved bool) conflict.ReviewAnalysis {
	return conflict.ReviewAnalysis{Approved: approved, Docs: m.Prose(conflict.ActionReviewAnalysis, conflict.CaseFile, "remarks")}
}

// Assessment scores the conflict again.
func (m *Maker) Assessment(stage int) conflict.AssessEscalation {
	return conflict.AssessEscalation{Stage: stage, Docs: m.Prose(conflict.ActionAssessEscalation, conflict.CaseFile, "rationale")}
}

// Plan has Mediator lead the work.
func (m *Maker) Plan(f conflict.Form) conflict.PlanMediation {
	return conflict.PlanMediation{
		Form: f, Facilitator: Mediator, Recommended: conflict.DefaultInterventions().For(f),
		Docs: m.Prose(conflict.ActionPlanMediation, conflict.MediationFile, "aims"),
	}
}

// Conditions are confirmed.
func (m *Maker) Conditions() conflict.ConfirmConditions {
	return conflict.ConfirmConditions{
		Voluntary: true, Confidential: true, ConfirmedOn: "2026-02-26",
		Docs: m.Prose(conflict.ActionConfirmConditions, conflict.MediationFile, "ground_rules"),
	}
}

// Session took place.
func (m *Maker) Session() conflict.RecordSession {
	return conflict.RecordSession{HeldOn: "2026-02-27", Participants: 8, Docs: m.Prose(conflict.ActionRecordSession, conflict.MediationFile, "content")}
}

// Interim says where the work stands.
func (m *Maker) Interim() conflict.RecordInterimResult {
	return conflict.RecordInterimResult{Progress: "fortschritt", Docs: m.Prose(conflict.ActionRecordInterimResult, conflict.MediationFile, "result")}
}

// Closure proposes outcome o, with one clause.
func (m *Maker) Closure(o conflict.Outcome) conflict.ProposeClosure {
	return conflict.ProposeClosure{
		Outcome: o, ConcludedOn: "2026-02-28", Agreements: []conflict.Clause{{ID: "c1", Due: "2026-06-30"}}, StageAfter: 1,
		Factors: []conflict.Factor{"direkte_ansprache"}, Obstacles: []conflict.Obstacle{"machtgefaelle"},
		Docs: m.Prose(conflict.ActionProposeClosure, conflict.CaseFile, "lessons", "agreements.c1.who", "agreements.c1.what"),
	}
}

// SignOff approves or returns the case.
func (m *Maker) SignOff(approved bool) conflict.SignOff {
	return conflict.SignOff{Approved: approved, Docs: m.Prose(conflict.ActionSignOff, conflict.CaseFile, "remarks")}
}

// FollowUp looks at the outcome after a number of months.
func (m *Maker) FollowUp(month conflict.FollowUpMonth) conflict.RecordFollowUp {
	return conflict.RecordFollowUp{Month: month, Status: "stabil", Docs: m.Prose(conflict.ActionRecordFollowUp, conflict.CaseFile, "note")}
}

// Reopen takes the case up again.
func (m *Maker) Reopen() conflict.Reopen {
	return conflict.Reopen{Docs: m.Prose(conflict.ActionReopen, conflict.CaseFile, "reason")}
}

// Note goes into a compartment.
func (m *Maker) Note(in conflict.Compartment) conflict.AddNote {
	return conflict.AddNote{Docs: m.Prose(conflict.ActionAddNote, in, "note")}
}

// Attachment goes into a compartment.
func (m *Maker) Attachment(in conflict.Compartment) conflict.AttachDocument {
	return conflict.AttachDocument{
		MediaType: "application/pdf", Size: 1200, Docs: m.Prose(conflict.ActionAttachDocument, in, "title", "content"),
	}
}

// Way is the plain way of a case from its signal to its end, by the right people.
func (m *Maker) Way() []Step {
	return []Step{
		{Reporter, m.Signal()},
		{Manager, conflict.Assign{Assignee: Manager}},
		{Manager, m.Triage(conflict.OpenCase)},
		{Manager, m.Clearing()},
		{Supervisor, m.Mandate(true)},
		{Manager, m.Analysis(5)},
		{Reviewer, m.Review(true)},
		{Manager, m.Plan("mediation")},
		{Mediator, m.Conditions()},
		{Mediator, m.Session()},
		{Mediator, m.Interim()},
		{Manager, m.Assessment(4)},
		{Manager, m.Closure(conflict.Agreement)},
		{Supervisor, m.SignOff(true)},
		{Manager, m.FollowUp(3)},
		{Manager, m.FollowUp(6)},
		{Manager, m.FollowUp(12)},
	}
}
