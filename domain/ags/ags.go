// Package ags handles the official municipality key (Amtlicher Gemeindeschlüssel, AGS) of the
// Statistisches Bundesamt: two digits Land, one Regierungsbezirk, two Kreis, three Gemeinde.
package ags

import "slices"

// A Key is an eight-digit AGS.
type Key string

// Valid reports whether k has the form of an AGS: eight digits.
func (k Key) Valid() bool {
	if len(k) != 8 {
		return false
	}
	for _, r := range k {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// An Area is the set of municipalities that someone serves. It is a list, not a prefix:
// Aachen (05334002) lies in the Städteregion (05334) but has an integration centre of its own.
type Area []Key

// Covers reports whether k is in a.
func (a Area) Covers(k Key) bool { return slices.Contains(a, k) }

// Common returns the municipalities of a that lie in b, too.
func (a Area) Common(b Area) Area {
	both := Area{}
	for _, k := range a {
		if b.Covers(k) {
			both = append(both, k)
		}
	}
	return both
}

// CoversAll reports whether every key of b is in a, and b is not empty.
func (a Area) CoversAll(b Area) bool {
	for _, k := range b {
		if !a.Covers(k) {
			return false
		}
	}
	return len(b) > 0
}

// Merge returns the sorted union of a and b.
func (a Area) Merge(b Area) Area {
	m := slices.Concat(a, b)
	slices.Sort(m)
	return slices.Compact(m)
}
