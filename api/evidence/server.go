// Package evidence serves the log over the audit: its checkpoints, proofs that an entry is in it, and witnesses.
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
	Keys    func() (*ledger.Keys, error) // read anew each time: a rotation takes effect at once
	Witness witness.Witness
}

// Register adds the operations for callers who are logged in.
func (s *Server) Register(v1 huma.API) {
	s.registerLedger(v1)
	s.registerWitnesses(v1)
}

// RegisterPublic adds the public operations, and those for other instances.
func (s *Server) RegisterPublic(mux *http.ServeMux, api huma.API) {
	s.registerPublicLedger(api)
	s.registerWitness(mux)
}

// Ledger is what the API needs of the workflows of the log.
type Ledger interface {
	// Checkpoint puts everything recorded so far into the log and signs it.
	Checkpoint(ctx context.Context) error
	// Cosign asks the witnesses to cosign the latest checkpoint.
	Cosign(ctx context.Context) error
}
