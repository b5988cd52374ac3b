// Package app wires the parts of KoKo into processes: the API, the worker, and what both need.
package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"koko/activities"
	"koko/db"
	"koko/internal/engine"
	"koko/internal/evidence/logbook"
	"koko/internal/evidence/witness"
	"koko/internal/keyfile"
	"koko/internal/payload"
	"koko/kinds"
	"koko/policies"
	"koko/workflows"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Temporal says where the workflow engine is.
type Temporal struct {
	Address   string
	Namespace string
	Queue     string
	TLS       *tls.Config // nil: in clear
	Payloads  *payload.Codec
}

// dial returns a client that connects when it is first used, so that a process may start before the
// engine does. The identity is fixed: histories record it, and it names no machine.
func (t Temporal) dial(identity string, l *slog.Logger) (client.Client, error) {
	payloads := t.Payloads.Telling(tellRefused(l))
	c, err := client.NewLazyClient(client.Options{
		HostPort: t.Address, Namespace: t.Namespace, Identity: identity, Logger: log.NewStructuredLogger(l),
		DataConverter: payloads.Data(), FailureConverter: payloads.Failures(), MetricsHandler: meter{client.MetricsNopHandler},
		ConnectionOptions: client.ConnectionOptions{TLS: t.TLS, GrpcCompression: &client.GrpcCompressionNone{}},
	})
	if err != nil {
		return nil, fmt.Errorf("workflow engine at %s: %w", t.Address, err)
	}
	return c, nil
}

func (t Temporal) engine(c client.Client) engine.Engine {
	return engine.Engine{Client: c, Payloads: t.Payloads, Explain: t.explain}
}

// A Worker carries out workflows and their activities.
type Worker struct {
	worker worker.Worker
	client client.Client
	engine engine.Engine
	pool   *pgxpool.Pool
	schema *db.SchemaWatch
	log    *slog.Logger
}

// WorkerOptions say what a worker works on.
type WorkerOptions struct {
	Temporal   Temporal
	Pool       *pgxpool.Pool // as db.RoleWorker
	LedgerKeys keyfile.File  // of the keys that sign checkpoints
	Witnesses  witness.Peers
	WitnessCA  string // PEM file of authorities beside the system's; may be empty
	Log        *slog.Logger
}

// StartWorker starts a worker and brings files level with the record. It waits for the engine until
// ctx ends.
func StartWorker(ctx context.Context, o WorkerOptions) (*Worker, error) {
	if err := db.On(o.Pool).CheckSchema(ctx); err != nil {
		return nil, err
	}
	asking, err := witness.Client(o.WitnessCA)
	if err != nil {
		return nil, err
	}
	policy, err := policies.Load()
	if err != nil {
		return nil, err
	}
	c, err := o.Temporal.dial("koko-worker", o.Log)
	if err != nil {
		return nil, err
	}
	w := &Worker{client: c, engine: o.Temporal.engine(c), pool: o.Pool, schema: db.WatchSchema(o.Pool), log: o.Log}
	if err := awaitEngine(ctx, w.engine, o.Log); err != nil {
		c.Close()
		return nil, err
	}
	w.worker = worker.New(c, o.Temporal.Queue, worker.Options{Identity: "koko-worker"})
	workflows.Register(w.worker)
	w.worker.RegisterActivity(&activities.Files{Pool: o.Pool, Hears: policy.Hears})
	w.worker.RegisterActivity(&activities.Reconciliation{Reconciler: reconciler(w.engine, o.Temporal.Queue, o.Pool)})
	w.worker.RegisterActivity(&activities.Histories{Pool: o.Pool, Engine: w.engine})
	w.worker.RegisterActivity(&activities.Ledger{
		Signer: logbook.Signer{Book: logbook.Book{Pool: o.Pool}, KeyFile: o.LedgerKeys}, Now: time.Now,
	})
	w.worker.RegisterActivity(&activities.Witnesses{
		Exchange: witness.Exchange{Book: logbook.Book{Pool: o.Pool}, Peers: o.Witnesses, HTTP: asking},
	})
	if err := w.worker.Start(); err != nil {
		c.Close()
		return nil, fmt.Errorf("start worker: %w", err)
	}
	go w.catchUp(ctx, o.Temporal.Queue)
	go ensureSchedules(ctx, c, o.Temporal.Queue, o.Log, schedules())
	return w, nil
}

// awaitEngine asks until the engine answers.
func awaitEngine(ctx context.Context, e engine.Engine, l *slog.Logger) error {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := e.Ready(ctx)
		if err == nil {
			return nil
		}
		l.WarnContext(ctx, "waiting for the workflow engine", "err", err)
		select {
		case <-ctx.Done():
			return fmt.Errorf("workflow engine: %w", err)
		case <-time.After(wait):
		}
	}
}

// Ready reports whether the worker can work.
func (w *Worker) Ready(ctx context.Context) error {
	if err := w.pool.Ping(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if err := w.schema.Check(ctx, time.Now()); err != nil {
		return err
	}
	return w.engine.Ready(ctx)
}

// Stop lets running tasks finish.
func (w *Worker) Stop() {
	w.worker.Stop()
	w.client.Close()
}

// A crash may have left the record one decision ahead of a workflow: only of files that changed
// just before the record stopped changing.
const (
	crashWindow = 10 * time.Minute
	crashFiles  = 1000 // of each kind
)

// catchUp has the files that changed last adopt what is recorded. What fails is tried with the
// file's next command.
func (w *Worker) catchUp(ctx context.Context, queue string) {
	span := pgtype.Interval{Microseconds: crashWindow.Microseconds(), Valid: true}
	key := "catch-up-" + time.Now().UTC().Format(time.RFC3339Nano)
	files := engine.Files{Engine: w.engine, Queue: queue}
	for _, k := range kinds.All() {
		recent, err := db.On(w.pool).ListRecentFiles(ctx, db.ListRecentFilesParams{Kind: k.Kind, Span: span, AtMost: crashFiles})
		if err != nil {
			w.log.WarnContext(ctx, "catch up", "kind", k.Kind, "err", err)
		}
		for _, id := range recent {
			if _, err := files.CatchUp(ctx, k, id, key); err != nil && ctx.Err() == nil {
				w.log.WarnContext(ctx, "catch up", "kind", k.Kind, "file", id, "err", err)
			}
		}
	}
}
