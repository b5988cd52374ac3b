package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/api/files"
	"koko/api/oversight"
	"koko/api/people"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/policies"
)

const deputy = "u-deputy" // a case worker who substitutes

func day(n int) file.Date { return file.DateOf(time.Now().AddDate(0, 0, n)) }

func substitution(substitute string, roles []string, area ...ags.Key) object {
	return object{"substitute": substitute, "roles": roles, "area": area, "from": day(0), "until": day(6)}
}

func (w *world) substitute(as string, body object) answer {
	w.t.Helper()
	return w.post(as, "/api/v1/substitutions", body)
}

// entered reads what was entered.
func (a answer) entered() (s people.Substitution) {
	a.t.Helper()
	require.Equal(a.t, http.StatusCreated, a.code, a.body)
	a.ok(&s)
	return s
}

func (w *world) substitutions(as, query string) (ids []string) {
	w.t.Helper()
	var p struct{ Items []people.Substitution }
	w.get(as, "/api/v1/substitutions"+query).ok(&p)
	for _, s := range p.Items {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestASubstituteHasTheRolesMeanwhileAndEverybodySeesWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(deputy, "reporter", here)
	c := w.walk("record-analysis")
	w.get(deputy, casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	s := w.substitute(manager, substitution(deputy, []string{"conflict_manager"}, here)).entered()
	require.Equal(t, []any{manager, deputy, day(0), day(6), manager}, []any{s.Person, s.Substitute, s.From, s.Until, s.EnteredBy})
	require.Equal(t, c.ID, w.read(deputy, c).ID)

	var me people.Me
	w.get(deputy, "/api/v1/me").ok(&me)
	i := slices.IndexFunc(me.Grants, func(g people.MyGrant) bool { return g.InsteadOf == manager })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, []any{"conflict_manager", ags.Area{here}}, []any{string(me.Grants[i].Role), me.Grants[i].Area})

	var e files.Explanation
	w.post(supervisor, "/api/v1/authorization/explain", object{"subject": deputy, "act": "read_case", "file": object{"kind": "case", "id": c.ID}}).ok(&e)
	require.True(t, e.Allowed)
	require.Equal(t, manager, e.Grant.InsteadOf)
	var l files.AccessList
	w.get(dpo, casePath(c)+"/access?limit=500").ok(&l)
	i = slices.IndexFunc(l.Items, func(p files.PersonAccess) bool { return p.Subject == deputy })
	require.GreaterOrEqual(t, i, 0)
	require.Equal(t, manager, l.Items[i].Ways[0].Grant.InsteadOf)
	var reach oversight.PersonReach
	w.get(dpo, "/api/v1/people/"+deputy+"/access").ok(&reach)
	require.True(t, slices.ContainsFunc(reach.Grants, func(g oversight.PersonGrant) bool { return g.InsteadOf == manager }))

	// What the person may not do, the substitute may not do in their place: the manager wrote the analysis.
	for _, s := range way() {
		if s.command == "record-analysis" {
			s.by = manager
			c = w.take(c, s)
		}
	}
	review := object{"approved": true}
	p := w.send(deputy, c, "review-analysis", review).refused(http.StatusForbidden, "forbidden", "four_eyes")
	require.NotContains(t, p.Detail, manager)
	w.send(manager2, c, "review-analysis", review).caseView()

	var ended people.Substitution
	w.post(manager, "/api/v1/substitutions/"+s.ID+"/end", nil).ok(&ended)
	require.Equal(t, []any{manager, day(6)}, []any{ended.EndedBy, ended.Until})
	w.get(deputy, casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	var again people.Substitution
	w.post(supervisor, "/api/v1/substitutions/"+s.ID+"/end", nil).ok(&again)
	require.Equal(t, ended, again, "who ended it stays")
	for _, act := range []string{policies.EnterSubstitution, policies.EndSubstitution} {
		require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'grant' AND action = $1 AND subject_id = $2 AND ags = $3 AND actor = $4", act, s.ID, string(here), manager))
	}

	w.substitute(manager, substitution(deputy, []string{"conflict_manager"}, here)).entered()
	require.Equal(t, c.ID, w.read(deputy, c).ID)
	w.endGrants(manager)
	w.get(deputy, casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
}

func TestOneselfAndSupervisorsEnterASubstitution(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(deputy, "reporter", here)
	body := func(change ...any) object {
		b := substitution(deputy, []string{"conflict_manager"}, here)
		for i := 0; i < len(change); i += 2 {
			b[change[i].(string)] = change[i+1]
		}
		return b
	}
	for name, tc := range map[string]struct {
		as   string
		body object
		code int
		kind string
		rule string
	}{
		"a colleague":                     {manager2, body("person", manager), 403, "forbidden", "role"},
		"an administrator":                {admin, body("person", manager), 403, "forbidden", "role"},
		"the substitute":                  {deputy, body("person", manager), 403, "forbidden", "role"},
		"a supervisor elsewhere":          {foreign(supervisor), body("person", manager), 403, "forbidden", "area"},
		"a supervisor of a part":          {supervisor, body("person", manager, "area", []ags.Key{here, there}), 403, "forbidden", "area"},
		"a supervisor for themselves":     {supervisor, body("person", coordinator, "substitute", supervisor, "roles", []string{"coordinator"}), 403, "forbidden", "four_eyes"},
		"oneself as one's own":            {manager, body("substitute", manager), 422, "invalid", "oneself"},
		"a role that one does not hold":   {manager, body("roles", []string{"conflict_manager", "clearing"}), 422, "invalid", "holds_role"},
		"where one does not hold it":      {manager, body("area", []ags.Key{here, there}), 422, "invalid", "holds_role"},
		"a role that the other has not":   {supervisor, body("person", manager, "roles", []string{"clearing"}), 422, "invalid", "holds_role"},
		"a role that is about its holder": {trainee, body("roles", []string{"trainee"}), 422, "invalid", "personal"},
		"by somebody without a role":      {manager, body("substitute", stranger), 422, "invalid", "holds_role"},
		"by a trainee":                    {manager, body("substitute", trainee), 422, "invalid", "holds_role"},
		"by somebody elsewhere":           {manager, body("substitute", foreign(caseworker)), 422, "invalid", "holds_role"},
		"yesterday":                       {manager, body("from", day(-1)), 422, "invalid", "future"},
		"an end before the beginning":     {manager, body("from", day(3), "until", day(2)), 422, "invalid", "order"},
		"four years":                      {manager, body("until", day(4*366)), 422, "invalid", "range"},
		"no day":                          {manager, body("from", "2027-02-30"), 422, "invalid", "format"},
	} {
		a := w.substitute(tc.as, tc.body)
		require.Equal(t, tc.code, a.code, "%s: %s", name, a.body)
		p := a.problem(tc.code, tc.kind)
		if tc.rule != "format" {
			require.Equal(t, tc.rule, p.Rule, name)
		}
		if tc.code == 422 {
			require.NotEmpty(t, p.Field, name)
		}
	}
	require.Zero(t, w.count("SELECT count(*) FROM substitution"))
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND action = 'enter_substitution' AND rule = 'four_eyes' AND actor = $1", supervisor))

	s := w.substitute(supervisor, body("person", manager)).entered()
	require.Equal(t, []string{manager, supervisor}, []string{s.Person, s.EnteredBy})
	for _, as := range []string{deputy, admin} {
		w.post(as, "/api/v1/substitutions/"+s.ID+"/end", nil).refused(http.StatusForbidden, "forbidden", "area")
	}
	for _, as := range []string{manager2, stranger, foreign(supervisor), foreign(admin)} {
		w.post(as, "/api/v1/substitutions/"+s.ID+"/end", nil).refused(http.StatusNotFound, "not-found", "scope")
		require.NotContains(t, w.substitutions(as, ""), s.ID, as)
	}
	for _, as := range []string{manager, deputy, supervisor, admin} {
		require.Equal(t, []string{s.ID}, w.substitutions(as, "?person="+manager), as)
	}
	w.get("", "/api/v1/substitutions").problem(http.StatusUnauthorized, "unauthenticated")
}

func TestNobodyHasBothSidesOfAFourEyesRuleByASubstitution(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(deputy, "reporter", here)
	both := func(a answer) {
		t.Helper()
		a.refused(http.StatusConflict, "conflict", "four_eyes")
	}
	both(w.substitute(supervisor, substitution(caseworker, []string{"supervisor"}, here)))
	both(w.substitute(manager, substitution(supervisor, []string{"conflict_manager"}, here)))
	both(w.substitute(certifier, substitution(assessor, []string{"certifier"}, here)))
	both(w.substitute(supervisor, substitution(admin, []string{"supervisor"}, here)))
	both(w.substitute(dpo, substitution(coordinator, []string{"dpo"}, here)))

	// Two substitutions together, and a grant that is given meanwhile.
	w.substitute(supervisor, substitution(deputy, []string{"supervisor"}, here)).entered()
	both(w.substitute(manager, substitution(deputy, []string{"conflict_manager"}, here)))
	p := w.give(admin, grantOf(deputy, "caseworker", here), newKey()).refused(http.StatusConflict, "conflict", "four_eyes")
	require.Equal(t, "role", p.Field)
	w.give(admin, with(grantOf(deputy, "caseworker", here), "valid_from", day(5).Day().Begins()), newKey()).refused(http.StatusConflict, "conflict", "four_eyes")
	require.Equal(t, 1, w.count("SELECT count(*) FROM role_grant WHERE subject = $1", deputy), "nothing was written")
	require.Equal(t, http.StatusCreated, w.give(admin, grantOf(deputy, "steering", here), newKey()).code, "what is no other side")
	require.Equal(t, http.StatusCreated, w.give(foreign(admin), grantOf(deputy, "caseworker", there), newKey()).code, "elsewhere it is no other side")
	require.Equal(t, http.StatusCreated, w.give(admin, with(grantOf(deputy, "caseworker", here), "valid_from", (day(6).Day()+1).Begins()), newKey()).code, "afterwards it is none")

	// Who has both of their own hands on one of them only.
	w.grant("u-both", "coordinator", here)
	w.grant("u-both", "assessor", here)
	both(w.substitute("u-both", substitution(trainer, []string{"assessor", "coordinator"}, here)))
	w.substitute("u-both", substitution(trainer, []string{"assessor"}, here)).entered()
}

func TestTwoRightsAtOnceAreNotBothGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 4 {
		who := fmt.Sprintf("u-racer-%d", i)
		w.grant(who, "reporter", here)
		sup := fmt.Sprintf("u-sup-%d", i)
		w.grant(sup, policies.Supervisor, here)
		codes := make([]int, 2)
		atOnce(2, func(i int) {
			if i == 0 {
				codes[0] = w.substitute(sup, substitution(who, []string{"supervisor"}, here)).code
			} else {
				codes[1] = w.give(admin, grantOf(who, "caseworker", here), newKey()).code
			}
		})
		require.ElementsMatch(t, []int{http.StatusCreated, http.StatusConflict}, codes)
	}
}

func TestSubstitutionsMakeNoChainsAndDoNotOverlap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(deputy, "caseworker", here)
	w.substitute(manager, substitution(deputy, []string{"conflict_manager"}, here)).entered()
	w.substitute(deputy, substitution(caseworker, []string{"caseworker"}, here)).refused(http.StatusConflict, "conflict", "chain")
	w.substitute(caseworker, substitution(manager, []string{"caseworker"}, here)).refused(http.StatusConflict, "conflict", "chain")
	w.substitute(deputy, substitution(caseworker, []string{"conflict_manager"}, here)).refused(http.StatusUnprocessableEntity, "invalid", "holds_role")
	w.substitute(manager, with(with(substitution(manager2, []string{"conflict_manager"}, here), "from", day(6)), "until", day(9))).refused(http.StatusConflict, "conflict", "overlap")
	w.substitute(manager, with(with(substitution(manager2, []string{"conflict_manager"}, here), "from", day(7)), "until", day(9))).entered()
}

func TestTheSameKeyIsTheSameSubstitution(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := newKey()
	body := substitution(manager2, []string{"conflict_manager"}, here)
	send := func(b object) answer {
		return w.call(manager, http.MethodPost, "/api/v1/substitutions", b, "Idempotency-Key", key)
	}
	first := send(body)
	require.JSONEq(t, first.body, send(body).body)
	send(with(body, "until", day(7))).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	w.post(manager, "/api/v1/substitutions/"+first.entered().ID+"/end", nil)
	require.NotEmpty(t, send(body).entered().EndedBy, "sent again, it gives nothing anew")
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE action = 'enter_substitution' AND kind = 'grant'"))
	w.call(manager, http.MethodPost, "/api/v1/substitutions", body).problem(http.StatusUnprocessableEntity, "invalid")
}

// By a substitution nobody gains for the person, or from them, what they could not have themselves.
func TestRightsHeldForSomebodyAreNotTurnedToTheirProfit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(deputy, "reporter", here)
	w.substitute(admin, substitution(deputy, []string{"admin"}, here)).entered()
	w.give(deputy, grantOf(admin, "steering", here), newKey()).refused(http.StatusForbidden, "forbidden", "area")
	w.give(deputy, grantOf(deputy, "steering", here), newKey()).refused(http.StatusForbidden, "forbidden", "four_eyes")
	require.Equal(t, http.StatusCreated, w.give(deputy, grantOf(newcomer, "steering", here), newKey()).code)

	w.grant("u-acting", "steering", here)
	w.substitute(supervisor, substitution("u-acting", []string{"supervisor"}, here)).entered()
	body := with(substitution(supervisor, []string{"coordinator"}, here), "person", coordinator)
	w.substitute("u-acting", body).refused(http.StatusForbidden, "forbidden", "role")
	w.absent("u-acting", with(away(), "person", supervisor)).refused(http.StatusForbidden, "forbidden", "role")

	// The supervisor asks for an erasure: who substitutes them does not approve it.
	c := w.walk("record-analysis")
	d := w.documentOf(c)
	var asked struct{ ID string }
	w.post(supervisor, casePath(c)+"/documents/"+d+"/erasure", object{"reason": "wrong_file"}).ok(&asked)
	w.post("u-acting", "/api/v1/erasures/"+asked.ID+"/approve", nil).refused(http.StatusForbidden, "forbidden", "four_eyes")
	require.Less(t, w.post(dpo, "/api/v1/erasures/"+asked.ID+"/approve", nil).code, 300)
}

