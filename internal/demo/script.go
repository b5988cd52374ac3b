package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"koko/domain/advice"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/work"
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

// A player is the door through which a file is played: the API, as the people of a place. It does what the
// file does not show to be done.
type player[S file.State] struct {
	*journey[S]
	kind  *file.Definition
	in    ags.Key
	at    string // the path of its kind
	shown map[file.Action]func(s S, times int) bool
	taken map[file.Action]int // how often the script has come to an action
	done  map[file.Action]int // how often it was to be carried out
}

// Give gives a command, unless that was done before.
func (p *player[S]) Give(ctx context.Context, o scenario.Order) (scenario.Answer, error) {
	login := o.Who + "." + staff(p.in)
	if p.path == "" {
		body := maps.Clone(o.Body)
		body["ags"] = p.in
		if err := p.begin(ctx, login, p.at, o.Action, body); err != nil {
			return scenario.Answer{}, err
		}
		return scenario.Answer{}, p.read(ctx)
	}
	p.taken[o.Action]++
	nth := p.done[o.Action] + 1
	if o.Refused == "" {
		p.done[o.Action] = nth
	}
	shows, ok := p.shown[o.Action]
	if !ok {
		return scenario.Answer{}, errors.New("nothing shows whether this was done: say what in script.go")
	}
	if shows(p.state, nth) {
		return o.AsExpected()
	}
	err := p.once(ctx, step[S]{
		name: fmt.Sprintf("%s-%d", o.Action, p.taken[o.Action]), as: login, action: o.Action, body: o.Body,
		done: func(s S) bool { return shows(s, nth) },
	})
	if refused, ok := errors.AsType[*problem](err); ok {
		return scenario.Answer{}, &scenario.Refusal{Rule: refused.Rule, Err: err}
	}
	if err != nil || o.Phase == "" {
		return scenario.Answer{}, err
	}
	err = p.read(ctx)
	return scenario.Answer{Phase: p.state.Head().Phase}, err
}

// A caseload is a case, and the working files that it is handed over to.
type caseload struct {
	*player[conflict.Case]
	files map[string]*player[work.Work] // by id
}

// Give gives a command on the case, or on its working file as whoever works on it.
func (l *caseload) Give(ctx context.Context, o scenario.Order) (scenario.Answer, error) {
	if o.Kind == l.kind {
		return l.player.Give(ctx, o)
	}
	if err := l.read(ctx); err != nil {
		return scenario.Answer{}, err
	}
	id := scenario.Linked(l.kind, l.state, o.Kind)
	p := l.files[id]
	if p == nil {
		p = &player[work.Work]{
			journey: &journey[work.Work]{
				client: l.client, path: base + "/" + o.Kind.Plural + "/" + id, reader: o.Who + "." + staff(l.in), story: l.story,
			},
			kind: o.Kind, in: l.in, shown: shownInWork, taken: map[file.Action]int{}, done: map[file.Action]int{},
		}
		l.files[id] = p
	}
	if err := p.read(ctx); err != nil {
		return scenario.Answer{}, err
	}
	answer, err := p.Give(ctx, o)
	heard, tells := heardByCases[o.Action]
	if err != nil || !tells {
		return answer, err
	}
	return answer, l.await(ctx, "the case hears of "+string(o.Action), heard)
}

// heardByCases is whether a case has heard of what was done in its working file.
var heardByCases = map[file.Action]func(c conflict.Case) bool{
	work.ActionAccept:            func(c conflict.Case) bool { return c.Handed.Status != conflict.HandedOver },
	work.ActionConfirmConditions: func(c conflict.Case) bool { return c.Handed.Conditions },
	work.ActionAnswerReview:      func(c conflict.Case) bool { return len(c.Handed.Reviews) > 0 },
	work.ActionEnd:               func(c conflict.Case) bool { return c.Handed.Status == conflict.WorkedOn },
}

