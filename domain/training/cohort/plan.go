package cohort

import (
	"slices"
	"strconv"
	"time"

	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
)

// PlanCohort opens a course run for applications.
type PlanCohort struct {
	AGS               ags.Key          `json:"ags" doc:"Municipality that runs it" example:"05999001"`
	Curriculum        string           `json:"curriculum" minLength:"1" maxLength:"32" doc:"Id of the curriculum" example:"koko"`
	CurriculumVersion int              `json:"curriculum_version,omitempty" minimum:"1" doc:"Its version; left out, the latest"`
	Terms             curriculum.Terms `json:"terms" doc:"Of its curriculum" own:"true"`
	Title             file.Words       `json:"title,omitzero" required:"true" in:"training" minLength:"1" maxLength:"200" doc:"What the cohort is called" example:"Durchgang 2027"`
	Offered           ags.Area         `json:"offered" nullable:"false" doc:"Municipalities whose staff may take part" example:"[\"05999001\"]"`
	Seats             int              `json:"seats" doc:"How many may take part"`
	Minimum           int              `json:"minimum" doc:"With fewer it is cancelled or merged"`
	Quota             int              `json:"quota" doc:"At most this many from one municipality"`
	Closes            time.Time        `json:"closes" doc:"End of the application window"`
	OfferDays         int              `json:"offer_days" doc:"Days to accept a seat that became free"`
	Trainers          []string         `json:"trainers" nullable:"false" doc:"Subjects of the trainers" example:"[\"u-leitung\"]" grant:"trainer"`
	Assessors         []string         `json:"assessors" nullable:"false" doc:"Subjects of those who may assess" example:"[\"u-pruefung-1\", \"u-pruefung-2\"]" grant:"assessor"`
	Dates             []CourseDate     `json:"dates" nullable:"false" maxItems:"60" doc:"When which module is taught, and where"`
	file.Docs
}

// Action is plan_cohort.
func (PlanCohort) Action() file.Action { return ActionPlanCohort }

// Said leaves out what the curriculum says.
func (p PlanCohort) Said() file.Command {
	p.Terms = curriculum.Terms{}
	return p
}

// Check refuses numbers that contradict each other and dates of unknown modules.
func (p PlanCohort) Check() error {
	if err := file.First(file.Municipality("ags", p.AGS), size(p.Seats, p.Minimum, p.Quota), file.Between("offer_days", p.OfferDays, 1, 60),
		people("trainers", p.Trainers), people("assessors", p.Assessors), file.AtMost("dates", len(p.Dates), 60),
		p.In(p.Action(), training.TrainingFile), p.Needs("title")); err != nil {
		return err
	}
	if len(p.Offered) == 0 || len(p.Offered) > 396 {
		return file.Invalid("offered", "area", "the municipalities are missing, or too many", "name those whose staff may take part")
	}
	for i, k := range p.Offered {
		if f := file.Municipality(file.Index("offered", i), k); f != nil {
			return f
		}
	}
	for i, d := range p.Dates {
		if f := d.check(file.Index("dates", i), p.Terms); f != nil {
			return f
		}
		if slices.ContainsFunc(p.Dates[:i], func(o CourseDate) bool { return o.ID == d.ID }) {
			return file.Invalid(file.Index("dates", i)+".id", "unique", "two dates have the same id", "give each date an id of its own")
		}
	}
	return p.Terms.Check()
}

func (p PlanCohort) Apply(c *Cohort, by file.Stamp) *fault.Error {
	if !p.Closes.After(by.At) {
		return file.Invalid("closes", "future", "the application window is over before it begins", "name a time to come")
	}
	c.AGS, c.Terms, c.Offered, c.Seats, c.Minimum, c.Quota = p.AGS, p.Terms, p.Offered.Merge(nil), p.Seats, p.Minimum, p.Quota
	c.Closes, c.OfferDays, c.Trainers, c.Assessors, c.Dates = p.Closes.UTC(), p.OfferDays, p.Trainers, p.Assessors, nil
	for _, d := range p.Dates {
		c.Dates = append(c.Dates, d.fresh())
	}
	c.Stage, c.Opened = Open, by.At
	return nil
}

// fresh is d as it is planned, whatever else a client said of it.
func (d CourseDate) fresh() CourseDate {
	return CourseDate{ID: d.ID, Unit: d.Unit, Begins: d.Begins.UTC(), Ends: d.Ends.UTC(), Minutes: d.Minutes, Online: d.Online}
}

func (d CourseDate) check(field string, t curriculum.Terms) *fault.Error {
	if _, ok := t.Unit(d.Unit); !ok {
		return file.Invalid(field+".unit", "unknown_unit", "the curriculum has no such module", "name one of its modules")
	}
	for _, f := range []*fault.Error{
		file.Local(field+".id", d.ID),
		file.Between(field+".minutes", d.Minutes, 1, 1440),
		span(field+".", d.Begins, d.Ends, d.Minutes),
	} {
		if f != nil {
			return f
		}
	}
	return nil
}