// documentOf is a document of a case that supervisors read.
func (w *world) documentOf(c CaseView) string {
	w.t.Helper()
	var page struct{ Items []struct{ ID string } }
	w.get(supervisor, casePath(c)+"/documents").ok(&page)
	require.NotEmpty(w.t, page.Items)
	return page.Items[0].ID
}

func away() object { return object{"from": day(0), "until": day(6)} }

func (w *world) absent(as string, body object) answer {
	w.t.Helper()
	return w.post(as, "/api/v1/absences", body)
}

func (w *world) absences(as, query string) (all []people.Absence) {
	w.t.Helper()
	var p struct{ Items []people.Absence }
	w.get(as, "/api/v1/absences"+query).ok(&p)
	return p.Items
}

func TestOneselfAndSupervisorsSayWhoIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(manager, "steering", there)
	var a people.Absence
	w.absent(manager, away()).ok(&a)
	require.Equal(t, []any{manager, day(0), day(6), ags.Area{here, there}}, []any{a.Person, a.From, a.Until, a.Area})
	require.Len(t, w.absences(manager, ""), 1)
	for as, area := range map[string]ags.Area{supervisor: {here}, foreign(supervisor): {there}} {
		got := w.absences(as, "?person="+manager)
		require.Len(t, got, 1)
		require.Equal(t, area, got[0].Area, "no more than is theirs to know")
		w.post(as, "/api/v1/absences/"+a.ID+"/end", nil).refused(http.StatusForbidden, "forbidden", "area")
	}
	for _, as := range []string{manager2, caseworker, dpo, admin, steering, stranger} {
		require.Empty(t, w.absences(as, ""), as)
		w.post(as, "/api/v1/absences/"+a.ID+"/end", nil).refused(http.StatusNotFound, "not-found", "scope")
		w.post(as, "/api/v1/absences/"+a.ID+"/change", away()).refused(http.StatusNotFound, "not-found", "scope")
	}
	var changed, ended people.Absence
	w.post(manager, "/api/v1/absences/"+a.ID+"/change", with(away(), "until", day(9))).ok(&changed)
	require.Equal(t, day(9), changed.Until)
	w.post(manager, "/api/v1/absences/"+a.ID+"/end", nil).ok(&ended)
	require.Equal(t, []any{manager, day(9)}, []any{ended.EndedBy, ended.Until})
	w.post(manager, "/api/v1/absences/"+a.ID+"/change", away()).refused(http.StatusConflict, "conflict", "ended")
	for _, act := range []string{policies.EnterAbsence, policies.ChangeAbsence, policies.EndAbsence} {
		require.Equal(t, 2, w.count("SELECT count(*) FROM access_log WHERE kind = 'absence' AND action = $1 AND subject_id = $2", act, a.ID), "%s, in each municipality", act)
	}

	var theirs people.Absence
	w.absent(supervisor, with(away(), "person", caseworker)).ok(&theirs)
	require.Equal(t, []any{caseworker, supervisor}, []any{theirs.Person, theirs.EnteredBy})
	w.post(caseworker, "/api/v1/absences/"+theirs.ID+"/end", nil).ok(&ended)
	w.absent(supervisor, with(away(), "person", foreign(caseworker))).refused(http.StatusUnprocessableEntity, "invalid", "area")
	w.absent(manager2, with(away(), "person", caseworker)).refused(http.StatusForbidden, "forbidden", "role")
	w.absent(stranger, away()).refused(http.StatusForbidden, "forbidden", "role")
	w.absent(manager, with(away(), "reason", "krank")).problem(http.StatusUnprocessableEntity, "invalid")
	w.absent(manager, with(away(), "until", day(-1))).problem(http.StatusUnprocessableEntity, "invalid")
	w.post(manager, "/api/v1/absences/"+uuid.NewString()+"/end", nil).refused(http.StatusNotFound, "not-found", "scope")

	whole := w.absences(supervisor, "")
	require.Len(t, whole, 2)
	var first struct {
		Items []people.Absence
		Next  string
	}
	w.get(supervisor, "/api/v1/absences?limit=1").ok(&first)
	require.Equal(t, whole[:1], first.Items)
	require.Equal(t, whole[1:], w.absences(supervisor, "?limit=1&cursor="+first.Next))
}

