package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/api"
	"koko/api/oversight"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/work"
)

// counts are the disclosures that somebody may count.
func (w *world) counts(as, query string) (all []oversight.DisclosureCount) {
	w.t.Helper()
	var page struct {
		Items []oversight.DisclosureCount
		Next  string
	}
	w.get(as, "/api/v1/disclosure-counts?limit=100&"+query).ok(&page)
	return page.Items
}

// The data protection officer learns how many disclosures there were, once the quarter is over, and nothing of the files.
// Nobody else does.
func TestDisclosuresAreCountedForTheDataProtectionOfficerAlone(t *testing.T) {
	t.Parallel()
	w := newWorking(t)
	far := foreign(dpo)
	w.grant(far, "dpo", there)
	for _, as := range everybody() {
		if as != dpo && as != far {
			w.get(as, "/api/v1/disclosure-counts").problem(http.StatusForbidden, "forbidden")
		}
	}
	w.worked(work.ActionDisclose)
	draw := func() {
		_, err := db.On(w.rec.Worker).DrawDetached(t.Context())
		require.NoError(t, err)
	}
	draw()
	require.Empty(t, w.counts(dpo, ""), "nobody watches the number move")
	require.Equal(t, 1, w.count("SELECT count(*) FROM detached_pool WHERE about = 'disclosure'"), "it was counted with the step")
	w.exec("UPDATE detached_pool SET quarter = '2020-Q1'")
	draw()
	one := []oversight.DisclosureCount{{Period: "2020-Q1", AGS: here, Number: 1, By: []oversight.GroundCount{}}}
	require.Equal(t, one, w.counts(dpo, ""))
	require.Empty(t, w.counts(far, ""), "another municipality's are not theirs")

	for quarter, n := range map[string]int{"2020-Q1": 1, "2020-Q2": 3, "2999-Q1": 9} {
		w.exec("INSERT INTO tally VALUES ('disclosure', $1, $2, '{\"ground\": \"kindeswohl\"}', $3)", here, quarter, n)
	}
	w.exec("INSERT INTO tally VALUES ('disclosure', $1, '2020-Q2', '{\"ground\": \"umsetzung\"}', 6), ('disclosure', $2, '2020-Q2', '{\"ground\": \"umsetzung\"}', 5)", here, there)
	year := w.counts(dpo, "per=year")
	require.Equal(t, []oversight.DisclosureCount{{Period: "2020", AGS: here, Number: 11, By: []oversight.GroundCount{{Ground: "umsetzung", Number: 7}}}}, year,
		"a ground is named from five on, and no year before it is over")
	require.Equal(t, []oversight.GroundCount{{Ground: "umsetzung", Number: 5}}, w.counts(far, "per=year")[0].By)

	w.exec("INSERT INTO tally VALUES ('disclosure', $1, '2026-Q4', '{\"ground\": \"umsetzung\"}', 1)", here)
	for day, years := range map[string]int{"2027-01-03": 1, "2027-01-09": 2} {
		at, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		w.options.Now = func() time.Time { return at }
		w.handler = api.New(w.options)
		require.Len(t, w.counts(dpo, "per=year"), years, "the last quarter may not be drawn yet on %s", day)
	}
	w.exec("DELETE FROM tally WHERE quarter = '2026-Q4'")

	var page struct {
		Items []oversight.DisclosureCount
		Next  string
	}
	var seen []string
	for next := ""; ; next = page.Next {
		page.Next = ""
		w.get(dpo, "/api/v1/disclosure-counts?limit=1&cursor="+next).ok(&page)
		for _, c := range page.Items {
			require.Equal(t, ags.Key(here), c.AGS)
			require.Empty(t, c.By, "a quarter's are not told apart")
			seen = append(seen, c.Period)
		}
		if page.Next == "" {
			break
		}
	}
	require.Equal(t, []string{"2999-Q1", "2020-Q2", "2020-Q1"}, seen)
	w.get(dpo, "/api/v1/disclosure-counts?cursor=x").problem(http.StatusUnprocessableEntity, "invalid")
}
