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
	people := []string{casetest.Reporter, casetest.Manager, casetest.Reviewer}
	require.NotContains(t, asJSON(t, c), casetest.Mediator, "whoever works on it")

	facts := asJSON(t, c.WithoutPeople())
	for _, p := range people[1:] {
		require.Contains(t, asJSON(t, c), p)
	}
	for _, p := range people {
		require.NotContains(t, facts, p)
	}
	require.NotContains(t, facts, c.Handed.Work)
	require.Equal(t, c.Handed.Status, c.WithoutPeople().Handed.Status, "the facts stay")

	signal := c.SignalOnly()
	require.Equal(t, conflict.Case{
		ID: c.ID, AGS: c.AGS, Version: c.Version, Phase: c.Phase, Round: c.Round, Opened: c.Opened, Changed: c.Changed, Signal: c.Signal,
	}, signal)
	for _, s := range []conflict.Case{c, c.WithoutPeople(), signal} {
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
