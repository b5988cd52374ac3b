package workflows_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/workflows"
)

func TestWhatIsDetachedIsDrawnEvenIfTheDatabaseWasAway(t *testing.T) {
	var log strings.Builder
	env := newEnvironment(&log)
	a := &activities.Files{}
	env.RegisterActivity(a)
	tries := 0
	env.OnActivity(a.DrawDetached, mock.Anything).Return(func(context.Context) (int, error) {
		if tries++; tries < 3 {
			return 0, errors.New("the database is away")
		}
		return 2, nil
	})
	env.ExecuteWorkflow(workflows.DrawDetached)
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 3, tries)
}
