package conflict_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/casetest"
)

// handed is a case that is worked on.
func handed(t *testing.T, m *casetest.Maker) conflict.Case {
	t.Helper()
	return carry(t, before(t, conflict.ActionHandToWork), casetest.Step{By: casetest.Reviewer, Command: m.HandOver(work)})
}

// Whether somebody plans a measure or those who do the work release it, the case looks the same.
func TestAMeasureLooksTheSameWhereverItComesFrom(t *testing.T) {
	m := &casetest.Maker{Salt: "measure"}
	c := handed(t, m)
	byHand, told := m.Measure(""), m.Measure(work)
	byHand.Docs = told.Docs
	planned := carry(t, c, casetest.Step{By: casetest.Manager, Command: byHand})
	released := carry(t, c, casetest.Step{By: file.System, Command: told})
	require.Equal(t, planned, released)
	require.Equal(t, []conflict.Measure{{N: 1, Due: "2026-06-30", Docs: told.Docs}}, released.Measures)
	require.Contains(t, kinds(released), "measure")

	for by, cmd := range map[string]file.Command{file.System: m.Measure(other), casetest.Manager: told} {
		_, err := c.Decide(cmd, by, c.Changed)
		require.Contains(t, []string{"overtaken", "confided"}, fault.Of(err).Rule, by)
	}
	_, err := c.Decide(m.Measure(""), file.System, c.Changed)
	require.Equal(t, "overtaken", fault.Of(err).Rule, "the house plans nothing by itself")
}

func TestAMeasureIsSettledOnce(t *testing.T) {
	m := &casetest.Maker{Salt: "settled"}
	c := handed(t, m)
	_, err := c.Decide(conflict.FinishMeasure{Measure: 1}, casetest.Manager, c.Changed)
	require.Equal(t, "measures", fault.Of(err).Rule)
	c = carry(t, c, casetest.Step{By: casetest.Manager, Command: m.Measure("")}, casetest.Step{By: casetest.Manager, Command: m.Measure("")})
	done := carry(t, c, casetest.Step{By: casetest.Manager, Command: conflict.FinishMeasure{Measure: 2}})
	require.Nil(t, c.Measures[1].Finished, "the state before stays as it was")
	require.Equal(t, casetest.Manager, done.Measures[1].Finished.By)
	require.Empty(t, done.WithoutPeople().Measures[1].Finished.By)
	for _, cmd := range []file.Command{conflict.FinishMeasure{Measure: 2}, m.DropMeasure(2)} {
		_, err := done.Decide(cmd, casetest.Manager, done.Changed)
		require.Equal(t, "settled", fault.Of(err).Rule)
	}
	none := carry(t, done, casetest.Step{By: casetest.Manager, Command: m.DropMeasure(1)})
	require.NotContains(t, kinds(none), "measure")
}

func TestACaseDoesNotGrowForEver(t *testing.T) {
	m := &casetest.Maker{Salt: "many"}
	c := handed(t, m)
	c.Measures = make([]conflict.Measure, 100)
	_, err := c.Decide(m.Measure(""), casetest.Manager, c.Changed)
	require.Equal(t, "max_measures", fault.Of(err).Rule)
}

// kinds are those of the deadlines.
func kinds(c conflict.Case) (all []string) {
	for _, d := range c.Deadlines() {
		all = append(all, d.Kind)
	}
	return all
}
