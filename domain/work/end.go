package work

import (
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/working"
)

// ActionEnd ends the work.
const ActionEnd Action = "end_work"

// EndWork says how the work ended. The case learns that it is over, and nothing of this.
type EndWork struct {
	Outcome     Outcome    `json:"outcome" doc:"How it ended"`
	ConcludedOn Date       `json:"concluded_on" format:"date" doc:"The day the work ended; not in the future"`
	StageAfter  int        `json:"stage_after" minimum:"1" maximum:"9" doc:"Escalation stage after Glasl at the end" example:"2"`
	Factors     []Factor   `json:"factors,omitempty" nullable:"false" doc:"What helped" example:"[\"klare_regeln\"]"`
	Obstacles   []Obstacle `json:"obstacles,omitempty" nullable:"false" doc:"What stood in the way" example:"[\"knappe_ressourcen\"]"`
	Lessons     file.Words `json:"lessons,omitzero" in:"work" maxLength:"20000" doc:"What is to be remembered, for the facilitators alone" example:"Regeln früh offenlegen."`
	Docs
}

// Closing is how the work ended.
type Closing struct {
	Stamp
	EndWork
}

// Action is end_work.
func (EndWork) Action() Action { return ActionEnd }

// Check refuses unknown values.
func (e EndWork) Check() error {
	return file.First(
		file.OneOf("outcome", e.Outcome),
		file.Day("concluded_on", e.ConcludedOn),
		file.Between("stage_after", e.StageAfter, 1, 9),
		file.EachOf("factors", e.Factors),
		file.EachOf("obstacles", e.Obstacles),
		e.In(e.Action(), Notes),
	)
}

// Apply ends the work. A settlement comes out of confirmed work, and an agreement has clauses.
func (e EndWork) Apply(w *Work, by Stamp) *fault.Error {
	if f := file.NotAfter("concluded_on", e.ConcludedOn, by.At); f != nil {
		return f
	}
	if e.Outcome.settled() {
		if f := confirmed(*w, by.By); f != nil {
			return f
		}
		if len(w.Sessions) == 0 {
			return file.Waiting("no session is recorded", "sessions", "a facilitator records it with record_work_session", "sessions")
		}
	}
	if e.Outcome == Agreement || e.Outcome == PartialAgreement {
		if f := agreed(*w, by.By); f != nil {
			return f
		}
	}
	w.Ended, w.Phase = &Closing{by, e}, Ended
	return nil
}

// WithdrawWork is what the case tells when it goes on without this file: it was handed over to others, or ends.
type WithdrawWork working.WithdrawWork

// Action is withdraw_work.
func (WithdrawWork) Action() Action { return working.ActionWithdrawWork }

// Check accepts it.
func (d WithdrawWork) Check() error { return file.First(d.In(d.Action())) }

// Apply ends the work.
func (WithdrawWork) Apply(w *Work, by Stamp) *fault.Error {
	w.Withdrawn, w.Phase = &by, Withdrawn
	return nil
}
