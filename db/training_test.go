package db_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/dbtest"
	"koko/internal/trainingtest"
)

// A course is a cohort in Town and an enrolment there that was certified in it.
type course struct {
	m *trainingtest.Maker
	c cohort.Cohort
	e enrolment.Enrolment
}

func newCourse(t *testing.T, r *dbtest.Record, salt string) course {
	t.Helper()
	m := &trainingtest.Maker{Salt: salt}
	c := r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: m.Begins(), Command: m.Plan(trainingtest.KoKo())})
	e := r.Enrol(t, enrolment.Enrolment{ID: m.ID()}, m.Way(c, enrolment.Certified)...)
	for _, id := range []string{c.ID, e.ID} {
		require.NoError(t, db.New(r.API).AppendAccess(context.Background(), db.AppendAccessParams{ID: "read " + id, Kind: "read", FileID: &id}))
	}
	return course{m, c, e}
}

func TestEveryListOfEnrolmentsKeepsToTheScope(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	x := newCourse(t, r, "enrolment scope")
	here, there := ags.Area{town}, ags.Area{bonn, neighbour}
	trainee, manager := tie(training.Trainee, trainingtest.Trainee), tie(enrolment.LineManager, trainingtest.LineManager)
	teaching, assessing := tie(enrolment.Teaching, x.c.ID), tie(enrolment.Assessing, trainingtest.AssessorTwo)
	own := trainingLists(x)
	scopes := map[string]file.Scope{
		"nothing":                      {},
		"the coordinator":              over(here...),
		"another's coordinator":        over(there...),
		"the trainee":                  tied(trainee, here...),
		"another trainee":              tied(tie(training.Trainee, trainingtest.Outsider), here...),
		"the trainee elsewhere":        tied(trainee, there...),
		"the employer":                 tied(manager, here...),
		"another line manager":         tied(tie(enrolment.LineManager, trainingtest.Outsider), here...),
		"the line manager elsewhere":   tied(manager, there...),
		"a line manager is no trainee": tied(tie(training.Trainee, trainingtest.LineManager), here...),
		"the trainer":                  tied(teaching, here...),
		"a trainer of another cohort":  tied(tie(enrolment.Teaching, x.e.ID), here...),
		"the trainer elsewhere":        tied(teaching, there...),
		"an assessor":                  tied(assessing, here...),
		"another assessor":             tied(tie(enrolment.Assessing, trainingtest.Outsider), here...),
		"an assessor elsewhere":        tied(assessing, there...),
		"a stranger with every right elsewhere": {Parts: []file.Part{
			{Area: there}, {Tie: trainee, Area: there}, {Tie: manager, Area: there, Offered: true}, {Tie: teaching, Area: there}, {Offered: true, Area: there},
		}},
	}
	want := map[string]bool{"the coordinator": true, "the trainee": true, "the employer": true, "the trainer": true, "an assessor": true}
	keeps(t, r, anEnrolment(x), trainingArea, scopes, want)
	for name, s := range scopes {
		for list, find := range own {
			within(t, r.API, trainingArea, func(q *db.Queries) { require.Equal(t, want[name], must(find(q, s)) > 0, "%s: %s", name, list) })
		}
	}
}

// trainingLists has the queries of the training alone that show enrolments.
func trainingLists(x course) map[string]func(q *db.Queries, s file.Scope) (int, error) {
	ctx := context.Background()
	return map[string]func(q *db.Queries, s file.Scope) (int, error){
		"participants": func(q *db.Queries, s file.Scope) (int, error) { return some(q.ListParticipants(ctx, s, x.c.ID, 10)) },
		"holders":      func(q *db.Queries, s file.Scope) (int, error) { return some(q.ListHolders(ctx, s, []string{x.e.ID})) },
		"holder":       func(q *db.Queries, s file.Scope) (int, error) { return found(q.GetHolder(ctx, s, x.e.ID)) },
		"certificates": func(q *db.Queries, s file.Scope) (int, error) { return some(q.ListCertificates(ctx, s, x.e.ID)) },
	}
}

func offers(q *db.Queries, s file.Scope) (int, error) {
	return some(q.ListOffers(context.Background(), s, "koko", at, 10))
}

