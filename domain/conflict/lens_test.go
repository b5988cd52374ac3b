package conflict_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
)

// Each lens leaves out what its readers may not know, wherever in the state it stands.
func TestALensLeavesOutWhatItsReadersMayNotKnow(t *testing.T) {
	t.Parallel()
	c := before(t, conflict.ActionProposeClosure)
	require.True(t, c.Mediated())
	people := []string{casetest.Reporter, casetest.Manager, casetest.Reviewer, casetest.Mediator}

	facts := asJSON(t, c.WithoutPeople())
	for _, p := range people[1:] {
		require.Contains(t, asJSON(t, c), p)
	}
	for _, p := range people {
		require.NotContains(t, facts, p)
	}
	require.Equal(t, c.Plan.Form, c.WithoutPeople().Plan.Form, "the facts stay")

	open := c.WithoutMediation()
	require.False(t, open.Mediated())
	require.NotContains(t, asJSON(t, open), casetest.Mediator+`","at"`, "what the mediator did")
	require.Equal(t, c.Findings, open.Findings)

	signal := c.SignalOnly()
	require.Equal(t, conflict.Case{
		ID: c.ID, AGS: c.AGS, Version: c.Version, Phase: c.Phase, Round: c.Round, Opened: c.Opened, Changed: c.Changed, Signal: c.Signal,
	}, signal)
	for _, s := range []conflict.Case{c, open, signal} {
		require.Equal(t, c.ID, s.Head().ID)
	}
}

func TestWhatLiesInNoPartLiesInTheCaseFile(t *testing.T) {
	t.Parallel()
	for _, cmd := range []file.Command{conflict.AddNote{}, conflict.AttachDocument{}} {
		prepared, err := file.Prepare(cmd)
		require.NoError(t, err)
		require.Contains(t, asJSON(t, prepared), `"compartment":"case"`)
	}
	row, err := file.Define(conflict.Spec).Row(before(t, conflict.ActionTriage))
	require.NoError(t, err)
	require.NotEmpty(t, row.Ties)
	require.NotEmpty(t, row.Reference)
}
