package vault

import (
	"encoding/base32"
	"encoding/hex"
)

// unmistakable leaves out I, O, 0 and 1, which people take for one another.
var unmistakable = base32.NewEncoding("ABCDEFGHJKLMNPQRSTUVWXYZ23456789").WithPadding(base32.NoPadding)

// Code is an 80-bit name of what, which nobody without the master key can guess: four groups of four
// letters and digits. The same what has the same code.
func (m *Master) Code(what string) string {
	b, err := m.search.ComputePrimaryPRF([]byte("code\x00"+what), 10)
	if err != nil {
		panic("vault: " + err.Error()) // Parse has tried the key: an HMAC of memory does not fail
	}
	c := unmistakable.EncodeToString(b)
	return c[:4] + "-" + c[4:8] + "-" + c[8:12] + "-" + c[12:]
}

// Digest is a digest of what, in hexadecimal, which nobody without the master key can compare with a guess. The same
// what has the same digest.
func (m *Master) Digest(what string) string {
	b, err := m.search.ComputePrimaryPRF([]byte("digest\x00"+what), 32)
	if err != nil {
		panic("vault: " + err.Error()) // Parse has tried the key: an HMAC of memory does not fail
	}
	return hex.EncodeToString(b)
}