func TestEveryListOfCohortsKeepsToTheScope(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	x := newCourse(t, r, "cohort scope")
	here, there := ags.Area{town}, ags.Area{bonn}
	runs := func(who string, area ...ags.Key) file.Scope {
		return file.Scope{Parts: []file.Part{{Tie: tie(training.Runs, who), Offered: true, Area: area}}}
	}
	scopes := map[string]file.Scope{
		"nothing":                     {},
		"the coordinator":             over(here...),
		"a neighbour's coordinator":   over(neighbour),
		"open to the own staff":       offeredTo(bonn, neighbour),
		"open to others":              offeredTo(there...),
		"the trainer":                 runs(trainingtest.Trainer, here...),
		"the trainer, of a neighbour": runs(trainingtest.Trainer, neighbour),
		"run there, not offered":      tied(tie(training.Runs, trainingtest.Trainer), neighbour),
		"the trainer elsewhere":       runs(trainingtest.Trainer, there...),
		"another trainer":             runs(trainingtest.Outsider, here...),
		"a stranger with every right elsewhere": {Parts: []file.Part{
			{Area: there}, {Offered: true, Area: there}, {Tie: tie(training.Runs, trainingtest.Trainer), Offered: true, Area: there},
		}},
	}
	want := map[string]bool{"the coordinator": true, "open to the own staff": true, "the trainer": true, "the trainer, of a neighbour": true}
	keeps(t, r, aCohort(x), trainingArea, scopes, want)
	for name, s := range scopes {
		within(t, r.API, trainingArea, func(q *db.Queries) { require.Equal(t, want[name], must(offers(q, s)) > 0, name) })
	}
}

// With the predicates opened for everything, row security still shows the transaction's own
// municipalities alone; of cohorts also those that are open to their staff.
func TestRowSecurityIsTheSecondLockOfTheTraining(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	x := newCourse(t, r, "training locks")
	enrolments, cohorts := lists(anEnrolment(x)), lists(aCohort(x))
	for list, find := range trainingLists(x) {
		enrolments[list] = find
	}
	cohorts["offers"] = offers
	delete(cohorts, "list sealed access") // the log stays with the municipality that runs it
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
		for _, alone := range []bool{false, true} {
			try := func(list string, do func(q *db.Queries)) {
				switch {
				case !alone:
					within(t, r.API, tc.area, do)
				case !chooses(list):
					do(db.As(r.API, "somebody", tc.area))
				}
			}
			for list, find := range enrolments {
				try(list, func(q *db.Queries) {
					require.Equal(t, tc.enrolments, must(find(q, allOfTraining)) > 0, "%s in %s, alone: %v", list, name, alone)
				})
			}
			for list, find := range cohorts {
				try(list, func(q *db.Queries) {
					require.Equal(t, tc.cohorts, must(find(q, allOfTraining)) > 0, "%s in %s, alone: %v", list, name, alone)
				})
			}
			try("", func(q *db.Queries) {
				ctx := context.Background()
				taught := func(who string) db.ListTiedParams {
					return db.ListTiedParams{Kind: string(cohort.Kind), Tie: tie(training.Runs, who)}
				}
				require.Equal(t, tc.cohorts, len(must(q.ListTied(ctx, taught(trainingtest.Trainer)))) > 0, name)
				require.Empty(t, must(q.ListTied(ctx, taught(trainingtest.Outsider))))
				then := db.ListTiedAtParams{Kind: cohort.Kind, Tie: tie(training.Runs, trainingtest.Trainer), At: at.AddDate(50, 0, 0)}
				require.Equal(t, tc.cohorts, len(must(q.ListTiedAt(ctx, then))) > 0, name)
				then.At = at.AddDate(-50, 0, 0)
				require.Empty(t, must(q.ListTiedAt(ctx, then)))
				require.Equal(t, tc.enrolments, len(must(q.TrainingStatistics(ctx, []string{string(town)}))) > 0, name)
				require.Equal(t, tc.enrolments, must(found(q.GetDataKey(ctx, db.GetDataKeyParams{FileID: x.e.ID, Compartment: training.TrainingFile}))) > 0)
				require.Equal(t, tc.cohorts, must(found(q.GetDataKey(ctx, db.GetDataKeyParams{FileID: x.c.ID, Compartment: training.TrainingFile}))) > 0)
				require.Equal(t, tc.enrolments, must(found(q.GetOwnTransition(ctx, db.GetOwnTransitionParams{
					FileID: x.e.ID, Kind: enrolment.Kind, CommandID: "k1", Caller: trainingtest.Trainee,
				}))) > 0)
				require.Equal(t, tc.enrolments, must(found(q.GetFileAt(ctx, db.GetFileAtParams{FileID: x.e.ID, Kind: enrolment.Kind, At: at.AddDate(50, 0, 0)}))) > 0)
			})
		}
	}
}

