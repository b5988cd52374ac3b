package db_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/internal/dbtest"
)

// A substitute holds the roles from the first moment of the first day to the last one of the last, in summer and in
// winter, and as long as the person does.
func TestASubstituteHoldsTheRolesForWholeDays(t *testing.T) {
	t.Parallel()
	r := dbtest.New(t)
	ctx := context.Background()
	area := ags.Area{town}
	r.Hold(t, "conflict_manager", ags.Area{town, bonn}, "ada")
	r.Hold(t, "caseworker", area, "ada")
	for _, day := range []calendar.Day{calendar.On(2027, time.January, 15), calendar.On(2027, time.July, 15), calendar.On(2027, time.March, 28), calendar.On(2027, time.October, 31)} {
		first, over := day.Begins(), (day + 2).Begins()
		id := uuid.NewString()
		require.NoError(t, db.Within(ctx, r.API, "ada", area, func(q *db.Queries) error {
			_, err := q.AddSubstitution(ctx, db.AddSubstitutionParams{
				ID: id, Person: "ada", Substitute: "eve", Roles: []string{"conflict_manager"}, Area: area, ValidFrom: first, ValidUntil: over, EnteredBy: "ada",
			})
			return err
		}))
		held := func(who string, at time.Time) (roles []string) {
			for _, g := range must(as(r, who).ListGrantsOf(ctx, db.ListGrantsOfParams{Subject: who, At: at})) {
				roles = append(roles, g.Role+" "+g.InsteadOf)
				if g.InsteadOf != "" {
					require.Equal(t, area, g.Area, "not where ada holds it besides")
				}
			}
			return roles
		}
		for _, at := range []time.Time{first, first.Add(24 * time.Hour), (day + 1).Ends(), over.Add(-time.Millisecond), over.Add(-time.Microsecond)} {
			require.Equal(t, []string{"conflict_manager ada"}, held("eve", at), at)
			require.Len(t, held("ada", at), 2)
		}
		for _, at := range []time.Time{first.Add(-time.Microsecond), first.Add(-time.Millisecond), over} {
			require.Empty(t, held("eve", at), at)
		}
		require.Empty(t, must(as(r, "zoe").ListGrantsOf(ctx, db.ListGrantsOfParams{Subject: "eve", At: first})), "another's")
		require.Empty(t, must(as(r, "zoe").ListSubstitutions(ctx, db.ListSubstitutionsParams{Caller: "eve", Within: []string{}, BeforeAt: at.AddDate(99, 0, 0), BeforeID: afterAll, PageSize: 9})), "row security")

		_, err := r.Owner.Exec(ctx, "UPDATE role_grant SET valid_until = $1, ended_by = 'root' WHERE role = 'conflict_manager'", first.Add(time.Hour))
		require.NoError(t, err)
		require.NotEmpty(t, held("eve", first))
		require.Empty(t, held("eve", first.Add(time.Hour)), "the person's own grant has ended")
		_, err = r.Owner.Exec(ctx, "UPDATE role_grant SET valid_until = NULL, ended_by = NULL WHERE role = 'conflict_manager'")
		require.NoError(t, err)
		require.NoError(t, second(r.Owner.Exec(ctx, "UPDATE substitution SET valid_until = $1, ended_by = 'ada' WHERE id = $2", first.Add(2*time.Hour), id)))
		require.Empty(t, held("eve", first.Add(2*time.Hour)), "it was ended")
		require.NoError(t, second(r.Owner.Exec(ctx, "UPDATE substitution SET valid_until = valid_from WHERE id = $1", id)))
	}
	_, err := r.API.Exec(ctx, "DELETE FROM substitution")
	require.ErrorContains(t, err, "permission denied", "never deleted")
	_, err = r.API.Exec(ctx, "DELETE FROM absence")
	require.ErrorContains(t, err, "permission denied")
}
