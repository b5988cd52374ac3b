package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever reads a message's id in the receiver does not learn from it how often the sender has changed.
func TestTheIDOfAMessageTellsNothingOfItsSender(t *testing.T) {
	const file = "3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"
	one := messageID("work", file, "k1", 0)
	require.Equal(t, one, messageID("work", file, "k1", 0), "the same command tells the same once")
	require.Regexp(t, "^message-[0-9a-f]{32}$", one)
	seen := map[string]bool{one: true}
	for _, other := range []string{messageID("work", file, "k1", 1), messageID("work", file, "k2", 0), messageID("case", file, "k1", 0)} {
		require.False(t, seen[other])
		seen[other] = true
		require.NotContains(t, other, file)
	}
}
