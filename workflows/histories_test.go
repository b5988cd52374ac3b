package workflows_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"koko/activities"
	"koko/workflows"
)

// pages stands in for the activity: each page has a run, until there are none left.
type pages struct {
	left int
	seen []activities.ClosedPage
}

func (p *pages) KeepHistories(_ context.Context, of activities.ClosedPage) (activities.KeptPage, error) {
	p.seen = append(p.seen, of)
	p.left--
	kept := activities.KeptPage{Listed: 2, Kept: 1}
	if p.left > 0 {
		kept.Next = []byte{byte(p.left)}
	}
	return kept, nil
}

func keepHistories(t *testing.T, p *pages, last *workflows.Keeping, k workflows.Keeping) (done workflows.Keeping, err error) {
	t.Helper()
	env := newEnvironment(io.Discard)
	env.RegisterActivity(p)
	env.SetStartTime(theHour)
	if last != nil {
		env.SetLastCompletionResult(*last)
	}
	env.ExecuteWorkflow(workflows.KeepHistories, k)
	require.True(t, env.IsWorkflowCompleted())
	if err := env.GetWorkflowError(); err != nil {
		return k, err
	}
	return done, env.GetWorkflowResult(&done)
}

var theHour = time.Date(2026, 3, 2, 9, 7, 0, 0, time.UTC)

func TestTheFirstTimeEverythingIsKept(t *testing.T) {
	t.Parallel()
	p := &pages{left: 3}
	done, err := keepHistories(t, p, nil, workflows.Keeping{})
	require.NoError(t, err)
	require.Equal(t, []activities.ClosedPage{{}, {Token: []byte{2}}, {Token: []byte{1}}}, p.seen)
	require.Equal(t, workflows.Keeping{Begun: theHour, Listed: 6, Kept: 3}, done)
}

func TestTheNextTimeBeginsADayBeforeTheLast(t *testing.T) {
	t.Parallel()
	p := &pages{left: 2}
	last := workflows.Keeping{Begun: theHour.Add(-time.Hour)}
	_, err := keepHistories(t, p, &last, workflows.Keeping{})
	require.NoError(t, err)
	since := last.Begun.Add(-24 * time.Hour)
	require.Equal(t, []activities.ClosedPage{{Since: since}, {Since: since, Token: []byte{1}}}, p.seen)
}

func TestManyPagesGoOnInTheNextRun(t *testing.T) {
	t.Parallel()
	p := &pages{left: 150}
	_, err := keepHistories(t, p, nil, workflows.Keeping{})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &again)
	var k workflows.Keeping
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &k))
	require.Equal(t, 100, k.Kept)
	last := workflows.Keeping{Begun: theHour.Add(time.Hour)}
	done, err := keepHistories(t, p, &last, k)
	require.NoError(t, err)
	require.Equal(t, 150, done.Kept)
	require.Equal(t, theHour, done.Begun, "what ended meanwhile is for the next time")
	require.Len(t, p.seen, 150)
}
