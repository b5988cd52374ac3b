package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"golang.org/x/net/netutil"

	"koko/api"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/work"
	"koko/internal/auth"
	"koko/internal/config"
	"koko/internal/demo"
	"koko/internal/evidence/witness"
	"koko/internal/payload"
	"koko/internal/vault"
	"koko/policies"
)

// Env looks up a variable of the environment.
type Env func(string) (string, bool)

// Command is koko with its subcommands.
func Command(env Env) *cobra.Command {
	root := &cobra.Command{
		Use: "koko", Short: "Municipal conflict management", Version: Version,
		SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(
		configured(env, config.Serve, "Serve the API", serve),
		configured(env, config.Worker, "Carry out workflows", carryOut),
		configured(env, config.Migrate, "Bring the database to the current schema and reference data", migrate),
		configured(env, config.Demo, "Take the demo cases and cohorts through the API", runDemo),
		grantCommand(env), retention(env), reconcileCommand(env), rebuildCommand(env), policyCommand(env),
		historiesCommand(env), replayCommand(env), verifyCommand(), deadlineCommand(), ledgerCommand(env),
		keygen(), issuerKey(), ledgerKey(), healthcheck(),
	)
	root.AddCommand(hiding(env)...)
	return root
}

// configured is a subcommand that reads its settings from the one table.
func configured(env Env, name, short string, run func(context.Context, config.Config, *slog.Logger) error) *cobra.Command {
	c := &cobra.Command{Use: name, Short: short, Long: short + ".\n\n" + config.Help(name), Args: cobra.NoArgs}
	config.AddFlags(name, c.Flags())
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(name, cmd.Flags(), env)
		if err != nil {
			return err
		}
		l := NewLogger(cmd.ErrOrStderr(), cfg.Log)
		for _, name := range config.Unknown(os.Environ()) {
			l.WarnContext(cmd.Context(), "no command reads this variable: is it misspelt?", "variable", name)
		}
		return run(cmd.Context(), cfg, l)
	}
	return c
}

// temporalOf returns where the engine is, and the keys of what it keeps.
func temporalOf(c config.Config) (Temporal, error) {
	master, err := masterKey(c)
	if err != nil {
		return Temporal{}, err
	}
	tls, err := c.Temporal.TLS.ClientConfig()
	return Temporal{
		Address: c.Temporal.Address, Namespace: c.Temporal.Namespace, Queue: c.Temporal.TaskQueue, TLS: tls,
		Payloads: payload.New(master.Payloads()),
	}, err
}

func masterKey(c config.Config) (*vault.Master, error) {
	master, err := vault.Load(c.MasterKeyFile)
	if err != nil {
		return nil, fmt.Errorf("master key (make one with `koko keygen FILE`): %w", err)
	}
	return master, nil
}

func serve(ctx context.Context, c config.Config, l *slog.Logger) error {
	master, err := masterKey(c)
	if err != nil {
		return err
	}
	certifier, err := issuer(c)
	if err != nil {
		return err
	}
	ledger, err := signingKeys(c)
	if err != nil {
		return err
	}
	peers, err := witness.LoadPeers(c.Witnesses.File)
	if err != nil {
		return err
	}
	table, err := interventions(c.InterventionsFile)
	if err != nil {
		return err
	}
	engine, err := temporalOf(c)
	if err != nil {
		return err
	}
	pool, err := db.Open(ctx, c.Database.URL.Reveal(), db.RoleAPI, int(c.Database.PoolSize))
	if err != nil {
		return err
	}
	defer pool.Close()
	metrics := api.NewMetrics(pool, refused)
	handler, done, err := NewAPI(APIOptions{
		Temporal: engine, Pool: pool, Vault: master, Certifier: certifier, LedgerKeys: ledger, Witnesses: peers,
		Interventions: table, WorkdayEnds: c.WorkdayEnds, Rungs: c.Rungs, Metrics: metrics, Log: l,
		Pace: api.Pace{Caller: c.Pace.Caller, Address: c.Pace.Address, Costly: c.Pace.Costly, Proxies: c.Listen.Proxies},
		Login: auth.Options{
			Issuer: c.OIDC.Issuer, Discovery: c.OIDC.DiscoveryURL, ClientID: c.OIDC.ClientID, ClientSecret: c.OIDC.ClientSecret.Reveal(),
			Audience: c.OIDC.Audience, PublicURL: c.Listen.PublicURL.String(),
		},
	})
	if err != nil {
		return err
	}
	defer done()
	go forgetSessions(ctx, db.NewSessionStore(pool, sessionIdle), l)
	return listenAndServe(ctx, c.ShutdownTimeout, c.Listen.Connections, l, map[string]http.Handler{
		c.Listen.Addr: handler, c.Listen.MetricsAddr: metricsOf(metrics.Handler()),
	})
}

// interventions reads the table from forms of work to escalation stages, the default without a file.
func interventions(file string) (work.Interventions, error) {
	if file == "" {
		return work.DefaultInterventions(), nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("table of interventions: %w", err)
	}
	var table work.Interventions
	if err := json.Unmarshal(b, &table); err != nil {
		return nil, fmt.Errorf("table of interventions %s: %w", file, err)
	}
	if err := table.Check(); err != nil {
		return nil, fmt.Errorf("table of interventions %s: %w", file, err)
	}
	return table, nil
}

func metricsOf(h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", h)
	return mux
}

