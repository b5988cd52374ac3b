package training_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	tt "koko/internal/trainingtest"
)

// A mail is what one workflow tells another. Between two of them, the order is kept.
type mail struct {
	from string
	file.Message
}

// A school is cohorts and enrolments that talk to each other.
type school struct {
	*tt.Maker
	cohorts    []cohort.Cohort
	enrolments []enrolment.Enrolment
	mails      []mail
	now        time.Time
}

func (s *school) enrol(t *rapid.T, i int, by string, cmd file.Command) {
	before := s.enrolments[i]
	next, err := before.Decide(cmd, by, s.now)
	if err != nil {
		require.NotEqual(t, fault.Internal, fault.CodeOf(err))
		return
	}
	s.enrolments[i] = next
	for _, m := range next.Messages(before) {
		s.mails = append(s.mails, mail{next.ID, m})
	}
}

func (s *school) run(t *rapid.T, i int, by string, cmd file.Command) {
	before := s.cohorts[i]
	next, err := before.Decide(cmd, by, s.now)
	if err != nil {
		return
	}
	requireFair(t, before, next)
	s.cohorts[i] = next
	for _, m := range next.Messages(before) {
		s.mails = append(s.mails, mail{next.ID, m})
	}
}

func held(c cohort.Cohort, k ags.Key) (n int) {
	for _, p := range c.Places {
		if p.Status != training.SeatWaiting && (k == "" || p.AGS == k) {
			n++
		}
	}
	return n
}

// requireFair requires that nobody has too many seats and nobody was overtaken.
func requireFair(t require.TestingT, before, c cohort.Cohort) {
	require.LessOrEqual(t, held(c, ""), c.Seats)
	for _, p := range c.Places {
		require.True(t, p.AGS == "" || held(c, p.AGS) <= c.Quota)
		served := p.Status != training.SeatWaiting && !slices.ContainsFunc(before.Places, func(o cohort.Place) bool {
			return o.Enrolment == p.Enrolment && o.Status != training.SeatWaiting
		})
		for _, o := range c.Places {
			overtaken := served && o.Status == training.SeatWaiting && o.Since.Before(p.Since) && held(c, o.AGS) < c.Quota
			require.False(t, overtaken, "%s was overtaken by %s", o.Enrolment, p.Enrolment)
		}
	}
}

// deliver hands over the oldest mail between some two.
func (s *school) deliver(t *rapid.T) {
	i := rapid.IntRange(0, len(s.mails)-1).Draw(t, "mail")
	i = slices.IndexFunc(s.mails, func(m mail) bool { return m.from == s.mails[i].from && m.File == s.mails[i].File })
	m := s.mails[i]
	s.mails = slices.Delete(s.mails, i, i+1)
	for j, e := range s.enrolments {
		if e.ID == m.File {
			s.enrol(t, j, file.System, tt.Received(m.Message))
		}
	}
	for j, c := range s.cohorts {
		if c.ID == m.File {
			s.run(t, j, file.System, tt.Received(m.Message))
		}
	}
}

// happen has somebody do something.
func (s *school) happen(t *rapid.T) {
	i, j := rapid.IntRange(0, len(s.enrolments)-1).Draw(t, "enrolment"), rapid.IntRange(0, len(s.cohorts)-1).Draw(t, "cohort")
	c := s.cohorts[j]
	into := s.cohorts[rapid.IntRange(0, len(s.cohorts)-1).Draw(t, "into")]
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0, 1:
		s.enrol(t, i, tt.Trainee, enrolment.AcceptSeat{})
	case 2:
		s.enrol(t, i, tt.Trainee, enrolment.DeclineSeat{})
	case 3:
		s.enrol(t, i, tt.Coordinator, enrolment.Transfer{Cohort: c.ID})
	case 4:
		s.enrol(t, i, tt.Trainee, s.Withdraw())
	case 5:
		more := rapid.IntRange(0, 1).Draw(t, "more")
		s.run(t, j, tt.Coordinator, s.Amend(c, func(a *cohort.AmendCohort) { a.Seats, a.Quota = a.Seats+more, a.Quota+more }))
	case 6:
		if rapid.IntRange(0, 3).Draw(t, "cancel") == 0 {
			s.run(t, j, tt.Coordinator, s.Cancel())
		}
	case 7:
		if into.Stage == cohort.Open || into.Stage == cohort.Running {
			s.run(t, j, tt.Coordinator, s.Merge(into.ID))
		}
	case 8:
		s.enrol(t, i, tt.Coordinator, s.Elsewhere("m1", c.ID, day(s.now.AddDate(0, 0, 30))))
	case 9:
		s.now = s.now.AddDate(0, 0, rapid.IntRange(0, 8).Draw(t, "days"))
		s.wait(t)
	}
}

