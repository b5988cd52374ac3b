package training

import (
	"time"

	"koko/domain/ags"
	"koko/domain/file"
)

// An Attendance is what a signed list says about the trainee on one date.
type Attendance struct {
	Cohort  string     `json:"cohort" format:"uuid" doc:"The cohort whose date it was"`
	Date    string     `json:"date" doc:"Id of the date in its cohort" example:"d1"`
	Unit    string     `json:"unit" doc:"The module that was taught" example:"m1"`
	On      time.Time  `json:"on" doc:"When the date began"`
	Minutes int        `json:"minutes" doc:"Attended minutes"`
	Of      int        `json:"of" doc:"Minutes that the date took"`
	Excused bool       `json:"excused" doc:"Whether an absence is excused"`
	Source  Source     `json:"source" doc:"Where the list comes from"`
	Signed  file.Stamp `json:"signed" doc:"By the trainer"`
}

// The actions of messages: the workflows' own, no person takes them.
const (
	ActionJoin     file.Action = "join"
	ActionTakeSeat file.Action = "take_seat"
	ActionLeave    file.Action = "leave"
	ActionVisit    file.Action = "visit"

	ActionOfferSeat file.Action = "offer_seat"
	ActionQueue     file.Action = "queue"
	ActionLoseSeat  file.Action = "lose_seat"
	ActionAttend    file.Action = "attend"
)

// ToCohort tells a cohort something.
func ToCohort(id string, cmd file.Command) file.Message {
	return file.Message{To: KindCohort, File: id, Command: cmd}
}

// ToEnrolment tells an enrolment something.
func ToEnrolment(id string, cmd file.Command) file.Message {
	return file.Message{To: KindEnrolment, File: id, Command: cmd}
}

// Join asks for a seat, once the trainee is admitted to the programme.
type Join struct {
	Enrolment string    `json:"enrolment"`
	AGS       ags.Key   `json:"ags"`
	Since     time.Time `json:"since"` // when it was applied for
	file.Docs
}

// Action is what the receiver is asked to do.
func (Join) Action() file.Action { return ActionJoin }

// Check accepts it.
func (j Join) Check() error { return file.First(j.In(j.Action())) }

// TakeSeat tells that an offer was accepted.
type TakeSeat struct {
	Enrolment string `json:"enrolment"`
	file.Docs
}

// Action is what the receiver is asked to do.
func (TakeSeat) Action() file.Action { return ActionTakeSeat }

// Check accepts it.
func (t TakeSeat) Check() error { return file.First(t.In(t.Action())) }

// Leave gives a place back.
type Leave struct {
	Enrolment string `json:"enrolment"`
	file.Docs
}

// Action is what the receiver is asked to do.
func (Leave) Action() file.Action { return ActionLeave }

// Check accepts it.
func (l Leave) Check() error { return file.First(l.In(l.Action())) }

// Visit tells that a trainee of another cohort makes up a module here.
type Visit struct {
	Enrolment string `json:"enrolment"`
	Unit      string `json:"unit"`
	file.Docs
}

// Action is what the receiver is asked to do.
func (Visit) Action() file.Action { return ActionVisit }

// Check accepts it.
func (v Visit) Check() error { return file.First(v.In(v.Action())) }

// OfferSeat offers the trainee a seat, or gives it.
type OfferSeat struct {
	Cohort string     `json:"cohort"`
	Until  *time.Time `json:"until,omitempty"` // nil: the seat is taken at once
	file.Docs
}

// Action is what the receiver is asked to do.
func (OfferSeat) Action() file.Action { return ActionOfferSeat }

// Check accepts it.
func (o OfferSeat) Check() error { return file.First(o.In(o.Action())) }

// Queue is the cohort's answer when it is full.
type Queue struct {
	Cohort string `json:"cohort"`
	file.Docs
}

// Action is what the receiver is asked to do.
func (Queue) Action() file.Action { return ActionQueue }

// Check accepts it.
func (q Queue) Check() error { return file.First(q.In(q.Action())) }

// LoseSeat tells that the cohort has no seat any more: it was cancelled, or merged into another one.
type LoseSeat struct {
	Cohort string       `json:"cohort"`
	Reason CancelReason `json:"reason,omitempty"`
	Into   string       `json:"into,omitempty"` // the cohort that it was merged into
	file.Docs
}

// Action is what the receiver is asked to do.
func (LoseSeat) Action() file.Action { return ActionLoseSeat }

// Check accepts it.
func (l LoseSeat) Check() error { return file.First(l.In(l.Action())) }

// Attend tells what a signed list says.
type Attend struct {
	Attendance
	file.Docs
}

// Action is what the receiver is asked to do.
func (Attend) Action() file.Action { return ActionAttend }

// Check accepts it.
func (a Attend) Check() error { return file.First(a.In(a.Action())) }

// An Offer is what a cohort will still teach of a module.
type Offer struct {
	Cohort  string    `json:"cohort" format:"uuid" doc:"Id of the cohort"`
	Unit    string    `json:"unit" doc:"Id of the module" example:"m4"`
	Begins  time.Time `json:"begins" doc:"When the first of the remaining dates begins"`
	Ends    time.Time `json:"ends" doc:"When the last of them ends"`
	Minutes int       `json:"minutes" doc:"Minutes of teaching on all of them"`
	Seats   int       `json:"seats" doc:"Free seats"`
	Joins   bool      `json:"joins" doc:"Whether the cohort still gives its free seats"`
}
