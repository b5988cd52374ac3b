package history

import (
	"encoding/json"
	"time"

	"koko/activities"
	"koko/domain/file"
)

// The local activities that return transitions, as a history names them.
const (
	saves   = "SaveTransition"
	reads   = "ReadTransitions"
	reminds = "Remind"
)

// stateOf is a state as its type writes it, and what it says of the file.
func stateOf(k *file.Definition, raw json.RawMessage) (json.RawMessage, file.Head, error) {
	s, err := k.Decode(raw)
	if err != nil {
		return nil, file.Head{}, err
	}
	b, err := json.Marshal(s)
	return b, s.Head(), err
}

// recorded reads what a local activity returned.
func recorded(k *file.Definition, raw json.RawMessage) (ts []Transition, err error) {
	var read []activities.Transition
	if err := json.Unmarshal(raw, &read); err != nil {
		return nil, err
	}
	for _, r := range read {
		b, f, err := stateOf(k, r.State)
		if err != nil {
			return nil, err
		}
		ts = append(ts, Transition{
			Version: f.Version, AGS: f.AGS, At: f.Changed,
			CommandID: r.CommandID, Action: r.Action, By: r.By, Digest: r.Digest, Docs: r.Docs, Salt: r.Salt, State: b, Raw: r.State,
		})
	}
	return ts, nil
}

// decide returns what the rules make of a command.
func decide(k *file.Definition, state json.RawMessage, cmd file.Command, by string, at time.Time) (json.RawMessage, error) {
	s, err := k.Decode(state)
	if err != nil {
		return nil, err
	}
	next, err := k.Decide(s, cmd, by, at)
	if err != nil {
		return nil, err
	}
	return json.Marshal(next)
}

// missed is the command with which a state's next deadline passes.
func missed(k *file.Definition, state json.RawMessage) (file.Command, bool) {
	s, err := k.Decode(state)
	if err != nil || s.Head().Version == 0 {
		return nil, false
	}
	d, ok := file.NextDeadline(s)
	return file.DeadlinePassed{Deadline: d}, ok
}
