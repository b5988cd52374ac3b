package vault

import (
	"fmt"

	"koko/internal/keyfile"
)

func file(path string) keyfile.File { return keyfile.File{Path: path, What: "master key file"} }

// Load reads the master key file at path. It refuses one that others than its owner can read.
func Load(path string) (*Master, error) {
	m, err := keyfile.Load(file(path), Parse)
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return m, nil
}

// CreateIfMissing loads the master key file at path and reports whether it had to create it.
// An existing file is never touched: its loss is the loss of everything sealed under it.
// Of several processes that start at once, one creates the file and all load the same.
func CreateIfMissing(path string) (m *Master, created bool, err error) {
	if m, created, err = keyfile.LoadOrCreate(file(path), Generate, Parse); err != nil {
		return nil, created, fmt.Errorf("vault: %w", err)
	}
	return m, created, nil
}
