// Package casetest has well-formed commands for the tests of a conflict case: those of the plain way, as its
// script has them.
package casetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/working"
	"koko/internal/scenario"
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

// cast is who plays which part. The first day is early enough for tests that decide on 2 March 2026.
var cast = scenario.Cast{
	People: map[string]string{
		"reporter": Reporter, "clearing": Manager, "caseworker": Manager, "conflict_manager": Manager, "conflict_manager2": Reviewer,
		"mediator": Mediator, "supervisor": Supervisor,
	},
	Begins: time.Date(2026, 2, 20, 9, 0, 0, 0, time.UTC),
}

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

// Doc is a document with the words of some fields of a command.
func (m *Maker) Doc(a file.Action, in file.Compartment, fields ...string) file.Doc {
	return file.Doc{ID: m.ID(), Action: a, Compartment: in, Digest: hex.EncodeToString(m.sum("digest")), Fields: fields}
}

// Prose returns one document of command that says something about fields.
func (m *Maker) Prose(a conflict.Action, in conflict.Compartment, fields ...string) conflict.Docs {
	return conflict.Docs{Docs: []conflict.Doc{m.Doc(a, in, fields...)}}
}

// scripts are the plain way, and the longer one that has every command of people.
var scripts = sync.OnceValues(func() (plain, whole *scenario.Script) {
	return load("case/plain-way"), load("case/taken-up-again")
})

func load(name string) *scenario.Script {
	s, err := scenario.Load(name)
	must(err)
	return s
}

func must(err error) {
	if err != nil {
		panic("casetest: " + err.Error())
	}
}

// first is the command of its action as the script has it first.
func first[C file.Command](m *Maker) C {
	var c C
	_, whole := scripts()
	st, ok := whole.First(c.Action())
	if !ok {
		panic("casetest: no script has " + string(c.Action()))
	}
	o, err := st.Order(cast)
	must(err)
	cmd, err := o.Command(m.Doc)
	must(err)
	return cmd.(C)
}

// Way is the plain way of a case from its signal to its end, by the right people, and what its working file tells it.
func (m *Maker) Way() (way []Step) {
	plain, _ := scripts()
	_, way = m.Played(plain)
	return way
}

// Played is what a script does with its own file, what other files tell it included, and how that file stands then.
func (m *Maker) Played(s *scenario.Script) (last file.State, way []Step) {
	rules := &scenario.Rules{
		Kind: s.Kind, State: s.Kind.Fresh(m.ID(), "05334002"), Document: m.Doc, NewID: m.ID,
		Decided: func(d scenario.Decision) {
			if d.Kind == s.Kind {
				way = append(way, Step{d.By, d.Command})
			}
		},
	}
	must(scenario.Play(context.Background(), s.Steps, cast, rules))
	return rules.State, way
}

// Measure plans one; told by a working file if work is its id.
func (m *Maker) Measure(work string) conflict.PlanMeasure {
	return conflict.PlanMeasure{PlanMeasure: working.PlanMeasure{Due: "2026-06-30", Work: work, Docs: m.Prose(working.ActionPlanMeasure, conflict.CaseFile, "who", "what")}}
}

// DropMeasure drops one.
func (m *Maker) DropMeasure(n int) conflict.DropMeasure {
	return conflict.DropMeasure{Measure: n, Docs: m.Prose(conflict.ActionDropMeasure, conflict.CaseFile, "reason")}
}

// Signal reports one.
func (m *Maker) Signal() conflict.ReportSignal { return first[conflict.ReportSignal](m) }

// Triage decides d.
func (m *Maker) Triage(d conflict.TriageDecision) conflict.TriageSignal {
	if d == conflict.OpenCase {
		return first[conflict.TriageSignal](m)
	}
	return conflict.TriageSignal{Decision: d, Docs: m.Prose(conflict.ActionTriage, conflict.CaseFile, "reason")}
}

// Clearing is complete.
func (m *Maker) Clearing() conflict.RecordClearing { return first[conflict.RecordClearing](m) }

// Mandate is granted or refused.
func (m *Maker) Mandate(granted bool) conflict.DecideMandate {
	if granted {
		return first[conflict.DecideMandate](m)
	}
	return conflict.DecideMandate{DecidedOn: "2026-02-25", Docs: m.Prose(conflict.ActionDecideMandate, conflict.CaseFile, "commissioner", "reason")}
}

// Analysis is complete, at a stage after Glasl.
func (m *Maker) Analysis(stage int) conflict.RecordAnalysis {
	c := first[conflict.RecordAnalysis](m)
	c.Stage = stage
	return c
}

// Review approves or disapproves.
func (m *Maker) Review(approved bool) conflict.ReviewAnalysis {
	if approved {
		return first[conflict.ReviewAnalysis](m)
	}
	return conflict.ReviewAnalysis{Docs: m.Prose(conflict.ActionReviewAnalysis, conflict.CaseFile, "remarks")}
}

// Assessment scores the conflict again.
func (m *Maker) Assessment(stage int) conflict.AssessEscalation {
	c := first[conflict.AssessEscalation](m)
	c.Stage = stage
	return c
}

// HandOver hands the case over to those who work on a working file.
func (m *Maker) HandOver(work string) conflict.HandToWork { return conflict.HandToWork{Work: work} }

// Accepted tells the case that somebody has taken the work up.
func (m *Maker) Accepted(work string) conflict.WorkAccepted {
	return conflict.WorkAccepted{WorkAccepted: working.WorkAccepted{Work: work}}
}

// Declined tells it that nobody does the work.
func (m *Maker) Declined(work string) conflict.WorkDeclined {
	return conflict.WorkDeclined{WorkDeclined: working.WorkDeclined{Work: work}}
}

// Examined tells it that the conditions were examined.
func (m *Maker) Examined(work string) conflict.ConditionsExamined {
	return conflict.ConditionsExamined{ConditionsExamined: working.ConditionsExamined{Work: work}}
}

// Answered tells it what the facilitators say to a review.
func (m *Maker) Answered(work string, a working.Answer) conflict.WorkAnswered {
	return conflict.WorkAnswered{WorkAnswered: working.WorkAnswered{Work: work, Answer: a}}
}

// Ended tells it that the work is over.
func (m *Maker) Ended(work string) conflict.WorkEnded {
	return conflict.WorkEnded{WorkEnded: working.WorkEnded{Work: work}}
}

// Closure proposes outcome o.
func (m *Maker) Closure(o conflict.Outcome) conflict.ProposeClosure {
	c := first[conflict.ProposeClosure](m)
	c.Outcome = o
	return c
}

// SignOff approves or returns the case.
func (m *Maker) SignOff(approved bool) conflict.SignOff {
	if approved {
		return first[conflict.SignOff](m)
	}
	return conflict.SignOff{Docs: m.Prose(conflict.ActionSignOff, conflict.CaseFile, "remarks")}
}

// FollowUp looks at the outcome after a number of months.
func (m *Maker) FollowUp(month conflict.FollowUpMonth) conflict.RecordFollowUp {
	c := first[conflict.RecordFollowUp](m)
	c.Month = month
	return c
}

// Reopen takes the case up again.
func (m *Maker) Reopen() conflict.Reopen { return first[conflict.Reopen](m) }

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
