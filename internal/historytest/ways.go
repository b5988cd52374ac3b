package historytest

import (
	"time"

	"koko/domain/advice"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/domain/work"
	"koko/internal/casetest"
	"koko/internal/trainingtest"
)

// Town is where the files of Way lie.
const Town ags.Key = "05999001"

// Begins is when the ways begin.
var Begins = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// Way is a file of a kind that went a way with something of everything, veiled decisions included. The
// same salt makes the same ids. It panics if it knows no way for a kind: a new kind needs one.
func Way(k *file.Definition, salt string) File {
	way, ok := ways[k.Kind]
	if !ok {
		panic("historytest: there is no way for a " + string(k.Kind))
	}
	id, steps := way(salt + "/" + string(k.Kind))
	return Walk(k, id, Town, steps...)
}

var ways = map[file.Kind]func(salt string) (id string, steps []Step){
	conflict.Kind: caseWay, enrolment.Spec.Kind: enrolmentWay, cohort.Spec.Kind: cohortWay, advice.Kind: adviceWay, work.Kind: workWay,
}

// caseWay is the plain one, with notes and a document among the identities.
func caseWay(salt string) (string, []Step) {
	m := &casetest.Maker{Salt: salt}
	id := m.ID()
	var steps []Step
	add := func(s casetest.Step) {
		steps = append(steps, Step{s.By, Begins.Add(time.Duration(len(steps)) * time.Hour), s.Command})
	}
	for _, s := range m.Way() {
		add(s)
		if s.Command.Action() == conflict.ActionAssessEscalation {
			add(casetest.Step{By: casetest.Manager, Command: m.Note(conflict.Identities)})
			add(casetest.Step{By: casetest.Manager, Command: m.Attachment(conflict.Identities)})
			add(casetest.Step{By: casetest.Manager, Command: m.Note(conflict.Identities)})
		}
	}
	return id, steps
}

func enrolmentWay(salt string) (string, []Step) {
	m := &trainingtest.Maker{Salt: salt}
	c := m.Cohort(trainingtest.KoKo())
	return m.ID(), converted(m.Way(c, enrolment.Certified))
}

func cohortWay(salt string) (string, []Step) {
	m := &trainingtest.Maker{Salt: salt}
	id, e, at := m.ID(), m.ID(), m.Begins()
	plan := m.Plan(trainingtest.KoKo())
	return id, converted([]trainingtest.Step{
		{By: trainingtest.Coordinator, At: at, Command: plan},
		{By: file.System, At: at.Add(time.Hour), Command: cohort.Join{Enrolment: e, AGS: Town, Since: at}},
		{By: trainingtest.Coordinator, At: at.Add(2 * time.Hour), Command: m.Reschedule(plan.Dates[1], time.Hour)},
		{By: trainingtest.Coordinator, At: at.Add(3 * time.Hour), Command: m.Cancel()},
	})
}

func converted(steps []trainingtest.Step) (all []Step) {
	for _, s := range steps {
		all = append(all, Step(s))
	}
	return all
}
