package enrolment

import "koko/domain/file"

// ProgressOnly is e as the line manager sees it: how far the trainee is, without who assessed and what
// the assessment rests on.
func (e Enrolment) ProgressOnly() Enrolment {
	var attempts []Attempt
	for _, a := range e.Attempts {
		attempts = append(attempts, Attempt{
			Stamp:     file.Stamp{At: a.At},
			Assessors: []string{},
			Decided:   a.Decided,
			Passed:    a.Passed,
			Annulled:  a.Annulled,
		})
	}
	e.Attempts = attempts
	e.Certificates = nil
	return e
}
