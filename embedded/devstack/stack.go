// Package devstack runs KoKo with everything it needs in one process tree: a
// private PostgreSQL as a child, the Temporal server in this process on top of
// it, and the application. All data lie in one folder; started again on it, also
// after a kill -9, everything goes on where it stood.
package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"koko/internal/config"
	"koko/internal/postgres"
)

// databaseKoKo is the application's own database.
const databaseKoKo = "koko"

// Options says where the stack lives.
type Options struct {
	// Data is the folder of all data; it is created if necessary.
	Data string
	// Addr is where the application listens, HOST:PORT; port 0 is any free one.
	Addr string
	// Retention is how long Temporal keeps closed histories; see TemporalOptions.
	Retention time.Duration
	// Progress receives what happens, for people; stderr if it is nil.
	Progress io.Writer
	// Ready receives the one line "ready http://HOST:PORT", for scripts; stdout
	// if it is nil.
	Ready io.Writer
}

// Endpoints is what the application gets to work with.
type Endpoints struct {
	// DatabaseURL is the connection string of a role to the application's
	// database, which exists and belongs to postgres.Superuser.
	DatabaseURL func(user string) string
	// Temporal is the server's address; its namespace is Namespace.
	Temporal string
	// TemporalTLS names the files by which a client makes itself known there.
	TemporalTLS config.TLS
	// Listener is open already. The application serves HTTP on it and closes it.
	Listener net.Listener
	// Data is the folder of all data, as an absolute path.
	Data string
	// Fail stops everything because the application cannot go on.
	Fail func(error)
}

// App is the application that the stack is for.
type App interface {
	// Start returns once the application serves. The context ends early only
	// while it is starting; after that it lasts until stop has returned. Stop
	// finishes what is under way, within its context.
	Start(ctx context.Context, at Endpoints) (stop func(context.Context) error, err error)
}

// How long each part may take to stop.
const (
	stopApp      = 20 * time.Second
	stopTemporal = 20 * time.Second
)

// Run starts everything, says that it is ready, and stops everything in reverse
// order on SIGINT, SIGTERM or SIGHUP, at the end of ctx, or when a part fails. A
// second signal skips the waiting; only PostgreSQL is still shut down. What
// cannot start is an error of one sentence.
func Run(ctx context.Context, o Options, app App) error {
	o = o.withDefaults()
	r := &run{Options: o}
	ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)
	r.patience, r.force = context.WithCancel(context.WithoutCancel(ctx))
	defer r.force()
	defer r.watchSignals()()

	err := r.start(ctx, app)
	switch {
	case err == nil:
		_, _ = fmt.Fprintf(o.Ready, "ready http://%s\n", r.host)
		<-ctx.Done()
		if err = context.Cause(ctx); isOrderly(err) {
			err = nil
		}
		r.say("stopping; press Ctrl-C again to skip the waiting")
	case ctx.Err() != nil: // what ended the start, not how the part in question noticed
		err = context.Cause(ctx)
	}
	return r.stop(err)
}

func (o Options) withDefaults() Options {
	if o.Progress == nil {
		o.Progress = os.Stderr
	}
	if o.Ready == nil {
		o.Ready = os.Stdout
	}
	return o
}

// errSignal ends a run as its user wants it.
var errSignal = errors.New("interrupted")

// isOrderly tells the two ways in which a run is meant to end from failures.
func isOrderly(err error) bool {
	return errors.Is(err, errSignal) || errors.Is(err, context.Canceled)
}

// run is one run of the stack.
type run struct {
	Options
	host     string // where the application answers, once it does
	cancel   context.CancelCauseFunc
	patience context.Context // ends with the second signal
	force    context.CancelFunc
	parts    []part // that have started, in that order
}

// part is something that has started and must be stopped.
type part struct {
	name string // for people; empty if it is nothing to them
	stop func() error
}

func (r *run) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.Progress, format+"\n", args...)
}

// watchSignals turns the first signal into a stop and the second into a quick
// one. The third finds nobody who listens, and ends the process.
func (r *run) watchSignals() (stop func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup does
		signal.Notify(signals, syscall.SIGHUP)
	}
	over := make(chan struct{})
	go func() {
		for _, act := range []func(){func() { r.cancel(errSignal) }, r.force} {
			select {
			case <-signals:
				act()
			case <-over:
				return
			}
		}
		signal.Stop(signals)
	}()
	return func() { signal.Stop(signals); close(over) }
}

// start brings up one part after the other. What is quick to find wrong is
// looked at before what is slow to start.
func (r *run) start(ctx context.Context, app App) error {
	if err := r.claimFolder(); err != nil {
		return err
	}
	listener, err := listen(r.Addr)
	if err != nil {
		return err
	}
	r.onStop("", func() error { _ = listener.Close(); return nil }) // the application has closed it, if it ran
	pg, err := r.startPostgres(ctx)
	if err != nil {
		return err
	}
	server, err := r.startTemporal(ctx, pg)
	if err != nil {
		return err
	}
	return r.startApp(ctx, app, Endpoints{
		DatabaseURL: func(user string) string { return pg.URL(user, databaseKoKo) },
		Temporal:    server.Address(),
		TemporalTLS: server.Client(),
		Listener:    listener,
		Data:        r.Data,
		Fail:        r.cancel,
	})
}

