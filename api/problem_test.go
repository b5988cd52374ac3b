package api_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
)

func without(o object, keys ...string) object {
	c := object{}
	for k, v := range o {
		c[k] = v
	}
	for _, k := range keys {
		delete(c, k)
	}
	return c
}

func with(o object, k string, v any) object {
	c := without(o)
	c[k] = v
	return c
}

func TestWhatDoesNotMatchTheSchemaIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("hand-to-work")
	attachment := object{"title": "Plan", "media_type": "text/plain", "content": "RWluIFBsYW4="}
	for name, tc := range map[string]struct {
		command string
		body    object
		field   string
	}{
		"a field is missing":            {"propose-closure", without(closure(), "lessons"), "lessons"},
		"a value is unknown":            {"record-work-interim", object{"progress": "gut", "result": "x"}, "progress"},
		"a number is out of range":      {"assess-escalation", object{"stage": 10, "rationale": "x"}, "stage"},
		"a number is no whole one":      {"assess-escalation", object{"stage": 4.5, "rationale": "x"}, "stage"},
		"a number is a text":            {"assess-escalation", object{"stage": "4", "rationale": "x"}, "stage"},
		"a text is empty":               {"add-note", object{"note": ""}, "note"},
		"a text is too long":            {"add-note", object{"note": strings.Repeat("x", 50_001)}, "note"},
		"a day is none":                 {"record-work-session", object{"held_on": "2026-02-30", "content": "x"}, "held_on"},
		"a field is unknown":            {"add-note", object{"note": "x", "colour": "red"}, "colour"},
		"documents are ours":            {"reopen", object{"reason": "x", "docs": []object{}}, "docs"},
		"the working file is ours":      {"hand-to-work", object{"facilitators": []string{mediator}, "work": "3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"}, "work"},
		"nobody is to do the work":      {"hand-to-work", object{"facilitators": []string{}}, "facilitators"},
		"five are to do the work":       {"hand-to-work", object{"facilitators": []string{"a", "b", "c", "d", "e"}}, "facilitators"},
		"documents of a form are ours":  {"choose-form", object{"form": "mediation", "docs": []object{}}, "docs"},
		"the recommended range is ours": {"choose-form", object{"form": "mediation", "recommended": object{"from": 1, "to": 9}}, "recommended"},
		"the size is ours":              {"attach-document", with(attachment, "size", 3), "size"},
		"the kind is ours":              {"attach-document", with(attachment, "kind", "x"), "kind"},
		"a field in a list":             {"record-agreement", object{"clauses": []object{{"id": "c1", "who": "x", "what": "y", "due": "bald"}}}, "clauses[0].due"},
		"an unknown field in a list":    {"record-agreement", object{"clauses": []object{{"id": "c1", "who": "x", "what": "y", "due": "2030-01-31", "z": 1}}}, "clauses[0].z"},
		"a compartment is unknown":      {"add-note", object{"note": "x", "compartment": "secret"}, "compartment"},
		"a media type is none":          {"attach-document", with(attachment, "media_type", "text"), "media_type"},
		"a content is no base64":        {"attach-document", with(attachment, "content", "***"), "content"},
	} {
		t.Run(name, func(t *testing.T) {
			as := manager
			if !(step{command: tc.command}).onTheCase() {
				as = mediator
			}
			p := w.in(t).attempt(as, c, tc.command, tc.body).problem(http.StatusUnprocessableEntity, "invalid")
			require.Equal(t, tc.field, p.Field, p.Detail)
			require.NotEmpty(t, p.Remedy)
			require.Contains(t, p.Detail, tc.field)
		})
	}
	require.Equal(t, c.Version, w.read(manager, c).Version)
	require.Zero(t, w.count("SELECT count(*) FROM document WHERE action IN ('add_note', 'propose_closure', 'attach_document')"), "nothing refused for its form leaves words")
	require.Zero(t, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal'"), "nor a trace")
}

func TestWhatTheRulesFindWrongInACommandIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("confirm-work-conditions")
	clause := func(id string) object { return object{"id": id, "who": "x", "what": "y", "due": "2030-01-31"} }
	for name, tc := range map[string]struct {
		by, command string
		body        object
		field, rule string
	}{
		"an agreement without clauses":    {mediator, "record-agreement", object{"clauses": []object{}}, "clauses", "schema"},
		"two clauses of one id":           {mediator, "record-agreement", object{"clauses": []object{clause("c1"), clause("c1")}}, "clauses[1].id", "unique"},
		"a clause of blank words":         {mediator, "record-agreement", object{"clauses": []object{with(clause("c1"), "who", " ")}}, "clauses[0].who", "required"},
		"a factor named twice":            {mediator, "end-work", with(ending(), "factors", []string{"klare_regeln", "klare_regeln"}), "factors[1]", "unique"},
		"an unknown factor":               {mediator, "end-work", with(ending(), "factors", []string{"glueck"}), "factors[0]", "schema"},
		"a day in the future":             {mediator, "confirm-work-conditions", object{"voluntary": true, "confidential": true, "independent": true, "confirmed_on": "2199-01-01"}, "confirmed_on", "not_in_future"},
		"a day long ago":                  {mediator, "confirm-work-conditions", object{"voluntary": true, "confidential": true, "independent": true, "confirmed_on": "0001-01-01"}, "confirmed_on", "date"},
		"a facilitator twice":             {manager, "hand-to-work", object{"facilitators": []string{mediator, mediator}}, "facilitators[1]", "unique"},
		"a facilitator of no form":        {manager, "hand-to-work", object{"facilitators": []string{"m@example.org"}}, "facilitators[0]", "person_id"},
		"a note of blanks":                {manager, "add-note", object{"note": " \n"}, "note", "required"},
		"an empty attachment":             {manager, "attach-document", object{"title": "Plan", "media_type": "text/plain", "content": ""}, "content", "schema"},
		"a facilitator from elsewhere":    {manager, "hand-to-work", object{"facilitators": []string{foreign(mediator)}}, "facilitators[0]", "holds_role"},
		"another from elsewhere":          {manager, "hand-to-work", object{"facilitators": []string{mediator, foreign(mediator)}}, "facilitators[1]", "holds_role"},
		"an assignee who only supervises": {manager, "assign", object{"assignee": supervisor}, "assignee", "holds_role"},
		"an assignee nobody knows":        {manager, "assign", object{"assignee": stranger}, "assignee", "holds_role"},
		"an assignee of a control sign":   {manager, "assign", object{"assignee": "u\x00"}, "assignee", "person_id"},
		"the system as assignee":          {manager, "assign", object{"assignee": "system"}, "assignee", "person_id"},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.in(t).attempt(tc.by, c, tc.command, tc.body).refused(http.StatusUnprocessableEntity, "invalid", tc.rule)
			require.Equal(t, tc.field, p.Field, p.Detail)
		})
	}
	analysed := w.walk("decide-mandate")
	for name, tc := range map[string]struct {
		body        object
		field, rule string
	}{
		"two actors of one id":   {with(analysis(), "actors", []object{{"id": "a1", "role": "partei", "name": "x"}, {"id": "a1", "role": "partei", "name": "y"}}), "actors[1].id", "unique"},
		"an actor's part":        {with(analysis(), "actors", []object{{"id": "a1", "role": "partei", "name": "x"}, {"id": "a2", "role": "boss", "name": "y"}}), "actors[1].role", "schema"},
		"a relation of nobody":   {with(analysis(), "relations", []object{{"from": "a1", "to": "a9", "kind": "macht"}}), "relations[0].to", "unknown_actor"},
		"a relation to oneself":  {with(analysis(), "relations", []object{{"from": "a1", "to": "a1", "kind": "macht"}}), "relations[0].to", "unknown_actor"},
		"a topic named twice":    {with(analysis(), "topics", []string{"religion", "religion"}), "topics[1]", "unique"},
		"an actor without names": {with(analysis(), "actors", []object{{"id": "a1", "role": "partei"}}), "actors[0].name", "schema"},
	} {
		t.Run(name, func(t *testing.T) {
			p := w.in(t).send(manager, analysed, "record-analysis", tc.body).refused(http.StatusUnprocessableEntity, "invalid", tc.rule)
			require.Equal(t, tc.field, p.Field, p.Detail)
		})
	}
}

