package training_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
	tt "koko/internal/trainingtest"
)

// kinds are the steps of a way, with their modules.
func kinds(w enrolment.Way) (ks []string) {
	for _, s := range w.Steps {
		k := string(s.Kind)
		if s.Unit != "" {
			k += " " + s.Unit
		}
		ks = append(ks, k)
	}
	return ks
}

var afterModules = []string{"konzept", "fallbericht", "supervision", "pruefende_benennen", "pruefung", "zertifikat"}

func TestOffersAreTheDatesToCome(t *testing.T) {
	m := &tt.Maker{Salt: "offers"}
	c := m.Cohort(tt.KoKo())
	full := c.Offers(tt.Start)
	require.Len(t, full, 5)
	require.Equal(t, training.Offer{
		Cohort: c.ID, Unit: "m1", Begins: c.Dates[0].Begins, Ends: c.Dates[1].Ends, Minutes: 960, Seats: 12, Joins: true,
	}, full[0])
	begun := c.Offers(c.Dates[0].Begins)
	require.Equal(t, 480, begun[0].Minutes, "what has begun is not to come")
	require.False(t, begun[0].Joins, "it gives no seat any more")
	less := tt.Walk(c, tt.CohortStep{By: tt.Coordinator, At: tt.Start, Command: m.CancelDate("d1")}, tt.CohortStep{By: tt.Coordinator, At: tt.Start, Command: m.CancelDate("d3")}, tt.CohortStep{By: tt.Coordinator, At: tt.Start, Command: m.CancelDate("d4")})
	require.Equal(t, []string{"m1", "m3", "m4", "m5"}, units(less.Offers(tt.Start)))
	require.Equal(t, 480, less.Offers(tt.Start)[0].Minutes)
	require.Empty(t, tt.Walk(c, tt.CohortStep{By: tt.Coordinator, At: tt.Start, Command: m.Cancel()}).Offers(tt.Start))
}

func units(os []training.Offer) (us []string) {
	for _, o := range os {
		us = append(us, o.Unit)
	}
	return us
}

func TestTheWayBeginsWithTheApplication(t *testing.T) {
	m := &tt.Maker{Salt: "begin"}
	c := m.Cohort(tt.KoKo())
	offers := c.Offers(tt.Start)
	course := append([]string{"teilnahme m1", "teilnahme m2", "teilnahme m3", "teilnahme m4"}, afterModules...)
	for phase, first := range map[enrolment.Phase][]string{
		enrolment.Applied: {"freistellung", "zulassung", "platz"}, enrolment.Waiting: {"platz"}, enrolment.Modules: nil,
	} {
		e := m.Enrolment(c, phase)
		w := e.Way(offers, e.Changed)
		require.Equal(t, append(first, course...), kinds(w))
		require.Equal(t, []any{true, enrolment.NoWarning, c.Dates[7].Ends}, []any{w.Reachable, w.Warning, *w.Earliest})
		require.Equal(t, phase == enrolment.Modules, w.Until != nil)
	}
	e := m.Enrolment(c, enrolment.Waiting)
	w := e.Way(nil, e.Changed)
	require.Equal(t, []any{true, enrolment.Tight, enrolment.ForCohort}, []any{w.Reachable, w.Warning, w.Reason}, "the dates of the cohort are not enough")
	until := e.Changed.AddDate(0, 0, 7)
	e = then(t, e, file.System, enrolment.OfferSeat{Cohort: c.ID, Until: &until})
	require.Equal(t, enrolment.Step{Kind: enrolment.StepSeat, By: enrolment.ByTrainee, Count: 1, Cohort: c.ID, Until: &until}, e.Way(offers, e.Changed).Steps[0])
	e = then(t, e, tt.Trainee, enrolment.DeclineSeat{})
	require.Equal(t, "durchgang_wechseln", kinds(e.Way(offers, e.Changed))[0])
	gone := then(t, e, tt.Trainee, m.Withdraw()).Way(offers, e.Changed)
	require.Equal(t, []any{false, enrolment.NoWarning, []enrolment.Step{}}, []any{gone.Reachable, gone.Warning, gone.Steps})
	zero := enrolment.Enrolment{}.Way(offers, e.Changed)
	require.False(t, zero.Reachable)
}

