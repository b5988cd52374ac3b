package story_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training/enrolment"
	"koko/internal/casetest"
	"koko/internal/demo"
	"koko/internal/story"
	"koko/internal/trainingtest"
	"koko/kinds"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A line is one of a timeline, and when.
type line struct {
	at    time.Time
	entry story.Entry
}

// golden compares a timeline with testdata/name.de.txt and name.en.txt, which are to be read.
func golden(t *testing.T, name string, ls []line) {
	t.Helper()
	for _, l := range []story.Lang{story.German, story.English} {
		var b strings.Builder
		for _, e := range ls {
			write(&b, e, l)
		}
		file := fmt.Sprintf("testdata/%s.%s.txt", name, l)
		if *update {
			require.NoError(t, os.MkdirAll("testdata", 0o755))
			require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), b.String())
	}
}

func write(b *strings.Builder, at line, l story.Lang) {
	e := at.entry
	timer := ""
	if e.Timer {
		timer = " ⏱"
	}
	fmt.Fprintf(b, "%s [%s]%s %s\n", story.Day(at.at).In(l), e.Phase.In(l), timer, e.Says.In(l))
	for _, c := range e.Changes {
		if before := c.Before.In(l); before != "" {
			fmt.Fprintf(b, "    %s: %s → %s\n", c.Label.In(l), before, c.After.In(l))
		} else {
			fmt.Fprintf(b, "    %s: %s\n", c.Label.In(l), c.After.In(l))
		}
	}
	for _, d := range e.Terms {
		fmt.Fprintf(b, "    (%s %s: %s)\n", d.What.In(l), story.Day(d.Due).In(l), story.Turned(d.Turn).In(l))
	}
}

func everything(s file.State) any { return s }

func tell(kind file.Kind, before, after file.State, a file.Action, by string) line {
	return line{after.Head().Changed, story.Tell(story.Step{Kind: kind, Action: a, Actor: by, Before: before, After: after, Shown: everything})}
}

// A stage plays the demo cases: it takes what the demo sends, decides, and lets time pass.
type stage struct {
	t     *testing.T
	cases map[string]conflict.Case
	now   map[string]time.Time
	lines map[string][]line
	made  casetest.Maker
}

// RoundTrip answers as the API would.
func (s *stage) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	as := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v1/"), "/")
	switch {
	case path[0] == "grants":
		return answer(http.StatusCreated, 0, struct{}{}), nil
	case len(path) == 1:
		c := conflict.Case{ID: s.made.ID(), AGS: "05999001"}
		return s.take(c, as, conflict.ActionReportSignal, body)
	case len(path) == 2:
		c := s.cases[path[1]]
		return answer(http.StatusOK, c.Version, c), nil
	default:
		return s.take(s.cases[path[1]], as, conflict.Action(strings.ReplaceAll(path[2], "-", "_")), body)
	}
}

func answer(status, version int, v any) *http.Response {
	b, _ := json.Marshal(v)
	h := http.Header{"Content-Type": {"application/json"}, "Etag": {fmt.Sprintf("%q", fmt.Sprint(version))}}
	if status >= 400 {
		h.Set("Content-Type", "application/problem+json")
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(bytes.NewReader(b))}
}

// take has the case decide at the day that the command speaks of, after the timers of the time before.
func (s *stage) take(c conflict.Case, as string, a conflict.Action, body []byte) (*http.Response, error) {
	cmd := s.command(a, body)
	at := s.now[c.ID].Add(20 * time.Minute)
	if d := dayOf(body); d.After(at) {
		at = d
	}
	for c.Version > 0 {
		d, ok := file.NextDeadline(c)
		if !ok || d.Due.After(at) {
			break
		}
		c = s.decide(c, file.DeadlinePassed{Deadline: d}, file.System, d.Due)
	}
	if _, err := c.Decide(cmd, as, at); err != nil {
		f := fault.Of(err)
		require.NotNil(s.t, f)
		s.lines[c.ID] = append(s.lines[c.ID], line{at, story.Entry{Phase: story.Phase(conflict.Kind, c), Says: story.Refused(conflict.Kind, string(a), f.Rule)}})
		return answer(http.StatusForbidden, 0, map[string]any{"type": "urn:koko:problem:forbidden", "status": 403, "title": f.Message, "detail": f.Message, "rule": f.Rule}), nil
	}
	c = s.decide(c, cmd, as, at)
	return answer(http.StatusOK, c.Version, c), nil
}

func (s *stage) decide(c conflict.Case, cmd file.Command, by string, at time.Time) conflict.Case {
	next, err := c.Decide(cmd, by, at)
	require.NoError(s.t, err)
	s.lines[c.ID] = append(s.lines[c.ID], tell(conflict.Kind, c, next, cmd.Action(), by))
	s.cases[c.ID], s.now[c.ID] = next, at
	return next
}

// dayOf is the afternoon of the latest day that says when something happened.
func dayOf(body []byte) (latest time.Time) {
	var facts map[string]any
	_ = json.Unmarshal(body, &facts)
	for _, name := range []string{"observed_on", "decided_on", "confirmed_on", "held_on", "concluded_on"} {
		text, _ := facts[name].(string)
		if d, err := time.Parse(time.DateOnly, text); err == nil && d.After(latest) {
			latest = d.Add(14 * time.Hour)
		}
	}
	return latest
}

// command is what the API makes of a body: facts, and documents with the words.
func (s *stage) command(a conflict.Action, body []byte) file.Command {
	kind, _ := kinds.Of(conflict.Kind)
	said, err := kind.ReadCommand(a, body)
	require.NoError(s.t, err)
	said, err = file.Prepare(said)
	require.NoError(s.t, err)
	cmd, words := file.Take(said)
	if p, ok := cmd.(conflict.PlanMediation); ok {
		p.Recommended = conflict.DefaultInterventions().For(p.Form)
		cmd = p
	}
	var docs []file.Doc
	for in, prose := range words {
		docs = append(docs, s.made.Prose(a, in, slices.Collect(maps.Keys(prose))...).Docs...)
	}
	return file.WithDocs(cmd, docs)
}

func TestTheDemoCasesReadAsAPersonWouldTellThem(t *testing.T) {
	s := &stage{t: t, cases: map[string]conflict.Case{}, now: map[string]time.Time{}, lines: map[string][]line{}, made: casetest.Maker{Salt: "demo"}}
	token := func(login string) (string, error) {
		u, ok := demo.Find(login)
		require.True(t, ok)
		return u.Subject, nil
	}
	require.NoError(t, demo.RunCases(t.Context(), demo.Options{URL: "http://koko.test", HTTPClient: &http.Client{Transport: s}, Token: token}))
	require.Len(t, s.lines, 10)
	for id, ls := range s.lines {
		golden(t, s.cases[id].Signal.Reference, ls)
	}
}

func TestEnrolmentsReadAsAPersonWouldTellThem(t *testing.T) {
	for _, end := range []enrolment.Phase{enrolment.Certified, enrolment.Failed, enrolment.Lapsed, enrolment.Rejected, enrolment.Withdrawn} {
		m := &trainingtest.Maker{Salt: "told/" + string(end)}
		c := m.Cohort(trainingtest.KoKo())
		var ls []line
		e := enrolment.Enrolment{ID: m.ID()}
		for _, s := range m.Way(c, end) {
			next, err := e.Decide(s.Command, s.By, s.At)
			require.NoError(t, err)
			ls = append(ls, tell(enrolment.Kind, e, next, s.Command.Action(), s.By))
			e = next
		}
		golden(t, "enrolment-"+string(end), ls)
	}
}
