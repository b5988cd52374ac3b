package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"koko/api/wire"
	"koko/db"
)

// registerHealth adds what a supervisor of processes asks: is it alive, and can it serve?
func (s *server) registerHealth(mux *http.ServeMux, engine Engine) {
	schema := db.WatchSchema(s.Pool)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { ok(w) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
		defer cancel()
		for _, part := range []struct {
			name string
			err  error
		}{{"database", s.Pool.Ping(ctx)}, {"engine", engine.Ready(ctx)}} {
			if part.err != nil {
				s.Log.WarnContext(ctx, "not ready", "part", part.name, "err", part.err)
				wire.Write(w, r, wire.NewProblem("busy", "the "+part.name+" does not answer").By(part.name, "wait, then look at the log"))
				return
			}
		}
		if err := schema.Check(ctx, time.Now()); err != nil {
			s.Log.ErrorContext(ctx, "not ready", "part", "schema", "err", err)
			wire.Write(w, r, wire.NewProblem("busy", "the schema of the database is not the one that KoKo made").
				By("schema", "look at the log, which names what differs"))
			return
		}
		ok(w)
	})
}

// WorkerHealth is what a worker answers: /healthz, /readyz and /metrics.
func WorkerHealth(ready func(context.Context) error, metrics http.Handler, l *slog.Logger) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { ok(w) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
		defer cancel()
		if err := ready(ctx); err != nil {
			l.WarnContext(ctx, "not ready", "err", err)
			wire.Write(w, r, wire.NewProblem("busy", "the worker cannot work").By("ready", "wait, then look at the log"))
			return
		}
		ok(w)
	})
	mux.Handle("GET /metrics", metrics)
	return mux
}

// readyWithin bounds the question whether a process can serve.
const readyWithin = 3 * time.Second

func ok(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}
