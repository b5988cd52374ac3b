// Package conflict holds the rules of a municipal conflict case: its phases, its commands, the
// gates between them and the time limits. It is pure: the workflow decides with it, the API shows
// with it, and the tests run it. Enumerations carry the field's German terms as their values.
package conflict

import (
	"time"

	"koko/domain/ags"
	"koko/domain/file"
)

// A Phase is where a case stands.
type Phase string

// The phases. A case that is not yet reported has none.
const (
	Detection Phase = "detection" // Früherkennung: signal, triage, clearing, mandate
	Analysis  Phase = "analysis"  // Analyse
	Work      Phase = "work"      // Bearbeitung, whatever its form
	Closure   Phase = "closure"   // Abschluss: waits for the supervisor's sign-off
	FollowUp  Phase = "follow_up" // Nachsorge
	Closed    Phase = "closed"    // beendet; can be reopened under the same id
)

func (Phase) Values() []Phase {
	return []Phase{Detection, Analysis, Work, Closure, FollowUp, Closed}
}

// Case is the state that the case's workflow owns. It holds facts; prose stands in documents.
// Its parts are replaced, never changed in place: copies of a Case may share them.
type Case struct {
	ID      string    `json:"id" format:"uuid" doc:"Id of the case, for good"`
	AGS     ags.Key   `json:"ags" doc:"Municipality" example:"05999001"`
	Version int       `json:"version" doc:"One more with every decision; the ETag" example:"7"`
	Phase   Phase     `json:"phase" doc:"Where the case stands"`
	Round   int       `json:"round" doc:"1, and one more with every reopening"`
	Opened  time.Time `json:"opened" doc:"When the signal was reported"`
	Changed time.Time `json:"changed" doc:"When the last decision was recorded"`
	file.Dated

	Assignee     string   `json:"assignee,omitempty" doc:"Subject of the person who works on the case"`
	SelfAssigned bool     `json:"self_assigned,omitempty" doc:"Whether they assigned it to themselves: then they read the identities for a reason"`
	Involved     []string `json:"involved,omitempty" nullable:"false" doc:"Subjects of those who ever had the case, analysed, reviewed or scored it, did its clearing, or commissioned the work: they do not mediate it (§ 3 MediationsG)"`

	Signal      *Signal     `json:"signal,omitempty"`
	Triage      *Triage     `json:"triage,omitempty"`
	Clearing    *Clearing   `json:"clearing,omitempty"`
	Mandate     *Mandate    `json:"mandate,omitempty"`
	Findings    *Findings   `json:"findings,omitempty"`
	Escalation  *Escalation `json:"escalation,omitempty"`
	Review      *Review     `json:"review,omitempty"`
	Handed      *Handed     `json:"handed,omitempty"`
	Measures    []Measure   `json:"measures,omitempty" nullable:"false" doc:"What the municipality carries out, or has carried out"`
	Result      *Result     `json:"result,omitempty"`
	SignedOff   *SignedOff  `json:"signed_off,omitempty"`
	FollowUps   []Aftercare `json:"follow_ups,omitempty" nullable:"false" doc:"Of this round"`
	Reopened    *Reopened   `json:"reopened,omitempty"`
	Pause       *Pause      `json:"pause,omitempty"`
	Rests       []Rest      `json:"rests,omitempty" nullable:"false" doc:"The pauses that are over"`
	Notes       int         `json:"notes,omitempty" doc:"How many notes there are"`
	Attachments int         `json:"attachments,omitempty" doc:"How many documents are attached"`
	Passed      []Deadline  `json:"passed,omitempty" nullable:"false" doc:"The deadlines in force that were missed"`
	Warnings    []Warning   `json:"warnings,omitempty" nullable:"false" doc:"What deserves a second thought; never a block"`
}

// Head is what the case shares with other files.
func (c Case) Head() file.Head {
	return file.Head{
		ID: c.ID, AGS: c.AGS, Version: c.Version, Phase: string(c.Phase),
		Opened: c.Opened, Changed: c.Changed, Passed: c.Passed, Calendar: c.Calendar, Rests: c.rests(),
	}
}

// A Warning points to something that deserves a second thought. It never blocks.
type Warning struct {
	Rule Concern `json:"rule" doc:"What the warning is about"`
}

// A Command asks a case to change.
type Command = file.CommandFor[Case]

// Decide returns c after cmd, or why cmd is refused: always a *fault.Error. It never changes c.
func (c Case) Decide(cmd file.Command, by string, at time.Time) (Case, error) {
	return Spec.Decide(c, cmd, by, at)
}

// Actions lists every action of people with what the rules say to it if user took it next.
func (c Case) Actions(user string) []Option { return Spec.Options(c, user) }

// The relations.
const (
	Reporter     Relation = "reporter"      // reported the signal
	Assigned     Relation = "assigned"      // works on it
	SelfAssigned Relation = "self_assigned" // works on it by their own hand
	Handing      Relation = "handing"       // handed it over to those who facilitate the work
	Working      Relation = "working"       // facilitates the work on it: through the working file, so that the case names nobody
	Unhanded     Relation = "unhanded"      // anyone, as long as the case is in detection
	Analyst      Relation = "analyst"       // wrote the current findings
	Proposer     Relation = "proposer"      // proposed the closure
)

// Ties lists what ties people to c.
func (c Case) Ties() []file.Tie {
	var ts []file.Tie
	tie := func(r Relation, holders ...string) {
		for _, h := range holders {
			if h != "" { // nobody is not everybody
				ts = append(ts, file.Tie{Relation: r, Holder: h})
			}
		}
	}
	if c.Signal != nil {
		tie(Reporter, c.Signal.By)
	}
	tie(Assigned, c.Assignee)
	if c.SelfAssigned {
		tie(SelfAssigned, c.Assignee)
	}
	if c.Handed != nil {
		tie(Working, c.Handed.Work)
		tie(Handing, c.Handed.By)
	}
	if c.Phase == Detection {
		ts = append(ts, file.Tie{Relation: Unhanded})
	}
	if c.Findings != nil {
		tie(Analyst, c.Findings.By)
	}
	if c.Result != nil {
		tie(Proposer, c.Result.By)
	}
	return ts
}

// Relations lists what ties user to c.
func (c Case) Relations(user string) []Relation { return file.Held(c.Ties(), user) }

// warnings recomputes what deserves a second thought in the current state.
func (c Case) warnings() []Warning {
	var ws []Warning
	if c.Clearing != nil && c.Clearing.Danger != nil && *c.Clearing.Danger {
		ws = append(ws, Warning{Rule: Danger})
	}
	if c.Clearing != nil && c.Clearing.ConflictOfInterest != nil && *c.Clearing.ConflictOfInterest {
		ws = append(ws, Warning{Rule: Interested})
	}
	return ws
}
