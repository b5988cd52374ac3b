package api

import (
	"context"

	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training"
)

// desks are what the API does for files of some kinds beside what it does for every file: it completes
// commands with what the configuration or the record says, and shows what does not stand in the state.
func (s *server) desks() map[file.Kind]func(*files) {
	return map[file.Kind]func(*files){
		conflict.Kind:          s.conflictDesk,
		training.KindEnrolment: s.enrolmentDesk,
		training.KindCohort:    s.cohortDesk,
	}
}

// conflictDesk adds the configured range of stages to a plan, so that the record says which held.
func (s *server) conflictDesk(f *files) {
	f.complete = func(_ context.Context, _ Principal, _ file.State, _ string, cmd file.Command) (file.Command, error) {
		if p, ok := cmd.(conflict.PlanMediation); ok {
			p.Recommended = s.table.For(p.Form)
			return p, nil
		}
		return cmd, nil
	}
}
