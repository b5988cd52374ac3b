package reference_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/db/reference"
	"koko/domain/ags"
	"koko/internal/demo"
)

func TestNRWHasItsRegionsDistrictsMunicipalitiesAndCentres(t *testing.T) {
	t.Parallel()
	regions := count(reference.Regions(), func(g reference.Region) bool { return !g.Fictional })
	districts := count(reference.Districts(), func(d reference.District) bool { return !d.Fictional })
	municipalities := count(reference.Municipalities(), func(m reference.Municipality) bool { return !m.Fictional })
	centres := count(reference.IntegrationCentres(), func(c reference.IntegrationCentre) bool { return !c.Fictional })
	require.Equal(t, []int{5, 53, 396, 54}, []int{regions, districts, municipalities, centres})

	require.Equal(t, 22, count(reference.Districts(), func(d reference.District) bool { return d.Kind == reference.KreisfreieStadt }))
	require.Equal(t, 22, count(reference.Municipalities(), func(m reference.Municipality) bool { return m.Kind == reference.Kreisfrei }))
	require.Equal(t, 272, count(reference.Municipalities(), func(m reference.Municipality) bool { return m.Type == "Stadt" && !m.Fictional }))
}

func count[T any](rows []T, is func(T) bool) (n int) {
	for _, r := range rows {
		if is(r) {
			n++
		}
	}
	return n
}

func TestThePopulationOfNRWAddsUp(t *testing.T) {
	t.Parallel()
	sum := 0
	for _, m := range reference.Municipalities() {
		if !m.Fictional {
			sum += m.Population
		}
	}
	require.Equal(t, 18_139_116, sum)
}

func TestEveryMunicipalityHasAKeyADistrictAndExactlyOneCentre(t *testing.T) {
	t.Parallel()
	districts, served := map[string]bool{}, map[ags.Key]int{}
	for _, d := range reference.Districts() {
		districts[d.AGS] = true
	}
	for _, c := range reference.IntegrationCentres() {
		require.NotEmpty(t, c.Area(), c.Name)
		for _, key := range c.Area() {
			served[key]++
		}
	}
	for _, m := range reference.Municipalities() {
		require.True(t, m.AGS.Valid(), m.Name)
		require.True(t, districts[m.District], m.Name)
		require.Equal(t, 1, served[m.AGS], m.Name)
	}
	require.Len(t, served, len(reference.Municipalities()))
}

func TestEveryDistrictIsServedByItsOwnCentre(t *testing.T) {
	t.Parallel()
	for _, d := range reference.Districts() {
		require.NotEmpty(t, centre(t, d.AGS).Area(), d.Name)
	}
}

func centre(t *testing.T, carrier string) reference.IntegrationCentre {
	all := reference.IntegrationCentres()
	i := slices.IndexFunc(all, func(c reference.IntegrationCentre) bool { return c.Carrier == carrier })
	require.GreaterOrEqual(t, i, 0, carrier)
	return all[i]
}

func TestAachenIsServedByItsOwnCentreAndNotByTheRegion(t *testing.T) {
	t.Parallel()
	const aachen = ags.Key("05334002")
	require.Equal(t, "Aachen", municipality(t, aachen).Name)
	require.Equal(t, ags.Area{aachen}, centre(t, string(aachen)).Area())

	around := centre(t, "05334").Area()
	require.Len(t, around, 9, "ten municipalities without Aachen")
	require.False(t, around.Covers(aachen))
	require.True(t, around.Covers("05334004"), "Alsdorf")
}

func municipality(t *testing.T, key ags.Key) reference.Municipality {
	all := reference.Municipalities()
	i := slices.IndexFunc(all, func(m reference.Municipality) bool { return m.AGS == key })
	require.GreaterOrEqual(t, i, 0, key)
	return all[i]
}

// The two are exchanged in lists that circulate.
func TestBedburgHauIsNotEmmerich(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Bedburg-Hau", municipality(t, "05154004").Name)
	require.Equal(t, "Emmerich am Rhein", municipality(t, "05154008").Name)
}

func TestTheFictionalDistrictIsTheOneOfTheDemoCases(t *testing.T) {
	t.Parallel()
	cases, err := demo.Cases()
	require.NoError(t, err)
	require.Len(t, cases, 10)

	lankeland := centre(t, "05999")
	require.True(t, lankeland.Fictional)
	names := map[ags.Key]string{
		"05999001": "Musterhausen an der Lanke", "05999002": "Neuwerden", "05999003": "Altbrück", "05999004": "Erlenkamp", "05999005": "Lindenrath",
	}
	require.Len(t, lankeland.Area(), len(names))
	for k, name := range names {
		require.True(t, lankeland.Area().Covers(k))
		m := municipality(t, k)
		require.Equal(t, name, m.Name)
		require.True(t, m.Fictional)
	}
	districts := reference.Districts()
	require.Equal(t, "Kreis Lankeland (fiktiv)", districts[len(districts)-1].Name)
	for _, c := range cases {
		require.Contains(t, names, c.In, c.Name)
	}
}

func TestACallerCannotChangeTheReferenceData(t *testing.T) {
	t.Parallel()
	reference.Municipalities()[0].Name = "changed"
	require.NotEqual(t, "changed", reference.Municipalities()[0].Name)
	centre(t, "05334").Area()[0] = "00000000"
	require.NotContains(t, centre(t, "05334").Area(), ags.Key("00000000"))
}
