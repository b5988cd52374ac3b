package file_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// A key is a file that somebody opens and locks: the kind of these tests. It is opened, used and given
// back, and the workflows note when its owner leaves.
type key struct {
	ID      string          `json:"id"`
	AGS     ags.Key         `json:"ags"`
	Version int             `json:"version"`
	Phase   string          `json:"phase"`
	Changed time.Time       `json:"changed"`
	Owner   string          `json:"owner"`
	Uses    int             `json:"uses"`
	Lent    []ags.Key       `json:"lent,omitempty"`
	Missed  int             `json:"missed"`
	Settled int             `json:"settled"`
	Passed  []file.Deadline `json:"passed,omitempty"`
	file.Dated
}

func (k key) Head() file.Head {
	return file.Head{ID: k.ID, AGS: k.AGS, Version: k.Version, Phase: k.Phase, Changed: k.Changed, Opened: at, Passed: k.Passed, Calendar: k.Calendar}
}

// Deadlines are one for each use that is still allowed: the second one only reminds.
func (k key) Deadlines() []file.Deadline {
	if k.Phase != "out" {
		return nil
	}
	all := []file.Deadline{{Kind: "soon", Due: at.Add(day)}, {Kind: "back", Due: at.Add(2 * day)}, {Kind: "lost", Due: at.Add(3 * day)}}
	return all[min(k.Uses, len(all)):]
}

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// take begins a key; use counts up to three; leave is the workflows' own; odd is of no key at all.
type (
	take struct {
		Owner string `json:"owner"`
		file.Docs
	}
	use struct {
		N int `json:"n,omitempty"`
		file.Docs
	}
	leave struct{ file.Docs }
	odd   struct{ file.Docs }
)

func (take) Action() file.Action  { return "take" }
func (use) Action() file.Action   { return "use" }
func (leave) Action() file.Action { return "leave" }
func (odd) Action() file.Action   { return "odd" }

func (t take) Check() error { return file.First(file.Person("owner", t.Owner)) }
func (u use) Check() error  { return file.First(file.Between("n", u.N, 0, 9)) }
func (leave) Check() error  { return nil }
func (odd) Check() error    { return nil }

func (t take) Apply(k *key, by file.Stamp) *fault.Error {
	k.Owner, k.Phase = t.Owner, "out"
	return nil
}

func (u use) Apply(k *key, _ file.Stamp) *fault.Error {
	if u.N == 9 {
		k.Uses = 1000 // a refusal leads nowhere, whatever was changed before
		return file.Invalid("n", "nine", "never nine", "give another")
	}
	k.Uses += max(u.N, 1)
	return nil
}

func (leave) Apply(k *key, _ file.Stamp) *fault.Error {
	k.Owner = ""
	return nil
}

func owners(k key, by string) *fault.Error {
	if by != k.Owner {
		return fault.Newf(fault.Forbidden, "not yours").By("owner", "ask the owner")
	}
	return nil
}

func working(k key, _ string) *fault.Error {
	return file.Waiting("the key is worn", "worn", "have it mended", slices.Repeat([]string{"file"}, max(0, k.Uses-2))...)
}

var keys = &file.Spec[key]{
	About: file.About{
		Kind: "key", Over: []string{"back"}, Quiet: []string{"soon"},
		Compartments: []file.CompartmentSpec{{Name: "open", Act: "read_open"}, {Name: "closed", Act: "read_closed", Veiled: true}},
	},
	Rules: []file.Rule[key]{
		{Form: file.Of[key](take{}), When: []string{""}, Summary: "Take it"},
		{Form: file.Of[key](use{}), When: []string{"out", "lent"}, Gate: file.All(owners, working), VeiledBy: "closed"},
		{Form: file.Of[key](leave{}), When: []string{"out"}, Own: true, Veil: "read_leaving"},
	},
	Fresh:  func(id string, k ags.Key) key { return key{ID: id, AGS: k} },
	Moving: func(k *key) (*int, *time.Time, *[]file.Deadline) { return &k.Version, &k.Changed, &k.Passed },
	Settle: func(k *key, _ time.Time) { k.Settled++ },
	Missed: func(k *key, d file.Deadline, _ file.Stamp) {
		if d.Kind == "soon" {
			k.Missed++
		} else {
			k.Uses = 2
		}
	},
	Stretch: func(string) int { return 0 },
	Once:    func(k key) string { return k.Owner },
	Places:  func(k key) ags.Area { return k.Lent },
	Ties: func(k key) []file.Tie {
		return []file.Tie{{Relation: "owner", Holder: k.Owner}, {Relation: "any", Holder: ""}, {Relation: "owner", Holder: k.Owner}, {Relation: "made", Holder: "a"}}
	},
	Reference: func(k key) string { return "K" + k.ID },
	Facets: []file.Facet[key]{
		{Name: "owner", Of: func(k key) any { return k.Owner }},
		{Name: "uses", Of: func(k key) any { return k.Uses }},
		{Name: "worn", Of: func(k key) any { return k.Uses > 2 }},
		{Name: "none", Of: func(key) any { return nil }},
		{Name: "since", Of: func(k key) any { return k.Changed }},
		{Name: "never", Of: func(key) any { return (*time.Time)(nil) }},
	},
}

