package api

import (
	"context"

	"koko/api/files"
	"koko/api/guard"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
)

// desks returns what the API does for some kinds only: it completes commands from the configuration or
// the record, and shows what the state does not hold.
func (s *server) desks() map[file.Kind]func(*files.Kind) {
	return map[file.Kind]func(*files.Kind){
		conflict.Kind:  s.conflictDesk,
		enrolment.Kind: s.training.EnrolmentDesk,
		cohort.Kind:    s.training.CohortDesk,
	}
}

// conflictDesk adds the configured range of stages to a plan, so that the record says which one
// applied.
func (s *server) conflictDesk(f *files.Kind) {
	f.Complete = func(_ context.Context, _ guard.Principal, _ file.State, _ string, cmd file.Command) (file.Command, error) {
		if p, ok := cmd.(conflict.PlanMediation); ok {
			p.Recommended = s.public.Interventions.For(p.Form)
			return p, nil
		}
		return cmd, nil
	}
}
