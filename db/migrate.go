package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"koko/db/reference"
	"koko/domain/file"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the database at url, which its login owns, to the current schema and reference
// data. Two at once wait for each other. passwords, by role, become those of the product's roles.
func Migrate(ctx context.Context, url string, passwords map[string]string) error {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("database address: %w", err)
	}
	if err := schema(ctx, cfg); err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := saveReference(ctx, On(tx)); err != nil {
			return err
		}
		return setPasswords(ctx, tx, passwords)
	})
}

func schema(ctx context.Context, cfg *pgx.ConnConfig) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	sessions, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	pool := stdlib.OpenDB(*cfg)
	defer func() { _ = pool.Close() }()
	g, err := goose.NewProvider(goose.DialectPostgres, pool, files, goose.WithSessionLocker(sessions))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := g.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func saveReference(ctx context.Context, q *Queries) error {
	for _, r := range reference.Regions() {
		if err := q.SaveRegion(ctx, SaveRegionParams{AGS: r.AGS, Name: r.Name, Fictional: r.Fictional}); err != nil {
			return fmt.Errorf("region %s: %w", r.AGS, err)
		}
	}
	for _, d := range reference.Districts() {
		err := q.SaveDistrict(ctx, SaveDistrictParams{
			AGS: d.AGS, RegionAGS: d.Region, Name: d.Name, Kind: string(d.Kind), Seat: d.Seat, Fictional: d.Fictional,
		})
		if err != nil {
			return fmt.Errorf("district %s: %w", d.AGS, err)
		}
	}
	for _, m := range reference.Municipalities() {
		err := q.SaveMunicipality(ctx, SaveMunicipalityParams{
			AGS: m.AGS, DistrictAGS: m.District, Name: m.Name, OfficialName: m.OfficialName, Type: m.Type,
			Population: int32(m.Population), Fictional: m.Fictional,
		})
		if err != nil {
			return fmt.Errorf("municipality %s: %w", m.AGS, err)
		}
	}
	for _, c := range reference.IntegrationCentres() {
		err := q.SaveIntegrationCentre(ctx, SaveIntegrationCentreParams{
			CarrierAGS: c.Carrier, Name: c.Name, Area: c.Area(), Fictional: c.Fictional,
		})
		if err != nil {
			return fmt.Errorf("integration centre %s: %w", c.Carrier, err)
		}
	}
	for _, c := range reference.Curricula() {
		_, err := q.AddCurriculum(ctx, AddCurriculumParams{ID: c.ID, Version: int32(c.Version), Content: c, PublishedBy: file.System})
		if err != nil {
			return fmt.Errorf("curriculum %s %d: %w", c.ID, c.Version, err)
		}
	}
	return nil
}

// setPasswords lets format() quote: a role's password cannot be a parameter.
func setPasswords(ctx context.Context, tx pgx.Tx, passwords map[string]string) error {
	for role, password := range passwords {
		var set string
		if err := tx.QueryRow(ctx, "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)", role, password).Scan(&set); err != nil {
			return fmt.Errorf("password of %s: %w", role, err)
		}
		if _, err := tx.Exec(ctx, set); err != nil {
			return fmt.Errorf("password of %s: refused", role) // the cause would quote the statement
		}
	}
	return nil
}
