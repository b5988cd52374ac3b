package historytest

import (
	"time"

	"koko/domain/advice"
	"koko/domain/file"
	"koko/internal/casetest"
)

// The people of an advice.
const (
	adviceClient      = "p-7a10"
	adviceLocal       = "p-8b32"
	adviceExternal    = "p-9c54"
	adviceCoordinator = "p-0d76"
)

func adviceWay(salt string) (string, []Step) { return AdviceWay(salt, Begins) }

// AdviceWay is the way of a coaching from the request to the follow-up, with notes of both sides. It begins at
// begins and takes a day.
func AdviceWay(salt string, begins time.Time) (id string, steps []Step) {
	m := &casetest.Maker{Salt: salt}
	id = m.ID()
	day := func(months, days int) file.Date {
		return file.Date(begins.AddDate(0, months, days).Format(time.DateOnly))
	}
	today := day(0, 0)
	says := func(c file.Command, in file.Compartment, fields ...string) file.Docs {
		return m.Prose(c.Action(), in, fields...)
	}
	add := func(by string, cmd file.Command) {
		steps = append(steps, Step{by, begins.Add(time.Duration(len(steps)) * 10 * time.Minute), cmd})
	}
	add(adviceClient, advice.RequestAdvice{
		Form: advice.Coaching, Topic: "rolle_und_haltung", Urgency: "bald", Origin: "ki", RelatedCase: "KK-2025/014",
		Docs: says(advice.RequestAdvice{}, advice.File, "title", "concern"),
	})
	add(adviceCoordinator, advice.AnswerAdvice{TalkOn: today})
	add(adviceCoordinator, advice.ClarifyAdvice{
		HeldOn: today, Form: advice.Coaching, Urgency: "bald", Docs: says(advice.ClarifyAdvice{}, advice.File, "task"),
	})
	add(adviceCoordinator, advice.AssignAdvisers{Local: adviceLocal, External: adviceExternal})
	add(adviceLocal, advice.DeclareIndependence{Independent: true})
	add(adviceExternal, advice.DeclareIndependence{Independent: true})
	add(adviceClient, advice.SetGoals{Goals: []advice.Goal{{ID: "g1", Start: -2}}, Docs: says(advice.SetGoals{}, advice.GoalsFile, "goals.g1.goal")})
	add(adviceLocal, advice.ProposeAgreement{
		Hours: 20, From: today, Until: day(7, -1), Payer: "land", Told: []advice.Disclosed{{To: "auftraggeber", What: "stunden"}},
		Docs: says(advice.ProposeAgreement{}, advice.File, "early_end"),
	})
	add(adviceClient, advice.AgreeAdvice{})
	add(adviceExternal, advice.RecordMeeting{HeldOn: today, Minutes: 120, Present: 3, Setting: "vor_ort"})
	add(adviceLocal, advice.NoteAdvice{Docs: says(advice.NoteAdvice{}, advice.AdvisersNotes, "note")})
	add(adviceClient, advice.NoteAsClient{Docs: says(advice.NoteAsClient{}, advice.ClientNotes, "note")})
	add(adviceLocal, advice.ExtendAgreement{Hours: 10, Until: day(10, -1)})
	add(adviceClient, advice.AgreeExtension{})
	add(adviceLocal, advice.PauseAdvice{Reason: "urlaub", Until: day(0, 17)})
	add(adviceClient, advice.ResumeAdvice{})
	add(adviceClient, advice.RateGoals{Ratings: []advice.Rating{{Goal: "g1", Value: 1}}})
	add(adviceLocal, advice.CloseAdvice{Outcome: "auftrag_erfuellt"})
	add(adviceClient, advice.RecordFollowUp{HeldOn: today, Holds: "traegt"})
	return id, steps
}
