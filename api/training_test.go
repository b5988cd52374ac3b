package api_test

import (
	"time"

	"koko/db/reference"
	"koko/domain/ags"
	"koko/domain/training/curriculum"
	"koko/internal/trainingtest"
)

// Words that stand in the file of the training and nowhere else.
const (
	wordOfTitle  = "Durchgang Blauregen"
	wordOfPlace  = "Saal Zitronenfalter"
	wordOfHolder = "Nadia El-Tarifi"
)

func koko() curriculum.Curriculum { return reference.Curricula()[0] }

// daysAgo is when the stories of the training begin: the dates of a cohort lie around now.
func daysAgo(n int) time.Time { return time.Now().UTC().AddDate(0, 0, -n).Truncate(time.Minute) }

// plan is a cohort of k: its five modules are taught every two weeks, the first three before now.
func plan(k ags.Key) object {
	var dates []object
	for _, d := range trainingtest.Dates(koko().Terms(), daysAgo(30), 14*24*time.Hour) {
		dates = append(dates, object{"id": d.ID, "unit": d.Unit, "begins": d.Begins, "ends": d.Ends, "minutes": d.Minutes, "online": d.Online, "place": wordOfPlace})
	}
	return object{
		"ags": k, "curriculum": "koko", "title": wordOfTitle, "offered": []ags.Key{k}, "seats": 12, "minimum": 2, "quota": 12,
		"closes": daysAgo(40), "offer_days": 7, "trainers": []string{trainer}, "assessors": []string{assessor, assessor2}, "dates": dates,
	}
}

// planned opens a cohort sixty days ago, and leaves the engine there. change may be nil.
func (w *world) planned(change func(object)) CohortView {
	w.t.Helper()
	w.engine.At = daysAgo(60)
	body := plan(here)
	if change != nil {
		change(body)
	}
	return w.post(coordinator, "/api/v1/cohorts", body).cohortView()
}

// application is that of somebody who works here.
func application(c CohortView) object {
	return object{"ags": here, "line_manager": employer, "cohort": c.ID, "holder": wordOfHolder, "motivation": "Neugier"}
}

// seated has somebody apply for c, be released and be admitted, at the time of the engine.
func (w *world) seated(as string, c CohortView) EnrolmentView {
	w.t.Helper()
	e := w.post(as, "/api/v1/enrolments", application(c)).enrolmentView()
	e = w.enrol(employer, e, "decide-release", object{"granted": true}).enrolmentView()
	w.enrol(coordinator, e, "decide-application", object{"granted": true}).enrolmentView()
	return w.enrolment(as, e.ID)
}

// entry is a line of an attendance list.
func entry(e EnrolmentView, minutes int) object {
	return object{"enrolment": e.ID, "minutes": minutes, "excused": false}
}

// signed has the trainer sign the list of a date of c, now.
func (w *world) signed(c CohortView, date string, entries ...object) CohortView {
	w.t.Helper()
	w.engine.At = time.Time{}
	return w.run(trainer, w.cohort(coordinator, c.ID), "sign-list", object{"date": date, "source": "unterschriftenliste", "entries": entries}).cohortView()
}

// enrol gives a command on what somebody has seen of an enrolment.
func (w *world) enrol(as string, e EnrolmentView, command string, body any, headers ...string) answer {
	w.t.Helper()
	return w.post(as, enrolmentPath(e.ID)+"/"+command, body, append([]string{"If-Match", tag(e.Version)}, headers...)...)
}

// run gives a command on what somebody has seen of a cohort.
func (w *world) run(as string, c CohortView, command string, body any, headers ...string) answer {
	w.t.Helper()
	return w.post(as, cohortPath(c.ID)+"/"+command, body, append([]string{"If-Match", tag(c.Version)}, headers...)...)
}

// enrolment and cohort are those files as somebody sees them now.
func (w *world) enrolment(as, id string) EnrolmentView {
	w.t.Helper()
	return w.get(as, enrolmentPath(id)).enrolmentView()
}

func (w *world) cohort(as, id string) CohortView {
	w.t.Helper()
	return w.get(as, cohortPath(id)).cohortView()
}

func enrolmentPath(id string) string { return "/api/v1/enrolments/" + id }

func cohortPath(id string) string { return "/api/v1/cohorts/" + id }

// enrolmentView reads an answer that must be an enrolment.
func (a answer) enrolmentView() (e EnrolmentView) {
	a.t.Helper()
	a.ok(&e)
	if a.header.Get("ETag") != tag(e.Version) {
		a.t.Fatalf("ETag %s of version %d", a.header.Get("ETag"), e.Version)
	}
	return e
}

// cohortView reads an answer that must be a cohort.
func (a answer) cohortView() (c CohortView) {
	a.t.Helper()
	a.ok(&c)
	if a.header.Get("ETag") != tag(c.Version) {
		a.t.Fatalf("ETag %s of version %d", a.header.Get("ETag"), c.Version)
	}
	return c
}
