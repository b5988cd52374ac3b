package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/domain/advice"
	"koko/domain/calendar"
	"koko/domain/training/cohort"
	"koko/domain/work"
	"koko/internal/story"
	"koko/policies"
)

type timelinePage struct {
	Items []files.TimelineEntry
	Next  string
}

// timeline is a page of what somebody reads at path.
func (w *world) timeline(as, path, query string) (p timelinePage) {
	w.t.Helper()
	w.get(as, path+"/timeline?"+query).ok(&p)
	return p
}

// wording is the texts of entries.
func wording(es []files.TimelineEntry) (all []string) {
	for _, e := range es {
		all = append(all, e.Text)
	}
	return all
}

// entry is the only one of an action.
func only(t *testing.T, es []files.TimelineEntry, action string) files.TimelineEntry {
	t.Helper()
	var found []files.TimelineEntry
	for _, e := range es {
		if e.Action == action {
			found = append(found, e)
		}
	}
	require.Len(t, found, 1, action)
	return found[0]
}

func TestATimelineTellsWhoDidWhatInWhichRoleAtWhichStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("assess-escalation")
	de := w.timeline(manager, casePath(c), "lang=de&limit=200").Items
	mandate := only(t, de, "decide_mandate")
	require.Equal(t, "Der Auftrag wurde am "+german(string(c.Mandate.DecidedOn))+" erteilt. Der Fall ist jetzt in der Analyse.", mandate.Text)
	require.Equal(t, manager, mandate.Actor)
	require.Equal(t, []string{"Konfliktmanager:in"}, mandate.Roles)
	require.Equal(t, "Früherkennung", mandate.Phase)
	require.Equal(t, 1, mandate.Round)
	require.Contains(t, mandate.Changes, files.ChangeView{Path: "phase", Label: "Phase", Before: "Früherkennung", After: "Analyse"})
	require.Contains(t, mandate.Changes, files.ChangeView{Path: "mandate.granted", Label: "Auftrag erteilt", After: "ja"})
	require.Equal(t, []string{"clearing met", "analysis set"}, turns(mandate))
	scored := only(t, de, "assess_escalation")
	require.Equal(t, "Die Eskalation wurde neu eingeschätzt: vorher Stufe 5, jetzt Stufe 4 nach Glasl.", scored.Text)
	require.Equal(t, []string{"rescore met", "rescore set"}, turns(scored))

	en := w.timeline(manager, casePath(c), "lang=en&limit=200").Items
	require.Equal(t, "The escalation was scored anew: stage 5 before, stage 4 after Glasl now.", only(t, en, "assess_escalation").Text)
	require.Equal(t, []string{"conflict manager"}, only(t, en, "decide_mandate").Roles)
}

func german(day string) string {
	at, _ := time.Parse(time.DateOnly, day)
	return at.Format("02.01.2006")
}

func turns(e files.TimelineEntry) (all []string) {
	for _, d := range e.Deadlines {
		all = append(all, d.Limit+" "+string(d.Turn))
	}
	return all
}

func TestTheLanguageFollowsTheLinkThenTheBrowserThenGerman(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := casePath(w.walk("")) + "/timeline"
	for _, c := range []struct{ query, accept, want string }{
		{"", "", "de"}, {"", "en-GB,de;q=0.5", "en"}, {"", "fr", "de"}, {"?lang=de", "en", "de"}, {"?lang=en", "de", "en"},
	} {
		a := w.call(manager, http.MethodGet, path+c.query, nil, "Accept-Language", c.accept)
		require.Equal(t, c.want, a.header.Get("Content-Language"), c)
		require.Equal(t, c.want == "de", strings.Contains(a.body, "gemeldet"), c)
	}
}

