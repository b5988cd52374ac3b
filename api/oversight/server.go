// Package oversight serves those who audit: who was refused and who read what, and what differs between histories,
// record and audit.
package oversight

import (
	"github.com/danielgtaylor/huma/v2"

	"koko/api/files"
)

// Server serves those who audit.
type Server struct {
	*files.Server
	Repairer Repairer
}

// Register adds its operations.
func (s *Server) Register(v1 huma.API) {
	s.registerDifferences(v1)
	s.registerPersonAccess(v1)
	s.registerAccessLog(v1)
	s.registerAccessReports(v1)
	s.registerDisclosures(v1)
}
