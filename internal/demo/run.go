package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"koko/domain/advice"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/work"
	"koko/internal/scenario"
)

// Options say where the cases, advice and cohorts are sent and as whom.
type Options struct {
	URL        string                             // of the API: scheme and host
	HTTPClient *http.Client                       // nil: one of its own
	Token      func(login string) (string, error) // a bearer token of the demo user
	Progress   io.Writer                          // a line for each case, advice and cohort; nil: none
}

const base = "/api/v1"

// attempts is how often a step is decided on anew because the file had changed meanwhile.
const attempts = 5

// Run gives the demo users their roles and takes each demo case, advice and cohort as far as it stands,
// through the API, as the people whose work it is. Some must have their grants before: see Appointed.
// Run again, or after an interruption, it does what is missing and nothing else.
func Run(ctx context.Context, o Options) error {
	courses, err := courses()
	if err != nil {
		return err
	}
	s, err := o.runCases(ctx)
	if err != nil {
		return err
	}
	if err := o.runAdvice(ctx, s); err != nil {
		return err
	}
	return runCourses(ctx, s, courses, o.say)
}

func (o *Options) runCases(ctx context.Context) (*school, error) {
	all, err := Cases()
	if err != nil {
		return nil, err
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: time.Minute}
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	c := &client{strings.TrimRight(o.URL, "/"), o.HTTPClient, o.Token}
	n, began, err := giveGrants(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := o.say("%d demo users have their roles", n); err != nil {
		return nil, err
	}
	for _, s := range all {
		phase, err := runCase(ctx, c, s)
		if err != nil {
			return nil, fmt.Errorf("demo case %s: %w", numberOf(s), err)
		}
		if err := o.say("%s %s: %s", numberOf(s), s.About, phases[phase]); err != nil {
			return nil, err
		}
	}
	return &school{client: c, began: began}, nil
}

func (o *Options) say(format string, args ...any) error {
	_, err := fmt.Fprintf(o.Progress, format+"\n", args...)
	return err
}

// phases are the phases as people call them.
var phases = map[conflict.Phase]string{
	conflict.Detection: "Früherkennung", conflict.Analysis: "Analyse", conflict.Work: "Bearbeitung",
	conflict.Closure: "Abschluss", conflict.FollowUp: "Nachsorge", conflict.Closed: "beendet",
}

// giveGrants has the admin of each place give everybody there their role who is not appointed. It returns how many,
// and when this demonstration began: when the coordinator was appointed.
func giveGrants(ctx context.Context, c *client) (n int, began time.Time, err error) {
	for _, u := range Users() {
		if slices.Contains(appointed, u.Role) {
			continue
		}
		_, place, _ := strings.Cut(u.Login, ".")
		var given struct {
			At time.Time `json:"given_at"`
		}
		_, err := c.send(ctx, request{
			login: admin + "." + place, method: http.MethodPost, path: base + "/grants", key: "koko-demo/grant/" + u.Login,
			body: struct {
				Subject string    `json:"subject"`
				Role    string    `json:"role"`
				Area    []ags.Key `json:"area"`
			}{u.Subject, u.Role, u.Areas},
		}, &given)
		if err != nil {
			return n, began, fmt.Errorf("grant to %s: %w", u.Login, err)
		}
		if u.Login == coordinator {
			began = given.At
		}
		n++
	}
	return n, began, nil
}

// runCase takes a case as far as its script goes. It is read as a conflict manager, who sees all of it.
func runCase(ctx context.Context, c *client, s *scenario.Script) (conflict.Phase, error) {
	place := staff(s.In)
	p := &caseload{files: map[string]*player[work.Work]{}, player: &player[conflict.Case]{
		journey: &journey[conflict.Case]{client: c, reader: "conflict_manager." + place, story: numberOf(s)},
		kind:    s.Kind, at: "/cases", in: s.In, shown: shownInCases, taken: map[file.Action]int{}, done: map[file.Action]int{},
	}}
	if err := scenario.Play(ctx, s.Steps, Cast(place), p); err != nil {
		return "", err
	}
	err := p.read(ctx)
	return p.state.Phase, err
}

// runAdvice takes each advice as far as its script goes. It is read as the client, who sees all of its state.
func (o *Options) runAdvice(ctx context.Context, all *school) error {
	scripts, err := Advice()
	if err != nil {
		return err
	}
	for _, s := range scripts {
		place := staff(s.In)
		cast := Cast(place)
		cast.Begins = (calendar.DayOf(all.began) - 59).Begins()
		p := &player[advice.Advice]{
			journey: &journey[advice.Advice]{client: all.client, reader: s.Steps[0].Who + "." + place, story: numberOf(s)},
			kind:    s.Kind, at: "/advice", in: s.In, shown: shownInAdvice, taken: map[file.Action]int{}, done: map[file.Action]int{},
		}
		err := scenario.Play(ctx, s.Steps, cast, p)
		if err == nil {
			err = p.read(ctx)
		}
		if err != nil {
			return fmt.Errorf("demo advice %s: %w", numberOf(s), err)
		}
		if err := o.say("%s %s: %s", numberOf(s), s.About, s.Kind.Vocabulary.Phases[string(p.state.Phase)].Name.DE); err != nil {
			return err
		}
	}
	return nil
}
