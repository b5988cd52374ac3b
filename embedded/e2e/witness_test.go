package e2e

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// peer is an entry of a list of witnesses: what an instance publishes, as it is.
func peer(t *testing.T, s *stack, role string) []byte {
	t.Helper()
	list, err := json.Marshal([]map[string]any{{
		"name": "Neuwerden", "url": s.url, "witnesses": role == "witnesses", "witnessed": role == "witnessed",
		"ledger": json.RawMessage(s.public(t, "/.well-known/koko-ledger.json")),
	}})
	require.NoError(t, err)
	return list
}

// Two instances, each with its engine and its record: one cosigns what the other signs for an export.
func TestAnInstanceCosignsTheCheckpointOfAnExport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := newStack(t, dir)
	second := newStack(t, t.TempDir(), "--demo=false", "--witnesses", file(t, "witnesses.json", peer(t, first, "witnessed")))
	list := file(t, "witnesses.json", peer(t, second, "witnesses"))
	require.NoError(t, first.interrupt())
	_, err := first.ended(stopWithin)
	require.NoError(t, err)
	first = newStack(t, dir, "--witnesses", list)

	sealed := first.sealedFile(t, "supervisor.musterhausen", openRecord(t, first).cases(t)[0])
	keys := file(t, "keys.json", first.public(t, "/.well-known/koko-ledger.json"))
	witnesses := file(t, "witness-keys.json", second.public(t, "/.well-known/koko-ledger.json"))
	out, said, ok := first.tool(t, "verify", "--keys", keys, "--witnesses", witnesses, "--cosignatures", "1", file(t, "case.koko", sealed))
	require.True(t, ok, "%s%s", out, said)
	require.Contains(t, out, "BEWIESEN")
	var standing struct {
		Items []struct {
			Answer   string `json:"answer"`
			Cosigned struct {
				Size int `json:"size"`
			} `json:"cosigned"`
		} `json:"items"`
	}
	first.get(t, "supervisor.musterhausen", "/api/v1/ledger/witnesses", &standing)
	require.Equal(t, "cosigned", fmt.Sprint(standing.Items[0].Answer))
	require.Positive(t, standing.Items[0].Cosigned.Size)
}
