package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/process"
	"koko/domain/training"
	"koko/internal/dbtest"
	"koko/internal/trainingtest"
)

const (
	town      = trainingtest.Town
	neighbour = trainingtest.Neighbour
	noID      = "00000000-0000-0000-0000-000000000000"
)

var (
	offered       = ags.Area{town, neighbour, trainingtest.Village}
	allEnrolments = db.EnrolmentScope{Area: append(ags.Area{bonn}, offered...)}
	allCohorts    = db.CohortScope{Area: append(ags.Area{bonn}, offered...)}
	trainingFiles = []string{"training", "assessment"}
)

// A course is a cohort in Town and an enrolment there that was certified in it.
type course struct {
	m *trainingtest.Maker
	c training.Cohort
	e training.Enrolment
}

func newCourse(t *testing.T, r *dbtest.Record, salt string) course {
	t.Helper()
	m := &trainingtest.Maker{Salt: salt}
	c := r.Run(t, training.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: m.Begins(), Command: m.Plan(trainingtest.KoKo())})
	e := r.Enrol(t, training.Enrolment{ID: m.ID()}, m.Way(c, training.Certified)...)
	for _, id := range []string{c.ID, e.ID} {
		require.NoError(t, db.New(r.API).AppendAccess(context.Background(), db.AppendAccessParams{ID: "read " + id, Kind: "read", FileID: &id}))
	}
	return course{m, c, e}
}

func some[T any](rows []T, err error) (int, error) { return len(rows), err }

func found[T any](_ T, err error) (int, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return 1, err
}

// enrolmentLists has every query that shows enrolments: how many rows it finds of x.
func enrolmentLists(x course) map[string]func(q *db.Queries, s db.EnrolmentScope) (int, error) {
	ctx := context.Background()
	all := map[string]func(q *db.Queries, s db.EnrolmentScope) (int, error){
		"get": func(q *db.Queries, s db.EnrolmentScope) (int, error) {
			return found(q.GetEnrolment(ctx, s.Enrolment(x.e.ID)))
		},
		"participants": func(q *db.Queries, s db.EnrolmentScope) (int, error) {
			return some(q.ListParticipants(ctx, s.Participants(x.c.ID, 10)))
		},
		"documents": func(q *db.Queries, s db.EnrolmentScope) (int, error) {
			return some(q.ListEnrolmentDocuments(ctx, s.Documents(db.ListEnrolmentDocumentsParams{
				FileID: x.e.ID, Compartments: trainingFiles, AfterID: noID, PageSize: 100,
			})))
		},
		"history": func(q *db.Queries, s db.EnrolmentScope) (int, error) {
			return some(q.ListEnrolmentHistory(ctx, s.History(db.ListEnrolmentHistoryParams{FileID: x.e.ID, BeforeAt: at.AddDate(100, 0, 0), PageSize: 100})))
		},
		"certificates": func(q *db.Queries, s db.EnrolmentScope) (int, error) {
			return some(q.ListCertificates(ctx, s.Certificates(x.e.ID)))
		},
	}
	for name, p := range map[string]db.ListEnrolmentsParams{
		"":            {},
		" phase":      {Phases: []string{"certified", "modules"}},
		" ags":        {Municipalities: []string{string(town)}},
		" cohort":     {Cohort: &x.c.ID},
		" curriculum": {Curriculum: new("koko")},
		" trainee":    {Trainee: new(trainingtest.Trainee)},
		" overdue":    {Overdue: new(false), Now: at},
		" reference":  {Reference: new(x.e.Reference()[:5])},
	} {
		p.PageSize = 100
		all["list"+name] = func(q *db.Queries, s db.EnrolmentScope) (int, error) { return some(q.ListEnrolments(ctx, s.List(p))) }
		all["count"+name] = func(q *db.Queries, s db.EnrolmentScope) (int, error) {
			rows, err := q.CountEnrolments(ctx, s.Count(p))
			n := 0
			for _, r := range rows {
				n += int(r.Total)
			}
			return n, err
		}
	}
	return all
}

