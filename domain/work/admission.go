package work

import (
	"slices"

	"koko/domain/calendar"
	"koko/domain/fault"
	"koko/domain/file"
)

// The actions on who else may read the file.
const (
	ActionAdmit        Action = "admit"
	ActionEndAdmission Action = "end_admission"
)

// Admit lets somebody else read the file, for a time.
type Admit struct {
	Subject  string          `json:"subject" maxLength:"128" doc:"Subject of the person; somebody who works in the municipality. They read, and do nothing else" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10" grant:"caseworker,conflict_manager,mediator"`
	Ground   AdmissionGround `json:"ground" doc:"Why they have to know" example:"sprachmittlung"`
	Released bool            `json:"released,omitempty" doc:"Whether the parties have agreed; required for supervision and kollegiale_beratung"`
	Until    Date            `json:"until" format:"date" doc:"Last day, within a year from now" example:"2027-06-30"`
	Docs
}

// Admitted is somebody who may read the file, or might.
type Admitted struct {
	Stamp
	Admit
	Ended *Stamp `json:"ended,omitempty" doc:"When it was over"`
}

// Action is admit.
func (Admit) Action() Action { return ActionAdmit }

// Check wants a person, a ground and a day, and the parties' word where somebody is not bound who learns of the work.
func (a Admit) Check() error {
	if err := file.First(
		file.Person("subject", a.Subject),
		file.OneOf("ground", a.Ground),
		file.Day("until", a.Until),
		a.In(a.Action()),
	); err != nil {
		return err
	}
	if a.Ground.released() && !a.Released {
		return file.Invalid("released", "release", "the parties have not agreed", "ask the parties first: whoever advises the facilitators is not bound as they are")
	}
	return nil
}

// Apply lets the person read. It replaces an admission of the same person.
func (a Admit) Apply(w *Work, by Stamp) *fault.Error {
	switch {
	case slices.Contains(w.current(), a.Subject):
		return file.Invalid("subject", "reads_already", "a facilitator reads the file anyway", "name somebody else")
	case a.Until.Day() < calendar.DayOf(by.At):
		return file.Invalid("until", "future", "the day has passed already", "give a day that is to come")
	case a.Until.Day() > calendar.DayOf(by.At).AddMonths(12):
		return file.Invalid("until", "range", "the day lies more than a year ahead", "give an earlier day, and admit the person anew then")
	case len(w.Admissions) >= maxAdmissions:
		return fault.Newf(fault.Gate, "%d people were admitted", maxAdmissions).By("max_admissions", bounded)
	}
	w.endAdmissions(by, func(o Admitted) bool { return o.Subject == a.Subject })
	w.Admissions = append(w.Admissions, Admitted{Stamp: by, Admit: a})
	return nil
}

// endAdmissions ends those of the open admissions that which picks. The list is the state's own afterwards.
func (w *Work) endAdmissions(by Stamp, which func(Admitted) bool) (ended int) {
	w.Admissions = slices.Clone(w.Admissions)
	for i, a := range w.Admissions {
		if a.Ended == nil && which(a) {
			w.Admissions[i].Ended = &by
			ended++
		}
	}
	return ended
}

// expel ends the admissions of people who answered, did not in time, or leave: from then on they read as facilitators do,
// or not at all. They may have been admitted while they were asked.
func (w *Work) expel(by Stamp, people ...string) {
	w.endAdmissions(by, func(a Admitted) bool { return slices.Contains(people, a.Subject) })
}

// EndAdmission closes the file for somebody who was admitted.
type EndAdmission struct {
	Subject string `json:"subject" maxLength:"128" doc:"Subject of the person" example:"0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10"`
	Docs
}

// Action is end_admission.
func (EndAdmission) Action() Action { return ActionEndAdmission }

// Check wants a person.
func (e EndAdmission) Check() error {
	return file.First(file.Person("subject", e.Subject), e.In(e.Action()))
}

// Apply ends the admission.
func (e EndAdmission) Apply(w *Work, by Stamp) *fault.Error {
	if w.endAdmissions(by, func(a Admitted) bool { return a.Subject == e.Subject }) == 0 {
		return file.Gate("subject", "admission", "the person is not admitted", "nothing to do")
	}
	return nil
}
