package enrolment

import (
	"slices"

	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training"
)

func coordinatorsIf(holds bool) []string {
	if holds {
		return training.Coordinators
	}
	return nil
}

// NoticeKinds lists the kinds of notices about an enrolment.
func NoticeKinds() []string {
	kinds := []string{
		"release_wanted", "application_wanted", "rejected", "waiting", "seat_offered", "admitted", "seat_lost", "make_up_planned",
		"make_up_submitted", "make_up_reviewed", "concept_submitted", "concept_reviewed", "case_submitted", "case_reviewed",
		"assessors_appointed", "assessed", "appealed", "appeal_decided", "qualified", "certified", "reissued", "revoked", "confirmed",
		"paused", "resumed", "withdrawn", "failed", "lapsed", "curriculum_adopted", "employer_changed",
	}
	for _, k := range DeadlineKinds() {
		kinds = append(kinds, "missed_"+k)
	}
	return kinds
}

// Notices is whom to tell about the step from before to e. A missed offer or make-up leaves the
// deadlines at once: only what it changed tells of it.
func (e Enrolment) Notices(before Enrolment) []file.Notice {
	var ns []file.Notice
	tell := func(holds bool, n file.Notice) {
		if holds {
			ns = append(ns, n)
		}
	}
	trainee, cohorts := []string{e.Trainee}, e.Cohorts()
	tell(before.Version == 0, file.Notice{Kind: "release_wanted", People: []string{e.LineManager}})
	tell(before.Release == nil && e.Release != nil && e.Release.Granted, file.Notice{Kind: "application_wanted", Roles: training.Coordinators})
	tell(e.seat() != before.seat() && e.seat() != "", file.Notice{Kind: seatNotice(e.seat()), People: trainee})
	tell(before.seat() == training.SeatOffered && e.Seat == nil && !e.Changed.Before(calendar.Over(*before.Seat.Until)), e.missed(dueOffer))
	lost := before.seat() == training.SeatTaken && e.Seat == nil && slices.Contains(underway, e.Phase)
	tell(lost, file.Notice{Kind: "seat_lost", People: trainee, Roles: training.Coordinators})
	tell(len(e.MakeUps) > len(before.MakeUps), file.Notice{Kind: "make_up_planned", People: trainee})
	if len(e.MakeUps) == len(before.MakeUps) {
		for i, m := range e.MakeUps {
			tell(m.Status == MakeUpSubmitted && before.MakeUps[i].Status != m.Status, e.toTrainers("make_up_submitted"))
			tell(before.MakeUps[i].Status == MakeUpSubmitted && m.Status != MakeUpSubmitted, file.Notice{Kind: "make_up_reviewed", People: trainee})
			tell(before.MakeUps[i].Status != MakeUpMissed && m.Status == MakeUpMissed, e.missed(dueMakeUp))
		}
	}
	e.practiceNotices(before, tell)
	e.assessmentNotices(before, tell)
	e.certificateNotices(before, tell)
	both := []string{e.Trainee, e.LineManager}
	tell(e.Pause != nil && before.Pause == nil, file.Notice{Kind: "paused", People: both, Roles: training.Coordinators})
	tell(len(e.Pauses) > len(before.Pauses), file.Notice{Kind: "resumed", People: both, Tied: training.Trainers(cohorts...)})
	tell(before.Version > 0 && e.Terms.Version != before.Terms.Version, file.Notice{Kind: "curriculum_adopted", People: trainee})
	tell(before.Version > 0 && e.AGS != before.AGS, file.Notice{Kind: "employer_changed", People: both})
	if e.Phase != before.Phase && slices.Contains([]Phase{Withdrawn, Failed, Lapsed, Rejected}, e.Phase) {
		tell(true, file.Notice{Kind: string(e.Phase), People: []string{e.Trainee, e.LineManager}, Roles: training.Coordinators})
	}
	for _, d := range file.NewlyMissed(before.Passed, e.Passed) {
		tell(true, e.missed(d.Kind))
	}
	return ns
}

