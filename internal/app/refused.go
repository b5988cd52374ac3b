package app

import (
	"errors"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"

	"koko/internal/payload"
	"koko/workflows"
)

// refused counts what came by way of the engine and was refused before anything of it was recorded. Nothing else remembers
// it: whoever reaches the engine's port and tries leaves this trace, and a line in the log.
var refused = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "koko_engine_refused_total",
	Help: "What came by way of the engine and was refused: not sealed (plain), changed or of another file (changed)," +
		" under an unknown key (key), made for another command or time (misplaced), in another form (other).",
}, []string{"reason"})

func init() {
	for _, reason := range []string{"plain", "changed", "key", "misplaced", "other"} {
		refused.WithLabelValues(reason) // an alert needs the zero before the one
	}
}

// tellRefused returns what becomes of a payload that does not open. The error says why, and nothing of what is in it; in
// which file, the codec knows.
func tellRefused(l *slog.Logger) func(place string, err error) {
	return func(place string, err error) {
		reason := "other"
		_, missing := errors.AsType[*payload.UnknownKeyError](err)
		switch {
		case missing:
			reason = "key"
		case errors.Is(err, payload.ErrPlain):
			reason = "plain"
		case errors.Is(err, payload.ErrChanged):
			reason = "changed"
		}
		refused.WithLabelValues(reason).Inc()
		l.Error("refused by way of the engine", "reason", reason, "workflow", place)
	}
}

// A meter takes, of all that the engine's client counts, what workflows refuse.
type meter struct{ client.MetricsHandler }

// WithTags returns the same meter: a count by file would tell which.
func (m meter) WithTags(map[string]string) client.MetricsHandler { return m }

// Counter counts what is misplaced.
func (m meter) Counter(name string) client.MetricsCounter {
	if name != workflows.Misplaced {
		return m.MetricsHandler.Counter(name)
	}
	return misplaced{}
}

type misplaced struct{}

// Inc counts on.
func (misplaced) Inc(n int64) { refused.WithLabelValues("misplaced").Add(float64(n)) }
