package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Load reads the master key file at path. It refuses one that others than its owner can read.
func Load(path string) (*Master, error) {
	content, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	m, err := Parse(content)
	if err != nil {
		return nil, fmt.Errorf("master key file %s: %w", path, err)
	}
	return m, nil
}

// CreateIfMissing loads the master key file at path and reports whether it had to create it.
// An existing file is never touched: its loss is the loss of everything sealed under it.
// Of several processes that start at once, one creates the file and all load the same.
func CreateIfMissing(path string) (m *Master, created bool, err error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if created, err = create(path); err != nil {
			return nil, false, err
		}
	}
	m, err = Load(path)
	return m, created, err
}

// create writes a new key beside path and links it there: unlike a rename, a link fails if
// somebody else was first, and unlike an exclusive open it never shows half a file.
func create(path string) (bool, error) {
	content, err := Generate()
	if err != nil {
		return false, err
	}
	draft, err := writeDraft(filepath.Dir(path), content)
	if err != nil {
		return false, fmt.Errorf("vault: create master key file %s: %w", path, err)
	}
	defer func() { _ = os.Remove(draft) }()
	if err := os.Link(draft, path); errors.Is(err, fs.ErrExist) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("vault: create master key file: %w", err)
	}
	return true, syncDir(filepath.Dir(path))
}

// writeDraft returns the name of a file in dir that holds content, on disk for certain.
func writeDraft(dir string, content []byte) (string, error) {
	f, err := os.CreateTemp(dir, ".master-key-*") // 0600 whatever the umask
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncDir makes a new name in dir survive a power cut: data sealed under a key whose file is gone is lost.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("vault: sync directory of the master key: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("vault: sync directory of the master key: %w", err)
	}
	return nil
}

// readPrivate asks the open file for its mode, so that what is checked is what is read.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("vault: open master key file: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("vault: stat master key file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("master key file %s is open to other users (mode %04o): chmod 600 it", path, mode)
	}
	content, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("vault: read master key file: %w", err)
	}
	return content, nil
}