func TestAGateSaysWhatIsMissingAndWhoOpensIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("triage")
	p := w.send(manager, c, "decide-mandate", mandate()).refused(http.StatusConflict, "gate", "clearing")
	require.Equal(t, []string{"responsibility", "urgency", "level", "danger", "conflict_of_interest"}, p.Missing)
	require.Contains(t, p.Remedy, "record_clearing")

	c = w.must(manager, c, "record-clearing", object{"responsibility": "kommune", "level": "gruppen", "danger": false})
	p = w.send(manager, c, "decide-mandate", mandate()).refused(http.StatusConflict, "gate", "clearing")
	require.Equal(t, []string{"urgency", "conflict_of_interest"}, p.Missing)
	w.send(manager, c, "sign-off", object{"approved": true}).problem(http.StatusForbidden, "forbidden")
	w.send(manager, c, "reopen", object{"reason": "x"}).refused(http.StatusConflict, "gate", "phase")
}

func TestFourEyesAreTwoPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("decide-mandate")
	c = w.must(manager, c, "record-analysis", analysis())
	w.send(manager, c, "review-analysis", object{"approved": true}).refused(http.StatusForbidden, "forbidden", "four_eyes")
	w.must(manager2, c, "review-analysis", object{"approved": true})

	w.grant(supervisor, "conflict_manager", here)
	c = w.walk("decide-mandate")
	c = w.must(supervisor, c, "propose-closure", with(closure(), "outcome", "verwiesen"))
	w.send(supervisor, c, "sign-off", object{"approved": true}).refused(http.StatusForbidden, "forbidden", "four_eyes")
	w.grant(manager2, "supervisor", here)
	c = w.must(manager2, c, "sign-off", object{"approved": true})
	require.Equal(t, conflict.FollowUp, c.Phase)
}

func TestWhatCannotBeReadIsAProblem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	note := casePath(c) + "/add-note"
	key := []string{"Idempotency-Key", newKey(), "If-Match", tag(1)}
	for name, body := range map[string]string{
		"half an object": `{"note": "x"`, "no JSON": `note=x`, "nothing": ``, "two objects": `{"note":"x"}{"note":"y"}`, "a comma": `{"note":"x",}`,
	} {
		p := w.call(manager, http.MethodPost, note, body, key...).problem(http.StatusBadRequest, "malformed")
		require.NotEmpty(t, p.Remedy, name)
	}
	for name, body := range map[string]string{"a list": `[]`, "a text": `"x"`, "null": `null`, "a number": `1`} {
		p := w.call(manager, http.MethodPost, note, body, key...).problem(http.StatusUnprocessableEntity, "invalid")
		require.NotEmpty(t, p.Remedy, name)
	}
	w.call(manager, http.MethodPost, note, `{"note":"x"}`, append(key, "Content-Type", "text/plain")...).
		refused(http.StatusUnsupportedMediaType, "media-type", "schema")
	w.call(manager, http.MethodPost, note, "note=x", append(key, "Content-Type", "application/x-www-form-urlencoded")...).
		refused(http.StatusUnsupportedMediaType, "media-type", "schema")
	require.Equal(t, 1, w.read(manager, c).Version)
}

func TestABodyHasABound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	big := strings.Repeat("x", 1<<20)
	w.send(manager, c, "add-note", object{"note": big}).refused(http.StatusRequestEntityTooLarge, "too-large", "schema")
	w.post(reporter, "/api/v1/cases", with(signal(here), "text", big)).refused(http.StatusRequestEntityTooLarge, "too-large", "schema")
	w.post(admin, "/api/v1/grants", object{"subject": big}).refused(http.StatusRequestEntityTooLarge, "too-large", "schema")

	c = w.must(manager, c, "attach-document", object{"title": "Plan", "media_type": "application/pdf", "content": []byte(big)})
	p := w.send(manager, c, "attach-document", object{"title": "Plan", "media_type": "application/pdf", "content": make([]byte, 8<<20+3)}).
		refused(http.StatusUnprocessableEntity, "invalid", "schema")
	require.Equal(t, "content", p.Field)
	w.send(manager, c, "attach-document", object{"title": "Plan", "media_type": "application/pdf", "content": make([]byte, 9<<20)}).
		refused(http.StatusRequestEntityTooLarge, "too-large", "schema")
}

