package file_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// A memo is kept for a while after it was answered: the envelope for a day, all of it for two.
type memo struct {
	ID       string          `json:"id"`
	Version  int             `json:"version"`
	Changed  time.Time       `json:"changed"`
	Answered time.Time       `json:"answered"`
	Passed   []file.Deadline `json:"passed,omitempty"`
	file.Kept
}

func (l memo) Head() file.Head {
	return file.Head{ID: l.ID, Version: l.Version, Phase: "written", Changed: l.Changed, Passed: l.Passed}
}

func (l memo) Deadlines() []file.Deadline {
	t := l.Head().Timetable()
	t.Add("read", at.Add(10*day), calendar.Appointment(0))
	file.Retain(t, memos.Retention, l)
	return t.Deadlines()
}

func (l memo) answered() time.Time { return l.Answered }

// minutes is so many days, whatever days they are.
func minutes(days time.Duration) func(memo) calendar.Rule {
	return func(memo) calendar.Rule { return calendar.Duration(days * day) }
}

// scribble needs words on the envelope; say may have some anywhere.
type (
	scribble struct {
		Text  file.Words `json:"text,omitzero" required:"true" in:"envelope"`
		Lines []struct {
			ID   string     `json:"id"`
			Text file.Words `json:"text,omitzero" required:"true" in:"sheet"`
		} `json:"lines"`
		file.Docs
	}
	say struct {
		Text file.Words `json:"text,omitzero" in:"envelope"`
		file.Docs
	}
)

func (scribble) Action() file.Action                  { return "scribble" }
func (scribble) Check() error                         { return nil }
func (scribble) Apply(*memo, file.Stamp) *fault.Error { return nil }
func (say) Action() file.Action                       { return "say" }
func (say) Check() error                              { return nil }
func (say) Apply(l *memo, by file.Stamp) *fault.Error { l.Answered = by.At; return nil }
func saying(c file.Compartment) file.Docs             { return file.Docs{Docs: []file.Doc{{Compartment: c}}} }
func (l memo) decide(t *testing.T, cmd file.Command, by string, at time.Time) memo {
	t.Helper()
	next, err := memos.Decide(l, cmd, by, at)
	require.NoError(t, err)
	return next
}

var memos *file.Spec[memo]

func init() { // its states ask it
	memos = &file.Spec[memo]{
		About:  file.About{Kind: "memo", DeadlineKinds: []string{"read"}},
		Rules:  []file.Rule[memo]{{Form: file.Of[memo](scribble{}), When: []string{"written"}}, {Form: file.Of[memo](say{}), When: []string{"written"}}},
		Fresh:  func(id string, _ ags.Key) memo { return memo{ID: id} },
		Moving: func(l *memo) (*int, *time.Time, *[]file.Deadline) { return &l.Version, &l.Changed, &l.Passed },
		Missed: func(*memo, file.Deadline, file.Stamp) {},
		Ties:   func(memo) []file.Tie { return nil },
		Retention: []file.Retention[memo]{
			{Deadline: "envelope_kept", Compartments: []file.Compartment{"envelope"}, Since: memo.answered, For: minutes(1)},
			{Deadline: "kept", Compartments: []file.Compartment{"sheet", "envelope"}, Since: memo.answered, For: minutes(2)},
		},
	}
}

func kinds(ds []file.Deadline) (all []string) {
	for _, d := range ds {
		all = append(all, d.Kind)
	}
	return all
}

func TestWordsAreDestroyedInTheirOrder(t *testing.T) {
	l := memo{ID: "7"}
	require.Equal(t, []string{"read"}, kinds(l.Deadlines()), "nothing is over yet")
	l = l.decide(t, say{Docs: saying("envelope")}, "p-1", at)
	require.Equal(t, []string{"envelope_kept", "kept", "read"}, kinds(l.Deadlines()))
	d := file.DeadlinePassed{Deadline: l.Deadlines()[0]}
	_, err := memos.Decide(l, d, file.System, at.Add(day-time.Second))
	require.Equal(t, "deadline", fault.Of(err).Rule, "not before")
	_, err = memos.Decide(l, d, "p-1", at.Add(day))
	require.Equal(t, "workflow_only", fault.Of(err).Rule, "nobody destroys anything")

	once := l.decide(t, d, file.System, at.Add(day))
	require.Equal(t, []file.Destroyed{{Compartment: "envelope", At: at.Add(day)}}, file.DestroyedIn(once))
	require.Empty(t, once.Passed, "nobody missed anything")
	require.Equal(t, []string{"kept", "read"}, kinds(once.Deadlines()))
	all := once.decide(t, file.DeadlinePassed{Deadline: once.Deadlines()[0]}, file.System, at.Add(3*day))
	require.Equal(t, []file.Destroyed{{Compartment: "envelope", At: at.Add(day)}, {Compartment: "sheet", At: at.Add(3 * day)}}, file.DestroyedIn(all), "each once")
	require.Len(t, file.DestroyedIn(once), 1, "the state before stays as it was")
	require.Equal(t, []string{"read"}, kinds(all.Deadlines()))
}

func TestWordsAreRefusedWhereTheyWereDestroyed(t *testing.T) {
	l := memo{ID: "7"}.decide(t, say{}, "p-1", at)
	closed := func(l memo) (as []file.Action) {
		for _, o := range memos.Options(l, "p-1") {
			if o.Closed != nil {
				require.Equal(t, "retention", o.Closed.Rule)
				as = append(as, o.Action)
			}
		}
		return as
	}
	require.Empty(t, closed(l))
	l = l.decide(t, file.DeadlinePassed{Deadline: l.Deadlines()[0]}, file.System, at.Add(day))
	require.Equal(t, []file.Action{"scribble"}, closed(l), "what may do without words stays open")
	for _, cmd := range []file.Command{scribble{}, say{Docs: saying("envelope")}} {
		_, err := memos.Decide(l, cmd, "p-1", at.Add(day))
		require.Equal(t, []any{fault.Gate, "retention"}, []any{fault.Of(err).Code, fault.Of(err).Rule})
	}
	l.decide(t, say{}, "p-1", at.Add(day))
	l.decide(t, say{Docs: saying("sheet")}, "p-1", at.Add(day))
}

func TestThatWordsAreDestroyedIsNothingThatIsDue(t *testing.T) {
	d := file.Define(memos)
	require.Equal(t, []string{"read", "envelope_kept", "kept"}, d.DeadlineKinds)
	require.Equal(t, []string{"envelope_kept", "kept"}, d.Quiet)
	row, err := d.Row(memo{ID: "7"}.decide(t, say{}, "p-1", at))
	require.NoError(t, err)
	require.Equal(t, at.Add(10*day), *row.Due)
	require.Empty(t, file.DestroyedIn(out), "a kind without a retention keeps its words")
}