// out is a key that p-1 took.
var out = key{
	ID: "7", AGS: "05999001", Version: 1, Phase: "out", Changed: at, Owner: "p-1", Settled: 1,
	Dated: file.Dated{Calendar: calendar.Calendar{Version: "2026-1", Land: "NW", Closes: "18:00"}},
}

// with is out after a change.
func with(change func(*key)) key {
	k := out
	change(&k)
	return k
}

func due(i int) file.Deadline { return out.Deadlines()[i] }

func TestADecisionMovesTheVersionTheTimeAndWhatFollows(t *testing.T) {
	began, err := keys.Decide(key{ID: "7", AGS: "05999001"}, take{Owner: "p-1"}, "p-1", at)
	require.NoError(t, err)
	require.Equal(t, out, began)

	was := with(func(k *key) { k.Passed = []file.Deadline{due(0)} })
	next, err := keys.Decide(was, use{}, "p-1", at.Add(day))
	require.NoError(t, err)
	require.Equal(t, key{ID: "7", AGS: "05999001", Version: 2, Phase: "out", Changed: at.Add(day), Owner: "p-1", Uses: 1, Settled: 2, Dated: out.Dated}, next, "a missed deadline that is gone is forgotten")
	require.Equal(t, with(func(k *key) { k.Passed = []file.Deadline{due(0)} }), was)
}

func TestDecideSaysWhyItRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		in   key
		cmd  file.Command
		by   string
		code fault.Code
		rule string
	}{
		"what is wrong in any state":          {out, use{N: 10}, "p-1", fault.Invalid, "range"},
		"also before it asks who":             {out, use{N: 10}, "p-2", fault.Invalid, "range"},
		"an action of no such kind":           {out, odd{}, "p-1", fault.Invalid, "unknown_action"},
		"a phase that is not the one":         {with(func(k *key) { k.Phase = "back" }), use{}, "p-1", fault.Gate, "phase"},
		"beginning twice":                     {out, take{Owner: "p-1"}, "p-1", fault.Gate, "phase"},
		"a file that is not there yet":        {key{}, use{}, "", fault.Gate, "phase"},
		"the first gate":                      {out, use{}, "p-2", fault.Forbidden, "owner"},
		"the second gate":                     {with(func(k *key) { k.Uses = 4 }), use{}, "p-1", fault.Gate, "worn"},
		"the first of both":                   {with(func(k *key) { k.Uses = 4 }), use{}, "p-2", fault.Forbidden, "owner"},
		"what the command itself refuses":     {out, use{N: 9}, "p-1", fault.Invalid, "nine"},
		"the workflows' own, by a person":     {out, leave{}, "p-1", fault.Forbidden, "workflow_only"},
		"the workflows' own, in its phase":    {with(func(k *key) { k.Phase = "back" }), leave{}, file.System, fault.Gate, "phase"},
		"a deadline, by a person":             {out, file.DeadlinePassed{Deadline: due(0)}, "p-1", fault.Forbidden, "workflow_only"},
		"a deadline that is not due":          {out, file.DeadlinePassed{Deadline: due(0)}, file.System, fault.Gate, "deadline"},
		"a deadline where nothing is to come": {key{}, file.DeadlinePassed{}, file.System, fault.Gate, "deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			was := tc.in
			next, err := keys.Decide(tc.in, tc.cmd, tc.by, at.Add(day-time.Millisecond))
			f := fault.Of(err)
			require.NotNil(t, f)
			require.Equal(t, []any{tc.code, tc.rule}, []any{f.Code, f.Rule})
			require.NotEmpty(t, f.Message)
			require.NotEmpty(t, f.Remedy)
			require.Equal(t, key{}, next, "a refusal leads nowhere")
			require.Equal(t, was, tc.in)
		})
	}
}

