package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"koko/db"
	"koko/domain/strict"
	"koko/internal/config"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/ledgercheck"
	"koko/internal/evidence/logbook"
	"koko/internal/evidence/verify"
	"koko/internal/evidence/witness"
	"koko/internal/keyfile"
)

// signingKeys is the file of the keys that sign checkpoints. A process finds out at its start that it cannot read it.
func signingKeys(c config.Config) (keyfile.File, error) {
	file := logbook.KeyFile(c.LedgerKeyFile)
	if _, err := logbook.LoadKeys(file); err != nil {
		return file, fmt.Errorf("keys of the ledger (make them with `koko ledger-key FILE --name NAME`): %w", err)
	}
	return file, nil
}

// published is what others need to verify what an instance signs.
type published struct {
	Origin string `json:"origin"`
	verify.PublishedKeys
}

func ledgerKey() *cobra.Command {
	var name string
	var rotate, public bool
	c := &cobra.Command{
		Use: "ledger-key FILE", Short: "Make the keys that sign checkpoints of the ledger, unless FILE is there already", Args: cobra.ExactArgs(1),
		Long: "Make the keys that sign checkpoints of the ledger and cosign those of others. The name is that of the\n" +
			"instance for ever, and no other instance may have it. Keep a copy: whoever has the file can sign a\n" +
			"ledger that was rewritten, and without it nobody can sign one.",
		RunE: func(cmd *cobra.Command, args []string) error {
			w, file := cmd.OutOrStdout(), logbook.KeyFile(args[0])
			if err := sameName(file, name); err != nil {
				return err
			}
			switch {
			case rotate:
				return rotateLedgerKey(w, file, time.Now())
			case public:
				return publishLedgerKey(w, file)
			}
			return createLedgerKey(w, file, name, time.Now())
		},
	}
	c.Flags().StringVar(&name, "name", "", "name of the instance, such as koko.aachen.example/ledger; required for new keys")
	c.Flags().BoolVar(&rotate, "rotate", false, "sign with a new key from now on; what the others signed goes on counting")
	c.Flags().BoolVar(&public, "public", false, "print what others need to verify, as JSON")
	c.MarkFlagsMutuallyExclusive("rotate", "public")
	return c
}

// sameName refuses the name of one instance for the keys of another.
func sameName(file keyfile.File, name string) error {
	keys, err := logbook.LoadKeys(file)
	if err == nil && name != "" && name != keys.Active().Name {
		return fmt.Errorf("the keys in %s are those of %s, not of %s: an instance keeps its name", file.Path, keys.Active().Name, name)
	}
	return nil // whatever else is wrong with the file, reading it says
}

func createLedgerKey(w io.Writer, file keyfile.File, name string, at time.Time) error {
	keys, created, err := keyfile.LoadOrCreate(file, func() ([]byte, error) {
		if name == "" {
			return nil, errors.New("new keys need the name of the instance: --name koko.aachen.example/ledger")
		}
		return ledger.GenerateKeys(name, at)
	}, ledger.ParseKeys)
	if err != nil {
		return err
	}
	says := "the keys were there already"
	if created {
		says = "new keys"
	}
	_, err = fmt.Fprintf(w, "%s: %s\nsigning: %s\n", says, file.Path, keys.Active().Verifier())
	return err
}

func rotateLedgerKey(w io.Writer, file keyfile.File, at time.Time) error {
	before, err := logbook.LoadKeys(file)
	if err != nil {
		return err
	}
	if err := file.Update(func(content []byte) ([]byte, error) { return ledger.RotateKeys(content, at) }); err != nil {
		return err
	}
	after, err := logbook.LoadKeys(file)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "signing: %s\nretired: %s\nNow copy %s to a safe place, and give the new keys (--public) to everybody who has the old ones.\n",
		after.Active().Verifier(), before.Active().Verifier(), file.Path)
	return err
}

func publishLedgerKey(w io.Writer, file keyfile.File) error {
	keys, err := logbook.LoadKeys(file)
	if err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(publishedOf(keys))
}

func publishedOf(keys *ledger.Keys) published {
	return published{keys.Active().Name, verify.PublishedKeys{Keys: keys.Public(), Witnesses: keys.PublicWitness()}}
}

