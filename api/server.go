// Package api serves KoKo over HTTP. It reads from PostgreSQL and changes things through workflows
// only: it never decides a rule of the process itself.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/jackc/pgx/v5/pgxpool"

	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/certificate"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/runs"
	"koko/internal/evidence/witness"
	"koko/internal/vault"
	"koko/kinds"
	"koko/policies"
)

// Workflows is what the API needs of the workflows of files. The same key is the same command.
type Workflows interface {
	// Begin starts a file with its first command.
	Begin(ctx context.Context, k *file.Definition, s file.State, key, by string, cmd file.Command) (file.State, error)
	// Do has a file carry out a command of somebody who has seen version seen.
	Do(ctx context.Context, k *file.Definition, id, key, by string, seen int, cmd file.Command) (file.State, error)
}

// Engine is the workflow engine itself.
type Engine interface {
	// Ready reports whether the engine answers.
	Ready(ctx context.Context) error
}

// Runs is what the engine still has of the runs of workflows. What it has forgotten is
// fault.NotFound.
type Runs interface {
	// Run returns what the engine knows of a run, of the current one if runID is empty.
	Run(ctx context.Context, workflowID, runID string) (runs.Run, error)
	// History returns its events.
	History(ctx context.Context, workflowID, runID string) (*runs.History, error)
}

// Ledger is what the API needs of the workflows of the log.
type Ledger interface {
	// Checkpoint has all that was recorded until now put into the log, and the log signed.
	Checkpoint(ctx context.Context) error
	// Cosign has the witnesses asked to cosign the latest checkpoint.
	Cosign(ctx context.Context) error
}

// Login recognises callers and logs them in and out.
type Login interface {
	Register(mux *http.ServeMux)
	Middleware(next http.Handler) http.Handler
}

// Options are the parts that the API is made of.
type Options struct {
	Engine        Engine
	Repairer      Repairer
	Runs          Runs
	Workflows     Workflows
	Certifier     *certificate.Issuer
	Ledger        Ledger
	LedgerKeys    func() (*ledger.Keys, error) // read anew each time: a rotation holds at once
	Witnesses     witness.Peers                // who cosigns for us, and for whom we do
	Pool          *pgxpool.Pool                // as db.RoleAPI
	Vault         *vault.Master
	Policy        *policies.Policy
	Interventions conflict.Interventions
	Login         Login
	Decisions     *Decisions // nil: decisions of the policy are not counted
	Log           *slog.Logger
	Version       string
	OwnMetrics    bool   // serve /metrics on this listener
	Issuer        string // of the OpenID provider: a logout leads through it
}

type server struct {
	ready      Engine
	repairer   Repairer
	runs       Runs
	engine     Workflows
	kinds      []*files
	certifier  *certificate.Issuer
	ledger     Ledger
	ledgerKeys func() (*ledger.Keys, error)
	witness    witness.Witness
	pool       *pgxpool.Pool
	vault      *vault.Master
	policy     *policies.Policy
	decisions  *Decisions
	table      conflict.Interventions
	log        *slog.Logger
	metrics    *metrics
	now        func() time.Time
}

func newServer(o Options) *server {
	s := &server{
		ready: o.Engine, engine: o.Workflows, repairer: o.Repairer, runs: o.Runs, pool: o.Pool, vault: o.Vault, policy: o.Policy, decisions: o.Decisions, table: o.Interventions,
		certifier: o.Certifier, ledger: o.Ledger, ledgerKeys: o.LedgerKeys, log: o.Log, metrics: newMetrics(o.Pool), now: time.Now,
	}
	s.witness = witness.Witness{Pool: o.Pool, Keys: o.LedgerKeys, Peers: o.Witnesses}
	for _, k := range kinds.All() {
		f := &files{server: s, kind: k}
		if desk := desks[k.Kind]; desk != nil {
			desk(f)
		}
		s.kinds = append(s.kinds, f)
	}
	return s
}

// New returns the handler of the whole API.
func New(o Options) http.Handler {
	s := newServer(o)
	mux := http.NewServeMux()
	registerPages(mux, s.operations(mux, o.Version), o.Issuer)
	o.Login.Register(mux)
	s.registerHealth(mux)
	s.registerCalendarFeed(mux)
	s.registerWitness(mux)
	if o.OwnMetrics {
		mux.Handle("GET /metrics", s.metrics.handler())
	}
	mux.HandleFunc("/", s.unknown(mux))
	return s.frame(s.recoverPanics(textOnly(o.Login.Middleware(mux))), mux)
}