// shownInCases is whether a case shows that an action was carried out so many times.
var shownInCases = map[file.Action]func(c conflict.Case, times int) bool{
	conflict.ActionTriage:         func(c conflict.Case, _ int) bool { return c.Triage != nil },
	conflict.ActionRecordClearing: func(c conflict.Case, _ int) bool { return c.Clearing != nil },
	conflict.ActionDecideMandate:  func(c conflict.Case, _ int) bool { return c.Mandate != nil },
	conflict.ActionAssign:         func(c conflict.Case, _ int) bool { return c.Assignee != "" },
	conflict.ActionRecordAnalysis: func(c conflict.Case, _ int) bool { return c.Findings != nil },
	conflict.ActionReviewAnalysis: func(c conflict.Case, _ int) bool { return c.Review != nil },
	conflict.ActionHandToWork:     func(conflict.Case, int) bool { return false }, // sent again, it begins the working file if that is missing
	conflict.ActionAddNote:        func(c conflict.Case, times int) bool { return c.Notes >= times },
	conflict.ActionAttachDocument: func(c conflict.Case, times int) bool { return c.Attachments >= times },
	conflict.ActionProposeClosure: func(c conflict.Case, _ int) bool { return c.Result != nil },
	conflict.ActionSignOff:        func(c conflict.Case, _ int) bool { return c.SignedOff != nil },
	conflict.ActionRecordFollowUp: func(c conflict.Case, times int) bool {
		return c.Phase == conflict.Closed || len(c.FollowUps) >= times
	},
}

// shownInWork is whether a working file shows that an action was carried out so many times. Of notes it shows nothing.
var shownInWork = map[file.Action]func(w work.Work, times int) bool{
	work.ActionAccept:              func(w work.Work, _ int) bool { return w.Accepted != nil },
	work.ActionDeclareIndependence: func(w work.Work, _ int) bool { return w.Facilitators[0].Independence != nil },
	work.ActionChooseForm:          func(w work.Work, _ int) bool { return w.Form != nil },
	work.ActionConfirmConditions:   func(w work.Work, _ int) bool { return w.Conditions != nil },
	work.ActionRecordSession:       func(w work.Work, times int) bool { return len(w.Sessions) >= times },
	work.ActionRecordInterim:       func(w work.Work, _ int) bool { return w.Interim != nil },
	work.ActionNote:                func(work.Work, int) bool { return false },
	work.ActionAnswerReview:        func(w work.Work, times int) bool { return w.Answers >= times },
	work.ActionAgreement:           func(w work.Work, _ int) bool { return w.Agreement != nil },
	work.ActionEnd:                 func(w work.Work, _ int) bool { return w.Ended != nil },
}

// shownInAdvice is whether an advice shows that an action was carried out so many times. Of notes it shows
// nothing: they are sent again under the same key, and answered as they were.
var shownInAdvice = map[file.Action]func(a advice.Advice, times int) bool{
	advice.ActionAnswer:  func(a advice.Advice, _ int) bool { return a.Answered != nil },
	advice.ActionClarify: func(a advice.Advice, _ int) bool { return a.Clarified != nil },
	advice.ActionAssign:  func(a advice.Advice, _ int) bool { return a.Advisers != nil },
	advice.ActionDeclareIndependence: func(a advice.Advice, times int) bool {
		return a.Advisers != nil && len(a.Advisers.Declared) >= times
	},
	advice.ActionSetGoals:     func(a advice.Advice, _ int) bool { return a.Goals != nil },
	advice.ActionPropose:      func(a advice.Advice, _ int) bool { return a.Proposal != nil || a.Agreement != nil },
	advice.ActionAgree:        func(a advice.Advice, _ int) bool { return a.Agreement != nil },
	advice.ActionMeet:         func(a advice.Advice, times int) bool { return len(a.Meetings) >= times },
	advice.ActionNote:         func(advice.Advice, int) bool { return false },
	advice.ActionNoteAsClient: func(advice.Advice, int) bool { return false },
	advice.ActionRate:         func(a advice.Advice, _ int) bool { return a.Ratings != nil },
	advice.ActionClose:        func(a advice.Advice, _ int) bool { return a.Ended != nil },
	advice.ActionFollowUp:     func(a advice.Advice, _ int) bool { return a.FollowUp != nil },
}
