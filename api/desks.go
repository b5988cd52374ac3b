package api

import (
	"context"

	"koko/api/files"
	"koko/api/guard"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/domain/work"
)

// desks returns what the API does for some kinds only: it completes commands from the configuration or
// the record, and shows what the state does not hold.
func (s *server) desks() map[file.Kind]func(*files.Kind) {
	return map[file.Kind]func(*files.Kind){
		enrolment.Kind: s.training.EnrolmentDesk,
		cohort.Kind:    s.training.CohortDesk,
		work.Kind:      s.workDesk,
	}
}

// workDesk adds the configured range of stages to the form of the work, so that the file says which one applied.
func (s *server) workDesk(f *files.Kind) {
	f.Complete = func(_ context.Context, _ guard.Principal, _ file.State, _ string, cmd file.Command) (file.Command, error) {
		if c, ok := cmd.(work.ChooseForm); ok {
			c.Recommended = s.public.Interventions.For(c.Form)
			return c, nil
		}
		return cmd, nil
	}
}