// span checks the fields ends and minutes below a prefix.
func span(prefix string, begins, ends time.Time, minutes int) *fault.Error {
	switch length := ends.Sub(begins); {
	case begins.IsZero() || length <= 0 || length > 24*time.Hour:
		return file.Invalid(prefix+"ends", "order", "it does not end after it begins, within a day", "give begin and end of one day; a module may have several dates")
	case length < time.Duration(minutes)*time.Minute:
		return file.Invalid(prefix+"minutes", "range", "the date is shorter than its teaching", "correct the minutes or the times")
	}
	return nil
}

func size(seats, minimum, quota int) *fault.Error {
	for _, f := range []*fault.Error{
		file.Between("seats", seats, 1, 500), file.Between("minimum", minimum, 1, seats), file.Between("quota", quota, 1, seats),
	} {
		if f != nil {
			return f
		}
	}
	return nil
}

func people(field string, ids []string) *fault.Error {
	if f := file.AtMost(field, len(ids), 30); f != nil {
		return f
	}
	for i, p := range ids {
		if f := file.Person(file.Index(field, i), p); f != nil {
			return f
		}
		if slices.Contains(ids[:i], p) {
			return file.Invalid(file.Index(field, i), "unique", "the person stands twice", "name each person once")
		}
	}
	return nil
}

// StaffCohort names the trainers and assessors, in place of those before.
type StaffCohort struct {
	Trainers  []string `json:"trainers" nullable:"false" doc:"Subjects of the trainers" example:"[\"u-leitung\"]" grant:"trainer"`
	Assessors []string `json:"assessors" nullable:"false" doc:"Subjects of those who may assess" example:"[\"u-pruefung-1\", \"u-pruefung-2\"]" grant:"assessor"`
	file.Docs
}

// Action is staff_cohort.
func (StaffCohort) Action() file.Action { return ActionStaffCohort }

// Check wants people.
func (s StaffCohort) Check() error {
	return file.First(people("trainers", s.Trainers), people("assessors", s.Assessors), s.In(s.Action()))
}

func (s StaffCohort) Apply(c *Cohort, _ file.Stamp) *fault.Error {
	c.Trainers, c.Assessors = s.Trainers, s.Assessors
	return nil
}

// AmendCohort changes the numbers. More seats or a higher quota are offered to those who wait.
type AmendCohort struct {
	Seats   int       `json:"seats" minimum:"1" maximum:"500" doc:"How many may take part"`
	Minimum int       `json:"minimum" minimum:"1" maximum:"500" doc:"With fewer it is cancelled or merged"`
	Quota   int       `json:"quota" minimum:"1" maximum:"500" doc:"At most this many from one municipality"`
	Closes  time.Time `json:"closes" doc:"End of the application window"`
	file.Docs
}

// Action is amend_cohort.
func (AmendCohort) Action() file.Action { return ActionAmendCohort }

// Check refuses numbers that contradict each other.
func (a AmendCohort) Check() error {
	return file.First(size(a.Seats, a.Minimum, a.Quota), a.In(a.Action()))
}

func (a AmendCohort) Apply(c *Cohort, by file.Stamp) *fault.Error {
	if a.Seats < c.held("") {
		return file.Gate("seats", "held", "more seats than that are taken or on offer", "at least "+strconv.Itoa(c.held("")))
	}
	c.Seats, c.Minimum, c.Quota, c.Closes = a.Seats, a.Minimum, a.Quota, a.Closes.UTC()
	switch {
	case c.Stage == Short && c.Closes.After(by.At):
		c.Stage, c.ShortAt = Open, nil
	case c.Stage == Running && c.Closes.After(by.At) && !c.begun(by.At):
		c.Stage = Open
	}
	return nil
}

// AddDate adds a date.
type AddDate struct {
	Date CourseDate `json:"date" doc:"When which module is taught, and where"`
	file.Docs
}

// Action is add_date.
func (AddDate) Action() file.Action { return ActionAddDate }

// Check accepts it: it is compared with the curriculum.
func (a AddDate) Check() error { return file.First(a.In(a.Action(), training.TrainingFile)) }

func (a AddDate) Apply(c *Cohort, _ file.Stamp) *fault.Error {
	if f := a.Date.check("date", c.Terms); f != nil {
		return f
	}
	if c.date(a.Date.ID) >= 0 {
		return file.Invalid("date.id", "unique", "the cohort has such a date", "give it an id of its own")
	}
	if len(c.Dates) >= 60 {
		return file.AtMost("dates", len(c.Dates)+1, 60)
	}
	c.Dates = append(slices.Clone(c.Dates), a.Date.fresh())
	return nil
}

