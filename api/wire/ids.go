package wire

import (
	"github.com/google/uuid"

	"koko/domain/file"
)

// ZeroID lies before every id.
const ZeroID = "00000000-0000-0000-0000-000000000000"

// OrNil is v, or nothing if it is empty.
func OrNil(v string) *string {
	if v == "" {
		return nil
	}
	return &v
}

// IsUUID reports whether id is a UUID as we write them.
func IsUUID(id string) bool { return len(id) == 36 && uuid.Validate(id) == nil }

// idSpace is the space in which ids are derived: a repeated request has the same ids.
var idSpace = uuid.MustParse("6f1c5a52-6f64-5d0e-9d0c-0d7b7c3c9a11")

func derived(name string) string { return uuid.NewSHA1(idSpace, []byte(name)).String() }

// CommandID is a caller's Idempotency-Key as an id that means nothing to anybody else.
func CommandID(caller, key string) string { return derived("command\x00" + caller + "\x00" + key) }

// FileID is the id of the file that a command begins.
func FileID(k file.Kind, commandID string) string { return derived(string(k) + "\x00" + commandID) }

// StartID is the id of the first command of a file that begins because of another command.
func StartID(secret string) string { return derived("start\x00" + secret) }

// DocumentID is the id of what a command puts into a compartment.
func DocumentID(commandID string, c file.Compartment) string {
	return derived("document\x00" + commandID + "\x00" + string(c))
}

// ErasureID is the id of the request for an erasure that a command makes.
func ErasureID(commandID string) string { return derived("erasure\x00" + commandID) }
