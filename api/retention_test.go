package api_test

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/activities"
	"koko/api/files"
	"koko/domain/advice"
	"koko/domain/file"
	"koko/internal/evidence/verify"
	"koko/internal/vault"
	"koko/kinds"
)

// pass lets deadlines of an advice pass as its workflow does, each when it is due, until and with that of a kind.
func (w *world) pass(id, deadline string) {
	w.t.Helper()
	k, _ := kinds.Of(advice.Kind)
	ctx := context.Background()
	for {
		recorded, err := w.engine.Files.ReadTransitions(ctx, activities.Position{Kind: k.Kind, FileID: id})
		require.NoError(w.t, err)
		s, err := k.Decode(recorded[len(recorded)-1].State)
		require.NoError(w.t, err)
		d, more := file.NextDeadline(s)
		require.True(w.t, more, deadline)
		w.engine.At = d.Over()
		_, err = w.engine.Own(ctx, k, s, newKey(), file.DeadlinePassed{Deadline: d})
		require.NoError(w.t, err)
		if d.Kind == deadline {
			return
		}
	}
}

// words are the documents of an advice that somebody may read, by compartment.
func (w *world) words(as string, a AdviceView) map[file.Compartment]files.DocumentView {
	w.t.Helper()
	var p documentPage
	w.get(as, advicePath(a.ID)+"/documents?limit=100").ok(&p)
	all := map[file.Compartment]files.DocumentView{}
	for _, d := range p.Items {
		all[d.Compartment] = d
	}
	return all
}

func TestWordsAreGoneWhenTheirTimeIsOver(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised("coaching", "")
	other := w.advised("coaching", "note-as-client")
	path := advicePath(a.ID)
	var ahead []string
	for _, d := range a.Shown.Deadlines {
		ahead = append(ahead, d.Kind)
	}
	require.Equal(t, []string{"entries", "notes_kept", "file_kept"}, ahead, "it is said beforehand")
	before := w.words(reporter, a)

	w.pass(a.ID, "notes_kept")
	notes := before[advice.ClientNotes]
	p := w.get(reporter, path+"/documents/"+notes.ID).refused(http.StatusGone, "gone", "retention")
	require.Contains(t, p.Detail, w.engine.At.Format("2006-01-02T15:04"))
	w.get(reporter, path+"/documents/"+notes.ID+"/content").refused(http.StatusGone, "gone", "retention")
	w.askFor(reporter, path, notes.ID).refused(http.StatusForbidden, "forbidden", "role")
	w.askFor(adviceCoordinator, path, notes.ID).refused(http.StatusGone, "gone", "retention")
	is := w.words(reporter, a)
	require.Equal(t, &file.Erasure{At: w.engine.At, Reason: file.Expired}, is[advice.ClientNotes].Erased)
	require.Equal(t, map[string]string{}, is[advice.ClientNotes].Texts)
	require.Equal(t, []any{notes.Digest, notes.Author, notes.Action}, []any{is[advice.ClientNotes].Digest, is[advice.ClientNotes].Author, is[advice.ClientNotes].Action}, "that it was there stays")
	require.Equal(t, before[advice.File], is[advice.File], "each compartment has its own time")
	require.Contains(t, w.get(reporter, path+"/documents?limit=100").body, wordOfGoals)
	require.Contains(t, w.get(reporter, "/api/v1/advice?text="+wordOfAdvice).body, a.ID)

	w.pass(a.ID, "file_kept")
	body := w.get(reporter, path+"/documents?limit=100").body
	for _, word := range []string{wordOfAdvice, wordOfGoals, wordOfNotes, wordOfOwn} {
		require.NotContains(t, body, word)
	}
	found := w.get(reporter, "/api/v1/advice?text="+wordOfAdvice).body
	require.NotContains(t, found, a.ID, "search does not find it any more")
	require.Contains(t, found, other.ID)
	now := w.get(reporter, path).adviceView()
	require.Empty(t, now.Title)
	require.Equal(t, 1, now.Ratings.Ratings[0].Value, "facts stay")
	require.Contains(t, w.get(reporter, "/api/v1/advice").body, a.ID)
	require.Contains(t, w.words(reporter, other)[advice.ClientNotes].Texts["note"], wordOfOwn, "another file keeps its words")
}

