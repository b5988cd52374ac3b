package api

import (
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"koko/api/wire"
	"koko/internal/auth"
)

// Pace says how many requests a minute are answered; 0: as many as come. A minute's worth may come at once.
type Pace struct {
	Caller  int // of one person
	Address int // from one address, of those who are not logged in
	Costly  int // of one person or from one address, of what is costly or could be guessed
	// Proxies are those whose X-Forwarded-For is believed. Without one, the address is that of the connection.
	Proxies []netip.Prefix
}

// costly are logins, which cost the provider something, what compares a name or a code with the register, and what reads
// or writes a whole file.
var costly = []string{
	"GET /auth/login", "GET /auth/callback",
	"GET /api/v1/certificates/{code}", "POST /api/v1/certificates/verify", "GET /verify/{code}", "POST /verify/{code}", "POST /verify",
	"POST /api/v1/cohorts/{cohort}/imports",
}

func isCostly(pattern string) bool {
	return slices.Contains(costly, pattern) || strings.HasPrefix(pattern, "POST ") && strings.HasSuffix(pattern, "/{id}/sealed")
}

// unpaced are asked by supervisors of processes.
var unpaced = []string{"GET /healthz", "GET /readyz", "GET /metrics"}

// A gate lets requests through at a pace.
type gate struct {
	now                      func() time.Time
	caller, address, costing *turnstiles
}

func newGate(p Pace, now func() time.Time) gate {
	return gate{now, newTurnstiles(p.Caller), newTurnstiles(p.Address), newTurnstiles(p.Costly)}
}

// paced answers 429 to whoever asks for more than they may. It comes after the login: who is asking is known.
func (g gate) paced(next http.Handler, mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		if slices.Contains(unpaced, pattern) {
			next.ServeHTTP(w, r)
			return
		}
		who, all := "address "+netOf(r.RemoteAddr), g.address
		if id, known := auth.From(r.Context()); known {
			who, all = "subject "+id.Subject, g.caller
		}
		wait := all.wait(who, g.now())
		if wait == 0 && isCostly(pattern) {
			wait = g.costing.wait(who, g.now())
		}
		if wait > 0 {
			seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
			wire.Write(w, r, wire.NewProblem("too-many", "more requests came than are answered in a minute").
				By("pace", "wait "+seconds+" seconds, then send the request again").With("Retry-After", seconds))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// mostRemembered bounds how many people and addresses are remembered of a limit.
const mostRemembered = 20_000

// Turnstiles keep a pace for each of many. Whoever has not come for long is forgotten first: by then they may pass anyway,
// unless so many come that remembering them all would be the greater harm.
type turnstiles struct {
	perMinute int

	mu         sync.Mutex
	young, old map[string]*rate.Limiter
}

func newTurnstiles(perMinute int) *turnstiles {
	return &turnstiles{perMinute: perMinute, young: map[string]*rate.Limiter{}}
}

// wait lets who pass, or says how long they have to wait.
func (t *turnstiles) wait(who string, now time.Time) time.Duration {
	if t.perMinute == 0 {
		return 0
	}
	turn := t.of(who).ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > 0 {
		turn.CancelAt(now) // waiting does not make it longer
	}
	return wait
}

func (t *turnstiles) of(who string) *rate.Limiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	l, known := t.young[who]
	if known {
		return l
	}
	if l, known = t.old[who]; !known {
		l = rate.NewLimiter(rate.Limit(float64(t.perMinute)/60), t.perMinute)
	}
	if len(t.young) >= mostRemembered/2 {
		t.young, t.old = map[string]*rate.Limiter{}, t.young
	}
	t.young[who] = l
	return l
}

// from returns r as it came from its client: behind a proxy that is trusted, as that proxy says.
func (p Pace) from(r *http.Request) *http.Request {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	address, ok := addressOf(r.RemoteAddr)
	for ; ok && p.trusts(address) && len(hops) > 0; hops = hops[:len(hops)-1] {
		before, ok := addressOf(strings.TrimSpace(hops[len(hops)-1]))
		if !ok {
			break
		}
		address = before
	}
	if !ok {
		return r
	}
	own := r.WithContext(r.Context())
	own.RemoteAddr = address.String()
	return own
}

func (p Pace) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(p.Proxies, func(net netip.Prefix) bool { return net.Contains(a) })
}

// addressOf reads an address, with or without a port.
func addressOf(text string) (netip.Addr, bool) {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(text)
	return a.Unmap().WithZone(""), err == nil
}

// netOf is what one customer has: an address of IPv4, or 64 bits of IPv6.
func netOf(address string) string {
	a, ok := addressOf(address)
	if !ok || a.Is4() {
		return address
	}
	net, err := a.Prefix(64)
	if err != nil {
		return address
	}
	return net.String()
}