func (e Enrolment) seat() training.SeatStatus {
	if e.Seat == nil {
		return ""
	}
	return e.Seat.Status
}

func seatNotice(s training.SeatStatus) string {
	switch s {
	case training.SeatWaiting:
		return "waiting"
	case training.SeatOffered:
		return "seat_offered"
	default:
		return "admitted"
	}
}

// toTrainers tells the trainers of the trainee's cohorts; without one, the coordinators see to it.
func (e Enrolment) toTrainers(kind string) file.Notice {
	return file.Notice{Kind: kind, Tied: training.Trainers(e.Cohorts()...), Roles: coordinatorsIf(len(e.Cohorts()) == 0)}
}

func (e Enrolment) practiceNotices(before Enrolment, tell func(bool, file.Notice)) {
	trainee := []string{e.Trainee}
	if c := e.Concept; c != nil {
		old := before.Concept
		tell(old == nil || old.Submissions != c.Submissions, e.toTrainers("concept_submitted"))
		tell(c.Accepted != nil && old != nil && old.Accepted == nil, file.Notice{Kind: "concept_reviewed", People: trainee})
	}
	tell(len(e.CaseReports) > len(before.CaseReports), e.toTrainers("case_submitted"))
	tell(before.caseOpen() && !e.caseOpen(), file.Notice{Kind: "case_reviewed", People: trainee})
}

func (e Enrolment) assessmentNotices(before Enrolment, tell func(bool, file.Notice)) {
	now, old := e.attempt(), before.attempt()
	if now == nil {
		return
	}
	fresh := old == nil || len(e.Attempts) != len(before.Attempts) || old.At != now.At
	tell(fresh, file.Notice{Kind: "assessors_appointed", People: append([]string{e.Trainee}, now.Assessors...)})
	assessed := !fresh && now.Decided != nil && old.Decided == nil
	tell(assessed, file.Notice{Kind: "assessed", People: []string{e.Trainee}, Roles: training.Coordinators})
	tell(!fresh && now.Appeal != nil && old.Appeal == nil, file.Notice{Kind: "appealed", Roles: training.Coordinators})
	answered := !fresh && now.Appeal != nil && now.Appeal.Decision != nil && old.Appeal.Decision == nil
	tell(answered, file.Notice{Kind: "appeal_decided", People: []string{e.Trainee}})
}

func (e Enrolment) certificateNotices(before Enrolment, tell func(bool, file.Notice)) {
	holder := []string{e.Trainee}
	tell(e.Phase == Qualified && before.Phase != Qualified, file.Notice{Kind: "qualified", People: holder, Roles: training.Coordinators})
	if n := len(e.Certificates); n > len(before.Certificates) {
		kind := "certified"
		switch c := e.Certificates[n-1]; {
		case c.Supersedes != "":
			kind = "reissued"
		case c.Kind == AttendanceConfirmation:
			kind = "confirmed"
		}
		tell(true, file.Notice{Kind: kind, People: []string{e.Trainee, e.LineManager}})
		return
	}
	for i, c := range e.Certificates {
		revoked := c.Revoked != nil && before.Certificates[i].Revoked == nil
		tell(revoked, file.Notice{Kind: "revoked", People: holder, Roles: training.Coordinators})
	}
}

// missed is the reminder, or the escalation, of a deadline.
func (e Enrolment) missed(kind string) file.Notice {
	n := file.Notice{Kind: "missed_" + kind, People: []string{e.Trainee}, Roles: training.Coordinators}
	switch kind {
	case "release":
		n.People = []string{e.Trainee, e.LineManager}
	case "application":
		n.People = nil
	case "feedback":
		n.Tied = training.Trainers(e.Cohorts()...)
	case "verdict":
		n.People = e.Assessors()
	case "lapse_soon":
		n.People = []string{e.Trainee, e.LineManager}
	}
	return n
}