func TestRefusalsAndReadsAreToldWithTheirReasons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("triage")
	w.send(manager, c, "decide-mandate", mandate()).refused(http.StatusConflict, "gate", "clearing")
	w.get(foreign(supervisor), casePath(c)).refused(http.StatusNotFound, "not-found", "scope")
	w.get(supervisor, casePath(c)+"?reason=beschwerde").caseView()

	refusals := w.timeline(supervisor, casePath(c), "refusals=true").Items
	require.Equal(t, []string{
		"Der Versuch, den Fall zu lesen, wurde abgelehnt. Die Akte liegt außerhalb des eigenen Bereichs.",
		"Der Versuch, über den Auftrag zu entscheiden, wurde abgelehnt. Das Clearing war noch nicht vollständig.",
	}, wording(refusals))
	require.Equal(t, []string{"Konfliktmanager:in"}, refusals[1].Roles)
	require.Equal(t, "Früherkennung", refusals[1].Phase)
	require.Empty(t, refusals[0].Roles, "what somebody is elsewhere is not told")
	reads := w.timeline(supervisor, casePath(c), "kind=read").Items
	require.Equal(t, []string{"Die Geschichte des Falls wurde gelesen.", "Der Fall wurde gelesen. Zugriffsgrund: Beschwerde."}, wording(reads))
	require.Equal(t, "timeline", reads[0].Subject, "reading a timeline is recorded")
}

func TestFiltersNarrowATimeline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("decide-mandate")
	w.get(dpo, casePath(c)).problem(http.StatusForbidden, "forbidden")
	whole := w.timeline(manager, casePath(c), "kind=decision&kind=refusal").Items
	require.Len(t, whole, 6)
	require.Len(t, w.timeline(manager, casePath(c), "kind=decision&actor="+clearing).Items, 3)
	require.Empty(t, w.timeline(manager, casePath(c), "kind=deadline").Items)
	require.Empty(t, w.timeline(manager, casePath(c), "kind=notification&kind=grant").Items)
	middle := whole[2].At
	later := w.timeline(manager, casePath(c), "kind=decision&kind=refusal&from="+url.QueryEscape(middle.Format(time.RFC3339Nano))).Items
	earlier := w.timeline(manager, casePath(c), "kind=decision&kind=refusal&until="+url.QueryEscape(middle.Format(time.RFC3339Nano))).Items
	require.Equal(t, whole, slices.Concat(later, earlier))
	require.Len(t, later, 3)
	oldest := w.timeline(manager, casePath(c), "order=asc&kind=decision&kind=refusal").Items
	slices.Reverse(oldest)
	require.Equal(t, whole, oldest)
	for _, bad := range []string{"kind=secret", "order=up", "lang=fr", "from=0001-02-03T00:00:00Z", "cursor=abc", "limit=0"} {
		w.get(manager, casePath(c)+"/timeline?"+bad).problem(http.StatusUnprocessableEntity, "invalid")
	}
}

func TestThePagesOfATimelineMakeTheWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-clearing")
	for range 4 {
		w.get(dpo, casePath(c)).problem(http.StatusForbidden, "forbidden")
		w.get(supervisor, casePath(c)).caseView()
	}
	w.exec(`BEGIN; SET LOCAL session_replication_role = replica;
		UPDATE access_log SET at = (SELECT max(at) FROM audit) WHERE kind = 'refusal'; COMMIT`) // at the same time
	w.t.Cleanup(func() { w.exec("ALTER TABLE access_log DISABLE TRIGGER USER"); w.exec("TRUNCATE access_log") })
	for _, order := range []string{"desc", "asc"} {
		whole := withoutHistoryReads(w.timeline(manager, casePath(c), "limit=200&order="+order).Items)
		require.Len(t, whole, 12)
		for _, limit := range []int{1, 3, 12} {
			var all []files.TimelineEntry
			next := ""
			for {
				p := w.timeline(manager, casePath(c), fmt.Sprintf("limit=%d&order=%s%s", limit, order, next))
				require.LessOrEqual(t, len(p.Items), limit)
				all = append(all, p.Items...)
				if p.Next == "" {
					break
				}
				next = "&cursor=" + p.Next
			}
			require.Equal(t, whole, withoutHistoryReads(all), "%s in pages of %d", order, limit)
		}
	}
}

func withoutHistoryReads(es []files.TimelineEntry) []files.TimelineEntry {
	return slices.DeleteFunc(es, func(e files.TimelineEntry) bool { return e.Action == "read_history" })
}