// While somebody is away, their substitute is told, and not they; unless the substitute does not see the file.
func TestASubstituteIsToldInstead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grant(deputy, "reporter", here)
	told := func(c CaseView, who string) int {
		return w.count("SELECT count(*) FROM notification WHERE file_id = $1 AND recipient = $2", c.ID, who)
	}
	missed := func() CaseView { // who works on the case hears that its triage is overdue
		w.engine.At, w.engine.Punctual = time.Time{}, false
		c := w.read(clearing, w.report(reporter, here))
		c = w.send(manager2, c, "assign", object{"assignee": manager}).caseView()
		w.engine.At, w.engine.Punctual = c.Shown.Deadlines[0].Due, true
		w.must(manager2, c, "add-note", object{"note": "Angerufen."})
		return c
	}
	before := missed()
	require.Positive(t, told(before, manager))

	w.substitute(manager, substitution(deputy, []string{"conflict_manager"}, here)).entered()
	present := missed()
	require.Positive(t, told(present, manager), "who is there hears it")

	var a people.Absence
	w.absent(manager, away()).ok(&a)
	gone := missed()
	require.Zero(t, told(gone, manager))
	require.Positive(t, told(gone, deputy))

	w.post(manager, "/api/v1/absences/"+a.ID+"/end", nil)
	back := missed()
	require.Positive(t, told(back, manager))

	require.Zero(t, told(back, deputy))

	w.absent(manager, away()).ok(&a)
	w.exec("UPDATE substitution SET roles = '{caseworker}'") // the manager holds no such role: nobody substitutes them
	require.Positive(t, told(missed(), manager))
	w.exec("UPDATE substitution SET roles = '{conflict_manager}'")
	require.Zero(t, told(missed(), manager))
}

