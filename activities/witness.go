package activities

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"koko/internal/evidence/witness"
)

// Contradiction is the type of the error that a witness has seen a log that contradicts ours.
const Contradiction = "contradiction"

// Witnesses asks other instances to cosign the checkpoints of this one.
type Witnesses struct {
	Exchange witness.Exchange
}

// WitnessAnswer is the result of asking one witness.
type WitnessAnswer struct {
	Witness string          `json:"witness"` // the name of the instance
	Outcome witness.Outcome `json:"outcome"`
	Size    uint64          `json:"size"`
}

// CollectCosignatures asks every witness about the latest checkpoint and keeps what they cosign. A
// witness that does not answer holds up nobody. One that contradicts makes it fail: asking again
// does not help.
func (a *Witnesses) CollectCosignatures(ctx context.Context) ([]WitnessAnswer, error) {
	results, err := a.Exchange.Collect(ctx, time.Now())
	if err != nil {
		return nil, fmt.Errorf("collect cosignatures: %w", err)
	}
	log := activity.GetLogger(ctx)
	var answers []WitnessAnswer
	var against []string
	for _, r := range results {
		name := r.Peer.Origin()
		answers = append(answers, WitnessAnswer{Witness: name, Outcome: r.Outcome, Size: r.Size})
		switch r.Outcome {
		case witness.Cosigned:
		case witness.Contradicted:
			against = append(against, name)
			log.Error("a witness contradicts our log: was it rewritten, or restored from a backup?", "witness", name, "size", r.Size, "err", r.Err)
		default:
			log.Warn("a witness did not cosign", "witness", name, "outcome", string(r.Outcome), "size", r.Size, "err", r.Err)
		}
	}
	if len(against) > 0 {
		says := "our log does not continue what was cosigned by " + strings.Join(against, ", ")
		return nil, temporal.NewNonRetryableApplicationError(says, Contradiction, nil)
	}
	return answers, nil
}
