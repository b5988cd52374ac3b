// Package people serves what concerns the caller and other people as such: who the caller is, what they were notified
// of, and who holds which role where.
package people

import (
	"github.com/danielgtaylor/huma/v2"

	"koko/api/files"
)

// Server serves people.
type Server struct {
	*files.Server
}

// Register adds its operations.
func (s *Server) Register(v1 huma.API) {
	s.registerGrants(v1)
	s.registerGrantProposals(v1)
	s.registerAbsences(v1)
	s.registerSubstitutions(v1)
	s.registerNotifications(v1)
	s.registerMe(v1)
}