func TestTheSameKeyIsTheSameChangeOfAnAbsence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var a, other people.Absence
	w.absent(manager, away()).ok(&a)
	w.absent(manager, with(away(), "from", day(6))).ok(&other)
	key := newKey()
	change := func(id string, until int) answer {
		return w.call(manager, http.MethodPost, "/api/v1/absences/"+id+"/change", with(away(), "until", day(until)), "Idempotency-Key", key)
	}
	first := change(a.ID, 9)
	require.Equal(t, http.StatusOK, first.code)
	require.JSONEq(t, first.body, change(a.ID, 9).body)
	change(a.ID, 8).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	change(other.ID, 9).refused(http.StatusConflict, "conflict", "idempotency_key_reused")
	now := map[string]file.Date{}
	for _, n := range w.absences(manager, "") {
		now[n.ID] = n.Until
	}
	require.Equal(t, map[string]file.Date{a.ID: day(9), other.ID: day(6)}, now, "a key that was used changes nothing")
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE action = $1", policies.ChangeAbsence))

	var ended people.Absence
	w.post(manager, "/api/v1/absences/"+a.ID+"/end", nil).ok(&ended)
	require.Equal(t, ended, func() (again people.Absence) { change(a.ID, 9).ok(&again); return again }(), "it was changed, and ended since")
}

