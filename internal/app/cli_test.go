package app

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/file"
	"koko/domain/work"
	"koko/internal/dbtest"
	"koko/kinds"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// koko runs the command as a process would, with an environment of its own.
func koko(t *testing.T, env map[string]string, args ...string) (out string, err error) {
	t.Helper()
	c := Command(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	var b bytes.Buffer
	c.SetOut(&b)
	c.SetErr(&b)
	c.SetArgs(args)
	err = c.ExecuteContext(t.Context())
	return b.String(), err
}

func TestEverySubcommandHasHelp(t *testing.T) {
	for _, name := range []string{"serve", "worker", "migrate", "demo", "grant", "retention", "policy", "verify", "keygen", "issuer-key", "ledger-key", "ledger", "healthcheck"} {
		out, err := koko(t, nil, name, "--help")
		require.NoError(t, err)
		require.Contains(t, out, "koko "+name)
	}
}

func TestACommandNamesEverythingThatIsMissing(t *testing.T) {
	_, err := koko(t, nil, "serve")
	require.Error(t, err)
	for _, name := range []string{"KOKO_PUBLIC_URL", "KOKO_DATABASE_URL", "KOKO_TEMPORAL_ADDRESS", "KOKO_OIDC_ISSUER", "KOKO_MASTER_KEY_FILE", "KOKO_ISSUER_KEY_FILE", "KOKO_ISSUER_NAME", "KOKO_LEDGER_KEY_FILE"} {
		require.Contains(t, err.Error(), name)
	}
}

func TestAMisspeltVariableIsNamedAndItsValueIsNot(t *testing.T) {
	t.Setenv("KOKO_DATABASE_URI", "postgres://u:secret@nowhere/koko")
	out, err := koko(t, map[string]string{"KOKO_DATABASE_URL": dbtest.New(t).URL("koko")}, "migrate")
	require.NoError(t, err)
	require.Contains(t, out, "KOKO_DATABASE_URI")
	require.NotContains(t, out, "secret")
}

func TestAnUnknownArgumentIsRefused(t *testing.T) {
	_, err := koko(t, nil, "serve", "everything")
	require.Error(t, err)
	_, err = koko(t, nil, "dance")
	require.ErrorContains(t, err, "dance")
}

func TestMigrateAndGrantPrepareADatabase(t *testing.T) {
	r := dbtest.New(t)
	env := map[string]string{"KOKO_DATABASE_URL": r.URL("koko"), "KOKO_LOG_LEVEL": "error"}
	_, err := koko(t, env, "migrate")
	require.NoError(t, err, "a migrated database is migrated again")

	out, err := koko(t, env, "grant", "--subject", "s-1", "--ags", "05999001,05999002")
	require.NoError(t, err)
	require.Contains(t, out, "s-1 is admin in 2 municipalities")
	_, err = koko(t, env, "grant", "--subject", "s-1", "--ags", "05999999")
	require.ErrorContains(t, err, "05999999")
	_, err = koko(t, env, "grant", "--subject", "s-1", "--role", "king", "--ags", "05999001")
	require.ErrorContains(t, err, "king")

	conn, err := pgx.Connect(context.Background(), r.URL("koko"))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	var grants, entries int
	require.NoError(t, conn.QueryRow(context.Background(),
		"SELECT (SELECT count(*) FROM role_grant), (SELECT count(*) FROM access_log WHERE kind = 'grant' AND actor = $1)",
		file.System).Scan(&grants, &entries))
	require.Equal(t, 1, grants)
	require.Equal(t, 2, entries, "one entry for each municipality")
}

func TestKeygenNeverReplacesAKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	out, err := koko(t, nil, "keygen", file)
	require.NoError(t, err)
	require.Contains(t, out, "new master key")
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	out, err = koko(t, nil, "keygen", file)
	require.NoError(t, err)
	require.Contains(t, out, "already")
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func TestHealthcheckTellsHealthyFromSick(t *testing.T) {
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer s.Close()
	_, err := koko(t, nil, "healthcheck", s.URL)
	require.NoError(t, err)
	status = http.StatusServiceUnavailable
	_, err = koko(t, nil, "healthcheck", s.URL)
	require.ErrorContains(t, err, "503")
}

func TestTheTableOfInterventionsIsConfiguration(t *testing.T) {
	table, err := interventions("")
	require.NoError(t, err)
	require.Equal(t, work.DefaultInterventions(), table)

	write := func(text string) string {
		file := filepath.Join(t.TempDir(), "table.json")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	_, err = interventions(write("[]"))
	require.ErrorContains(t, err, "missing")
	_, err = interventions(write("{"))
	require.Error(t, err)
	_, err = interventions(filepath.Join(t.TempDir(), "nowhere"))
	require.Error(t, err)
}

func TestServeFinishesWhatIsUnderWay(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	began, finish := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			close(began)
			<-finish
			w.WriteHeader(http.StatusTeapot)
		}), time.Minute)
	}()
	answered := make(chan int, 1)
	go func() {
		r, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			answered <- 0
			return
		}
		_ = r.Body.Close()
		answered <- r.StatusCode
	}()
	<-began
	stop()
	close(finish)
	require.Equal(t, http.StatusTeapot, <-answered)
	require.NoError(t, <-ended)
}

func TestOpenRefusesARoleThatSeesEverything(t *testing.T) {
	_, err := db.Open(t.Context(), dbtest.New(t).URL("koko"), "koko", 2)
	require.ErrorContains(t, err, "bypass")
}

func TestRebuildKnowsTheKindsOfTheList(t *testing.T) {
	out, err := koko(t, nil, "rebuild", "--help")
	require.NoError(t, err)
	for _, k := range kinds.All() {
		require.Contains(t, out, string(k.Kind))
	}
	_, err = koko(t, nil, "rebuild", "3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11", "--kind", "unheard_of")
	require.ErrorContains(t, err, `--kind "unheard_of"`)
}
