package demo

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
)

// The people of the certification who are one for all cohorts.
const (
	coordinator = "coordinator.lankeland"
	certifier   = "certifier.lankeland"
)

const curriculum = "koko"

// fields is a body.
type fields map[string]any

// A school takes the cohorts and those who attend them as far as they stand. It tells all times from
// when the demonstration began, so that an interrupted one goes on with the same.
type school struct {
	client  *client
	began   time.Time
	cohorts map[string]*journey[cohort.Cohort] // by the ids of the courses
}

// stages are the stages as people call them.
var stages = map[cohort.Stage]string{
	cohort.Open: "offen für Bewerbungen", cohort.Running: "läuft", cohort.Finished: "abgeschlossen",
}

// runCourses plans all cohorts, because one may make up a module in another, then goes through each.
func runCourses(ctx context.Context, s *school, all []course, say func(string, ...any) error) error {
	s.cohorts = map[string]*journey[cohort.Cohort]{}
	for _, c := range all {
		if err := s.plan(ctx, c); err != nil {
			return fmt.Errorf("demo cohort %s: %w", c.ID, err)
		}
	}
	for _, c := range all {
		if err := s.run(ctx, c); err != nil {
			return fmt.Errorf("demo cohort %s: %w", c.ID, err)
		}
		if err := say("%s %s: %s", c.ID, c.Title, stages[s.cohorts[c.ID].state.Stage]); err != nil {
			return err
		}
	}
	return nil
}

// plan opens a cohort for applications, with the dates that lie ahead: once a date has begun, no seat
// is given away any more.
func (s *school) plan(ctx context.Context, c course) error {
	f := &journey[cohort.Cohort]{client: s.client, reader: coordinator, story: c.ID}
	s.cohorts[c.ID] = f
	dates := []fields{}
	for _, l := range c.Lessons {
		if !l.past() {
			dates = append(dates, s.date(l))
		}
	}
	district, _ := Find(coordinator)
	err := f.begin(ctx, coordinator, "/cohorts", cohort.ActionPlanCohort, fields{
		"ags": c.AGS, "curriculum": curriculum, "curriculum_version": 1, "offered": district.Areas, "title": c.Title,
		"seats": c.Seats, "minimum": c.Minimum, "quota": c.Quota, "closes": s.began.AddDate(0, 0, 7*c.Weeks), "offer_days": c.OfferDays,
		"trainers": subjectsOf(c.Trainers), "assessors": subjectsOf(c.Assessors), "dates": dates,
	})
	if err != nil {
		return err
	}
	return f.read(ctx)
}

func (s *school) date(l lesson) fields {
	begins, ends := hours(s.began, l.Week, l.Weekday)
	return fields{"id": l.ID, "unit": l.Unit, "begins": begins, "ends": ends, "minutes": teaching, "online": false, "place": l.Place}
}

func (s *school) run(ctx context.Context, c course) error {
	pupils := map[string]*journey[enrolment.Enrolment]{}
	for _, p := range c.Pupils {
		f, err := s.admit(ctx, c, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.Login, err)
		}
		pupils[p.Login] = f
	}
	if err := s.teach(ctx, c, pupils); err != nil {
		return err
	}
	if err := s.close(ctx, c); err != nil {
		return err
	}
	for _, p := range c.Pupils {
		if err := s.accompany(ctx, c, p, pupils[p.Login]); err != nil {
			return fmt.Errorf("%s: %w", p.Login, err)
		}
	}
	return nil
}

