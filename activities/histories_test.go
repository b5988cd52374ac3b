package activities_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/internal/dbtest"
	"koko/internal/evidence/runs"
)

// An archive is an engine with runs that have ended, two on a page.
type archive struct {
	runs   []runs.Packed
	closed []runs.ID // listed
	fails  error
	since  time.Time
	read   int
}

func (a *archive) Closed(_ context.Context, since time.Time, token []byte) ([]runs.ID, []byte, error) {
	a.since = since
	from := len(token)
	until := min(from+2, len(a.closed))
	var next []byte
	if until < len(a.closed) {
		next = []byte(strings.Repeat("x", until))
	}
	return a.closed[from:until], next, nil
}

func (a *archive) Packed(_ context.Context, id runs.ID) (runs.Packed, error) {
	a.read++
	if a.fails != nil {
		return runs.Packed{}, a.fails
	}
	for _, r := range a.runs {
		if r.ID == id.RunID {
			return r, nil
		}
	}
	if id.RunID == "odd" {
		return runs.Packed{}, fault.Newf(fault.Invalid, "no run of a file")
	}
	return runs.Packed{}, fault.Newf(fault.NotFound, "forgotten")
}

func (a *archive) end(id string) {
	r := runs.Packed{SHA256: strings.Repeat("a", 64), Data: []byte("events"), Run: runs.Run{
		Kind: conflict.Kind, FileID: "3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11", AGS: aachen, WorkflowID: "case-3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11",
		ID: id, Began: at, Ended: at, Status: runs.Continued, Events: 3,
	}}
	a.runs = append(a.runs, r)
	a.closed = append(a.closed, runs.ID{WorkflowID: r.WorkflowID, RunID: id})
}

func TestEachRunThatHasEndedIsKeptOnce(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	e := &archive{}
	h := &activities.Histories{Pool: r.Worker, Engine: e}
	for _, id := range []string{"one", "two", "three"} {
		e.end(id)
	}
	e.closed = append(e.closed, runs.ID{WorkflowID: "case-gone", RunID: "gone"}, runs.ID{WorkflowID: "odd", RunID: "odd"})
	keep := func() (all activities.KeptPage) {
		for {
			p, err := h.KeepHistories(t.Context(), activities.ClosedPage{Since: at, Token: all.Next})
			require.NoError(t, err)
			all.Listed, all.Kept, all.Lost, all.Unfit, all.Next = all.Listed+p.Listed, all.Kept+p.Kept, all.Lost+p.Lost, all.Unfit+p.Unfit, p.Next
			if len(all.Next) == 0 {
				return all
			}
		}
	}
	require.Equal(t, activities.KeptPage{Listed: 5, Kept: 3, Lost: 1, Unfit: 1}, keep())
	require.Equal(t, at, e.since)
	e.read = 0
	require.Equal(t, activities.KeptPage{Listed: 5, Lost: 1, Unfit: 1}, keep())
	require.Equal(t, 2, e.read, "what is kept is not read again")
	e.end("four")
	require.Equal(t, 1, keep().Kept)
}

func TestAnEngineThatDoesNotAnswerLosesNothing(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	e := &archive{fails: errors.New("silent")}
	e.end("one")
	h := &activities.Histories{Pool: r.Worker, Engine: e}
	_, err := h.KeepHistories(t.Context(), activities.ClosedPage{})
	require.ErrorContains(t, err, "silent")
	e.fails = nil
	p, err := h.KeepHistories(t.Context(), activities.ClosedPage{})
	require.NoError(t, err)
	require.Equal(t, 1, p.Kept)
}

func TestARunThatGoesOnIsNotKept(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	e := &archive{}
	e.end("one")
	e.runs[0].Status = runs.Open
	_, err := (&activities.Histories{Pool: r.Worker, Engine: e}).KeepHistories(t.Context(), activities.ClosedPage{})
	require.ErrorContains(t, err, "does not end it")
}
