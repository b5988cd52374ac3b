package api_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/training"
)

func TestStatisticsShowNoFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.planned(nil)
	const path = "/api/v1/training/statistics"
	var s training.TrainingStatistics
	w.get(evaluation, path).ok(&s)
	require.Equal(t, 0, *s.Total)
	for i := range 11 {
		as := fmt.Sprint("u-many", i)
		w.grant(as, "trainee", here)
		e := w.post(as, "/api/v1/enrolments", application(c)).enrolmentView()
		if i < 5 {
			w.enrol(employer, e, "decide-release", object{"granted": false, "reason": "Nein."}).enrolmentView()
		}
		s = training.TrainingStatistics{}
		w.get(evaluation, path).ok(&s)
		switch i {
		case 3:
			require.Nil(t, s.Total, "four are too few")
			require.Empty(t, s.Curricula)
		case 4:
			require.Equal(t, 5, *s.Total)
		case 6: // five and two
			require.Equal(t, 7, *s.Total)
			require.Len(t, s.Curricula[0].Phases, 2)
			for _, p := range s.Curricula[0].Phases {
				require.Nil(t, p.Total, "the five would tell the two")
			}
		}
	}
	require.Equal(t, 11, *s.Total)
	require.Equal(t, "koko", s.Curricula[0].Curriculum)
	require.Equal(t, 11, *s.Curricula[0].Total)
	numbers := map[string]int{}
	for _, p := range s.Curricula[0].Phases {
		numbers[string(p.Phase)] = *p.Total
	}
	require.Equal(t, map[string]int{"applied": 6, "rejected": 5}, numbers)
	require.Len(t, s.Curricula[0].Districts, 1)
	require.Equal(t, 11, *s.Curricula[0].Districts[0].Total)

	for _, as := range []string{coordinator, certifier} {
		s = training.TrainingStatistics{}
		w.get(as, path).ok(&s)
		require.Equal(t, 11, *s.Total, as)
	}
	s = training.TrainingStatistics{}
	w.get(foreign(evaluation), path).ok(&s)
	require.Equal(t, 0, *s.Total, "elsewhere nobody is counted")
	for _, as := range []string{trainee, trainer, employer, assessor, stranger, admin} {
		w.get(as, path).refused(http.StatusForbidden, "forbidden", "role")
	}
	w.get("", path).problem(http.StatusUnauthorized, "unauthenticated")
	w.get(evaluation, path+"?ags="+string(here)).problem(http.StatusUnprocessableEntity, "invalid")
}
