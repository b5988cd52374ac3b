package verify

import (
	"errors"
	"fmt"

	"koko/domain/strict"
	"koko/internal/evidence/ledger"
)

// ParseTrust reads keys as an instance publishes them, for a checker who pins them.
func ParseTrust(published []byte) (Trust, error) {
	var keys struct {
		Origin string `json:"origin"` // whose keys they are; they say so themselves
		PublishedKeys
	}
	if err := strict.Known(published, &keys); err != nil {
		return Trust{}, fmt.Errorf("verify: keys: %w", err)
	}
	for n, list := range [][]ledger.PublicKey{keys.Keys, keys.Witnesses} {
		for _, k := range list {
			if err := ledger.CheckKey(k, n == 1); err != nil {
				return Trust{}, fmt.Errorf("verify: keys: %w", err)
			}
		}
	}
	if len(keys.Keys)+len(keys.Witnesses) == 0 {
		return Trust{}, errors.New("verify: keys: there is none")
	}
	return Trust{Keys: keys.Keys, Witnesses: keys.Witnesses}, nil
}
