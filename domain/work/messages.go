package work

import (
	"koko/domain/file"
	"koko/domain/working"
)

// Messages is what the case has to know of the step from before to w: the same for every form of work.
func (w Work) Messages(before Work) (ms []file.Message) {
	tell := func(holds bool, cmd file.Command) {
		if holds {
			ms = append(ms, working.ToCase(w.Begun.Case, cmd))
		}
	}
	came := func(p Phase) bool { return w.Phase == p && before.Phase != p }
	tell(w.Accepted != nil && before.Accepted == nil, working.WorkAccepted{Work: w.ID})
	tell(came(Declined), working.WorkDeclined{Work: w.ID})
	tell(w.Examined && !before.Examined, working.ConditionsExamined{Work: w.ID})
	if w.Answers > before.Answers {
		tell(true, working.WorkAnswered{Work: w.ID, Answer: w.Answer.tells()})
	}
	for _, r := range w.Releases[len(before.Releases):] {
		tell(true, working.PlanMeasure{Due: r.Due, Work: w.ID, Docs: r.Docs})
	}
	tell(came(Ended), working.WorkEnded{Work: w.ID})
	return ms
}
