package db

import (
	"time"

	"koko/domain/ags"
)

// EnrolmentScope is what the grants of one caller cover of the enrolments, compiled once per request.
// Its lists are the arguments of enrolment_in_scope: where the caller sees every one, the own, those
// of own staff, those in the caller's cohorts (Teaches), and those to assess.
type EnrolmentScope struct {
	Caller   string
	Teaches  []string
	Area     ags.Area
	Own      ags.Area
	Led      ags.Area
	Taught   ags.Area
	Assessed ags.Area
}

// Municipalities lists every municipality that the scope touches: what row security opens.
func (s EnrolmentScope) Municipalities() ags.Area {
	return s.Area.Merge(s.Own).Merge(s.Led).Merge(s.Taught).Merge(s.Assessed)
}

// CohortScope is what the grants of one caller cover of the cohorts, compiled once per request. Its
// lists are the arguments of cohort_in_scope: where the caller sees every one that is run there, those
// open to staff from there, and those taught.
type CohortScope struct {
	Caller   string
	Area     ags.Area
	Offering ags.Area
	Run      ags.Area
}

// Municipalities lists every municipality that the scope touches: what row security opens.
func (s CohortScope) Municipalities() ags.Area { return s.Area.Merge(s.Offering).Merge(s.Run) }

// The parameters of the scoped queries, filled from a scope in one place.

// Enrolment returns the parameters of GetEnrolment.
func (s EnrolmentScope) Enrolment(id string) GetEnrolmentParams {
	return GetEnrolmentParams{
		ID: id, Caller: s.Caller, Teaches: s.teaches(),
		Area: words(s.Area), Own: words(s.Own), Led: words(s.Led), Taught: words(s.Taught), Assessed: words(s.Assessed),
	}
}

// List completes p with the scope. Without a cursor in p it asks for the first page.
func (s EnrolmentScope) List(p ListEnrolmentsParams) ListEnrolmentsParams {
	p.Caller, p.Teaches = s.Caller, s.teaches()
	p.Area, p.Own, p.Led, p.Taught, p.Assessed = words(s.Area), words(s.Own), words(s.Led), words(s.Taught), words(s.Assessed)
	p.Phases, p.Municipalities = words(p.Phases), words(p.Municipalities)
	if p.BeforeID == "" {
		p.BeforeChanged, p.BeforeID = beyond, lastID
	}
	return p
}

// Count returns the parameters of CountEnrolments that count what ListEnrolments finds with p.
func (s EnrolmentScope) Count(p ListEnrolmentsParams) CountEnrolmentsParams {
	p = s.List(p)
	return CountEnrolmentsParams{
		Caller: p.Caller, Teaches: p.Teaches, Area: p.Area, Own: p.Own, Led: p.Led, Taught: p.Taught, Assessed: p.Assessed,
		Phases: p.Phases, Municipalities: p.Municipalities, Cohort: p.Cohort, Curriculum: p.Curriculum, Trainee: p.Trainee,
		Overdue: p.Overdue, Now: p.Now, Reference: p.Reference,
	}
}

// Participants returns the parameters of ListParticipants.
func (s EnrolmentScope) Participants(cohort string, atMost int32) ListParticipantsParams {
	return ListParticipantsParams{
		Cohort: cohort, AtMost: atMost, Caller: s.Caller, Teaches: s.teaches(),
		Area: words(s.Area), Own: words(s.Own), Led: words(s.Led), Taught: words(s.Taught), Assessed: words(s.Assessed),
	}
}

// Holder returns the parameters of GetHolder.
func (s EnrolmentScope) Holder(enrolment string) GetHolderParams {
	return GetHolderParams(s.Enrolment(enrolment))
}

// Documents completes p with the scope.
func (s EnrolmentScope) Documents(p ListEnrolmentDocumentsParams) ListEnrolmentDocumentsParams {
	p.Caller, p.Teaches = s.Caller, s.teaches()
	p.Area, p.Own, p.Led, p.Taught, p.Assessed = words(s.Area), words(s.Own), words(s.Led), words(s.Taught), words(s.Assessed)
	return p
}

