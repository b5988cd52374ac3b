package devstack

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"koko/internal/postgres"
)

// runTemporal brings up a server on a PostgreSQL of its own and waits to be killed.
func runTemporal() error {
	ctx := context.Background()
	pg, err := postgres.Start(ctx, postgres.Options{Dir: os.Getenv("DIR")})
	if err != nil {
		return err
	}
	fmt.Println(pg.URL(postgres.Superuser, "postgres"))
	if _, err := StartTemporal(ctx, TemporalOptions{Postgres: pg, Certificates: filepath.Join(os.Getenv("DIR"), "engine")}); err != nil {
		return err
	}
	select {}
}

func TestTemporalKeepsItsState(t *testing.T) {
	t.Parallel()
	pg := startPostgres(t, t.TempDir())
	require.NoError(t, pg.CreateDatabases(t.Context(), databaseTemporal), "killed between its creation and its schema")

	server := startTemporal(t, TemporalOptions{Postgres: pg})
	require.Equal(t, 365*24*time.Hour, retentionOf(t, server))
	c := dial(t, server)
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "case-1", TaskQueue: "nobody"}, "Case")
	require.NoError(t, err)
	require.NoError(t, server.Stop(t.Context()))

	server = startTemporal(t, TemporalOptions{Postgres: pg, Retention: 48 * time.Hour})
	require.Equal(t, 48*time.Hour, retentionOf(t, server), "of the namespace that exists already")
	got, err := dial(t, server).DescribeWorkflowExecution(t.Context(), "case-1", "")
	require.NoError(t, err)
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, got.GetWorkflowExecutionInfo().GetStatus())
	require.GreaterOrEqual(t, len(listeners(t)), 4, "the services of the server")
	require.NoError(t, server.Stop(t.Context()))
}

func TestTemporalsSchemaIsTheServersOwn(t *testing.T) {
	t.Parallel()
	pg := startPostgres(t, t.TempDir())
	require.NoError(t, prepareStores(t.Context(), TemporalOptions{Postgres: pg}))
	require.NoError(t, prepareStores(t.Context(), TemporalOptions{Postgres: pg}), "a second time nothing is left to do")

	for database, want := range map[string]string{databaseTemporal: "1.19", databaseVisibility: "1.14"} {
		conn, err := pgx.Connect(t.Context(), pg.URL(postgres.Superuser, database))
		require.NoError(t, err)
		version, err := schemaVersion(t.Context(), conn, database)
		require.NoError(t, err)
		require.Equal(t, want, version, database)
		require.NoError(t, conn.Close(t.Context()))
	}
}

func TestASchemaKilledHalfwayIsRepeated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), role+"=temporal", "DIR="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	t.Cleanup(func() { _ = child.Process.Kill(); _ = child.Wait() })
	url, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)

	conn, err := pgx.Connect(t.Context(), strings.TrimSpace(url))
	require.NoError(t, err)
	for halfway := false; !halfway; {
		// A transaction that has created something is one that has a number.
		err := conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
			WHERE datname IN ($1, $2) AND backend_xid IS NOT NULL)`, databaseTemporal, databaseVisibility).Scan(&halfway)
		require.NoError(t, err)
	}
	require.NoError(t, child.Process.Signal(syscall.SIGKILL))
	require.Error(t, child.Wait())

	pg := startPostgres(t, dir)
	server := startTemporal(t, TemporalOptions{Postgres: pg})
	require.NoError(t, server.Stop(t.Context()))
}

func TestABusyPortIsAnError(t *testing.T) {
	t.Parallel()
	pg := startPostgres(t, t.TempDir())
	busy, err := net.Listen("tcp", loopback+":0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = busy.Close() })
	port := busy.Addr().(*net.TCPAddr).Port

	folder := filepath.Join(t.TempDir(), "engine")
	_, err = StartTemporal(t.Context(), TemporalOptions{Postgres: pg, Port: port, Certificates: folder})
	require.ErrorContains(t, err, busy.Addr().String()+" is already in use")

	ports, err := freePorts(0)
	require.NoError(t, err)
	ports.matching = port // taken between our choice and its use
	certs, err := certify(folder, time.Now())
	require.NoError(t, err)
	_, err = startServer(TemporalOptions{Postgres: pg}, certs, ports)
	require.ErrorIs(t, err, syscall.EADDRINUSE, "where the server itself would have ended this process")
}

func startPostgres(t *testing.T, dir string) *postgres.Server {
	t.Helper()
	pg, err := postgres.Start(t.Context(), postgres.Options{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { _ = pg.Stop() })
	return pg
}

func startTemporal(t *testing.T, o TemporalOptions) *Temporal {
	t.Helper()
	if o.Certificates == "" {
		o.Certificates = filepath.Join(t.TempDir(), "engine")
	}
	server, err := StartTemporal(t.Context(), o)
	require.NoError(t, err)
	return server
}

func dial(t *testing.T, server *Temporal) client.Client {
	t.Helper()
	c, err := client.Dial(client.Options{HostPort: server.Address(), Namespace: Namespace, ConnectionOptions: known(t, server)})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// known are the options of a client that the server knows.
func known(t *testing.T, server *Temporal) client.ConnectionOptions {
	t.Helper()
	c, err := server.Client().ClientConfig()
	require.NoError(t, err)
	return client.ConnectionOptions{TLS: c}
}

func retentionOf(t *testing.T, server *Temporal) time.Duration {
	t.Helper()
	c, err := client.NewNamespaceClient(client.Options{HostPort: server.Address(), ConnectionOptions: known(t, server)})
	require.NoError(t, err)
	defer c.Close()
	ns, err := c.Describe(t.Context(), Namespace)
	require.NoError(t, err)
	return ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
}

func schemaVersion(ctx context.Context, conn *pgx.Conn, database string) (version string, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		version, err = schemaTx{ctx: ctx, tx: tx, database: database}.ReadSchemaVersion()
		return err
	})
	return version, err
}

// listeners are the ports on which this process listens, each on loopback.
func listeners(t *testing.T) (ports []int) {
	t.Helper()
	ours := map[string]bool{}
	fds, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(t, err)
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil {
			ours[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
		}
	}
	const local, state, inode, listening = 1, 3, 9, "0A"
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		raw, err := os.ReadFile(table)
		require.NoError(t, err)
		for line := range strings.Lines(string(raw)) {
			if f := strings.Fields(line); len(f) > inode && f[state] == listening && ours[f[inode]] {
				require.Regexp(t, "^0100007F:", f[local], "a listener on another address than "+loopback)
				_, port, _ := strings.Cut(f[local], ":")
				n, err := strconv.ParseUint(port, 16, 16)
				require.NoError(t, err)
				ports = append(ports, int(n))
			}
		}
	}
	return ports
}
