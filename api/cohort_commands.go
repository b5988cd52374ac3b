package api

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"koko/domain/process"
	"koko/domain/training"
)

type cohortCommandInput[B commandBody[training.CohortCommand]] struct {
	CohortRef
	Key
	IfMatch string `header:"If-Match" doc:"ETag of the cohort that you decided on. Without it the answer is 428" example:"\"7\""`
	Body    B
}

// registerCohortCommands adds one operation per command.
func (s *server) registerCohortCommands(api huma.API) {
	cohortCommand[staffCohortBody](s, api, training.ActionStaffCohort, "Name the trainers and assessors", "In place of those before.")
	cohortCommand[amendCohortBody](s, api, training.ActionAmendCohort, "Change seats, minimum, quota or the application window",
		"More seats, or a higher quota, are offered at once to those who wait longest.")
	cohortCommand[addDateBody](s, api, training.ActionAddDate, "Add a date", "Everyone who takes part is told.")
	cohortCommand[rescheduleDateBody](s, api, training.ActionRescheduleDate, "Move a date", "Everyone who takes part is told, and their calendars follow.")
	cohortCommand[cancelDateBody](s, api, training.ActionCancelDate, "Cancel a date", "Everyone who takes part is told.")
	cohortCommand[signListBody](s, api, training.ActionSignList, "Sign the attendance list of a date",
		"By a trainer of the cohort. Each trainee's enrolment takes its line over. A corrected list replaces the one before.")
	cohortCommand[cancelCohortBody](s, api, training.ActionCancelCohort, "Cancel the cohort", "Everyone is told, and may go to another cohort.")
	cohortCommand[mergeCohortBody](s, api, training.ActionMergeCohort, "Merge the cohort into another one", "Everyone is told, and keeps their place in the order of applications there.")
}

// cohortCommand adds the command of body B to the cohorts.
func cohortCommand[B commandBody[training.CohortCommand]](s *server, api huma.API, a process.Action, summary, description string) {
	huma.Register(api, s.cohorts.operation(a, summary, description), func(ctx context.Context, in *cohortCommandInput[B]) (*CohortOutput, error) {
		out, err := s.cohorts.carryOut(ctx, in.CohortRef.CohortID, a, in.IdempotencyKey, in.IfMatch, in.Body)
		return out, s.problem(ctx, err)
	})
}
