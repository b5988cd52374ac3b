// Package training serves what only trainings have beside their files: curricula, lists of participants, imports,
// certificates and calendars; and it completes and adorns the files of enrolments and cohorts.
package training

import (
	"github.com/danielgtaylor/huma/v2"

	"koko/api/files"
	"koko/internal/certificate"
)

// Server serves trainings.
type Server struct {
	*files.Server
	Certifier *certificate.Issuer
}

// Register adds its operations.
func (s *Server) Register(v1 huma.API) {
	s.registerCurricula(v1)
	s.registerMyCalendar(v1)
	s.registerParticipants(v1)
	s.registerImports(v1)
	s.registerTrainingStatistics(v1)
	s.registerEnrolmentWay(v1)
	s.registerTranscript(v1)
	s.registerEnrolmentCertificates(v1)
}
