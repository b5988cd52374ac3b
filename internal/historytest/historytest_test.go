package historytest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/audit"
	"koko/internal/historytest"
	"koko/kinds"
)

func TestTheHistoryOfAWayTellsTheWay(t *testing.T) {
	for _, k := range kinds.All() {
		t.Run(string(k.Kind), func(t *testing.T) {
			f := historytest.Way(k, "way")
			var runs []audit.Run
			for _, h := range f.Runs {
				runs = append(runs, audit.ReadRun(k, "", h))
			}
			got := audit.Chain(k, runs)
			require.Empty(t, got.Flaws)
			require.Equal(t, f.ID, got.ID)
			require.Len(t, got.Transitions, len(f.Steps))
			require.Nil(t, got.Rederive())
			require.Empty(t, got.Unasked())
			for i, x := range got.Transitions {
				require.JSONEq(t, string(f.Transitions[i].State), string(x.State))
			}
		})
	}
}