// admit has somebody apply, and waits for what the cohort says.
func (s *school) admit(ctx context.Context, c course, p pupil) (*journey[enrolment.Enrolment], error) {
	f := &journey[enrolment.Enrolment]{client: s.client, reader: coordinator, story: c.ID + "/" + p.Login}
	if err := s.apply(ctx, c, p, f); err != nil {
		return f, err
	}
	if err := f.read(ctx); err != nil || p.Standing == "beworben" {
		return f, err
	}
	err := f.take(ctx, step[enrolment.Enrolment]{
		as: lineManagerOf(p.Login), action: enrolment.ActionDecideRelease, body: fields{"granted": true},
		done: func(e enrolment.Enrolment) bool { return e.Release != nil },
	})
	if err != nil || p.Standing == "freigestellt" {
		return f, err
	}
	if err := f.take(ctx, step[enrolment.Enrolment]{
		as: coordinator, action: enrolment.ActionDecideApplication, body: fields{"granted": true},
		done: func(e enrolment.Enrolment) bool { return e.Admission != nil },
	}); err != nil {
		return f, err
	}
	return f, f.await(ctx, "a seat, or a place in the line", func(e enrolment.Enrolment) bool {
		return e.Seat != nil || e.Ended != nil || len(e.Certificates) > 0
	})
}

// apply sends the application, unless there is one: its answer would be another one when the cohort's
// application window was changed since.
func (s *school) apply(ctx context.Context, c course, p pupil, f *journey[enrolment.Enrolment]) error {
	var own struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if _, err := s.client.send(ctx, request{login: p.Login, method: http.MethodGet, path: base + "/enrolments?mine=true"}, &own); err != nil {
		return fmt.Errorf("list the pupil's enrolments: %w", err)
	}
	if len(own.Items) > 0 {
		f.path = base + "/enrolments/" + own.Items[0].ID
		return nil
	}
	who, _ := Find(p.Login)
	return f.begin(ctx, p.Login, "/enrolments", training.ActionApply, fields{
		"ags":          who.Areas[0],
		"line_manager": subjectOf(lineManagerOf(p.Login)),
		"cohort":       s.cohorts[c.ID].state.ID,
		"holder":       who.Name,
		"motivation":   p.Motivation,
	})
}

// teach adds the dates that have taken place, has their lists signed, and has those leave who left
// after a date.
func (s *school) teach(ctx context.Context, c course, pupils map[string]*journey[enrolment.Enrolment]) error {
	f := s.cohorts[c.ID]
	for i, l := range c.Lessons {
		if !l.past() {
			continue
		}
		if err := f.read(ctx); err != nil {
			return err
		}
		signer := c.Trainers[i/2%len(c.Trainers)] // they take turns, module by module
		if err := f.take(ctx, s.added(l)); err != nil {
			return err
		}
		if err := f.read(ctx); err != nil { // its time limits have passed at once
			return err
		}
		if err := f.take(ctx, step[cohort.Cohort]{
			name: "sign_list-" + l.ID, as: signer, action: cohort.ActionSignList,
			body: fields{"date": l.ID, "source": "unterschriftenliste", "entries": entries(c, l, pupils)},
			done: func(o cohort.Cohort) bool { return date(o, l.ID).Signed != nil },
		}); err != nil {
			return err
		}
		for _, p := range c.Pupils {
			if p.Withdrawn != nil && p.Withdrawn.After == l.ID {
				if err := s.leave(ctx, c, p, pupils[p.Login]); err != nil {
					return fmt.Errorf("%s: %w", p.Login, err)
				}
			}
		}
	}
	for _, m := range c.Moved {
		if err := s.move(ctx, c, m); err != nil {
			return err
		}
	}
	return nil
}

func (s *school) added(l lesson) step[cohort.Cohort] {
	return step[cohort.Cohort]{
		name: "add_date-" + l.ID, as: coordinator, action: cohort.ActionAddDate, body: fields{"date": s.date(l)},
		done: func(c cohort.Cohort) bool { return date(c, l.ID).ID != "" },
	}
}

// date is the one of c with that id, or none.
func date(c cohort.Cohort, id string) cohort.CourseDate {
	for _, d := range c.Dates {
		if d.ID == id {
			return d
		}
	}
	return cohort.CourseDate{}
}