// What one side of an advice noted for itself: the other one is told that something happened, and by no filter more.
func TestWhatIsVeiledIsToldToThoseWhoMayKnowAlone(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised(advice.Coaching, "note-as-client")
	for as, hidden := range map[string]string{reporter: "note_advice", adviser: "note_as_client"} {
		neutral := func(query string) (n int) {
			r := w.get(as, advicePath(a.ID)+"/timeline?limit=200&"+query)
			var p timelinePage
			r.ok(&p)
			require.NotContains(t, r.body, `"`+hidden+`"`, as)
			for _, e := range p.Items {
				if e.Confidential {
					require.Equal(t, files.TimelineEntry{At: e.At, Kind: e.Kind, Text: story.Neutral(advice.Kind).Says.DE, Confidential: true}, e)
					n++
				}
			}
			return n
		}
		require.NotZero(t, neutral("kind=decision"), as)
		require.Zero(t, neutral("kind=decision&actor="+map[string]string{reporter: adviser, adviser: reporter}[as]), "a filter tells no more than the entry")
	}
}

// How a conflict is worked on is told in the working file, and nothing of it by the case.
func TestTheWorkIsToldInTheWorkingFileAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-interim")
	path := workPath(c.Handed.Work)
	w.get(caseworker, path+"/timeline").refused(http.StatusNotFound, "not-found", "scope")
	w.attempt(mediator, c, "confirm-work-conditions", with(bodyOf(work.ActionConfirmConditions), "confirmed_on", "2199-01-01")).problem(http.StatusUnprocessableEntity, "invalid")
	own := w.timeline(mediator, path, "limit=200").Items
	require.Contains(t, only(t, slices.DeleteFunc(slices.Clone(own), func(e files.TimelineEntry) bool { return e.Kind != "decision" }), "record_work_session").Text, "mit 6 Teilnehmenden")

	for _, as := range []string{supervisor, manager, dpo} {
		for _, query := range []string{"", "refusals=true", "kind=decision", "actor=" + mediator} {
			body := w.get(as, casePath(c)+"/timeline?limit=200&"+query).body
			for _, what := range []string{mediator, "Sitzung", "session", "interim", "mediation", "Teilnehmenden", "2199"} {
				require.NotContains(t, body, what, "%s as %s", query, as)
			}
		}
	}
	for _, as := range []string{supervisor, manager} {
		for _, what := range []string{fmt.Sprintf("/versions/%d", c.Version), "/compare?from=1&to=" + fmt.Sprint(c.Version)} {
			a := w.get(as, casePath(c)+what)
			require.Equal(t, http.StatusOK, a.code)
			require.NotContains(t, a.body, "sessions", what)
		}
	}
}

func TestTheDataProtectionOfficerSeesThatSomethingHappenedAndNotWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("hand-to-work")
	for _, e := range w.timeline(dpo, casePath(c), "kind=decision&limit=200").Items {
		require.Empty(t, e.Changes)
		require.Empty(t, e.Deadlines)
		require.NotEmpty(t, e.Actor)
		require.NotRegexp(t, "[0-9]", e.Text)
	}
	w.get(dpo, casePath(c)+"/versions/2").refused(http.StatusForbidden, "forbidden", "role")
	w.get(dpo, casePath(c)+"/compare?from=1&to=2").refused(http.StatusForbidden, "forbidden", "role")
}

func TestNobodyReadsATimelineWhoMayNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("record-work-session")
	cohort := w.planned(nil)
	e := w.seated(trainee, cohort)
	for _, path := range []string{
		casePath(c) + "/timeline", casePath(c) + "/versions/1", casePath(c) + "/as-of?at=2030-01-01T00:00:00Z", casePath(c) + "/compare?from=1&to=2",
		enrolmentPath(e.ID) + "/timeline", enrolmentPath(e.ID) + "/versions/1", enrolmentPath(e.ID) + "/as-of?at=2030-01-01T00:00:00Z", enrolmentPath(e.ID) + "/compare?from=1&to=2",
		cohortPath(cohort.ID) + "/timeline", cohortPath(cohort.ID) + "/compare?from=1&to=1",
	} {
		require.Equal(t, http.StatusUnauthorized, w.get("", path).code, path)
		for _, as := range []string{foreign(supervisor), foreign(dpo), foreign(coordinator), stranger} {
			w.get(as, path).refused(http.StatusNotFound, "not-found", "scope")
		}
	}
	for _, as := range []string{caseworker, steering, evaluation, mediator, reporter} {
		w.get(as, casePath(c)+"/timeline").refused(http.StatusForbidden, "forbidden", "role")
	}
	for _, as := range []string{trainee, trainer, employer} {
		w.get(as, enrolmentPath(e.ID)+"/timeline").refused(http.StatusForbidden, "forbidden", "role")
	}
	require.Equal(t, 4, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND actor = $2 AND kind = 'refusal'", c.ID, foreign(dpo)))
}

