package work

import (
	"slices"

	"koko/domain/file"
)

// noticeKinds lists what people are notified of.
var noticeKinds = []string{
	"work_handed",
	"work_accepted",
	"work_not_accepted",
	"work_lapsed",
	"work_left",
	"work_form_chosen",
	"work_begins",
	"work_admitted",
	"work_admission_ended",
	"work_ended",
	"work_withdrawn",
	"missed_conditions",
	"missed_review",
	"missed_clause",
}

// Notices is whom to tell about the step from before to w: nobody but the facilitators and whom they admitted.
func (w Work) Notices(before Work) (ns []Notice) {
	tell := func(holds bool, kind string, people ...string) {
		if holds && len(people) > 0 {
			ns = append(ns, Notice{Kind: kind, People: people})
		}
	}
	came := func(p Phase) bool { return w.Phase == p && before.Phase != p }
	tell(before.Version == 0, "work_handed", w.invited()...)
	for i, f := range w.Facilitators {
		var b Facilitator
		if i < len(before.Facilitators) {
			b = before.Facilitators[i]
		}
		lapsed := f.Lapsed != nil && b.Lapsed == nil
		tell(f.Accepted != nil && b.Accepted == nil, "work_accepted", w.others(f.Subject)...)
		tell(f.Declined != nil && b.Declined == nil || lapsed, "work_not_accepted", w.current()...)
		tell(lapsed, "work_lapsed", f.Subject)
		tell(f.Left != nil && b.Left == nil, "work_left", w.current()...)
	}
	if w.Form != nil {
		tell(before.Form == nil || before.Form.Stamp != w.Form.Stamp, "work_form_chosen", w.others(w.Form.By)...)
	}
	if w.Conditions != nil {
		tell(before.Conditions == nil, "work_begins", w.others(w.Conditions.By)...)
	}
	for i, a := range w.Admissions {
		fresh := i >= len(before.Admissions)
		tell(fresh, "work_admitted", a.Subject)
		tell(!fresh && a.Ended != nil && before.Admissions[i].Ended == nil && a.Ended.By != a.Subject && !w.admits(a.Subject),
			"work_admission_ended", a.Subject)
	}
	if w.Ended != nil {
		tell(came(Ended), "work_ended", w.others(w.Ended.By)...)
	}
	tell(came(Withdrawn), "work_withdrawn", append(before.current(), before.invited()...)...)
	for _, d := range file.NewlyMissed(before.Passed, w.Passed) {
		tell(slices.Contains([]string{"conditions", "review", "clause"}, d.Kind), "missed_"+d.Kind, w.current()...)
	}
	return ns
}

// admits reports whether somebody may read the file who is no facilitator.
func (w Work) admits(subject string) bool {
	return slices.ContainsFunc(w.Admissions, func(a Admitted) bool { return a.Subject == subject && a.Ended == nil })
}