func TestEveryListOfEnrolmentsKeepsToTheScope(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	x := newCourse(t, r, "enrolment scope")
	here, there := ags.Area{town}, ags.Area{bonn, neighbour}
	teaches := []string{x.c.ID}
	for name, tc := range map[string]struct {
		s    db.EnrolmentScope
		want bool
	}{
		"nothing":                     {db.EnrolmentScope{Caller: trainingtest.Trainee, Teaches: teaches}, false},
		"the coordinator":             {db.EnrolmentScope{Caller: trainingtest.Coordinator, Area: here}, true},
		"another's coordinator":       {db.EnrolmentScope{Caller: trainingtest.Coordinator, Area: there}, false},
		"the trainee":                 {db.EnrolmentScope{Caller: trainingtest.Trainee, Own: here}, true},
		"another trainee":             {db.EnrolmentScope{Caller: trainingtest.Outsider, Own: here}, false},
		"the trainee elsewhere":       {db.EnrolmentScope{Caller: trainingtest.Trainee, Own: there}, false},
		"the employer":                {db.EnrolmentScope{Caller: trainingtest.Superior, Led: here}, true},
		"another superior":            {db.EnrolmentScope{Caller: trainingtest.Outsider, Led: here}, false},
		"the superior elsewhere":      {db.EnrolmentScope{Caller: trainingtest.Superior, Led: there}, false},
		"a superior is no trainee":    {db.EnrolmentScope{Caller: trainingtest.Superior, Own: here}, false},
		"the trainer":                 {db.EnrolmentScope{Caller: trainingtest.Trainer, Teaches: teaches, Taught: here}, true},
		"a trainer of another cohort": {db.EnrolmentScope{Caller: trainingtest.Trainer, Teaches: []string{x.e.ID}, Taught: here}, false},
		"a trainer of nothing":        {db.EnrolmentScope{Caller: trainingtest.Trainer, Taught: here}, false},
		"the trainer elsewhere":       {db.EnrolmentScope{Caller: trainingtest.Trainer, Teaches: teaches, Taught: there}, false},
		"an assessor":                 {db.EnrolmentScope{Caller: trainingtest.AssessorTwo, Assessed: here}, true},
		"another assessor":            {db.EnrolmentScope{Caller: trainingtest.Outsider, Assessed: here}, false},
		"an assessor elsewhere":       {db.EnrolmentScope{Caller: trainingtest.AssessorTwo, Assessed: there}, false},
		"a stranger with every right elsewhere": {
			db.EnrolmentScope{Caller: trainingtest.Trainee, Teaches: teaches, Area: there, Own: there, Led: there, Taught: there, Assessed: there}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			// The second lock stands open, so that it is the predicate that is tested.
			within(t, r.API, allEnrolments.Area, func(q *db.Queries) {
				for list, find := range enrolmentLists(x) {
					n, err := find(q, tc.s)
					require.NoError(t, err, list)
					require.Equal(t, tc.want, n > 0, list)
				}
			})
		})
	}
}

// cohortLists has every query that shows cohorts: how many rows it finds of x.
func cohortLists(x course) map[string]func(q *db.Queries, s db.CohortScope) (int, error) {
	ctx := context.Background()
	all := map[string]func(q *db.Queries, s db.CohortScope) (int, error){
		"get": func(q *db.Queries, s db.CohortScope) (int, error) { return found(q.GetCohort(ctx, s.Cohort(x.c.ID))) },
		"titles": func(q *db.Queries, s db.CohortScope) (int, error) {
			return some(q.ListTitles(ctx, s.Titles([]string{x.c.ID})))
		},
		"offers": func(q *db.Queries, s db.CohortScope) (int, error) {
			return some(q.ListOffers(ctx, s.Offers(db.ListOffersParams{Curriculum: "koko", Now: at, AtMost: 10})))
		},
		"documents": func(q *db.Queries, s db.CohortScope) (int, error) {
			return some(q.ListCohortDocuments(ctx, s.Documents(db.ListCohortDocumentsParams{
				FileID: x.c.ID, Compartments: trainingFiles, AfterID: noID, PageSize: 100,
			})))
		},
	}
	for name, p := range map[string]db.ListCohortsParams{
		"":            {},
		" stage":      {Stages: []string{"open"}},
		" ags":        {Municipalities: []string{string(town)}},
		" curriculum": {Curriculum: new("koko")},
		" open":       {Open: new(true), Now: at},
		" trainer":    {Trainer: new(trainingtest.Trainer)},
	} {
		p.PageSize = 100
		all["list"+name] = func(q *db.Queries, s db.CohortScope) (int, error) { return some(q.ListCohorts(ctx, s.List(p))) }
	}
	return all
}

