// Package reference carries the municipal geography of Nordrhein-Westfalen and its integration
// centres, and one fictional district for demonstrations.
//
// Source of the real keys, names and populations: Statistisches Bundesamt (Destatis),
// Gemeindeverzeichnis GV100AD, area status 30.11.2023. README.md has the details.
package reference

import (
	"embed"
	"slices"
	"sync"

	"koko/domain/ags"
)

// A Kind says what sort of body a district, a municipality or the carrier of a centre is.
type Kind string

// The kinds, in the field's own words.
const (
	Kreis                   Kind = "kreis"
	KreisfreieStadt         Kind = "kreisfreie_stadt"
	RegionsangehoerigeStadt Kind = "regionsangehoerige_stadt" // a municipality that carries its own centre
	Kreisfrei               Kind = "kreisfrei"
	Kreisangehoerig         Kind = "kreisangehoerig"
)

// A Region is a Regierungsbezirk.
type Region struct {
	AGS            string // three digits
	Name           string
	Districts      int
	Municipalities int
	Population     int
	Fictional      bool
}

// A District is a Kreis or a kreisfreie Stadt.
type District struct {
	AGS            string // five digits
	Name           string
	Kind           Kind
	Region         string
	Seat           string
	Municipalities int
	Population     int
	Fictional      bool
}

// A Municipality is a Stadt or a Gemeinde.
type Municipality struct {
	AGS          ags.Key
	ARS          string // twelve digits
	Name         string
	OfficialName string
	Kind         Kind
	Type         string // Stadt or Gemeinde
	District     string
	Region       string
	Population   int
	Fictional    bool
}

// An IntegrationCentre is a Kommunales Integrationszentrum (KI).
type IntegrationCentre struct {
	Carrier     string // the AGS of its district, or of its municipality
	CarrierKind Kind
	Name        string
	Region      string
	Fictional   bool
	area        ags.Area
}

// Area returns the municipalities that the centre serves: those of its district without those
// that carry a centre of their own.
func (c IntegrationCentre) Area() ags.Area { return slices.Clone(c.area) }

//go:embed *.csv
var files embed.FS

// load panics on broken files: they are part of the program, and a test reads them.
var load = sync.OnceValue(func() *tables {
	t, err := parse(files)
	if err != nil {
		panic(err)
	}
	return t
})

// Regions returns all regions, the fictional one last.
func Regions() []Region { return slices.Clone(load().regions) }

// Districts returns all districts, the fictional one last.
func Districts() []District { return slices.Clone(load().districts) }

// Municipalities returns all municipalities, the fictional ones last.
func Municipalities() []Municipality { return slices.Clone(load().municipalities) }

// IntegrationCentres returns all integration centres, the fictional one last.
func IntegrationCentres() []IntegrationCentre { return slices.Clone(load().centres) }
