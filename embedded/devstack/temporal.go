package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"syscall"
	"time"

	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	serverconfig "go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/membership/static"
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql" // the store
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"

	"koko/internal/config"
	"koko/internal/postgres"
)

// Namespace is the Temporal namespace that KoKo works in.
const Namespace = "koko"

// The databases that Temporal keeps its state in.
const (
	databaseTemporal   = "temporal"
	databaseVisibility = "temporal_visibility"
)

// loopback is the only address that anything of Temporal listens on.
const loopback = "127.0.0.1"

// TemporalOptions says where the server keeps its state and what it offers.
type TemporalOptions struct {
	// Postgres holds the state, in databases that are created if necessary.
	Postgres *postgres.Server
	// Certificates is the folder of those by which the server and its clients know
	// each other, which are made if they are not there. Whoever can read it is a client.
	Certificates string
	// Retention is how long the history of a closed workflow is kept; 365 days
	// if it is zero. It applies to a namespace that exists already, too.
	Retention time.Duration
	// Port is where clients connect; any free one if it is zero.
	Port int
	// Log receives errors, one JSON object per line; nothing is logged if it is nil.
	Log io.Writer
}

// Temporal is a server that runs in this process.
type Temporal struct {
	server  temporal.Server
	address string
	certs   certificates
	fatal   *fatal
}

// StartTemporal brings the schema up to date, starts the server on loopback
// ports and returns once it serves the namespace. What the server itself would
// end the process for comes back as an error.
func StartTemporal(ctx context.Context, o TemporalOptions) (*Temporal, error) {
	if o.Retention == 0 {
		o.Retention = 365 * 24 * time.Hour
	}
	if err := prepareStores(ctx, o); err != nil {
		return nil, err
	}
	certs, err := certify(o.Certificates, time.Now())
	if err != nil {
		return nil, err
	}
	t, err := startOnFreePorts(o, certs)
	if err != nil {
		return nil, fmt.Errorf("start the Temporal server: %w", err)
	}
	if err := awaitNamespace(ctx, t, o.Retention); err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return nil, errors.Join(err, t.Stop(stopCtx))
	}
	return t, nil
}

// startOnFreePorts tries again when somebody takes one of the ports between our
// choice and the server's use of it, unless the port was not ours to choose.
func startOnFreePorts(o TemporalOptions, certs certificates) (*Temporal, error) {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		ports, err := freePorts(o.Port)
		if err != nil {
			return nil, err
		}
		t, err := startServer(o, certs, ports)
		if err == nil {
			return t, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || attempt == attempts {
			return nil, err
		}
	}
}

// servicePorts are the gRPC ports of the server's four services.
type servicePorts struct{ frontend, history, matching, worker int }

func (p servicePorts) byService() map[primitives.ServiceName]int {
	return map[primitives.ServiceName]int{
		primitives.FrontendService: p.frontend,
		primitives.HistoryService:  p.history,
		primitives.MatchingService: p.matching,
		primitives.WorkerService:   p.worker,
	}
}

// freePorts holds all ports at once before it lets go of them, so that they differ.
func freePorts(frontend int) (p servicePorts, err error) {
	for _, port := range []struct {
		to   *int
		want int
	}{{&p.frontend, frontend}, {&p.history, 0}, {&p.matching, 0}, {&p.worker, 0}} {
		l, err := net.Listen("tcp", hostPort(port.want))
		if errors.Is(err, syscall.EADDRINUSE) {
			return p, fmt.Errorf("the address %s is already in use: %w", hostPort(port.want), err)
		}
		if err != nil {
			return p, err
		}
		defer func() { _ = l.Close() }()
		*port.to = l.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}

func hostPort(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// startServer assembles and starts the server on a goroutine of its own, which a
// fatal error of the server ends without ending the process.
func startServer(o TemporalOptions, certs certificates, ports servicePorts) (*Temporal, error) {
	t := &Temporal{address: hostPort(ports.frontend), certs: certs, fatal: newFatal()}
	result := make(chan error, 1)
	go func() {
		err := errors.New("the server gave up")
		defer func() {
			// A constructor that is cut short by a fatal error panics on its way out.
			if p := recover(); p != nil && t.fatal.err() == nil {
				panic(p)
			}
			if cause := t.fatal.err(); cause != nil {
				err = cause
			}
			result <- err
		}()
		err = t.assembleAndStart(o, ports)
	}()
	if err := <-result; err != nil {
		t.abandon()
		return nil, err
	}
	return t, nil
}

func (t *Temporal) assembleAndStart(o TemporalOptions, ports servicePorts) (err error) {
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, port := range ports.byService() {
		hosts[name] = static.SingleLocalHost(hostPort(port))
	}
	logger := newLogger(o.Log, t.fatal)
	c := serverConfig(o.Postgres, ports)
	claims, err := authorization.GetClaimMapperFromConfig(&c.Global.Authorization, logger)
	if err != nil {
		return err
	}
	t.server, err = temporal.NewServer(
		temporal.WithConfig(c),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger),
		temporal.WithDynamicConfigClient(dynamicConfig()),
		temporal.WithTLSConfigFactory(t.certs.provider()),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()), // whoever has a certificate is KoKo
		temporal.WithClaimMapper(func(*serverconfig.Config) authorization.ClaimMapper { return claims }),
	)
	if err != nil {
		return err
	}
	return t.server.Start()
}

