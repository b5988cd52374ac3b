package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/user"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"koko/activities"
	"koko/db"
	"koko/domain/file"
	"koko/internal/config"
	"koko/internal/engine"
	"koko/internal/evidence/reconcile"
	"koko/internal/story"
	"koko/kinds"
)

func reconciler(e engine.Engine, queue string, pool *pgxpool.Pool) *reconcile.Reconciler {
	return &reconcile.Reconciler{Pool: pool, Engine: engine.Files{Engine: e, Queue: queue}}
}

// withReconciler runs do with the record and the engine that a command was told of.
func withReconciler(cmd *cobra.Command, env Env, name string, do func(context.Context, *reconcile.Reconciler) error) error {
	cfg, err := config.Load(name, cmd.Flags(), env)
	if err != nil {
		return err
	}
	t, err := temporalOf(cfg)
	if err != nil {
		return err
	}
	pool, err := db.Open(cmd.Context(), cfg.Database.URL.Reveal(), db.RoleWorker, int(cfg.Database.PoolSize))
	if err != nil {
		return err
	}
	defer pool.Close()
	c, err := t.dial("koko-"+name, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer c.Close()
	return do(cmd.Context(), reconciler(t.engine(c), t.Queue, pool))
}

func language(flag string) (story.Lang, error) {
	if l := story.Lang(flag); l == story.German || l == story.English {
		return l, nil
	}
	return "", fmt.Errorf("--lang %q: give de or en", flag)
}

// account returns who runs a command, for the record.
func account() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return "cli:" + u.Username
	}
	return "cli"
}

// reconcileCommand compares at once what is compared every night.
func reconcileCommand(env Env) *cobra.Command {
	var s activities.ReconcileScope
	var lang string
	c := configured(env, config.Reconcile, "Compare histories, records and audit, and tell what differs", nil)
	c.Flags().BoolVar(&s.All, "all", false, "compare every closed file, too, and not only some of them")
	c.Flags().StringVar(&s.File, "file", "", "compare the file with this id alone")
	c.Flags().StringVar(&lang, "lang", "de", "the language of what is found: de or en")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		l, err := language(lang)
		if err != nil {
			return err
		}
		return withReconciler(cmd, env, config.Reconcile, func(ctx context.Context, r *reconcile.Reconciler) error {
			began := time.Now()
			s.ID, s.By = uuid.NewString(), account()
			done, err := r.Run(ctx, s)
			if err != nil {
				return err
			}
			if err := printFound(ctx, cmd.OutOrStdout(), r.Pool, s.ID, l); err != nil {
				return err
			}
			total := reconcile.Words{DE: "%d Akten abgeglichen in %s, %d Abweichungen\n", EN: "%d files compared in %s, %d differences\n"}
			took := time.Since(began).Round(time.Millisecond)
			if _, err := fmt.Fprintf(cmd.OutOrStdout(), total.In(l), done.Files, took, done.Differences); err != nil {
				return err
			}
			if done.Differences > 0 {
				return errors.New(reconcile.Words{DE: "es gibt Abweichungen", EN: "there are differences"}.In(l))
			}
			return nil
		})
	}
	return c
}

func printFound(ctx context.Context, w io.Writer, pool *pgxpool.Pool, run string, l story.Lang) error {
	rows, err := db.On(pool).ListFound(ctx, run)
	if err != nil {
		return fmt.Errorf("read what was found: %w", err)
	}
	for _, row := range rows {
		d, span, err := reconcile.Found(row)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, reconcile.Tell(d, span, l).Text(l)); err != nil {
			return err
		}
	}
	return nil
}

// rebuildCommand restores what the record and the audit ought to have of one file from its history.
func rebuildCommand(env Env) *cobra.Command {
	var kind, by, lang string
	var apply bool
	var names []string
	for _, k := range kinds.All() {
		names = append(names, string(k.Kind))
	}
	c := configured(env, config.Rebuild, "Restore record and audit of one file from its history", nil)
	c.Use, c.Args = "rebuild FILE", cobra.ExactArgs(1)
	c.Flags().StringVar(&kind, "kind", names[0], "what the file is: "+strings.Join(names, ", "))
	c.Flags().BoolVar(&apply, "apply", false, "do it; without, only say what would be done")
	c.Flags().StringVar(&by, "by", "", "who signs for it: a subject at the OpenID provider")
	c.Flags().StringVar(&lang, "lang", "de", "the language of what is told: de or en")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		l, err := language(lang)
		if err != nil {
			return err
		}
		if apply && by == "" {
			return errors.New("--apply needs --by: who signs for it")
		}
		k, ok := kinds.Of(file.Kind(kind))
		if !ok {
			return fmt.Errorf("--kind %q: give one of %s", kind, strings.Join(names, ", "))
		}
		return withReconciler(cmd, env, config.Rebuild, func(ctx context.Context, r *reconcile.Reconciler) error {
			plan, err := r.Rebuild(ctx, k, args[0], apply, by)
			if err == nil {
				_, err = io.WriteString(cmd.OutOrStdout(), plan.Text(l))
			}
			return err
		})
	}
	return c
}
