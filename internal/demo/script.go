package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"koko/domain/ags"
	"koko/domain/conflict"
)

// A cast is who plays which part in a story, by login.
type cast struct {
	reporter, clearing, manager, worker, reviewer, facilitator, supervisor string
}

// cast chooses people of the municipality itself if it has staff of its own, else of its district.
func (s story) cast() cast {
	at := "." + staff(s.AGS)
	c := cast{
		reporter: "reporter" + at, clearing: "clearing" + at, manager: "conflict_manager" + at, worker: "caseworker" + at,
		reviewer: "conflict_manager2" + at, facilitator: "conflict_manager" + at, supervisor: "supervisor" + at,
	}
	switch s.Signal.Source {
	case "verwaltung", "schule", "traeger", "netzwerk": // report for themselves
	default: // the contact point picks up what it hears and reads
		c.reporter = c.clearing
	}
	switch s.Clearing.Level {
	case "gesamtkommunal", "verwaltungsintern": // beyond a single case worker's reach
		c.worker = c.manager
	}
	if s.Work.Form == "mediation" {
		c.facilitator = "mediator" + at
	}
	return c
}

// staff is the suffix of the logins of those who work for k.
func staff(k ags.Key) string {
	for _, p := range places { // municipalities stand before their district
		if slices.Contains(p.areas, k) {
			return p.suffix
		}
	}
	return ""
}

func subjectOf(login string) string {
	u, _ := Find(login)
	return u.Subject
}

// report is the body that begins the case. How reliable the signal was is not in the data: 3 is
// probable.
func (s story) report() any {
	return struct {
		conflict.ReportSignal
		AGS     ags.Key `json:"ags"`
		Title   string  `json:"title"`
		Text    string  `json:"text"`
		Summary string  `json:"summary"`
	}{
		conflict.ReportSignal{
			Reference: s.ID, Source: s.Signal.Source, ObservedOn: s.Signal.ObservedOn, EEP: s.Signal.EEP, Reliability: 3,
		},
		s.AGS, s.Title, s.Signal.Text, s.Summary,
	}
}

// steps is everything that happens after the report, in its order.
func (s story) steps() []step[conflict.Case] {
	p := s.cast()
	return slices.Concat(s.detection(p), s.analysis(p), s.mediation(p), s.closure(p), s.followUps(p))
}

// detection takes for granted what the data leave out: the municipality is responsible and acts in
// fulfilment of its tasks, so that no consent is needed, and nobody is party to what they work on.
func (s story) detection(p cast) []step[conflict.Case] {
	no := false
	return []step[conflict.Case]{
		{
			as: p.clearing, action: conflict.ActionTriage, body: conflict.TriageSignal{Decision: conflict.OpenCase},
			done: func(c conflict.Case) bool { return c.Triage != nil },
		},
		{
			as: p.clearing, action: conflict.ActionRecordClearing,
			body: conflict.RecordClearing{
				Responsibility: "kommune", Urgency: s.Clearing.Urgency, Level: s.Clearing.Level,
				Danger: &s.Clearing.Danger, ConflictOfInterest: &no,
			},
			done: func(c conflict.Case) bool { return c.Clearing != nil },
		},
		{
			as: p.clearing, action: conflict.ActionDecideMandate,
			body: struct {
				conflict.DecideMandate
				Commissioner string `json:"commissioner"`
			}{
				conflict.DecideMandate{
					Granted: true, DecidedOn: s.Clearing.DecidedOn, LegalBasis: "aufgabenerfuellung", Consent: "nicht_erforderlich",
				},
				s.Clearing.Commissioner,
			},
			done: func(c conflict.Case) bool { return c.Mandate != nil },
		},
		{
			as: p.manager, action: conflict.ActionAssign, body: conflict.Assign{Assignee: subjectOf(p.worker)},
			done: func(c conflict.Case) bool { return c.Assignee != "" },
		},
	}
}

func (s story) analysis(p cast) []step[conflict.Case] {
	reviewed := func(c conflict.Case) bool { return c.Review != nil }
	steps := []step[conflict.Case]{{
		as: p.worker, action: conflict.ActionRecordAnalysis, body: s.findings(),
		done: func(c conflict.Case) bool { return c.Findings != nil },
	}}
	if s.ID == "KM-2025-006" { // a history with a refusal in it
		steps = append(steps, step[conflict.Case]{
			name: "review_own_analysis", as: p.worker, action: conflict.ActionReviewAnalysis, body: conflict.ReviewAnalysis{Approved: true},
			done: reviewed, refusal: "four_eyes",
		})
	}
	return append(steps, step[conflict.Case]{
		as: p.reviewer, action: conflict.ActionReviewAnalysis, body: conflict.ReviewAnalysis{Approved: true}, done: reviewed,
	})
}

