package conflict_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
)

// What the record keeps of a case beside its state follows from the state, column by column.
func TestTheRowOfACaseFollowsFromItsState(t *testing.T) {
	t.Parallel()
	kind := file.Define(conflict.Spec)
	m := &casetest.Maker{Salt: "row"}
	c := conflict.Case{ID: m.ID(), AGS: "05334002"}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i, s := range m.Way() {
		next, err := kind.Decide(c, s.Command, s.By, at.Add(time.Duration(i)*time.Hour))
		require.NoError(t, err)
		c = next.(conflict.Case)
		got, err := kind.Row(c)
		require.NoError(t, err)

		var facets map[string]any
		require.NoError(t, json.Unmarshal(got.Facets, &facets))
		require.Equal(t, facetsOf(c), facets, s.Command.Action())
		require.ElementsMatch(t, tiesOf(c), got.Ties, s.Command.Action())
		want := file.Row{
			Kind: conflict.Kind, ID: c.ID, AGS: c.AGS, Places: ags.Area{c.AGS}, Reference: c.Signal.Reference, Phase: string(c.Phase),
			Over: c.Phase == conflict.Closed, Ties: got.Ties, Facets: got.Facets, Opened: c.Opened, Changed: c.Changed, Version: i + 1,
		}
		if ds := c.Deadlines(); len(ds) > 0 {
			want.Due = &ds[0].Due
		}
		require.Equal(t, want, got, s.Command.Action())
	}
	require.Equal(t, conflict.Closed, c.Phase)
}

// tiesOf is who is tied to c, as the record keeps it.
func tiesOf(c conflict.Case) []string {
	ties := []string{"reporter:" + casetest.Reporter}
	if c.Assignee != "" {
		ties = append(ties, "assigned:"+c.Assignee)
	}
	if c.SelfAssigned {
		ties = append(ties, "self_assigned:"+c.Assignee)
	}
	if c.Handed != nil {
		ties = append(ties, "working:"+c.Handed.Work, "handing:"+c.Handed.By)
	}
	if c.Phase == conflict.Detection {
		ties = append(ties, "unhanded:")
	}
	if c.Findings != nil {
		ties = append(ties, "analyst:"+c.Findings.By)
	}
	if c.Result != nil {
		ties = append(ties, "proposer:"+c.Result.By)
	}
	return ties
}

// facetsOf is what lists show of c.
func facetsOf(c conflict.Case) map[string]any {
	facets := map[string]any{}
	if c.Clearing != nil {
		facets["urgency"] = string(c.Clearing.Urgency)
	}
	if c.Escalation != nil {
		facets["stage"] = float64(c.Escalation.Stage)
	}
	if c.Assignee != "" {
		facets["assignee"] = c.Assignee
	}
	return facets
}
