package demo_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/internal/demo"
	"koko/policies"
)

var roles = []string{
	"admin", "caseworker", "clearing", "conflict_manager", "dpo",
	"evaluation", "mediator", "reporter", "steering", "supervisor",
}

// The district carries the certification out and advises; trainees and who releases them are everywhere.
var learning = map[string][]string{
	"musterhausen": {"line_manager", "trainee"}, "neuwerden": {"line_manager", "trainee"},
	"lankeland": {"advice_coordinator", "adviser", "assessor", "certifier", "coordinator", "line_manager", "trainee", "trainer"},
}

func TestEveryPlaceHasEveryRole(t *testing.T) {
	t.Parallel()
	have := map[string][]string{}
	for _, u := range demo.Users() {
		_, place, _ := strings.Cut(u.Login, ".")
		have[place] = append(have[place], u.Role)
	}
	require.Len(t, have, 3)
	for place, got := range have {
		slices.Sort(got)
		want := slices.Sorted(slices.Values(slices.Concat(roles, learning[place])))
		require.Equal(t, want, slices.Compact(got), place)
	}
}

func TestUsersAreDistinctAndValid(t *testing.T) {
	t.Parallel()
	logins, names, subjects := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, u := range demo.Users() {
		require.False(t, logins[u.Login] || names[u.Name] || subjects[u.Subject], u.Login)
		logins[u.Login], names[u.Name], subjects[u.Subject] = true, true, true
		require.NotEmpty(t, u.Name, u.Login)
		require.NotEmpty(t, u.Title, u.Login)
		require.NoError(t, uuid.Validate(u.Subject))
		for _, k := range u.Areas {
			require.True(t, k.Valid(), u.Login)
		}
	}
}

func TestFourEyesHaveTwoPeople(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"musterhausen", "neuwerden", "lankeland"} {
		one, ok := demo.Find("conflict_manager." + place)
		require.True(t, ok)
		two, ok := demo.Find("conflict_manager2." + place)
		require.True(t, ok)
		require.NotEqual(t, one.Subject, two.Subject)
		require.Equal(t, one.Role, two.Role)
		require.Equal(t, one.Areas, two.Areas)
	}
}

func TestSubjectsNeverChange(t *testing.T) {
	t.Parallel()
	u, ok := demo.Find("clearing.musterhausen")
	require.True(t, ok)
	require.Equal(t, "1f0fbee9-3818-546b-877e-1c628de3e8e6", u.Subject, "grants and audit entries of existing data folders name it")
}

func TestATraineeWorksForOneMunicipality(t *testing.T) {
	t.Parallel()
	n := 0
	for _, u := range demo.Users() {
		if u.Role == "trainee" {
			n++
			require.Len(t, u.Areas, 1, u.Login)
		}
	}
	require.Equal(t, 14, n)
}

func TestTheDistrictCoversItsMunicipalitiesOnly(t *testing.T) {
	t.Parallel()
	u, ok := demo.Find("supervisor.lankeland")
	require.True(t, ok)
	require.Equal(t, []ags.Key{"05999001", "05999002", "05999003", "05999004", "05999005"}, u.Areas)
	_, ok = demo.Find("nobody.lankeland")
	require.False(t, ok)
}

func TestWhoeverTwoHaveToAppointIsAppointedBefore(t *testing.T) {
	t.Parallel()
	policy, err := policies.Load()
	require.NoError(t, err)
	var appointed, byTwo []string
	for _, u := range demo.Appointed() {
		appointed = append(appointed, u.Login)
	}
	for _, u := range demo.Users() {
		if policy.ByTwo(policies.Role(u.Role)) {
			byTwo = append(byTwo, u.Login)
		}
	}
	require.Equal(t, byTwo, appointed)
	require.Len(t, appointed, 9, "three in each place")
}

func TestTheDemoRealmHasTheSameUsers(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../deploy/oidc/demo/koko-realm.json")
	require.NoError(t, err)
	var realm struct {
		Users []struct{ ID, Username, FirstName, LastName string }
	}
	require.NoError(t, json.Unmarshal(text, &realm))
	require.Len(t, realm.Users, len(demo.Users()))
	for _, u := range realm.Users {
		have, ok := demo.Find(u.Username)
		require.True(t, ok, u.Username)
		require.Equal(t, have.Subject, u.ID, u.Username)
		require.Equal(t, have.Name, u.FirstName+" "+u.LastName, u.Username)
	}
}
