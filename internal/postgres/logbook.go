package postgres

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// logLimit is the size at which a log file is put aside when PostgreSQL starts.
const logLimit = 16 << 20

// A logbook is where PostgreSQL logs to, and finds again why it failed.
type logbook struct {
	w    io.Writer // given to the process; a file directly, so that it outlives us
	name string    // for people

	file  *os.File
	began int64 // where this run's entries begin in the file
	tail  *tail // what was written last, if there is no file of ours
}

func openLog(w io.Writer, path string) (*logbook, error) {
	if w != nil {
		t := &tail{w: w}
		return &logbook{w: t, tail: t, name: "its log"}, nil
	}
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("log of PostgreSQL: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log of PostgreSQL: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("log of PostgreSQL: %w", err)
	}
	return &logbook{w: file, file: file, began: info.Size(), name: path}, nil
}

// reason is the line that says why this run ended.
func (l *logbook) reason() string {
	out := []byte{}
	if l.file == nil {
		out = l.tail.bytes()
	} else if raw, err := io.ReadAll(io.NewSectionReader(l.file, l.began, logLimit)); err == nil {
		out = raw
	}
	if words := lastWords(out); words != "" {
		return words
	}
	return "it ended without a word"
}

func (l *logbook) close() {
	if l.file != nil {
		_ = l.file.Close() // nothing of ours is left to write
	}
}

// tail passes on what is written and remembers the end of it.
type tail struct {
	w    io.Writer
	mu   sync.Mutex
	last []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const keep = 8 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if over := len(t.last) - keep; over > 0 {
		t.last = append(t.last[:0], t.last[over:]...)
	}
	return t.w.Write(p)
}

func (t *tail) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]byte(nil), t.last...)
}
