package cohort

import (
	"slices"
	"time"

	"koko/domain/file"
	"koko/domain/training"
)

// Offers lists the modules of which c has dates to come.
func (c Cohort) Offers(at time.Time) []training.Offer {
	if !slices.Contains(live, c.Stage) {
		return nil
	}
	var os []training.Offer
	for _, u := range c.Terms.Units {
		o := training.Offer{Cohort: c.ID, Unit: u.ID, Seats: c.Free(), Joins: c.Free() > 0 && !c.begun(at)}
		for _, d := range c.Dates {
			if d.Unit != u.ID || d.Cancelled != "" || d.Signed != nil || !d.Begins.After(at) {
				continue
			}
			if o.Minutes == 0 || d.Begins.Before(o.Begins) {
				o.Begins = d.Begins
			}
			o.Ends = file.Latest(o.Ends, d.Ends)
			o.Minutes += d.Minutes
		}
		if o.Minutes > 0 {
			os = append(os, o)
		}
	}
	return os
}
