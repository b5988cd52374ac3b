package cohort

import (
	"koko/domain/file"
	"koko/domain/training"
)

// NoticeKinds lists the kinds of notices about a cohort.
func NoticeKinds() []string {
	return []string{
		"date_added",
		"date_rescheduled",
		"date_cancelled",
		"date_soon",
		"list_due",
		"cohort_short",
		"cohort_cancelled",
		"cohort_merged",
		"cohort_finished",
	}
}

// Notices is whom to tell about the step from before to c.
func (c Cohort) Notices(before Cohort) []file.Notice {
	var ns []file.Notice
	everyone := c.Everyone()
	for _, d := range c.Dates {
		i := before.date(d.ID)
		switch {
		case i < 0 && before.Version > 0:
			ns = append(ns, file.Notice{Kind: "date_added", Tied: append(training.Trainees(everyone), training.Trainers(c.ID)...)})
		case i >= 0 && d.Moved != before.Dates[i].Moved:
			ns = append(ns, file.Notice{Kind: "date_rescheduled", Tied: append(training.Trainees(everyone), training.Trainers(c.ID)...)})
		case i >= 0 && d.Cancelled != before.Dates[i].Cancelled:
			ns = append(ns, file.Notice{Kind: "date_cancelled", Tied: append(training.Trainees(everyone), training.Trainers(c.ID)...)})
		}
	}
	if c.Stage != before.Stage {
		switch c.Stage {
		case Short:
			ns = append(ns, file.Notice{Kind: "cohort_short", Roles: training.Coordinators})
		case Cancelled, Merged:
			ns = append(ns, file.Notice{
				Kind:  "cohort_" + string(c.Stage),
				Tied:  append(training.Trainees(before.Everyone()), training.Trainers(c.ID)...),
				Roles: training.Coordinators,
			})
		case Finished:
			ns = append(ns, file.Notice{Kind: "cohort_finished", Roles: training.Coordinators})
		case Open, Running: // nobody waits for that
		}
	}
	for _, d := range file.NewlyMissed(before.Passed, c.Passed) {
		switch d.Kind {
		case "remind":
			if c.Changed.Before(d.Event) { // else it has begun
				ns = append(ns, file.Notice{Kind: "date_soon", Tied: append(training.Trainees(c.Participants()), training.Trainers(c.ID)...)})
			}
		case "sign":
			ns = append(ns, file.Notice{Kind: "list_due", Tied: training.Trainers(c.ID), Roles: training.Coordinators})
		}
	}
	return ns
}
