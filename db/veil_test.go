package db_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
	"koko/internal/dbtest"
)

// readSecret lifts the veil of these tests. Kinds veil all of a file or nothing; the record asks no kind.
const readSecret = "read_secret"

// veiledCase is a case with confidential decisions and accesses, between others that are open.
func veiledCase(t *testing.T, r *dbtest.Record) conflict.Case {
	t.Helper()
	m := &casetest.Maker{Salt: "veil"}
	c := walk(t, r, m, aachen, 8)
	for range 4 {
		c = r.Decide(t, c, casetest.Mediator, m.Note(conflict.CaseFile), at.Add(time.Hour))
	}
	_, err := r.Owner.Exec(context.Background(), "SET session_replication_role = replica; UPDATE audit SET veil = 'read_secret' WHERE version IN (9, 10, 11); RESET session_replication_role")
	require.NoError(t, err)
	for i, e := range []db.AppendAccessParams{
		{Kind: "read", Action: "read_case_file"}, {Kind: "read", Action: readSecret, Veil: readSecret},
		{Kind: "erasure", Action: "approve_erasure", Veil: readSecret, Reason: "objection", SubjectID: "doc"}, {Kind: "erasure", Action: "approve_erasure"},
		{Kind: "refusal", Action: readSecret, Rule: "role"},
	} {
		e.ID, e.Actor, e.FileID = fmt.Sprint(i), "u-1", &c.ID
		require.NoError(t, db.New(r.API).AppendAccess(context.Background(), e))
	}
	return c
}

// What is confidential was decided when it was written. To those who may not lift the veil an entry says that it is
// there, and no more; nothing that is asked for finds it by what it hides.
func TestWhatIsVeiledSaysThatItIsThere(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	c := veiledCase(t, r)
	for name, tc := range map[string]struct {
		lifted    []string
		decisions int // that are confidential
		accesses  int
	}{
		"nothing said":  {nil, 3, 2},
		"other acts":    {[]string{"read_case", ""}, 3, 2},
		"the right act": {[]string{"read_case", readSecret}, 0, 0},
	} {
		within(t, r.API, ags.Area{aachen}, func(q *db.Queries) {
			history := func(kinds ...string) []db.HistoryRow {
				return must(q.ListHistory(ctx, everywhere, db.HistoryFilter{Kind: conflict.Kind, FileID: c.ID, Kinds: kinds, Lifted: tc.lifted, BeforeAt: at.AddDate(100, 0, 0)}, 100))
			}
			timeline := func(f db.TimelineFilter) []db.TimelineRow {
				f.Kind, f.FileID, f.Lifted = conflict.Kind, c.ID, tc.lifted
				return must(q.ListTimeline(ctx, everywhere, f, nil, 100))
			}
			require.Len(t, history(), 17, name)
			require.Equal(t, []int{tc.decisions, tc.accesses}, []int{hidden(t, history("decision")), hidden(t, history("read", "erasure", "refusal"))}, name)
			require.Len(t, history("erasure"), 2-tc.accesses/2, name)
			require.Len(t, history("read"), 2+tc.accesses/2, name)
			told := map[string]int{}
			for _, e := range timeline(db.TimelineFilter{}) {
				if e.Confidential {
					require.Equal(t, db.TimelineRow{At: e.At, Entry: e.Entry, Kind: e.Kind, Confidential: true}, e, name)
					told[e.Kind]++
				}
			}
			require.Equal(t, []int{tc.decisions, tc.accesses, 0}, []int{told["decision"], told["read"] + told["refusal"], told["erasure"]}, name)
			require.Len(t, timeline(db.TimelineFilter{Kinds: []string{"erasure"}}), 2-tc.accesses/2, name)
			require.Empty(t, timeline(db.TimelineFilter{Kinds: []string{"notification", "repair"}}), name)
			require.Len(t, timeline(db.TimelineFilter{Kinds: []string{"read"}}), 2+tc.accesses/2, name)
			require.Len(t, timeline(db.TimelineFilter{Kinds: []string{"decision"}, Actor: casetest.Mediator}), 4-tc.decisions, "%s: by person", name)
			require.Len(t, timeline(db.TimelineFilter{Kinds: []string{"read", "erasure", "refusal"}, Actor: "u-1"}), 5-tc.accesses, "%s: by person", name)
			require.Len(t, must(q.ListSealedAccess(ctx, everywhere, conflict.Kind, c.ID, tc.lifted)), 5-tc.accesses, name)

			log := func(s db.Sight, f db.AccessFilter) []db.AccessRow {
				f.Area, f.Lifted, f.Until, f.Before.At = ags.Area{aachen}, tc.lifted, time.Now().Add(time.Hour), time.Now().Add(time.Hour)
				return must(q.ListAccess(ctx, s, f, 100))
			}
			require.Len(t, log(sees(everywhere), db.AccessFilter{}), 5, name)
			require.Len(t, log(sees(everywhere), db.AccessFilter{Kind: "erasure"}), 2-tc.accesses/2, name)
			require.Len(t, log(sees(everywhere), db.AccessFilter{Action: "approve_erasure"}), 2-tc.accesses/2, name)
			require.Len(t, log(sees(everywhere), db.AccessFilter{Action: readSecret}), 2-tc.accesses/2, "%s: a refusal to which nothing came is told", name)
			require.Len(t, log(sees(everywhere), db.AccessFilter{Action: "in_bearbeitung"}), tc.accesses, name)
			reports := db.ReportFilter{Area: ags.Area{aachen}, Until: time.Now().Add(time.Hour), Lifted: tc.lifted}
			people := must(q.CountByPerson(ctx, sees(everywhere), reports, 100))
			require.Len(t, people, 1)
			require.Len(t, log(sees(everywhere), db.AccessFilter{Kind: "read"}), people[0].Reads, "%s: a report counts what the list shows", name)
			reports.After = "00000000-0000-0000-0000-000000000000"
			require.Equal(t, people[0].Reads, must(q.CountByFile(ctx, sees(everywhere), reports, 100))[0].Reads, name)
			require.Empty(t, log(sees(file.Scope{}), db.AccessFilter{}), "%s: of a file that the reader does not see", name)
			require.Empty(t, log(db.Sight{Scope: everywhere}, db.AccessFilter{}), "%s: nor of one of another kind", name)
			for _, e := range must(q.ListReaders(ctx, db.ListReadersParams{FileID: &c.ID, Until: time.Now().Add(time.Hour), Lifted: tc.lifted})) {
				require.Equal(t, tc.accesses == 0 || e.Act != readSecret, true, "%s: %v", name, e)
			}
		})
	}
	within(t, r.API, ags.Area{aachen}, func(q *db.Queries) {
		for _, e := range must(q.ListSealedAudit(ctx, everywhere, conflict.Kind, c.ID)) {
			require.Equal(t, e.Veil != "", slices.Contains([]string{"9", "10", "11"}, e.Version), e.Action)
		}
	})
}