func cohortHistory(x course) func(q *db.Queries, s db.CohortScope) (int, error) {
	return func(q *db.Queries, s db.CohortScope) (int, error) {
		return some(q.ListCohortHistory(context.Background(), s.History(db.ListCohortHistoryParams{FileID: x.c.ID, BeforeAt: at.AddDate(100, 0, 0), PageSize: 100})))
	}
}

func TestEveryListOfCohortsKeepsToTheScope(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	x := newCourse(t, r, "cohort scope")
	here, there := ags.Area{town}, ags.Area{bonn}
	for name, tc := range map[string]struct {
		s    db.CohortScope
		want bool
	}{
		"nothing":                               {db.CohortScope{Caller: trainingtest.Trainer}, false},
		"the coordinator":                       {db.CohortScope{Caller: trainingtest.Coordinator, Area: here}, true},
		"a neighbour's coordinator":             {db.CohortScope{Caller: trainingtest.Coordinator, Area: ags.Area{neighbour}}, false},
		"open to the own staff":                 {db.CohortScope{Caller: trainingtest.Outsider, Offering: ags.Area{bonn, neighbour}}, true},
		"open to others":                        {db.CohortScope{Caller: trainingtest.Trainer, Offering: there}, false},
		"the trainer":                           {db.CohortScope{Caller: trainingtest.Trainer, Run: here}, true},
		"the trainer, of a neighbour":           {db.CohortScope{Caller: trainingtest.Trainer, Run: ags.Area{neighbour}}, true},
		"the trainer elsewhere":                 {db.CohortScope{Caller: trainingtest.Trainer, Run: there}, false},
		"another trainer":                       {db.CohortScope{Caller: trainingtest.Outsider, Run: here}, false},
		"a stranger with every right elsewhere": {db.CohortScope{Caller: trainingtest.Trainer, Area: there, Offering: there, Run: there}, false},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, r.API, allCohorts.Area, func(q *db.Queries) {
				lists := cohortLists(x)
				lists["history"] = cohortHistory(x)
				for list, find := range lists {
					n, err := find(q, tc.s)
					require.NoError(t, err, list)
					require.Equal(t, tc.want, n > 0, list)
				}
			})
		})
	}
}

// With the predicates opened for everything, row security still shows the transaction's own
// municipalities alone; of cohorts also those that are open to their staff.
func TestRowSecurityIsTheSecondLockOfTheTraining(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	x := newCourse(t, r, "training locks")
	for name, tc := range map[string]struct {
		area                ags.Area
		enrolments, cohorts bool
	}{
		"the own":       {ags.Area{bonn, town}, true, true},
		"a neighbour's": {ags.Area{neighbour}, false, true},
		"another":       {ags.Area{bonn}, false, false},
		"none":          {nil, false, false},
		"an empty key":  {ags.Area{""}, false, false},
	} {
		for alone, q := range map[bool]*db.Queries{true: db.As(r.API, "somebody", tc.area), false: nil} {
			try := func(do func(q *db.Queries)) {
				if alone {
					do(q)
				} else {
					within(t, r.API, tc.area, do)
				}
			}
			for list, find := range enrolmentLists(x) {
				try(func(q *db.Queries) {
					n, err := find(q, allEnrolments)
					require.NoError(t, err, list)
					require.Equal(t, tc.enrolments, n > 0, "%s in %s, alone: %v", list, name, alone)
				})
			}
			for list, find := range cohortLists(x) {
				try(func(q *db.Queries) {
					n, err := find(q, allCohorts)
					require.NoError(t, err, list)
					require.Equal(t, tc.cohorts, n > 0, "%s in %s, alone: %v", list, name, alone)
				})
			}
			try(func(q *db.Queries) {
				ctx := context.Background()
				require.Equal(t, tc.cohorts, len(must(q.ListTaught(ctx, trainingtest.Trainer))) > 0, name)
				require.Empty(t, must(q.ListTaught(ctx, trainingtest.Outsider)))
				require.Equal(t, tc.enrolments, len(must(q.TrainingStatistics(ctx, []string{string(town)}))) > 0, name)
				require.Equal(t, tc.enrolments, must(found(q.GetDataKey(ctx, db.GetDataKeyParams{FileID: x.e.ID, Compartment: training.TrainingFile}))) > 0)
				require.Equal(t, tc.cohorts, must(found(q.GetDataKey(ctx, db.GetDataKeyParams{FileID: x.c.ID, Compartment: training.TrainingFile}))) > 0)
				require.Equal(t, tc.enrolments, must(found(q.GetOwnTransition(ctx, db.GetOwnTransitionParams{
					FileID: x.e.ID, Kind: process.KindEnrolment, CommandID: "k1", Caller: trainingtest.Trainee,
				}))) > 0)
			})
		}
	}
}