func TestNothingIsWrittenWhereTheTimeIsOver(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised("begleitung", "close-advice")
	path, key := advicePath(a.ID), newKey()
	note := object{"note": "Noch etwas: " + wordOfOwn}
	send := func(as, command, key string, body any) answer {
		return w.call(as, http.MethodPost, path+"/"+command, body, "Idempotency-Key", key, "If-Match", tag(a.Version))
	}
	first := send(reporter, "note-as-client", key, note)
	require.Equal(t, http.StatusOK, first.code, first.body)
	w.pass(a.ID, "notes_kept")
	stored := w.count("SELECT count(*) FROM document")

	again := send(reporter, "note-as-client", key, note)
	require.Equal(t, http.StatusOK, again.code, "what was carried out is answered as it was: %s", again.body)
	a = w.get(reporter, path).adviceView()
	p := send(reporter, "note-as-client", newKey(), note).refused(http.StatusConflict, "gate", "retention")
	require.NotContains(t, p.Detail, wordOfOwn)
	i := slices.IndexFunc(a.Actions, func(v files.ActionView) bool { return v.Action == advice.ActionNoteAsClient })
	require.Equal(t, "retention", a.Actions[i].Closed.Rule, "the button says so beforehand")
	require.Equal(t, stored, w.count("SELECT count(*) FROM document"), "nothing is stored")
	require.Contains(t, wording(w.timeline(reporter, path, "kind=refusal&limit=100").Items)[0], "Aufbewahrungsfrist")

	w.pass(a.ID, "file_kept")
	a = w.get(reporter, path).adviceView()
	followUp := object{"held_on": a.Opened.Format("2006-01-02"), "holds": "traegt"}
	send(reporter, "record-advice-follow-up", newKey(), with(followUp, "note", wordOfAdvice)).refused(http.StatusConflict, "gate", "retention")
	require.Equal(t, advice.Asked, send(reporter, "record-advice-follow-up", newKey(), followUp).adviceView().Phase, "facts are still taken")
}

func TestTheTimelineTellsThatWordsWereDestroyed(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised("coaching", "")
	w.pass(a.ID, "file_kept")
	for lang, want := range map[string][]string{
		"de": {"Was notiert wurde, ist unwiderruflich vernichtet.", "Was zu Anfrage, Vereinbarung und Zielen geschrieben wurde, ist unwiderruflich vernichtet."},
		"en": {"whatever was noted has been destroyed for good.", "what was written about request, agreement and goals has been destroyed for good."},
	} {
		for _, as := range []string{reporter, adviceCoordinator} {
			var p timelinePage
			w.call(as, http.MethodGet, advicePath(a.ID)+"/timeline?limit=200", nil, "Accept-Language", lang).ok(&p)
			said := strings.Join(wording(p.Items), "\n")
			for _, sentence := range want {
				require.Contains(t, said, sentence, as)
			}
		}
	}
}

func TestASealedFileProvesWhatWasDestroyed(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised("coaching", "")
	seal := func(as string) []byte {
		r := w.call(as, http.MethodPost, advicePath(a.ID)+"/sealed?reason=rechtsstreit", nil)
		require.Equal(t, http.StatusOK, r.code, r.body)
		return []byte(r.body)
	}
	before := seal(adviceCoordinator)
	require.Contains(t, string(before), wordOfAdvice)
	w.pass(a.ID, "file_kept")
	after := seal(adviceCoordinator)
	require.NotContains(t, string(after), wordOfAdvice)
	was, is := w.proven(before), w.proven(after)
	require.Zero(t, was.Counts.Erased)
	require.Equal(t, was.Counts.Readable, is.Counts.Erased)
	old := documentsOf(t, was, before)
	for id, d := range documentsOf(t, is, after) {
		require.Equal(t, old[id].Digest, d.Digest, "who has the old file can prove its words")
		if d.Status == verify.Erased {
			require.Equal(t, []string{"retention", file.System, file.System}, []string{d.Receipt.Reason, d.Receipt.RequestedBy, d.Receipt.ApprovedBy})
		}
	}
}