// entries are the lines of an attendance list.
func entries(c course, l lesson, pupils map[string]*journey[enrolment.Enrolment]) []cohort.Entry {
	var es []cohort.Entry
	for _, p := range c.Pupils {
		if !c.attends(p, l) {
			continue
		}
		e := cohort.Entry{Enrolment: pupils[p.Login].state.ID, Minutes: teaching}
		if i := slices.IndexFunc(p.Absences, func(a absent) bool { return a.Lesson == l.ID }); i >= 0 {
			e.Minutes, e.Excused = p.Absences[i].Minutes, p.Absences[i].Excused
		}
		es = append(es, e)
	}
	return es
}

// leave has a trainee withdraw once everything that was attended stands in the enrolment.
func (s *school) leave(ctx context.Context, c course, p pupil, f *journey[enrolment.Enrolment]) error {
	if err := s.listed(ctx, c, p, f); err != nil {
		return err
	}
	return f.take(ctx, step[enrolment.Enrolment]{
		as: p.Login, action: enrolment.ActionWithdraw, body: fields{"reason": p.Withdrawn.Reason, "note": p.Withdrawn.Text},
		done: func(e enrolment.Enrolment) bool { return e.Phase == enrolment.Withdrawn },
	})
}

// listed waits until the enrolment has taken over its lines of the signed lists.
func (s *school) listed(ctx context.Context, c course, p pupil, f *journey[enrolment.Enrolment]) error {
	return f.await(ctx, "the attendance lists", func(e enrolment.Enrolment) bool { return len(e.Attended) >= c.attended(p) })
}

func (s *school) move(ctx context.Context, c course, m relocated) error {
	f := s.cohorts[c.ID]
	if err := f.read(ctx); err != nil {
		return err
	}
	i := slices.IndexFunc(c.Lessons, func(l lesson) bool { return l.ID == m.Lesson })
	begins, ends := hours(s.began, m.Week, c.Lessons[i].Weekday)
	return f.take(ctx, step[cohort.Cohort]{
		name: "reschedule_date-" + m.Lesson, as: coordinator, action: cohort.ActionRescheduleDate,
		body: fields{"date": m.Lesson, "begins": begins, "ends": ends, "reason": m.Reason, "place": m.Place},
		done: func(o cohort.Cohort) bool { return date(o, m.Lesson).Moved > 0 },
	})
}

// close ends the application window, and waits until the cohort has seen that it is over: a cohort with
// nothing ahead is then finished. Who leaves later does not bring it below its minimum any more.
func (s *school) close(ctx context.Context, c course) error {
	f := s.cohorts[c.ID]
	if !c.Closed {
		return f.read(ctx)
	}
	if err := f.read(ctx); err != nil {
		return err
	}
	if err := f.take(ctx, step[cohort.Cohort]{
		as: coordinator, action: cohort.ActionAmendCohort,
		body: fields{"seats": c.Seats, "minimum": c.Minimum, "quota": c.Quota, "closes": s.began},
		done: func(o cohort.Cohort) bool { return o.Stage != cohort.Open || !o.Closes.After(s.began) },
	}); err != nil {
		return err
	}
	want := cohort.Finished
	if slices.ContainsFunc(c.Lessons, func(l lesson) bool { return !l.past() }) {
		want = cohort.Running
	}
	return f.await(ctx, "the end of the application window", func(o cohort.Cohort) bool { return o.Stage == want })
}

// accompany goes on with a trainee where the modules end.
func (s *school) accompany(ctx context.Context, c course, p pupil, f *journey[enrolment.Enrolment]) error {
	if p.Standing != "" || p.Waits || p.Withdrawn != nil {
		return nil
	}
	if err := s.listed(ctx, c, p, f); err != nil {
		return err
	}
	trainer := c.Trainers[0]
	for _, steps := range [][]step[enrolment.Enrolment]{
		s.makingUp(p, trainer),
		written(p, p.Concept, enrolment.ActionSubmitConcept, enrolment.ActionReviewConcept, trainer),
		written(p, p.CaseReport, enrolment.ActionSubmitCaseReport, enrolment.ActionReviewCaseReport, trainer),
		s.supervised(p, trainer), assessed(p), s.ending(p),
	} {
		if err := f.take(ctx, steps...); err != nil {
			return err
		}
	}
	return s.reissue(ctx, p, f)
}

