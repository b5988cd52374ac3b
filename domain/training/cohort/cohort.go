// Package cohort holds the rules of a cohort (Durchgang): its dates, its seats and who waits for one, and the
// attendance lists. What enrolments have to know of it, it tells them by messages.
package cohort

import (
	"slices"
	"time"

	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
)

// A Stage is where a cohort stands.
type Stage string

// The stages. A cohort that is not yet planned has none.
const (
	Open      Stage = "open"      // applications are welcome
	Short     Stage = "short"     // below its minimum at the end of the application window
	Running   Stage = "running"   // takes place
	Finished  Stage = "finished"  // every date is signed or cancelled
	Cancelled Stage = "cancelled" // does not take place
	Merged    Stage = "merged"    // its trainees went to another cohort
)

func (Stage) Values() []Stage { return []Stage{Open, Short, Running, Finished, Cancelled, Merged} }

// Cohort is the state that the cohort's workflow owns: a course run with its dates and seats.
type Cohort struct {
	ID      string    `json:"id" format:"uuid" doc:"Id of the cohort, for good"`
	AGS     ags.Key   `json:"ags" doc:"Municipality that runs it" example:"05999001"`
	Version int       `json:"version" doc:"One more with every decision; the ETag" example:"7"`
	Stage   Stage     `json:"phase" doc:"Where the cohort stands"`
	Opened  time.Time `json:"opened" doc:"When it was planned"`
	Changed time.Time `json:"changed" doc:"When the last decision was recorded"`
	file.Dated

	Terms     curriculum.Terms `json:"terms" doc:"Of its curriculum"`
	Offered   ags.Area         `json:"offered" nullable:"false" doc:"Municipalities whose staff may take part"`
	Seats     int              `json:"seats" doc:"How many may take part"`
	Minimum   int              `json:"minimum" doc:"With fewer it is cancelled or merged"`
	Quota     int              `json:"quota" doc:"At most this many from one municipality"`
	Closes    time.Time        `json:"closes" doc:"End of the application window"`
	OfferDays int              `json:"offer_days" doc:"Days to accept a seat that became free"`
	Trainers  []string         `json:"trainers" nullable:"false" doc:"Subjects of the trainers"`
	Assessors []string         `json:"assessors" nullable:"false" doc:"Subjects of those who may assess"`
	Dates     []CourseDate     `json:"dates" nullable:"false" doc:"When which module is taught; the places stand in a document"`

	Places  []Place               `json:"places,omitempty" nullable:"false" doc:"Who has a seat or waits for one, in the order of applications"`
	Guests  []Guest               `json:"guests,omitempty" nullable:"false" doc:"Trainees of other cohorts who make up a module"`
	Reason  training.CancelReason `json:"reason,omitempty" doc:"Why it was cancelled"`
	Into    string                `json:"into,omitempty" format:"uuid" doc:"The cohort that it was merged into"`
	List    *List                 `json:"list,omitempty" doc:"The attendance list signed last; each enrolment keeps its own"`
	ShortAt *time.Time            `json:"short_at,omitempty" doc:"When it turned out to be below its minimum"`
	Passed  []file.Deadline       `json:"passed,omitempty" nullable:"false" doc:"The deadlines in force that were missed"`
}

// A CourseDate is when a module is taught.
type CourseDate struct {
	ID        string                `json:"id" doc:"Unique in the cohort" example:"d1"`
	Unit      string                `json:"unit" doc:"Id of the module" example:"m1"`
	Begins    time.Time             `json:"begins" doc:"When it begins"`
	Ends      time.Time             `json:"ends" doc:"When it ends" example:"2025-03-03T17:30:00Z"`
	Minutes   int                   `json:"minutes" minimum:"1" maximum:"1440" doc:"Minutes of teaching, without breaks"`
	Online    bool                  `json:"online,omitempty" doc:"Whether it takes place online"`
	Place     file.Words            `json:"place,omitzero" in:"training" as:"dates.{id}.place" maxLength:"400" doc:"Where: an address, or a link for online dates" example:"Rathaus Musterhausen, Saal 2"`
	Cancelled training.CancelReason `json:"cancelled,omitempty" doc:"Why it does not take place" own:"true"`
	Signed    *file.Stamp           `json:"signed,omitempty" doc:"The attendance list, by the trainer" own:"true"`
	Moved     int                   `json:"moved,omitempty" doc:"How often it was rescheduled" own:"true"`
}

// A Place is a seat, or a place in the line for one.
type Place struct {
	Enrolment string              `json:"enrolment" format:"uuid" doc:"Id of the enrolment"`
	AGS       ags.Key             `json:"ags" doc:"Municipality of the trainee; counts for the quota"`
	Since     time.Time           `json:"since" doc:"When it was applied for: the order of the line"`
	Status    training.SeatStatus `json:"status" doc:"Waiting, offered or taken"`
	Until     *time.Time          `json:"until,omitempty" doc:"By when the offer must be accepted"`
}

// A Guest makes up a module in this cohort.
type Guest struct {
	Enrolment string `json:"enrolment" format:"uuid" doc:"Id of the enrolment"`
	Unit      string `json:"unit" doc:"The module"`
}

