package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/domain/file"
	"koko/policies"
)

// For whoever may not learn of something, its id is like one that nothing has: in every operation that takes one.
func TestAForeignIDIsAnsweredLikeOneThatNothingHas(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	w.grant(adviser, "adviser", here)
	w.grant(external, "adviser", here)
	w.grant(adviceCoordinator, "advice_coordinator", here)
	v, erasure, difference := w.busyWork()
	c := w.walk("sign-off")
	w.askFor(manager, casePath(c), w.documentOf(c)).erasure()
	e, code := w.certified(trainee)
	var notice string
	require.NoError(t, w.rec.Owner.QueryRow(t.Context(), "SELECT id::text FROM notification ORDER BY at LIMIT 1").Scan(&notice))
	w.post(supervisor, "/api/v1/absences", with(away(), "person", manager))
	is := map[string]string{
		"advice": w.advised("begleitung", "rate-goals").ID, "proposal": w.propose(admin, grantOf(newcomer, policies.DPO, here)).ID,
		"case": c.ID, "work": v.ID, "enrolment": e.ID, "cohort": e.Cohort, "document": w.documentOf(c), "code": code,
		"erasure": erasure, "difference": difference, "notification": notice, "grant": w.grant(newcomer, "steering", here),
		"absence": w.absences(manager, "")[0].ID, "substitution": w.substitute(manager, substitution(manager2, []string{"conflict_manager"}, here)).entered().ID,
	}
	kinds := map[string]string{"advice": "advice", "cases": "case", "enrolments": "enrolment", "cohorts": "cohort"}
	fill := func(template string, id func(name string) string) string {
		of, known := kinds[strings.Split(template+"///", "/")[3]]
		if !known {
			of = "work"
		}
		pairs := []string{"{id}", id(of), "{version}", "1", "{number}", "1", "{ags}", string(here), "{run}", id(of)}
		for name := range is {
			pairs = append(pairs, "{"+name+"}", id(name))
		}
		return strings.NewReplacer(pairs...).Replace(template)
	}
	asked := 0
	for call, op := range document(t).operations() {
		method, template, _ := strings.Cut(call, " ")
		if strings.Contains(template, "{subject}") || strings.HasPrefix(template, "/api/v1/certificates/") || fill(template, func(string) string { return "" }) == template {
			continue // of a person, whom no answer confirms, and of what everybody may ask
		}
		theirs := fill(template, func(name string) string { return is[name] })
		nothing := fill(template, func(name string) string {
			if name == "code" {
				return "AAAA-AAAA-AAAA-AAAA"
			}
			return uuid.NewString()
		})
		if strings.Contains(theirs, "{curriculum}") || strings.Contains(theirs, "{thumbprint}") || theirs == nothing {
			continue
		}
		require.NotContains(t, theirs, "{", "what does it stand for?")
		for _, as := range []string{stranger, foreign(supervisor), foreign(dpo), foreign(admin), foreign(manager), foreign(mediator), foreign(coordinator)} {
			headers := []string{"If-Match", tag(1), "Idempotency-Key", newKey()}
			a, b := w.call(as, method, theirs, exampleOf(op), headers...), w.call(as, method, nothing, exampleOf(op), headers...)
			require.Equal(t, b.code, a.code, "%s %s as %s: %s %s", method, theirs, as, a.body, b.body)
			require.Equal(t, impersonal(b), impersonal(a), "%s %s as %s", method, theirs, as)
			asked++
		}
	}
	require.Greater(t, asked, 700)
}

// exampleOf is what the OpenAPI document gives as a body; nil: there is none.
func exampleOf(op openOperation) any {
	if op.RequestBody == nil {
		return nil
	}
	for _, m := range op.RequestBody.Content {
		if m.Example != nil {
			return m.Example
		}
	}
	return object{}
}

// impersonal is an answer without ids.
func impersonal(a answer) string { return randomID.ReplaceAllString(a.body, "id") }

// Whoever sees a file but none of the requests about it does not learn from the way in which they are decided either.
func TestARequestThatOneDoesNotLearnOfIsNotThereToBeDecided(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	c := w.walk("review-analysis")
	c = w.must(manager, c, "hand-to-work", object{"facilitators": []string{mediator2}})
	var v WorkView
	w.post(mediator2, workPath(c.Handed.Work)+"/accept-work", object{}, "If-Match", tag(1)).ok(&v)
	require.NotEmpty(t, w.read(mediator2, c).Phase, "who works on a case sees it")
	asked := w.askFor(manager, casePath(c), w.documentOf(c)).erasure()
	require.Empty(t, w.erasures(mediator2, ""))
	for _, verb := range []string{"approve", "reject"} {
		there, not := "/api/v1/erasures/"+asked.ID+"/"+verb, "/api/v1/erasures/"+never+"/"+verb
		a, b := w.post(mediator2, there, nil), w.post(mediator2, not, nil)
		a.refused(http.StatusNotFound, "not-found", "scope")
		require.Equal(t, impersonal(b), impersonal(a))
	}
	require.True(t, slices.ContainsFunc(w.erasures(manager, ""), func(e files.ErasureView) bool { return e.ID == asked.ID && e.Status == file.ErasureOpen }))
}
