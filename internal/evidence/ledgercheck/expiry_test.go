package ledgercheck_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/advice"
	domain "koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

// forgotten adds an advice whose words were destroyed when their time was over.
func (h *house) forgotten() advice.Advice {
	h.t.Helper()
	m := &casetest.Maker{Salt: "forgotten"}
	a := dbtest.Decide(h.t, h.rec, advice.Advice{ID: m.ID(), AGS: aachen}, "u-client", advice.RequestAdvice{
		Form: advice.Coaching, Topic: "zusammenarbeit", Urgency: "bald", Origin: "ki",
		Docs: domain.Docs{Docs: []domain.Doc{{ID: m.ID(), Action: advice.ActionRequest, Compartment: advice.File, Digest: m.Signal().Docs.Docs[0].Digest, Fields: []string{"title", "concern"}}}},
	}, at)
	a = dbtest.Decide(h.t, h.rec, a, "u-client", advice.WithdrawAdvice{Reason: "erledigt"}, at.Add(time.Minute))
	for d, more := domain.NextDeadline(a); more; d, more = domain.NextDeadline(a) {
		a = dbtest.Decide(h.t, h.rec, a, domain.System, domain.DeadlinePassed{Deadline: d}, d.Over())
	}
	return a
}

func TestWhatWasDestroyedInTimeIsNoFinding(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.forgotten()
	before := h.check(h.kept)
	require.True(t, before.Clean(), "%v", before.Findings)
	h.sign()
	r := h.check(h.kept)
	require.True(t, r.Clean(), "%v", r.Findings)
	require.Equal(t, 2, r.Entries["erasure"])

	broken, err := db.New(h.rec.Owner).ListBrokenAudit(context.Background(), 10)
	require.NoError(t, err)
	for _, b := range broken { // the house itself has an erasure that erased nothing
		require.NotContains(t, b.Entry, a.ID)
	}
	h.super("UPDATE erasure SET digest = repeat('0', 64) WHERE reason = 'retention'")
	require.NotEmpty(t, h.check(h.kept).Findings, "a receipt stays as it is")
}
