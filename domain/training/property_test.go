package training_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	tt "koko/internal/trainingtest"
)

func asJSON(t require.TestingT, v any) string {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

// requireFault requires of a refusal what a user needs: what, why and what to do.
func requireFault(t require.TestingT, err error) {
	f := fault.Of(err)
	require.NotNil(t, f)
	require.Contains(t, []fault.Code{fault.Invalid, fault.Gate, fault.Forbidden}, f.Code)
	for _, says := range []string{f.Message, f.Rule, f.Remedy} {
		require.NotEmpty(t, says)
	}
}

func requireDeadlines(t require.TestingT, in, passed []file.Deadline, kinds []string) {
	require.True(t, slices.IsSortedFunc(in, func(a, b file.Deadline) int { return a.Due.Compare(b.Due) }))
	for _, d := range in {
		require.Contains(t, kinds, d.Kind)
	}
	for _, d := range passed {
		require.Contains(t, in, d, "what is missed is in force")
	}
}

// alphabet has well-formed and zero commands of every action.
func alphabet(m *tt.Maker, c cohort.Cohort, e enrolment.Enrolment, now time.Time) []file.Command {
	until, due := now.AddDate(0, 0, 7), day(now.AddDate(0, 0, 30))
	of := m.Code()
	if len(e.Certificates) > 0 {
		of = e.Certificates[len(e.Certificates)-1].Code
	}
	k := tt.KoKo()
	k.Version, k.Rule.Modules, k.Rule.Minutes = 2, 2, 0
	cmds := append(slices.Clone(commands),
		m.Apply(c), m.Release(true), m.Release(false), m.Admission(true), m.Admission(false), m.Elsewhere("m1", m.ID(), due), m.Assignment("m2", due),
		m.SubmitMakeUp("m2"), m.ReviewMakeUp("m2", true), m.ReviewMakeUp("m2", false), m.Concept(), m.ReviewConcept(true), m.ReviewConcept(false),
		m.CaseReport(), m.ReviewCaseReport(true), m.ReviewCaseReport(false), m.Supervision(now), m.Assessors(), m.Verdict(true), m.Verdict(false),
		m.Appeal(), m.DecideAppeal(true), m.DecideAppeal(false), m.Certify(), m.Confirm(), m.Reissue(of), m.Revoke(of), m.Pause(), m.Withdraw(),
		m.Adopt(k), m.Adopt(tt.KoKo()), enrolment.Transfer{Cohort: m.ID()}, enrolment.Transfer{Cohort: c.ID},
		enrolment.ChangeEmployer{AGS: tt.Village, LineManager: tt.Outsider},
		enrolment.OfferSeat{Cohort: e.Cohort, Until: &until}, enrolment.OfferSeat{Cohort: e.Cohort}, enrolment.Queue{Cohort: e.Cohort},
		enrolment.LoseSeat{Cohort: e.Cohort, Into: m.ID()}, enrolment.LoseSeat{Cohort: c.ID}, enrolment.LoseSeat{Cohort: m.ID()})
	for _, d := range c.Dates {
		cmds = append(cmds, m.Attend(c, d, d.Minutes), m.Attend(c, d, 0))
	}
	if d, ok := file.NextDeadline(e); ok {
		cmds = append(cmds, file.DeadlinePassed{Deadline: d})
	}
	return cmds
}

var everybody = []string{tt.Trainee, tt.LineManager, tt.Coordinator, tt.Trainer, tt.AssessorOne, tt.AssessorTwo, tt.Arbiter, file.System, ""}

// Everybody tries everything on every state that a random walk meets.
func TestAnythingInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &tt.Maker{Salt: "any"}
		c := m.Cohort(tt.KoKo())
		phase := rapid.SampledFrom(append(file.Values[enrolment.Phase](), "")).Draw(t, "phase")
		e := enrolment.Enrolment{ID: m.ID()}
		if phase != "" {
			e = m.Enrolment(c, phase)
		}
		now := file.Latest(e.Changed, tt.Start)
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			now = now.AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "days"))
			was := asJSON(t, e)
			var nexts []enrolment.Enrolment
			by := rapid.SampledFrom(everybody).Draw(t, "by")
			for _, cmd := range alphabet(m, c, e, now) {
				if cmd.Action() == training.ActionApply && by != tt.Trainee {
					continue // the API lets people apply, who have an id
				}
				next, err := e.Decide(cmd, by, now)
				if err != nil {
					require.Equal(t, enrolment.Enrolment{}, next, "a refusal leads nowhere")
					requireFault(t, err)
					continue
				}
				require.Equal(t, []any{e.Version + 1, now}, []any{next.Version, next.Changed})
				requireDeadlines(t, next.Deadlines(), next.Passed, enrolment.DeadlineKinds())
				requireTold(t, e, next)
				requireSound(t, next.Way(c.Offers(now), now))
				nexts = append(nexts, next)
			}
			require.Equal(t, was, asJSON(t, e), "deciding changes nothing of what was decided on")
			if len(nexts) > 0 {
				e = rapid.SampledFrom(nexts).Draw(t, "next")
			}
		}
	})
}

