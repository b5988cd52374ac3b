package api

import (
	"context"
	"time"

	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/policies"
)

// CaseView is a case as one caller sees it.
type CaseView struct {
	conflict.Case
	Title     string         `json:"title,omitempty" doc:"Left out for those who may not read the case file" example:"Streit um Kleingartenparzellen"`
	Deadlines []DeadlineView `json:"deadlines" nullable:"false" doc:"What is expected of the case, the earliest first"`
	Actions   []ActionView   `json:"actions" nullable:"false" doc:"What can be done, and for what is closed, why"`
	Lens      string         `json:"lens" enum:"case,facts,signal" doc:"How much of the case the caller sees"`
}

// DeadlineView is a deadline and where it stands.
type DeadlineView struct {
	Kind    string    `json:"kind" enum:"triage,watch,clearing,analysis,rescore,review,follow_up_3,follow_up_6,follow_up_12" doc:"What is expected"`
	Due     time.Time `json:"due" doc:"By when"`
	Overdue bool      `json:"overdue" doc:"Whether it has passed"`
}

// ActionView is an action on a case: open for the caller, or why not.
type ActionView struct {
	Action conflict.Action `json:"action" doc:"Name of the command, with _ for -" example:"record_clearing"`
	Open   bool            `json:"open" doc:"Whether you can take it now"`
	Closed *Closed         `json:"closed,omitempty" doc:"Why it is not open"`
}

// Closed says why an action is not open, and who can change that.
type Closed struct {
	By      string   `json:"by" enum:"gate,permission" doc:"The process, or the caller's rights"`
	Rule    string   `json:"rule" doc:"Stable name of what closes it" example:"four_eyes"`
	Reason  string   `json:"reason" doc:"Why, in a sentence" example:"who wrote the analysis does not review it"`
	Remedy  string   `json:"remedy" doc:"What opens it, and who can"`
	Missing []string `json:"missing,omitempty" nullable:"false" doc:"What a gate is waiting for"`
}

// CaseOutput is the answer to everything that concerns one case.
type CaseOutput struct {
	ETag string `header:"ETag" doc:"Version of the case, for If-Match" example:"\"7\""`
	Body CaseView
}

// view shows c to who.
func (s *server) view(ctx context.Context, who Principal, c conflict.Case) (*CaseOutput, error) {
	lens := s.lens(who, c)
	out := &CaseOutput{ETag: etag(c.Version), Body: CaseView{Lens: lens, Deadlines: []DeadlineView{}, Actions: s.options(c.Actions(who.Subject), func(act string) policies.Decision { return s.may(who, act, c) })}}
	switch lens {
	case "facts":
		out.Body.Case = c.WithoutPeople()
	case "signal":
		out.Body.Case = c.SignalOnly()
	default:
		out.Body.Case = c
	}
	if lens != "signal" {
		for _, d := range c.Deadlines() {
			out.Body.Deadlines = append(out.Body.Deadlines, DeadlineView{d.Kind, d.Due, d.Due.Before(s.now())})
		}
	}
	titles, err := s.titles(ctx, who, []conflict.Case{c})
	out.Body.Title = titles[c.ID]
	return out, err
}

// lens is how much of a case somebody sees: all of it, the facts without people, or the own signal.
// Somebody whose own command took the case out of sight still sees what it led to.
func (s *server) lens(who Principal, c conflict.Case) string {
	switch {
	case s.may(who, policies.ReadCase, c).Allowed:
		return "case"
	case s.may(who, policies.ReadFacts, c).Allowed:
		return "facts"
	case s.may(who, policies.ReadSignal, c).Allowed:
		return "signal"
	default:
		return "facts"
	}
}

// options are what the rules and the caller's rights say to each action. The rights come first:
// what somebody will never do here needs no explanation of the process.
func (s *server) options(all []process.Option, may func(act string) policies.Decision) []ActionView {
	views := []ActionView{}
	for _, o := range all {
		v := ActionView{Action: o.Action, Open: true}
		if d := may(string(o.Action)); !d.Allowed {
			v.Open, v.Closed = false, &Closed{By: "permission", Rule: d.Rule, Reason: "your role does not permit it", Remedy: d.Remedy}
		} else if o.Closed != nil {
			v.Open, v.Closed = false, closedBy(o.Closed)
		}
		views = append(views, v)
	}
	return views
}

func closedBy(f *fault.Error) *Closed {
	by := "gate"
	if f.Code == fault.Forbidden {
		by = "permission"
	}
	return &Closed{By: by, Rule: f.Rule, Reason: f.Message, Remedy: f.Remedy, Missing: f.Missing}
}

// titles reads the titles of those cases whose file, or whose own signal, who may read.
func (s *server) titles(ctx context.Context, who Principal, cases []conflict.Case) (map[string]string, error) {
	sc := s.scope(who, policies.ReadFile, policies.ReadSignal)
	var ids []string
	for _, c := range cases {
		ids = append(ids, c.ID)
	}
	rows, err := s.as(sc).ListSignals(ctx, sc.Signals(ids))
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	for _, r := range rows {
		texts, err := s.unseal(place{kind: process.KindCase, fileID: r.FileID}, conflict.CaseFile, r.DocumentID, sealedText{r.Sealed, r.Secret, r.Wrapped})
		if err != nil {
			return nil, err
		}
		titles[r.FileID] = texts["title"]
	}
	return titles, nil
}