// A Command asks a cohort to change.
type Command = file.CommandFor[Cohort]

// Decide returns c after cmd, or why cmd is refused: always a *fault.Error. It never changes c.
func (c Cohort) Decide(cmd file.Command, by string, at time.Time) (Cohort, error) {
	return Spec.Decide(c, cmd, by, at)
}

// The actions on a cohort.
const (
	ActionPlanCohort     file.Action = "plan_cohort"
	ActionStaffCohort    file.Action = "staff_cohort"
	ActionAmendCohort    file.Action = "amend_cohort"
	ActionAddDate        file.Action = "add_date"
	ActionRescheduleDate file.Action = "reschedule_date"
	ActionCancelDate     file.Action = "cancel_date"
	ActionSignList       file.Action = "sign_list"
	ActionCancelCohort   file.Action = "cancel_cohort"
	ActionMergeCohort    file.Action = "merge_cohort"
)

// Actions lists every action of people on c with what the rules say to it if user took it next.
func (c Cohort) Actions(user string) []file.Option { return Spec.Options(c, user) }

// Ties lists what ties people to c.
func (c Cohort) Ties() []file.Tie {
	var ts []file.Tie
	for _, t := range c.Trainers {
		ts = append(ts, file.Tie{Relation: training.Runs, Holder: t})
	}
	return ts
}

// Relations lists what ties user to c.
func (c Cohort) Relations(user string) []file.Relation { return file.Held(c.Ties(), user) }

// held counts the seats that are taken or on offer; of one municipality, unless k is empty.
func (c Cohort) held(k ags.Key) (n int) {
	for _, p := range c.Places {
		if p.Status != training.SeatWaiting && (k == "" || p.AGS == k) {
			n++
		}
	}
	return n
}

// Free counts the seats that nobody holds.
func (c Cohort) Free() int { return max(0, c.Seats-c.held("")) }

// begun reports whether the first date has begun: from then on, seats are not filled any more.
func (c Cohort) begun(at time.Time) bool {
	return slices.ContainsFunc(c.Dates, func(d CourseDate) bool { return d.Cancelled == "" && !d.Begins.After(at) })
}

// settle gives free seats to those who wait longest, and ends a cohort whose dates are over.
func (c *Cohort) settle(at time.Time) {
	if !slices.Contains(live, c.Stage) {
		return
	}
	if !c.begun(at) {
		c.fill(at)
	}
	if c.Stage == Short && c.held("") >= c.Minimum {
		c.Stage, c.ShortAt = Running, nil
	}
	pending := slices.ContainsFunc(c.Dates, func(d CourseDate) bool { return d.Cancelled == "" && d.Signed == nil })
	if c.Stage == Running && !pending && len(c.Dates) > 0 {
		c.Stage = Finished
	}
}

// fill offers free seats in the order of applications, within the quota of each municipality.
func (c *Cohort) fill(at time.Time) {
	for i, p := range c.Places {
		if c.Free() == 0 {
			return
		}
		if p.Status != training.SeatWaiting || c.held(p.AGS) >= c.Quota {
			continue
		}
		until := c.Head().After(at, calendar.Days(c.OfferDays))
		c.Places = slices.Clone(c.Places)
		c.Places[i].Status, c.Places[i].Until = training.SeatOffered, &until
	}
}

// place returns the index of an enrolment's place, or -1.
func (c Cohort) place(enrolment string) int {
	return slices.IndexFunc(c.Places, func(p Place) bool { return p.Enrolment == enrolment })
}

// date returns the index of a date, or -1.
func (c Cohort) date(id string) int {
	return slices.IndexFunc(c.Dates, func(d CourseDate) bool { return d.ID == id })
}

// Attends reports whether an enrolment takes part in a unit: with a seat, or as a guest.
func (c Cohort) Attends(enrolment, unit string) bool {
	return slices.ContainsFunc(c.Places, func(p Place) bool { return p.Enrolment == enrolment && p.Status == training.SeatTaken }) ||
		slices.Contains(c.Guests, Guest{enrolment, unit})
}

// Participants lists the enrolments that have a seat or visit a module.
func (c Cohort) Participants() []string {
	var ids []string
	for _, p := range c.Places {
		if p.Status == training.SeatTaken {
			ids = append(ids, p.Enrolment)
		}
	}
	for _, g := range c.Guests {
		if !slices.Contains(ids, g.Enrolment) {
			ids = append(ids, g.Enrolment)
		}
	}
	return ids
}

// Everyone lists the enrolments that have a seat, wait for one or visit a module.
func (c Cohort) Everyone() []string {
	var ids []string
	for _, p := range c.Places {
		ids = append(ids, p.Enrolment)
	}
	for _, g := range c.Guests {
		if !slices.Contains(ids, g.Enrolment) {
			ids = append(ids, g.Enrolment)
		}
	}
	return ids
}

// Head is what every file tells of itself.
func (c Cohort) Head() file.Head {
	return file.Head{
		ID: c.ID, AGS: c.AGS, Version: c.Version, Phase: string(c.Stage),
		Opened: c.Opened, Changed: c.Changed, Passed: c.Passed, Calendar: c.Calendar,
	}
}
