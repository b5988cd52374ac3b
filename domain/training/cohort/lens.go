package cohort

import (
	"slices"

	"koko/domain/training"
)

// WithoutPeople is c without who has a seat in it and what their lists say.
func (c Cohort) WithoutPeople() Cohort {
	c.Places, c.Guests, c.List = nil, nil, nil
	return c
}

// Waiting counts those who wait for a seat.
func (c Cohort) Waiting() (n int) {
	for _, p := range c.Places {
		if p.Status == training.SeatWaiting {
			n++
		}
	}
	return n
}

// Live reports whether the cohort takes place, or may.
func (c Cohort) Live() bool { return slices.Contains(live, c.Stage) }
