package demo

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training/enrolment"
)

//go:embed demo_training.json
var trainingJSON []byte

// A course is one of the invented cohorts, up to where it stands.
type course struct {
	ID        string      `json:"id"`
	Title     string      `json:"titel"`
	AGS       ags.Key     `json:"ags"`
	Seats     int         `json:"plaetze"`
	Minimum   int         `json:"minimum"`
	Quota     int         `json:"quote"`
	OfferDays int         `json:"annahmetage"`
	Weeks     int         `json:"bewerbung_wochen"`
	Closed    bool        `json:"abgeschlossen"` // the application window
	Trainers  []string    `json:"trainer"`
	Assessors []string    `json:"pruefer"`
	Lessons   []lesson    `json:"termine"`
	Moved     []relocated `json:"verlegt"`
	Pupils    []pupil     `json:"teilnehmende"`
}

// A lesson is a date, so many weeks from the day on which the demonstration begins.
type lesson struct {
	ID      string `json:"id"`
	Unit    string `json:"modul"`
	Week    int    `json:"woche"`
	Weekday int    `json:"wochentag"`
	Place   string `json:"ort"`
}

// past reports whether it has taken place when the demonstration begins.
func (l lesson) past() bool { return l.Week < 0 }

// A relocated date takes place another week, and elsewhere.
type relocated struct {
	Lesson string `json:"termin"`
	Week   int    `json:"woche"`
	Reason string `json:"begruendung"`
	Place  string `json:"ort"`
}

// A pupil is what becomes of a trainee. What is left out did not happen.
type pupil struct {
	Login        string   `json:"login"`
	Motivation   string   `json:"beweggrund"`
	Standing     string   `json:"stand"`  // beworben, freigestellt; empty: admitted
	Waits        bool     `json:"wartet"` // for a seat
	Absences     []absent `json:"fehlt"`
	Withdrawn    *leaving `json:"ausgetreten"`
	MakeUp       *makeUp  `json:"nachholen"`
	Concept      *paper   `json:"konzept"`
	CaseReport   *paper   `json:"fallbericht"`
	Supervisions []struct {
		Week    int    `json:"woche"`
		Content string `json:"inhalt"`
	} `json:"supervisionen"`
	Attempts  []attempt `json:"pruefungen"`
	Certified bool      `json:"zertifikat"`
	Confirmed bool      `json:"bescheinigung"`
	Reissued  *struct {
		Holder string                  `json:"name"`
		Reason enrolment.ReissueReason `json:"grund"`
	} `json:"neu_ausgestellt"`
	Pause *struct {
		Reason enrolment.PauseReason `json:"grund"`
		Until  int                   `json:"bis_woche"`
	} `json:"pause"`
}

type absent struct {
	Lesson  string `json:"termin"`
	Minutes int    `json:"minuten"`
	Excused bool   `json:"entschuldigt"`
}

type leaving struct {
	After  string                     `json:"nach"` // the last date
	Reason enrolment.WithdrawalReason `json:"grund"`
	Text   string                     `json:"text"`
}

type makeUp struct {
	Unit     string               `json:"modul"`
	Kind     enrolment.MakeUpKind `json:"art"`
	Course   string               `json:"in"`
	Weeks    int                  `json:"frist_wochen"`
	Task     string               `json:"aufgabe"`
	Text     string               `json:"text"` // empty: not handed in yet
	Feedback string               `json:"rueckmeldung"`
	Accepted bool                 `json:"angenommen"`
}

// A paper is a concept or a case report.
type paper struct {
	Returned string `json:"erst_zurueck"` // the feedback to a first draft
	Text     string `json:"text"`         // empty: not handed in anew yet
	Feedback string `json:"rueckmeldung"`
}

// An attempt at the assessment; an assessor without reasons has not said anything yet.
type attempt struct {
	Assessors []string `json:"pruefer"`
	Passed    bool     `json:"bestanden"`
	Reasons   []string `json:"begruendungen"`
	Appeal    *struct {
		Text    string `json:"text"`
		Upheld  bool   `json:"stattgegeben"`
		Reasons string `json:"begruendung"`
	} `json:"widerspruch"`
}

// courses reads the cohorts. A field that it does not know would be lost without a word: it refuses.
func courses() ([]course, error) {
	var all struct {
		Remark  string   `json:"hinweis"`
		Courses []course `json:"durchgaenge"`
	}
	d := json.NewDecoder(bytes.NewReader(trainingJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("read the demo cohorts: %w", err)
	}
	return all.Courses, nil
}

// attends reports whether p was still there on a lesson.
func (c course) attends(p pupil, l lesson) bool {
	if p.Standing != "" || p.Waits || !l.past() {
		return false
	}
	at := func(id string) int {
		return slices.IndexFunc(c.Lessons, func(l lesson) bool { return l.ID == id })
	}
	return p.Withdrawn == nil || at(l.ID) <= at(p.Withdrawn.After)
}

// attended counts the dates of which p's enrolment has a line.
func (c course) attended(p pupil) (n int) {
	for _, l := range c.Lessons {
		if c.attends(p, l) {
			n++
		}
	}
	return n
}

// Every day of teaching has eight hours of sixty minutes, and an hour for lunch.
const (
	teaching  = 480 // minutes
	beginHour = 9   // in Berlin
)

// hours are when a day of teaching in some week begins and ends. A week's Monday is that of the week
// in which the demonstration began.
func hours(began time.Time, week, weekday int) (begins, ends time.Time) {
	local := began.In(calendar.Berlin)
	monday := calendar.DayOf(began) - calendar.Day(int(local.Weekday())+6)%7
	begins = (monday + calendar.Day(7*week+weekday-1)).At(beginHour * time.Hour)
	return begins, begins.Add((teaching + 60) * time.Minute)
}

// friday is the end of a week.
func friday(began time.Time, week int) file.Date {
	begins, _ := hours(began, week, 5)
	return file.DateOf(begins)
}

// lineManagerOf is the login of the line manager of a trainee, who works at the same place.
func lineManagerOf(login string) string {
	_, place, _ := strings.Cut(login, ".")
	return "linemanager." + place
}

func subjectsOf(logins []string) []string {
	var all []string
	for _, l := range logins {
		all = append(all, subjectOf(l))
	}
	return all
}