func TestOnlyTheNextDeadlinePasses(t *testing.T) {
	for name, tc := range map[string]struct {
		in key
		d  file.Deadline
	}{
		"not one that has passed": {with(func(k *key) { k.Passed = []file.Deadline{due(0)} }), due(0)},
		"not the one after":       {out, due(1)},
		"not one of another day":  {out, file.Deadline{Kind: "soon", Due: at}},
		"not one of another kind": {out, file.Deadline{Kind: "back", Due: due(0).Due}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := keys.Decide(tc.in, file.DeadlinePassed{Deadline: tc.d}, file.System, at.Add(10*day))
			require.NotNil(t, fault.Of(err))
			require.Equal(t, "deadline", fault.Of(err).Rule)
		})
	}
}

func TestAGateNamesWhatIsMissingAndAPhaseWhereItIsPossible(t *testing.T) {
	_, err := keys.Decide(with(func(k *key) { k.Uses = 4 }), use{}, "p-1", at)
	require.Equal(t, []string{"file", "file"}, fault.Of(err).Missing)
	_, err = keys.Decide(key{}, use{}, "p-1", at)
	require.Equal(t, "possible in: out, lent", fault.Of(err).Remedy)
	_, err = keys.Decide(out, take{Owner: "p-1"}, "p-1", at)
	require.Equal(t, "possible in: new", fault.Of(err).Remedy)
}

func TestTheWorkflowsTakeWhatIsTheirOwn(t *testing.T) {
	next, err := keys.Decide(out, leave{}, file.System, at)
	require.NoError(t, err)
	require.Empty(t, next.Owner)
}

func TestTheNextDeadlinePassesWhenItIsDue(t *testing.T) {
	soon, err := keys.Decide(out, file.DeadlinePassed{Deadline: due(0)}, file.System, at.Add(day))
	require.NoError(t, err)
	require.Equal(t, []file.Deadline{due(0)}, soon.Passed)
	require.Equal(t, []int{2, 1, 2}, []int{soon.Version, soon.Missed, soon.Settled})
	next, ok := file.NextDeadline(soon)
	require.True(t, ok)
	require.Equal(t, due(1), next)

	// What follows from the second one takes both of them away.
	was := slices.Clone(soon.Passed)
	back, err := keys.Decide(soon, file.DeadlinePassed{Deadline: due(1)}, file.System, at.Add(5*day))
	require.NoError(t, err)
	require.Empty(t, back.Passed)
	require.Equal(t, 2, back.Uses)
	require.Equal(t, was, soon.Passed)

	quiet := *keys
	quiet.Missed, quiet.Settle = nil, nil
	noted, err := quiet.Decide(out, file.DeadlinePassed{Deadline: due(0)}, file.System, at.Add(day))
	require.NoError(t, err)
	require.Equal(t, with(func(k *key) { k.Version, k.Changed, k.Passed = 2, at.Add(day), []file.Deadline{due(0)} }), noted, "nothing but that it has passed")
}

// Two decisions on one state, of which one is given up, leave each other alone.
func TestDeadlinesOfOneStateShareNothing(t *testing.T) {
	roomy := with(func(k *key) { k.Passed = append(make([]file.Deadline, 0, 8), due(0)) })
	quiet := *keys
	quiet.Missed = nil
	one, err := quiet.Decide(roomy, file.DeadlinePassed{Deadline: due(1)}, file.System, at.Add(5*day))
	require.NoError(t, err)
	require.Equal(t, []file.Deadline{due(0), due(1)}, one.Passed)
	require.Zero(t, roomy.Passed[:2][1], "behind the end of what was passed before")
}

func TestOptionsAreWhatPeopleCanTakeAndWhyNot(t *testing.T) {
	rule := func(k key, user string) map[file.Action]string {
		rules := map[file.Action]string{}
		for _, o := range keys.Options(k, user) {
			rules[o.Action] = ""
			if o.Closed != nil {
				rules[o.Action] = o.Closed.Rule
			}
		}
		return rules
	}
	require.Equal(t, map[file.Action]string{"use": ""}, rule(out, "p-1"), "neither what begins a file nor what is the workflows' own")
	require.Equal(t, map[file.Action]string{"use": "owner"}, rule(out, "p-2"))
	require.Equal(t, map[file.Action]string{"use": "phase"}, rule(with(func(k *key) { k.Phase = "back" }), "p-1"))
	require.Equal(t, file.Define(keys).Options(out, "p-2"), keys.Options(out, "p-2"))
}