// wait lets the deadlines pass that are due.
func (s *school) wait(t *rapid.T) {
	for i, e := range s.enrolments {
		if d, ok := file.NextDeadline(e); ok {
			s.enrol(t, i, file.System, file.DeadlinePassed{Deadline: d})
		}
	}
	for i, c := range s.cohorts {
		if d, ok := file.NextDeadline(c); ok {
			s.run(t, i, file.System, file.DeadlinePassed{Deadline: d})
		}
	}
}

func newSchool(t *rapid.T) *school {
	m := &tt.Maker{Salt: "school"}
	s := &school{Maker: m, now: tt.Start}
	for range rapid.IntRange(1, 3).Draw(t, "cohorts") {
		p := m.Plan(tt.KoKo())
		p.Seats = rapid.IntRange(1, 4).Draw(t, "seats")
		p.Minimum, p.Quota = rapid.IntRange(1, p.Seats).Draw(t, "minimum"), rapid.IntRange(1, p.Seats).Draw(t, "quota")
		s.cohorts = append(s.cohorts, m.CohortAs(p))
	}
	for i := range rapid.IntRange(2, 8).Draw(t, "enrolments") {
		a := m.Apply(s.cohorts[rapid.IntRange(0, len(s.cohorts)-1).Draw(t, "applies")])
		a.AGS = rapid.SampledFrom([]ags.Key{tt.Town, tt.Neighbour, tt.Village}).Draw(t, "ags")
		s.enrolments = append(s.enrolments, enrolment.Enrolment{ID: m.ID()})
		s.now = s.now.Add(time.Minute)
		s.enrol(t, i, fmt.Sprint("p-", i), a)
		s.enrol(t, i, tt.LineManager, m.Release(true))
	}
	return s
}

func TestSeatsStayConsistentWhateverTheOrderOfMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSchool(t)
		admit := rapid.Permutation(s.indexes()).Draw(t, "admitted")
		for range rapid.IntRange(5, 60).Draw(t, "events") {
			s.now = s.now.Add(time.Minute)
			switch what := rapid.IntRange(0, 3).Draw(t, "event"); {
			case what == 0 && len(admit) > 0:
				s.enrol(t, admit[0], tt.Coordinator, s.Admission(true))
				admit = admit[1:]
			case what <= 2 && len(s.mails) > 0:
				s.deliver(t)
			default:
				s.happen(t)
			}
		}
		for n := 0; len(s.mails) > 0; n++ {
			require.Less(t, n, 2000, "the workflows never come to rest")
			s.deliver(t)
		}
		s.requireConsistent(t)
	})
}

func (s *school) indexes() (is []int) {
	for i := range s.enrolments {
		is = append(is, i)
	}
	return is
}

// requireConsistent requires that the cohorts and the enrolments say the same about each seat.
func (s *school) requireConsistent(t require.TestingT) {
	seats := map[string]cohort.Place{}
	for _, c := range s.cohorts {
		for _, p := range c.Places {
			seats[c.ID+p.Enrolment] = p
		}
	}
	for _, e := range s.enrolments {
		p, ok := seats[e.Cohort+e.ID]
		delete(seats, e.Cohort+e.ID)
		require.Equal(t, ok, e.Seat != nil, "%s in %s", e.Phase, e.Cohort)
		if ok {
			require.Equal(t, p.Status, e.Seat.Status)
			require.Equal(t, p.Until, e.Seat.Until)
		}
	}
	require.Empty(t, seats, "places of nobody")
}