func TestATimelineOfTheTrainingTellsWhoWasToldToThoseWhoMayKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cohort := w.planned(nil)
	e := w.seated(trainee, cohort)
	w.signed(cohort, "d1", entry(e, 480))
	all := w.timeline(coordinator, enrolmentPath(e.ID), "limit=200&order=asc").Items
	texts := wording(all)
	require.Contains(t, texts, "Die Bewerbung um einen Platz ist eingegangen.")
	require.Contains(t, texts, "Der Durchgang hat einen Platz vergeben. Jetzt folgen die Module.")
	require.Contains(t, texts, "Die Anwesenheitsliste bestätigt 480 von 480 Minuten in Modul m1.")
	require.Contains(t, texts, "Eine Person wurde benachrichtigt: ein Platz ist vergeben.")
	require.Less(t, slices.Index(texts, "Der Durchgang hat einen Platz vergeben. Jetzt folgen die Module."), slices.Index(texts, "Eine Person wurde benachrichtigt: ein Platz ist vergeben."))
	admitted := only(t, all, "admitted")
	require.Equal(t, []string{trainee}, admitted.Recipients)
	require.Equal(t, 1, admitted.Notified)
	require.Empty(t, only(t, w.timeline(dpo, enrolmentPath(e.ID), "limit=200").Items, "admitted").Recipients)
	require.Contains(t, wording(w.timeline(coordinator, cohortPath(cohort.ID), "limit=200").Items), "Der Durchgang wurde mit 12 Plätzen geplant; Bewerbungen sind bis "+closing(cohort.Cohort)+" möglich.")

	w.exec("UPDATE role_grant SET valid_from = now() - interval '1 year' WHERE subject = $1", employer)
	held := only(t, w.timeline(supervisor, enrolmentPath(e.ID), "kind=decision&limit=200").Items, "decide_release")
	require.Equal(t, []string{"Führungskraft beim Arbeitgeber"}, held.Roles)
	require.Equal(t, []string{"release met", "application set"}, turns(held))
}

func closing(c cohort.Cohort) string {
	return c.Closes.In(calendar.Berlin).Format("02.01.2006 15:04") + " Uhr"
}

func TestGrantsOfTheMunicipalityAreToldToThoseWhoMayReadThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("")
	w.give(admin, object{"subject": "u-new", "role": "clearing", "area": []string{string(here)}}, newKey())
	require.Empty(t, w.timeline(supervisor, casePath(c), "kind=grant").Items)
	w.grant(supervisor, policies.Admin, here)
	grants := w.timeline(supervisor, casePath(c), "kind=grant").Items
	require.Equal(t, []string{"Eine Berechtigung in dieser Kommune wurde gegeben: Clearingstelle."}, wording(grants))
	require.Equal(t, admin, grants[0].Actor)
}

func TestACaseIsShownAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("decide-mandate")
	var was, now PastView
	a := w.get(manager, casePath(c)+"/versions/3")
	a.ok(&was)
	require.Empty(t, a.header.Get("ETag"), "nobody decides on what was")
	require.Equal(t, was.Recorded.UTC().Format(http.TimeFormat), a.header.Get("Memento-Datetime"))
	require.True(t, was.History)
	require.True(t, was.Verified)
	require.Empty(t, was.Broken)
	require.Equal(t, "detection", string(was.Case.Phase))
	require.Nil(t, was.Case.Clearing)
	require.Equal(t, "triage", was.Action)
	require.Equal(t, 3, was.Case.Version)

	w.get(manager, casePath(c)+"/as-of?at="+url.QueryEscape(was.Replaced.Add(-time.Microsecond).Format(time.RFC3339Nano))).ok(&now)
	require.Equal(t, was, now, "until the next decision")
	w.get(manager, casePath(c)+"/as-of?at="+url.QueryEscape(was.Replaced.Format(time.RFC3339Nano))).ok(&now)
	require.Equal(t, 4, now.Version)
	w.get(manager, casePath(c)+"/as-of?at=2100-01-01T00:00:00Z").ok(&now)
	require.Equal(t, c.Version, now.Version)
	now = PastView{}
	w.get(manager, fmt.Sprintf("%s/versions/%d", casePath(c), c.Version)).ok(&now)
	require.Nil(t, now.Replaced)
	w.get(manager, casePath(c)+"/as-of?at=2001-01-01T00:00:00Z").refused(http.StatusNotFound, "not-found", "version")
	w.get(manager, casePath(c)+"/versions/99").refused(http.StatusNotFound, "not-found", "version")
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE file_id = $1 AND kind = 'read' AND subject_id = 'version' AND version = 3 AND actor = $2", c.ID, manager)-1)
}

func TestTwoPointsAreCompared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("decide-mandate")
	var diff files.Comparison
	w.get(supervisor, casePath(c)+"/compare?lang=en&from=3&to=5").ok(&diff)
	require.Equal(t, 3, diff.From.Version)
	require.Equal(t, 5, diff.To.Version)
	require.Contains(t, diff.Changes, files.ChangeView{Path: "phase", Label: "Phase", Before: "detection", After: "analysis"})
	require.Contains(t, diff.Changes, files.ChangeView{Path: "clearing.urgency", Label: "Urgency", After: "smouldering"})
	w.get(supervisor, casePath(c)+"/compare?from=3&to=2100-01-01T00:00:00Z").ok(&diff)
	require.Equal(t, 5, diff.To.Version)
	w.get(supervisor, casePath(c)+"/compare?from=3&to=3").ok(&diff)
	require.Empty(t, diff.Changes)
	w.get(supervisor, casePath(c)+"/compare?from=5&to=3").refused(http.StatusUnprocessableEntity, "invalid", "order")
	w.get(supervisor, casePath(c)+"/compare?from=yesterday&to=3").refused(http.StatusUnprocessableEntity, "invalid", "point")
}

func TestABrokenChainIsNamedFromWhereItBreaks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("decide-mandate")
	e := w.seated(trainee, w.planned(nil))
	var was PastView
	var enrolled PastView
	tampered := func(sql string, args ...any) {
		tx, err := w.rec.Owner.Begin(context.Background())
		require.NoError(t, err)
		_, err = tx.Exec(context.Background(), "SET LOCAL session_replication_role = replica")
		require.NoError(t, err)
		_, err = tx.Exec(context.Background(), sql, args...)
		require.NoError(t, err)
		require.NoError(t, tx.Commit(context.Background()))
	}
	tampered("UPDATE audit SET state = jsonb_set(state::jsonb, '{triage,decision}', '\"verwerfen\"') WHERE file_id = $1 AND version = 3", c.ID)
	for version, holds := range map[int]bool{1: true, 2: true, 3: false, 5: false} {
		w.get(manager, fmt.Sprintf("%s/versions/%d", casePath(c), version)).ok(&was)
		require.Equal(t, holds, was.Verified, version)
		require.Equal(t, map[bool]string{false: "case " + c.ID + ", version 3"}[holds], was.Broken)
		was = PastView{}
	}
	tampered("DELETE FROM audit WHERE file_id = $1 AND version = 2", e.ID)
	w.get(coordinator, enrolmentPath(e.ID)+"/versions/1").ok(&enrolled)
	require.True(t, enrolled.Verified)
	w.get(coordinator, enrolmentPath(e.ID)+"/versions/3").ok(&enrolled)
	require.False(t, enrolled.Verified)
	require.Equal(t, "enrolment "+e.ID+", version 2", enrolled.Broken)
	tampered("DELETE FROM audit")
	tampered("DELETE FROM file_document")
	for _, table := range []string{"file"} {
		tampered("DELETE FROM " + table)
	}
}
