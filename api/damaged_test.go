package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/evidence/verify"
)

// damage changes documents past every trigger. What was there is put back in the end.
func (w *world) damage(sql string) {
	w.t.Helper()
	past := func(sql string) { w.exec("BEGIN; SET LOCAL session_replication_role = replica; " + sql + "; COMMIT") }
	if w.count("SELECT count(*) FROM pg_class WHERE relname = 'whole_document'") == 0 {
		tables := []string{"document", "file_document", "data_key"}
		for _, table := range tables {
			past("CREATE TABLE whole_" + table + " AS TABLE " + table)
		}
		w.t.Cleanup(func() {
			for _, table := range tables {
				past("DELETE FROM " + table + "; INSERT INTO " + table + " SELECT * FROM whole_" + table)
			}
		})
	}
	past(sql)
}

// Whoever gets past KoKo damages one document, or takes what opens it. Everything else of the file is there.
func TestADamagedDocumentIsNamedAndTakesNothingElseDown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage string // $ID is the document
		proven bool   // its words are proven all the same
		lost   bool   // it is not listed any more: the sealed file and the comparison name it
	}{
		"other sealed words":        {damage: "UPDATE document SET sealed = sealed || '\\x00' WHERE id = '$ID'"},
		"those of another document": {damage: "UPDATE document SET sealed = o.sealed, secret = o.secret FROM (SELECT sealed, secret FROM document WHERE id <> '$ID' AND sealed <> '' LIMIT 1) o WHERE id = '$ID'"},
		"no words":                  {damage: "UPDATE document SET sealed = '' WHERE id = '$ID'"},
		"no secret":                 {damage: "UPDATE document SET secret = NULL WHERE id = '$ID'"},
		"another digest":            {damage: "UPDATE document SET digest = repeat('0', 64) WHERE id = '$ID'"},
		"another command":           {damage: "UPDATE document SET action = 'add_note' WHERE id = '$ID'; UPDATE file_document SET action = 'add_note', number = 99 WHERE document_id = '$ID'"},
		"another decision":          {damage: "UPDATE file_document SET version = version - 1 WHERE document_id = '$ID'", proven: true},
		"no document":               {damage: "DELETE FROM document WHERE id = '$ID'", lost: true},
		"no tie to its decision":    {damage: "DELETE FROM file_document WHERE document_id = '$ID'", lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c0 := w.walk("review-analysis")
			before := w.documents(caseworker, c0, "?limit=100")
			one := w.documents(caseworker, c0, "?action=record_analysis")[0]
			w.damage(strings.ReplaceAll(c.damage, "$ID", one.ID))
			damaged, whole := 0, 0
			for _, d := range w.documents(caseworker, c0, "?limit=100") {
				if d.Damaged {
					damaged++
					require.Equal(t, one.ID, d.ID)
					require.Empty(t, d.Texts)
				} else {
					whole++
				}
			}
			require.Equal(t, len(before)-1, whole, "the rest is there")
			if !c.lost {
				require.Equal(t, 1, damaged)
				w.get(caseworker, casePath(c0)+"/documents/"+one.ID).refused(http.StatusUnprocessableEntity, "invalid", "damaged")
				w.get(caseworker, casePath(c0)+"/documents/"+one.ID+"/content").refused(http.StatusUnprocessableEntity, "invalid", "damaged")
			}
			file := w.sealed(supervisor, casePath(c0))
			r := w.proven(file)
			if c.proven {
				require.Empty(t, r.Damaged)
				return
			}
			require.Equal(t, []string{one.ID}, r.Damaged)
			require.Equal(t, verify.Damaged, documentsOf(t, r, file)[one.ID].Status)
			require.Equal(t, one.Digest, documentsOf(t, r, file)[one.ID].Digest, "as it was decided")
		})
	}
}

// Without the key of a compartment its documents are named, and the file is listed without the title that stands in them.
func TestALostKeyIsNoEmptyList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.walk("review-analysis")
	before := w.documents(caseworker, c, "?limit=100")
	require.NotEmpty(t, before)
	for _, damage := range []string{"UPDATE data_key SET wrapped = sha256(wrapped)", "DELETE FROM data_key"} {
		w.damage(damage)
		after := w.documents(caseworker, c, "?limit=100")
		require.Len(t, after, len(before), "an empty list would say that nothing was ever written")
		for _, d := range after {
			require.True(t, d.Damaged)
		}
		require.Equal(t, http.StatusOK, w.get(caseworker, "/api/v1/cases?limit=100").code)
		require.Equal(t, http.StatusOK, w.get(caseworker, casePath(c)).code)
		require.Equal(t, http.StatusOK, w.get(supervisor, casePath(c)+"/timeline").code)
		require.Len(t, w.proven(w.sealed(supervisor, casePath(c))).Damaged, len(before))
	}
	require.Contains(t, w.logged("a document is damaged"), before[0].ID)
}
