// Package evidence serves the log over the audit: its checkpoints, proofs that an entry stands in it, and witnesses.
package evidence

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/witness"
)

// Server serves the log.
type Server struct {
	*guard.Guard
	Ledger  Ledger
	Keys    func() (*ledger.Keys, error) // read anew each time: a rotation holds at once
	Witness witness.Witness
}

// Register adds what callers ask.
func (s *Server) Register(v1 huma.API) {
	s.registerLedger(v1)
	s.registerWitnesses(v1)
}

// RegisterPublic adds what anybody may ask, and what other instances send.
func (s *Server) RegisterPublic(mux *http.ServeMux, api huma.API) {
	s.registerPublicLedger(api)
	s.registerWitness(mux)
}

// Ledger is what the API needs of the workflows of the log.
type Ledger interface {
	// Checkpoint has all that was recorded until now put into the log, and the log signed.
	Checkpoint(ctx context.Context) error
	// Cosign has the witnesses asked to cosign the latest checkpoint.
	Cosign(ctx context.Context) error
}
