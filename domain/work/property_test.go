package work_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/work"
	"koko/domain/working"
)

var people = []string{lead, second, analyst, interpreter, stranger, file.System, ""}

// alphabet has commands by which the rules can be told apart; days follow now.
func alphabet(now time.Time) []file.Command {
	today, soon := file.DateOf(now), file.DateOf(now.AddDate(0, 0, 20))
	return []file.Command{
		begin(lead, second), begin(lead, analyst), accept, accept, decline, leave, independent, partial, agreedTo,
		form(work.Mediation), form("moderation"), conditions(today), session(today), talk(today), interim, note, attachment,
		goesOn, rests, clauses(soon), clauses(soon, today), fulfilled, disclosure, released,
		admit(interpreter, "sprachmittlung", soon), admit(stranger, "vertretung", today), work.EndAdmission{Subject: interpreter},
		ending(work.Agreement, today), ending("vertagt", today), work.WithdrawWork{}, file.DeadlinePassed{},
	}
}

// holds requires what is true of every working file.
func holds(t require.TestingT, w work.Work) {
	partial := func(f work.Facilitator) bool {
		return f.Accepted != nil && f.Left == nil && (f.Independence == nil || !f.Independence.Independent && !f.Independence.Consented)
	}
	if w.Form != nil && w.Form.Form == work.Mediation {
		require.NotContains(t, ties(w, analyst), work.Facilitating, "whoever was involved does not mediate")
		require.NotContains(t, ties(w, analyst), work.Invited)
	}
	if w.Phase == work.Running || w.Phase == work.Resting {
		require.True(t, w.Examined)
		require.NotNil(t, w.Form)
	}
	if w.Conditions != nil {
		for _, f := range w.Facilitators {
			require.False(t, partial(f) && f.Accepted.Before(w.Conditions.At), "conditions rest on independence")
		}
	}
	for _, s := range w.Sessions {
		require.True(t, s.Preliminary || w.Examined)
	}
	if w.Ended != nil && slices.Contains([]work.Outcome{work.Agreement, work.PartialAgreement}, w.Ended.Outcome) {
		require.NotEmpty(t, w.Agreement.Clauses)
		require.NotEmpty(t, w.Sessions)
	}
	for _, tie := range w.Ties() {
		require.NotEmpty(t, tie.Holder, "nothing ties everybody")
	}
	if slices.Contains(work.Spec.Over, string(w.Phase)) {
		for _, d := range w.Deadlines() {
			require.Contains(t, []string{"work_notes_kept", "work_agreement_kept"}, d.Kind, "nobody has to do anything")
		}
	}
	require.Equal(t, w.Phase == work.Expired, len(w.Destroyed) == 3)
}

// TestAnythingInAnyOrder sends commands by several people, in any order.
func TestAnythingInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type state struct {
			work.Work
			json string
		}
		asJSON := func(w work.Work) string {
			b, err := json.Marshal(w)
			require.NoError(t, err)
			return string(b)
		}
		plain := way(work.Mediation)
		ahead := rapid.IntRange(0, len(plain)).Draw(t, "ahead") // so that late phases are met as often as early ones
		history, now := []state{{fresh, asJSON(fresh)}}, at(plain[0].at)
		told := map[file.Action]int{}
		for i := range ahead + rapid.IntRange(1, 25).Draw(t, "steps") {
			w := history[len(history)-1].Work
			cmds := alphabet(now)
			if d, ok := file.NextDeadline(w); ok {
				cmds = append(cmds, file.DeadlinePassed{Deadline: d}, file.DeadlinePassed{Deadline: d})
			}
			by, cmd := rapid.SampledFrom(people).Draw(t, "by"), rapid.SampledFrom(cmds).Draw(t, "command")
			now = now.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours")) * time.Hour)
			if i < ahead {
				by, cmd, now = plain[i].by, plain[i].cmd, at(plain[i].at)
			}
			var open *file.Option
			for _, o := range work.Spec.Options(w, by) {
				if o.Action == cmd.Action() {
					open = &o
				}
			}
			next, err := work.Spec.Decide(w, cmd, by, now)
			require.Equal(t, history[len(history)-1].json, asJSON(w), "what is decided on stays as it is")
			if err != nil {
				f := fault.Of(err)
				require.NotNil(t, f)
				require.Equal(t, work.Work{}, next)
				require.NotEmpty(t, f.Rule)
				if open != nil && open.Closed != nil {
					require.Equal(t, open.Closed, f, "Options and Decide say the same")
				}
				continue
			}
			require.True(t, open == nil || open.Closed == nil)
			require.Equal(t, w.Version+1, next.Version)
			var decoded work.Work
			require.NoError(t, json.Unmarshal([]byte(asJSON(next)), &decoded))
			require.Equal(t, next, decoded, "a state survives the engine and the record")
			holds(t, next)
			for _, n := range next.Notices(w) {
				require.Contains(t, work.Spec.NoticeKinds, n.Kind)
				require.NotEmpty(t, n.People)
				require.NotContains(t, n.People, "")
			}
			for _, m := range next.Messages(w) {
				told[m.Command.Action()]++
			}
			for _, d := range next.Deadlines() {
				require.Contains(t, kind.DeadlineKinds, d.Kind)
			}
			history = append(history, state{next, asJSON(next)})
		}
		for a, n := range told {
			require.True(t, n == 1 || slices.Contains([]file.Action{working.ActionWorkAnswered, working.ActionPlanMeasure}, a), "%s is told once", a)
		}
		for _, s := range history {
			require.Equal(t, s.json, asJSON(s.Work), "no later decision reached into an earlier state")
		}
	})
}
