package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"koko/api"
	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/calendar"
	"koko/domain/work"
	"koko/internal/auth"
	"koko/internal/certificate"
	"koko/internal/engine"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
	"koko/internal/evidence/witness"
	"koko/internal/keyfile"
	"koko/internal/vault"
	"koko/policies"
)

// Version is the version that the API reports; set by the build.
var Version = "dev"

// sessionIdle is how long a browser's session lasts without a request.
const sessionIdle = time.Hour

// schemaWithin bounds how long a starting process may look at the schema of the database.
const schemaWithin = 30 * time.Second

// lastWords bounds how long a stopping process may take to write down the decisions of the policy, and what strangers
// tried.
const lastWords = 5 * time.Second

// APIOptions say what the API is made of.
type APIOptions struct {
	Temporal      Temporal
	Pool          *pgxpool.Pool // as db.RoleAPI
	Vault         *vault.Master
	Certifier     *certificate.Issuer
	LedgerKeys    keyfile.File // of the keys that sign checkpoints
	Witnesses     witness.Peers
	Login         auth.Options   // its Sessions and Problem are filled in
	WorkdayEnds   calendar.Clock // when a working day ends for files that begin now
	Rungs         calendar.Rungs // who is told of their limits when
	Interventions work.Interventions
	Pace          api.Pace
	Metrics       *api.Metrics // nil: its own
	OwnMetrics    bool         // serve them on the listener of the API
	Log           *slog.Logger
}

// NewAPI returns the handler of the API, and what closes it, unless the schema of the database is not the one that KoKo made.
func NewAPI(o APIOptions) (http.Handler, func(), error) {
	looking, cancel := context.WithTimeout(context.Background(), schemaWithin)
	defer cancel()
	if err := db.On(o.Pool).CheckSchema(looking); err != nil {
		return nil, nil, err
	}
	c, err := o.Temporal.dial("koko-api", o.Log)
	if err != nil {
		return nil, nil, err
	}
	policy, err := policies.Load()
	if err != nil {
		return nil, nil, fmt.Errorf("policy: %w", err)
	}
	o.Login.Idle = sessionIdle
	o.Login.Sessions = db.NewSessionStore(o.Pool, sessionIdle)
	o.Login.Problem = wire.WriteProblem
	o.Login.Log = o.Log
	login, err := auth.New(o.Login)
	if err != nil {
		return nil, nil, err
	}
	decisions, attempts := guard.NewDecisions(o.Pool, o.Log), guard.NewAttempts(o.Pool, o.Log)
	if o.Metrics == nil {
		o.Metrics = api.NewMetrics(o.Pool, refused)
	}
	asked := o.Temporal.engine(c)
	files := engine.Files{Engine: asked, Queue: o.Temporal.Queue}
	return api.New(api.Options{
			Engine: asked, Runs: asked, Workflows: files, Repairer: files, Ledger: engine.Ledger{Client: c, Queue: o.Temporal.Queue},
			LedgerKeys: func() (*ledger.Keys, error) { return logbook.LoadKeys(o.LedgerKeys) }, Witnesses: o.Witnesses,
			Certifier: o.Certifier, Pool: o.Pool, Vault: o.Vault, Policy: policy, Decisions: decisions, Attempts: attempts,
			Interventions: o.Interventions,
			WorkdayEnds:   o.WorkdayEnds, Rungs: o.Rungs,
			Login: login, Issuer: o.Login.Issuer, Log: o.Log, Version: Version,
			Pace: o.Pace, Metrics: o.Metrics, OwnMetrics: o.OwnMetrics, HTTPS: strings.HasPrefix(o.Login.PublicURL, "https:"),
		}), func() {
			last, cancel := context.WithTimeout(context.Background(), lastWords)
			defer cancel()
			if err := attempts.Close(last); err != nil {
				o.Log.Error("attempts", "err", err)
			}
			if err := decisions.Close(last); err != nil {
				o.Log.Error("decision log", "err", err)
			}
			c.Close()
		}, nil
}

// Serve answers on l until ctx ends, then lets running requests finish for at most grace.
func Serve(ctx context.Context, l net.Listener, h http.Handler, grace time.Duration) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := srv.Shutdown(last); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), srv.Close())
	}
	return nil
}
