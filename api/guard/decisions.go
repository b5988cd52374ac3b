package guard

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"koko/db"
	"koko/domain/calendar"
	"koko/policies"
)

const (
	mostDecisions  = 16384 // that wait at a time, each kind of question counted once
	fullDecisions  = 1024  // that are written before their time
	decisionsEvery = 10 * time.Second
)

// Decisions counts what the policy decided and writes the counts down from time to time, so that a
// draft of the policy can be asked the same questions. Nobody waits for it. The zero pointer counts nothing.
type Decisions struct {
	pool *pgxpool.Pool
	log  *slog.Logger
	full chan struct{}
	done chan struct{}
	stop context.CancelFunc

	mu      sync.Mutex
	waiting map[decision]int64
	lost    int64
}

// A decision is the key of a count.
type decision struct {
	Day, Subject, Act, AGS, Role, Rule string
	roles, offered, relations          string // joined by commas
	Allowed                            bool
}

// NewDecisions returns a counter that writes to the record. Close it before the pool.
func NewDecisions(pool *pgxpool.Pool, log *slog.Logger) *Decisions {
	ctx, stop := context.WithCancel(context.Background())
	d := &Decisions{
		pool: pool, log: log, full: make(chan struct{}, 1), done: make(chan struct{}), stop: stop, waiting: map[decision]int64{},
	}
	go d.run(ctx)
	return d
}

func (d *Decisions) run(ctx context.Context) {
	defer close(d.done)
	tick := time.NewTicker(decisionsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.full:
		}
		if err := d.write(ctx); err != nil && ctx.Err() == nil {
			d.log.WarnContext(ctx, "decision log", "err", err)
		}
	}
}

// Close writes down what still waits.
func (d *Decisions) Close(ctx context.Context) error {
	if d == nil {
		return nil
	}
	d.stop()
	<-d.done
	return d.write(ctx)
}

// Note counts a decision about somebody. If more kinds of questions wait than fit, the record has
// been out of reach for long: the rest is lost, and the loss is logged.
func (d *Decisions) Note(caller Principal, q policies.Question, got policies.Decision, at time.Time) {
	if d == nil {
		return
	}
	key := decision{
		Day:     calendar.DayOf(at).String(),
		Subject: caller.Subject, Act: q.Act, AGS: string(q.AGS), Rule: got.Rule, Allowed: got.Allowed,
		roles: commas(q.Roles), offered: commas(q.Offered), relations: commas(q.Relations),
	}
	for _, g := range caller.Grants {
		if got.Allowed && g.ID == got.Grant {
			key.Role = string(g.Role)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.waiting[key]; !known && len(d.waiting) >= mostDecisions {
		d.lost++
		return
	}
	d.waiting[key]++
	if len(d.waiting) == fullDecisions {
		select {
		case d.full <- struct{}{}:
		default:
		}
	}
}

// write writes down what waits; what fails waits on.
func (d *Decisions) write(ctx context.Context) error {
	d.mu.Lock()
	batch, lost := d.waiting, d.lost
	d.waiting, d.lost = map[decision]int64{}, 0
	d.mu.Unlock()
	if lost > 0 {
		d.log.WarnContext(ctx, "decision log: too many at once", "lost", lost)
	}
	if len(batch) == 0 {
		return nil
	}
	noted, err := json.Marshal(rowsOf(batch))
	if err == nil {
		err = db.On(d.pool).NoteDecisions(ctx, noted)
	}
	if err == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for key, n := range batch {
		if _, known := d.waiting[key]; known || len(d.waiting) < mostDecisions {
			d.waiting[key] += n
		} else {
			d.lost += n
		}
	}
	return fmt.Errorf("write %d decisions: %w", len(batch), err)
}

// A decisionRow is a decision as the record takes it.
type decisionRow struct {
	Day       string   `json:"day"`
	Subject   string   `json:"subject"`
	Act       string   `json:"act"`
	AGS       string   `json:"ags"`
	Roles     []string `json:"roles"`
	Offered   []string `json:"offered"`
	Relations []string `json:"relations"`
	Allowed   bool     `json:"allowed"`
	Role      string   `json:"role"`
	Rule      string   `json:"rule"`
	Count     int64    `json:"count"`
}

func rowsOf(batch map[decision]int64) []decisionRow {
	rows := make([]decisionRow, 0, len(batch))
	for d, n := range batch {
		rows = append(rows, decisionRow{
			Day: d.Day, Subject: d.Subject, Act: d.Act, AGS: d.AGS, Allowed: d.Allowed, Role: d.Role, Rule: d.Rule, Count: n,
			Roles: parts(d.roles), Offered: parts(d.offered), Relations: parts(d.relations),
		})
	}
	return rows
}

func commas[T ~string](all []T) string {
	switch len(all) {
	case 0:
		return ""
	case 1:
		return string(all[0])
	}
	var b strings.Builder
	for i, v := range all {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(v))
	}
	return b.String()
}

func parts(joined string) []string {
	if joined == "" {
		return []string{}
	}
	return strings.Split(joined, ",")
}
