package story_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/domain/training"
	"koko/internal/casetest"
	"koko/internal/demo"
	"koko/internal/story"
	"koko/internal/trainingtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A told is a line of a timeline, and when.
type told struct {
	at    time.Time
	entry story.Entry
}

// golden compares a timeline with testdata/name.de.txt and name.en.txt, which are to be read.
func golden(t *testing.T, name string, ts []told) {
	t.Helper()
	for _, l := range []story.Lang{story.German, story.English} {
		var b strings.Builder
		for _, e := range ts {
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

func write(b *strings.Builder, t told, l story.Lang) {
	e := t.entry
	timer := ""
	if e.Timer {
		timer = " ⏱"
	}
	fmt.Fprintf(b, "%s [%s]%s %s\n", story.Day(t.at).In(l), e.Phase.In(l), timer, e.Says.In(l))
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

func everything(s story.State) any { return s }

func tell[S story.State](kind process.Kind, before, after S, a process.Action, by string) told {
	return told{after.File().Changed, story.Tell(story.Step{Kind: kind, Action: a, Actor: by, Before: before, After: after, Shown: everything})}
}

// A stage plays the demo cases: it takes what the demo sends, decides, and lets time pass.
type stage struct {
	t     *testing.T
	cases map[string]conflict.Case
	now   map[string]time.Time
	told  map[string][]told
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
		d, ok := c.NextDeadline()
		if !ok || d.Due.After(at) {
			break
		}
		c = s.decide(c, conflict.DeadlinePassed{Deadline: d}, process.System, d.Due)
	}
	if _, err := c.Decide(cmd, as, at); err != nil {
		f := fault.Of(err)
		require.NotNil(s.t, f)
		s.told[c.ID] = append(s.told[c.ID], told{at, story.Entry{Phase: story.Phase(process.KindCase, c), Says: story.Refused(string(a), f.Rule)}})
		return answer(http.StatusForbidden, 0, map[string]any{"type": "urn:koko:problem:forbidden", "status": 403, "title": f.Message, "detail": f.Message, "rule": f.Rule}), nil
	}
	c = s.decide(c, cmd, as, at)
	return answer(http.StatusOK, c.Version, c), nil
}

func (s *stage) decide(c conflict.Case, cmd conflict.Command, by string, at time.Time) conflict.Case {
	next, err := c.Decide(cmd, by, at)
	require.NoError(s.t, err)
	s.told[c.ID] = append(s.told[c.ID], tell(process.KindCase, c, next, cmd.Action(), by))
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

// command is what the API makes of a body: facts, and documents that say something about the rest.
func (s *stage) command(a conflict.Action, body []byte) conflict.Command {
	fields := []string{"title", "text", "reason", "commissioner", "occasion", "theme", "rationale", "evidence", "content", "result", "lessons", "note"}
	for i := range 20 {
		fields = append(fields, fmt.Sprintf("agreements.c%d.who", i+1), fmt.Sprintf("agreements.c%d.what", i+1))
	}
	in := conflict.CaseFile
	if slices.Contains([]conflict.Action{conflict.ActionPlanMediation, conflict.ActionConfirmConditions, conflict.ActionRecordSession, conflict.ActionRecordInterimResult}, a) {
		in = conflict.MediationFile
	}
	docs := s.made.Prose(a, in, fields...)
	read := func(cmd any) { require.NoError(s.t, json.Unmarshal(body, cmd)) }
	switch a {
	case conflict.ActionReportSignal:
		c := conflict.ReportSignal{}
		read(&c)
		c.Docs = docs
		return c
	case conflict.ActionTriage:
		c := conflict.TriageSignal{}
		read(&c)
		return c
	case conflict.ActionRecordClearing:
		c := conflict.RecordClearing{}
		read(&c)
		return c
	case conflict.ActionDecideMandate:
		c := conflict.DecideMandate{}
		read(&c)
		c.Docs = docs
		return c
	case conflict.ActionAssign:
		c := conflict.Assign{}
		read(&c)
		return c
	case conflict.ActionRecordAnalysis:
		c := conflict.RecordAnalysis{}
		read(&c)
		c.Docs = docs
		return c
	case conflict.ActionReviewAnalysis:
		c := conflict.ReviewAnalysis{}
		read(&c)
		return c
	case conflict.ActionPlanMediation:
		c := conflict.PlanMediation{}
		read(&c)
		c.Recommended = conflict.DefaultInterventions().For(c.Form)
		return c
	case conflict.ActionConfirmConditions:
		c := conflict.ConfirmConditions{}
		read(&c)
		return c
	case conflict.ActionRecordSession:
		c := conflict.RecordSession{}
		read(&c)
		c.Docs = docs
		return c
	case conflict.ActionRecordInterimResult:
		c := conflict.RecordInterimResult{}
		read(&c)
		c.Docs = docs
		return c
	case conflict.ActionProposeClosure:
		c := conflict.ProposeClosure{}
		read(&c)
		c.Docs = docs
		return c
	case conflict.ActionSignOff:
		c := conflict.SignOff{}
		read(&c)
		return c
	case conflict.ActionRecordFollowUp:
		c := conflict.RecordFollowUp{}
		read(&c)
		return c
	case conflict.ActionAddNote:
		return conflict.AddNote{Docs: docs}
	case conflict.ActionAttachDocument:
		return conflict.AttachDocument{MediaType: "text/plain", Size: 120, Docs: docs}
	}
	s.t.Fatalf("the demo gives no command %s", a)
	return nil
}

func TestTheDemoCasesReadAsAPersonWouldTellThem(t *testing.T) {
	s := &stage{t: t, cases: map[string]conflict.Case{}, now: map[string]time.Time{}, told: map[string][]told{}, made: casetest.Maker{Salt: "demo"}}
	token := func(login string) (string, error) {
		u, ok := demo.Find(login)
		require.True(t, ok)
		return u.Subject, nil
	}
	require.NoError(t, demo.RunCases(t.Context(), demo.Options{URL: "http://koko.test", HTTPClient: &http.Client{Transport: s}, Token: token}))
	require.Len(t, s.told, 10)
	for id, ts := range s.told {
		golden(t, s.cases[id].Signal.Reference, ts)
	}
}

func TestEnrolmentsReadAsAPersonWouldTellThem(t *testing.T) {
	for _, end := range []training.Phase{training.Certified, training.Failed, training.Lapsed, training.Rejected, training.Withdrawn} {
		m := &trainingtest.Maker{Salt: "told/" + string(end)}
		c := m.Cohort(trainingtest.KoKo())
		var ts []told
		e := training.Enrolment{ID: m.ID()}
		for _, s := range m.Way(c, end) {
			next, err := e.Decide(s.Command, s.By, s.At)
			require.NoError(t, err)
			ts = append(ts, tell(process.KindEnrolment, e, next, s.Command.Action(), s.By))
			e = next
		}
		golden(t, "enrolment-"+string(end), ts)
	}
}
