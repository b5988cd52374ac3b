// Package public serves what needs no role: facts for reference, whether a certificate is genuine, and the pages that
// people look at.
package public

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/training"
	"koko/domain/work"
)

// Server serves facts and certificates.
type Server struct {
	*guard.Guard
	Training      *training.Server // knows certificates
	Interventions work.Interventions
}

// Register adds the operations for callers who are logged in.
func (s *Server) Register(v1 huma.API) { s.registerMunicipalities(v1) }

// RegisterPublic adds the public operations, and the pages.
func (s *Server) RegisterPublic(mux *http.ServeMux, api huma.API) {
	s.registerVerification(api)
	s.registerVerificationPages(mux, api.OpenAPI().Info.Version)
}
