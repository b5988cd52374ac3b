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
	"koko/domain/conflict"
	domain "koko/domain/file"
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

// A door is the API of a stack as the people of a place use it, with one case.
type door struct {
	api
	place string
	in    ags.Key
	path  string // of the case
	seen  string
}

func (d *door) Give(_ context.Context, o scenario.Order) (scenario.Answer, error) {
	path := d.path + "/" + strings.ReplaceAll(string(o.Action), "_", "-")
	if d.path == "" {
		path, o.Body["ags"] = casesPath, d.in
	}
	r, err := d.send(request{login: o.Who + "." + d.place, method: http.MethodPost, path: path, key: uuid.NewString(), seen: d.seen, body: o.Body})
	if err != nil {
		return scenario.Answer{}, err
	}
	var is struct {
		conflict.Case
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
	d.path, d.seen = casesPath+"/"+is.ID, r.etag()
	got := scenario.Answer{Phase: string(is.Phase)}
	for _, a := range is.Actions {
		if a.Open {
			got.Open = append(got.Open, a.Action)
		}
	}
	return got, nil
}

// What the rules alone say of a script, and the API with the record, the whole platform says too.
func TestEveryScriptOfACaseGoesAsItSaysOnTheRealStack(t *testing.T) {
	t.Parallel()
	s := newStack(t, t.TempDir(), "--demo=false")
	s.appoint(t, "musterhausen", append([]string{"reporter"}, staff...)...)
	for _, name := range []string{"case/taken-up-again", "case/closed-gates"} {
		script, err := scenario.Load(name)
		require.NoError(t, err)
		require.NoError(t, scenario.Play(t.Context(), script.Steps, cast("musterhausen"), &door{api: s.api, place: "musterhausen", in: musterhausen}))
	}
	require.Empty(t, openRecord(t, s).broken(t))
}
