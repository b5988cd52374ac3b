package advice

import (
	"slices"

	"koko/domain/file"
)

// coordinators are notified by their role.
var coordinators = []string{"advice_coordinator"}

// noticeKinds lists what people are notified of.
var noticeKinds = []string{
	"advice_requested",
	"advice_answered",
	"advice_clarified",
	"advice_declined",
	"advice_referred",
	"advice_withdrawn",
	"advice_lapsed",
	"advisers_assigned",
	"adviser_not_independent",
	"advice_goals_set",
	"agreement_proposed",
	"advice_agreed",
	"extension_proposed",
	"agreement_extended",
	"meeting_recorded",
	"hours_80",
	"hours_100",
	"advice_paused",
	"advice_resumed",
	"advice_closed",
	"advice_broken_off",
	"advice_period_over",
	"advice_followed_up",
	"missed_answer",
	"missed_talk",
	"missed_silence",
	"missed_period_soon",
	"missed_resume",
	"missed_follow_up",
}

// Notices is whom to tell about the step from before to a.
func (a Advice) Notices(before Advice) (ns []Notice) {
	tell := func(holds bool, kind string, people []string, roles ...string) {
		if holds {
			ns = append(ns, Notice{Kind: kind, People: people, Roles: roles})
		}
	}
	requester, both := []string{a.Requester}, a.both()
	tell(before.Version == 0, "advice_requested", nil, coordinators...)
	tell(before.Answered == nil && a.Answered != nil, "advice_answered", requester)
	tell(before.Clarified == nil && a.Clarified != nil, "advice_clarified", both)
	tell(!slices.Equal(before.Advisers.people(), a.Advisers.people()), "advisers_assigned", both)
	tell(a.Advisers.partial() > before.Advisers.partial(), "adviser_not_independent", nil, coordinators...)
	tell(a.Goals != nil && (before.Goals == nil || !before.Goals.At.Equal(a.Goals.At)), "advice_goals_set", a.Advisers.people())
	if p := a.Proposal; p != nil && (before.Proposal == nil || before.Proposal.Stamp != p.Stamp) {
		tell(true, "agreement_proposed", a.of(a.other(p.By)))
	}
	tell(len(a.Meetings) > len(before.Meetings), "meeting_recorded", requester)
	tell(a.used(80) && !a.used(100) && !before.used(80), "hours_80", both)
	tell(a.used(100) && !before.used(100), "hours_100", both)
	a.extensionNotices(before, tell)
	a.phaseNotices(before, tell)
	for _, d := range file.NewlyMissed(before.Passed, a.Passed) {
		ns = append(ns, a.missed(d.Kind)...)
	}
	return slices.DeleteFunc(ns, func(n Notice) bool { return len(n.People) == 0 && len(n.Roles) == 0 })
}

func (a Advice) extensionNotices(before Advice, tell func(bool, string, []string, ...string)) {
	was, is := before.waiting(), a.waiting()
	if is != nil && (was == nil || was.Stamp != is.Stamp) {
		tell(true, "extension_proposed", a.of(a.other(is.By)))
	}
	tell(was != nil && is == nil, "agreement_extended", a.both(), coordinators...)
}

func (a Advice) phaseNotices(before Advice, tell func(bool, string, []string, ...string)) {
	if a.Phase == before.Phase {
		return
	}
	both := a.both()
	switch a.Phase {
	case Rejected:
		tell(true, "advice_declined", both)
	case Passed:
		tell(true, "advice_referred", both)
	case Withdrew:
		tell(true, "advice_withdrawn", a.Advisers.people(), coordinators...)
	case Lapsed:
		tell(true, "advice_lapsed", both, coordinators...)
	case Agreed:
		tell(true, "advice_agreed", both, coordinators...)
	case Resting:
		tell(true, "advice_paused", both)
	case Running:
		tell(before.Phase == Resting, "advice_resumed", both)
	case Closed:
		tell(a.Ended.By != file.System, "advice_closed", both, coordinators...)
		tell(a.Ended.By == file.System, "advice_period_over", both, coordinators...)
	case Broken:
		tell(true, "advice_broken_off", both, coordinators...)
	case Asked:
		tell(true, "advice_followed_up", nil, coordinators...)
	case Received, Cleared: // told as the commands that lead there
	}
}

// missed tells of a deadline that has passed. What else follows from one is told as a change of phase.
func (a Advice) missed(kind string) []Notice {
	n := Notice{Kind: "missed_" + kind}
	switch kind {
	case "answer", "talk":
		n.Roles = coordinators
	case "silence", "period_soon", "resume":
		n.People = a.both()
	case "follow_up":
		n.People, n.Roles = []string{a.Requester}, coordinators
	default:
		return nil
	}
	return []Notice{n}
}
