package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/training"
	"koko/domain/training/enrolment"
)

func TestAnApplicationLeadsToASeatAndAListToAttendance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	require.Equal(t, wordOfTitle, c.Title)
	require.Equal(t, wordOfPlace, c.Venues["d1"])
	e := w.seated(trainee, c)
	require.Equal(t, enrolment.Modules, e.Phase)
	require.Equal(t, training.SeatTaken, e.Seat.Status)
	require.Equal(t, 11, w.cohort(trainee, c.ID).Free)

	w.signed(c, "d1", entry(e, 480))
	require.Equal(t, 480, w.enrolment(trainee, e.ID).Progress.Minutes)
	require.Positive(t, w.count("SELECT count(*) FROM notification WHERE recipient = $1 AND kind = 'admitted'", trainee))

	offer := w.cohort(trainee, c.ID)
	require.Equal(t, "offer", offer.Lens)
	require.Empty(t, offer.Places)
	for _, as := range []string{trainee, employer, coordinator, trainer, stranger} {
		w.get(foreign(as), cohortPath(c.ID)).refused(http.StatusNotFound, "not-found", "scope")
		w.get(foreign(as), enrolmentPath(e.ID)).refused(http.StatusNotFound, "not-found", "scope")
	}
	require.Equal(t, http.StatusUnauthorized, w.get("", cohortPath(c.ID)).code)
}
