// Package keyfile keeps private keys in a file that is created once, replaced whole and readable by
// its owner only.
package keyfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// A File is a private file. What says in errors what it is, such as "signing key file".
type File struct {
	Path string
	What string
}

// Load returns what parse makes of the content. An error says which file it is about and what to do;
// that of parse must not quote the content, which is secret.
func Load[T any](f File, parse func(content []byte) (T, error)) (T, error) {
	content, err := f.Read()
	if err != nil {
		var none T
		return none, err
	}
	return Parse(f, content, parse)
}

// Parse is what [Load] does with a content that was read.
func Parse[T any](f File, content []byte, parse func(content []byte) (T, error)) (T, error) {
	keys, err := parse(content)
	if err != nil {
		var none T
		return none, fmt.Errorf("%s %s cannot be used: %w: put its copy back, or name the right file", f.What, f.Path, err)
	}
	return keys, nil
}

// LoadOrCreate loads f and reports whether it had to create it, from what generate returns. Of several
// processes that start at once, one creates the file and all load the same.
func LoadOrCreate[T any](f File, generate func() ([]byte, error), parse func(content []byte) (T, error)) (keys T, created bool, err error) {
	if created, err = f.CreateIfMissing(generate); err != nil {
		return keys, false, err
	}
	keys, err = Load(f, parse)
	return keys, created, err
}

// Read returns the content. It refuses a file that others than its owner can read.
func (f File) Read() ([]byte, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.What, err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat() // of the open file, so that what is checked is what is read
	if err != nil {
		return nil, fmt.Errorf("stat %s: %w", f.What, err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("%s %s is open to other users (mode %04o): chmod 600 it", f.What, f.Path, mode)
	}
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.What, err)
	}
	return content, nil
}

// CreateIfMissing writes what generate returns unless there is a file, and reports whether it did.
// An existing file is never touched: its loss is the loss of everything made with its keys. Of several
// processes that start at once, one creates the file.
func (f File) CreateIfMissing(generate func() ([]byte, error)) (bool, error) {
	if _, err := os.Lstat(f.Path); !errors.Is(err, fs.ErrNotExist) {
		return false, nil // whatever else is wrong with it, reading it says
	}
	content, err := generate()
	if err != nil {
		return false, err
	}
	draft, err := f.writeDraft(content)
	if err != nil {
		return false, fmt.Errorf("create %s %s: %w", f.What, f.Path, err)
	}
	defer func() { _ = os.Remove(draft) }()
	// Unlike a rename, a link fails if somebody was first, and unlike an exclusive open it never shows half a file.
	if err := os.Link(draft, f.Path); errors.Is(err, fs.ErrExist) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("create %s: %w", f.What, err)
	}
	return true, f.syncDir()
}

// Update replaces the content by what change makes of it. A reader sees the old or the new, never
// half, and of two updates at once none is lost.
func (f File) Update(change func(content []byte) ([]byte, error)) error {
	lock := flock.New(f.Path + ".lock")
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock %s: %w", f.What, err)
	}
	defer func() { _ = lock.Unlock() }()
	content, err := f.Read()
	if err != nil {
		return err
	}
	if content, err = change(content); err != nil {
		return err
	}
	draft, err := f.writeDraft(content)
	if err != nil {
		return fmt.Errorf("write %s %s: %w", f.What, f.Path, err)
	}
	if err := os.Rename(draft, f.Path); err != nil {
		return errors.Join(fmt.Errorf("replace %s: %w", f.What, err), os.Remove(draft))
	}
	return f.syncDir()
}

// writeDraft returns the name of a file beside f that holds content, on disk for certain.
func (f File) writeDraft(content []byte) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(f.Path), ".keys-*") // 0600 whatever the umask
	if err != nil {
		return "", err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// syncDir makes a new name survive a power cut: a key that has signed or sealed must not be lost.
func (f File) syncDir() error {
	d, err := os.Open(filepath.Dir(f.Path))
	if err != nil {
		return fmt.Errorf("sync directory of the %s: %w", f.What, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync directory of the %s: %w", f.What, err)
	}
	return nil
}