func (s *school) makingUp(p pupil, trainer string) []step[enrolment.Enrolment] {
	m := p.MakeUp
	if m == nil {
		return nil
	}
	stands := func(in ...enrolment.MakeUpStatus) func(enrolment.Enrolment) bool {
		return func(e enrolment.Enrolment) bool {
			return len(e.MakeUps) > 0 && slices.Contains(in, e.MakeUps[0].Status)
		}
	}
	plan := fields{"unit": m.Unit, "kind": m.Kind, "due": friday(s.began, m.Weeks)}
	if m.Kind == enrolment.ElsewhereMakeUp {
		plan["cohort"] = s.cohorts[m.Course].state.ID
	} else {
		plan["task"] = m.Task
	}
	steps := []step[enrolment.Enrolment]{{
		as: coordinator, action: enrolment.ActionPlanMakeUp, body: plan, done: func(e enrolment.Enrolment) bool { return len(e.MakeUps) > 0 },
	}}
	if m.Text != "" {
		steps = append(steps, step[enrolment.Enrolment]{
			as: p.Login, action: enrolment.ActionSubmitMakeUp, body: fields{"unit": m.Unit, "text": m.Text},
			done: stands(enrolment.MakeUpSubmitted, enrolment.MakeUpAccepted),
		}, step[enrolment.Enrolment]{
			as: trainer, action: enrolment.ActionReviewMakeUp, body: fields{"unit": m.Unit, "accepted": m.Accepted, "feedback": m.Feedback},
			done: stands(enrolment.MakeUpAccepted),
		})
	}
	return steps
}

// draft is what is handed in first by those who have to try again.
const draft = "Erster Entwurf, noch ohne Vertretungsregelung."

// written are the steps of a concept or a case report.
func written(p pupil, w *paper, submit, review file.Action, trainer string) []step[enrolment.Enrolment] {
	if w == nil {
		return nil
	}
	concept := submit == enrolment.ActionSubmitConcept
	handedIn := func(e enrolment.Enrolment) (n int) {
		if concept && e.Concept != nil {
			return e.Concept.Submissions
		} else if !concept {
			return len(e.CaseReports)
		}
		return 0
	}
	answered := func(e enrolment.Enrolment) bool {
		if concept {
			return e.Concept != nil && e.Concept.Accepted != nil
		}
		return len(e.CaseReports) > 0 && e.CaseReports[len(e.CaseReports)-1].Accepted != nil
	}
	var steps []step[enrolment.Enrolment]
	n := 0
	add := func(text, feedback string, accepted bool) {
		n++
		nth, body := n, fields{"text": text}
		if concept {
			body["shared"] = false
		} else {
			body["anonymised"] = true
		}
		steps = append(steps, step[enrolment.Enrolment]{
			name: fmt.Sprint(submit, "-", nth), as: p.Login, action: submit, body: body,
			done: func(e enrolment.Enrolment) bool { return handedIn(e) >= nth },
		}, step[enrolment.Enrolment]{
			name: fmt.Sprint(review, "-", nth), as: trainer, action: review, body: fields{"accepted": accepted, "feedback": feedback},
			done: func(e enrolment.Enrolment) bool { return handedIn(e) > nth || handedIn(e) == nth && answered(e) },
		})
	}
	if w.Returned != "" {
		add(draft, w.Returned, false)
	}
	if w.Text != "" {
		add(w.Text, w.Feedback, true)
	}
	return steps
}

func (s *school) supervised(p pupil, trainer string) []step[enrolment.Enrolment] {
	var steps []step[enrolment.Enrolment]
	for i, v := range p.Supervisions {
		steps = append(steps, step[enrolment.Enrolment]{
			name: fmt.Sprint("record_supervision-", i+1), as: trainer, action: enrolment.ActionRecordSupervision,
			body: fields{"on": friday(s.began, v.Week), "minutes": 90, "note": v.Content},
			done: func(e enrolment.Enrolment) bool { return len(e.Supervisions) > i },
		})
	}
	return steps
}

