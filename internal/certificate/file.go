package certificate

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// LoadKeys reads the key file at path. It refuses one that others than its owner can read.
func LoadKeys(path string) (*Keys, error) {
	content, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	keys, err := parseKeys(content)
	if err != nil {
		return nil, fmt.Errorf("signing key file %s: %w", path, err)
	}
	return keys, nil
}

// CreateKeysIfMissing loads the key file at path and reports whether it had to create it. An
// existing file is never touched: without it nothing that it signed can be verified.
// Of several processes that start at once, one creates the file and all load the same.
func CreateKeysIfMissing(path string) (keys *Keys, created bool, err error) {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		if created, err = create(path); err != nil {
			return nil, false, err
		}
	}
	keys, err = LoadKeys(path)
	return keys, created, err
}

// Rotate gives the key file at path a new key that signs, and returns what is in it then. The
// former key is retired at that time and goes on verifying. A process that runs keeps the keys
// that it loaded; what it signs meanwhile stays valid.
func Rotate(path string, at time.Time) (*Keys, error) {
	lock := flock.New(path + ".lock") // of two rotations at once, one would lose a key that has signed
	if err := lock.Lock(); err != nil {
		return nil, fmt.Errorf("certificate: lock signing key file: %w", err)
	}
	defer func() { _ = lock.Unlock() }()
	keys, err := LoadKeys(path)
	if err != nil {
		return nil, err
	}
	fresh, err := generate()
	if err != nil {
		return nil, err
	}
	next := &Keys{list: append([]Key{fresh}, keys.list...)}
	next.list[1].Retired = at.UTC().Truncate(time.Second)
	return next, replace(path, next)
}

// replace exchanges the file at path for one that holds keys; a reader sees the old or the new, never half.
func replace(path string, keys *Keys) error {
	draft, err := writeDraft(filepath.Dir(path), keys)
	if err != nil {
		return fmt.Errorf("certificate: write signing key file %s: %w", path, err)
	}
	if err := os.Rename(draft, path); err != nil {
		return errors.Join(fmt.Errorf("certificate: replace signing key file: %w", err), os.Remove(draft))
	}
	return syncDir(filepath.Dir(path))
}

// create writes a first key beside path and links it there: unlike a rename, a link fails if
// somebody else was first.
func create(path string) (bool, error) {
	key, err := generate()
	if err != nil {
		return false, err
	}
	draft, err := writeDraft(filepath.Dir(path), &Keys{list: []Key{key}})
	if err != nil {
		return false, fmt.Errorf("certificate: create signing key file %s: %w", path, err)
	}
	defer func() { _ = os.Remove(draft) }()
	if err := os.Link(draft, path); errors.Is(err, fs.ErrExist) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("certificate: create signing key file: %w", err)
	}
	return true, syncDir(filepath.Dir(path))
}

// writeDraft returns the name of a file in dir that holds keys, on disk for certain.
func writeDraft(dir string, keys *Keys) (string, error) {
	content, err := keys.format()
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, ".signing-keys-*") // 0600 whatever the umask
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// syncDir makes a new name in dir survive a power cut: a key that has signed must not be lost.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("certificate: sync directory of the signing keys: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("certificate: sync directory of the signing keys: %w", err)
	}
	return nil
}

// readPrivate asks the open file for its mode, so that what is checked is what is read.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("certificate: open signing key file: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("certificate: stat signing key file: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("signing key file %s is open to other users (mode %04o): chmod 600 it", path, mode)
	}
	content, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("certificate: read signing key file: %w", err)
	}
	return content, nil
}