// remind tells people of a case as its workflow does, and says who was told.
func (w *world) remind(c CaseView, n file.Notice) func(who string) bool {
	w.t.Helper()
	w.exec("DELETE FROM notification WHERE file_id = $1", c.ID)
	require.NoError(w.t, w.engine.Files.Remind(w.t.Context(), activities.Reminding{
		Kind: conflict.Kind, FileID: c.ID, AGS: here, Version: c.Version, At: time.Now(), Notice: n,
	}))
	return func(who string) bool {
		w.t.Helper()
		return w.count("SELECT count(*) FROM notification WHERE file_id = $1 AND recipient = $2", c.ID, who) > 0
	}
}

// What is for a role goes to the substitute in that role, and not to somebody who has another role of the person.
func TestASubstituteIsNotToldWhatIsForAnotherRole(t *testing.T) {
	t.Parallel()
	const lead, acting = "u-lead", "u-acting" // who supervises and steers, and who supervises meanwhile
	w := newWorld(t)
	c := w.read(clearing, w.report(reporter, here))
	w.grant(lead, "supervisor", here)
	w.grant(lead, "steering", here)
	w.grant(deputy, "reporter", here)
	w.grant(acting, "reporter", here)
	w.substitute(lead, substitution(deputy, []string{"steering"}, here)).entered()
	require.Equal(t, http.StatusCreated, w.absent(lead, away()).code)

	told := w.remind(c, file.Notice{Kind: "supervisor.triage", Roles: []string{"supervisor"}})
	require.True(t, told(lead), "nobody supervises in their place")
	require.False(t, told(deputy))
	require.True(t, told(supervisor))
	told = w.remind(c, file.Notice{Kind: "supervisor.triage", Roles: []string{"supervisor", "steering"}})
	require.False(t, told(lead))
	require.True(t, told(deputy), "it is for the steering group, too")
	told = w.remind(c, file.Notice{Kind: "overdue.triage", People: []string{lead}, Roles: []string{"supervisor"}})
	require.False(t, told(lead))
	require.True(t, told(deputy), "it is for the person")

	w.substitute(lead, substitution(acting, []string{"supervisor"}, here)).entered()
	told = w.remind(c, file.Notice{Kind: "supervisor.triage", Roles: []string{"supervisor"}})
	require.False(t, told(lead))
	require.False(t, told(deputy))
	require.True(t, told(acting))
}