// What ties somebody through a file is known where it is asked for, wherever the file lies; and nothing else is.
func TestTiesThroughAFileAreKnownElsewhere(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &trainingtest.Maker{Salt: "through"}
	c := r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Plan(trainingtest.KoKo())})
	staffed := cohort.StaffCohort{Trainers: []string{"p-z", "p-y"}, Assessors: c.Assessors}
	r.Run(t, c, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at.Add(time.Hour), Command: staffed})
	of := db.ListHoldersAtParams{Files: []string{c.ID, m.ID()}, Relation: string(training.Runs), At: at.Add(time.Minute)}
	q := db.As(r.API, "somebody", ags.Area{bonn})
	rows := must(q.ListHoldersAt(ctx, of))
	require.Equal(t, []db.ListHoldersAtRow{{ID: c.ID, AGS: string(town), Places: []string{string(town), string(neighbour), string(trainingtest.Village)}, Holders: []string{trainingtest.Trainer}}}, rows)
	of.At = at.Add(2 * time.Hour)
	require.Equal(t, []string{"p-y", "p-z"}, must(q.ListHoldersAt(ctx, of))[0].Holders)
	of.At = at.Add(-time.Hour)
	require.Empty(t, must(q.ListHoldersAt(ctx, of)))
}

// A trainee takes the enrolment along to another employer: what was written before goes with it, and
// the one before sees nothing any more.
func TestAChangeOfEmployerMovesTheFile(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &trainingtest.Maker{Salt: "employer"}
	c := r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Plan(trainingtest.KoKo())})
	e := r.Enrol(t, enrolment.Enrolment{ID: m.ID()}, m.Way(c, enrolment.Practice)...)
	x := course{m, c, e}
	look := func(k ags.Key) (documents, history int) {
		within(t, r.API, ags.Area{k}, func(q *db.Queries) {
			lists := lists(anEnrolment(x))
			documents, history = must(lists["documents"](q, allOfTraining)), must(lists["history"](q, allOfTraining))
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

	move := trainingtest.Step{By: trainingtest.Coordinator, At: e.Changed.Add(time.Hour), Command: enrolment.ChangeEmployer{AGS: bonn, LineManager: "p-new"}}
	e = r.Enrol(t, e, move)
	moved, after := look(bonn)
	require.Equal(t, documents, moved)
	require.Equal(t, e.Version, after)
	require.Zero(t, second2(look(town)))
	for list, find := range lists(anEnrolment(x)) {
		within(t, r.API, ags.Area{town}, func(q *db.Queries) { require.Zero(t, must(find(q, allOfTraining)), list) })
	}
	// What the employer before wrote can be read, but nothing can be written in its name.
	doc := db.AddDocumentParams{ID: m.ID(), FileID: e.ID, AGS: town, Action: "submit_concept", Compartment: training.TrainingFile, Sealed: []byte("s"), Tokens: []int64{}}
	require.ErrorContains(t, second(db.As(r.API, "somebody", ags.Area{bonn}).AddDocument(ctx, doc)), "row-level security")
	doc.AGS = bonn
	require.NoError(t, second(db.As(r.API, "somebody", ags.Area{bonn}).AddDocument(ctx, doc)))
	r.Enrol(t, e, trainingtest.Step{By: trainingtest.Trainee, At: e.Changed.Add(time.Hour), Command: m.Concept()})
	more, _ := look(bonn)
	require.Equal(t, documents+1, more)
	require.Empty(t, must(db.New(r.Owner).ListBrokenAudit(ctx, 10)))
}

func second2(_, n int) int { return n }

// That some files may be seen where they are offered opens nothing of others.
func TestNothingElseIsOpenedByAnOffer(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	c := newCase(t, r, false)
	newCourse(t, r, "beside a case")
	for list, find := range lists(aCase(c)) {
		within(t, r.API, offered, func(q *db.Queries) {
			n, err := find(q, everywhere)
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
	c := r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Plan(trainingtest.KoKo())})
	peers := r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: m.Plan(trainingtest.Peer())})
	var es []enrolment.Enrolment
	for i, p := range []enrolment.Phase{enrolment.Applied, enrolment.Waiting, enrolment.Modules, enrolment.Modules, enrolment.Certified} {
		in := c
		if i == 3 {
			in = peers
		}
		es = append(es, r.Enrol(t, enrolment.Enrolment{ID: m.ID()}, trainingtest.As(fmt.Sprint("p-", i), m.Way(in, p))...))
	}
	list := func(f db.FileFilter) (ids []string) {
		f.Kind, f.Due = enrolment.Kind, allOfTraining
		within(t, r.API, offered, func(q *db.Queries) {
			for _, row := range must(q.ListFiles(ctx, allOfTraining, f, db.SortChanged, nil, 100)) {
				ids = append(ids, row.ID)
			}
			require.Len(t, ids, must(q.CountFiles(ctx, allOfTraining, f)).Total)
		})
		return ids
	}
	facet := func(name, value string) []db.FacetFilter {
		return []db.FacetFilter{{Name: name, Values: []string{value}, Known: allOfTraining}}
	}
	soon := calendar.On(2026, time.March, 17).Begins() // the release of the first is overdue: it was applied for on 2 March
	for name, tc := range map[string]struct {
		f    db.FileFilter
		want []int
	}{
		"all":             {db.FileFilter{}, []int{0, 1, 2, 3, 4}},
		"a phase":         {db.FileFilter{Phases: []string{"modules"}}, []int{2, 3}},
		"two phases":      {db.FileFilter{Phases: []string{"applied", "certified"}}, []int{0, 4}},
		"a municipality":  {db.FileFilter{AGS: []ags.Key{town}}, []int{0, 1, 2, 3, 4}},
		"another":         {db.FileFilter{AGS: []ags.Key{neighbour}}, nil},
		"a cohort":        {db.FileFilter{Facets: facet("attends", peers.ID)}, []int{3}},
		"a curriculum":    {db.FileFilter{Facets: facet("curriculum", "peer")}, []int{3}},
		"a trainee":       {db.FileFilter{Facets: facet("trainee", "p-4")}, []int{4}},
		"overdue":         {db.FileFilter{Overdue: new(true), Now: soon}, []int{0}},
		"not overdue":     {db.FileFilter{Overdue: new(false), Now: soon}, []int{1, 2, 3, 4}},
		"a reference":     {db.FileFilter{Reference: es[2].Reference()}, []int{2}},
		"in any case":     {db.FileFilter{Reference: "e-" + es[2].ID[:6]}, []int{2}},
		"no pattern":      {db.FileFilter{Reference: "%"}, nil},
		"several at once": {db.FileFilter{Phases: []string{"modules"}, Facets: append(facet("curriculum", "koko"), facet("trainee", "p-2")...)}, []int{2}},
	} {
		var want []string
		for _, i := range tc.want {
			want = append(want, es[i].ID)
		}
		require.ElementsMatch(t, want, list(tc.f), name)
	}
	require.Equal(t, es[4].ID, list(db.FileFilter{})[0], "the newest change first")
	within(t, r.API, offered, func(q *db.Queries) {
		require.Equal(t, db.FileCounts{
			Total: 5, Overdue: 1, ByPhase: map[string]int{"applied": 1, "certified": 1, "modules": 2, "waiting": 1},
			ByFacet: map[string]map[string]int{"curriculum": {"koko": 4, "peer": 1}},
		}, must(q.CountFiles(ctx, allOfTraining, db.FileFilter{Kind: enrolment.Kind, Now: soon, Due: allOfTraining}, db.FacetCount{Name: "curriculum", Known: allOfTraining})))
		statistics := must(q.TrainingStatistics(ctx, []string{string(town)}))
		require.Len(t, statistics, 5)
		require.Equal(t, db.TrainingStatisticsRow{Curriculum: "koko", Phase: "applied", DistrictAGS: "05999", District: statistics[0].District, Total: 1}, statistics[0])
		require.Empty(t, must(q.TrainingStatistics(ctx, []string{string(neighbour)})))
	})
	recent := func(k file.Kind) []string {
		return must(db.New(r.Worker).ListRecentFiles(ctx, db.ListRecentFilesParams{Kind: k, Span: interval(0), AtMost: 9}))
	}
	require.Equal(t, []string{es[4].ID}, recent(enrolment.Kind))
	require.Len(t, recent(cohort.Kind), 2)
}

func TestCohortsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	m := &trainingtest.Maker{Salt: "cohorts"}
	plan := func(change func(*cohort.PlanCohort)) cohort.Cohort {
		p := m.Plan(trainingtest.KoKo())
		change(&p)
		return r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: p})
	}
	shift := func(p *cohort.PlanCohort, by time.Duration) {
		for i := range p.Dates {
			p.Dates[i].Begins, p.Dates[i].Ends = p.Dates[i].Begins.Add(by), p.Dates[i].Ends.Add(by)
		}
	}
	first := plan(func(*cohort.PlanCohort) {})
	later := plan(func(p *cohort.PlanCohort) { shift(p, 24*time.Hour); p.Trainers = []string{"p-other"} })
	undated := plan(func(p *cohort.PlanCohort) { p.Dates = nil })
	next := plan(func(p *cohort.PlanCohort) { p.AGS = neighbour; shift(p, 48*time.Hour) })
	next = r.Run(t, next, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at.Add(time.Hour), Command: m.Cancel()})
	begins := db.FileSort{Facets: []string{"begins", "closes"}}
	list := func(f db.FileFilter) (ids []string) {
		f.Kind = cohort.Kind
		within(t, r.API, offered, func(q *db.Queries) {
			for _, row := range must(q.ListFiles(ctx, allOfTraining, f, begins, nil, 100)) {
				ids = append(ids, row.ID)
			}
		})
		return ids
	}
	window := func(now time.Time, open bool) *db.Window {
		return &db.Window{Phases: []string{"open"}, Facet: "closes", Now: now, Open: open}
	}
	for name, tc := range map[string]struct {
		f    db.FileFilter
		want []cohort.Cohort
	}{
		"all":            {db.FileFilter{}, []cohort.Cohort{next, later, first, undated}},
		"a stage":        {db.FileFilter{Phases: []string{"cancelled", "merged"}}, []cohort.Cohort{next}},
		"over":           {db.FileFilter{Over: new(true)}, []cohort.Cohort{next}},
		"a municipality": {db.FileFilter{AGS: []ags.Key{neighbour}}, []cohort.Cohort{next}},
		"a curriculum":   {db.FileFilter{Facets: []db.FacetFilter{{Name: "curriculum", Values: []string{"peer"}, Known: allOfTraining}}}, nil},
		"a number":       {db.FileFilter{Facets: []db.FacetFilter{{Name: "seats", Values: []string{"12"}, Known: allOfTraining}}}, []cohort.Cohort{next, later, first, undated}},
		"open":           {db.FileFilter{Window: window(first.Closes, true)}, []cohort.Cohort{later, first, undated}},
		"closed":         {db.FileFilter{Window: window(first.Closes.Add(time.Second), false)}, []cohort.Cohort{next, later, first, undated}},
		"a trainer's":    {db.FileFilter{Tie: tie(training.Runs, "p-other")}, []cohort.Cohort{later}},
	} {
		var want []string
		for _, c := range tc.want {
			want = append(want, c.ID)
		}
		require.Equal(t, want, list(tc.f), name)
	}
	var pages []string
	for after := (*db.FileCursor)(nil); ; {
		var rows []db.FileItem
		within(t, r.API, offered, func(q *db.Queries) {
			rows = must(q.ListFiles(ctx, allOfTraining, db.FileFilter{Kind: cohort.Kind}, begins, after, 1))
		})
		if len(rows) == 0 {
			break
		}
		pages, after = append(pages, rows[0].ID), &rows[0].Cursor
	}
	require.Equal(t, list(db.FileFilter{}), pages)

	within(t, r.API, offered, func(q *db.Queries) {
		var ids []string
		for _, o := range must(q.ListOffers(ctx, allOfTraining, "koko", at, 9)) {
			ids = append(ids, o.ID)
		}
		require.Equal(t, []string{first.ID, later.ID}, ids, "with dates, and not cancelled")
		require.Empty(t, must(q.ListOffers(ctx, allOfTraining, "koko", at.AddDate(5, 0, 0), 9)))
		taught := []string{first.ID, undated.ID, next.ID}
		slices.Sort(taught)
		require.Equal(t, taught, must(q.ListTied(ctx, db.ListTiedParams{Kind: string(cohort.Kind), Tie: tie(training.Runs, trainingtest.Trainer)})))
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
	c := r.Run(t, cohort.Cohort{ID: m.ID()}, trainingtest.CohortStep{By: trainingtest.Coordinator, At: at, Command: plan})
	e := r.Enrol(t, enrolment.Enrolment{ID: m.ID()}, m.Way(c, enrolment.Applied)...)
	for file, want := range map[string]ags.Key{c.ID: neighbour, e.ID: town, m.ID(): ""} {
		require.NoError(t, db.As(r.API, trainingtest.Outsider, ags.Area{bonn}).AppendAccess(ctx, db.AppendAccessParams{
			ID: file, AGS: string(bonn), Kind: "refusal", Actor: trainingtest.Outsider, FileID: &file,
		}))
		require.Equal(t, string(want), one[string](t, r.Owner, "SELECT ags FROM access_log WHERE id = $1", file))
	}
	require.Empty(t, must(db.New(r.Owner).ListBrokenAudit(ctx, 10)))
}