// A trainee takes the enrolment along to another employer: what was written before goes with it, and
// the one before sees nothing any more.
func TestAChangeOfEmployerMovesTheFile(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &trainingtest.Maker{Salt: "employer"}
	c := r.Run(t, training.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Plan(trainingtest.KoKo())})
	e := r.Enrol(t, training.Enrolment{ID: m.ID()}, m.Way(c, training.Practice)...)
	x := course{m, c, e}
	look := func(k ags.Key) (documents, history int) {
		within(t, r.API, ags.Area{k}, func(q *db.Queries) {
			lists := enrolmentLists(x)
			documents, history = must(lists["documents"](q, allEnrolments)), must(lists["history"](q, allEnrolments))
			if history > 0 {
				_, err := q.GetDataKey(ctx, db.GetDataKeyParams{FileID: e.ID, Compartment: training.TrainingFile})
				require.NoError(t, err)
			}
		})
		return documents, history
	}
	documents, history := look(town)
	require.Positive(t, documents)
	require.Equal(t, e.Version, history)
	require.Zero(t, second2(look(bonn)))

	move := trainingtest.Step{By: trainingtest.Coordinator, At: e.Changed.Add(time.Hour), Command: training.ChangeEmployer{AGS: bonn, Superior: "p-new"}}
	e = r.Enrol(t, e, move)
	moved, after := look(bonn)
	require.Equal(t, documents, moved)
	require.Equal(t, e.Version, after)
	require.Zero(t, second2(look(town)))
	for list, find := range enrolmentLists(x) {
		within(t, r.API, ags.Area{town}, func(q *db.Queries) { require.Zero(t, must(find(q, allEnrolments)), list) })
	}
	// What the employer before wrote can be read, but nothing can be written in its name.
	doc := db.AddDocumentParams{ID: m.ID(), FileID: e.ID, AGS: town, Kind: "submit_concept", Compartment: training.TrainingFile, Sealed: []byte("s"), Tokens: []int64{}}
	require.ErrorContains(t, second(db.As(r.API, "somebody", ags.Area{bonn}).AddDocument(ctx, doc)), "row-level security")
	doc.AGS = bonn
	require.NoError(t, second(db.As(r.API, "somebody", ags.Area{bonn}).AddDocument(ctx, doc)))
	r.Enrol(t, e, trainingtest.Step{By: trainingtest.Trainee, At: e.Changed.Add(time.Hour), Command: m.Concept()})
	more, _ := look(bonn)
	require.Equal(t, documents+1, more)
	require.Empty(t, must(db.New(r.Owner).ListBrokenAudit(ctx, 10)))
}

func second2(_, n int) int { return n }

// The policies for training open nothing of a case.
func TestCasesAreNotOpenedByTraining(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c := newCase(t, r, false)
	newCourse(t, r, "beside a case")
	for list, find := range lists() {
		within(t, r.API, offered, func(q *db.Queries) {
			n, err := find(q, everywhere, c.ID)
			require.NoError(t, err)
			require.Zero(t, n, list)
		})
	}
}

