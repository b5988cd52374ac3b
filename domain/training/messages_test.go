package training_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
)

// What one kind sends is read by the other one as it was meant, and neither takes words along.
func TestWhatOneKindSendsTheOtherUnderstands(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	id := strings.Repeat("0", 8) + "-0000-4000-8000-000000000001"
	doc := file.Docs{Docs: []file.Doc{{ID: id, Action: "x", Compartment: training.TrainingFile, Digest: strings.Repeat("0", 64)}}}
	for _, m := range []struct {
		to         *file.Definition
		bare, with file.Command
	}{
		{file.Define(cohort.Spec), training.Join{Enrolment: id, AGS: "05999001", Since: at}, training.Join{Docs: doc}},
		{file.Define(cohort.Spec), training.TakeSeat{Enrolment: id}, training.TakeSeat{Docs: doc}},
		{file.Define(cohort.Spec), training.Leave{Enrolment: id}, training.Leave{Docs: doc}},
		{file.Define(cohort.Spec), training.Visit{Enrolment: id, Unit: "m1"}, training.Visit{Docs: doc}},
		{file.Define(enrolment.Spec), training.OfferSeat{Cohort: id, Until: &at}, training.OfferSeat{Docs: doc}},
		{file.Define(enrolment.Spec), training.Queue{Cohort: id}, training.Queue{Docs: doc}},
		{file.Define(enrolment.Spec), training.LoseSeat{Cohort: id, Into: id}, training.LoseSeat{Docs: doc}},
		{file.Define(enrolment.Spec), training.Attend{Attendance: training.Attendance{Cohort: id, Date: "d1", Unit: "m1", On: at}}, training.Attend{Docs: doc}},
	} {
		require.NoError(t, m.bare.Check(), m.bare.Action())
		require.Error(t, m.with.Check(), m.bare.Action())
		sent, err := json.Marshal(m.bare)
		require.NoError(t, err)
		got, err := m.to.Command(m.bare.Action(), sent)
		require.NoError(t, err, m.bare.Action())
		require.NoError(t, got.Check())
		received, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, string(sent), string(received))
		require.NotEqual(t, m.bare, got, "it is the receiver's own command: it can be applied")
	}
}

// What KoKo itself fills in has few values, too: nobody checks them, but the document and the words list them.
func TestWhatIsFilledInHasItsValues(t *testing.T) {
	t.Parallel()
	for what, has := range []bool{
		contains(enrolment.FullCertificate), contains(enrolment.StepCertificate), contains(enrolment.ByLineManager),
		contains(enrolment.NeedAssessment), contains(enrolment.Tight), contains(enrolment.ForCohort),
	} {
		require.True(t, has, what)
	}
}

func contains[T interface {
	~string
	Values() []T
}](v T) bool {
	for _, w := range v.Values() {
		if w == v {
			return true
		}
	}
	return false
}
