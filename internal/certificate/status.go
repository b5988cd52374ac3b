package certificate

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"time"
)

// statusBits is how many certificates the list has room for: the least that the standard allows, so
// that a small list does not reveal whose status was asked for.
const statusBits = 131072

// statusValidity is how long a list may be believed: who serves an old one hides a revocation no longer than this.
const statusValidity = 24 * time.Hour

type statusList struct {
	ID      string `json:"id"`
	Type    string `json:"type"`
	Purpose string `json:"statusPurpose"`
	Encoded string `json:"encodedList"`
}

// StatusList returns the Bitstring Status List 1.0 in which exactly the revoked indexes are set, a
// JWT signed with the active key. It is valid for 24 hours from at, so it is to be made anew when
// it is asked for.
func (i *Issuer) StatusList(revoked []int, at time.Time) (string, error) {
	bits := make([]byte, statusBits/8)
	for _, n := range revoked {
		if n < 0 || n >= statusBits {
			return "", fmt.Errorf("%w: status index %d is not in the list of %d", ErrInvalid, n, statusBits)
		}
		bits[n/8] |= 0x80 >> (n % 8) // index 0 is the leftmost bit
	}
	encoded, err := encodeBits(bits)
	if err != nil {
		return "", err
	}
	id, from := i.StatusListURL(), at.UTC().Truncate(time.Second)
	until := from.Add(statusValidity)
	return i.sign(claims[statusList]{
		Context: []string{vcContext}, ID: id, Type: []string{typeVC, typeList},
		Issuer: i.profile(), ValidFrom: from, ValidUntil: &until, Name: "Statusliste",
		Subject:   statusList{ID: id + "#list", Type: "BitstringStatusList", Purpose: revocation, Encoded: encoded},
		JWTIssuer: i.id(), JWTID: id, JWTSubject: id + "#list", NotBefore: from.Unix(), IssuedAt: from.Unix(), Expires: until.Unix(),
	})
}

// encodeBits returns bits compressed and as multibase ("u" is base64url without padding).
func encodeBits(bits []byte) (string, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", fmt.Errorf("certificate: compress status list: %w", err)
	}
	if _, err := z.Write(bits); err != nil {
		return "", fmt.Errorf("certificate: compress status list: %w", err)
	}
	if err := z.Close(); err != nil {
		return "", fmt.Errorf("certificate: compress status list: %w", err)
	}
	return "u" + base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}
