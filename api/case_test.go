package api_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/work"
	"koko/internal/scenario"
	"koko/kinds"
)

// object is a JSON object.
type object = map[string]any

// Words that stand in one compartment each, and nowhere else.
const (
	wordOfCase       = "Kleingartenparzelle"
	wordOfIdentities = "Nachtigallenweg"
	wordOfSession    = "Zauberlehrling" // in working files alone
)

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
		"facilitator": caseworker, "commissioner": manager, "analyst": manager2, "interpreter": interpreter,
	}}
}

// workOfACase is how long before its closure a case of the script begins, in days.
const workOfACase = 8

// A step is a command on the way of a case, and who gives it: on the case, or on its working file.
type step struct {
	by, command string
	body        object
}

// onTheCase reports whether it is a step on the case itself.
func (s step) onTheCase() bool {
	k, _ := kinds.Of(conflict.Kind)
	_, is := k.CommandOf(file.Action(strings.ReplaceAll(s.command, "-", "_")))
	return is
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

// decided is what the steps of a script lead to on the case itself: what it is told of its work, too.
func decided(through conflict.Action) (steps []step) {
	s := wholeWay()
	rules := &scenario.Rules{Kind: s.Kind, State: s.Kind.Fresh("0b0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90", here), Decided: func(d scenario.Decision) {
		if d.Kind == s.Kind {
			steps = append(steps, step{by: d.By, command: dashed(d.Command.Action())})
		}
	}}
	taken, err := s.Through(through)
	if err == nil {
		err = scenario.Play(context.Background(), taken, cast(workOfACase), rules)
	}
	if err != nil {
		panic(err)
	}
	return steps
}

// onTheCase are the steps of the way on the case itself.
func onTheCase() []step {
	return slices.DeleteFunc(way(), func(s step) bool { return !s.onTheCase() })
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
func ending() object          { return bodyOf(work.ActionEnd) }

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
		c = w.take(c, s)
		if s.command == through {
			return c
		}
	}
	w.t.Fatalf("no step %q", through)
	return c
}

// take carries out a step of the way, and returns the case after it.
func (w *world) take(c CaseView, s step) CaseView {
	w.t.Helper()
	if s.onTheCase() {
		return w.must(s.by, c, s.command, s.body)
	}
	path := workPath(c.Handed.Work)
	w.post(s.by, path+"/"+s.command, s.body, "If-Match", w.get(s.by, path).header.Get("ETag")).workView()
	return w.read(manager, c)
}

// attempt gives a command on the case, or on its working file if it is one of those.
func (w *world) attempt(as string, c CaseView, command string, body any) answer {
	w.t.Helper()
	if (step{command: command}).onTheCase() {
		return w.send(as, c, command, body)
	}
	path := workPath(c.Handed.Work)
	return w.post(as, path+"/"+command, body, "If-Match", w.get(as, path).header.Get("ETag"))
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
