// Package training holds what the two kinds of file of the certification share: an enrolment, and the cohort
// in which it has a seat. Neither knows the other. What one has to know of the other it is told, by the messages
// here. Enumerations carry the field's German terms as their values.
package training

import "koko/domain/file"

// The two kinds.
const (
	KindEnrolment file.Kind = "enrolment"
	KindCohort    file.Kind = "cohort"
)

// The relations of people to both: a notice about the one goes to those who are tied to the other.
const (
	Trainee file.Relation = "trainee" // whose enrolment it is
	Runs    file.Relation = "runs"    // of trainers to their cohort
)

// TrainingFile is the compartment of the application, the concept, cases and feedback, and of a cohort's title
// and places.
const TrainingFile file.Compartment = "training"

// ReadTrainingHistory is the act of reading what happened, when and by whose decision.
const ReadTrainingHistory = "read_training_history"

// ActionApply begins an enrolment. Whoever may see that a cohort is offered may apply for it.
const ActionApply file.Action = "apply"

type (
	// SeatStatus is how far somebody is on the way to a seat.
	SeatStatus string
	// CancelReason is why a cohort or a date does not take place.
	CancelReason string
	// Source is where an attendance list comes from.
	Source string
)

// The values that rules refer to.
const (
	SeatWaiting SeatStatus = "wartend"
	SeatOffered SeatStatus = "angeboten"
	SeatTaken   SeatStatus = "belegt"

	BelowMinimum CancelReason = "mindestzahl"
)

// The values of the enumerations, in the order in which people choose from them.

func (SeatStatus) Values() []SeatStatus { return []SeatStatus{SeatWaiting, SeatOffered, SeatTaken} }

func (CancelReason) Values() []CancelReason {
	return []CancelReason{BelowMinimum, "ausfall_leitung", "ort_nicht_verfuegbar", "sonstiges"}
}

func (Source) Values() []Source { return []Source{"unterschriftenliste", "lernplattform"} }

// Coordinators are notified by their role.
var Coordinators = []string{"coordinator"}

// Trainees are those whose enrolments they are.
func Trainees(enrolments []string) []file.Member { return members(Trainee, enrolments) }

// Trainers are those who run the cohorts.
func Trainers(cohorts ...string) []file.Member { return members(Runs, cohorts) }

func members(r file.Relation, ids []string) []file.Member {
	var ms []file.Member
	for _, id := range ids {
		ms = append(ms, file.Member{File: id, Relation: r})
	}
	return ms
}
