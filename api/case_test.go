package api_test

import (
	"net/http"
	"time"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/internal/scenario"
)

// object is a JSON object.
type object = map[string]any

// Words that stand in one compartment each, and nowhere else.
const (
	wordOfCase       = "Kleingartenparzelle"
	wordOfIdentities = "Nachtigallenweg"
	wordOfMediation  = "Zauberlehrling"
)

func today() string { return time.Now().UTC().Format(time.DateOnly) }

func script(name string) *scenario.Script {
	s, err := scenario.Load(name)
	if err != nil {
		panic(err)
	}
	return s
}

// wholeWay is the plain way of a case, taken up again: every command of people.
func wholeWay() *scenario.Script { return script("case/taken-up-again") }

// cast is who plays which part here, when a script begins so many days ago.
func cast(ago int) scenario.Cast {
	return scenario.Cast{Begins: time.Now().UTC().AddDate(0, 0, -ago), People: map[string]string{
		"reporter": reporter, "clearing": clearing, "caseworker": caseworker, "conflict_manager": manager, "conflict_manager2": manager2,
		"mediator": mediator, "supervisor": supervisor,
		"seeker": reporter, "advice_coordinator": adviceCoordinator, "adviser": adviser, "external_adviser": external,
	}}
}

// workOfACase is how long before its closure a case of the script begins, in days.
const workOfACase = 8

// A step is a command on the way of a case, and who gives it.
type step struct {
	by, command string
	body        object
}

// way is the whole way of a case after its signal, by the right people.
func way() (steps []step) {
	taken, err := wholeWay().Through(conflict.ActionReopen)
	if err != nil {
		panic(err)
	}
	for _, st := range taken[1:] {
		steps = append(steps, taking(st, workOfACase))
	}
	return steps
}

func taking(st scenario.Step, ago int) step {
	o, err := st.Order(cast(ago))
	if err != nil {
		panic(err)
	}
	return step{o.By, dashed(o.Action), o.Body}
}

// bodyOf is what the way has of an action.
func bodyOf(a conflict.Action) object {
	st, _ := wholeWay().First(a)
	return taking(st, workOfACase).body
}

func signal(k ags.Key) object { return with(bodyOf(conflict.ActionReportSignal), "ags", k) }
func mandate() object         { return bodyOf(conflict.ActionDecideMandate) }
func analysis() object        { return bodyOf(conflict.ActionRecordAnalysis) }
func closure() object         { return bodyOf(conflict.ActionProposeClosure) }

// report opens a case in k.
func (w *world) report(as string, k ags.Key) CaseView {
	w.t.Helper()
	return w.post(as, "/api/v1/cases", signal(k)).caseView()
}

// must gives a command that must be carried out.
func (w *world) must(as string, c CaseView, command string, body any) CaseView {
	w.t.Helper()
	return w.send(as, c, command, body).caseView()
}

// walk takes a new case along the way, through its first command of that name; "" is the signal alone.
func (w *world) walk(through string) CaseView {
	w.t.Helper()
	c := w.report(reporter, here)
	if through == "" {
		return c
	}
	for _, s := range way() {
		c = w.must(s.by, c, s.command, s.body)
		if s.command == through {
			return c
		}
	}
	w.t.Fatalf("no step %q", through)
	return c
}

// read is a case as somebody sees it.
func (w *world) read(as string, c CaseView) CaseView {
	w.t.Helper()
	return w.get(as, casePath(c)).caseView()
}

// create sends a signal under a key of its own.
func (w *world) create(as, key string, body any) answer {
	w.t.Helper()
	return w.call(as, http.MethodPost, "/api/v1/cases", body, "Idempotency-Key", key)
}

// repeat sends a command on c under a key of its own.
func (w *world) repeat(as string, c CaseView, command string, body any, key string) answer {
	w.t.Helper()
	return w.call(as, http.MethodPost, casePath(c)+"/"+command, body, "Idempotency-Key", key, "If-Match", tag(c.Version))
}
