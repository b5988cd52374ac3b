package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/domain/conflict"
	"koko/domain/file"
)

const explainPath = "/api/v1/authorization/explain"

// about asks whether subject may do act to a case.
func about(subject, act string, c CaseView) object {
	return object{"subject": subject, "act": act, "file": object{"kind": "case", "id": c.ID}}
}

func (w *world) explains(as string, body object) (e files.Explanation) {
	w.t.Helper()
	w.call(as, http.MethodPost, explainPath, body).ok(&e)
	require.Equal(w.t, "current", e.Policy)
	return e
}

// backdate has every grant hold, and be given, some hours earlier.
func (w *world) backdate(hours int) {
	w.t.Helper()
	w.exec("UPDATE role_grant SET valid_from = valid_from - make_interval(hours => $1), given_at = given_at - make_interval(hours => $1)", hours)
}

func TestARightIsExplainedByItsRowGrantAndRelations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	e := w.explains(supervisor, about(caseworker, "record_analysis", c))
	require.True(t, e.Allowed)
	require.True(t, e.Possible)
	require.Equal(t, "caseworker, record_analysis, assigned, -", e.Rule)
	require.EqualValues(t, "caseworker", e.Grant.Role)
	require.Equal(t, 1, e.Grant.Size)
	require.Equal(t, "root", e.Grant.GivenBy)
	require.Equal(t, []file.Relation{conflict.Analyst, conflict.Assigned}, e.Relations)
	require.Equal(t, c.Version, e.Version)

	e = w.explains(supervisor, about(manager, "hand_to_work", c))
	require.True(t, e.Allowed)
	require.False(t, e.Possible)
	require.Equal(t, "review", e.Gate.Rule)

	e = w.explains(caseworker, object{"act": "sign_off", "file": object{"kind": "case", "id": c.ID}})
	require.False(t, e.Allowed)
	require.Equal(t, "role", e.Rule)
	require.Equal(t, "a supervisor can do it", e.Remedy)
	require.Nil(t, e.Grant)
	require.Equal(t, 3, w.count("SELECT count(*) FROM access_log WHERE action = 'explain_authorization' AND kind = 'read' AND file_id = $1", c.ID))
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE action = 'explain_authorization' AND actor = $1 AND subject_id = $2", supervisor, manager))
}

func TestWhatIsExplainedIsWhatIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-session")
	for as := range staff {
		a := w.get(as, casePath(c))
		own := w.call(as, http.MethodPost, explainPath, object{"act": "read_case", "file": object{"kind": "case", "id": c.ID}})
		if a.code == http.StatusNotFound {
			own.refused(http.StatusNotFound, "not-found", "scope")
			continue
		}
		var e, other files.Explanation
		own.ok(&e)
		require.Equal(t, a.code == http.StatusOK && a.caseView().Lens == "case", e.Allowed, as)
		other = w.explains(dpo, about(as, "read_case", c))
		require.NotContains(t, other.Relations, conflict.Working, "who works on the case is nobody else's business")
		require.Equal(t, !other.Allowed && as != dpo, other.Withheld, as)
		if as == mediator {
			require.Equal(t, []any{true, false, "mediator, read_case, working, -", "assigned"}, []any{e.Allowed, other.Allowed, e.Rule, other.Rule})
			continue
		}
		require.Equal(t, e.Allowed, other.Allowed, as)
		require.Equal(t, e.Rule, other.Rule, as)
	}
}

func TestTheRightsOfOthersAreForThoseWhoAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-session")
	for as := range staff {
		body := about(caseworker, "read_case", c)
		switch as {
		case supervisor, dpo:
			require.True(t, w.explains(as, body).Allowed)
			of := object{"subject": mediator, "act": "read_work", "file": object{"kind": "work", "id": c.Handed.Work}}
			w.call(as, http.MethodPost, explainPath, of).refused(http.StatusNotFound, "not-found", "scope")
		case admin, admin2, trainee, trainee2, employer, trainer, assessor, assessor2, coordinator, certifier, clearing:
			w.call(as, http.MethodPost, explainPath, body).refused(http.StatusNotFound, "not-found", "scope")
		case caseworker:
		default:
			w.call(as, http.MethodPost, explainPath, body).refused(http.StatusForbidden, "forbidden", "role")
		}
		w.call(foreign(as), http.MethodPost, explainPath, body).refused(http.StatusNotFound, "not-found", "scope")
	}
	require.True(t, w.explains(mediator, object{"act": "read_work", "file": object{"kind": "work", "id": c.Handed.Work}}).Allowed)
	require.True(t, w.explains(mediator, object{"act": "read_case", "file": object{"kind": "case", "id": c.ID}}).Allowed)
	require.Zero(t, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND actor = $2", c.ID, mediator), "who works on it is not found in its log")
}

