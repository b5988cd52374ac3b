package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/schema/sqlite"
	"go.temporal.io/server/tools/common/schema"
	"google.golang.org/protobuf/types/known/durationpb"

	"koko/internal/postgres"
)

// prepareStores makes databases, schemas and namespace ready for the server. It
// only adds what is missing, and can be killed and repeated at any point.
func prepareStores(ctx context.Context, o TemporalOptions) error {
	if err := o.Postgres.CreateDatabases(ctx, databaseTemporal, databaseVisibility); err != nil {
		return err
	}
	for database, name := range map[string]string{
		databaseTemporal:   "postgresql/v12/temporal",
		databaseVisibility: "postgresql/v12/visibility",
	} {
		if err := applySchema(ctx, o.Postgres, database, name); err != nil {
			return fmt.Errorf("schema of the database %s: %w", database, err)
		}
	}
	return createNamespace(o)
}

// applySchema brings a database to the version of the server that we link. It
// does so in one transaction: Temporal's own way, statement by statement, cannot
// go on from everywhere it can be killed, and takes several times as long.
func applySchema(ctx context.Context, pg *postgres.Server, database, name string) error {
	conn, err := pgx.Connect(ctx, pg.URL(postgres.Superuser, database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		return migrate(schemaTx{ctx: ctx, tx: tx, database: database}, name)
	})
}

func migrate(db schemaTx, name string) error {
	if err := db.CreateSchemaVersionTables(); err != nil {
		return err
	}
	quiet := log.NewNoopLogger()
	_, err := db.ReadSchemaVersion()
	if errors.Is(err, pgx.ErrNoRows) {
		err = schema.NewSetupSchemaTask(db, &schema.SetupConfig{InitialVersion: "0.0"}, quiet).Run()
	}
	if err != nil {
		return err
	}
	return schema.NewUpdateSchemaTask(db, &schema.UpdateConfig{SchemaName: name}, quiet).Run()
}

// schemaTx lets Temporal's schema tools work in one transaction.
type schemaTx struct {
	ctx      context.Context //nolint:containedctx // the interface has no room for it
	tx       pgx.Tx
	database string
}

var _ schema.DB = schemaTx{}

// Exec runs a statement. Building an index concurrently spares other sessions,
// which do not exist yet, and is impossible in a transaction.
func (s schemaTx) Exec(stmt string, args ...any) error {
	stmt = strings.Replace(stmt, "INDEX CONCURRENTLY", "INDEX", 1)
	_, err := s.tx.Exec(s.ctx, stmt, append([]any{pgx.QueryExecModeExec}, args...)...)
	return err
}

func (s schemaTx) CreateSchemaVersionTables() error {
	for _, stmt := range []string{
		`CREATE TABLE IF NOT EXISTS schema_version (
			version_partition      int NOT NULL,
			db_name                varchar(255) NOT NULL,
			creation_time          timestamp,
			curr_version           varchar(64),
			min_compatible_version varchar(64),
			PRIMARY KEY (version_partition, db_name))`,
		`CREATE TABLE IF NOT EXISTS schema_update_history (
			version_partition int NOT NULL,
			year              int NOT NULL,
			month             int NOT NULL,
			update_time       timestamp NOT NULL,
			description       varchar(255),
			manifest_md5      varchar(64),
			new_version       varchar(64),
			old_version       varchar(64),
			PRIMARY KEY (version_partition, year, month, update_time))`,
	} {
		if err := s.Exec(stmt); err != nil {
			return err
		}
	}
	return nil
}

func (s schemaTx) ReadSchemaVersion() (version string, err error) {
	err = s.tx.QueryRow(s.ctx, `SELECT curr_version FROM schema_version WHERE version_partition = 0 AND db_name = $1`,
		s.database).Scan(&version)
	return version, err
}

func (s schemaTx) UpdateSchemaVersion(version, minCompatible string) error {
	return s.Exec(`INSERT INTO schema_version (version_partition, db_name, creation_time, curr_version, min_compatible_version)
		VALUES (0, $1, $2, $3, $4)
		ON CONFLICT (version_partition, db_name) DO UPDATE SET creation_time = excluded.creation_time,
			curr_version = excluded.curr_version, min_compatible_version = excluded.min_compatible_version`,
		s.database, time.Now().UTC(), version, minCompatible)
}

func (s schemaTx) WriteSchemaUpdateLog(before, after, md5, description string) error {
	now := time.Now().UTC()
	return s.Exec(`INSERT INTO schema_update_history
		(version_partition, year, month, update_time, old_version, new_version, manifest_md5, description)
		VALUES (0, $1, $2, $3, $4, $5, $6, $7)`,
		now.Year(), int(now.Month()), now, before, after, md5, description)
}

// DropAllTables is for a mode of the tools that we do not use.
func (s schemaTx) DropAllTables() error { return errors.ErrUnsupported }

// Close does nothing: the transaction is ended by whoever began it.
func (s schemaTx) Close() {}

// Type is the tools' name for a store like ours.
func (s schemaTx) Type() string { return "sql" }

// createNamespace writes the namespace into the store, unless it is there. The
// package is named after another database but goes through the same plugins;
// through the API it would take the running server seconds to notice.
func createNamespace(o TemporalOptions) error {
	ns, err := sqlite.NewNamespaceConfig(clusterName, Namespace, false, nil)
	if err != nil {
		return fmt.Errorf("namespace %s: %w", Namespace, err)
	}
	ns.Detail.Config.Retention = durationpb.New(o.Retention)
	if err := sqlite.CreateNamespaces(storeConfig(o.Postgres, databaseTemporal, 1), ns); err != nil {
		return fmt.Errorf("namespace %s: %w", Namespace, err)
	}
	return nil
}

// awaitNamespace waits until the server answers for the namespace, and corrects
// the retention of one that was created with another.
func awaitNamespace(ctx context.Context, t *Temporal, retention time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	known, err := t.Client().ClientConfig()
	if err != nil {
		return err
	}
	c, err := client.NewNamespaceClient(client.Options{
		HostPort:          t.Address(),
		ConnectionOptions: client.ConnectionOptions{TLS: known},
		Logger:            sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	if err != nil {
		return fmt.Errorf("connect to the Temporal server: %w", err)
	}
	defer c.Close()
	ns, err := describe(ctx, c, t)
	if err != nil {
		return err
	}
	if ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration() == retention {
		return nil
	}
	if err := c.Update(ctx, &workflowservice.UpdateNamespaceRequest{
		Namespace: Namespace,
		Config:    &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(retention)},
	}); err != nil {
		return fmt.Errorf("retention of the namespace %s: %w", Namespace, err)
	}
	return nil
}

func describe(ctx context.Context, c client.NamespaceClient, t *Temporal) (*workflowservice.DescribeNamespaceResponse, error) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ns, err := c.Describe(ctx, Namespace)
		if err == nil {
			return ns, nil
		}
		select {
		case <-t.Done():
			return nil, fmt.Errorf("the Temporal server failed: %w", t.Err())
		case <-ctx.Done():
			return nil, fmt.Errorf("the Temporal server does not answer (%w): %w", err, context.Cause(ctx))
		case <-tick.C:
		}
	}
}
