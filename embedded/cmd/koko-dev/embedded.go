package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"koko/db"
	"koko/domain/conflict"
	"koko/domain/work"
	"koko/embedded/devstack"
	"koko/internal/app"
	"koko/internal/auth"
	"koko/internal/certificate"
	"koko/internal/config"
	"koko/internal/demo"
	"koko/internal/devidp"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/logbook"
	"koko/internal/evidence/witness"
	"koko/internal/keyfile"
	"koko/internal/payload"
	"koko/internal/vault"
)

const (
	issuerPath = "/oidc"
	issuerName = "KoKo-Demonstration (erfundene Gemeinden)" // of certificates
	poolSize   = 16
	grace      = 10 * time.Second
)

// embedded is the API, a worker, an OpenID provider with the demo users, the demo cases and cohorts.
type embedded struct {
	demo      bool
	witnesses witness.Peers
	parts     []func(context.Context) error // what stops them, in the order of their start
}

// Start serves on the listener of at and returns when the demo cases and cohorts are there.
func (e *embedded) Start(ctx context.Context, at devstack.Endpoints) (stop func(context.Context) error, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, e.stop(context.WithoutCancel(ctx)))
		}
	}()
	if err := db.Migrate(ctx, at.DatabaseURL("koko"), nil); err != nil {
		return nil, err
	}
	l, err := e.logger(at.Data)
	if err != nil {
		return nil, err
	}
	master, _, err := vault.CreateIfMissing(filepath.Join(at.Data, "master-key.json"))
	if err != nil {
		return nil, err
	}
	if err := e.startWorker(ctx, at, master, l); err != nil {
		return nil, err
	}
	url := "http://" + at.Listener.Addr().String()
	if err := e.startAPI(ctx, at, url, master, l); err != nil {
		return nil, err
	}
	if err := (instance{URL: url, Temporal: at.Temporal, TLS: at.TemporalTLS, Database: at.DatabaseURL("koko")}).write(at.Data); err != nil {
		return nil, err
	}
	if err := appoint(ctx, at); err != nil {
		return nil, err
	}
	if e.demo {
		if err := fillDemo(ctx, at, url); err != nil {
			return nil, err
		}
	}
	welcome(url, at.Data)
	return e.stop, nil
}

// stop stops what has started, the last one first.
func (e *embedded) stop(ctx context.Context) error {
	var errs []error
	for i := len(e.parts) - 1; i >= 0; i-- {
		errs = append(errs, e.parts[i](ctx))
	}
	e.parts = nil
	return errors.Join(errs...)
}

func (e *embedded) onStop(stop func(context.Context) error) { e.parts = append(e.parts, stop) }

