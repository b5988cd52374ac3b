package story_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/enrolment"
	"koko/internal/casetest"
	"koko/internal/demo"
	"koko/internal/scenario"
	"koko/internal/story"
	"koko/internal/trainingtest"
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

// A stage is the door to the rules of a case, which keeps what happens to it: of the days that commands speak of, and of
// what passes in the time between.
type stage struct {
	t     *testing.T
	rules *scenario.Rules
	now   time.Time
	lines []line
}

func newStage(t *testing.T, s *scenario.Script, m *casetest.Maker) *stage {
	st := &stage{t: t}
	before := s.Kind.Fresh(m.ID(), "05999001")
	st.rules = &scenario.Rules{Kind: s.Kind, State: before, Document: m.Doc, NewID: m.ID, Decided: func(d scenario.Decision) {
		if d.Kind == s.Kind {
			st.lines = append(st.lines, tell(s.Kind.Kind, before, d.State, d.Command.Action(), d.By))
			before = d.State
		}
	}}
	return st
}

// Give has the case decide at the day that the command speaks of, after the timers of the time before.
func (s *stage) Give(ctx context.Context, o scenario.Order) (scenario.Answer, error) {
	at := s.now.Add(20 * time.Minute)
	if d := dayOf(o.Body); d.After(at) {
		at = d
	}
	require.NoError(s.t, s.rules.Pass(at))
	s.now, o.On = at, at
	answer, err := s.rules.Give(ctx, o)
	if refused, ok := errors.AsType[*scenario.Refusal](err); ok && o.Kind == s.rules.Kind {
		kind := o.Kind.Kind
		s.lines = append(s.lines, line{at, story.Entry{Phase: story.Phase(kind, s.rules.State), Says: story.Refused(kind, string(o.Action), refused.Rule)}})
	}
	return answer, err
}

// dayOf is the afternoon of the latest day that says when something happened.
func dayOf(facts map[string]any) (latest time.Time) {
	for _, name := range []string{"observed_on", "decided_on", "confirmed_on", "held_on", "concluded_on"} {
		text, _ := facts[name].(string)
		if d, err := time.Parse(time.DateOnly, text); err == nil && d.After(latest) {
			latest = d.Add(14 * time.Hour)
		}
	}
	return latest
}

func TestTheDemoCasesReadAsAPersonWouldTellThem(t *testing.T) {
	scripts, err := demo.Cases()
	require.NoError(t, err)
	require.Len(t, scripts, 10)
	m := &casetest.Maker{Salt: "demo"}
	for _, s := range scripts {
		st := newStage(t, s, m)
		require.NoError(t, scenario.Play(t.Context(), s.Steps, demo.CastOf(s), st))
		golden(t, st.rules.State.(conflict.Case).Signal.Reference, st.lines)
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
