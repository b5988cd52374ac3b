package app

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/file"
	"koko/internal/config"
	"koko/policies"
)

func policyCommand(env Env) *cobra.Command {
	c := &cobra.Command{
		Use: "policy", Short: "Work on the policy", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(show(), rehearse(env))
	return c
}

// show prints the policy of this build, of which a draft begins as a copy.
func show() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Print the policy of this build: the rows of the house, and those of each kind of file", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), policies.Text())
			return err
		},
	}
}

// rehearse asks a draft of the policy what was decided lately, by the database's owner.
func rehearse(env Env) *cobra.Command {
	var days int
	var allowFlips, asJSON bool
	c := configured(env, config.Rehearse, "Ask a draft of the policy what was decided lately, and list what it would decide otherwise", nil)
	c.Use, c.Args = "rehearse FILE", cobra.ExactArgs(1)
	c.Flags().IntVar(&days, "days", 30, "how many days back")
	c.Flags().BoolVar(&allowFlips, "allow-flips", false, "end with 0 even if something would be decided otherwise")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := config.Load(config.Rehearse, cmd.Flags(), env)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(args[0])
		if err != nil {
			return fmt.Errorf("draft of the policy: %w", err)
		}
		draft, err := policies.LoadFrom(string(text))
		if err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		if days < 1 || days > decisionDays {
			return fmt.Errorf("--days must be from 1 to %d: decisions are not kept longer", decisionDays)
		}
		rows, err := db.Decisions(cmd.Context(), cfg.Database.URL.Reveal(), calendar.DayOf(time.Now())-calendar.Day(days))
		if err != nil {
			return err
		}
		r := newRehearsal(draft, rows, days)
		if err := r.print(cmd.OutOrStdout(), asJSON); err != nil || allowFlips || len(r.Flips) == 0 {
			return err
		}
		return fmt.Errorf("%d of %d decisions would flip", r.Flipped, r.Decisions)
	}
	return c
}

// A rehearsal is what a draft would have decided otherwise.
type rehearsal struct {
	Days      int             `json:"days"`
	Decisions int64           `json:"decisions"`
	Flipped   int64           `json:"flipped"`
	Flips     []policies.Flip `json:"flips"`
}

func newRehearsal(draft *policies.Policy, rows []db.DecisionLog, days int) rehearsal {
	r := rehearsal{Days: days, Flips: []policies.Flip{}}
	var logged []policies.Logged
	for _, row := range rows {
		r.Decisions += row.Count
		logged = append(logged, policies.Logged{
			Question: policies.Question{
				Act: row.Act, AGS: ags.Key(row.AGS), Roles: each[policies.Role](row.Roles), Offered: each[policies.Role](row.Offered),
				Relations: each[file.Relation](row.Relations),
			},
			Day: row.Day, Subject: row.Subject, Allowed: row.Allowed, Role: policies.Role(row.Role), Rule: row.Rule, Count: row.Count,
		})
	}
	r.Flips = append(r.Flips, draft.Rehearse(logged)...)
	for _, f := range r.Flips {
		r.Flipped += f.Count
	}
	return r
}

func each[T ~string](words []string) []T {
	var all []T
	for _, w := range words {
		all = append(all, T(w))
	}
	return all
}

func (r rehearsal) print(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	if _, err := fmt.Fprintf(w, "%d decisions in %d days, %d would flip\n", r.Decisions, r.Days, r.Flipped); err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, f := range r.Flips {
		if i == 0 || f.Allowed != r.Flips[i-1].Allowed {
			fmt.Fprintf(t, "\n%s\n", map[bool]string{false: "allowed -> refused", true: "refused -> allowed"}[f.Allowed])
			fmt.Fprintln(t, "role\taction\trelations\tdecisions\tpeople\tplaces\tdays\twas\twould be")
		}
		relations := "-"
		if len(f.Relations) > 0 {
			relations = strings.Join(f.Relations, "|")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\n", f.Role, f.Act, relations, f.Count, f.People, f.Places, daysOf(f), f.Was, f.Would)
	}
	return t.Flush()
}

func daysOf(f policies.Flip) string {
	first, last := calendar.DayOf(f.First), calendar.DayOf(f.Last)
	if first == last {
		return first.String()
	}
	return first.String() + " to " + last.String()
}
