package api_test

import (
	"net/http"
	"time"

	"koko/domain/ags"
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

func signal(k ags.Key) object {
	return object{
		"ags": k, "source": "verwaltung", "channel": "telefon", "observed_on": today(), "eep": "experienced", "reliability": 3,
		"title": "Streit um " + wordOfCase, "text": "Der Stadtverband bittet um Vermittlung über Müllgebühren.",
	}
}

// A step is a command on the way of a case, and who gives it.
type step struct {
	by, command string
	body        object
}

// way is the whole way of a case after its signal, by the right people.
func way() []step {
	return []step{
		{clearing, "assign", object{"assignee": caseworker}},
		{clearing, "triage", object{"decision": "fall_eroeffnen"}},
		{clearing, "record-clearing", object{"responsibility": "kommune", "urgency": "akut", "level": "gruppen", "danger": false, "conflict_of_interest": false}},
		{manager, "decide-mandate", mandate()},
		{caseworker, "record-analysis", analysis()},
		{manager, "review-analysis", object{"approved": true}},
		{manager, "plan-mediation", object{"form": "mediation", "facilitator": mediator, "aims": "Ziele: " + wordOfMediation}},
		{mediator, "confirm-conditions", object{"voluntary": true, "confidential": true, "confirmed_on": today(), "ground_rules": "Regeln: " + wordOfMediation}},
		{mediator, "record-session", object{"held_on": today(), "participants": 6, "content": "Gespräch: " + wordOfMediation}},
		{mediator, "record-interim-result", object{"progress": "fortschritt", "result": "Stand: " + wordOfMediation}},
		{caseworker, "assess-escalation", object{"stage": 4, "rationale": "Man spricht wieder."}},
		{caseworker, "propose-closure", closure()},
		{supervisor, "sign-off", object{"approved": true}},
		{caseworker, "record-follow-up", object{"month": 3, "status": "stabil"}},
		{caseworker, "record-follow-up", object{"month": 6, "status": "stabil"}},
		{caseworker, "record-follow-up", object{"month": 12, "status": "bruechig", "note": "Wieder Klagen."}},
		{manager, "reopen", object{"reason": "Es beginnt von vorn."}},
	}
}

func mandate() object {
	return object{
		"granted": true, "decided_on": today(), "legal_basis": "aufgabenerfuellung", "consent": "nicht_erforderlich", "commissioner": "Bürgermeisteramt",
	}
}

func analysis() object {
	return object{
		"topics": []string{"oeffentlicher_raum"}, "stage": 5, "instrumentalisation": "keine",
		"actors": []object{
			{"id": "a1", "role": "partei", "name": wordOfIdentities, "position": "Die Parzellen bleiben."},
			{"id": "a2", "role": "entscheider", "name": "Amt für " + wordOfIdentities, "need": "Ruhe"},
		},
		"relations": []object{{"from": "a1", "to": "a2", "kind": "spannung"}},
		"occasion":  "Eine Kündigung", "theme": "Zugehörigkeit", "rationale": "Drohungen stehen im Raum.",
	}
}

func closure() object {
	return object{
		"outcome": "einigung", "concluded_on": today(), "stage_after": 2, "lessons": "Früher fragen.", "factors": []string{"klare_regeln"},
		"agreements": []object{{"id": "c1", "who": "Der Verband", "what": "räumt auf", "due": "2030-01-31", "check": "Begehung"}},
	}
}

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
