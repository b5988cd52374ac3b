package keyfile_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/keyfile"
)

// A test is also the processes that it starts: role says which part one plays, path on which file.
const (
	role = "KEYFILE_ROLE"
	path = "KEYFILE_PATH"
)

func TestMain(m *testing.M) {
	f := keyfile.File{Path: os.Getenv(path), What: "test key file"}
	switch os.Getenv(role) {
	case "":
		os.Exit(m.Run())
	case "creates":
		end(creates(f))
	case "cannot write it all":
		end(updatesBeyondTheLimit(f))
	}
}

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// creates waits for its start, makes a key of its own unless there is one, and prints what it loaded.
func creates(f keyfile.File) error {
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	own := func() ([]byte, error) { return bytes.Repeat([]byte(strconv.Itoa(os.Getpid())), 1000), nil }
	key, created, err := keyfile.LoadOrCreate(f, own, func(content []byte) (string, error) { return string(content), nil })
	if err == nil {
		fmt.Println(created, key)
	}
	return err
}

// updatesBeyondTheLimit writes more than it is let: the second half does not reach the disk.
func updatesBeyondTheLimit(f keyfile.File) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: 1000}); err != nil {
		return err
	}
	return f.Update(func([]byte) ([]byte, error) { return bytes.Repeat([]byte("new\n"), 500), nil })
}

func process(t *testing.T, as string, f keyfile.File) *exec.Cmd {
	t.Helper()
	p := exec.Command(os.Args[0])
	p.Env = append(os.Environ(), role+"="+as, path+"="+f.Path)
	return p
}

func some(t *testing.T) keyfile.File {
	return keyfile.File{Path: filepath.Join(t.TempDir(), "keys.json"), What: "test key file"}
}

func content(s string) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(s), nil }
}

// created returns a file that holds that.
func created(t *testing.T, s string) keyfile.File {
	t.Helper()
	f := some(t)
	made, err := f.CreateIfMissing(content(s))
	require.NoError(t, err)
	require.True(t, made)
	return f
}

// requireAlone: a draft that stays behind is a second copy of the keys that nobody looks after.
func requireAlone(t *testing.T, f keyfile.File) {
	t.Helper()
	files, err := os.ReadDir(filepath.Dir(f.Path))
	require.NoError(t, err)
	for _, file := range files {
		require.Contains(t, []string{filepath.Base(f.Path), filepath.Base(f.Path) + ".lock"}, file.Name())
	}
}

func requireContent(t *testing.T, want string, f keyfile.File) {
	t.Helper()
	got, err := f.Read()
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func TestAFileIsCreatedOnceAndForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	f := some(t)
	_, err := f.Read()
	require.ErrorIs(t, err, os.ErrNotExist)
	for n, want := range []bool{true, false} {
		created, err := f.CreateIfMissing(content(strconv.Itoa(n)))
		require.NoError(t, err)
		require.Equal(t, want, created)
	}
	requireContent(t, "0", f)
	info, err := os.Stat(f.Path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	require.NoError(t, f.Update(func([]byte) ([]byte, error) { return []byte("next"), nil }))
	info, err = os.Stat(f.Path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
}

func TestAFileThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o620, 0o601} {
		f := created(t, "secret")
		require.NoError(t, os.Chmod(f.Path, mode))
		refusal := fmt.Sprintf("test key file %s is open to other users (mode %04o): chmod 600 it", f.Path, mode)
		_, err := f.Read()
		require.EqualError(t, err, refusal)
		_, made, err := keyfile.LoadOrCreate(f, content("another"), func(c []byte) ([]byte, error) { return c, nil })
		require.EqualError(t, err, refusal)
		require.False(t, made)
		require.EqualError(t, f.Update(func(c []byte) ([]byte, error) { return c, nil }), refusal)
	}
}

func TestWhatCannotBeReadIsNotMissing(t *testing.T) {
	t.Parallel()
	_, err := keyfile.File{Path: filepath.Join(t.TempDir(), "no", "such", "folder"), What: "test key file"}.CreateIfMissing(content("new"))
	require.ErrorIs(t, err, os.ErrNotExist)

	dangling := some(t)
	require.NoError(t, os.Symlink("nowhere", dangling.Path))
	made, err := dangling.CreateIfMissing(content("new"))
	require.NoError(t, err)
	require.False(t, made, "a link into an unmounted volume is not a missing key")
	_, err = dangling.Read()
	require.ErrorIs(t, err, os.ErrNotExist)

	empty := created(t, "")
	made, err = empty.CreateIfMissing(content("new"))
	require.NoError(t, err)
	require.False(t, made, "an empty key is a sign of trouble, not an invitation")
	requireContent(t, "", empty)
}

func TestAContentThatCannotBeUsedIsNamedWithItsRemedy(t *testing.T) {
	t.Parallel()
	f := created(t, "secret")
	parse := func([]byte) (string, error) { return "", io.ErrUnexpectedEOF }
	want := "test key file " + f.Path + " cannot be used: unexpected EOF: put its copy back, or name the right file"
	_, err := keyfile.Load(f, parse)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.EqualError(t, err, want)
	_, made, err := keyfile.LoadOrCreate(f, content("another"), parse)
	require.EqualError(t, err, want)
	require.False(t, made)
	requireContent(t, "secret", f)
}

func TestProcessesThatStartAtOnceShareOneFile(t *testing.T) {
	t.Parallel()
	for range 10 { // a race is lost now and then only
		f := some(t)
		var starts []io.Closer
		var says []*bufio.Reader
		var wait []func() error
		for range 4 {
			p := process(t, "creates", f)
			in, err := p.StdinPipe()
			require.NoError(t, err)
			out, err := p.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, p.Start())
			t.Cleanup(func() { _ = p.Process.Kill() })
			starts, says, wait = append(starts, in), append(says, bufio.NewReader(out)), append(wait, p.Wait)
			_, err = says[len(says)-1].ReadString('\n')
			require.NoError(t, err)
		}
		for _, s := range starts {
			require.NoError(t, s.Close())
		}
		stands, made := "", 0
		for n := range says {
			out, err := io.ReadAll(says[n])
			require.NoError(t, err)
			require.NoError(t, wait[n]())
			var created bool
			var key string
			_, err = fmt.Sscan(string(out), &created, &key)
			require.NoError(t, err)
			if created {
				made++
			}
			if n == 0 {
				stands = key
			}
			require.Equal(t, stands, key, "two processes have two keys")
		}
		require.Equal(t, 1, made)
		requireContent(t, stands, f)
		requireAlone(t, f)
	}
}

func TestUpdatesAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	f := created(t, "")
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for n := range errs {
		wg.Go(func() { errs[n] = f.Update(func(old []byte) ([]byte, error) { return append(old, 'x'), nil }) })
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	requireContent(t, "xxxxxxxx", f)
	requireAlone(t, f)
}

func TestAnUpdateThatFailsLeavesTheFileAlone(t *testing.T) {
	t.Parallel()
	f := created(t, "old")
	refused := errors.New("no")
	require.ErrorIs(t, f.Update(func([]byte) ([]byte, error) { return nil, refused }), refused)
	requireContent(t, "old", f)
}

func TestAWriteThatIsCutOffLeavesTheFileAlone(t *testing.T) {
	t.Parallel()
	f := created(t, "old")
	out, err := process(t, "cannot write it all", f).CombinedOutput()
	require.Error(t, err, "all of it was written")
	require.Contains(t, string(out), "write test key file "+f.Path)
	requireContent(t, "old", f)
	requireAlone(t, f)
}
