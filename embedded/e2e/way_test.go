package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/conflict"
	domain "koko/domain/file"
	"koko/domain/work"
	"koko/internal/demo"
	"koko/internal/scenario"
)

// whole is the script that has every command of people on a case.
var whole = sync.OnceValues(func() (*scenario.Script, error) { return scenario.Load("case/taken-up-again") })

// cast has the demo users of a place work on a case whose signal came in long ago.
func cast(place string) scenario.Cast {
	c := demo.Cast(place)
	c.Begins = time.Date(2025, 4, 2, 0, 0, 0, 0, time.UTC)
	return c
}

// scripted is what the script has of an action.
func scripted(a domain.Action, place string) map[string]any {
	s, err := whole()
	if err != nil {
		panic(err)
	}
	st, ok := s.First(a)
	if !ok {
		panic("no script has " + string(a))
	}
	body, err := st.Body(cast(place))
	if err != nil {
		panic(err)
	}
	return body
}

// A door is the API of a stack as the people of a place use it, with one file.
type door struct {
	api
	place string
	in    ags.Key
	kind  string            // the path of its kind
	plays map[string]string // whose login begins otherwise than the part is called
	path  string            // of the file
	seen  string
}

func (d *door) Give(ctx context.Context, o scenario.Order) (scenario.Answer, error) {
	if o.Kind.Kind == work.Kind && d.kind == casesPath {
		return d.giveInWork(ctx, o)
	}
	path := d.path + "/" + strings.ReplaceAll(string(o.Action), "_", "-")
	if d.path == "" {
		path, o.Body["ags"] = d.kind, d.in
	}
	who := o.Who
	if as, otherwise := d.plays[who]; otherwise {
		who = as
	}
	r, err := d.send(request{login: who + "." + d.place, method: http.MethodPost, path: path, key: uuid.NewString(), seen: d.seen, body: o.Body})
	if err != nil {
		return scenario.Answer{}, err
	}
	var is struct {
		ID      string `json:"id"`
		Phase   string `json:"phase"`
		Actions []struct {
			Action domain.Action `json:"action"`
			Open   bool          `json:"open"`
		} `json:"actions"`
		Rule string `json:"rule"`
	}
	if err := json.Unmarshal(r.body, &is); err != nil {
		return scenario.Answer{}, err
	}
	if r.status >= 300 {
		return scenario.Answer{}, &scenario.Refusal{Rule: is.Rule, Err: errors.New(string(r.body))}
	}
	d.path, d.seen = d.kind+"/"+is.ID, r.etag()
	got := scenario.Answer{Phase: is.Phase}
	for _, a := range is.Actions {
		if a.Open {
			got.Open = append(got.Open, a.Action)
		}
	}
	return got, nil
}

// giveInWork gives a command in the working file of the case, and waits until the case has heard what it is told of it.
func (d *door) giveInWork(ctx context.Context, o scenario.Order) (scenario.Answer, error) {
	who := o.Who + "." + d.place
	c, err := d.isNow()
	if err != nil {
		return scenario.Answer{}, err
	}
	path := "/api/v1/" + o.Kind.Plural + "/" + c.Handed.Work
	r, err := d.send(request{login: who, method: http.MethodGet, path: path})
	if err != nil {
		return scenario.Answer{}, err
	}
	on := &door{api: d.api, place: d.place, in: d.in, kind: "/api/v1/" + o.Kind.Plural, path: path, seen: r.etag()}
	got, err := on.Give(ctx, o)
	if err != nil || o.Refused != "" {
		return got, err
	}
	heard := map[domain.Action]func(h conflict.Handed) bool{
		work.ActionAccept:            func(h conflict.Handed) bool { return h.Status != conflict.HandedOver },
		work.ActionConfirmConditions: func(h conflict.Handed) bool { return h.Conditions },
		work.ActionAnswerReview:      func(h conflict.Handed) bool { return len(h.Reviews) > 0 },
		work.ActionEnd:               func(h conflict.Handed) bool { return h.Status == conflict.WorkedOn },
	}[o.Action]
	for deadline := time.Now().Add(time.Minute); heard != nil && !heard(*c.Handed); {
		if time.Now().After(deadline) {
			return got, errors.New("the case heard nothing of " + string(o.Action))
		}
		if c, err = d.isNow(); err != nil {
			return got, err
		}
	}
	return got, nil
}

// isNow is the case as it stands, which conflict managers see.
func (d *door) isNow() (c conflict.Case, err error) {
	r, err := d.send(request{login: "conflict_manager." + d.place, method: http.MethodGet, path: d.path})
	if err != nil {
		return c, err
	}
	d.seen = r.etag()
	return c, json.Unmarshal(r.body, &c)
}

// What the rules alone say of a script, and the API with the record, the whole platform says too.
func TestEveryScriptOfACaseGoesAsItSaysOnTheRealStack(t *testing.T) {
	t.Parallel()
	s := newStack(t, t.TempDir(), "--demo=false")
	s.appoint(t, "musterhausen", append([]string{"reporter"}, staff...)...)
	for _, name := range []string{"case/taken-up-again", "case/closed-gates"} {
		script, err := scenario.Load(name)
		require.NoError(t, err)
		require.NoError(t, scenario.Play(t.Context(), script.Steps, cast("musterhausen"), &door{api: s.api, place: "musterhausen", in: musterhausen, kind: casesPath}))
	}
	require.Empty(t, openRecord(t, s).broken(t))
}

func TestThePlainWayOfAnAdviceGoesAsItSaysOnTheRealStack(t *testing.T) {
	t.Parallel()
	s := newStack(t, t.TempDir(), "--demo=false")
	s.appoint(t, "lankeland", "reporter", "adviser", "external_adviser", "advice_coordinator")
	script, err := scenario.Load("advice/plain-way")
	require.NoError(t, err)
	plays := map[string]string{"seeker": "reporter"}
	c := cast("lankeland")
	c.Begins = calendar.DayOf(time.Now()).Begins() // what is agreed on ends after today
	c.People["seeker"] = c.People["reporter"]
	d := &door{api: s.api, place: "lankeland", in: musterhausen, kind: "/api/v1/advice", plays: plays}
	require.NoError(t, scenario.Play(t.Context(), script.Steps, c, d))
	require.Empty(t, openRecord(t, s).broken(t))
}