// Whoever is away does not hear it for somebody else.
func TestASubstituteWhoIsAwayIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.read(clearing, w.report(reporter, here))
	w.grant(deputy, "reporter", here)
	w.substitute(manager, substitution(deputy, []string{"conflict_manager"}, here)).entered()
	require.Equal(t, http.StatusCreated, w.absent(manager, away()).code)
	late := file.Notice{Kind: "overdue.triage", People: []string{manager}}
	rung := file.Notice{Kind: "deputy.triage", InPlaceOf: []string{manager}, Roles: []string{"conflict_manager"}}
	require.True(t, w.remind(c, late)(deputy))
	require.False(t, w.remind(c, rung)(manager2), "the substitute is told instead")

	require.Equal(t, http.StatusCreated, w.absent(deputy, away()).code)
	told := w.remind(c, late)
	require.True(t, told(manager))
	require.False(t, told(deputy))
	require.True(t, w.remind(c, rung)(manager2), "as if nobody substituted them")
}

// Whoever holds nothing any more where a file lies hears of it no longer, however they are tied to it.
func TestWhoseGrantHasEndedHearsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.read(clearing, w.report(reporter, here))
	c = w.send(manager2, c, "assign", object{"assignee": manager}).caseView()
	w.endGrants(manager)
	w.grant(manager, "conflict_manager", there)
	w.engine.At, w.engine.Punctual = c.Shown.Deadlines[0].Due, true
	w.must(manager2, c, "add-note", object{"note": "Angerufen."})
	require.Zero(t, w.count("SELECT count(*) FROM notification WHERE recipient = $1", manager))
}