type actor struct {
	conflict.Actor
	Name     string `json:"name"`
	Position string `json:"position"`
	Interest string `json:"interest"`
	Need     string `json:"need"`
}

// findings is the body of the analysis. The data name no evidence of an instrumentalisation, but
// the review asks for it.
func (s story) findings() any {
	a, ids := s.Analysis, map[string]string{}
	facts := conflict.RecordAnalysis{Topics: a.Topics, Stage: a.Stage, Instrumentalisation: a.Instrumentalisation}
	var actors []actor
	for i, who := range a.Actors {
		id := fmt.Sprintf("a%d", i+1)
		ids[who.Name] = id
		actors = append(actors, actor{conflict.Actor{ID: id, Role: who.Role}, who.Name, who.Position, who.Interest, who.Need})
	}
	for _, r := range a.Relations {
		facts.Relations = append(facts.Relations, conflict.Tie{From: ids[r.From], To: ids[r.To], Kind: r.Kind})
	}
	evidence := ""
	if a.Instrumentalisation != conflict.NoInstrumentalisation {
		evidence = "Aus den Gesprächen der Analyse; Belege liegen in der Handakte."
	}
	return struct {
		conflict.RecordAnalysis
		Actors    []actor `json:"actors"` // instead of the command's, which have no words
		Occasion  string  `json:"occasion"`
		Theme     string  `json:"theme"`
		Rationale string  `json:"rationale"`
		Evidence  string  `json:"evidence,omitempty"`
	}{facts, actors, a.Occasion, a.Theme, a.Rationale, evidence}
}

// mediation plans the work, holds the preliminary talks, confirms the conditions on the day of the
// first real session, and goes on from there.
func (s story) mediation(p cast) []step[conflict.Case] {
	sessions := s.Work.Sessions
	first := s.preliminary()
	steps := slices.Concat(
		[]step[conflict.Case]{{
			as: p.worker, action: conflict.ActionPlanMediation,
			body: conflict.PlanMediation{Form: s.Work.Form, Facilitator: subjectOf(p.facilitator)},
			done: func(c conflict.Case) bool { return c.Plan != nil },
		}},
		s.extras(p),
		s.meetings(p, 0, first),
		[]step[conflict.Case]{{
			as: p.facilitator, action: conflict.ActionConfirmConditions,
			body: conflict.ConfirmConditions{Voluntary: true, Confidential: true, ConfirmedOn: sessions[first].HeldOn},
			done: func(c conflict.Case) bool { return c.Conditions != nil },
		}},
		s.meetings(p, first, len(sessions)),
	)
	if s.Closure == nil {
		steps = append(steps, step[conflict.Case]{
			as: p.facilitator, action: conflict.ActionRecordInterimResult,
			body: struct {
				conflict.RecordInterimResult
				Result string `json:"result"`
			}{conflict.RecordInterimResult{Progress: "fortschritt"}, "Zuletzt: " + sessions[len(sessions)-1].Content},
			done: func(c conflict.Case) bool { return c.Interim != nil },
		})
	}
	return steps
}

// preliminary counts the talks before the first session that brings the parties together: those at
// the beginning that call themselves Vorgespräche or Einzelgespräche.
func (s story) preliminary() int {
	n := 0
	for n < len(s.Work.Sessions)-1 {
		content := strings.ToLower(s.Work.Sessions[n].Content)
		if !strings.Contains(content, "vorgespräche") && !strings.Contains(content, "einzelgespräche") {
			break
		}
		n++
	}
	return n
}

// meetings are the sessions from one to before another.
func (s story) meetings(p cast, from, to int) []step[conflict.Case] {
	var steps []step[conflict.Case]
	for i := from; i < to; i++ {
		m := s.Work.Sessions[i]
		steps = append(steps, step[conflict.Case]{
			name: fmt.Sprintf("record_session-%d", i+1), as: p.facilitator, action: conflict.ActionRecordSession,
			body: struct {
				conflict.RecordSession
				Content string `json:"content"`
			}{conflict.RecordSession{HeldOn: m.HeldOn, Preliminary: i < s.preliminary()}, m.Content},
			done: func(c conflict.Case) bool { return len(c.Sessions) > i },
		})
	}
	return steps
}

