package audit

import (
	"encoding/json"
	"time"

	"koko/activities"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/domain/training"
)

// rules is what a kind of file adds to what all have in common.
type rules interface {
	// workflow is the name of the type, as a history has it.
	workflow() string
	// records reports whether a local activity of that name returns transitions.
	records(activity string) bool
	// saves reports whether it is the one that records a decision.
	saves(activity string) bool
	// state is a state as its type writes it, and what it says of the file.
	state(json.RawMessage) (json.RawMessage, process.File, error)
	// recorded reads what a local activity returned.
	recorded(json.RawMessage) ([]Transition, error)
	// command reads the command of an action.
	command(process.Action, json.RawMessage) (process.Command, error)
	// decide is what the rules make of a command.
	decide(state json.RawMessage, cmd process.Command, by string, at time.Time) (json.RawMessage, error)
	// missed is the command with which a state's next deadline passes.
	missed(state json.RawMessage) (process.Command, bool)
	// deadline is the action of that command.
	deadline() process.Action
}

func rulesOf(k process.Kind) rules {
	switch k {
	case process.KindEnrolment:
		return kind[training.Enrolment, training.Command]{
			"Enrolment", []string{"SaveEnrolment", "ReadEnrolment"}, enrolmentCommands,
			func(d process.Deadline) training.Command { return training.DeadlinePassed{Deadline: d} },
		}
	case process.KindCohort:
		return kind[training.Cohort, training.CohortCommand]{
			"Cohort", []string{"SaveCohort", "ReadCohort"}, cohortCommands,
			func(d process.Deadline) training.CohortCommand { return training.CohortDeadlinePassed{Deadline: d} },
		}
	default:
		return kind[conflict.Case, conflict.Command]{
			"ConflictCase", []string{"SaveTransition", "ReadTransitions"}, caseCommands,
			func(d process.Deadline) conflict.Command { return conflict.DeadlinePassed{Deadline: d} },
		}
	}
}

// ruled is a state with the rules that decide what becomes of it.
type ruled[S any, C process.Command] interface {
	process.State
	Decide(cmd C, by string, at time.Time) (S, error)
	NextDeadline() (process.Deadline, bool)
}

// kind is the rules of files with state S.
type kind[S ruled[S, C], C process.Command] struct {
	name       string
	activities []string
	commands   []opener[C]
	passed     func(process.Deadline) C
}

func (k kind[S, C]) workflow() string { return k.name }

func (k kind[S, C]) records(activity string) bool {
	return activity == k.activities[0] || activity == k.activities[1]
}

func (k kind[S, C]) saves(activity string) bool { return activity == k.activities[0] }

func (k kind[S, C]) state(raw json.RawMessage) (json.RawMessage, process.File, error) {
	var s S
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, process.File{}, err
	}
	b, err := json.Marshal(s)
	return b, s.File(), err
}

func (k kind[S, C]) recorded(raw json.RawMessage) (ts []Transition, err error) {
	var read []activities.Transition[S]
	if err := json.Unmarshal(raw, &read); err != nil {
		return nil, err
	}
	var written []struct{ State, Case json.RawMessage }
	if err := json.Unmarshal(raw, &written); err != nil {
		return nil, err
	}
	for i, r := range read {
		b, err := json.Marshal(r.State)
		if err != nil {
			return nil, err
		}
		f, as := r.State.File(), written[i].State
		if as == nil {
			as = written[i].Case
		}
		ts = append(ts, Transition{
			Version: f.Version, AGS: f.AGS, At: f.Changed,
			CommandID: r.CommandID, Action: r.Action, By: r.By, Digest: r.Digest, Docs: r.Docs, State: b, Raw: as,
		})
	}
	return ts, nil
}

func (k kind[S, C]) command(a process.Action, raw json.RawMessage) (process.Command, error) {
	for _, c := range k.commands {
		if c.action == a {
			return c.open(raw)
		}
	}
	return nil, fault.Newf(fault.Invalid, "there is no command %q", a)
}

func (k kind[S, C]) decide(state json.RawMessage, cmd process.Command, by string, at time.Time) (json.RawMessage, error) {
	var s S
	if err := json.Unmarshal(state, &s); err != nil {
		return nil, err
	}
	c, ok := cmd.(C)
	if !ok {
		return nil, fault.Newf(fault.Invalid, "%q is no command of a %s", cmd.Action(), k.name)
	}
	next, err := s.Decide(c, by, at)
	if err != nil {
		return nil, err
	}
	return json.Marshal(next)
}

func (k kind[S, C]) missed(state json.RawMessage) (process.Command, bool) {
	var s S
	if json.Unmarshal(state, &s) != nil || s.File().Version == 0 {
		return nil, false
	}
	d, ok := s.NextDeadline()
	return k.passed(d), ok
}

func (k kind[S, C]) deadline() process.Action { return k.passed(process.Deadline{}).Action() }
