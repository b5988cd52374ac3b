package app

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/calendar"
	"koko/internal/dbtest"
	"koko/kinds"
)

// Whoever answers for data protection learns among how many files one hides, and which municipality has too few.
func TestAnonymityTellsWhereTooFewFilesHide(t *testing.T) {
	r := dbtest.New(t)
	require.Len(t, hiding(nil), 1)
	k, ok := kinds.ByPlural(hiding(nil)[0].Use)
	require.True(t, ok)
	put := func(ags, phase, form string, n int) {
		for range n {
			id := uuid.NewString()
			state, err := json.Marshal(map[string]any{
				"id": id, "ags": ags, "version": 3, "phase": phase, "form": map[string]any{"form": form}, "opened": "2027-03-15T09:00:00Z", "changed": "2027-03-15T09:00:00Z",
				"accepted": map[string]any{"by": "u-1", "at": "2027-03-15T09:00:00Z"}, "ended": map[string]any{"by": "u-1", "at": "2027-03-15T09:00:00Z"},
				"calendar": calendar.New("05334002", time.Now(), calendar.WorkdayEnds),
			})
			require.NoError(t, err)
			s, err := k.Decode(state)
			require.NoError(t, err)
			row, err := k.Row(s)
			require.NoError(t, err)
			require.NoError(t, db.On(r.Worker).SaveFile(context.Background(), db.SaveFileParamsOf(row, state)))
		}
	}
	put("05334002", "running", "mediation", 2)
	put("05334002", "resting", "coaching", 3)
	put("05334002", "running", "runder_tisch", 4)
	put("05334002", "ended", "mediation", 6)
	put("05314000", "preparation", "", 1)
	put("05314000", "running", "dialogforum", 7)

	crowds, err := crowdsOf(context.Background(), r.URL(db.RoleWorker), k)
	require.NoError(t, err)
	require.Equal(t, []crowd{{"05314", 8, 1}, {"05314000", 8, 1}, {"05334", 9, 5}, {"05334002", 9, 5}}, crowds)
	var out bytes.Buffer
	require.NoError(t, printCrowds(&out, crowds))
	require.Equal(t, `area      under way  unannounced  
05314     8          <5           warning: fewer than 5 hide among each other
05314000  8          <5           warning: fewer than 5 hide among each other
05334     9          5            
05334002  9          5            
`, out.String())
}