func TestTheWayEndsWithTheCertificate(t *testing.T) {
	m := &tt.Maker{Salt: "end"}
	c := m.Cohort(tt.KoKo())
	way := func(p enrolment.Phase) enrolment.Way { e := m.Enrolment(c, p); return e.Way(nil, e.Changed) }
	require.Equal(t, afterModules, kinds(way(enrolment.Practice)))
	require.Equal(t, 3, way(enrolment.Practice).Steps[2].Count)
	require.Equal(t, afterModules[3:], kinds(way(enrolment.Assessment)))
	require.Equal(t, afterModules[5:], kinds(way(enrolment.Qualified)))
	done := way(enrolment.Certified)
	require.True(t, done.Reachable)
	require.Empty(t, done.Steps)
	require.Empty(t, done.Missing)
	require.Equal(t, []enrolment.Gap{{Need: enrolment.NeedConcept, Missing: 1}, {Need: enrolment.NeedCases, Missing: 1}, {Need: enrolment.NeedSupervisions, Missing: 3}, {Need: enrolment.NeedAssessment, Missing: 1}}, way(enrolment.Practice).Missing)

	e := m.Enrolment(c, enrolment.Practice)
	e = then(t, then(t, e, tt.Trainee, m.Concept()), tt.Trainee, m.CaseReport())
	w := e.Way(nil, e.Changed)
	require.Equal(t, enrolment.ByTrainer, w.Steps[0].By, "the trainer answers next")
	require.Equal(t, calendar.On(2026, time.August, 5).Ends(), *w.Steps[1].Until, "within four weeks of 8 July")
}

func TestTheOwnDatesComeBeforeMakeUpsAndEarlierOnesBeforeLater(t *testing.T) {
	m := &tt.Maker{Salt: "order"}
	own, other := m.Cohort(tt.KoKo()), m.Cohort(tt.KoKo())
	e := m.Enrolment(own, enrolment.Modules)
	offers := slices.Concat(other.Offers(tt.Start), own.Offers(tt.Start))
	require.Equal(t, []string{"teilnahme m1", "teilnahme m2", "teilnahme m3", "teilnahme m4"}, kinds(e.Way(offers, e.Changed))[:4])

	later := own.Dates[4].Begins.Add(-time.Hour) // after m1 and m2, which were missed
	e = decide(t, e, later, file.System, m.Attend(own, own.Dates[0], 0))
	offers = slices.Concat(m.CohortAs(shifted(m, 200)).Offers(later), m.CohortAs(shifted(m, 100)).Offers(later), own.Offers(own.Dates[3].Ends))
	w := e.Way(offers, later)
	require.Equal(t, []string{"teilnahme m3", "teilnahme m4", "anderer_durchgang m1", "teilnahme m5"}, kinds(w)[:4])
	require.Equal(t, offers[5].Cohort, w.Steps[2].Cohort, "in the cohort that comes first")
	offers[5].Seats = 0
	require.NotEqual(t, offers[5].Cohort, e.Way(offers, later).Steps[2].Cohort, "where a seat is free")
	require.Equal(t, []any{enrolment.Tight, enrolment.ForMakeUps}, []any{w.Warning, w.Reason}, "the only make-up is needed")
}

// shifted is a plan whose dates come so many days later than usual.
func shifted(m *tt.Maker, days int) cohort.PlanCohort {
	p := m.Plan(tt.KoKo())
	for i := range p.Dates {
		p.Dates[i].Begins, p.Dates[i].Ends = p.Dates[i].Begins.AddDate(0, 0, days), p.Dates[i].Ends.AddDate(0, 0, days)
	}
	return p
}

