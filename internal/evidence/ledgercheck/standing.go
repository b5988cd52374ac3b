package ledgercheck

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"koko/db"
	"koko/internal/evidence/logbook"
)

const (
	// slack is how far clocks may differ, and how long a transaction may take.
	slack = time.Hour
	// overdue is how long an entry waits for its number at most: checkpoints come every ten minutes, the inner log is
	// committed to once a day, and a worker may be away for a weekend.
	overdue = 4 * 24 * time.Hour
	// MinimumRetention is for how long every entry of the access log is kept at least; the setting allows no less.
	MinimumRetention = 30 * 24 * time.Hour
)

// standing compares the rows that decide with what is on record of them, and that with how and when KoKo changes them.
func (c *check) standing(ctx context.Context) error {
	for _, d := range db.Decisives {
		has, _, err := c.q.HasLedgerTable(ctx, d.Table)
		if err != nil {
			return err
		}
		if !has {
			c.report.add(Missing, d.Table, "")
			continue
		}
		rows, err := c.q.ListDisagreeing(ctx, d, most+1)
		if err != nil {
			return err
		}
		for _, r := range rows {
			where := d.Table + " " + r.Key
			switch {
			case r.Row == nil:
				c.report.add(Missing, where, "")
			case r.State == nil:
				c.report.add(Unlogged, where, "")
			default:
				c.report.add(Changed, where, strings.Join(differing(decoded(r.Row), decoded(r.State)), ", "))
			}
		}
	}
	var last db.StoredState
	return c.q.EachRowState(ctx, func(s db.StoredState) {
		i := slices.IndexFunc(db.Decisives, func(d db.Decisive) bool { return d.Table == s.Table })
		where := fmt.Sprintf("%s %s/%s/%d", logbook.States, s.Table, s.Key, s.Number)
		if i < 0 {
			c.report.add(UnknownTable, where, "")
			return
		}
		if last.Table != s.Table || last.Key != s.Key {
			last = db.StoredState{Table: s.Table, Key: s.Key}
		}
		if detail := unusual(db.Decisives[i], last, s); detail != "" {
			c.report.add(Altered, where, detail)
		}
		if detail := c.untimely(db.Decisives[i], s); detail != "" {
			c.report.add(Untimely, where, detail)
		}
		last = s
	})
}

func decoded(raw []byte) (v map[string]any) {
	_ = json.Unmarshal(raw, &v) // PostgreSQL wrote it
	return v
}

// differing are the columns in which two contents differ.
func differing(a, b map[string]any) (columns []string) {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		if fmt.Sprint(a[k]) != fmt.Sprint(b[k]) {
			columns = append(columns, k)
		}
	}
	return columns
}

// unusual says why a state does not follow the one before.
func unusual(d db.Decisive, last, s db.StoredState) string {
	if s.Number != last.Number+1 {
		return fmt.Sprintf("%d after %d", s.Number, last.Number)
	}
	if last.Number == 0 {
		return ""
	}
	if last.Content[d.Ends] != nil {
		return d.Ends + " was set"
	}
	if d.Loses != "" && s.Content[d.Loses] != nil {
		return d.Loses
	}
	others := slices.DeleteFunc(differing(last.Content, s.Content), func(k string) bool { return slices.Contains(d.Changes, k) })
	return strings.Join(others, ", ")
}

// untimely says why a state was not written when it says.
func (c *check) untimely(d db.Decisive, s db.StoredState) string {
	of := c.main
	if s.Log == c.inner.name {
		of = c.inner
	}
	if s.Index >= 0 {
		if after := of.after(s.Index); s.At.Before(after.Add(-slack)) {
			return fmt.Sprintf("%s, after a checkpoint of %s", stamp(s.At), stamp(after))
		}
	}
	if d.When == "" || s.Number > 1 {
		return ""
	}
	text, _ := s.Content[d.When].(string)
	if said, err := time.Parse(time.RFC3339Nano, text); err != nil || said.Before(s.At.Add(-slack)) {
		return fmt.Sprintf("%s %s, written at %s", d.When, text, stamp(s.At))
	}
	return ""
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// waiting names what waits for its number although its log was signed since, or although nothing was ever signed: it was
// taken out of the log, or the log away from it.
func (c *check) waiting(ctx context.Context) error {
	last, err := c.q.LastWritten(ctx)
	if err != nil {
		return err
	}
	for _, l := range []*log{c.main, c.inner} {
		before := last.Add(-overdue)
		if len(l.times) > 0 {
			before = slices.MaxFunc(l.times, func(a, b moment) int { return a.at.Compare(b.at) }).at.Add(-slack)
		}
		late, err := c.q.ListLate(ctx, l.name, before)
		if err != nil {
			return err
		}
		for _, r := range late {
			c.report.add(Late, r.Table+" "+r.Key, "since "+stamp(r.Since))
		}
	}
	return nil
}

// cuts names those that took away what was to be kept.
func (c *check) cuts(ctx context.Context) error {
	cuts, err := c.q.ListAllCuts(ctx)
	for _, cut := range cuts {
		of := c.main
		if cut.Log == c.inner.name {
			of = c.inner
		}
		where := fmt.Sprintf("%s %s/%d", logbook.AccessLog, cut.Chain, cut.Seq)
		if cut.Index < 0 {
			c.report.add(Cut, where, "the entry never came into the log")
			continue
		}
		logged := of.after(cut.Index)
		if logged.IsZero() {
			logged = of.by(cut.Index)
		}
		if at := cut.At; !logged.IsZero() && (at.Sub(logged) < MinimumRetention-2*24*time.Hour || at.After(c.Now.Add(slack))) {
			c.report.add(Cut, where, fmt.Sprintf("cut on %s, logged after %s", stamp(at), stamp(logged)))
		}
	}
	return err
}

// schema names what in the schema is not as KoKo made it: functions, policies, rights and triggers decide, too.
func (c *check) schema(ctx context.Context) error {
	differ, err := c.q.SchemaDifferences(ctx)
	for _, d := range differ {
		c.report.add(Schema, d, "")
	}
	return err
}

// reference names what is not in the reference data of this build: which municipalities there are, and who serves them.
func (c *check) reference(ctx context.Context) error {
	other, missing, err := c.q.ListOtherReference(ctx)
	for _, where := range other {
		c.report.add(Changed, where, "")
	}
	for _, where := range missing {
		c.report.add(Missing, where, "")
	}
	return err
}

// kept opens what is kept of the engine's runs.
func (c *check) kept(ctx context.Context) error {
	return c.q.EachKeptRun(ctx, func(key, sum string, data []byte) {
		h := sha256.New()
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err == nil {
			_, err = io.Copy(h, z)
		}
		if err != nil || hex.EncodeToString(h.Sum(nil)) != sum {
			c.report.add(Content, logbook.Histories+" "+key, "")
		}
	})
}

// unsigned names rights and erasures of which the access log does not say who is behind them.
func (c *check) unsigned(ctx context.Context) error {
	rows, err := c.q.ListUnsigned(ctx, c.Now.Add(-MinimumRetention+slack))
	for _, u := range rows {
		c.report.add(Unsigned, u.Table+" "+u.Key, "")
	}
	return err
}
