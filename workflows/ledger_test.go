package workflows_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"koko/activities"
	"koko/workflows"
)

func TestACheckpointIsTriedUntilItIsSigned(t *testing.T) {
	var log strings.Builder
	env := newEnvironment(&log)
	a := &activities.Ledger{}
	env.RegisterActivity(a)
	want := activities.Checkpoint{Size: 7, Root: "root"}
	tries := 0
	env.OnActivity(a.SignCheckpoint, mock.Anything).Return(func(context.Context) (activities.Checkpoint, error) {
		if tries++; tries < 4 {
			return activities.Checkpoint{}, errors.New("the database is away")
		}
		return want, nil
	})
	began := env.Now()
	env.ExecuteWorkflow(workflows.Checkpoint)
	require.NoError(t, env.GetWorkflowError())
	var got activities.Checkpoint
	require.NoError(t, env.GetWorkflowResult(&got))
	require.Equal(t, want, got)
	require.Equal(t, 7*time.Second, env.Now().Sub(began).Truncate(time.Second), "each wait is longer")
}

func TestARewrittenLogIsTriedOnce(t *testing.T) {
	var log strings.Builder
	env := newEnvironment(&log)
	a := &activities.Ledger{}
	env.RegisterActivity(a)
	env.OnActivity(a.SignCheckpoint, mock.Anything).Return(activities.Checkpoint{}, temporal.NewNonRetryableApplicationError("rewritten", workflows.Rewritten, nil)).Once()
	env.ExecuteWorkflow(workflows.Checkpoint)
	var app *temporal.ApplicationError
	require.ErrorAs(t, env.GetWorkflowError(), &app)
	require.Equal(t, workflows.Rewritten, app.Type(), "callers of the engine tell it by its type")
}
