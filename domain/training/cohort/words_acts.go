package cohort

import (
	"koko/domain/file"
	"koko/domain/training"
)

// ruleWords are what refuses, as the reason that a person would give.
var ruleWords = map[string]file.Label{
	"own_cohort":   {DE: "Das gilt nur für eigene Durchgänge.", EN: "It holds for own cohorts only."},
	"held":         {DE: "So viele Plätze waren bereits vergeben.", EN: "More seats than that were taken."},
	"signed":       {DE: "Der Termin hatte bereits stattgefunden.", EN: "The date had taken place already."},
	"cancelled":    {DE: "Der Termin war abgesagt.", EN: "The date was cancelled."},
	"participant":  {DE: "Die Person nimmt an dem Termin nicht teil.", EN: "The person does not take part in the date."},
	"unknown_date": {DE: "Einen solchen Termin gab es nicht.", EN: "There was no such date."},
	"unknown_unit": {DE: "Ein solches Modul gab es nicht.", EN: "There was no such module."},
	"other_cohort": {DE: "Es musste ein anderer Durchgang sein.", EN: "It had to be another cohort."},
}

// attempts are what somebody tried or did, as the infinitive of a sentence.
var attempts = map[file.Action]file.Label{
	training.ActionApply:         {DE: "sich zu bewerben", EN: "to apply"},
	ActionPlanCohort:             {DE: "einen Durchgang zu planen", EN: "to plan a cohort"},
	ActionStaffCohort:            {DE: "Trainer:innen und Prüfer:innen zu benennen", EN: "to name trainers and assessors"},
	ActionAmendCohort:            {DE: "die Zahlen des Durchgangs zu ändern", EN: "to change the numbers of the cohort"},
	ActionAddDate:                {DE: "einen Termin anzulegen", EN: "to add a date"},
	ActionRescheduleDate:         {DE: "einen Termin zu verlegen", EN: "to move a date"},
	ActionCancelDate:             {DE: "einen Termin abzusagen", EN: "to cancel a date"},
	ActionSignList:               {DE: "eine Anwesenheitsliste zu unterschreiben", EN: "to sign an attendance list"},
	ActionCancelCohort:           {DE: "den Durchgang abzusagen", EN: "to cancel the cohort"},
	ActionMergeCohort:            {DE: "den Durchgang zusammenzulegen", EN: "to merge the cohort"},
	training.ActionJoin:          {DE: "sich um einen Platz anzustellen", EN: "to join the line for a seat"},
	training.ActionTakeSeat:      {DE: "einen Platz zu belegen", EN: "to take a seat"},
	training.ActionLeave:         {DE: "einen Platz zurückzugeben", EN: "to give a seat back"},
	training.ActionVisit:         {DE: "ein Modul als Gast zu besuchen", EN: "to visit a module"},
	ReadCohort:                   {DE: "den Durchgang zu lesen", EN: "to read the cohort"},
	ReadParticipants:             {DE: "die Teilnehmerliste zu lesen", EN: "to read the list of participants"},
	training.ReadTrainingHistory: {DE: "die Geschichte zu lesen", EN: "to read the history"},
}

// reads are what was read, as a sentence.
var reads = map[file.Action]file.Label{
	ReadCohort:                   {DE: "Der Durchgang wurde gelesen.", EN: "The cohort was read."},
	ReadParticipants:             {DE: "Die Teilnehmerliste wurde gelesen.", EN: "The list of participants was read."},
	training.ReadTrainingHistory: {DE: "Die Geschichte wurde gelesen.", EN: "The history was read."},
}
