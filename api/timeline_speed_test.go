package api_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
			a.digest, '', '[]', a.state || jsonb_build_object('version', a.version + i, 'notes', i), ''
		FROM audit a, generate_series(1, 12000) i WHERE a.file_id = $1 AND a.version = $2 ORDER BY i`, c.ID, c.Version)
	w.exec("UPDATE file SET version = a.version, state = a.state, changed = a.at FROM (SELECT * FROM audit WHERE file_id = $1 ORDER BY version DESC LIMIT 1) a WHERE file.id = $1", c.ID)
	w.exec(`INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, file_id, subject_id, digest, hash)
		SELECT '', 1, 'long-' || i, CASE WHEN i % 4 = 0 THEN 'refusal' ELSE 'read' END, 'u-supervisor', 'read_case', CASE WHEN i % 4 = 0 THEN 'role' ELSE '' END, '', $1::uuid, '', '', ''
		FROM generate_series(1, 8000) i ORDER BY i`, c.ID)
	w.exec("ANALYZE")

	middle := w.timeline(supervisor, casePath(c), "limit=200&kind=decision")
	for range 10 {
		middle = w.timeline(supervisor, casePath(c), "limit=200&kind=decision&cursor="+middle.Next)
	}
	for name, query := range map[string]string{
		"the first page": "limit=50", "its decisions": "limit=50&kind=decision", "its refusals": "limit=50&refusals=true", "the oldest": "limit=50&order=asc", "what one did": "limit=50&actor=" + supervisor,
		"a page far behind": "limit=50&kind=decision&cursor=" + middle.Next,
	} {
		var took []time.Duration
		for range 7 {
			began := time.Now()
			require.Len(t, w.timeline(supervisor, casePath(c), query).Items, 50, name)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		t.Logf("%s of 20,000 entries: median %v, worst %v", name, took[3].Round(time.Microsecond), took[6].Round(time.Microsecond))
		require.Less(t, took[3], time.Second, name)
	}
	began := time.Now()
	w.get(supervisor, fmt.Sprintf("%s/versions/%d", casePath(c), c.Version+12000))
	t.Logf("the last of 12,000 versions, verified: %v", time.Since(began).Round(time.Millisecond))
}
