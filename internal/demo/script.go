package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/scenario"
)

// staff is the place of those who work for k: the municipality itself if it has staff of its own, else its district.
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

// A player is the door through which a case is played: the API, as the people of a place. It does what the
// case does not show to be done.
type player struct {
	*journey[conflict.Case]
	in    ags.Key
	taken map[file.Action]int // how often the script has come to an action
	done  map[file.Action]int // how often it was to be carried out
}

// Give gives a command, unless that was done before.
func (p *player) Give(ctx context.Context, o scenario.Order) (scenario.Answer, error) {
	login := o.Who + "." + staff(p.in)
	if p.path == "" {
		body := maps.Clone(o.Body)
		body["ags"] = p.in
		if err := p.begin(ctx, login, "/cases", o.Action, body); err != nil {
			return scenario.Answer{}, err
		}
		return scenario.Answer{}, p.read(ctx)
	}
	p.taken[o.Action]++
	nth := p.done[o.Action] + 1
	if o.Refused == "" {
		p.done[o.Action] = nth
	}
	shows, ok := shown[o.Action]
	if !ok {
		return scenario.Answer{}, errors.New("nothing in a case shows whether this was done: say what in script.go")
	}
	if shows(p.state, nth) {
		return o.AsExpected()
	}
	err := p.once(ctx, step[conflict.Case]{
		name: fmt.Sprintf("%s-%d", o.Action, p.taken[o.Action]), as: login, action: o.Action, body: o.Body,
		done: func(c conflict.Case) bool { return shows(c, nth) },
	})
	if refused, ok := errors.AsType[*problem](err); ok {
		return scenario.Answer{}, &scenario.Refusal{Rule: refused.Rule, Err: err}
	}
	if err != nil || o.Phase == "" {
		return scenario.Answer{}, err
	}
	err = p.read(ctx)
	return scenario.Answer{Phase: string(p.state.Phase)}, err
}

// shown is whether a case shows that an action was carried out so many times.
var shown = map[file.Action]func(c conflict.Case, times int) bool{
	conflict.ActionTriage:              func(c conflict.Case, _ int) bool { return c.Triage != nil },
	conflict.ActionRecordClearing:      func(c conflict.Case, _ int) bool { return c.Clearing != nil },
	conflict.ActionDecideMandate:       func(c conflict.Case, _ int) bool { return c.Mandate != nil },
	conflict.ActionAssign:              func(c conflict.Case, _ int) bool { return c.Assignee != "" },
	conflict.ActionRecordAnalysis:      func(c conflict.Case, _ int) bool { return c.Findings != nil },
	conflict.ActionReviewAnalysis:      func(c conflict.Case, _ int) bool { return c.Review != nil },
	conflict.ActionPlanMediation:       func(c conflict.Case, _ int) bool { return c.Plan != nil },
	conflict.ActionAddNote:             func(c conflict.Case, times int) bool { return c.Notes >= times },
	conflict.ActionAttachDocument:      func(c conflict.Case, times int) bool { return c.Attachments >= times },
	conflict.ActionConfirmConditions:   func(c conflict.Case, _ int) bool { return c.Conditions != nil },
	conflict.ActionRecordSession:       func(c conflict.Case, times int) bool { return len(c.Sessions) >= times },
	conflict.ActionRecordInterimResult: func(c conflict.Case, _ int) bool { return c.Interim != nil },
	conflict.ActionProposeClosure:      func(c conflict.Case, _ int) bool { return c.Result != nil },
	conflict.ActionSignOff:             func(c conflict.Case, _ int) bool { return c.SignedOff != nil },
	conflict.ActionRecordFollowUp: func(c conflict.Case, times int) bool {
		return c.Phase == conflict.Closed || len(c.FollowUps) >= times
	},
}