func (r *run) onStop(name string, stop func() error) {
	r.parts = append(r.parts, part{name, stop})
}

// stop stops the parts that have started, the last one first, and returns why
// the run ended: the consequences of a failure are not worth an error of their own.
func (r *run) stop(reason error) error {
	for i := len(r.parts) - 1; i >= 0; i-- {
		p := r.parts[i]
		switch err := p.stop(); {
		case err != nil && reason == nil:
			reason = err
		case err != nil:
			r.say("%v", err)
		case p.name != "":
			r.say("%s has stopped", p.name)
		}
	}
	return reason
}

// claimFolder makes sure that the folder can be written to and is ours alone.
// The lock goes with the process: the file that stays behind means nothing.
func (r *run) claimFolder() error {
	data, err := makeFolder(r.Data)
	if err != nil {
		return fmt.Errorf("the data folder %s cannot be written to (%w): choose another one with --data", r.Data, err)
	}
	r.Data = data
	lock := flock.New(filepath.Join(data, "koko.lock"))
	got, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("the data folder %s cannot be locked: %w", data, err)
	}
	if !got {
		return fmt.Errorf("the data folder %s is in use by another instance: stop that one or choose another folder with --data", data)
	}
	r.onStop("", lock.Unlock)
	return nil
}

// makeFolder creates the folder if necessary and tries to write to it.
func makeFolder(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o711); err != nil { // PostgreSQL may run as another user
		return "", err
	}
	probe, err := os.CreateTemp(dir, ".probe-")
	if err != nil {
		return "", err
	}
	return dir, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("the address %s is already in use: stop what listens there or choose another one with --addr", addr)
	case err != nil:
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return listener, nil
}

func (r *run) startPostgres(ctx context.Context) (*postgres.Server, error) {
	began := time.Now()
	r.say("starting PostgreSQL on %s", r.Data)
	if err := r.ensureInstalled(ctx); err != nil {
		return nil, err
	}
	dir := filepath.Join(r.Data, "postgres")
	pg, err := postgres.Start(ctx, postgres.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	r.onStop("PostgreSQL", pg.Stop)
	go r.watch(pg.Done(), func() error {
		return fmt.Errorf("PostgreSQL ended unexpectedly (see %s)", filepath.Join(dir, "postgres.log"))
	})
	if err := pg.CreateDatabases(ctx, databaseKoKo); err != nil {
		return nil, err
	}
	r.say("PostgreSQL is up after %s", elapsed(began))
	return pg, nil
}

// watch ends the run if a part ends. Once the run is over it has no effect.
func (r *run) watch(done <-chan struct{}, why func() error) {
	select {
	case <-done:
		r.cancel(why())
	case <-r.patience.Done():
	}
}

// ensureInstalled installs PostgreSQL where that is possible.
func (r *run) ensureInstalled(ctx context.Context) error {
	_, err := postgres.Find()
	if !errors.Is(err, postgres.ErrNotFound) {
		return err
	}
	r.say("installing PostgreSQL")
	return postgres.Install(ctx, r.Progress)
}

func (r *run) startTemporal(ctx context.Context, pg *postgres.Server) (*Temporal, error) {
	began := time.Now()
	r.say("starting Temporal")
	log, err := os.OpenFile(filepath.Join(r.Data, "temporal.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log of Temporal: %w", err)
	}
	r.onStop("", log.Close)
	server, err := StartTemporal(ctx, TemporalOptions{
		Postgres: pg, Certificates: filepath.Join(r.Data, "engine"), Retention: r.Retention, Log: log,
	})
	if err != nil {
		return nil, err
	}
	r.onStop("Temporal", func() error { return r.patiently(stopTemporal, server.Stop) })
	go r.watch(server.Done(), func() error {
		return fmt.Errorf("the Temporal server failed: %w (see %s)", server.Err(), log.Name())
	})
	r.say("Temporal is up after %s", elapsed(began))
	return server, nil
}

// startApp lets a signal interrupt the start, but not what then runs: that is
// for its stop to end in good order.
func (r *run) startApp(ctx context.Context, app App, at Endpoints) error {
	began := time.Now()
	r.say("starting KoKo")
	appCtx, end := context.WithCancelCause(context.WithoutCancel(ctx))
	release := context.AfterFunc(ctx, func() { end(context.Cause(ctx)) })
	stop, err := app.Start(appCtx, at)
	release()
	if err != nil {
		end(nil)
		return err
	}
	r.onStop("KoKo", func() error {
		defer end(nil)
		return r.patiently(stopApp, stop)
	})
	r.host = hostOf(r.Addr, at.Listener)
	r.say("KoKo is up after %s", elapsed(began))
	return nil
}

// patiently waits for a part to stop, but not for ever, and not after a second
// signal.
func (r *run) patiently(limit time.Duration, stop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(r.patience, limit)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- stop(ctx) }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
		return fmt.Errorf("gave up waiting for a part to stop: %w", ctx.Err())
	}
}

// hostOf is the address to visit: as it was asked for, with the port it became.
func hostOf(addr string, l net.Listener) string {
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return addr
	}
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

func elapsed(since time.Time) time.Duration { return time.Since(since).Round(100 * time.Millisecond) }
