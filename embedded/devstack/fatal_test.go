package devstack

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

func TestAFatalErrorEndsItsGoroutineOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	f := newFatal()
	logger := log.With(newLogger(&out, f), tag.NewStringTag("service", "history"))
	require.NoError(t, f.err())

	cause := errors.New("the store is gone")
	ended := make(chan bool)
	go func() {
		survived := false
		defer func() { ended <- survived }()
		logger.Fatal("cannot go on", tag.NewStringTag("shard", "1"), tag.Error(cause))
		survived = true
	}()
	require.False(t, <-ended)
	<-f.done
	require.ErrorIs(t, f.err(), cause)
	require.EqualError(t, f.err(), "cannot go on: the store is gone")
	require.Contains(t, out.String(), `"service":"history"`)

	out.Reset()
	logger.Info("hundreds of lines")
	logger.Warn("and more")
	require.Empty(t, out.String())
}
