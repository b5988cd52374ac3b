package api_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/api/wire"
)

// A file with 20,000 entries: its first page, a page far behind and the refusals among them come at
// once. -v reports the latency.
func TestAPageOfALongHistoryComesAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 20,000 entries")
	}
	w := newWorld(t)
	c := w.walk("record-work-interim")
	w.exec(`INSERT INTO audit (file_id, kind, version, ags, phase, places, ties, command_id, action, actor, at, digest, veil, docs, state, hash)
		SELECT a.file_id, a.kind, a.version + i, a.ags, a.phase, a.places, a.ties, 'long-' || i, CASE WHEN i % 10 = 0 THEN 'deadline_passed' ELSE 'add_note' END, a.actor, a.at + i * interval '1 ms',
			a.digest, '', '[]', a.state::jsonb || jsonb_build_object('version', a.version + i, 'notes', i), ''
		FROM audit a, generate_series(1, 12000) i WHERE a.file_id = $1 AND a.version = $2 ORDER BY i`, c.ID, c.Version)
	w.exec("UPDATE file SET version = a.version, state = a.state, changed = a.at FROM (SELECT * FROM audit WHERE file_id = $1 ORDER BY version DESC LIMIT 1) a WHERE file.id = $1", c.ID)
	w.exec(`INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, file_id, subject_id, digest, hash)
		SELECT '', 1, 'long-' || i, CASE WHEN i % 4 = 0 THEN 'refusal' ELSE 'read' END, 'u-supervisor', 'read_case', CASE WHEN i % 4 = 0 THEN 'role' ELSE '' END, '', $1::uuid, '', '', ''
		FROM generate_series(1, 8000) i ORDER BY i`, c.ID)
	w.exec("ANALYZE")

	timeline := func(query string) (int, string) {
		p := w.timeline(supervisor, casePath(c), query)
		return len(p.Items), p.Next
	}
	history := func(query string) (int, string) {
		var p wire.Page[files.HistoryEntry]
		w.get(supervisor, casePath(c)+"/history?"+query).ok(&p)
		return len(p.Items), p.Next
	}
	behind := func(page func(string) (int, string), query string) string {
		_, next := page(query)
		for range 10 {
			_, next = page(query + "&cursor=" + next)
		}
		return next
	}
	for name, asked := range map[string]struct {
		page  func(query string) (int, string)
		query string
	}{
		"the first page":    {timeline, "limit=50"},
		"its decisions":     {timeline, "limit=50&kind=decision"},
		"its refusals":      {timeline, "limit=50&refusals=true"},
		"the oldest":        {timeline, "limit=50&order=asc"},
		"what one did":      {timeline, "limit=50&actor=" + supervisor},
		"a page far behind": {timeline, "limit=50&kind=decision&cursor=" + behind(timeline, "limit=200&kind=decision")},

		"the first page of the audit":    {history, "limit=50"},
		"a page of the audit far behind": {history, "limit=50&cursor=" + behind(history, "limit=200")},
	} {
		var took []time.Duration
		for range 7 {
			began := time.Now()
			n, _ := asked.page(asked.query)
			took = append(took, time.Since(began))
			require.Equal(t, 50, n, name)
		}
		slices.Sort(took)
		t.Logf("%s of 20,000 entries: median %v, worst %v", name, took[3].Round(time.Microsecond), took[6].Round(time.Microsecond))
		require.Less(t, took[3], time.Second, name)
	}
	began := time.Now()
	w.get(supervisor, fmt.Sprintf("%s/versions/%d", casePath(c), c.Version+12000))
	t.Logf("the last of 12,000 versions, verified: %v", time.Since(began).Round(time.Millisecond))
}
