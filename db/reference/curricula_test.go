package reference

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestACurriculumStandsInTheFileOfItsVersion(t *testing.T) {
	b, err := curricula.ReadFile("curricula/koko.v1.json")
	require.NoError(t, err)
	koko := string(b)
	for name, tc := range map[string]struct{ file, text, want string }{
		"as shipped":               {"koko.v1.json", koko, ""},
		"another version":          {"koko.v2.json", koko, "its content belongs into curricula/koko.v1.json"},
		"no JSON":                  {"koko.v1.json", "{", "unexpected end"},
		"nobody could complete it": {"koko.v1.json", strings.Replace(koko, `"modules": 4`, `"modules": 6`, 1), "out of range"},
	} {
		cs, err := readCurricula(fstest.MapFS{"curricula/" + tc.file: {Data: []byte(tc.text)}})
		if tc.want == "" {
			require.NoError(t, err, name)
			require.Equal(t, Curricula()[:1], cs, name)
			continue
		}
		require.ErrorContains(t, err, tc.want, name)
		require.ErrorContains(t, err, tc.file, name)
	}
}
