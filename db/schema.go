package db

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// madeSchema is the schema that the migrations make: an object in each line, with the SHA-256 of what it is. The test
// TestTheSchemaIsWhatTheMigrationsMake writes it.
//
//go:embed schema.txt
var madeSchema string

// ErrSchema says that the schema of the database is not the one that KoKo made.
var ErrSchema = errors.New("the schema of the database is not the one that KoKo made")

// schemaObjects lists all that decides how rows are read and written, by name: tables and views with their row security,
// columns, constraints, unique indexes, triggers, policies, functions, rights, and KoKo's roles. An owner is "owner" if it
// is that of the table of files, so that it may be called anything; rights that an owner has by itself are left out.
// What PostgreSQL prints of expressions differs between its versions in white space, parentheses and the names that it
// makes up: they are compared without.
//
//go:embed schema.sql
var schemaObjects string

// plain leaves out of a definition what differs between versions of PostgreSQL.
var plain = strings.NewReplacer(" ", "", "\n", "", "\t", "", "(", "", ")", "")

// ListSchema returns the objects of the schema, each with the SHA-256 of what it is.
func (q *Queries) ListSchema(ctx context.Context) (map[string]string, error) {
	rows, err := q.db.Query(ctx, schemaObjects)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	objects := map[string]string{}
	var name, is string
	_, err = pgx.ForEachRow(rows, []any{&name, &is}, func() error {
		sum := sha256.Sum256([]byte(plain.Replace(is)))
		objects[name] += hex.EncodeToString(sum[:])
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	return objects, nil
}

// MadeSchema are the objects that the migrations make.
func MadeSchema() map[string]string {
	made := map[string]string{}
	for line := range strings.Lines(madeSchema) {
		if name, sum, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			made[name] = sum
		}
	}
	return made
}

// SchemaDifferences names each object of the schema that is not as the migrations make it, and what is wrong with it.
func (q *Queries) SchemaDifferences(ctx context.Context) ([]string, error) {
	is, err := q.ListSchema(ctx)
	if err != nil {
		return nil, err
	}
	made := MadeSchema()
	var all []string
	for _, name := range slices.Sorted(maps.Keys(made)) {
		switch sum, there := is[name]; {
		case !there:
			all = append(all, name+" is missing")
		case sum != made[name]:
			all = append(all, name+" was changed")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if _, known := made[name]; !known {
			all = append(all, name+" is not KoKo's")
		}
	}
	return all, nil
}

// CheckSchema returns ErrSchema, in one sentence that names what differs, unless the schema is the one that KoKo made.
func (q *Queries) CheckSchema(ctx context.Context) error {
	all, err := q.SchemaDifferences(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	more := ""
	if len(all) > 3 {
		more = fmt.Sprintf(" and %d more", len(all)-3)
	}
	return fmt.Errorf("%w: %s%s; run `koko migrate` of this version, or find out who changed it and restore the database",
		ErrSchema, strings.Join(all[:min(3, len(all))], ", "), more)
}

// schemaEvery is how often a process looks at the schema while it runs.
const schemaEvery = 5 * time.Minute

// A SchemaWatch looks at the schema now and then.
type SchemaWatch struct {
	q    *Queries
	mu   sync.Mutex
	last time.Time
	err  error
}

// WatchSchema returns a watch that has not looked yet.
func WatchSchema(pool *pgxpool.Pool) *SchemaWatch { return &SchemaWatch{q: On(pool)} }

// Check is CheckSchema, or what it said at most five minutes ago. What could not be read is asked again.
func (w *SchemaWatch) Check(ctx context.Context, now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.last.IsZero() && now.Sub(w.last) < schemaEvery {
		return w.err
	}
	err := w.q.CheckSchema(ctx)
	if err != nil && !errors.Is(err, ErrSchema) {
		return err
	}
	w.last, w.err = now, err
	return err
}
