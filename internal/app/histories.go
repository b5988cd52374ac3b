package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"koko/activities"
	"koko/db"
	"koko/internal/config"
	"koko/internal/engine"
)

func historiesCommand(env Env) *cobra.Command {
	c := &cobra.Command{
		Use: "histories", Short: "Look after the histories of runs", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(keepHistories(env))
	return c
}

// keepHistories keeps at once what the schedule would have kept within the hour, and what it has missed.
func keepHistories(env Env) *cobra.Command {
	c := configured(env, config.KeepHistories, "Keep the histories of all runs that have ended and are not kept yet", nil)
	c.Use = "keep"
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(config.KeepHistories, cmd.Flags(), env)
		if err != nil {
			return err
		}
		l := NewLogger(cmd.ErrOrStderr(), cfg.Log)
		return withEngine(cmd.Context(), cfg, l, func(e engine.Engine, pool *pgxpool.Pool) error {
			all, err := keepAll(cmd.Context(), &activities.Histories{Pool: pool, Engine: e})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d runs have ended: %d kept now, %d kept before, %d lost, %d no runs of a file\n",
				all.Listed, all.Kept, all.Listed-all.Kept-all.Lost-all.Unfit, all.Lost, all.Unfit)
			return err
		})
	}
	return c
}

func keepAll(ctx context.Context, h *activities.Histories) (all activities.KeptPage, err error) {
	for {
		p, err := h.KeepHistories(ctx, activities.ClosedPage{Token: all.Next})
		if err != nil {
			return all, err
		}
		all.Listed, all.Kept, all.Lost, all.Unfit, all.Next = all.Listed+p.Listed, all.Kept+p.Kept, all.Lost+p.Lost, all.Unfit+p.Unfit, p.Next
		if len(all.Next) == 0 {
			return all, nil
		}
	}
}

// withEngine has do work with the engine, and with the record as the workers do.
func withEngine(ctx context.Context, c config.Config, l *slog.Logger, do func(engine.Engine, *pgxpool.Pool) error) error {
	t, err := temporalOf(c)
	if err != nil {
		return err
	}
	conn, err := t.dial("koko", l)
	if err != nil {
		return err
	}
	defer conn.Close()
	e := t.engine(conn)
	if err := e.Ready(ctx); err != nil {
		return err
	}
	pool, err := db.Open(ctx, c.Database.URL.Reveal(), db.RoleWorker, int(c.Database.PoolSize))
	if err != nil {
		return err
	}
	defer pool.Close()
	return do(e, pool)
}
