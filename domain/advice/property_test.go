package advice_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/domain/advice"
	"koko/domain/fault"
	"koko/domain/file"
)

var people = []string{client, local, external, coordinator, stranger, file.System, ""}

// alphabet has commands by which the rules can be told apart; days follow now.
func alphabet(now time.Time) []file.Command {
	today := file.DateOf(now)
	agreement := proposal(4)
	agreement.From, agreement.Until = today, file.DateOf(now.AddDate(0, 2, 0))
	return []file.Command{
		request("begleitung"), request(advice.Coaching), advice.AnswerAdvice{}, clarify("beratung", today), clarify(advice.Supervision, today),
		advice.DeclineAdvice{Reason: "doppelt"}, advice.ReferAdvice{To: "ki"}, advice.WithdrawAdvice{Reason: "erledigt"},
		tandem, advice.AssignAdvisers{External: external}, advice.AssignAdvisers{Local: client}, independent, advice.DeclareIndependence{}, goals(), agreement, advice.AgreeAdvice{},
		meeting(today, 1), meeting(today, 3), note, ownNote, advice.ExtendAgreement{Hours: 2}, advice.AgreeExtension{},
		advice.PauseAdvice{Reason: "urlaub"}, advice.PauseAdvice{Reason: "urlaub", Until: today}, advice.ResumeAdvice{}, rate(-2), rate(2), closing, breakOff,
		advice.RecordFollowUp{HeldOn: today, Holds: "neuer_bedarf"}, file.DeadlinePassed{},
	}
}

var definition = file.Define(advice.Spec)

// holds requires what is true of every advice.
func holds(t require.TestingT, a advice.Advice) {
	if a.Agreement != nil {
		require.LessOrEqual(t, a.Used(), a.Contingent())
		require.NotEmpty(t, a.Goals.Goals)
		require.NotContains(t, []string{a.Advisers.Local, a.Advisers.External}, a.Requester, "nobody advises themselves")
		for _, p := range []string{a.Advisers.Local, a.Advisers.External} {
			require.True(t, p == "" || slices.ContainsFunc(a.Advisers.Declared, func(d advice.Independence) bool { return d.By == p && d.Independent }), "%s is independent", p)
		}
		require.NotEqual(t, a.Agreement.ProposedBy == a.Requester, a.Agreement.By == a.Requester, "both sides agreed")
	}
	if a.Goals != nil {
		require.Equal(t, a.Requester, a.Goals.By)
	}
	if a.Ratings != nil {
		require.Equal(t, a.Requester, a.Ratings.By)
	}
	if a.Ended != nil {
		require.NotContains(t, ties(a, external), advice.Advised)
	}
	require.NotContains(t, ties(a, ""), advice.Requester, "there is a client")
	if a.Form.Discreet() {
		require.NotContains(t, ties(a, stranger), advice.Existing)
	}
	for _, who := range []string{stranger, "", coordinator} {
		require.NotContains(t, ties(a, who), advice.Advising)
	}
	if slices.Contains(advice.Spec.Over, string(a.Phase)) {
		for _, d := range a.Deadlines() {
			require.Contains(t, []string{"entries", "notes_kept", "file_kept"}, d.Kind, "nobody has to do anything")
		}
	}
}

// TestAnythingInAnyOrder sends commands by several people, in any order.
func TestAnythingInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type state struct {
			advice.Advice
			json string
		}
		asJSON := func(a advice.Advice) string {
			b, err := json.Marshal(a)
			require.NoError(t, err)
			return string(b)
		}
		plain := way("begleitung")
		ahead := rapid.IntRange(0, len(plain)).Draw(t, "ahead") // so that late phases are met as often as early ones
		history, now := []state{{fresh, asJSON(fresh)}}, at(plain[0].at)
		for i := range ahead + rapid.IntRange(1, 25).Draw(t, "steps") {
			a := history[len(history)-1].Advice
			cmds := alphabet(now)
			if d, ok := file.NextDeadline(a); ok {
				cmds = append(cmds, file.DeadlinePassed{Deadline: d}, file.DeadlinePassed{Deadline: d})
			}
			by, cmd := rapid.SampledFrom(people).Draw(t, "by"), rapid.SampledFrom(cmds).Draw(t, "command")
			now = now.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours")) * time.Hour)
			if i < ahead {
				by, cmd, now = plain[i].by, plain[i].cmd, at(plain[i].at)
			}
			var open *file.Option
			for _, o := range advice.Spec.Options(a, by) {
				if o.Action == cmd.Action() {
					open = &o
				}
			}
			next, err := advice.Spec.Decide(a, cmd, by, now)
			require.Equal(t, history[len(history)-1].json, asJSON(a), "what is decided on stays as it is")
			if err != nil {
				f := fault.Of(err)
				require.NotNil(t, f)
				require.Equal(t, advice.Advice{}, next)
				require.NotEmpty(t, f.Rule)
				if open != nil && open.Closed != nil {
					require.Equal(t, open.Closed, f, "Options and Decide say the same")
				}
				continue
			}
			require.True(t, open == nil || open.Closed == nil)
			require.Equal(t, a.Version+1, next.Version)
			var decoded advice.Advice
			require.NoError(t, json.Unmarshal([]byte(asJSON(next)), &decoded))
			require.Equal(t, next, decoded, "a state survives the engine and the record")
			holds(t, next)
			for _, n := range next.Notices(a) {
				require.Contains(t, advice.Spec.NoticeKinds, n.Kind)
				require.NotContains(t, n.People, "")
			}
			for _, d := range next.Deadlines() {
				require.Contains(t, definition.DeadlineKinds, d.Kind)
			}
			history = append(history, state{next, asJSON(next)})
		}
		for _, s := range history {
			require.Equal(t, s.json, asJSON(s.Advice), "no later decision reached into an earlier state")
		}
	})
}
