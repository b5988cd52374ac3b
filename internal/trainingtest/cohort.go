package trainingtest

import (
	"fmt"
	"time"

	"koko/domain/ags"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
)

// Dates teaches every unit of terms, one after the other: the first one begins at first, the next
// ones each every later. A unit of more than eight hours takes several days in a row.
func Dates(t curriculum.Terms, first time.Time, every time.Duration) []cohort.CourseDate {
	var ds []cohort.CourseDate
	for i, u := range t.Units {
		day := first.Add(time.Duration(i) * every)
		for left := u.Minutes; left > 0; left -= 480 {
			minutes := min(left, 480)
			ds = append(ds, cohort.CourseDate{
				ID: fmt.Sprint("d", len(ds)+1), Unit: u.ID, Minutes: minutes, Online: u.Kind == curriculum.OnlineSession,
				Begins: day, Ends: day.Add(time.Duration(minutes+60) * time.Minute),
			})
			day = day.AddDate(0, 0, 1)
		}
	}
	return ds
}

// Plan is a cohort of 12 seats, 2 at least and 6 of one municipality at most. Applications close
// after four weeks; it is taught from the sixth week on, a unit every four weeks.
func (m *Maker) Plan(c curriculum.Curriculum) cohort.PlanCohort {
	start, terms := m.Begins(), c.Terms()
	return cohort.PlanCohort{
		AGS: Town, Terms: terms, Offered: ags.Area{Town, Neighbour, Village}, Seats: 12, Minimum: 2, Quota: 6,
		Closes: start.AddDate(0, 0, 28), OfferDays: 7, Trainers: []string{Trainer}, Assessors: []string{AssessorOne, AssessorTwo},
		Dates: Dates(terms, start.AddDate(0, 0, 42), 28*24*time.Hour),
		Docs:  m.file(cohort.ActionPlanCohort, "title"),
	}
}

// Cohort is planned, open for applications and empty.
func (m *Maker) Cohort(c curriculum.Curriculum) cohort.Cohort { return m.CohortAs(m.Plan(c)) }

// CohortAs is planned as p says.
func (m *Maker) CohortAs(p cohort.PlanCohort) cohort.Cohort {
	return Walk(cohort.Cohort{ID: m.ID()}, Step{Coordinator, m.Begins(), p})
}

// Amend changes the numbers of c as change says.
func (m *Maker) Amend(c cohort.Cohort, change func(*cohort.AmendCohort)) cohort.AmendCohort {
	a := cohort.AmendCohort{Seats: c.Seats, Minimum: c.Minimum, Quota: c.Quota, Closes: c.Closes}
	change(&a)
	return a
}

// AddDate adds one.
func (m *Maker) AddDate(d cohort.CourseDate) cohort.AddDate {
	return cohort.AddDate{Date: d, Docs: m.file(cohort.ActionAddDate, "place")}
}

// Reschedule moves a date of c.
func (m *Maker) Reschedule(d cohort.CourseDate, by time.Duration) cohort.RescheduleDate {
	return cohort.RescheduleDate{
		Date: d.ID, Begins: d.Begins.Add(by), Ends: d.Ends.Add(by), Docs: m.file(cohort.ActionRescheduleDate, "reason", "place"),
	}
}

// CancelDate cancels one.
func (m *Maker) CancelDate(date string) cohort.CancelDate {
	return cohort.CancelDate{Date: date, Reason: "ausfall_leitung", Docs: m.file(cohort.ActionCancelDate, "reason")}
}

// Cancel cancels a cohort.
func (m *Maker) Cancel() cohort.CancelCohort {
	return cohort.CancelCohort{Reason: "sonstiges", Docs: m.file(cohort.ActionCancelCohort, "reason")}
}

// Merge sends everyone to another cohort.
func (m *Maker) Merge(into string) cohort.MergeCohort {
	return cohort.MergeCohort{Into: into, Docs: m.file(cohort.ActionMergeCohort, "reason")}
}

// Sign is the list of a date; give it at SignedAt.
func (m *Maker) Sign(date string, entries ...cohort.Entry) cohort.SignList {
	return cohort.SignList{Date: date, Source: "unterschriftenliste", Entries: entries, Docs: m.file(cohort.ActionSignList, "remarks")}
}

// SignedAt is when the list of d is signed: an hour after its end.
func SignedAt(d cohort.CourseDate) time.Time { return d.Ends.Add(time.Hour) }

// All is an entry for each participant of c, who attended d from the beginning to the end.
func All(c cohort.Cohort, d cohort.CourseDate) []cohort.Entry {
	var es []cohort.Entry
	for _, id := range c.Participants() {
		if c.Attends(id, d.Unit) {
			es = append(es, cohort.Entry{Enrolment: id, Minutes: d.Minutes})
		}
	}
	return es
}
