package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/domain/fault"
	domain "koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/payloadtest"
	"koko/internal/recordtest"
	"koko/workflows"
)

// The same key is the same command with the same answer, also when the case has gone on to other runs.
func TestARepeatedCommandHasItsFirstAnswer(t *testing.T) {
	s := newLife(t, "repeated")
	answers, steps := map[int]conflict.Case{}, s.maker.Way()[:8]
	for i, step := range steps {
		s.do(step.By, step.Command)
		answers[i] = s.now
	}
	last := s.now
	for i, step := range steps {
		s.sent, s.now = i+1, last
		got, err := s.again(step.By, answers[i].Version-1, step.Command)
		require.NoError(t, err)
		require.Equal(t, answers[i], got, step.Command.Action())
	}
	require.Len(t, s.record.Transitions, len(steps))
}

func TestAKeyIsNotUsedForTwoCommands(t *testing.T) {
	s := newLife(t, "reused")
	s.do(casetest.Reporter, s.maker.Signal())
	s.do(casetest.Manager, s.maker.Note(conflict.CaseFile))
	_, err := s.again(casetest.Manager, 0, s.maker.Note(conflict.CaseFile))
	require.Equal(t, []any{fault.Conflict, "idempotency_key_reused"}, []any{fault.CodeOf(err), fault.Of(err).Rule})
	require.Len(t, s.record.Transitions, 2)
}

func TestACaseThatIsNotThereIsNotFound(t *testing.T) {
	s := newLife(t, "nowhere")
	_, err := s.engine().do(s.ctx, s.now.ID, "k", casetest.Manager, 0, s.maker.Note(conflict.CaseFile))
	require.Equal(t, fault.NotFound, fault.CodeOf(err))
	require.NotEmpty(t, fault.Of(err).Rule)
}

// Whoever gave up in the meantime may ask again.
func TestACallerThatRunsOutOfTimeIsToldToTryAgain(t *testing.T) {
	s := newLife(t, "late")
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	_, err := s.engine().do(ctx, s.now.ID, "k", casetest.Manager, 0, s.maker.Note(conflict.CaseFile))
	require.Equal(t, fault.Busy, fault.CodeOf(err))
}

// While phases end and runs follow each other, every command of many callers is answered once.
func TestNoCommandIsLostBetweenTwoRuns(t *testing.T) {
	s := newLife(t, "between")
	s.do(casetest.Reporter, s.maker.Signal())
	const callers, each = 6, 8
	notes := make([]conflict.AddNote, callers*each)
	for i := range notes {
		notes[i] = s.maker.Note(conflict.CaseFile)
	}
	ctx, cancel := context.WithTimeout(s.ctx, 2*time.Minute)
	defer cancel()
	var mu sync.Mutex
	acked := map[string]conflict.Case{}
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			for j := range each {
				key := fmt.Sprintf("note-%d-%d", i, j)
				got, err := s.engine().do(ctx, s.now.ID, key, casetest.Manager, 0, notes[i*each+j])
				assert.NoError(t, err, key)
				mu.Lock()
				acked[key] = got
				mu.Unlock()
			}
		})
	}
	id := s.now.ID
	way := s.maker.Way()
	for i, step := range way[1:] {
		if step.By == domain.System {
			s.tell(step.Command)
			continue
		}
		_, err := s.engine().do(ctx, id, fmt.Sprint("way-", i), step.By, 0, step.Command)
		require.NoError(t, err, step.Command.Action())
	}
	all.Wait()

	require.Len(t, s.record.Transitions, len(way)+callers*each)
	for i, tr := range s.record.Transitions {
		state := recordtest.State[conflict.Case](tr)
		require.Equal(t, i+1, state.Version)
		if got, ok := acked[tr.CommandID]; ok {
			require.Equal(t, state, got, "what was answered is what stands recorded")
			delete(acked, tr.CommandID)
		}
	}
	require.Empty(t, acked)
	last, err := s.engine().catchUp(ctx, id, "last")
	require.NoError(t, err)
	require.Equal(t, []any{callers * each, conflict.Closed}, []any{last.Notes, last.Phase})
	for _, h := range historiesOf(t, sealed{s.client, payloadtest.Codec()}, workflows.ID(conflict.Kind, id)) {
		replay(t, h)
	}
}
