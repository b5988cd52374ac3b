package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"koko/domain/file"
)

// A step is one command of a story.
type step[S any] struct {
	name   string // unique in the story; the action if empty
	as     string // the login of who gives it
	action file.Action
	body   any
	done   func(S) bool
}

// id is the step's name in its idempotency key.
func (s step[S]) id() string {
	if s.name != "" {
		return s.name
	}
	return string(s.action)
}

// A journey is a case, an enrolment or a cohort on its way.
type journey[S any] struct {
	client *client
	path   string // of the file
	reader string // the login of somebody who sees all of it
	story  string // begins the idempotency keys
	etag   string
	state  S // as last read: what is missing follows from it
}

// begin sends the command that the file begins with; sent before, the answer names the same file.
func (f *journey[S]) begin(ctx context.Context, as, path string, a file.Action, body any) error {
	var begun struct {
		ID string `json:"id"`
	}
	_, err := f.client.send(ctx, request{login: as, method: http.MethodPost, path: base + path, key: f.key(string(a), 1), body: body}, &begun)
	if err != nil {
		return fmt.Errorf("%s as %s: %w", a, as, err)
	}
	f.path = base + path + "/" + begun.ID
	return nil
}

func (f *journey[S]) read(ctx context.Context) (err error) {
	var now S
	f.etag, err = f.client.send(ctx, request{login: f.reader, method: http.MethodGet, path: f.path}, &now)
	if err != nil {
		return fmt.Errorf("read as %s: %w", f.reader, err)
	}
	f.state = now
	return nil
}

// take has people give commands, one after the other.
func (f *journey[S]) take(ctx context.Context, steps ...step[S]) error {
	for _, s := range steps {
		if err := f.once(ctx, s); err != nil {
			return fmt.Errorf("%s as %s: %w", s.id(), s.as, err)
		}
	}
	return nil
}

// once has somebody give a command, unless that was done before. If the file has changed since it
// was read, it is read again; the next attempt decides on another version and so is a command of
// its own, with a key of its own.
func (f *journey[S]) once(ctx context.Context, s step[S]) error {
	for try := 1; !s.done(f.state); try++ {
		etag, err := f.client.send(ctx, request{
			login: s.as, method: http.MethodPost, path: f.path + "/" + strings.ReplaceAll(string(s.action), "_", "-"),
			key: f.key(s.id(), try), seen: f.etag, body: s.body,
		}, nil)
		refused, _ := errors.AsType[*problem](err)
		switch {
		case err == nil:
			f.etag = etag
			return nil
		case refused == nil || try == attempts ||
			refused.Status != http.StatusPreconditionFailed && refused.Status != http.StatusPreconditionRequired:
			return err
		}
		if err := f.read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// await reads the file until the workflows have brought it about that something holds.
func (f *journey[S]) await(ctx context.Context, what string, holds func(S) bool) error {
	for wait, waited := shortestWait/4, time.Duration(0); ; wait = min(2*wait, time.Second) {
		if err := f.read(ctx); err != nil || holds(f.state) {
			return err
		}
		if waited >= patience {
			return fmt.Errorf("%s: waited for it in vain", what)
		}
		if err := rest(ctx, wait); err != nil {
			return err
		}
		waited += wait
	}
}

// key is the idempotency key of a step's nth attempt.
func (f *journey[S]) key(name string, try int) string {
	key := "koko-demo/" + f.story + "/" + name
	if try > 1 {
		key += fmt.Sprintf("/%d", try)
	}
	return key
}