type note struct {
	Compartment conflict.Compartment `json:"compartment"`
	Note        string               `json:"note"`
}

type attachment struct {
	Compartment conflict.Compartment `json:"compartment"`
	Title       string               `json:"title"`
	MediaType   string               `json:"media_type"`
	Content     []byte               `json:"content"`
}

// extras are what no story tells and a demonstration should show.
func (s story) extras(p cast) []step[conflict.Case] {
	noted := func(c conflict.Case) bool { return c.Notes > 0 }
	switch s.ID {
	case "KM-2025-001":
		return []step[conflict.Case]{
			{
				as: p.worker, action: conflict.ActionAddNote, done: noted,
				body: note{conflict.CaseFile, "Der Saal der Kirchengemeinde ist für beide Abende reserviert; Sprachmittlung ist angefragt."},
			},
			{
				as: p.worker, action: conflict.ActionAttachDocument,
				body: attachment{
					conflict.CaseFile, "Ablauf des Dialogforums", "text/plain",
					[]byte("18:00 Begrüßung und Regeln\n18:15 Information der Stadt\n18:45 Sorgen sammeln an vier Tischen\n19:45 Auswertung und nächste Schritte\n"),
				},
				done: func(c conflict.Case) bool { return c.Attachments > 0 },
			},
		}
	case "KM-2025-004":
		return []step[conflict.Case]{{
			as: p.facilitator, action: conflict.ActionAddNote, done: noted,
			body: note{conflict.MediationFile, "Beide Seiten wünschen einen neutralen Ort außerhalb der Anlage."},
		}}
	}
	return nil
}

// closure concludes the work on the day of the last session: the data do not name another.
func (s story) closure(p cast) []step[conflict.Case] {
	if s.Closure == nil {
		return nil
	}
	type clause struct {
		conflict.Clause
		Who   string `json:"who"`
		What  string `json:"what"`
		Check string `json:"check"`
	}
	var clauses []clause
	for i, a := range s.Closure.Agreements {
		clauses = append(clauses, clause{conflict.Clause{ID: fmt.Sprintf("c%d", i+1), Due: a.Due}, a.Who, a.What, a.Check})
	}
	return []step[conflict.Case]{
		{
			as: p.worker, action: conflict.ActionProposeClosure,
			body: struct {
				conflict.ProposeClosure
				Agreements []clause `json:"agreements"` // instead of the command's, which have no words
				Lessons    string   `json:"lessons"`
			}{
				conflict.ProposeClosure{
					Outcome: s.Closure.Outcome, ConcludedOn: s.concludedOn(), StageAfter: s.Closure.StageAfter,
					Factors: s.Closure.Factors, Obstacles: s.Closure.Obstacles,
				},
				clauses, s.Closure.Lessons,
			},
			done: func(c conflict.Case) bool { return c.Result != nil },
		},
		{
			as: p.supervisor, action: conflict.ActionSignOff, body: conflict.SignOff{Approved: true},
			done: func(c conflict.Case) bool { return c.SignedOff != nil },
		},
	}
}

func (s story) concludedOn() conflict.Date { return s.Work.Sessions[len(s.Work.Sessions)-1].HeldOn }

// followUps looked after so many months at what was concluded.
func (s story) followUps(p cast) []step[conflict.Case] {
	var steps []step[conflict.Case]
	for _, f := range s.FollowUps {
		steps = append(steps, step[conflict.Case]{
			name: fmt.Sprintf("record_follow_up-%d", f.Month), as: p.worker, action: conflict.ActionRecordFollowUp,
			body: conflict.RecordFollowUp{Month: f.Month, Status: f.Status, HeldOn: monthsAfter(s.concludedOn(), int(f.Month))},
			done: func(c conflict.Case) bool {
				return c.Phase == conflict.Closed ||
					slices.ContainsFunc(c.FollowUps, func(a conflict.Aftercare) bool { return a.Month == f.Month })
			},
		})
	}
	return steps
}

func monthsAfter(d conflict.Date, months int) conflict.Date {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return d // and the API refuses it
	}
	return conflict.Date(t.AddDate(0, months, 0).Format(time.DateOnly))
}