// left is all that the database has of keys, secrets and words.
type left struct{ keys, secrets, sealed [][]byte }

func (w *world) left() (l left) {
	w.t.Helper()
	for sql, into := range map[string]*[][]byte{
		"SELECT wrapped FROM data_key WHERE wrapped IS NOT NULL": &l.keys,
		"SELECT secret FROM document WHERE secret IS NOT NULL UNION ALL SELECT hash FROM erasure UNION ALL SELECT decode(digest, 'hex') FROM document": &l.secrets,
		"SELECT sealed FROM document WHERE sealed <> ''": &l.sealed,
	} {
		rows, err := w.rec.Owner.Query(context.Background(), sql)
		require.NoError(w.t, err)
		for rows.Next() {
			var b []byte
			require.NoError(w.t, rows.Scan(&b))
			*into = append(*into, b)
		}
		require.NoError(w.t, rows.Err())
	}
	return l
}

// opened is what whoever has the master key and all of that can read of an advice: every key in every place, with
// every secret, on everything that is sealed.
func (w *world) opened(l left, a AdviceView, documents []string) string {
	w.t.Helper()
	m, err := master()
	require.NoError(w.t, err)
	var all strings.Builder
	for _, wrapped := range l.keys {
		for _, c := range advice.Spec.Compartments {
			key, err := m.Unwrap(wrapped, "advice/"+a.ID+"/"+string(c.Name))
			if err != nil {
				continue
			}
			for _, secret := range append(l.secrets, nil) {
				own, err := key.Document(secret)
				if err != nil {
					continue
				}
				for _, sealed := range l.sealed {
					for _, id := range documents {
						if plain, err := own.Open(sealed, vault.Binding(id, 1)); err == nil {
							all.Write(plain)
						}
					}
				}
			}
		}
	}
	return all.String()
}

// Destroyed for good: neither the key alone nor the words alone, nor a copy of one beside what is left of the other.
func TestNobodyOpensWhatWasDestroyed(t *testing.T) {
	t.Parallel()
	w := newAdvised(t)
	a := w.advised("coaching", "")
	var ids []string
	rows, err := w.rec.Owner.Query(t.Context(), "SELECT id::text FROM document WHERE file_id = $1", a.ID)
	require.NoError(t, err)
	for rows.Next() {
		var id string
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	was := w.left()
	words := []string{wordOfAdvice, wordOfGoals, wordOfNotes, wordOfOwn}
	for _, word := range words {
		require.Contains(t, w.opened(was, a, ids), word, "it can be opened until then")
	}
	w.pass(a.ID, "file_kept")
	is := w.left()
	for name, l := range map[string]left{
		"what is left":                           is,
		"with the words of an old copy":          {is.keys, is.secrets, was.sealed},
		"with the words and secrets of one":      {is.keys, append(was.secrets, is.secrets...), was.sealed},
		"with the keys of an old copy":           {was.keys, is.secrets, append(was.sealed, is.sealed...)},
		"with the keys and secrets of one":       {was.keys, was.secrets, is.sealed},
		"with nothing but the master key itself": {},
	} {
		require.Empty(t, w.opened(l, a, ids), name)
	}
	m, err := master()
	require.NoError(t, err)
	for _, word := range words {
		require.Zero(t, w.count("SELECT count(*) FROM document WHERE file_id = $1 AND tokens && $2", a.ID, m.Tokens(word)), "nor does a guess fit")
		for _, table := range []string{"document", "data_key", "erasure", "audit", "file", "access_log", "notification"} {
			require.Zero(t, w.count("SELECT count(*) FROM "+table+" r WHERE r::text LIKE '%' || $1 || '%' OR r::text LIKE '%' || $2 || '%'", word, hex.EncodeToString([]byte(word))), table)
		}
	}
}
