package training

import "slices"

// ProgressOnly is e as the employer sees it: how far the trainee is, without who assessed and what
// the assessment rests on.
func (e Enrolment) ProgressOnly() Enrolment {
	var attempts []Attempt
	for _, a := range e.Attempts {
		attempts = append(attempts, Attempt{Stamp: Stamp{At: a.At}, Assessors: []string{}, Decided: a.Decided, Passed: a.Passed, Annulled: a.Annulled})
	}
	e.Attempts = attempts
	e.Certificates = nil
	return e
}

// WithoutPeople is c without who has a seat in it and what their lists say.
func (c Cohort) WithoutPeople() Cohort {
	c.Places, c.Guests, c.List = nil, nil, nil
	return c
}

// Waiting counts those who wait for a seat.
func (c Cohort) Waiting() (n int) {
	for _, p := range c.Places {
		if p.Status == SeatWaiting {
			n++
		}
	}
	return n
}

// Live reports whether the cohort takes place, or may.
func (c Cohort) Live() bool { return slices.Contains(live, c.Stage) }
