package activities_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/domain/conflict"
)

// What was recorded when the state was called the case is read like what is recorded now.
func TestATransitionIsReadUnderBothNamesOfItsState(t *testing.T) {
	want := activities.Transition[conflict.Case]{CommandID: "k", Action: "assign", State: conflict.Case{ID: "c", Version: 3}}
	now, err := json.Marshal(want)
	require.NoError(t, err)
	require.Contains(t, string(now), `"state":{"id":"c"`)
	for _, text := range []string{string(now), `{"command_id":"k","action":"assign","by":"","digest":"","case":{"id":"c","version":3}}`} {
		var got activities.Transition[conflict.Case]
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, want, got)
	}
}
