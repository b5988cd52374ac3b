package historytest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
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

// Whatever a file expects, people can follow why it is due then, and a file has one calendar all its life.
func TestEveryLimitOfAWaySaysHowItFollows(t *testing.T) {
	for _, k := range kinds.All() {
		t.Run(string(k.Kind), func(t *testing.T) {
			f, limits := historytest.Way(k, "limits"), 0
			for _, s := range f.States {
				head := s.Head()
				require.Equal(t, calendar.Calendar{Version: "2026-1", Land: "NW", Closes: "18:00"}, head.Calendar)
				for _, d := range s.Deadlines() {
					limits++
					because := head.Because(d)
					first, last := because[0], because[len(because)-1]
					require.Equal(t, calendar.Step{On: calendar.DayOf(d.Event).String(), Why: calendar.Event}, first, d.Kind)
					require.Equal(t, calendar.Step{On: calendar.DayOf(d.Due).String(), Why: calendar.Ends}, last, d.Kind)
					require.Equal(t, d.Due, head.After(d.Event, d.Rule), d.Kind)
					require.Equal(t, []*time.Location{time.UTC, time.UTC}, []*time.Location{d.Due.Location(), d.Event.Location()}, d.Kind)
				}
			}
			require.Positive(t, limits)
		})
	}
}