func ledgerCommand(env Env) *cobra.Command {
	c := &cobra.Command{
		Use: "ledger", Short: "Check the ledger", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(ledgerCheck(env))
	return c
}

// ledgerCheck computes the ledger again from the rows, by the database's owner.
func ledgerCheck(env Env) *cobra.Command {
	var lang string
	var kept, former []string
	var asJSON bool
	c := configured(env, config.LedgerCheck, "Compute the ledger again from the rows of the audit, and name every difference", nil)
	c.Use = "check"
	c.Flags().StringVar(&lang, "lang", "de", "language of the report: de or en")
	c.Flags().StringArrayVar(&kept, "since-checkpoint", nil, "file of a checkpoint that was kept outside: the ledger must continue it (more than once: all of them)")
	c.Flags().StringArrayVar(&former, "keys", nil, "file of other keys that signed checkpoints, such as those of a former name (more than once: all of them)")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(config.LedgerCheck, cmd.Flags(), env)
		if err != nil {
			return err
		}
		if lang != "de" && lang != "en" {
			return fmt.Errorf("--lang must be de or en, not %q", lang)
		}
		o, err := checkOptions(append(former, cfg.LedgerKeyFile), cfg.Witnesses.File, kept)
		if err != nil {
			return err
		}
		r, err := checkLedger(cmd.Context(), cfg.Database.URL.Reveal(), o)
		if err != nil {
			return err
		}
		if err := printCheck(cmd.OutOrStdout(), r, lang, asJSON); err != nil || r.Clean() {
			return err
		}
		return fmt.Errorf("%d differences", r.Differences())
	}
	return c
}

// checkOptions reads what the check knows without the database.
func checkOptions(keyFiles []string, witnesses string, kept []string) (o ledgercheck.Options, err error) {
	for _, file := range keyFiles {
		own, err := publishedKeys(file)
		if err != nil {
			return o, err
		}
		o.Keys = append(o.Keys, own.Keys...)
	}
	peers, err := witness.LoadPeers(witnesses)
	if err != nil {
		return o, err
	}
	for _, p := range peers {
		o.Witnesses = append(o.Witnesses, p.Ledger.WitnessKeys...)
	}
	for _, file := range kept {
		note, err := os.ReadFile(file)
		if err != nil {
			return o, fmt.Errorf("kept checkpoint: %w", err)
		}
		o.Kept = append(o.Kept, note)
	}
	return o, nil
}

// publishedKeys reads what is public of a key file, or what --public printed of one.
func publishedKeys(path string) (p published, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return p, fmt.Errorf("keys of a ledger: %w", err)
	}
	if err := strict.Unmarshal(content, &p); err == nil && p.Origin != "" && len(p.Keys) > 0 {
		return p, nil
	}
	keys, err := logbook.LoadKeys(logbook.KeyFile(path))
	if err != nil {
		return p, fmt.Errorf("neither keys of a ledger nor what is published of them: %w", err)
	}
	return publishedOf(keys), nil
}

// checkLedger checks, and records that it did.
func checkLedger(ctx context.Context, url string, o ledgercheck.Options) (r *ledgercheck.Report, err error) {
	if err := db.WithinLedger(ctx, url, func(q *db.Queries) (err error) {
		r, err = ledgercheck.Check(ctx, q, o)
		return err
	}); err != nil {
		return nil, err
	}
	if err := db.NoteLedgerCheck(ctx, url, int64(r.Size), r.Differences()); err != nil {
		slog.WarnContext(ctx, "the check is not in the status of the ledger", "err", err) // such as on a copy that cannot be written to
	}
	return r, nil
}

func printCheck(w io.Writer, r *ledgercheck.Report, lang string, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	sum, vouched, verdict := "%d Einträge im Protokoll, %d warten; neu berechnet: %s\n", "%d Prüfpunkte stimmen, bis Eintrag %d; %d Mitzeichnungen; %d gekürzte Ketten\n",
		map[bool]string{true: "Keine Abweichung.", false: fmt.Sprintf("%d Abweichungen.", r.Differences())}
	inner := "inneres Protokoll: %d Einträge, %d warten; an %d Tagen festgehalten, belegt bis Eintrag %d\n"
	if lang == "en" {
		inner = "inner log: %d entries, %d wait; committed to on %d days, vouched for up to entry %d\n"
		sum, vouched, verdict = "%d entries in the log, %d wait; computed again: %s\n", "%d checkpoints hold, up to entry %d; %d cosignatures; %d chains with a cut\n",
			map[bool]string{true: "No difference.", false: fmt.Sprintf("%d differences.", r.Differences())}
	}
	var rows []string
	for _, table := range slices.Sorted(maps.Keys(r.Entries)) {
		rows = append(rows, fmt.Sprintf("%s %d", table, r.Entries[table]))
	}
	var b strings.Builder
	fmt.Fprintf(&b, sum, r.Size, r.Waiting, strings.Join(rows, ", "))
	fmt.Fprintf(&b, inner, r.Inner.Size, r.Inner.Waiting, r.Inner.Days, r.Inner.Proven)
	fmt.Fprintf(&b, vouched, r.Checkpoints, r.Proven, r.Cosignatures, r.Cut)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s: %s", f.Where, f.Words(lang))
		if f.Detail != "" {
			fmt.Fprintf(&b, " (%s)", f.Detail)
		}
		b.WriteString("\n")
	}
	b.WriteString(verdict[r.Clean()] + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}
