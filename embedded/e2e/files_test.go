package e2e

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"koko/activities"
	"koko/domain/ags"
	"koko/domain/conflict"
	domain "koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/engine"
	"koko/kinds"
)

// A line leads to the workflows of the files with state S.
type line[S domain.State] struct {
	files engine.Files
	kind  *domain.Definition
}

func casesOn(c client.Client) line[conflict.Case] { return lineTo[conflict.Case](c, conflict.Kind) }

func enrolmentsOn(c client.Client) line[enrolment.Enrolment] {
	return lineTo[enrolment.Enrolment](c, enrolment.Kind)
}

func cohortsOn(c client.Client) line[cohort.Cohort] {
	return lineTo[cohort.Cohort](c, cohort.Kind)
}

func lineTo[S domain.State](c client.Client, k domain.Kind) line[S] {
	return line[S]{engine.Files{Engine: engine.Engine{Client: c}, Queue: queue}, kindOf(k)}
}

const queue = "cases" // of the workers

func kindOf(k domain.Kind) *domain.Definition {
	kind, ok := kinds.Of(k)
	if !ok {
		panic("there is no kind " + string(k))
	}
	return kind
}

// begin begins a file with its first command.
func (l line[S]) begin(ctx context.Context, id string, in ags.Key, key, by string, cmd domain.Command) (S, error) {
	return typed[S](l.files.Begin(ctx, l.kind, l.kind.Fresh(id, in), key, by, cmd))
}

// do has a file carry out a command of by, who has seen version seen.
func (l line[S]) do(ctx context.Context, id, key, by string, seen int, cmd domain.Command) (S, error) {
	return typed[S](l.files.Do(ctx, l.kind, id, key, by, seen, cmd))
}

// catchUp has a file adopt what stands recorded.
func (l line[S]) catchUp(ctx context.Context, id, key string) (S, error) {
	return typed[S](l.files.CatchUp(ctx, l.kind, id, key))
}

func typed[S domain.State](s domain.State, err error) (S, error) {
	if err != nil {
		var none S
		return none, err
	}
	return s.(S), nil
}

// A step is a transition of a case. Its state is read: the record orders JSON in its own way.
type step struct {
	activities.Transition // without the state
	State                 conflict.Case
}

func steps(t testing.TB, ts []activities.Transition) []step {
	t.Helper()
	all := []step{}
	for _, tr := range ts {
		s := step{Transition: tr}
		s.Transition.State = nil
		require.NoError(t, json.Unmarshal(tr.State, &s.State))
		all = append(all, s)
	}
	return all
}
