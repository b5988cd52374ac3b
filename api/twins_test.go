package api_test

import (
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// raced is whether the race detector is on. It makes four minutes of questions twenty, and what it would find is found by
// the tests of each operation.
var raced bool

// withoutDetector skips a test that make twins runs by itself.
func withoutDetector(t *testing.T) {
	t.Helper()
	if raced {
		t.Skip("make twins")
	}
}

// outside are all who are no facilitators, and whom nobody admitted: every role here, some of elsewhere, who handed the
// case over, who analysed it, whom it is assigned to, who declined, strangers, and nobody.
func outside() (all []string) {
	for s := range staff {
		if s != mediator {
			all = append(all, s)
		}
	}
	slices.Sort(all)
	return append(all, declining, mediator2, foreign(manager), foreign(supervisor), foreign(dpo), foreign(mediator), stranger, "")
}

// schooled have to do with the training alone.
var schooled = []string{trainee, trainee2, employer, trainer, assessor, assessor2, coordinator, certifier, admin2}

// walk asks the twins everything that callers could ask of operations.
func (p *twins) walk(callers []string, operations map[string]openOperation) {
	p.walked, p.callers = map[string]bool{}, map[string]bool{}
	bodies := map[string]object{}
	for _, st := range append(script("case/twin-mediation").Steps, wholeWay().Steps...) {
		o, err := st.Order(twinCast)
		require.NoError(p.t, err)
		bodies[dashed(o.Action)] = o.Body
	}
	calls := slices.Sorted(maps.Keys(operations))
	p.behind("after the work", callers)
	for _, call := range calls {
		if strings.HasPrefix(call, http.MethodGet) {
			for _, q := range reads(call, operations[call]) {
				p.askAs(callers, q)
			}
		}
	}
	p.behind("after all was read", callers)
	for _, call := range calls {
		if !strings.HasPrefix(call, http.MethodGet) {
			for _, q := range writes(call, operations[call], bodies) {
				p.askAs(callers, q)
			}
		}
	}
	p.feeds(callers)
	p.behind("after all was tried", callers)
}

// askAs asks for each of callers.
func (p *twins) askAs(callers []string, q question) {
	for _, q.as = range callers {
		if !q.choice || !slices.Contains(schooled, q.as) {
			p.ask(q)
		}
	}
}

// report fails for what nobody should have seen.
func (p *twins) report() {
	at := map[string][]difference{}
	for _, d := range p.differ {
		place, _, _ := strings.Cut(d.where, ": ")
		at[place] = append(at[place], d)
	}
	for _, place := range slices.Sorted(maps.Keys(at)) {
		p.t.Errorf("%s: %d differences, the first is %s", place, len(at[place]), at[place][0])
	}
}

// TestNobodyButTheFacilitatorsTellsTwinsApart is the measure of what the case keeps to itself (§ 4 MediationsG).
func TestNobodyButTheFacilitatorsTellsTwinsApart(t *testing.T) {
	withoutDetector(t)
	t.Parallel()
	p := newTwins(t, nil)
	operations := document(t).operations()
	p.walk(outside(), operations)
	t.Logf("compared: %d operations as %d callers, %d requests, %d bytes, and %d numbers of rows",
		len(p.walked), len(p.callers), p.requests, p.bytes, p.counted)
	require.Len(t, p.walked, len(operations), "a new operation is asked, too")
	p.report()
}

// TestTwinsAnswerInTheSameTime reports how long reads by somebody outside take in both twins, for people to judge: times
// depend on the machine.
func TestTwinsAnswerInTheSameTime(t *testing.T) {
	if !testing.Verbose() {
		t.Skip("a report: make twins")
	}
	p := newTwins(t, nil)
	for _, path := range []string{"/api/v1/cases/{case}", "/api/v1/work/{work}", "/api/v1/work/" + never} {
		var took [2][]float64
		for range 1000 {
			for i, w := range []*twin{p.one, p.two} { // in turn, so that what the machine does otherwise hits both
				at := w.filled(path)
				began := time.Now()
				w.get(supervisor, at)
				took[i] = append(took[i], float64(time.Since(began).Microseconds())/1000)
			}
		}
		for i := range took {
			slices.Sort(took[i])
		}
		d, prob := kolmogorovSmirnov(took[0], took[1])
		t.Logf("1,000 reads of %s: median %.3f ms and %.3f ms, Kolmogorov-Smirnov D = %.3f, p = %.3f", path, took[0][500], took[1][500], d, prob)
	}
}

// kolmogorovSmirnov returns the largest distance of the distributions of two sorted samples, and how probable one like it is if both are
// the same.
func kolmogorovSmirnov(a, b []float64) (d, prob float64) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		at := min(a[i], b[j])
		for i < len(a) && a[i] == at {
			i++
		}
		for j < len(b) && b[j] == at {
			j++
		}
		d = max(d, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	n := math.Sqrt(float64(len(a)*len(b)) / float64(len(a)+len(b)))
	lambda := (n + 0.12 + 0.11/n) * d
	for k := 1.0; k <= 100; k++ {
		prob += 2 * math.Pow(-1, k-1) * math.Exp(-2*k*k*lambda*lambda)
	}
	return d, min(max(prob, 0), 1)
}
