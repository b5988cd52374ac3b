package ledger

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// The algorithms of C2SP signed notes that are known here.
const (
	algEd25519     = 1
	algCosignature = 4
)

// Keys are what an instance signs checkpoints with. The first key signs, the others have. Keys
// never change: [RotateKeys] makes others. They are safe for concurrent use.
type Keys struct {
	list []Key
}

// A Key is an Ed25519 key pair under the name of an instance, which is its origin. It signs from
// Created until Retired, which is zero for the one that signs.
type Key struct {
	Name             string
	Created, Retired time.Time
	private          ed25519.PrivateKey
}

// A PublicKey is the published part of a key: a verifier string "name+hash+key" of C2SP, and when
// what it signs counts. Until is zero while it signs.
type PublicKey struct {
	Key   string    `json:"key"`
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Active returns the key that signs.
func (k *Keys) Active() Key { return k.list[0] }

// Public returns what is published of the keys, so that others verify checkpoints.
func (k *Keys) Public() []PublicKey { return k.public(Key.Verifier) }

// PublicWitness returns what is published of the keys, so that others verify cosignatures.
func (k *Keys) PublicWitness() []PublicKey { return k.public(Key.CosignatureVerifier) }

func (k *Keys) public(verifier func(Key) string) []PublicKey {
	var all []PublicKey
	for _, key := range k.list {
		all = append(all, PublicKey{Key: verifier(key), From: key.Created, Until: key.Retired})
	}
	return all
}

// Verifier returns the verifier string for checkpoints.
func (k Key) Verifier() string { return verifierString(k.Name, algEd25519, k.public()) }

// CosignatureVerifier returns the verifier string for cosignatures.
func (k Key) CosignatureVerifier() string { return verifierString(k.Name, algCosignature, k.public()) }

func (k Key) public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

// Format hides the private half from every verb of fmt.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "ledger.Key "+k.Name) }

// Format hides the private halves from every verb of fmt.
func (k *Keys) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "ledger.Keys") }

func verifierString(name string, alg byte, public []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, alg, public), base64.StdEncoding.EncodeToString(append([]byte{alg}, public...)))
}

func keyHash(name string, alg byte, public []byte) uint32 {
	sum := sha256.Sum256(append(append([]byte(name), '\n', alg), public...))
	return binary.BigEndian.Uint32(sum[:])
}

type fileKey struct {
	Name     string    `json:"name"`
	Created  time.Time `json:"created"`
	Retired  time.Time `json:"retired,omitzero"`
	Verifier string    `json:"verifier"`
	Seed     []byte    `json:"seed"`
}

type keyFile struct {
	Keys []fileKey `json:"keys"`
}

// GenerateKeys returns the content of a key file with one key of the instance called name, such as
// "koko.aachen.example/ledger". No two instances may have the same name.
func GenerateKeys(name string, at time.Time) ([]byte, error) {
	key, err := generate(name, at)
	if err != nil {
		return nil, err
	}
	return (&Keys{list: []Key{key}}).format()
}

// RotateKeys returns the content of a key file in which a new key signs from at, and the former one
// did until then. Who signs reads the file each time: what a retired key signs does not count.
func RotateKeys(content []byte, at time.Time) ([]byte, error) {
	keys, err := ParseKeys(content)
	if err != nil {
		return nil, err
	}
	former := keys.Active()
	if at.Before(former.Created) {
		return nil, errors.New("ledger: a key is not retired before it was created")
	}
	fresh, err := generate(former.Name, at)
	if err != nil {
		return nil, err
	}
	keys.list[0].Retired = fresh.Created
	return (&Keys{list: append([]Key{fresh}, keys.list...)}).format()
}

func generate(name string, at time.Time) (Key, error) {
	if !isName(name) {
		return Key{}, fmt.Errorf("ledger: %q cannot be the name of an instance", name)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("ledger: generate key: %w", err)
	}
	return Key{Name: name, Created: at.UTC().Truncate(time.Second), private: private}, nil
}

// isName keeps the first lines of checkpoints, cosignatures and sealed files apart.
func isName(name string) bool {
	return len(name) > 0 && len(name) <= 200 && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || r == '+'
	}) && !strings.HasPrefix(name, "cosignature/") && !strings.HasPrefix(name, "koko-sealed/")
}

func (k *Keys) format() ([]byte, error) {
	var file keyFile
	for _, key := range k.list {
		file.Keys = append(file.Keys, fileKey{
			Name: key.Name, Created: key.Created, Retired: key.Retired, Verifier: key.Verifier(), Seed: key.private.Seed(),
		})
	}
	content, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("ledger: format keys: %w", err)
	}
	return append(content, '\n'), nil
}

// ParseKeys reads the content of a key file. Its errors never quote the content.
func ParseKeys(content []byte) (*Keys, error) {
	var file keyFile
	if err := json.Unmarshal(content, &file); err != nil {
		return nil, errors.New("ledger: the keys are not JSON")
	}
	if len(file.Keys) == 0 {
		return nil, errors.New("ledger: there is no key")
	}
	keys := &Keys{}
	for n, f := range file.Keys {
		key, err := f.key()
		switch {
		case err != nil:
			return nil, fmt.Errorf("ledger: key %d: %w", n+1, err)
		case (n == 0) != key.Retired.IsZero():
			return nil, fmt.Errorf("ledger: key %d: the first key signs, and all others say when they were retired", n+1)
		case key.Name != file.Keys[0].Name:
			return nil, fmt.Errorf("ledger: key %d belongs to another instance", n+1)
		case slices.ContainsFunc(keys.list, func(k Key) bool { return bytes.Equal(k.private, key.private) }):
			return nil, fmt.Errorf("ledger: key %d is there twice", n+1)
		}
		keys.list = append(keys.list, key)
	}
	return keys, nil
}

func (f fileKey) key() (Key, error) {
	if !isName(f.Name) || len(f.Seed) != ed25519.SeedSize {
		return Key{}, errors.New("not a named Ed25519 key")
	}
	key := Key{Name: f.Name, Created: f.Created, Retired: f.Retired, private: ed25519.NewKeyFromSeed(f.Seed)}
	if f.Verifier != key.Verifier() {
		return Key{}, errors.New("its verifier does not belong to it")
	}
	return key, nil
}
