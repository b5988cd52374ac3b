package work_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/file"
	"koko/domain/work"
)

// walked are what a walk leaves behind for numbers.
func walked(t *testing.T, s work.Work, steps []step) (all []file.Detached, last work.Work) {
	t.Helper()
	for _, st := range steps {
		next := decide(t, s, st.at, st.by, st.cmd)
		all = append(all, next.Detached(s)...)
		s = next
	}
	return all, s
}

// Once the work is over, what it was like is counted, once, and nothing of it says which file it was.
func TestWorkThatTookPlaceLeavesOneRecord(t *testing.T) {
	for _, f := range file.Values[work.Form]() {
		left, s := walked(t, fresh, way(f))
		require.Equal(t, []file.Detached{
			{About: "disclosure", Counted: true, Area: "05999001", Quarter: "2027-Q2", Facts: map[string]string{"ground": "umsetzung"}},
			{About: "work", Area: "05999", Quarter: "2027-Q2", Facts: map[string]string{
				"form": string(f), "sessions": "1-2", "duration": "bis_3_monate", "outcome": "einigung", "stage_before": "5", "stage_after": "2",
			}},
		}, left, f)
		later, _ := walked(t, s, []step{{"2027-05-20 09:00", lead, session("2027-05-12")}})
		require.Empty(t, later, "what is entered late is not counted again")
		for _, d := range left {
			b, err := json.Marshal(d)
			require.NoError(t, err)
			text := string(b)
			for _, name := range []string{fresh.ID, caseID, lead, second, "2027-05", "2027-04"} {
				require.False(t, strings.Contains(text, name), "%s in %s", name, text)
			}
		}
	}
	left, _ := walked(t, fresh, append(way("coaching")[:9], step{"2027-07-01 09:00", file.System, work.WithdrawWork{}}))
	require.Equal(t, []string{"2027-Q3", "", ""}, []string{left[0].Quarter, left[0].Facts["outcome"], left[0].Facts["stage_after"]})
}

func TestWorkThatNeverBeganLeavesNothing(t *testing.T) {
	left, s := walked(t, fresh, way("coaching")[:6])
	ended, _ := walked(t, s, []step{{"2027-03-19 09:00", lead, ending("gegenstandslos", "2027-03-19")}})
	require.Empty(t, append(left, ended...))
}

// A quarter is one of Berlin.
func TestAQuarterEndsInBerlin(t *testing.T) {
	require.Equal(t, "2027-Q1", file.QuarterOf(at("2027-03-31 23:59")))
	require.Equal(t, "2027-Q2", file.QuarterOf(at("2027-04-01 00:00")))
	require.Equal(t, "2027-Q4", file.QuarterOf(at("2027-12-31 23:59")))
}

// Files in forms that nobody announces hide among each other, and so do those without one.
func TestWhatNobodyAnnouncesHides(t *testing.T) {
	hidden := []work.Form{}
	for _, f := range file.Values[work.Form]() {
		_, s := walked(t, fresh, way(f)[:8])
		underWay, unannounced := kind.Covert(s)
		require.True(t, underWay, f)
		if unannounced {
			hidden = append(hidden, f)
		}
	}
	require.Equal(t, []work.Form{work.Mediation, "prozessbegleitung", "coaching", "verweisberatung", "kollegiale_fallberatung"}, hidden)
	underWay, unannounced := kind.Covert(until(t, work.ActionAccept))
	require.True(t, underWay && unannounced)
	underWay, _ = kind.Covert(until(t, work.ActionEnd))
	require.False(t, underWay)
}