// logger logs to the data folder: the terminal is for people.
func (e *embedded) logger(data string) (*slog.Logger, error) {
	f, err := os.OpenFile(filepath.Join(data, "koko.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	e.onStop(func(context.Context) error { return f.Close() })
	l := app.NewLogger(f, config.Log{})
	slog.SetDefault(l) // the provider's library knows no other
	return l, nil
}

func (e *embedded) pool(ctx context.Context, at devstack.Endpoints, role string) (*pgxpool.Pool, error) {
	pool, err := db.Open(ctx, at.DatabaseURL(role), role, poolSize)
	if err == nil {
		e.onStop(func(context.Context) error { pool.Close(); return nil })
	}
	return pool, err
}

func temporalAt(at devstack.Endpoints, master *vault.Master) (app.Temporal, error) {
	known, err := at.TemporalTLS.ClientConfig()
	return app.Temporal{
		Address: at.Temporal, Namespace: devstack.Namespace, Queue: "cases", TLS: known, Payloads: payload.New(master.Payloads()),
	}, err
}

func (e *embedded) startWorker(ctx context.Context, at devstack.Endpoints, master *vault.Master, l *slog.Logger) error {
	pool, err := e.pool(ctx, at, db.RoleWorker)
	if err != nil {
		return err
	}
	keys, err := ledgerKeys(at.Data)
	if err != nil {
		return err
	}
	temporal, err := temporalAt(at, master)
	if err != nil {
		return err
	}
	w, err := app.StartWorker(ctx, app.WorkerOptions{
		Temporal: temporal, Pool: pool, LedgerKeys: keys, Witnesses: e.witnesses, Log: l,
	})
	if err != nil {
		return err
	}
	e.onStop(func(context.Context) error { w.Stop(); return nil })
	return nil
}

func (e *embedded) startAPI(ctx context.Context, at devstack.Endpoints, url string, master *vault.Master, l *slog.Logger) error {
	pool, err := e.pool(ctx, at, db.RoleAPI)
	if err != nil {
		return err
	}
	keys, _, err := certificate.CreateKeysIfMissing(filepath.Join(at.Data, "issuer-key.json"))
	if err != nil {
		return err
	}
	ledgerKeys, err := ledgerKeys(at.Data)
	if err != nil {
		return err
	}
	provider, err := devidp.New(devidp.Options{
		Issuer: url + issuerPath, KeyFile: keyFile(at.Data), Users: demo.Users(), RedirectURIs: []string{url + "/auth/callback"}, Log: l,
	})
	if err != nil {
		return err
	}
	temporal, err := temporalAt(at, master)
	if err != nil {
		return err
	}
	handler, done, err := app.NewAPI(app.APIOptions{
		Temporal: temporal, Pool: pool, Vault: master, Interventions: work.DefaultInterventions(), OwnMetrics: true, Log: l,
		Certifier: &certificate.Issuer{URL: url, Name: issuerName, Keys: keys}, LedgerKeys: ledgerKeys, Witnesses: e.witnesses,
		Login: auth.Options{Issuer: url + issuerPath, ClientID: devidp.ClientID, Audience: devidp.Audience, PublicURL: url},
	})
	if err != nil {
		return err
	}
	e.onStop(func(context.Context) error { done(); return nil })
	mux := http.NewServeMux()
	mux.Handle(issuerPath+"/", provider.Handler())
	mux.Handle("/", handler)

	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() {
		err := app.Serve(serving, at.Listener, mux, grace)
		if err != nil {
			at.Fail(err)
		}
		ended <- err
	}()
	e.onStop(func(context.Context) error { cancel(); return <-ended })
	return nil
}

// ledgerKeys makes the keys of a ledger that no other instance has the name of.
func ledgerKeys(data string) (keyfile.File, error) {
	file := logbook.KeyFile(filepath.Join(data, "ledger-key.json"))
	_, err := file.CreateIfMissing(func() ([]byte, error) {
		return ledger.GenerateKeys("koko-dev-"+uuid.NewString()+".invalid/ledger", time.Now())
	})
	return file, err
}

// appoint gives the demo administrators their roles, and those whom no administrator appoints alone: all others have
// theirs from the administrators.
func appoint(ctx context.Context, at devstack.Endpoints) error {
	for _, u := range demo.Appointed() {
		_, err := db.GiveGrant(ctx, at.DatabaseURL("koko"), db.AddGrantParams{
			ID: uuid.NewSHA1(uuid.NameSpaceOID, []byte("koko demo admin "+u.Login)).String(), Subject: u.Subject, Role: u.Role,
			Area: u.Areas, ValidFrom: time.Now(), GivenBy: conflict.System,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fillDemo takes the demo cases and cohorts through the API, unless that was done on this folder before. An
// interrupted one goes on where it stood.
func fillDemo(ctx context.Context, at devstack.Endpoints, url string) error {
	done := filepath.Join(at.Data, "demo.done")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	token := func(login string) (string, error) {
		u, ok := demo.Find(login)
		if !ok {
			return "", fmt.Errorf("there is no demo user %q", login)
		}
		return devidp.MintToken(keyFile(at.Data), url+issuerPath, u, time.Hour)
	}
	if err := demo.Run(ctx, demo.Options{URL: url, Token: token, Progress: os.Stderr}); err != nil {
		return fmt.Errorf("demonstration: %w", err)
	}
	return os.WriteFile(done, nil, 0o600)
}

func welcome(url, data string) {
	fmt.Fprintf(os.Stderr, `
KoKo is ready at %s

  API reference   %s/api/docs
  log in as       conflict_manager.musterhausen, clearing.neuwerden, supervisor.lankeland, … for conflicts
  log in as       coordinator.lankeland, trainee1.musterhausen, linemanager.neuwerden, …        for the certification
                  (all: koko-dev users), password %s
  data            %s

`, url, url, demo.Password, data)
}
