package workflows_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"koko/activities"
	"koko/workflows"
)

func TestAnExchangeThatFailsIsTriedAgainAndThenLeftToTheNext(t *testing.T) {
	var log strings.Builder
	env := newEnvironment(&log)
	a := &activities.Witnesses{}
	env.RegisterActivity(a)
	env.OnActivity(a.CollectCosignatures, mock.Anything).Return(nil, errors.New("the database is away")).Times(3)
	env.ExecuteWorkflow(workflows.ExchangeCosignatures)
	require.ErrorContains(t, env.GetWorkflowError(), "the database is away")
	env.AssertExpectations(t)
}

func TestAContradictionIsNotAskedAgain(t *testing.T) {
	var log strings.Builder
	env := newEnvironment(&log)
	a := &activities.Witnesses{}
	env.RegisterActivity(a)
	env.OnActivity(a.CollectCosignatures, mock.Anything).Return(nil, temporal.NewNonRetryableApplicationError("contradicted", activities.Contradiction, nil)).Once()
	env.ExecuteWorkflow(workflows.ExchangeCosignatures)
	var app *temporal.ApplicationError
	require.ErrorAs(t, env.GetWorkflowError(), &app)
	require.Equal(t, activities.Contradiction, app.Type())
}
