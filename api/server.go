// Package api serves KoKo over HTTP. It reads from PostgreSQL and changes things through workflows
// only: it never decides a rule of the process itself. Its parts are packages; this one puts them together.
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

	"koko/api/evidence"
	"koko/api/files"
	"koko/api/guard"
	"koko/api/oversight"
	"koko/api/people"
	"koko/api/public"
	"koko/api/training"
	"koko/api/wire"
	"koko/domain/calendar"
	"koko/domain/work"
	"koko/internal/certificate"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/witness"
	"koko/internal/vault"
	"koko/policies"
)

// Engine is the workflow engine itself.
type Engine interface {
	// Ready reports whether the engine answers.
	Ready(ctx context.Context) error
}

// Login recognises callers and logs them in and out.
type Login interface {
	Register(mux *http.ServeMux)
	Middleware(next http.Handler) http.Handler
}

// Options are the parts that the API is made of.
type Options struct {
	Engine        Engine
	Repairer      oversight.Repairer
	Runs          files.Runs
	Workflows     files.Workflows
	Certifier     *certificate.Issuer
	Ledger        evidence.Ledger
	LedgerKeys    func() (*ledger.Keys, error) // read anew each time: a rotation takes effect at once
	Witnesses     witness.Peers                // who cosigns for us, and for whom we do
	Pool          *pgxpool.Pool                // as db.RoleAPI
	Vault         *vault.Master
	Policy        *policies.Policy
	WorkdayEnds   calendar.Clock // when a working day ends for files that begin now
	Rungs         calendar.Rungs // who is told of their limits when
	Interventions work.Interventions
	Login         Login
	Decisions     *guard.Decisions // nil: decisions of the policy are not counted
	Attempts      *guard.Attempts  // nil: what strangers tried is recorded before they are answered
	Log           *slog.Logger
	Now           func() time.Time // nil: time.Now
	Version       string
	Pace          Pace
	Metrics       *Metrics // what is measured; nil: it is measured for nobody
	OwnMetrics    bool     // serve /metrics on this listener
	HTTPS         bool     // KoKo is reached by https
	Issuer        string   // of the OpenID provider: a logout leads through it
}

type server struct {
	*guard.Guard
	evidence  *evidence.Server
	files     *files.Server
	training  *training.Server
	oversight *oversight.Server
	people    *people.Server
	public    *public.Server
}

func newServer(o Options) *server {
	if o.Now == nil {
		o.Now = time.Now
	}
	g := &guard.Guard{Pool: o.Pool, Policy: o.Policy, Decisions: o.Decisions, Attempts: o.Attempts, Log: o.Log, Now: o.Now}
	s := &server{Guard: g}
	s.evidence = &evidence.Server{
		Guard: g, Ledger: o.Ledger, Keys: o.LedgerKeys, Witness: witness.Witness{Pool: o.Pool, Keys: o.LedgerKeys, Peers: o.Witnesses},
	}
	s.files = &files.Server{
		Guard: g, Workflows: o.Workflows, Runs: o.Runs, Vault: o.Vault, Evidence: s.evidence, WorkdayEnds: o.WorkdayEnds, Rungs: o.Rungs,
	}
	s.training = &training.Server{Server: s.files, Certifier: o.Certifier}
	s.oversight = &oversight.Server{Server: s.files, Repairer: o.Repairer}
	s.people = &people.Server{Server: s.files}
	s.public = &public.Server{Guard: g, Training: s.training, Interventions: o.Interventions}
	s.files.Furnish(s.desks())
	return s
}

// New returns the handler of the whole API.
func New(o Options) http.Handler {
	if o.Metrics == nil {
		o.Metrics = NewMetrics(o.Pool)
	}
	s, f := newServer(o), frame{log: o.Log, metrics: o.Metrics, pace: o.Pace, https: o.HTTPS}
	mux := http.NewServeMux()
	public.RegisterPages(mux, s.operations(mux, o.Version), o.Issuer)
	o.Login.Register(mux)
	s.registerHealth(mux, o.Engine)
	s.training.RegisterCalendarFeed(mux)
	if o.OwnMetrics {
		mux.Handle("GET /metrics", o.Metrics.Handler())
	}
	mux.HandleFunc("/", unknown(mux))
	paced := newGate(o.Pace, s.Now).paced(mux, mux)
	return f.around(http.MaxBytesHandler(f.recoverPanics(textOnly(o.Login.Middleware(paced))), 2*wire.MaxAttachment), mux)
}