// requireTold requires that notices are of known kinds and name people by id only.
func requireTold(t require.TestingT, before, e enrolment.Enrolment) {
	for _, n := range e.Notices(before) {
		require.Contains(t, enrolment.NoticeKinds(), n.Kind)
		for _, p := range n.People {
			require.Regexp(t, `^p-[0-9a-f]{4}$`, p, n.Kind)
		}
		require.True(t, len(n.People)+len(n.Tied)+len(n.Roles) > 0, "%s is told to nobody", n.Kind)
	}
	for _, msg := range e.Messages(before) {
		require.Equal(t, cohort.Kind, msg.To)
		require.NotEmpty(t, msg.File, "%T", msg.Command)
	}
}

func cohortAlphabet(m *tt.Maker, c, other cohort.Cohort, ids []string, now time.Time) []file.Command {
	cmds := append(slices.Clone(cohortCommands), m.Plan(tt.Peer()), m.Cancel(), m.Merge(other.ID), cohort.StaffCohort{Trainers: []string{tt.Outsider}},
		m.Amend(c, func(a *cohort.AmendCohort) { a.Seats++ }), m.Amend(c, func(a *cohort.AmendCohort) { a.Closes = now.AddDate(0, 0, 5) }))
	for i, id := range ids {
		cmds = append(cmds, cohort.Join{Enrolment: id, AGS: tt.Town, Since: tt.Start.Add(time.Duration(i) * time.Hour)}, cohort.TakeSeat{Enrolment: id},
			cohort.Leave{Enrolment: id}, cohort.Visit{Enrolment: id, Unit: "m1"})
	}
	for _, d := range c.Dates {
		cmds = append(cmds, m.CancelDate(d.ID), m.Reschedule(d, 24*time.Hour), m.Sign(d.ID, tt.All(c, d)...))
	}
	if d, ok := file.NextDeadline(c); ok {
		cmds = append(cmds, file.DeadlinePassed{Deadline: d})
	}
	return cmds
}

func TestAnythingInAnyOrderForCohorts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &tt.Maker{Salt: "cohorts"}
		p := m.Plan(tt.KoKo())
		p.Seats, p.Quota, p.Dates = 3, 2, p.Dates[:2]
		c, other, now := m.CohortAs(p), m.Cohort(tt.KoKo()), tt.Start
		ids := []string{m.ID(), m.ID(), m.ID(), m.ID()}
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			now = now.AddDate(0, 0, rapid.IntRange(0, 20).Draw(t, "days"))
			was := asJSON(t, c)
			var nexts []cohort.Cohort
			by := rapid.SampledFrom([]string{tt.Coordinator, file.System}).Draw(t, "by")
			for _, cmd := range cohortAlphabet(m, c, other, ids, now) {
				next, err := c.Decide(cmd, by, now)
				if err != nil {
					require.Equal(t, cohort.Cohort{}, next)
					requireFault(t, err)
					continue
				}
				require.Equal(t, []any{c.Version + 1, now}, []any{next.Version, next.Changed})
				requireDeadlines(t, next.Deadlines(), next.Passed, cohort.DeadlineKinds())
				requireFair(t, c, next)
				for _, n := range next.Notices(c) {
					require.Contains(t, cohort.NoticeKinds(), n.Kind)
				}
				for _, msg := range next.Messages(c) {
					require.Equal(t, enrolment.Kind, msg.To)
					require.True(t, msg.File == "" || file.IsID(msg.File))
				}
				nexts = append(nexts, next)
			}
			require.Equal(t, was, asJSON(t, c), "deciding changes nothing of what was decided on")
			if len(nexts) > 0 {
				c = rapid.SampledFrom(nexts).Draw(t, "next")
			}
		}
	})
}
