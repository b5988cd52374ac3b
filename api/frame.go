package api

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"koko/api/evidence"
	"koko/api/wire"
	"koko/kinds"
)

var givenRequestID = regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`)

// A frame wraps every request.
type frame struct {
	log     *slog.Logger
	metrics *Metrics
	pace    Pace
	https   bool
}

// around gives every request an id, every answer its security headers, and counts and logs both by
// the pattern of the path: never the path itself, a query or a person.
func (f frame) around(next http.Handler, mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := r.Header.Get("X-Request-ID")
		if !givenRequestID.MatchString(id) {
			id = uuid.NewString()
		}
		h := w.Header()
		h.Set("X-Request-ID", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		if f.https {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}

		_, pattern := mux.Handler(r)
		seen := &watched{ResponseWriter: w, status: http.StatusOK}
		ctx, confidence := wire.WithConfidence(wire.WithRequestID(r.Context(), id))
		next.ServeHTTP(seen, f.pace.from(r).WithContext(ctx))

		if (confided(pattern) || confidence()) && seen.status < http.StatusInternalServerError {
			return // when somebody is at work is nobody's business
		}
		took := time.Since(began)
		f.metrics.observe(pattern, seen.status, took)
		f.log.InfoContext(r.Context(), "request", "route", pattern, "status", seen.status,
			"ms", float64(took.Microseconds())/1000, "request_id", id)
	})
}

// confidedPaths are those of files of which nobody learns but those who deal with them. Numbers and times of their
// requests would tell how often that happens.
var confidedPaths = func() (paths []string) {
	for _, k := range kinds.All() {
		if k.Secret() != "" {
			paths = append(paths, "/api/v1/"+k.Plural)
		}
	}
	return paths
}()

func confided(pattern string) bool {
	_, path, _ := strings.Cut(pattern, " ")
	return slices.ContainsFunc(confidedPaths, func(own string) bool { return path == own || strings.HasPrefix(path, own+"/") })
}

// recoverPanics answers a panic like any other internal error.
func (f frame) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			f.log.ErrorContext(r.Context(), "panic", "value", v, "stack", string(debug.Stack()), "request_id", wire.RequestID(r.Context()))
			wire.Write(w, r, wire.NewProblem("internal", "internal error"))
		}()
		next.ServeHTTP(w, r)
	})
}

// textOnly refuses a query that is not text: the record keeps neither NUL nor broken UTF-8, so
// nothing that holds them can be asked for.
func textOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		for name, values := range query {
			text := name + strings.Join(values, "")
			if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
				err = strconv.ErrSyntax
			}
		}
		if err != nil {
			wire.Write(w, r, wire.NewProblem("invalid", "the query is not text").By("query", "send it percent-encoded, in UTF-8 and without NUL"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// watched remembers the status of an answer.
type watched struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Metrics are what is measured, of every process that has a database.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

// NewMetrics begins to measure, and shows what others count.
func NewMetrics(pool *pgxpool.Pool, counted ...prometheus.Collector) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "koko_http_request_seconds", Help: "Duration of requests in seconds, by route and status.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5},
		}, []string{"route", "status"}),
	}
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for name, value := range map[string]func(*pgxpool.Stat) int32{
		"total": (*pgxpool.Stat).TotalConns, "acquired": (*pgxpool.Stat).AcquiredConns, "max": (*pgxpool.Stat).MaxConns,
	} {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "koko_database_connections", Help: "Connections of the pool.", ConstLabels: prometheus.Labels{"state": name},
		}, func() float64 { return float64(value(pool.Stat())) }))
	}
	m.registry.MustRegister(evidence.CosignatureAges{Pool: pool})
	m.registry.MustRegister(counted...)
	return m
}

func (m *Metrics) observe(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// Handler shows what was measured.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