// abandon stops what has started of a server that did not come up. It is not
// waited for, because the parts that failed may not answer.
func (t *Temporal) abandon() {
	if t.server != nil {
		go func() { _ = t.server.Stop() }()
	}
}

const clusterName = "active"

// serverConfig is the server's configuration file, written in Go.
func serverConfig(pg *postgres.Server, ports servicePorts) *serverconfig.Config {
	c := &serverconfig.Config{}
	c.Global.Membership = serverconfig.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: loopback}
	c.Persistence = serverconfig.Persistence{
		DefaultStore:     databaseTemporal,
		VisibilityStore:  databaseVisibility,
		NumHistoryShards: 4, // one process gains nothing from more
		DataStores: map[string]serverconfig.DataStore{
			databaseTemporal:   {SQL: storeConfig(pg, databaseTemporal, 20)},
			databaseVisibility: {SQL: storeConfig(pg, databaseVisibility, 10)},
		},
	}
	c.ClusterMetadata = &cluster.Config{
		FailoverVersionIncrement: 10,
		MasterClusterName:        clusterName,
		CurrentClusterName:       clusterName,
		ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
			Enabled: true, InitialFailoverVersion: 1, RPCAddress: hostPort(ports.frontend),
		}},
	}
	c.DCRedirectionPolicy.Policy = "noop"
	c.Archival.History.State, c.Archival.Visibility.State = "disabled", "disabled"
	c.NamespaceDefaults.Archival.History.State, c.NamespaceDefaults.Archival.Visibility.State = "disabled", "disabled"
	c.PublicClient.HostPort = hostPort(ports.frontend)
	c.Services = map[string]serverconfig.Service{}
	for name, port := range ports.byService() {
		c.Services[string(name)] = serverconfig.Service{RPC: serverconfig.RPC{GRPCPort: port, BindOnIP: loopback}}
	}
	return c
}

// storeConfig connects to a database through the unix socket. The address only
// keeps the URL that Temporal builds well-formed: the attributes win.
func storeConfig(pg *postgres.Server, database string, conns int) *serverconfig.SQL {
	dir, number := pg.Socket()
	return &serverconfig.SQL{
		PluginName:        "postgres12_pgx",
		ConnectProtocol:   "tcp",
		ConnectAddr:       hostPort(number),
		DatabaseName:      database,
		User:              postgres.Superuser,
		ConnectAttributes: map[string]string{"host": dir, "port": strconv.Itoa(number)},
		MaxConns:          conns, // for each of the four services
		MaxIdleConns:      conns,
		MaxConnLifetime:   time.Hour,
	}
}

// dynamicConfig lifts the limits that share a cluster among its tenants, of
// which there is one here, and keeps each task queue in one piece.
func dynamicConfig() dynamicconfig.StaticClient {
	const unlimited = 100_000
	return dynamicconfig.StaticClient{
		dynamicconfig.FrontendRPS.Key():                                  unlimited,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():           unlimited,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 1_000, // 10 by default
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                    unlimited,
		dynamicconfig.HistoryRPS.Key():                                   unlimited,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                     unlimited,
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key():                 8_192, // bounds the memory
		dynamicconfig.MatchingRPS.Key():                                  unlimited,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                    unlimited,
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():           1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key():          1,
	}
}

// Address is where clients connect, as host:port.
func (t *Temporal) Address() string { return t.address }

// Client names the files by which a client makes itself known.
func (t *Temporal) Client() config.TLS { return t.certs.client }

// Done is closed when the server has failed beyond repair; Err says how.
func (t *Temporal) Done() <-chan struct{} { return t.fatal.done }

// Err is why the server has failed, or nil.
func (t *Temporal) Err() error { return t.fatal.err() }

// Stop stops the server, or gives up on it when ctx ends. It is called once.
func (t *Temporal) Stop(ctx context.Context) error {
	stopped := make(chan error, 1)
	go func() { stopped <- t.server.Stop() }()
	select {
	case err := <-stopped:
		if err != nil {
			return fmt.Errorf("stop the Temporal server: %w", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the Temporal server: %w", context.Cause(ctx))
	}
}