// RescheduleDate moves a date; everyone who takes part is notified.
type RescheduleDate struct {
	Date   string     `json:"date" doc:"Id of the date" example:"d1"`
	Begins time.Time  `json:"begins" doc:"When it begins"`
	Ends   time.Time  `json:"ends" doc:"When it ends" example:"2025-03-03T17:30:00Z"`
	Reason file.Words `json:"reason,omitzero" in:"training" as:"dates.{date}.reason" maxLength:"4000" doc:"Why"`
	Place  file.Words `json:"place,omitzero" in:"training" as:"dates.{date}.place" maxLength:"400" doc:"Where, if that changes too"`
	file.Docs
}

// Action is reschedule_date.
func (RescheduleDate) Action() file.Action { return ActionRescheduleDate }

// Check wants a begin before an end.
func (r RescheduleDate) Check() error {
	return file.First(file.Local("date", r.Date), span("", r.Begins, r.Ends, 1), r.In(r.Action(), training.TrainingFile))
}

func (r RescheduleDate) Apply(c *Cohort, _ file.Stamp) *fault.Error {
	return c.changeDate(r.Date, func(d *CourseDate) *fault.Error {
		if f := span("", r.Begins, r.Ends, d.Minutes); f != nil {
			return f
		}
		d.Begins, d.Ends = r.Begins.UTC(), r.Ends.UTC()
		d.Moved++
		return nil
	})
}

// CancelDate says that a date does not take place; everyone who takes part is notified.
type CancelDate struct {
	Date   string                `json:"date" doc:"Id of the date" example:"d1"`
	Reason training.CancelReason `json:"reason" doc:"Why"`
	Text   file.Words            `json:"text,omitzero" in:"training" as:"dates.{date}.reason" maxLength:"4000" doc:"The reason in words"`
	file.Docs
}

// Action is cancel_date.
func (CancelDate) Action() file.Action { return ActionCancelDate }

// Check wants a reason of the list.
func (d CancelDate) Check() error {
	return file.First(file.Local("date", d.Date), file.OneOf("reason", d.Reason), d.In(d.Action(), training.TrainingFile))
}

func (d CancelDate) Apply(c *Cohort, _ file.Stamp) *fault.Error {
	return c.changeDate(d.Date, func(o *CourseDate) *fault.Error {
		o.Cancelled = d.Reason
		return nil
	})
}

// changeDate changes a date that is neither cancelled nor signed.
func (c *Cohort) changeDate(id string, change func(*CourseDate) *fault.Error) *fault.Error {
	i := c.date(id)
	switch {
	case i < 0:
		return file.Invalid("date", "unknown_date", "the cohort has no such date", "name one of its dates")
	case c.Dates[i].Cancelled != "":
		return file.Gate("date", "cancelled", "the date is cancelled", "add another one")
	case c.Dates[i].Signed != nil:
		return file.Gate("date", "signed", "the date has taken place", "correct the list if it is wrong")
	}
	c.Dates = slices.Clone(c.Dates)
	return change(&c.Dates[i])
}

// CancelCohort says that the cohort does not take place; everyone is notified.
type CancelCohort struct {
	Reason training.CancelReason `json:"reason" doc:"Why"`
	Text   file.Words            `json:"text,omitzero" in:"training" as:"reason" maxLength:"4000" doc:"The reason in words"`
	file.Docs
}

// Action is cancel_cohort.
func (CancelCohort) Action() file.Action { return ActionCancelCohort }

// Check wants a reason of the list.
func (k CancelCohort) Check() error {
	return file.First(file.OneOf("reason", k.Reason), k.In(k.Action(), training.TrainingFile))
}

func (k CancelCohort) Apply(c *Cohort, _ file.Stamp) *fault.Error {
	c.cancel(k.Reason)
	return nil
}

func (c *Cohort) cancel(reason training.CancelReason) {
	c.Stage, c.Reason, c.Places, c.Guests = Cancelled, reason, nil, nil
}

// MergeCohort sends everyone to another cohort, where they keep their place in the order of
// applications; everyone is notified.
type MergeCohort struct {
	Into   string     `json:"into" format:"uuid" doc:"Id of the other cohort"`
	Reason file.Words `json:"reason,omitzero" in:"training" maxLength:"4000" doc:"Why"`
	file.Docs
}

// Action is merge_cohort.
func (MergeCohort) Action() file.Action { return ActionMergeCohort }

// Check wants the id of a cohort.
func (m MergeCohort) Check() error {
	return file.First(file.UUID("into", m.Into), m.In(m.Action(), training.TrainingFile))
}

func (m MergeCohort) Apply(c *Cohort, _ file.Stamp) *fault.Error {
	if m.Into == c.ID {
		return file.Invalid("into", "other_cohort", "it is the same cohort", "name another cohort")
	}
	c.Stage, c.Into, c.Places, c.Guests = Merged, m.Into, nil, nil
	return nil
}
