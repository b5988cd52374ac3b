package historytest

import (
	"time"

	"koko/internal/casetest"
	"koko/internal/scenario"
)

// advisers are the people of an advice.
var advisers = map[string]string{"seeker": "p-7a10", "adviser": "p-8b32", "external_adviser": "p-9c54", "advice_coordinator": "p-0d76"}

// facilitators are the people of a working file, and those who dealt with the case before.
var facilitators = map[string]string{
	"mediator": casetest.Mediator, "facilitator": "p-1e98", "interpreter": "p-2fba",
	"commissioner": casetest.Manager, "analyst": casetest.Reviewer,
}

func adviceWay(salt string) (string, []Step) { return AdviceWay(salt, Begins) }

// AdviceWay is the way of a coaching from the request to the follow-up, with notes of both sides. It begins at
// begins and takes a day.
func AdviceWay(salt string, begins time.Time) (id string, steps []Step) {
	return scripted("advice/plain-way", salt, advisers, begins)
}

func workWay(salt string) (string, []Step) { return WorkWay(salt, Begins) }

// WorkWay is the way of a mediation from the hand-over to the end. It begins at begins and takes a day.
func WorkWay(salt string, begins time.Time) (id string, steps []Step) {
	return scripted("work/plain-way", salt, facilitators, begins)
}

// scripted is the way that a script tells, with a step every ten minutes.
func scripted(name, salt string, people map[string]string, begins time.Time) (id string, steps []Step) {
	m := &casetest.Maker{Salt: salt}
	id = m.ID()
	script, err := scenario.Load(name)
	must(err)
	for i, st := range script.Steps {
		o, err := st.Order(scenario.Cast{People: people, Begins: begins})
		must(err)
		cmd, err := o.Command(m.Doc)
		must(err)
		steps = append(steps, Step{o.By, begins.Add(time.Duration(i) * 10 * time.Minute), cmd})
	}
	return id, steps
}
