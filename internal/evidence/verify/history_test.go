package verify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/evidence/verify"
)

func (w *world) told() {
	w.sealed.History = &verify.History{Entries: []verify.Telling{
		{At: opened, Kind: "decision", Actor: "p-1", Action: "report_signal", Version: 1, DE: "Ein Signal <b> wurde gemeldet.", EN: "A signal was reported.",
			Changes: []verify.TellingChange{{DE: verify.Difference{Label: "Quelle", After: "<script>"}, EN: verify.Difference{Label: "source", Before: "a", After: "b"}}}},
		{At: opened, Kind: "read", DE: "Der Fall ist in Bearbeitung.", EN: "The case is being worked on."},
		{At: opened.Add(time.Hour), Kind: "decision", Version: whole, DE: "Geschlossen.", EN: "Closed."},
	}, Deadlines: []verify.DeadlineTelling{{
		Kind: "follow_up", Due: opened, DE: verify.Reckoning{What: "Nachsorge", Due: "am 3.3.", Steps: []string{"<i>Beginn</i>: Abschluss"}},
		EN: verify.Reckoning{What: "follow-up", Due: "3 March", Steps: []string{"it began with the closure"}},
	}}}
}

func TestAHistoryIsToldAndCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	w.told()
	file := w.seal(t)
	r := check(t, file, w.trust())
	require.Empty(t, r.Findings)
	require.Equal(t, 3, r.Counts.Told)
	_, parts := verify.Split(file)
	page := string(parts[index(parts, "history.html")].Data)
	require.Contains(t, page, "Ein Signal &lt;b&gt; wurde gemeldet.")
	require.Contains(t, page, "A signal was reported.")
	require.Contains(t, page, "Nachsorge: am 3.3.<br><small>&lt;i&gt;Beginn&lt;/i&gt;: Abschluss</small>")
	require.NotContains(t, page, "<script>")
	m, _ := verify.Split(file)
	for _, p := range m.Parts {
		if p.Name == "history.html" {
			require.Equal(t, "text/html; charset=utf-8", p.MediaType)
		}
	}
	require.Zero(t, check(t, newWorld(t, 1).seal(t), verify.Trust{}).Counts.Told, "it need not be told")
}

func TestAHistoryThatTellsTooMuchIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	w.told()
	whole := w.seal(t)
	edited := func(old, new string) []byte {
		m, parts := verify.Split(whole)
		i := index(parts, "history.json")
		text := strings.Replace(string(parts[i].Data), old, new, 1)
		require.NotEqual(t, string(parts[i].Data), text, old)
		parts[i].Data = []byte(text)
		file, err := verify.Join(m, parts, w.key)
		require.NoError(t, err)
		return file
	}
	requireFinding(t, check(t, edited(`"version": 22`, `"version": 23`), w.trust()), verify.RuleSequence, "history.json", "telling 3")
	requireFinding(t, check(t, edited(`"de": "Geschlossen."`, `"de": ""`), w.trust()), verify.RuleSyntax, "history.json", "telling 3")
	requireFinding(t, check(t, edited("2026-03-02T10:00:00Z", "2026-03-02T08:00:00Z"), w.trust()), verify.RuleSequence, "history.json", "telling 3")
	requireFinding(t, check(t, edited(`"actor"`, `"acteur"`), w.trust()), verify.RuleSyntax, "history.json", "")
	requireFinding(t, check(t, edited(`{`, `{{`), w.trust()), verify.RuleSyntax, "history.json", "")

	m, parts := verify.Split(whole)
	alone, err := verify.Join(m, append(parts[:index(parts, "history.html"):index(parts, "history.html")], parts[index(parts, "history.html")+1:]...), w.key)
	require.NoError(t, err)
	requireFinding(t, check(t, alone, w.trust()), verify.RuleMissing, "history.json", "")
}
