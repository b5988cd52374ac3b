package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"koko/internal/dbtest"
)

// TestARowBeyondALimitIsRefused: the record keeps to the limits of the API, whoever writes into it.
func TestARowBeyondALimitIsRefused(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	const (
		grant    = "INSERT INTO role_grant (id, subject, role, area, valid_from, given_by) VALUES ($1, $2, $3, $4, now(), 'root')"
		absence  = "INSERT INTO absence (id, person, area, valid_from, valid_until, last_until, entered_by) VALUES ($1, $2, $3, now(), now(), now(), 'root')"
		instead  = "INSERT INTO substitution (id, person, substitute, roles, area, valid_from, valid_until, last_until, entered_by) VALUES ($1, 'u-1', $2, $3, $4, now(), now(), now(), 'root')"
		document = `WITH k AS (INSERT INTO data_key (file_id, compartment, ags, wrapped) VALUES ($1, 'case', '05999001', '\x00') RETURNING file_id)
			INSERT INTO document (id, file_id, ags, action, compartment, author, digest, sealed, tokens)
			SELECT gen_random_uuid(), file_id, '05999001', 'add_note', 'case', 'u-1', '', decode(repeat('00', $2), 'hex'), array_fill(1::bigint, ARRAY[$3::integer]) FROM k`
	)
	area := []string{"05999001"}
	many := make([]string, 397)
	for i := range many {
		many[i] = area[0]
	}
	id := func(args ...any) []any { return append([]any{uuid.NewString()}, args...) }
	for name, row := range map[string]struct {
		sql      string
		args     []any
		violates string
	}{
		"a grant is one":                      {grant, id("u-1", "mediator", area), ""},
		"a grant to a name":                   {grant, id("Erika Mustermann", "mediator", area), "role_grant_subject_check"},
		"a grant of a role that can be none":  {grant, id("u-1", "Super Admin", area), "role_grant_role_check"},
		"a grant for no municipality":         {grant, id("u-1", "mediator", []string{}), "role_grant_area_check"},
		"a grant for too many":                {grant, id("u-1", "mediator", many), "role_grant_area_check"},
		"a grant for what is no municipality": {grant, id("u-1", "mediator", []string{"05999001", "NRW"}), "role_grant_area_check"},
		"a grant for an unknown one":          {grant, id("u-1", "mediator", []*string{&area[0], nil}), "role_grant_area_check"},
		"an absence is one":                   {absence, id("u-1", area), ""},
		"an absence of a name":                {absence, id("Erika Mustermann", area), "absence_person_check"},
		"an absence from nowhere":             {absence, id("u-1", []string{"x"}), "absence_area_check"},
		"a substitution is one":               {instead, id("u-2", []string{"mediator"}, area), ""},
		"a substitution by a name":            {instead, id("Erika Mustermann", []string{"mediator"}, area), "substitution_check"},
		"a substitution in no role":           {instead, id("u-2", []string{"Boss"}, area), "substitution_roles_check"},
		"a substitution in no place":          {instead, id("u-2", []string{"mediator"}, many), "substitution_area_check"},
		"a document is one":                   {document, id(1000, 50_000), ""},
		"a document with too many words":      {document, id(1000, 50_001), "document_tokens_check"},
		"a document that nobody could send":   {document, id(13_000_001, 1), "document_sealed_check"},
		"a curriculum that nobody would read": {"INSERT INTO curriculum (id, version, content, published_by) VALUES ($1, 1, jsonb_build_object('id', $1::text, 'version', 1, 'x', repeat('a', 1000000)), 'u-1')", []any{"long"}, "curriculum_content_check"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := r.Owner.Exec(ctx, row.sql, row.args...)
			if row.violates == "" {
				require.NoError(t, err)
				return
			}
			var refused *pgconn.PgError
			require.True(t, errors.As(err, &refused), "%v", err)
			require.Equal(t, row.violates, refused.ConstraintName)
		})
	}
}
