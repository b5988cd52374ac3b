package app

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"koko/db"
	"koko/domain/calendar"
	"koko/internal/config"
)

// decisionDays is how long counts of decisions are kept: longer than anybody drafts a policy.
const decisionDays = 90

// retention deletes what has been kept long enough, by the database's owner: nobody can through the API.
func retention(env Env) *cobra.Command {
	var by, reason string
	c := configured(env, config.Retention, "Delete entries of the access log, and counts of decisions, that were kept long enough", nil)
	c.Flags().StringVar(&by, "by", "", "who signs for it: a subject at the OpenID provider, or the name of a job")
	c.Flags().StringVar(&reason, "reason", "aufbewahrungsfrist", "why; it stands in the log for good")
	if err := c.MarkFlagRequired("by"); err != nil {
		panic(err)
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(config.Retention, cmd.Flags(), env)
		if err != nil {
			return err
		}
		now := time.Now()
		d, err := db.Retain(cmd.Context(), cfg.Database.URL.Reveal(), db.Retention{
			AccessLog: now.AddDate(0, 0, -cfg.AccessLogDays), Decisions: calendar.DayOf(now) - decisionDays, By: by, Reason: reason,
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "access log: %d entries older than %d days deleted from %d chains\ndecisions: %d counts older than %d days deleted\n",
			d.Entries, cfg.AccessLogDays, d.Chains, d.Decisions, decisionDays)
		return err
	}
	return c
}