// listenAndServe serves each handler on its address, over so many connections at a time, until ctx ends or one of them
// fails.
func listenAndServe(ctx context.Context, grace time.Duration, connections int, l *slog.Logger, handlers map[string]http.Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(handlers))
	for addr, h := range handlers {
		listener, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("listen on %s: %w", addr, err)
		}
		l.Info("listening", "addr", listener.Addr().String())
		go func() { ended <- Serve(ctx, netutil.LimitListener(listener, connections), h, grace) }()
	}
	var errs []error
	for range handlers {
		errs = append(errs, <-ended)
		cancel()
	}
	return errors.Join(errs...)
}

// forgetSessions deletes expired sessions now and then, until ctx ends.
func forgetSessions(ctx context.Context, s *db.SessionStore, l *slog.Logger) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if _, err := s.DeleteExpired(ctx); err != nil && ctx.Err() == nil {
			l.WarnContext(ctx, "forget sessions", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// workerConnections are more than watch a worker.
const workerConnections = 64

func carryOut(ctx context.Context, c config.Config, l *slog.Logger) error {
	ledger, err := signingKeys(c)
	if err != nil {
		return err
	}
	peers, err := witness.LoadPeers(c.Witnesses.File)
	if err != nil {
		return err
	}
	engine, err := temporalOf(c)
	if err != nil {
		return err
	}
	pool, err := db.Open(ctx, c.Database.URL.Reveal(), db.RoleWorker, int(c.Database.PoolSize))
	if err != nil {
		return err
	}
	defer pool.Close()
	w, err := StartWorker(ctx, WorkerOptions{
		Temporal: engine, Pool: pool, LedgerKeys: ledger, Witnesses: peers, WitnessCA: c.Witnesses.CA, Log: l,
	})
	if err != nil {
		return err
	}
	defer w.Stop()
	return listenAndServe(ctx, c.ShutdownTimeout, workerConnections, l, map[string]http.Handler{
		c.Listen.WorkerAddr: api.WorkerHealth(w.Ready, api.NewMetrics(pool, refused).Handler(), l),
	})
}

func migrate(ctx context.Context, c config.Config, l *slog.Logger) error {
	passwords := map[string]string{}
	for role, p := range map[string]config.Secret{db.RoleAPI: c.Database.APIPassword, db.RoleWorker: c.Database.WorkerPassword} {
		if p.IsSet() {
			passwords[role] = p.Reveal()
		}
	}
	if err := db.Migrate(ctx, c.Database.URL.Reveal(), passwords); err != nil {
		return err
	}
	l.InfoContext(ctx, "the database is up to date")
	return nil
}

func runDemo(ctx context.Context, c config.Config, _ *slog.Logger) error {
	token, err := demo.TokensFile(c.Demo.TokensFile)
	if err != nil {
		return err
	}
	return demo.Run(ctx, demo.Options{URL: c.Demo.APIURL.String(), Token: token, Progress: os.Stderr})
}

// grantCommand gives a role by the database's owner: the first administrators come from here, the
// rest from them.
func grantCommand(env Env) *cobra.Command {
	var subject, role string
	var area []string
	c := configured(env, config.Grant, "Give somebody a role, such as the first administrator", nil)
	c.Flags().StringVar(&subject, "subject", "", "who: the subject at the OpenID provider")
	c.Flags().StringVar(&role, "role", string(policies.Admin), "the role")
	c.Flags().StringSliceVar(&area, "ags", nil, "keys of the municipalities, separated by commas")
	for _, f := range []string{"subject", "ags"} {
		if err := c.MarkFlagRequired(f); err != nil {
			panic(err)
		}
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(config.Grant, cmd.Flags(), env)
		if err != nil {
			return err
		}
		if !slices.Contains(policies.Roles(), policies.Role(role)) {
			return fmt.Errorf("there is no role %q: give one of %v", role, policies.Roles())
		}
		var keys ags.Area
		for _, k := range area {
			keys = append(keys, ags.Key(k))
		}
		policy, err := policies.Load()
		if err != nil {
			return err
		}
		var apart []string
		for _, r := range policy.ApartFrom(policies.Role(role)) {
			apart = append(apart, string(r))
		}
		id, err := db.GiveGrant(cmd.Context(), cfg.Database.URL.Reveal(), db.AddGrantParams{
			ID: uuid.NewString(), Subject: subject, Role: role, Area: keys.Merge(nil), ValidFrom: time.Now(), GivenBy: file.System,
		}, apart...)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "grant %s: %s is %s in %d municipalities\n", id, subject, role, len(keys))
		return err
	}
	return c
}

func keygen() *cobra.Command {
	return &cobra.Command{
		Use: "keygen FILE", Short: "Make the master key, unless FILE is there already", Args: cobra.ExactArgs(1),
		Long: "Make the master key that wraps the keys of all documents, and from which those of the engine's payloads follow.\n" +
			"Keep a copy apart from the database's backups: without it nothing can be read, and with both anybody can read all.",
		RunE: func(cmd *cobra.Command, args []string) error {
			_, created, err := vault.CreateIfMissing(args[0])
			if err != nil {
				return err
			}
			says := "the key was there already: " + args[0]
			if created {
				says = "new master key: " + args[0]
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), says)
			return err
		},
	}
}

func healthcheck() *cobra.Command {
	return &cobra.Command{
		Use: "healthcheck URL", Short: "Ask whether a process is healthy", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), 5*time.Second)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				return err
			}
			defer func() { _ = answer.Body.Close() }()
			if answer.StatusCode != http.StatusOK {
				return fmt.Errorf("%s: %s", args[0], answer.Status)
			}
			return nil
		},
	}
}
