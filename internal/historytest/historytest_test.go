package historytest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/evidence/history"
	"koko/internal/historytest"
	"koko/kinds"
)

func TestTheHistoryOfAWayTellsTheWay(t *testing.T) {
	for _, k := range kinds.All() {
		t.Run(string(k.Kind), func(t *testing.T) {
			f := historytest.Way(k, "way")
			var runs []history.Run
			for _, h := range f.Runs {
				runs = append(runs, history.ReadRun(k, "", h))
			}
			got := history.Chain(k, runs)
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