// hidden counts the confidential entries, which hide everything but that they are there.
func hidden(t *testing.T, rows []db.HistoryRow) (n int) {
	t.Helper()
	for _, e := range rows {
		if e.Confidential {
			require.Equal(t, db.HistoryRow{At: e.At, Entry: e.Entry, Kind: e.Kind, PriorHash: e.PriorHash, Hash: e.Hash, Confidential: true}, e)
			require.NotEqual(t, "erasure", e.Kind)
			n++
		}
	}
	return n
}

// Closed compartments are listed where the caller may know of them alone.
func TestRequestsToEraseHideWhatIsClosed(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &casetest.Maker{Salt: "closed"}
	c := walk(t, r, m, aachen, 6)
	for i, d := range []file.Doc{c.Signal.Docs.Docs[0], c.Findings.Docs.Docs[1]} {
		require.Equal(t, i == 1, d.Compartment == conflict.Identities)
		require.EqualValues(t, 1, ask(t, r, fmt.Sprint("u-", i), m.ID(), c, d.ID))
	}
	list := func(caller string, s db.Sight, unseen file.Scope) int {
		f := db.ErasureFilter{Caller: caller, Closed: []string{string(conflict.Identities)}, Unseen: unseen, BeforeAt: time.Now().AddDate(1, 0, 0), BeforeID: afterAll}
		return len(must(db.As(r.API, caller, ags.Area{aachen}).ListErasures(ctx, s, f, 10)))
	}
	in := func(k ags.Key) file.Scope { return file.Scope{Parts: []file.Part{{Area: ags.Area{k}}}} }
	require.Equal(t, 1, list("u-9", sees(everywhere), file.Scope{}))
	require.Equal(t, 2, list("u-1", sees(everywhere), file.Scope{}), "the own")
	require.Equal(t, 2, list("u-9", sees(everywhere), in(aachen)))
	require.Equal(t, 1, list("u-9", sees(everywhere), in(bonn)))
	require.Zero(t, list("u-9", sees(in(bonn)), in(aachen)), "of a file that the reader does not see")
	require.Equal(t, 1, list("u-1", sees(in(bonn)), in(aachen)), "but the own")
}

// sees is the sight of somebody who may learn of the cases of a scope.
func sees(s file.Scope) db.Sight {
	return db.Sight{Scope: s, Kinds: []db.KindScope{{Kind: conflict.Kind, Scope: s}}}
}