func TestEnrolmentsAreFilteredCountedAndPaged(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &trainingtest.Maker{Salt: "filters"}
	c := r.Run(t, training.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Plan(trainingtest.KoKo())})
	peers := r.Run(t, training.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Plan(trainingtest.Peer())})
	var es []training.Enrolment
	for i, p := range []training.Phase{training.Applied, training.Waiting, training.Modules, training.Modules, training.Certified} {
		in := c
		if i == 3 {
			in = peers
		}
		es = append(es, r.Enrol(t, training.Enrolment{ID: m.ID()}, trainingtest.As(fmt.Sprint("p-", i), m.Way(in, p))...))
	}
	list := func(p db.ListEnrolmentsParams) (ids []string) {
		p.PageSize = max(p.PageSize, 100)
		within(t, r.API, offered, func(q *db.Queries) {
			total := 0
			for _, n := range must(q.CountEnrolments(ctx, allEnrolments.Count(p))) {
				total += int(n.Total)
			}
			for _, row := range must(q.ListEnrolments(ctx, allEnrolments.List(p))) {
				require.Equal(t, row.ID, row.State.ID)
				ids = append(ids, row.ID)
			}
			require.Len(t, ids, total)
		})
		return ids
	}
	soon := at.AddDate(0, 0, 14).Add(2 * time.Hour) // the release of the first is overdue
	for name, tc := range map[string]struct {
		p    db.ListEnrolmentsParams
		want []int
	}{
		"all":             {db.ListEnrolmentsParams{}, []int{0, 1, 2, 3, 4}},
		"a phase":         {db.ListEnrolmentsParams{Phases: []string{"modules"}}, []int{2, 3}},
		"two phases":      {db.ListEnrolmentsParams{Phases: []string{"applied", "certified"}}, []int{0, 4}},
		"a municipality":  {db.ListEnrolmentsParams{Municipalities: []string{string(town)}}, []int{0, 1, 2, 3, 4}},
		"another":         {db.ListEnrolmentsParams{Municipalities: []string{string(neighbour)}}, nil},
		"a cohort":        {db.ListEnrolmentsParams{Cohort: &peers.ID}, []int{3}},
		"a curriculum":    {db.ListEnrolmentsParams{Curriculum: new("peer")}, []int{3}},
		"a trainee":       {db.ListEnrolmentsParams{Trainee: new("p-4")}, []int{4}},
		"overdue":         {db.ListEnrolmentsParams{Overdue: new(true), Now: soon}, []int{0}},
		"not overdue":     {db.ListEnrolmentsParams{Overdue: new(false), Now: soon}, []int{1, 2, 3, 4}},
		"a reference":     {db.ListEnrolmentsParams{Reference: new(es[2].Reference())}, []int{2}},
		"in any case":     {db.ListEnrolmentsParams{Reference: new("e-" + es[2].ID[:6])}, []int{2}},
		"no pattern":      {db.ListEnrolmentsParams{Reference: new("%")}, nil},
		"several at once": {db.ListEnrolmentsParams{Phases: []string{"modules"}, Curriculum: new("koko"), Trainee: new("p-2")}, []int{2}},
	} {
		var want []string
		for _, i := range tc.want {
			want = append(want, es[i].ID)
		}
		require.ElementsMatch(t, want, list(tc.p), name)
	}

	whole := list(db.ListEnrolmentsParams{})
	require.Equal(t, es[4].ID, whole[0], "the newest change first")
	var pages []string
	for p := (db.ListEnrolmentsParams{PageSize: 2}); ; {
		var rows []db.ListEnrolmentsRow
		within(t, r.API, offered, func(q *db.Queries) { rows = must(q.ListEnrolments(ctx, allEnrolments.List(p))) })
		if len(rows) == 0 {
			break
		}
		for _, row := range rows {
			pages = append(pages, row.ID)
		}
		p.BeforeChanged, p.BeforeID = rows[len(rows)-1].Changed, rows[len(rows)-1].ID
	}
	require.Equal(t, whole, pages)

	within(t, r.API, offered, func(q *db.Queries) {
		require.Equal(t, []db.CountEnrolmentsRow{{Phase: training.Applied, Total: 1, Overdue: 1}, {Phase: training.Certified, Total: 1}, {Phase: training.Modules, Total: 2}, {Phase: training.Waiting, Total: 1}},
			must(q.CountEnrolments(ctx, allEnrolments.Count(db.ListEnrolmentsParams{Now: soon}))))
		statistics := must(q.TrainingStatistics(ctx, []string{string(town)}))
		require.Len(t, statistics, 5)
		require.Equal(t, db.TrainingStatisticsRow{Curriculum: "koko", Phase: training.Applied, DistrictAGS: "05999", District: statistics[0].District, Total: 1}, statistics[0])
		require.Empty(t, must(q.TrainingStatistics(ctx, []string{string(neighbour)})))
	})
	require.Equal(t, []string{es[4].ID}, must(db.New(r.Worker).ListRecentEnrolments(ctx, db.ListRecentEnrolmentsParams{Span: interval(0), AtMost: 9})))
	require.Equal(t, 2, len(must(db.New(r.Worker).ListRecentCohorts(ctx, db.ListRecentCohortsParams{Span: interval(0), AtMost: 9}))))
}

func TestCohortsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &trainingtest.Maker{Salt: "cohorts"}
	plan := func(change func(*training.PlanCohort)) training.Cohort {
		p := m.Plan(trainingtest.KoKo())
		change(&p)
		return r.Run(t, training.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: p})
	}
	shift := func(p *training.PlanCohort, by time.Duration) {
		for i := range p.Dates {
			p.Dates[i].Begins, p.Dates[i].Ends = p.Dates[i].Begins.Add(by), p.Dates[i].Ends.Add(by)
		}
	}
	first := plan(func(*training.PlanCohort) {})
	later := plan(func(p *training.PlanCohort) { shift(p, 24*time.Hour); p.Trainers = []string{"p-other"} })
	undated := plan(func(p *training.PlanCohort) { p.Dates = nil })
	next := plan(func(p *training.PlanCohort) { p.AGS = neighbour; shift(p, 48*time.Hour) })
	next = r.Run(t, next, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at.Add(time.Hour), Command: m.Cancel()})
	list := func(p db.ListCohortsParams) (ids []string) {
		p.PageSize = 100
		within(t, r.API, offered, func(q *db.Queries) {
			for _, row := range must(q.ListCohorts(ctx, allCohorts.List(p))) {
				ids = append(ids, row.ID)
			}
		})
		return ids
	}
	for name, tc := range map[string]struct {
		p    db.ListCohortsParams
		want []training.Cohort
	}{
		"all":            {db.ListCohortsParams{}, []training.Cohort{next, later, first, undated}},
		"a stage":        {db.ListCohortsParams{Stages: []string{"cancelled", "merged"}}, []training.Cohort{next}},
		"a municipality": {db.ListCohortsParams{Municipalities: []string{string(neighbour)}}, []training.Cohort{next}},
		"a curriculum":   {db.ListCohortsParams{Curriculum: new("peer")}, nil},
		"open":           {db.ListCohortsParams{Open: new(true), Now: first.Closes}, []training.Cohort{later, first, undated}},
		"closed":         {db.ListCohortsParams{Open: new(false), Now: first.Closes.Add(time.Second)}, []training.Cohort{next, later, first, undated}},
		"a trainer's":    {db.ListCohortsParams{Trainer: new("p-other")}, []training.Cohort{later}},
	} {
		var want []string
		for _, c := range tc.want {
			want = append(want, c.ID)
		}
		require.Equal(t, want, list(tc.p), name)
	}
	var pages []string
	for p := (db.ListCohortsParams{PageSize: 1}); ; {
		var rows []db.ListCohortsRow
		within(t, r.API, offered, func(q *db.Queries) { rows = must(q.ListCohorts(ctx, allCohorts.List(p))) })
		if len(rows) == 0 {
			break
		}
		pages = append(pages, rows[0].ID)
		p.BeforeKey, p.BeforeID = rows[0].SortKey, rows[0].ID
	}
	require.Equal(t, list(db.ListCohortsParams{}), pages)

	within(t, r.API, offered, func(q *db.Queries) {
		var ids []string
		for _, o := range must(q.ListOffers(ctx, allCohorts.Offers(db.ListOffersParams{Curriculum: "koko", Now: at, AtMost: 9}))) {
			ids = append(ids, o.State.ID)
		}
		require.Equal(t, []string{first.ID, later.ID}, ids, "with dates, and not cancelled")
		require.Empty(t, must(q.ListOffers(ctx, allCohorts.Offers(db.ListOffersParams{Curriculum: "koko", Now: at.AddDate(5, 0, 0), AtMost: 9}))))
		taught := []string{first.ID, undated.ID, next.ID}
		slices.Sort(taught)
		require.Equal(t, taught, must(q.ListTaught(ctx, trainingtest.Trainer)))
	})
}