func TestWhatIsNotThereIsAProblem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	for _, path := range []string{
		"/nowhere", "/api/v1", "/api/v1/nowhere", "/api/v2/cases", casePath(c) + "/nowhere", "/api/v1/cases/", casePath(c) + "/documents/",
	} {
		w.get(manager, path).refused(http.StatusNotFound, "not-found", "path")
	}
	for path, want := range map[string]map[string]string{
		"/api/v1/cases":                      {http.MethodDelete: "GET, POST", http.MethodPut: "GET, POST", http.MethodPatch: "GET, POST"},
		casePath(c):                          {http.MethodPost: "GET", http.MethodDelete: "GET", http.MethodPut: "GET"},
		casePath(c) + "/add-note":            {http.MethodGet: "POST", http.MethodPut: "POST"},
		"/api/v1/grants":                     {http.MethodDelete: "GET, POST"},
		"/api/v1/grants/" + c.ID + "/end":    {http.MethodGet: "POST"},
		"/api/v1/municipalities/" + "" + "1": {http.MethodPost: "GET"},
		"/healthz":                           {http.MethodPost: "GET"},
	} {
		for method, allow := range want {
			a := w.call(manager, method, path, nil)
			a.refused(http.StatusMethodNotAllowed, "method", "method")
			require.Equal(t, allow, a.header.Get("Allow"), "%s %s", method, path)
		}
	}
	none := "00000000-0000-4000-8000-000000000000"
	w.get(manager, "/api/v1/cases/"+none).refused(http.StatusNotFound, "not-found", "scope")
	w.get(manager, "/api/v1/cases/"+none+"/history").refused(http.StatusNotFound, "not-found", "scope")
	w.get(manager, "/api/v1/cases/"+none+"/documents").refused(http.StatusNotFound, "not-found", "scope")
	w.get(manager, casePath(c)+"/documents/"+none).refused(http.StatusNotFound, "not-found", "compartment")
	w.get(manager, casePath(c)+"/documents/"+none+"/content").refused(http.StatusNotFound, "not-found", "compartment")
	for _, id := range []string{"1", "x", none + "0", "urn:uuid:" + none, "{" + none + "}", strings.ReplaceAll(none, "-", "")} {
		for _, path := range []string{"/api/v1/cases/" + id, "/api/v1/cases/" + id + "/history", casePath(c) + "/documents/" + id} {
			w.get(manager, path).refused(http.StatusUnprocessableEntity, "invalid", "schema")
		}
	}
}

func TestAnIdInCapitalsIsTheSameId(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	upper := "/api/v1/cases/" + strings.ToUpper(c.ID)
	require.Equal(t, c.ID, w.get(manager, upper).caseView().ID)
	docs := w.documents(manager, c, "")
	require.Len(t, docs, 1)
	var page documentPage
	w.get(manager, upper+"/documents").ok(&page)
	require.Equal(t, docs, page.Items)
	var v struct{ ID string }
	w.get(manager, upper+"/documents/"+strings.ToUpper(docs[0].ID)).ok(&v)
	require.Equal(t, docs[0].ID, v.ID)
	require.Equal(t, 2, w.post(manager, upper+"/add-note", object{"note": "x"}, "If-Match", tag(1)).caseView().Version)
}

func TestUnknownQueryParametersAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	for _, path := range []string{
		"/api/v1/cases?colour=red", casePath(c) + "?colour=red", casePath(c) + "/history?colour=red", casePath(c) + "/documents?colour=red",
		"/api/v1/municipalities?colour=red", "/api/v1/grants?colour=red", "/api/v1/me?colour=red", "/api/v1/cases?Phase=detection",
	} {
		p := w.get(manager, path).refused(http.StatusUnprocessableEntity, "invalid", "schema")
		require.True(t, strings.HasSuffix(p.Field, "colour") || strings.HasSuffix(p.Field, "Phase"), p.Field)
	}
	for _, path := range []string{
		"/api/v1/cases?phase=none", "/api/v1/cases?overdue=maybe", "/api/v1/cases?limit=0", "/api/v1/cases?limit=101", "/api/v1/cases?limit=x",
		"/api/v1/cases?sort=colour", "/api/v1/cases?ags=1", "/api/v1/cases?text=" + strings.Repeat("x", 201), casePath(c) + "?reason=curiosity",
		casePath(c) + "/history?limit=201", casePath(c) + "/documents?limit=201", "/api/v1/municipalities?limit=501", "/api/v1/municipalities/1",
	} {
		w.get(manager, path).refused(http.StatusUnprocessableEntity, "invalid", "schema")
	}
}