// operations registers everything that the OpenAPI document describes, and the document itself.
func (s *server) operations(mux *http.ServeMux, version string) huma.API {
	config := huma.DefaultConfig("KoKo", version)
	config.CreateHooks = nil // no $schema in bodies
	config.OpenAPIPath = "/api/openapi"
	config.SchemasPath = ""
	config.DocsPath = ""
	config.Formats = wire.Formats()
	config.RejectUnknownQueryParameters = false // wire.KnownQuery does
	config.Info.Description = "Municipal conflict management: conflict cases from detection to follow-up. " +
		"Commands name the version they saw (If-Match) and can be repeated (Idempotency-Key)."
	config.Info.License = &huma.License{Name: "EUPL-1.2", Identifier: "EUPL-1.2"}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer":  {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "Access token of the OpenID provider"},
		"session": {Type: "apiKey", In: "cookie", Name: "koko", Description: "Session of a browser, begun at /auth/login; the cookie is called `__Host-koko` where KoKo is reached by https"},
	}
	config.Components.Schemas = wire.NewRegistry("#/components/schemas/", wire.SchemaNames())
	config.Tags = s.tags()
	config.Security = []map[string][]string{{"bearer": {}}, {"session": {}}}
	api := humago.New(mux, config)
	v1 := huma.NewGroup(api, "/api/v1")
	v1.UseMiddleware(guard.LoggedIn, wire.KnownQuery)
	s.files.Register(v1)
	s.people.Register(v1)
	s.training.Register(v1)
	s.oversight.Register(v1)
	s.evidence.Register(v1)
	s.public.Register(v1)
	s.public.RegisterPublic(mux, api)
	s.evidence.RegisterPublic(mux, api)
	wire.WithoutWords(api.OpenAPI().Components.Schemas)
	wire.Complete(api.OpenAPI())
	return api
}

// tags group the operations in the document.
func (s *server) tags() (all []*huma.Tag) {
	for _, f := range s.files.Kinds {
		all = append(all,
			&huma.Tag{Name: f.Tag(), Description: "Start, find and read " + f.Def.Plural + "."},
			&huma.Tag{Name: f.CommandTag(), Description: "Commands on " + f.A() + ", in the order of the process. The file's workflow decides each of them; the answer is the file as it then stands."})
	}
	return append(all, []*huma.Tag{
		{Name: "Curricula", Description: "What is taught and what completes it, in versions that never change."},
		{Name: "Certificates", Description: "Public: whether a certificate is genuine and valid."},
		{Name: "Notifications", Description: "What you were notified of."},
		{Name: "Training statistics", Description: "How many take part, without numbers that would reveal individuals."},
		{Name: "Documents", Description: "The words of a file: free text, notes and attachments, encrypted in compartments that have readers of their own."},
		{Name: "Erasure", Description: "Two people erase a document: one asks, another approves. What was decided, and when, stays provable."},
		{Name: "Reconciliation", Description: "Whether histories, records and audit agree, what differs, and how two people have it repaired."},
		{Name: "Audit", Description: "Who did what, who was refused and who read what."},
		{Name: "Ledger", Description: "The log over the audit: its checkpoints, and proofs that an entry is in it unchanged. Checkpoints and the proofs that connect them are public; they show nothing of an entry."},
		{Name: "Access", Description: "Who you are, and who holds which role where."},
		{Name: "Absence", Description: "Who is away, and who substitutes whom."},
		{Name: "Reference", Description: "Public facts and configuration."},
	}...)
}

// unknown answers paths that do not exist and methods that a path does not have.
func unknown(mux *http.ServeMux) http.HandlerFunc {
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
			wire.Write(w, r, wire.NewProblem("method", "this path does not take "+r.Method).By("method", "use "+methods).With("Allow", methods))
			return
		}
		wire.Write(w, r, wire.NewProblem("not-found", "there is nothing at this path").By("path", "see /api/docs for what there is"))
	}
}
