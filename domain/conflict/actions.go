package conflict

// The actions of people. Each has one command of the same name.
const (
	ActionReportSignal     Action = "report_signal"
	ActionTriage           Action = "triage"
	ActionRecordClearing   Action = "record_clearing"
	ActionDecideMandate    Action = "decide_mandate"
	ActionRecordAnalysis   Action = "record_analysis"
	ActionReviewAnalysis   Action = "review_analysis"
	ActionAssessEscalation Action = "assess_escalation"
	ActionHandToWork       Action = "hand_to_work"
	ActionFinishMeasure    Action = "finish_measure"
	ActionDropMeasure      Action = "drop_measure"
	ActionProposeClosure   Action = "propose_closure"
	ActionSignOff          Action = "sign_off"
	ActionRecordFollowUp   Action = "record_follow_up"
	ActionReopen           Action = "reopen"
	ActionAssign           Action = "assign"
	ActionMoveCaseCalendar Action = "move_case_calendar"
	ActionPauseCase        Action = "pause_case"
	ActionResumeCase       Action = "resume_case"
	ActionAddNote          Action = "add_note"
	ActionAttachDocument   Action = "attach_document"
)
