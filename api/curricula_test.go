package api_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/training"
)

// contentOf is that of a curriculum as a certifier sends it.
func contentOf(t *testing.T, c training.CurriculumView) object {
	t.Helper()
	b, err := json.Marshal(c.Curriculum)
	require.NoError(t, err)
	var o object
	require.NoError(t, json.Unmarshal(b, &o))
	return without(o, "id", "version")
}

const versions = "/api/v1/curricula/koko/versions"

func TestEverybodyReadsCurricula(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all struct{ Items []training.CurriculumView }
	w.get(stranger, "/api/v1/curricula").ok(&all)
	require.Len(t, all.Items, 2)
	var latest, first training.CurriculumView
	a := w.get(stranger, "/api/v1/curricula/koko")
	a.ok(&latest)
	require.Equal(t, `"1"`, a.header.Get("ETag"))
	w.get(stranger, "/api/v1/curricula/koko/1").ok(&first)
	require.Equal(t, first, latest)
	require.Equal(t, koko(), first.Curriculum)
	for _, none := range []string{"/api/v1/curricula/none", "/api/v1/curricula/koko/2", "/api/v1/curricula/none/1"} {
		w.get(stranger, none).refused(http.StatusNotFound, "not-found", "curriculum")
	}
	for _, path := range []string{"/api/v1/curricula", "/api/v1/curricula/koko", "/api/v1/curricula/koko/1"} {
		w.get("", path).problem(http.StatusUnauthorized, "unauthenticated")
	}
}

func TestACertifierPublishesTheNextVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var seen, next training.CurriculumView
	w.get(certifier, "/api/v1/curricula/koko").ok(&seen)
	body := with(contentOf(t, seen), "title", "Neue Fassung")
	key := []string{"Idempotency-Key", newKey(), "If-Match", `"1"`}
	for range 2 { // sent again, it is the same
		a := w.call(certifier, http.MethodPost, versions, body, key...)
		a.ok(&next)
		require.Equal(t, http.StatusCreated, a.code)
		require.Equal(t, "/api/v1/curricula/koko/2", a.header.Get("Location"))
		require.Equal(t, `"2"`, a.header.Get("ETag"))
		require.Equal(t, "Neue Fassung", next.Title)
	}
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE kind = 'grant' AND action = 'publish_curriculum' AND actor = $1 AND subject_id = 'koko/2' AND ags = $2", certifier, here))

	w.post(certifier, versions, with(body, "title", "Andere"), "If-Match", `"1"`).refused(http.StatusPreconditionFailed, "stale", "version")
	w.post(foreign(certifier), versions, body, "If-Match", `"1"`).refused(http.StatusPreconditionFailed, "stale", "version")
	w.post(certifier, versions, body, "If-Match", `"3"`).refused(http.StatusPreconditionFailed, "stale", "version")
	w.post(certifier, versions, body).refused(http.StatusPreconditionRequired, "precondition-required", "if_match")
	w.post(foreign(certifier), versions, body, "If-Match", `"2"`).ok(&next)
	require.Equal(t, 3, next.Version)
	require.Equal(t, 1, w.count("SELECT count(*) FROM access_log WHERE subject_id = 'koko/3' AND ags = $1", there))

	w.get(stranger, "/api/v1/curricula/koko/1").ok(&next)
	require.Equal(t, koko().Title, next.Title, "a published version never changes")
}

func TestACertifierBeginsANewCurriculum(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var seen, begun training.CurriculumView
	w.get(certifier, "/api/v1/curricula/koko").ok(&seen)
	body := with(contentOf(t, seen), "title", "Kurzprogramm")
	const path = "/api/v1/curricula/kurzprogramm/versions"
	w.post(certifier, path, body, "If-Match", `"1"`).problem(http.StatusNotFound, "not-found")
	w.post(trainee, path, body, "If-None-Match", "*").problem(http.StatusForbidden, "forbidden")
	w.post(certifier, path, body, "If-None-Match", "*").ok(&begun)
	require.Equal(t, 1, begun.Version)
	require.Equal(t, "kurzprogramm", begun.ID)
	w.post(certifier, path, with(body, "title", "Ein anderes"), "If-None-Match", "*").refused(http.StatusPreconditionFailed, "stale", "version")
	w.post(certifier, path, with(body, "title", "Das nächste"), "If-Match", `"1"`).ok(&begun)
	require.Equal(t, 2, begun.Version)
}

func TestACurriculumThatNobodyCouldCompleteIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var seen training.CurriculumView
	w.get(certifier, "/api/v1/curricula/koko").ok(&seen)
	good := contentOf(t, seen)
	rule := good["rule"].(map[string]any)
	modules := good["modules"].([]any)
	twice := append(append([]any{}, modules...), modules[0])
	for what, c := range map[string]struct {
		body        object
		field, rule string
	}{
		"more modules than there are": {with(good, "rule", with(rule, "modules", 9)), "rule.modules", "range"},
		"a module twice":              {with(good, "modules", twice), "modules[5].id", "unique"},
		"a title with a NUL":          {with(good, "title", "a\x00"), "title", "characters"},
		"no modules":                  {without(good, "modules"), "modules", "schema"},
		"a version of one's own":      {with(good, "version", 7), "version", "unknown_field"},
	} {
		p := w.post(certifier, versions, c.body, "If-Match", `"1"`).refused(http.StatusUnprocessableEntity, "invalid", c.rule)
		require.Equal(t, c.field, p.Field, what)
	}
	for _, as := range []string{coordinator, trainer, admin, stranger} {
		w.post(as, versions, good, "If-Match", `"1"`).refused(http.StatusForbidden, "forbidden", "role")
	}
	w.post("", versions, good, "If-Match", `"1"`).problem(http.StatusUnauthorized, "unauthenticated")
	w.post(certifier, "/api/v1/curricula/none/versions", good, "If-Match", `"1"`).refused(http.StatusNotFound, "not-found", "curriculum")
	require.Equal(t, 4, w.count("SELECT count(*) FROM access_log WHERE kind = 'refusal' AND action = 'publish_curriculum'"))
	require.Equal(t, 2, w.count("SELECT count(*) FROM curriculum"))
}
