package certificate

import (
	"fmt"
	"time"

	"koko/internal/keyfile"
)

func file(path string) keyfile.File { return keyfile.File{Path: path, What: "signing key file"} }

// LoadKeys reads the key file at path. It refuses one that others than its owner can read.
func LoadKeys(path string) (*Keys, error) {
	keys, err := keyfile.Load(file(path), parseKeys)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return keys, nil
}

// CreateKeysIfMissing loads the key file at path and reports whether it had to create it. An
// existing file is never touched: without it nothing that it signed can be verified.
// Of several processes that start at once, one creates the file and all load the same.
func CreateKeysIfMissing(path string) (keys *Keys, created bool, err error) {
	if keys, created, err = keyfile.LoadOrCreate(file(path), generateFile, parseKeys); err != nil {
		return nil, created, fmt.Errorf("certificate: %w", err)
	}
	return keys, created, nil
}

// generateFile returns the content of a new key file.
func generateFile() ([]byte, error) {
	key, err := generate()
	if err != nil {
		return nil, err
	}
	return (&Keys{list: []Key{key}}).format()
}

// Rotate gives the key file at path a new key that signs, and returns what is in it then. The
// former key is retired at that time and goes on verifying. A process that runs keeps the keys
// that it loaded; what it signs meanwhile stays valid.
func Rotate(path string, at time.Time) (*Keys, error) {
	var next *Keys
	f := file(path)
	err := f.Update(func(content []byte) ([]byte, error) {
		keys, err := keyfile.Parse(f, content, parseKeys)
		if err != nil {
			return nil, err
		}
		fresh, err := generate()
		if err != nil {
			return nil, err
		}
		next = &Keys{list: append([]Key{fresh}, keys.list...)}
		next.list[1].Retired = at.UTC().Truncate(time.Second)
		return next.format()
	})
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return next, nil
}
