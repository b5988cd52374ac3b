package api_test

import "koko/domain/training"

// The enumerations of what the API adds to cohorts.
func init() {
	domainLists["seat"] = append(domainLists["seat"], texts(training.SeatStatuses))
	ownEnums = append(ownEnums, "ImportRow.outcome")
}
