package ags_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
)

func TestAKeyHasEightDigits(t *testing.T) {
	for k, want := range map[ags.Key]bool{
		"05334002": true, "05999001": true, "": false, "05334": false, "0533400": false, "053340021": false, "0533400a": false, "０５３３": false, "-5334002": false,
	} {
		require.Equal(t, want, k.Valid(), k)
	}
}

func TestAnAreaCoversItsMunicipalitiesAlone(t *testing.T) {
	region := ags.Area{"05334004", "05334008"} // the Städteregion without Aachen
	require.True(t, region.Covers("05334004"))
	require.False(t, region.Covers("05334002"), "no prefix")
	require.False(t, region.Covers("05334"))
	require.False(t, ags.Area(nil).Covers("05334002"))
}

func TestAnAreaCoversAnother(t *testing.T) {
	region := ags.Area{"05334004", "05334008"}
	for name, tc := range map[string]struct {
		other ags.Area
		want  bool
	}{
		"itself":             {region, true},
		"a part":             {ags.Area{"05334008"}, true},
		"more":               {ags.Area{"05334008", "05334002"}, false},
		"nothing is no part": {nil, false},
	} {
		require.Equal(t, tc.want, region.CoversAll(tc.other), name)
	}
	require.False(t, ags.Area(nil).CoversAll(nil))
}

func TestMergingChangesNeitherArea(t *testing.T) {
	a, b := ags.Area{"3", "1"}, ags.Area{"2", "1"}
	require.Equal(t, ags.Area{"1", "2", "3"}, a.Merge(b))
	require.Equal(t, ags.Area{"3", "1"}, a)
	require.Equal(t, ags.Area{"2", "1"}, b)
	require.Empty(t, ags.Area(nil).Merge(nil))
}
