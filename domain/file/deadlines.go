package file

import (
	"slices"
	"time"

	"koko/domain/calendar"
)

// A Deadline is a moment by which something is expected.
type Deadline struct {
	Kind  string        `json:"kind" doc:"What is expected" example:"clearing"` // triage, watch, clearing, analysis, rescore, review, follow_up_3, …
	Due   time.Time     `json:"due" doc:"By when"`
	Event time.Time     `json:"event" doc:"What it is counted from"`
	Rule  calendar.Rule `json:"rule" doc:"How it is counted"`
}

// Over returns the moment from which d has passed: a limit that ends with a day holds until its 24:00.
func (d Deadline) Over() time.Time { return calendar.Over(d.Due) }

// Dated is embedded in every state.
type Dated struct {
	Calendar calendar.Calendar `json:"calendar,omitzero" doc:"What the limits of the file are computed with, for as long as nobody moves it to another one"`
}

func (d *Dated) dated() *calendar.Calendar { return &d.Calendar }

// date has a file that begins keep the calendar of its municipality. When a working day ends and who is told when may
// stand in the state already: that is configuration, and the rules do not know it.
func date(s any, head Head, at time.Time) {
	if d, ok := s.(interface{ dated() *calendar.Calendar }); ok {
		c := d.dated()
		if !c.Closes.Valid() {
			c.Closes = calendar.WorkdayEnds
		}
		rungs := c.Rungs
		*c = calendar.New(head.AGS, at, c.Closes)
		if rungs.Valid() {
			c.Rungs = rungs
		}
	}
}

// A Timetable collects the deadlines of a state.
type Timetable struct {
	head Head
	all  []Deadline
}

// Timetable begins a list of deadlines, which are computed with the calendar and the rests of the file.
func (h Head) Timetable() *Timetable { return &Timetable{head: h} }

// Add adds what is expected after an event.
func (t *Timetable) Add(kind string, event time.Time, r calendar.Rule) {
	t.all = append(t.all, Deadline{Kind: kind, Due: t.head.After(event, r), Event: event.UTC(), Rule: r})
}

// Deadlines lists what was added, the earliest first.
func (t *Timetable) Deadlines() []Deadline {
	slices.SortStableFunc(t.all, func(a, b Deadline) int { return a.Due.Compare(b.Due) })
	return t.all
}

// After returns when a limit of the file ends.
func (h Head) After(event time.Time, r calendar.Rule) time.Time {
	return h.Calendar.After(event, r, h.Rests...).Due
}

// Because returns how one of the file's deadlines follows from its event.
func (h Head) Because(d Deadline) []calendar.Step {
	return h.Calendar.After(d.Event, d.Rule, h.Rests...).Because
}

// ActionDeadlinePassed is the workflows' own: no person takes it.
const ActionDeadlinePassed Action = "deadline_passed"

// DeadlinePassed notes that a deadline of a file was missed. The timer of its workflow sends it.
type DeadlinePassed struct {
	Deadline Deadline `json:"deadline"`
	Docs
}

// Action is deadline_passed.
func (DeadlinePassed) Action() Action { return ActionDeadlinePassed }

// Check accepts it: what it says is compared with the state.
func (d DeadlinePassed) Check() error { return First(d.In(d.Action())) }

// Next returns the earliest of in that has not been missed yet.
func Next(in, passed []Deadline) (Deadline, bool) {
	for _, d := range in {
		if !slices.Contains(passed, d) {
			return d, true
		}
	}
	return Deadline{}, false
}

// StillIn keeps of the missed deadlines those that are in force. What was missed stays missed if the calendar that it
// is computed with has become another one.
func StillIn(in, passed []Deadline) []Deadline {
	var still []Deadline
	for _, d := range passed {
		if i := slices.IndexFunc(in, d.same); i >= 0 {
			still = append(still, in[i])
		}
	}
	return still
}

// NewlyMissed lists the deadlines that a step from before to after noted as missed. One that only moved with the
// calendar of its file was missed before.
func NewlyMissed(before, after []Deadline) []Deadline {
	return slices.DeleteFunc(slices.Clone(after), func(d Deadline) bool { return slices.ContainsFunc(before, d.same) })
}

// same reports whether o is expected for the same reason as d, whenever that is.
func (d Deadline) same(o Deadline) bool {
	return o.Kind == d.Kind && o.Event.Equal(d.Event) && o.Rule == d.Rule
}

// Latest returns the later of a and b.
func Latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
