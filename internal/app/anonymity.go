package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/config"
	"koko/kinds"
)

// fewest is how many files have to hide among each other: among fewer, one can be guessed.
const fewest = 5

// districtDigits are those of a municipality's key that name its district.
const districtDigits = 5

// hiding are commands about the kinds whose files hide among each other, under the names of their lists.
func hiding(env Env) (all []*cobra.Command) {
	for _, k := range kinds.All() {
		if !k.Hides() {
			continue
		}
		c := &cobra.Command{
			Use: k.Plural, Short: "Look after what is confidential in every " + k.Label.EN, Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		}
		c.AddCommand(anonymity(env, k))
		all = append(all, c)
	}
	return all
}

// anonymity tells among how many files one hides, for the data protection officer. It names no file.
func anonymity(env Env, k *file.Definition) *cobra.Command {
	c := configured(env, config.Anonymity, "Tell, for each area, among how many files a "+k.Label.EN+" hides", nil)
	c.Use = "anonymity"
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(config.Anonymity, cmd.Flags(), env)
		if err != nil {
			return err
		}
		crowds, err := crowdsOf(cmd.Context(), cfg.Database.URL.Reveal(), k)
		if err != nil {
			return err
		}
		return printCrowds(cmd.OutOrStdout(), crowds)
	}
	return c
}

// A crowd is the files that are under way in an area.
type crowd struct {
	area        string // a district, or a municipality
	underWay    int
	unannounced int // those of them that hide among each other
}

func crowdsOf(ctx context.Context, url string, k *file.Definition) ([]crowd, error) {
	pool, err := db.Open(ctx, url, db.RoleWorker, 1)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	rows, err := db.On(pool).ListOpenStates(ctx, k.Kind)
	if err != nil {
		return nil, fmt.Errorf("read the files: %w", err)
	}
	by := map[string]crowd{}
	for _, r := range rows {
		s, err := k.Decode(r.State)
		if err != nil {
			return nil, fmt.Errorf("a state cannot be read: %w", err)
		}
		underWay, unannounced := k.Covert(s)
		if !underWay {
			continue
		}
		for _, area := range areasOf(r.AGS) {
			c := by[area]
			c.area, c.underWay = area, c.underWay+1
			if unannounced {
				c.unannounced++
			}
			by[area] = c
		}
	}
	return slices.SortedFunc(maps.Values(by), func(a, b crowd) int { return cmp.Compare(a.area, b.area) }), nil
}

func areasOf(k ags.Key) []string { return []string{string(k)[:districtDigits], string(k)} }

func printCrowds(w io.Writer, crowds []crowd) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	lines := "area\tunder way\tunannounced\t\n"
	for _, c := range crowds {
		unannounced, warning := strconv.Itoa(c.unannounced), ""
		if c.unannounced < fewest { // the number itself would tell of a single file what it hides, and when that changed
			unannounced = fmt.Sprintf("<%d", fewest)
			warning = fmt.Sprintf("warning: fewer than %d hide among each other", fewest)
		}
		lines += fmt.Sprintf("%s\t%d\t%s\t%s\n", c.area, c.underWay, unannounced, warning)
	}
	if _, err := io.WriteString(t, lines); err != nil {
		return err
	}
	return t.Flush()
}
