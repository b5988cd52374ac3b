package witness_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/evidence/witness"
)

func TestPeersAreReadWithWhatTheyPublish(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, aachen)
	content, err := json.Marshal([]any{map[string]any{
		"name": "Aachen", "url": "https://koko.aachen.example", "witnesses": true, "witnessed": true,
		"ledger": map[string]any{"origin": aachen, "keys": keys.Public(), "witnesses": keys.PublicWitness(), "later": "something that nobody knows yet"},
	}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "witnesses.json")
	require.NoError(t, os.WriteFile(file, content, 0o600))
	peers, err := witness.LoadPeers(file)
	require.NoError(t, err)
	require.Equal(t, witness.Peers{{Name: "Aachen", URL: "https://koko.aachen.example", Ledger: published(keys), Witnesses: true, Witnessed: true}}, peers)
	require.Equal(t, aachen, peers[0].Origin())

	none, err := witness.LoadPeers("")
	require.NoError(t, err)
	require.Empty(t, none)
	_, err = witness.LoadPeers(file + "-not-there")
	require.Error(t, err)
}

func TestAllThatIsWrongWithPeersIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	a, b := newKeys(t, aachen), newKeys(t, bonn)
	good := witness.Peer{Name: "Aachen", URL: "https://koko.aachen.example", Ledger: published(a), Witnesses: true, Witnessed: true}
	but := func(change func(*witness.Peer)) witness.Peer {
		p := good
		change(&p)
		return p
	}
	for want, peers := range map[string]witness.Peers{
		`peer 1 () has no "name"`:                             {but(func(p *witness.Peer) { p.Name = "" })},
		"peer 1 (Aachen) does nothing":                        {but(func(p *witness.Peer) { p.Witnesses, p.Witnessed = false, false })},
		`has no keys for that`:                                {but(func(p *witness.Peer) { p.Ledger.WitnessKeys = nil })},
		`has no "keys"`:                                       {but(func(p *witness.Peer) { p.Ledger.Keys = nil })},
		`has no "origin"`:                                     {but(func(p *witness.Peer) { p.Ledger.Origin = "" })},
		`needs as "url"`:                                      {but(func(p *witness.Peer) { p.URL = "koko.aachen.example" })},
		`in "keys" of "ledger" as number 1 what is none`:      {but(func(p *witness.Peer) { p.Ledger.Keys = a.PublicWitness() })},
		`in "witnesses" of "ledger" as number 1 what is none`: {but(func(p *witness.Peer) { p.Ledger.WitnessKeys = a.Public() })},
		"and keys of " + bonn:                                 {but(func(p *witness.Peer) { p.Ledger.WitnessKeys = b.PublicWitness() })},
		"peer 2 (Aachen) is there twice":                      {good, good},
		"peer 1 (Aachen) needs as":                            {but(func(p *witness.Peer) { p.URL = "" }), but(func(p *witness.Peer) { p.Name = "" })},
		`peer 2 () has no "name"`:                             {but(func(p *witness.Peer) { p.URL = "" }), but(func(p *witness.Peer) { p.Name = "" })},
	} {
		content, err := json.Marshal(peers)
		require.NoError(t, err)
		_, err = witness.ParsePeers(content)
		require.ErrorContains(t, err, want)
	}
	for want, content := range map[string]string{
		"not a JSON list": `{}`, "more than one value": `[] []`, `unknown field "witnesed"`: `[{"witnesed": true}]`,
	} {
		_, err := witness.ParsePeers([]byte(content))
		require.ErrorContains(t, err, want)
	}
}