// History completes p with the scope.
func (s EnrolmentScope) History(p ListEnrolmentHistoryParams) ListEnrolmentHistoryParams {
	p.Caller, p.Teaches = s.Caller, s.teaches()
	p.Area, p.Own, p.Led, p.Taught, p.Assessed = words(s.Area), words(s.Own), words(s.Led), words(s.Taught), words(s.Assessed)
	return p
}

// Certificates returns the parameters of ListCertificates.
func (s EnrolmentScope) Certificates(enrolment string) ListCertificatesParams {
	return ListCertificatesParams{
		EnrolmentID: enrolment, Caller: s.Caller, Teaches: s.teaches(),
		Area: words(s.Area), Own: words(s.Own), Led: words(s.Led), Taught: words(s.Taught), Assessed: words(s.Assessed),
	}
}

// EnrolmentsAt returns the parameters of CountEnrolmentsAt.
func (s EnrolmentScope) EnrolmentsAt(at time.Time) CountEnrolmentsAtParams {
	return CountEnrolmentsAtParams{
		At: at, Caller: s.Caller, Teaches: s.teaches(),
		Area: words(s.Area), Own: words(s.Own), Led: words(s.Led), Taught: words(s.Taught), Assessed: words(s.Assessed),
	}
}

func (s EnrolmentScope) teaches() []string { return words(s.Teaches) }

// Cohort returns the parameters of GetCohort.
func (s CohortScope) Cohort(id string) GetCohortParams {
	return GetCohortParams{ID: id, Caller: s.Caller, Area: words(s.Area), Offering: words(s.Offering), Run: words(s.Run)}
}

// List completes p with the scope. Without a cursor in p it asks for the first page.
func (s CohortScope) List(p ListCohortsParams) ListCohortsParams {
	p.Caller, p.Area, p.Offering, p.Run = s.Caller, words(s.Area), words(s.Offering), words(s.Run)
	p.Stages, p.Municipalities = words(p.Stages), words(p.Municipalities)
	if p.BeforeID == "" {
		p.BeforeKey, p.BeforeID = beyond, lastID
	}
	return p
}

// Offers completes p with the scope.
func (s CohortScope) Offers(p ListOffersParams) ListOffersParams {
	p.Caller, p.Area, p.Offering, p.Run = s.Caller, words(s.Area), words(s.Offering), words(s.Run)
	return p
}

// Documents completes p with the scope.
func (s CohortScope) Documents(p ListCohortDocumentsParams) ListCohortDocumentsParams {
	p.Caller, p.Area, p.Offering, p.Run = s.Caller, words(s.Area), words(s.Offering), words(s.Run)
	return p
}

// Titles returns the parameters of ListTitles.
func (s CohortScope) Titles(ids []string) ListTitlesParams {
	return ListTitlesParams{FileIDs: ids, Caller: s.Caller, Area: words(s.Area), Offering: words(s.Offering), Run: words(s.Run)}
}

// History completes p with the scope.
func (s CohortScope) History(p ListCohortHistoryParams) ListCohortHistoryParams {
	p.Caller, p.Area, p.Offering, p.Run = s.Caller, words(s.Area), words(s.Offering), words(s.Run)
	return p
}

// CohortsAt returns the parameters of CountCohortsAt.
func (s CohortScope) CohortsAt(at time.Time) CountCohortsAtParams {
	return CountCohortsAtParams{At: at, Caller: s.Caller, Area: words(s.Area), Offering: words(s.Offering), Run: words(s.Run)}
}

// Calendar returns the parameters of ListCalendar for the scopes of one caller.
func Calendar(e EnrolmentScope, c CohortScope, since time.Time, atMost int32) ListCalendarParams {
	return ListCalendarParams{
		Caller: e.Caller, Own: words(e.Own), Assessed: words(e.Assessed), Run: words(c.Run), Since: since, AtMost: atMost,
	}
}

// A cursor behind everything that is listed latest first.
const lastID = "ffffffff-ffff-ffff-ffff-ffffffffffff"

var beyond = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