func TestWhatIsNoneOfTheValuesIsToldThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	for path, value := range map[string]string{
		"/api/v1/cases?phase=none": "detection", "/api/v1/cases?sort=colour": "changed", "/api/v1/cases?urgency=none": "akut",
		"/api/v1/cohorts?phase=none": "running", "/api/v1/cohorts?sort=colour": "begins", casePath(c) + "/documents?action=none": "record_clearing",
		"/api/v1/cases?overdue=none": "true, false", casePath(c) + "/timeline?kind=read&kind=none": "notification", casePath(c) + "?reason=none": "fachaufsicht",
	} {
		a := w.get(manager, path)
		p := a.problem(http.StatusUnprocessableEntity, "invalid")
		require.NotEmpty(t, p.Field, path)
		require.NotEmpty(t, p.Rule, path)
		require.Contains(t, a.body, value, path)
	}
	a := w.post(reporter, "/api/v1/cases", with(signal(here), "source", "none"))
	require.Equal(t, "source", a.refused(http.StatusUnprocessableEntity, "invalid", "schema").Field)
	require.Contains(t, a.body, "buerger, verwaltung")
}

func TestNobodyIsLoggedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	for _, path := range []string{
		"/api/v1/cases", casePath(c), casePath(c) + "/history", casePath(c) + "/documents", "/api/v1/me", "/api/v1/grants",
		"/api/v1/municipalities", "/api/v1/municipalities/05999001", "/api/v1/integration-centres", "/api/v1/interventions",
	} {
		a := w.get("", path)
		a.refused(http.StatusUnauthorized, "unauthenticated", "login")
		require.Equal(t, `Bearer realm="koko"`, a.header.Get("WWW-Authenticate"))
	}
	w.post("", "/api/v1/cases", signal(here)).refused(http.StatusUnauthorized, "unauthenticated", "login")
	w.send("", c, "add-note", object{"note": "x"}).refused(http.StatusUnauthorized, "unauthenticated", "login")
}

func TestAnInternalErrorShowsNothingAndIsLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	w.engine.Before = func() error { return errors.New("secret of 10.1.2.3") }
	a := w.send(manager, c, "add-note", object{"note": "x"}, "X-Request-ID", "request-of-the-test")
	p := a.refused(http.StatusInternalServerError, "internal", "internal")
	require.Equal(t, "request-of-the-test", p.RequestID)
	require.NotContains(t, a.body, "secret")
	line := w.logged("secret of 10.1.2.3")
	require.Contains(t, line, "request-of-the-test")
	require.Contains(t, line, `"level":"ERROR"`)
}

func TestAPanicIsAnInternalError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	w.engine.Before = func() error { panic("secret of 10.1.2.3") }
	a := w.send(manager, c, "add-note", object{"note": "x"}, "X-Request-ID", "request-of-the-test")
	a.problem(http.StatusInternalServerError, "internal")
	require.NotContains(t, a.body, "secret")
	require.Contains(t, w.logged("secret of 10.1.2.3"), "request-of-the-test")
	w.engine.Before = nil
	w.must(manager, c, "add-note", object{"note": "x"})
}

func TestADatabaseThatDoesNotAnswerIsAnInternalError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	w.cutOff = true
	w.rec.API.Close()
	a := w.get(manager, casePath(c))
	a.problem(http.StatusInternalServerError, "internal")
	require.NotContains(t, a.body, "pool")
	w.get("", "/readyz").refused(http.StatusServiceUnavailable, "busy", "database")
}

// logged is the line of the log that holds text.
func (w *world) logged(text string) string {
	w.t.Helper()
	for line := range strings.Lines(w.log.String()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	require.Fail(w.t, "not logged", text)
	return ""
}

// TestADocumentHasNoMoreWordsThanItIsFoundBy: each field keeps to its limit, and together they would be too much to search.
func TestADocumentHasNoMoreWordsThanItIsFoundBy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("decide-mandate")
	c = w.must(manager, c, "assign", object{"assignee": manager})
	long := func(seed byte) string {
		var b strings.Builder
		for i := 0; b.Len() < 19_900; i++ {
			sum := sha256.Sum256([]byte{seed, byte(i), byte(i >> 8)})
			fmt.Fprintf(&b, "%x ", sum[:10])
		}
		return b.String()
	}
	body := object{}
	for i, field := range []string{"rationale", "evidence", "history", "resources", "hypothesis"} {
		body[field] = long(byte(i))
	}
	documents := w.count("SELECT count(*) FROM document")
	w.send(manager, c, "record-analysis", body).refused(http.StatusUnprocessableEntity, "invalid", "max_words")
	require.Equal(t, documents, w.count("SELECT count(*) FROM document"))
	w.must(manager, c, "record-analysis", object{"rationale": long(0)})
}