func TestWithoutAnOtherCohortAnAssignmentHelps(t *testing.T) {
	m := &tt.Maker{Salt: "assignment"}
	own := m.Cohort(tt.KoKo())
	e := m.Enrolment(own, enrolment.Modules)
	at := own.Dates[4].Begins.Add(-time.Hour)
	w := e.Way(own.Offers(at), at)
	require.Equal(t, []string{"teilnahme m3", "teilnahme m4", "teilnahme m5", "ersatzleistung m1"}, kinds(w)[:4])
	at = own.Dates[6].Begins.Add(-time.Hour)
	w = e.Way(own.Offers(at), at)
	require.Equal(t, []any{false, enrolment.Unreachable, enrolment.ForMakeUps}, []any{w.Reachable, w.Warning, w.Reason})
	require.Empty(t, w.Steps)

	full := shifted(m, 200)
	full.Seats, full.Minimum, full.Quota = 1, 1, 1
	next := m.CohortAs(full)
	offers := append(own.Offers(at), next.Offers(at)...)
	w = e.Way(offers, at)
	require.Equal(t, "durchgang_wechseln", kinds(w)[0], "another cohort may become the own one")
	require.Equal(t, []any{true, enrolment.Tight, enrolment.ForCohort}, []any{w.Reachable, w.Warning, w.Reason})
	next = tt.Walk(next, tt.CohortStep{By: file.System, At: at, Command: cohort.Join{Enrolment: m.ID(), AGS: tt.Town, Since: at}})
	require.False(t, e.Way(append(own.Offers(at), next.Offers(at)...), at).Reachable, "not if it is full")
}

func TestAPlannedMakeUpGoesOn(t *testing.T) {
	m := &tt.Maker{Salt: "planned"}
	own, other := m.Cohort(tt.KoKo()), m.CohortAs(shifted(m, 100))
	e := m.Enrolment(own, enrolment.Modules)
	at := own.Dates[4].Begins.Add(-time.Hour)
	task := decide(t, e, at, tt.Coordinator, m.Assignment("m1", day(at.AddDate(0, 0, 30))))
	w := task.Way(own.Offers(at), at)
	require.Equal(t, "ersatzleistung_abschliessen m1", kinds(w)[2])
	task = then(t, task, tt.Trainee, m.SubmitMakeUp("m1"))
	require.Equal(t, enrolment.ByTrainer, task.Way(own.Offers(at), at).Steps[0].By)

	visit := decide(t, e, at, tt.Coordinator, m.Elsewhere("m2", other.ID, day(at.AddDate(0, 0, 150))))
	w = visit.Way(append(own.Offers(at), other.Offers(at)...), at)
	require.Equal(t, "anderer_durchgang m2", kinds(w)[3])
	require.True(t, w.Steps[3].Planned)
	w = visit.Way(own.Offers(at), at)
	require.True(t, w.Reachable, "its date was cancelled: once it is missed there is another one")
	require.Equal(t, visit.MakeUps[0].Due, *w.Steps[3].From)
}

func TestTheWayWarnsEarlyOfTheTimeLimit(t *testing.T) {
	m := &tt.Maker{Salt: "time"}
	own := m.Cohort(tt.KoKo())
	e := m.Enrolment(own, enrolment.Modules)
	offers := own.Offers(e.Changed)
	until := e.Until()
	shifts := func(by time.Duration) enrolment.Way {
		late := slices.Clone(offers)
		for i := range late {
			late[i].Begins, late[i].Ends = late[i].Begins.Add(by), late[i].Ends.Add(by)
		}
		return e.Way(late, e.Changed)
	}
	spare := until.Sub(*shifts(0).Earliest)
	require.Equal(t, enrolment.NoWarning, shifts(spare-61*24*time.Hour).Warning)
	require.Equal(t, []any{enrolment.Tight, enrolment.ForTime}, []any{shifts(spare - time.Hour).Warning, shifts(spare - time.Hour).Reason})
	last := shifts(spare)
	require.Contains(t, kinds(last), "ersatzleistung m4", "the last date comes too late")
	gone := shifts(spare + 60*24*time.Hour)
	require.Equal(t, []any{enrolment.Unreachable, enrolment.ForTime}, []any{gone.Warning, gone.Reason})
	p := m.Enrolment(own, enrolment.Practice)
	require.Equal(t, enrolment.Tight, p.Way(nil, until.AddDate(0, 0, -59)).Warning)
	require.Equal(t, enrolment.Unreachable, p.Way(nil, until.AddDate(0, 1, 0)).Warning)
}

