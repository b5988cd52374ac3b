package historytest

import (
	"time"

	"koko/internal/casetest"
	"koko/internal/scenario"
)

// advisers are the people of an advice.
var advisers = map[string]string{"seeker": "p-7a10", "adviser": "p-8b32", "external_adviser": "p-9c54", "advice_coordinator": "p-0d76"}

func adviceWay(salt string) (string, []Step) { return AdviceWay(salt, Begins) }

// AdviceWay is the way of a coaching from the request to the follow-up, with notes of both sides. It begins at
// begins and takes a day.
func AdviceWay(salt string, begins time.Time) (id string, steps []Step) {
	m := &casetest.Maker{Salt: salt}
	id = m.ID()
	script, err := scenario.Load("advice/plain-way")
	must(err)
	for i, st := range script.Steps {
		o, err := st.Order(scenario.Cast{People: advisers, Begins: begins})
		must(err)
		cmd, err := o.Command(script.Kind, m.Doc)
		must(err)
		steps = append(steps, Step{o.By, begins.Add(time.Duration(i) * 10 * time.Minute), cmd})
	}
	return id, steps
}
