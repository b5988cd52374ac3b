package activities_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/domain/conflict"
)

// Histories are kept for years: the names in them stay.
func TestATransitionIsReadAsHistoriesHaveIt(t *testing.T) {
	const kept = `{"kind":"case","command_id":"k","action":"assign","by":"p-1","digest":"d","state":{"id":"c","version":3}}`
	want := activities.Transition{Kind: conflict.Kind, CommandID: "k", Action: "assign", By: "p-1", Digest: "d", State: json.RawMessage(`{"id":"c","version":3}`)}
	var got activities.Transition
	require.NoError(t, json.Unmarshal([]byte(kept), &got))
	require.Equal(t, want, got)
	now, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, kept, string(now))
}
