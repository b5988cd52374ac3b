package reference

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// damaged returns the real files with one text of one of them replaced.
func damaged(t *testing.T, file, old, replacement string) fs.FS {
	names, err := fs.Glob(files, "*.csv")
	require.NoError(t, err)
	all := fstest.MapFS{}
	for _, name := range names {
		content, err := files.ReadFile(name)
		require.NoError(t, err)
		all[name] = &fstest.MapFile{Data: content}
	}
	content := string(all[file].Data)
	require.Equal(t, 1, strings.Count(content, old), "%s in %s", old, file)
	all[file].Data = []byte(strings.Replace(content, old, replacement, 1))
	return all
}

func TestAnErrorNamesFileLineAndColumn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, old, replacement, want string }{
		"a renamed column":                        {"nrw_regions.csv", "region_ags,name", "ags,name", `nrw_regions.csv:1:1: header`},
		"a missing cell":                          {"nrw_regions.csv", ",5261157", "", `nrw_regions.csv: record on line 2: wrong number of fields`},
		"a short region key":                      {"nrw_regions.csv", "051,R", "51,R", `nrw_regions.csv:2:1: region_ags "51": want digits, [3] of them`},
		"a region twice":                          {"nrw_regions.csv", "053,R", "051,R", `nrw_regions.csv:3:1: region_ags "051": appears twice`},
		"a fictional region that is real":         {"fictional_regions.csv", "058", "059", `fictional_regions.csv:2:1: region_ags "059": appears twice`},
		"a wrong sum":                             {"nrw_regions.csv", "5261157", "5261158", `nrw_regions.csv:2:40: population "5261158": want "5261157"`},
		"a sign":                                  {"nrw_regions.csv", "5261157", "+5261157", `nrw_regions.csv:2:40: population "+5261157": want a number above zero`},
		"letters in a key":                        {"nrw_districts.csv", "05111,", "0511x,", `nrw_districts.csv:2:1: district_ags "0511x": want digits`},
		"a key too short to cut":                  {"nrw_districts.csv", "05111,", "0,", `nrw_districts.csv:2:1: district_ags "0": want digits`},
		"an unknown region":                       {"nrw_districts.csv", "05111,Düsseldorf,kreisfreie_stadt,051", "05111,Düsseldorf,kreisfreie_stadt,052", `nrw_districts.csv:2:36: region_ags "052": no such region`},
		"a real district in the fictional region": {"nrw_districts.csv", "05111,Düsseldorf,kreisfreie_stadt,051,Regierungsbezirk Düsseldorf", "05111,Düsseldorf,kreisfreie_stadt,058,Fiktiver Regierungsbezirk", `region_ags "058": no such region`},
		"a district of another region":            {"nrw_districts.csv", "05111,Düsseldorf,kreisfreie_stadt,051,Regierungsbezirk Düsseldorf", "05111,Düsseldorf,kreisfreie_stadt,053,Regierungsbezirk Köln", `region_ags "053": want the beginning of 05111`},
		"a wrong region name":                     {"nrw_districts.csv", "05111,Düsseldorf,kreisfreie_stadt,051,Regierungsbezirk Düsseldorf", "05111,Düsseldorf,kreisfreie_stadt,051,Düsseldorf", `region_name "Düsseldorf": want "Regierungsbezirk Düsseldorf"`},
		"an unknown kind":                         {"nrw_districts.csv", "05111,Düsseldorf,kreisfreie_stadt", "05111,Düsseldorf,Kreis", `kind "Kreis": want one of ["kreis" "kreisfreie_stadt"]`},
		"a missing district":                      {"nrw_districts.csv", "05112,Duisburg,kreisfreie_stadt,051,Regierungsbezirk Düsseldorf,Duisburg,1,502211,true\n", "", `nrw_municipalities.csv:3:29: district_ags "05112": no such district`},
		"a space":                                 {"nrw_municipalities.csv", "05154004,Bedburg-Hau", "05154004, Bedburg-Hau", `name " Bedburg-Hau": want a text without space around it`},
		"a municipality twice":                    {"nrw_municipalities.csv", "05154008,Emmerich am Rhein,kreisangehoerig,05154,Kreis Kleve,051,Regierungsbezirk Düsseldorf,31544,Stadt,\"Emmerich am Rhein, Stadt\",051540008008", "05154004,Emmerich am Rhein,kreisangehoerig,05154,Kreis Kleve,051,Regierungsbezirk Düsseldorf,31544,Stadt,\"Emmerich am Rhein, Stadt\",051540004004", `ags "05154004": appears twice`},
		"a municipality elsewhere":                {"nrw_municipalities.csv", "05154004,Bedburg-Hau,kreisangehoerig,05154,Kreis Kleve", "05154004,Bedburg-Hau,kreisangehoerig,05158,Kreis Mettmann", `district_ags "05158": want the beginning of 05154004`},
		"a kind that its district denies":         {"nrw_municipalities.csv", "Bedburg-Hau,kreisangehoerig", "Bedburg-Hau,kreisfrei", `kind "kreisfrei": its district is a kreis`},
		"an ARS of another":                       {"nrw_municipalities.csv", "051540004004", "051540004008", `ars "051540004008": want "051540004004"`},
		"a population lost":                       {"nrw_municipalities.csv", "13341,Gemeinde,Bedburg-Hau", ",Gemeinde,Bedburg-Hau", `population "": want a text`},
		"a population changed":                    {"nrw_municipalities.csv", "13341,Gemeinde,Bedburg-Hau", "13342,Gemeinde,Bedburg-Hau", `nrw_districts.csv:12:`},
		"a centre of nobody":                      {"nrw_ki.csv", "05334002", "05334003", `nrw_ki.csv:55:1: carrier_ags "05334003": no such carrier`},
		"a centre of a wrong kind":                {"nrw_ki.csv", "StädteRegion Aachen,kreis", "StädteRegion Aachen,kreisfreie_stadt", `carrier_kind "kreisfreie_stadt": want "kreis"`},
		"a district without one":                  {"nrw_ki.csv", "05334,Kommunales Integrationszentrum StädteRegion Aachen,kreis,053\n", "", `has_ki "true": want "false"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(damaged(t, tt.file, tt.old, tt.replacement))
			require.ErrorContains(t, err, tt.want)
			require.Regexp(t, `^(nrw|fictional)_[a-z]+\.csv:`, err.Error())
		})
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	t.Parallel()
	_, err := parse(fstest.MapFS{})
	require.ErrorContains(t, err, "nrw_regions.csv")
}