// Metrics returns a handler of the metrics alone, for a listener of their own.
func Metrics(pool *pgxpool.Pool) http.Handler { return newMetrics(pool).handler() }

// operations registers everything that the OpenAPI document describes, and the document itself.
func (s *server) operations(mux *http.ServeMux, version string) huma.API {
	config := huma.DefaultConfig("KoKo", version)
	config.CreateHooks = nil // no $schema in bodies
	config.OpenAPIPath = "/api/openapi"
	config.SchemasPath = ""
	config.DocsPath = ""
	config.RejectUnknownQueryParameters = false // knownQuery does
	config.Info.Description = "Municipal conflict management: conflict cases from detection to follow-up. " +
		"Commands name the version they saw (If-Match) and can be repeated (Idempotency-Key)."
	config.Info.License = &huma.License{Name: "EUPL-1.2", Identifier: "EUPL-1.2"}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer":  {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "Access token of the OpenID provider"},
		"session": {Type: "apiKey", In: "cookie", Name: "koko", Description: "Session of a browser, begun at /auth/login; the cookie is called `__Host-koko` where KoKo is reached by https"},
	}
	config.Components.Schemas = newRegistry("#/components/schemas/", schemaNames())
	config.Tags = s.tags()
	config.Security = []map[string][]string{{"bearer": {}}, {"session": {}}}
	api := humago.New(mux, config)
	v1 := huma.NewGroup(api, "/api/v1")
	v1.UseMiddleware(loggedIn, knownQuery)
	for _, f := range s.kinds {
		f.register(v1)
	}
	s.registerErasures(v1)
	s.registerDifferences(v1)
	s.registerMunicipalities(v1)
	s.registerGrants(v1)
	s.registerCurricula(v1)
	s.registerNotifications(v1)
	s.registerMyCalendar(v1)
	s.registerParticipants(v1)
	s.registerImports(v1)
	s.registerTrainingStatistics(v1)
	s.registerEnrolmentWay(v1)
	s.registerTranscript(v1)
	s.registerEnrolmentCertificates(v1)
	s.registerVerification(api)
	s.registerVerificationPages(mux, version)
	s.registerMe(v1)
	s.registerExplain(v1)
	s.registerPersonAccess(v1)
	s.registerAccessLog(v1)
	s.registerAccessReports(v1)
	s.registerLedger(v1)
	s.registerProofs(v1)
	s.registerPublicLedger(api)
	s.registerWitnesses(v1)
	withoutWords(api.OpenAPI().Components.Schemas)
	complete(api.OpenAPI())
	return api
}

// tags group the operations in the document.
func (s *server) tags() (all []*huma.Tag) {
	for _, f := range s.kinds {
		all = append(all,
			&huma.Tag{Name: f.tag(), Description: "Begin, find and read the files that the house calls " + f.kind.Plural + "."},
			&huma.Tag{Name: f.commandTag(), Description: "What changes " + f.a() + ", in the order of the process. Each command is decided by the workflow of the file and answers with the file as it stands afterwards."})
	}
	return append(all, []*huma.Tag{
		{Name: "Curricula", Description: "What is taught and what completes it, in versions that never change."},
		{Name: "Certificates", Description: "Public: whether a certificate is genuine and holds."},
		{Name: "Notifications", Description: "What you were notified of."},
		{Name: "Training statistics", Description: "How many take part, without a number that tells of people."},
		{Name: "Documents", Description: "The words of a file: free text, notes and attachments, encrypted in compartments that have readers of their own."},
		{Name: "Erasure", Description: "Two people erase a document: one asks, another approves. What was decided, and when, stays provable."},
		{Name: "Reconciliation", Description: "Whether histories, records and audit agree, what differs, and how two people have it repaired."},
		{Name: "Audit", Description: "Who did, was refused and read what."},
		{Name: "Ledger", Description: "The log over the audit: its checkpoints, and proofs that an entry stands in it unchanged. Checkpoints and what joins them are public; they show nothing of an entry."},
		{Name: "Access", Description: "Who you are, and who holds which role where."},
		{Name: "Reference", Description: "Public facts and configuration."},
	}...)
}

// unknown answers paths that do not exist and methods that a path does not have.
func (s *server) unknown(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "/" && method != r.Method {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) > 0 {
			methods := strings.Join(allowed, ", ")
			p := newProblem("method", "this path does not take "+r.Method).by("method", "use "+methods)
			p.header = http.Header{"Allow": {methods}}
			writeProblem(w, r, p)
			return
		}
		writeProblem(w, r, newProblem("not-found", "there is nothing at this path").by("path", "see /api/docs for what there is"))
	}
}