func TestCurriculaAreAppendedWithoutGaps(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	q := db.New(r.API)
	add := func(id string, version int) int64 {
		c := trainingtest.KoKo()
		c.ID, c.Version = id, version
		return must(q.AddCurriculum(ctx, db.AddCurriculumParams{ID: id, Version: int32(version), Content: c, PublishedBy: "p"}))
	}
	require.EqualValues(t, 0, add("koko", 1), "it stands")
	require.EqualValues(t, 0, add("koko", 3), "a gap")
	require.EqualValues(t, 1, add("koko", 2))
	require.EqualValues(t, 0, add("new", 2), "a gap")
	require.EqualValues(t, 1, add("new", 1))
	require.Equal(t, "system", must(q.GetCurriculum(ctx, db.GetCurriculumParams{ID: "koko", Version: 1})).PublishedBy)
	latest := must(q.GetLatestCurriculum(ctx, "koko"))
	require.Equal(t, 2, latest.Content.Version)
	require.Equal(t, trainingtest.KoKo().Terms().Units, latest.Content.Terms().Units)
	var names []string
	for _, c := range must(q.ListCurricula(ctx)) {
		names = append(names, fmt.Sprint(c.ID, c.Version))
	}
	require.Equal(t, []string{"koko2", "koko1", "kursreihe1", "new1"}, names)
	_, err := r.API.Exec(ctx, `INSERT INTO curriculum (id, version, content, published_by) VALUES ('koko', 9, '{"id": "koko", "version": 9}', 'p')`)
	require.ErrorContains(t, err, "foreign key")
	_, err = r.API.Exec(ctx, `INSERT INTO curriculum (id, version, content, published_by) VALUES ('other', 1, '{"id": "koko", "version": 1}', 'p')`)
	require.ErrorContains(t, err, "check constraint")
	_, err = q.GetLatestCurriculum(ctx, "unknown")
	require.ErrorIs(t, err, pgx.ErrNoRows)
}

// A stranger's attempt stands where the municipality of the file looks for it, whatever the file is.
func TestAnEntryIsFiledUnderTheMunicipalityOfAnyFile(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &trainingtest.Maker{Salt: "filed"}
	plan := m.Plan(trainingtest.KoKo())
	plan.AGS = neighbour
	c := r.Run(t, training.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: plan})
	e := r.Enrol(t, training.Enrolment{ID: m.ID()}, m.Way(c, training.Applied)...)
	for file, want := range map[string]ags.Key{c.ID: neighbour, e.ID: town, m.ID(): ""} {
		require.NoError(t, db.As(r.API, trainingtest.Outsider, ags.Area{bonn}).AppendAccess(ctx, db.AppendAccessParams{
			ID: file, AGS: string(bonn), Kind: "refusal", Actor: trainingtest.Outsider, FileID: &file,
		}))
		require.Equal(t, string(want), one[string](t, r.Owner, "SELECT ags FROM access_log WHERE id = $1", file))
	}
	require.Empty(t, must(db.New(r.Owner).ListBrokenAudit(ctx, 10)))
}
