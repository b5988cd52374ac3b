package witness

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"koko/domain/strict"
	"koko/internal/evidence/ledger"
)

// A Peer is another instance: one that cosigns our checkpoints, one whose checkpoints we cosign, or both.
type Peer struct {
	Name      string    `json:"name"`      // as people call it
	URL       string    `json:"url"`       // its public address
	Ledger    Published `json:"ledger"`    // its /.well-known/koko-ledger.json, after somebody has compared it by another way
	Witnesses bool      `json:"witnesses"` // it cosigns ours
	Witnessed bool      `json:"witnessed"` // we cosign its
}

// Published is what an instance publishes so that others can verify what it signs.
type Published struct {
	Origin      string             `json:"origin"`
	Keys        []ledger.PublicKey `json:"keys"`      // for its checkpoints
	WitnessKeys []ledger.PublicKey `json:"witnesses"` // for its cosignatures
}

// UnmarshalJSON passes over what a later version publishes besides.
func (p *Published) UnmarshalJSON(b []byte) error {
	type plain Published
	return json.Unmarshal(b, (*plain)(p))
}

// Origin returns the name of the peer's log and keys.
func (p Peer) Origin() string { return p.Ledger.Origin }

// Peers are the other instances.
type Peers []Peer

// Keys returns the keys with which the witnesses of our own log cosign.
func (ps Peers) Keys() []ledger.PublicKey {
	keys := []ledger.PublicKey{}
	for _, p := range ps {
		if p.Witnesses {
			keys = append(keys, p.Ledger.WitnessKeys...)
		}
	}
	return keys
}

// witnessed returns the peer whose checkpoints of this origin are cosigned here.
func (ps Peers) witnessed(origin string) (Peer, bool) {
	i := slices.IndexFunc(ps, func(p Peer) bool { return p.Witnessed && p.Origin() == origin })
	if i < 0 {
		return Peer{}, false
	}
	return ps[i], true
}

// LoadPeers reads the file of KOKO_WITNESSES_FILE; without one there are no peers. The error names all
// that is wrong, and with which peer.
func LoadPeers(file string) (Peers, error) {
	if file == "" {
		return nil, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("witnesses: %w", err)
	}
	peers, err := ParsePeers(content)
	if err != nil {
		return nil, fmt.Errorf("witnesses in %s: %w", file, err)
	}
	return peers, nil
}

// ParsePeers reads a list of peers.
func ParsePeers(content []byte) (Peers, error) {
	var peers Peers
	if err := strict.Known(content, &peers); err != nil { // a misspelt "witnessed" would pass in silence
		return nil, fmt.Errorf("not a JSON list of peers: %w", err)
	}
	var problems []error
	for n, p := range peers {
		for _, problem := range p.problems(peers[:n]) {
			problems = append(problems, fmt.Errorf("peer %d (%s) %s", n+1, p.Name, problem))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return peers, nil
}

// problems are sentences that begin with the peer's name.
func (p Peer) problems(before Peers) (all []string) {
	say := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if strings.TrimSpace(p.Name) == "" {
		say(`has no "name": say which municipality it is`)
	}
	if !p.Witnesses && !p.Witnessed {
		say(`does nothing: set "witnesses" if it cosigns our checkpoints, "witnessed" if we cosign its`)
	}
	if p.Witnesses && len(p.Ledger.WitnessKeys) == 0 {
		say(`cosigns for us but has no keys for that in "witnesses" of "ledger": copy what it publishes at /.well-known/koko-ledger.json, and compare it by another way`)
	}
	if p.Witnessed && len(p.Ledger.Keys) == 0 {
		say(`is cosigned by us but has no "keys" in "ledger": copy what it publishes at /.well-known/koko-ledger.json, and compare it by another way`)
	}
	if p.Witnesses && !isAddress(p.URL) {
		say(`needs as "url" its public address: scheme, host and port only`)
	}
	for i, k := range p.Ledger.Keys {
		if err := ledger.CheckKey(k, false); err != nil {
			say(`has in "keys" of "ledger" as number %d what is none: %v`, i+1, err)
		}
	}
	for i, k := range p.Ledger.WitnessKeys {
		if err := ledger.CheckKey(k, true); err != nil {
			say(`has in "witnesses" of "ledger" as number %d what is none: %v`, i+1, err)
		}
	}
	if p.Origin() == "" {
		say(`has no "origin" in "ledger": copy what it publishes at /.well-known/koko-ledger.json`)
		return all
	}
	for _, k := range slices.Concat(p.Ledger.Keys, p.Ledger.WitnessKeys) {
		if n := k.Name(); n != "" && n != p.Origin() {
			say(`has in "ledger" the origin %s and keys of %s: keep one of them`, p.Origin(), n)
			break
		}
	}
	if slices.ContainsFunc(before, func(o Peer) bool { return o.Origin() == p.Origin() }) {
		say("is there twice: %s", p.Origin())
	}
	return all
}

// isAddress reports whether s is the address of an instance and nothing more.
func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil &&
		strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment == ""
}
