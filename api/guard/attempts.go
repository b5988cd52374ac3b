package guard

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"koko/db"
)

const (
	mostAttempts  = 4096 // that wait at a time
	mostOfOne     = 256  // of one person: nobody crowds out what others tried
	attemptTakes  = 5 * time.Second
	attemptsAgain = 2 * time.Second // after the record was out of reach
)

// Attempts records what people tried who do not see what they asked for. Nobody waits for it: how long the record
// takes would tell in whose log it stands, and whether there is something.
type Attempts struct {
	pool *pgxpool.Pool
	log  *slog.Logger
	wake chan struct{}
	done chan struct{}
	stop context.CancelFunc

	mu      sync.Mutex
	waiting []db.AppendAccessParams
	lost    int64
}

// NewAttempts returns a writer of attempts. Close it before the pool.
func NewAttempts(pool *pgxpool.Pool, log *slog.Logger) *Attempts {
	ctx, stop := context.WithCancel(context.Background())
	a := &Attempts{pool: pool, log: log, wake: make(chan struct{}, 1), done: make(chan struct{}), stop: stop}
	go a.run(ctx)
	return a
}

func (a *Attempts) run(ctx context.Context) {
	defer close(a.done)
	again := time.NewTicker(attemptsAgain)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		case <-again.C:
		}
		if err := a.write(ctx); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "attempts: not recorded yet", "err", err)
		}
	}
}

// Close records what still waits. What cannot be recorded then is lost, and logged as such.
func (a *Attempts) Close(ctx context.Context) error {
	a.stop()
	<-a.done
	err := a.write(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := len(a.waiting); n > 0 {
		a.log.ErrorContext(ctx, "attempts: lost", "lost", n)
	}
	return err
}

// note has an attempt recorded. If more wait than fit, this one is lost, and the loss is logged.
func (a *Attempts) note(entry db.AppendAccessParams) {
	a.mu.Lock()
	defer a.mu.Unlock()
	own := 0
	for _, w := range a.waiting {
		if w.ID == entry.ID {
			return // sent again, it is one entry
		}
		if w.Actor == entry.Actor {
			own++
		}
	}
	if len(a.waiting) >= mostAttempts || own >= mostOfOne {
		a.lost++
		return
	}
	a.waiting = append(a.waiting, entry)
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// write records each attempt that waits. One that cannot be recorded in time waits on, behind the others.
func (a *Attempts) write(ctx context.Context) (failed error) {
	a.mu.Lock()
	batch, lost := a.waiting, a.lost
	a.waiting, a.lost = nil, 0
	a.mu.Unlock()
	if lost > 0 {
		a.log.WarnContext(ctx, "attempts: too many at once", "lost", lost)
	}
	var again []db.AppendAccessParams
	for _, entry := range batch {
		if err := a.append(ctx, entry); err != nil {
			failed, again = err, append(again, entry)
		}
	}
	if len(again) > 0 {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.waiting = append(a.waiting, again...)
	}
	return failed
}

func (a *Attempts) append(ctx context.Context, entry db.AppendAccessParams) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTakes)
	defer cancel()
	return db.As(a.pool, entry.Actor, nil).AppendAccess(ctx, entry)
}
