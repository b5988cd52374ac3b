package cohort

import (
	"slices"
	"strconv"

	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
)

// Join asks for a seat. The enrolment's workflow sends it once the trainee is admitted to the
// programme. Within the quota a free seat is taken at once; otherwise the trainee waits.
type Join training.Join

// Action is join.
func (Join) Action() file.Action { return training.ActionJoin }

// Check accepts it.
func (j Join) Check() error { return file.First(j.In(j.Action())) }

func (j Join) Apply(c *Cohort, by file.Stamp) *fault.Error {
	if c.place(j.Enrolment) >= 0 {
		return nil
	}
	p := Place{Enrolment: j.Enrolment, AGS: j.AGS, Since: j.Since, Status: training.SeatWaiting}
	waits := slices.ContainsFunc(c.Places, func(o Place) bool { return o.Status == training.SeatWaiting && c.held(o.AGS) < c.Quota })
	if slices.Contains(live, c.Stage) && !waits && c.Free() > 0 && c.held(j.AGS) < c.Quota && !c.begun(by.At) {
		p.Status = training.SeatTaken
	}
	c.Places = append(slices.Clone(c.Places), p)
	slices.SortStableFunc(c.Places, func(a, b Place) int { return a.Since.Compare(b.Since) })
	return nil
}

// TakeSeat tells that an offer was accepted. It changes nothing if the trainee has left the line since
// and waits again.
type TakeSeat training.TakeSeat

// Action is take_seat.
func (TakeSeat) Action() file.Action { return training.ActionTakeSeat }

// Check accepts it.
func (t TakeSeat) Check() error { return file.First(t.In(t.Action())) }

func (t TakeSeat) Apply(c *Cohort, _ file.Stamp) *fault.Error {
	if i := c.place(t.Enrolment); i >= 0 && c.Places[i].Status == training.SeatOffered {
		c.Places = slices.Clone(c.Places)
		c.Places[i].Status, c.Places[i].Until = training.SeatTaken, nil
	}
	return nil
}

// Leave gives a place back: declined, not accepted in time, withdrawn, transferred.
type Leave training.Leave

// Action is leave.
func (Leave) Action() file.Action { return training.ActionLeave }

// Check accepts it.
func (l Leave) Check() error { return file.First(l.In(l.Action())) }

func (l Leave) Apply(c *Cohort, _ file.Stamp) *fault.Error {
	c.Places = slices.DeleteFunc(slices.Clone(c.Places), func(p Place) bool { return p.Enrolment == l.Enrolment })
	c.Guests = slices.DeleteFunc(slices.Clone(c.Guests), func(g Guest) bool { return g.Enrolment == l.Enrolment })
	return nil
}

// Visit tells that a trainee of another cohort makes up a module here.
type Visit training.Visit

// Action is visit.
func (Visit) Action() file.Action { return training.ActionVisit }

// Check accepts it.
func (v Visit) Check() error { return file.First(v.In(v.Action())) }

func (v Visit) Apply(c *Cohort, _ file.Stamp) *fault.Error {
	if g := (Guest{v.Enrolment, v.Unit}); slices.Contains(live, c.Stage) && !slices.Contains(c.Guests, g) {
		c.Guests = append(slices.Clone(c.Guests), g)
	}
	return nil
}

// SignList is the attendance list of a date, signed by a trainer. A corrected list replaces the one
// before. Who stands on neither is left as it was.
type SignList struct {
	Date    string          `json:"date" doc:"Id of the date" example:"d1"`
	Source  training.Source `json:"source" doc:"Where the list comes from"`
	Entries []Entry         `json:"entries" minItems:"1" maxItems:"500" nullable:"false" doc:"Who attended how long"`
	Note    file.Words      `json:"note,omitzero" in:"training" maxLength:"4000" doc:"What else is to be said of the date"`
	file.Docs
}

// A List is an attendance list that a trainer has signed.
type List struct {
	file.Stamp
	Date    string          `json:"date" doc:"Id of the date" example:"d1"`
	Source  training.Source `json:"source" doc:"Where the list comes from"`
	Entries []Entry         `json:"entries" nullable:"false" doc:"Who attended how long"`
}

// An Entry is a line of an attendance list.
type Entry struct {
	Enrolment string `json:"enrolment" format:"uuid" doc:"Id of the enrolment"`
	Minutes   int    `json:"minutes" minimum:"0" maximum:"1440" doc:"Attended minutes; 0 for an absence"`
	Excused   bool   `json:"excused,omitempty" doc:"Whether an absence is excused"`
}

// Action is sign_list.
func (SignList) Action() file.Action { return ActionSignList }

// Check refuses a list without entries, and people who stand on it twice.
func (s SignList) Check() error {
	if err := file.First(file.Local("date", s.Date), file.OneOf("source", s.Source), file.AtMost("entries", len(s.Entries), 500),
		s.In(s.Action(), training.TrainingFile)); err != nil {
		return err
	}
	if len(s.Entries) == 0 {
		return file.Invalid("entries", "required", "the list is empty", "say who attended how long")
	}
	for i, e := range s.Entries {
		field := file.Index("entries", i)
		if err := file.First(file.UUID(field+".enrolment", e.Enrolment), file.Between(field+".minutes", e.Minutes, 0, 1440)); err != nil {
			return err
		}
		if slices.ContainsFunc(s.Entries[:i], func(o Entry) bool { return o.Enrolment == e.Enrolment }) {
			return file.Invalid(field+".enrolment", "unique", "the trainee stands twice on the list", "one entry for each")
		}
	}
	return nil
}

func (s SignList) Apply(c *Cohort, by file.Stamp) *fault.Error {
	i := c.date(s.Date)
	switch {
	case i < 0:
		return file.Invalid("date", "unknown_date", "the cohort has no such date", "name one of its dates")
	case c.Dates[i].Cancelled != "":
		return file.Gate("date", "cancelled", "the date was cancelled", "name a date that took place")
	case by.At.Before(c.Dates[i].Begins):
		return file.Gate("date", "not_in_future", "the date has not begun", "sign the list once it has taken place")
	}
	for j, e := range s.Entries {
		field := file.Index("entries", j)
		switch {
		case !c.Attends(e.Enrolment, c.Dates[i].Unit):
			return file.Invalid(field+".enrolment", "participant", "the trainee has no seat in this cohort and does not visit the module", "name participants only")
		case e.Minutes > c.Dates[i].Minutes:
			return file.Invalid(field+".minutes", "range", "nobody attends longer than the date", "at most "+strconv.Itoa(c.Dates[i].Minutes))
		}
	}
	c.Dates = slices.Clone(c.Dates)
	c.Dates[i].Signed = &by
	c.List = &List{by, s.Date, s.Source, s.Entries}
	return nil
}