func TestAdministratorsAreToldWhatFollowsFromGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-analysis")
	in := func(subject, act string) object { return object{"subject": subject, "act": act, "ags": here} }
	require.Equal(t, "conflict_manager, read_case, any, -", w.explains(admin, in(manager, "read_case")).Rule)
	require.Equal(t, "assigned", w.explains(admin, in(caseworker, "read_case")).Rule)
	require.Equal(t, "role", w.explains(admin, in(foreign(manager), "read_case")).Rule, "a grant elsewhere does not exist")
	w.call(foreign(admin), http.MethodPost, explainPath, in(manager, "read_case")).refused(http.StatusForbidden, "forbidden", "area")
	w.call(manager, http.MethodPost, explainPath, in(admin, "give_grant")).refused(http.StatusForbidden, "forbidden", "role")

	w.grant(admin, "steering", here)
	e := w.explains(admin, about(caseworker, "read_case", c))
	require.False(t, e.Allowed, "who works on a case does not follow from grants")
	require.Empty(t, e.Relations)
}

func TestAQuestionThatMakesNoSenseIsInvalid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	file := object{"kind": "case", "id": c.ID}
	for field, body := range map[string]object{
		"act":     {"act": "certify", "file": file},
		"file":    {"act": "read_case"},
		"at":      {"act": "read_case", "file": file, "at": "bald"},
		"subject": {"act": "read_case", "file": file, "subject": "a@b"},
	} {
		require.Equal(t, field, w.call(supervisor, http.MethodPost, explainPath, body).problem(http.StatusUnprocessableEntity, "invalid").Field)
	}
	for _, at := range []string{"2190-01-01", "0000-01-01T00:00:00Z", "2001-01-01"} {
		body := about(manager, "read_case", c)
		body["at"] = at
		require.Equal(t, "at", w.call(supervisor, http.MethodPost, explainPath, body).problem(http.StatusUnprocessableEntity, "invalid").Field, at)
	}
}

// An hour ago the case worker was not assigned yet, and somebody else's grant still held.
func TestThePastIsAskedWithItsGrantsAndItsFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.backdate(4)
	w.engine.At = time.Now().Add(-2 * time.Hour)
	c := w.report(reporter, here)
	w.engine.At = time.Now().Add(-30 * time.Minute)
	c = w.must(clearing, c, "assign", object{"assignee": caseworker})
	ended := time.Now().Add(-time.Minute)
	w.grantBetween(newcomer, "steering", time.Now().Add(-3*time.Hour), &ended, here)
	then := time.Now().Add(-time.Hour)
	at := func(subject string, when time.Time) files.Explanation {
		body := about(subject, "read_case", c)
		body["at"] = when.Format(time.RFC3339Nano)
		return w.explains(supervisor, body)
	}
	require.False(t, at(caseworker, then).Allowed)
	require.True(t, at(caseworker, time.Now()).Allowed)
	require.Equal(t, 1, at(clearing, then).Version)
	require.False(t, at(newcomer, then).Allowed, "given in the past, but only now")
	w.exec("UPDATE role_grant SET given_at = valid_from WHERE subject = $1", newcomer)
	require.True(t, at(newcomer, then).Allowed)
	require.False(t, at(newcomer, time.Now()).Allowed)
}

func TestRightsToAnEnrolmentAndACohortAreExplained(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	co := w.planned(nil)
	en := w.seated(trainee, co)
	of := func(kind, id, subject, act string) object {
		return object{"subject": subject, "act": act, "file": object{"kind": kind, "id": id}}
	}
	e := w.explains(supervisor, of("enrolment", en.ID, trainer, "read_enrolment"))
	require.Equal(t, "trainer, read_enrolment, teaching, -", e.Rule)
	require.Equal(t, "own_enrolment", w.explains(dpo, of("enrolment", en.ID, trainee2, "read_enrolment")).Rule)
	require.Equal(t, "trainer, read_participants, runs, -", w.explains(dpo, of("cohort", co.ID, trainer, "read_participants")).Rule)
	w.call(foreign(supervisor), http.MethodPost, explainPath, of("enrolment", en.ID, trainer, "read_enrolment")).refused(http.StatusNotFound, "not-found", "scope")
	w.call(foreign(dpo), http.MethodPost, explainPath, of("cohort", co.ID, trainer, "read_participants")).refused(http.StatusNotFound, "not-found", "scope")
}

// Of a working file, too, a facilitator learns what held before, and nobody else does.
func TestThePastOfAWorkingFileIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	w.backdate(4)
	w.engine.At = time.Now().Add(-2 * time.Hour)
	c := w.walk("review-analysis")
	c = w.must(manager, c, "hand-to-work", object{"facilitators": []string{mediator}})
	w.engine.At = time.Now().Add(-30 * time.Minute)
	w.post(mediator, workPath(c.Handed.Work)+"/accept-work", object{}, "If-Match", tag(1)).workView()
	body := object{"act": "choose_form", "file": object{"kind": "work", "id": c.Handed.Work}}
	require.True(t, w.explains(mediator, body).Allowed)
	body["at"] = time.Now().Add(-time.Hour).Format(time.RFC3339Nano)
	e := w.explains(mediator, body)
	require.Equal(t, []any{false, "facilitator", 1}, []any{e.Allowed, e.Rule, e.Version}, "they were asked, and had not answered")
	for _, as := range []string{supervisor, dpo, mediator2} {
		w.post(as, explainPath, body).refused(http.StatusNotFound, "not-found", "scope")
	}
	body["at"] = time.Now().Add(-3 * time.Hour).Format(time.RFC3339Nano)
	require.Equal(t, "began", w.post(mediator, explainPath, body).problem(http.StatusUnprocessableEntity, "invalid").Rule)
}