func TestARestingEnrolmentGoesOnAtOnce(t *testing.T) {
	m := &tt.Maker{Salt: "rest"}
	own := m.Cohort(tt.KoKo())
	e := m.Enrolment(own, enrolment.Practice)
	e = then(t, e, tt.Trainee, m.Pause())
	w := e.Way(nil, e.Changed.AddDate(0, 0, 100))
	require.Equal(t, append([]string{"fortsetzen"}, afterModules...), kinds(w))
	require.Equal(t, calendar.On(2028, time.March, 2).Ends(), e.Until())
	require.Equal(t, calendar.On(2028, time.June, 12).Ends(), *w.Until, "a hundred days later and past the Saturday")
	require.NotNil(t, e.Pause)
	require.Empty(t, e.Pauses, "nothing was changed")
}

func TestTheWayThroughTheAssessment(t *testing.T) {
	m := &tt.Maker{Salt: "examined"}
	e := m.Enrolment(m.Cohort(tt.KoKo()), enrolment.Assessment)
	first := attempt(t, m, e, false)
	second := attempt(t, m, first, false)
	open := then(t, second, tt.Trainee, m.Appeal())
	undecided := then(t, then(t, e, tt.Coordinator, m.Assessors()), tt.AssessorOne, m.Verdict(false))
	for name, tc := range map[string]struct {
		e     enrolment.Enrolment
		steps []string
		warns enrolment.WayWarning
	}{
		"under way":   {undecided, []string{"pruefung", "zertifikat"}, enrolment.NoWarning},
		"resit":       {first, []string{"pruefende_benennen", "pruefung", "zertifikat"}, enrolment.Tight},
		"only appeal": {second, []string{"widerspruch", "widerspruch_entscheiden", "pruefende_benennen", "pruefung", "zertifikat"}, enrolment.Tight},
		"appealed":    {open, []string{"widerspruch_entscheiden", "pruefende_benennen", "pruefung", "zertifikat"}, enrolment.Tight},
		"upheld":      {then(t, open, tt.Arbiter, m.DecideAppeal(true)), []string{"pruefende_benennen", "pruefung", "zertifikat"}, enrolment.Tight},
	} {
		w := tc.e.Way(nil, tc.e.Changed)
		require.Equal(t, tc.steps, kinds(w), name)
		require.Equal(t, tc.warns, w.Warning, name)
		require.Equal(t, tc.warns == enrolment.Tight, w.Reason == enrolment.ForAttempts, name)
	}
	late := second.Way(nil, second.Changed.AddDate(0, 0, 31))
	require.Equal(t, []any{enrolment.Unreachable, enrolment.ForAttempts}, []any{late.Warning, late.Reason})
}

func BenchmarkWay(b *testing.B) {
	m := &tt.Maker{Salt: "bench"}
	for _, k := range []curriculum.Curriculum{tt.KoKo(), tt.Peer()} {
		b.Run(k.ID, func(b *testing.B) {
			own := m.Cohort(k)
			offers := own.Offers(tt.Start)
			for range 6 {
				offers = append(offers, m.Cohort(k).Offers(tt.Start)...)
			}
			e := m.Enrolment(own, enrolment.Modules)
			for b.Loop() {
				e.Way(offers, e.Changed)
			}
		})
	}
}

// The worst that a curriculum can ask for does not keep a list waiting.
func TestALargeCurriculumIsNoTrouble(t *testing.T) {
	m := &tt.Maker{Salt: "large"}
	k := tt.KoKo()
	for len(k.Modules) < 16 {
		next := k.Modules[0]
		next.ID = "x" + string(rune('a'+len(k.Modules)))
		k.Modules = append(k.Modules, next)
	}
	k.Rule.Modules, k.Rule.Minutes, k.Rule.MakeUps, k.Rule.Months = 12, 12*960, 8, 36
	own := m.Cohort(k)
	e := m.Enrolment(own, enrolment.Modules)
	offers := own.Offers(tt.Start)[:8]
	for range 4 {
		offers = append(offers, m.Cohort(k).Offers(tt.Start)...)
	}
	began := time.Now()
	require.True(t, e.Way(offers, e.Changed).Reachable)
	require.False(t, e.Way(offers[:3], e.Changed).Reachable)
	require.Less(t, time.Since(began), time.Second)
}