func assessed(p pupil) []step[enrolment.Enrolment] {
	var steps []step[enrolment.Enrolment]
	for i, a := range p.Attempts {
		steps = append(steps, step[enrolment.Enrolment]{
			name: fmt.Sprint("appoint_assessors-", i+1), as: coordinator, action: enrolment.ActionAppointAssessors,
			body: fields{"assessors": subjectsOf(a.Assessors)}, done: func(e enrolment.Enrolment) bool { return len(e.Attempts) > i },
		})
		for j, reasons := range a.Reasons {
			steps = append(steps, verdict(i, a.Assessors[j], a.Passed, reasons))
		}
		if a.Appeal != nil {
			steps = append(steps, step[enrolment.Enrolment]{
				name: fmt.Sprint("appeal-", i+1), as: p.Login, action: enrolment.ActionAppeal, body: fields{"reasons": a.Appeal.Text},
				done: func(e enrolment.Enrolment) bool { return len(e.Attempts) > i && e.Attempts[i].Appeal != nil },
			}, step[enrolment.Enrolment]{
				name: fmt.Sprint("decide_appeal-", i+1), as: certifier, action: enrolment.ActionDecideAppeal,
				body: fields{"upheld": a.Appeal.Upheld, "reasons": a.Appeal.Reasons},
				done: func(e enrolment.Enrolment) bool {
					return len(e.Attempts) > i && e.Attempts[i].Appeal != nil && e.Attempts[i].Appeal.Decision != nil
				},
			})
		}
	}
	return steps
}

func verdict(attempt int, assessor string, passed bool, reasons string) step[enrolment.Enrolment] {
	points := 1
	if passed {
		points = 2
	}
	return step[enrolment.Enrolment]{
		name: fmt.Sprint("record_verdict-", attempt+1, "-", assessor), as: assessor, action: enrolment.ActionRecordVerdict,
		body: fields{"passed": passed, "reasons": reasons, "rubric": []enrolment.Score{
			{Criterion: "konzept", Points: 2}, {Criterion: "fallbericht", Points: 2}, {Criterion: "kolloquium", Points: points},
		}},
		done: func(e enrolment.Enrolment) bool {
			decided := func(v enrolment.Verdict) bool { return v.By == subjectOf(assessor) }
			return len(e.Attempts) > attempt && slices.ContainsFunc(e.Attempts[attempt].Verdicts, decided)
		},
	}
}

// ending is a certificate, a confirmation of attendance, or a rest.
func (s *school) ending(p pupil) []step[enrolment.Enrolment] {
	issued := func(e enrolment.Enrolment) bool { return len(e.Certificates) > 0 }
	switch {
	case p.Certified:
		return []step[enrolment.Enrolment]{{as: certifier, action: enrolment.ActionCertify, body: fields{}, done: issued}}
	case p.Confirmed:
		return []step[enrolment.Enrolment]{{as: coordinator, action: enrolment.ActionConfirmAttendance, body: fields{}, done: issued}}
	case p.Pause != nil:
		return []step[enrolment.Enrolment]{{
			as: p.Login, action: enrolment.ActionPause, body: fields{"reason": p.Pause.Reason, "until": friday(s.began, p.Pause.Until)},
			done: func(e enrolment.Enrolment) bool { return e.Pause != nil },
		}}
	}
	return nil
}

// reissue replaces a certificate, whose code only its enrolment knows.
func (s *school) reissue(ctx context.Context, p pupil, f *journey[enrolment.Enrolment]) error {
	if p.Reissued == nil {
		return nil
	}
	if err := f.read(ctx); err != nil {
		return err
	}
	return f.take(ctx, step[enrolment.Enrolment]{
		as: certifier, action: enrolment.ActionReissueCertificate,
		body: fields{"of": f.state.Certificates[0].Code, "reason": p.Reissued.Reason, "holder": p.Reissued.Holder},
		done: func(e enrolment.Enrolment) bool { return len(e.Certificates) > 1 },
	})
}
