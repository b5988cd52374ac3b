package devstack

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// fatal is the first error for which the Temporal server would have ended the
// process.
type fatal struct {
	done  chan struct{}
	once  sync.Once
	cause error
}

func newFatal() *fatal { return &fatal{done: make(chan struct{})} }

func (f *fatal) report(err error) {
	f.once.Do(func() {
		f.cause = err
		close(f.done)
	})
}

func (f *fatal) err() error {
	select {
	case <-f.done:
		return f.cause
	default:
		return nil
	}
}

// logger logs errors as Temporal does, but a fatal one ends the goroutine that
// met it and not the process: what else runs here must be stopped in its order.
type logger struct {
	log.Logger
	fatal *fatal
}

func newLogger(w io.Writer, f *fatal) log.Logger {
	if w == nil {
		w = io.Discard
	}
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.ISO8601TimeEncoder
	core := zapcore.NewCore(zapcore.NewJSONEncoder(encoding), zapcore.Lock(zapcore.AddSync(w)), zapcore.ErrorLevel)
	return logger{Logger: log.NewZapLogger(zap.New(core)), fatal: f}
}

// Fatal never returns, as its callers expect.
func (l logger) Fatal(msg string, tags ...tag.Tag) {
	l.Error(msg, tags...)
	l.fatal.report(errorOf(msg, tags))
	runtime.Goexit()
}

// With keeps Fatal ours.
func (l logger) With(tags ...tag.Tag) log.Logger {
	return logger{Logger: log.With(l.Logger, tags...), fatal: l.fatal}
}

// errorOf makes an error of a log entry, which has the cause among its tags.
func errorOf(msg string, tags []tag.Tag) error {
	for _, t := range tags {
		if z, ok := t.(tag.ZapTag); ok {
			if err, ok := z.Field().Interface.(error); ok {
				return fmt.Errorf("%s: %w", msg, err)
			}
		}
	}
	return errors.New(msg)
}
