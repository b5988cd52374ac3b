package api

import (
	"koko/domain/process"
	"koko/domain/training"
)

// The bodies of a cohort's commands.

// PlanCohortBody is embedded in the body of a new cohort.
type PlanCohortBody struct {
	factsOnly
	training.PlanCohort
	Curriculum string      `json:"curriculum" minLength:"1" maxLength:"32" doc:"Id of the curriculum" example:"koko"`
	Version    int         `json:"curriculum_version,omitempty" minimum:"1" doc:"Its version; left out, the latest"`
	Title      string      `json:"title" minLength:"1" maxLength:"200" doc:"What the cohort is called" example:"Durchgang 2027"`
	Dates      []DatedBody `json:"dates" nullable:"false" maxItems:"60" doc:"When which module is taught, and where"`
}

// DatedBody is a date and its place.
type DatedBody struct {
	factsOnly
	training.CourseDate
	Place string `json:"place,omitempty" maxLength:"400" doc:"Where: an address, or a link for online dates" example:"Rathaus Musterhausen, Saal 2"`
}

func (b PlanCohortBody) prose() prose {
	p := prose{}.in(training.TrainingFile, "title", b.Title)
	for _, d := range b.Dates {
		p = p.in(training.TrainingFile, placeField(d.ID), d.Place)
	}
	return p
}

// placeField is where the words of a cohort's documents hold the place of a date.
func placeField(date string) string { return "dates." + date + ".place" }

// reasonField is where they hold why a date was moved or cancelled.
func reasonField(date string) string { return "dates." + date + ".reason" }

func (b PlanCohortBody) command(docs process.Docs) training.CohortCommand {
	c := b.PlanCohort
	c.Dates, c.Docs = []training.CourseDate{}, docs
	c.Terms.Curriculum, c.Terms.Version = b.Curriculum, b.Version
	for _, d := range b.Dates {
		c.Dates = append(c.Dates, d.CourseDate)
	}
	return c
}

func (b PlanCohortBody) people() map[string]string { return staff(b.Trainers, b.Assessors) }

// staff names people by the fields of a body that name them.
func staff(trainers, assessors []string) map[string]string {
	named := map[string]string{}
	for i, p := range trainers {
		named[process.Index("trainers", i)] = p
	}
	for i, p := range assessors {
		named[process.Index("assessors", i)] = p
	}
	return named
}

type staffCohortBody struct {
	factsOnly
	training.StaffCohort
}

func (staffCohortBody) prose() prose { return nil }

func (b staffCohortBody) command(docs process.Docs) training.CohortCommand {
	b.StaffCohort.Docs = docs
	return b.StaffCohort
}

func (b staffCohortBody) people() map[string]string { return staff(b.Trainers, b.Assessors) }

type amendCohortBody struct {
	factsOnly
	training.AmendCohort
}

func (amendCohortBody) prose() prose { return nil }

func (b amendCohortBody) command(docs process.Docs) training.CohortCommand {
	b.AmendCohort.Docs = docs
	return b.AmendCohort
}

type addDateBody struct {
	Date DatedBody `json:"date" doc:"When which module is taught, and where"`
}

func (b addDateBody) prose() prose {
	return prose{}.in(training.TrainingFile, placeField(b.Date.ID), b.Date.Place)
}

func (b addDateBody) command(docs process.Docs) training.CohortCommand {
	return training.AddDate{Date: b.Date.CourseDate, Docs: docs}
}

type rescheduleDateBody struct {
	factsOnly
	training.RescheduleDate
	Text  string `json:"reason,omitempty" maxLength:"4000" doc:"Why"`
	Place string `json:"place,omitempty" maxLength:"400" doc:"Where, if that changes too"`
}

func (b rescheduleDateBody) prose() prose {
	return prose{}.in(training.TrainingFile, reasonField(b.Date), b.Text).in(training.TrainingFile, placeField(b.Date), b.Place)
}

func (b rescheduleDateBody) command(docs process.Docs) training.CohortCommand {
	b.RescheduleDate.Docs = docs
	return b.RescheduleDate
}

type cancelDateBody struct {
	factsOnly
	training.CancelDate
	Text string `json:"text,omitempty" maxLength:"4000" doc:"The reason in words"`
}

func (b cancelDateBody) prose() prose {
	return prose{}.in(training.TrainingFile, reasonField(b.Date), b.Text)
}

func (b cancelDateBody) command(docs process.Docs) training.CohortCommand {
	b.CancelDate.Docs = docs
	return b.CancelDate
}

type signListBody struct {
	factsOnly
	training.SignList
	Note string `json:"note,omitempty" maxLength:"4000" doc:"What else is to be said of the date"`
}

func (b signListBody) prose() prose { return prose{}.in(training.TrainingFile, "note", b.Note) }

func (b signListBody) command(docs process.Docs) training.CohortCommand {
	b.SignList.Docs = docs
	return b.SignList
}

type cancelCohortBody struct {
	factsOnly
	training.CancelCohort
	Text string `json:"text,omitempty" maxLength:"4000" doc:"The reason in words"`
}

func (b cancelCohortBody) prose() prose { return prose{}.in(training.TrainingFile, "reason", b.Text) }

func (b cancelCohortBody) command(docs process.Docs) training.CohortCommand {
	b.CancelCohort.Docs = docs
	return b.CancelCohort
}

type mergeCohortBody struct {
	factsOnly
	training.MergeCohort
	Text string `json:"reason,omitempty" maxLength:"4000" doc:"Why"`
}

func (b mergeCohortBody) prose() prose { return prose{}.in(training.TrainingFile, "reason", b.Text) }

func (b mergeCohortBody) command(docs process.Docs) training.CohortCommand {
	b.MergeCohort.Docs = docs
	return b.MergeCohort
}
