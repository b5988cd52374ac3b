package reference

import (
	"io/fs"
	"maps"
	"slices"
	"strconv"

	"koko/domain/ags"
)

// The columns of the files, in their order.
var (
	regionColumns   = []string{"region_ags", "name", "districts", "municipalities", "population"}
	districtColumns = []string{
		"district_ags", "name", "kind", "region_ags", "region_name", "seat", "municipalities", "population", "has_ki",
	}
	municipalityColumns = []string{
		"ags", "name", "kind", "district_ags", "district_name", "region_ags", "region_name", "population", "type", "official_name", "ars",
	}
	centreColumns = []string{"carrier_ags", "name", "carrier_kind", "region_ags"}
)

// tables is what the files say, row by row in their order.
type tables struct {
	regions        []Region
	districts      []District
	municipalities []Municipality
	centres        []IntegrationCentre
}

// A parser reads the tables from the whole to the part, so that each row is checked against what it belongs to.
type parser struct {
	tables
	regionRows, districtRows []row
	regionOf                 map[string]Region
	districtOf               map[string]District
	municipalityOf           map[string]Municipality
	centreOf                 map[string]bool
	err                      error
}

// parse reads all files. Its error names file, line and column of the first thing that is wrong.
func parse(fsys fs.FS) (*tables, error) {
	p := &parser{
		regionOf:       map[string]Region{},
		districtOf:     map[string]District{},
		municipalityOf: map[string]Municipality{},
		centreOf:       map[string]bool{},
	}
	p.each(fsys, "regions", regionColumns, p.region)
	p.each(fsys, "districts", districtColumns, p.district)
	p.each(fsys, "municipalities", municipalityColumns, p.municipality)
	p.each(fsys, "ki", centreColumns, p.centre)
	if p.err == nil {
		p.sums()
		p.areas()
	}
	if p.err != nil {
		return nil, p.err
	}
	return &p.tables, nil
}

// each reads the real and the fictional rows of a sheet, up to the first that is wrong.
func (p *parser) each(fsys fs.FS, sheet string, columns []string, read func(row)) {
	for _, origin := range []string{"nrw_", "fictional_"} {
		if p.err != nil {
			return
		}
		rows, err := readSheet(fsys, origin+sheet+".csv", columns, &p.err)
		if err != nil {
			p.err = err
			return
		}
		for _, r := range rows {
			if read(r); p.err != nil {
				return
			}
		}
	}
}

func (p *parser) region(r row) {
	g := Region{
		AGS:            r.digits("region_ags", 3),
		Name:           r.text("name"),
		Districts:      r.number("districts"),
		Municipalities: r.number("municipalities"),
		Population:     r.number("population"),
		Fictional:      r.fictional,
	}
	add(r, "region_ags", p.regionOf, g.AGS, g)
	p.regions = append(p.regions, g)
	p.regionRows = append(p.regionRows, r)
}

func (p *parser) district(r row) {
	d := District{
		AGS:            r.digits("district_ags", 5),
		Name:           r.text("name"),
		Kind:           r.oneOf("kind", Kreis, KreisfreieStadt),
		Region:         r.digits("region_ags", 3),
		Seat:           r.text("seat"),
		Municipalities: r.number("municipalities"),
		Population:     r.number("population"),
		Fictional:      r.fictional,
	}
	if p.err != nil {
		return // a key of the wrong length cannot be cut
	}
	r.within(d.AGS, p.regionOf[d.Region])
	add(r, "district_ags", p.districtOf, d.AGS, d)
	p.districts = append(p.districts, d)
	p.districtRows = append(p.districtRows, r)
}

// within checks that the row with this key belongs to g as its columns say.
func (r row) within(key string, g Region) {
	if g.AGS == "" || g.Fictional != r.fictional {
		r.refuse("region_ags", "no such region")
		return
	}
	r.equal("region_name", g.Name)
	// The fictional district takes the place of no real region: 059 is Arnsberg.
	if !r.fictional && key[:3] != g.AGS {
		r.refuse("region_ags", "want the beginning of %s", key)
	}
}

func (p *parser) municipality(r row) {
	m := Municipality{
		AGS:          ags.Key(r.digits("ags", 8)),
		ARS:          r.digits("ars", 12),
		Name:         r.text("name"),
		OfficialName: r.text("official_name"),
		Kind:         r.oneOf("kind", Kreisfrei, Kreisangehoerig),
		Type:         string(r.oneOf("type", "Stadt", "Gemeinde")),
		District:     r.digits("district_ags", 5),
		Region:       r.digits("region_ags", 3),
		Population:   r.number("population"),
		Fictional:    r.fictional,
	}
	if p.err != nil {
		return
	}
	key, d := string(m.AGS), p.districtOf[m.District]
	r.inDistrict(m, d)
	r.equal("region_ags", d.Region)
	r.within(key, p.regionOf[m.Region])
	// No municipality of NRW belongs to a Gemeindeverband: its number stands in the ARS twice.
	r.equal("ars", key[:5]+"0"+key[5:]+key[5:])
	add(r, "ags", p.municipalityOf, key, m)
	p.municipalities = append(p.municipalities, m)
}

func (r row) inDistrict(m Municipality, d District) {
	if d.AGS == "" || d.Fictional != r.fictional {
		r.refuse("district_ags", "no such district")
		return
	}
	r.equal("district_name", d.Name)
	if string(m.AGS)[:5] != d.AGS {
		r.refuse("district_ags", "want the beginning of %s", m.AGS)
	}
	if (m.Kind == Kreisfrei) != (d.Kind == KreisfreieStadt) {
		r.refuse("kind", "its district is a %s", d.Kind)
	}
}

func (p *parser) centre(r row) {
	c := IntegrationCentre{
		Carrier:     r.digits("carrier_ags", 5, 8),
		CarrierKind: r.oneOf("carrier_kind", Kreis, KreisfreieStadt, RegionsangehoerigeStadt),
		Name:        r.text("name"),
		Region:      r.digits("region_ags", 3),
		Fictional:   r.fictional,
	}
	if c.CarrierKind == RegionsangehoerigeStadt {
		m := p.municipalityOf[c.Carrier]
		r.carriedBy(m.Name, m.Region, m.Fictional)
	} else {
		d := p.districtOf[c.Carrier]
		r.carriedBy(d.Name, d.Region, d.Fictional)
		r.equal("carrier_kind", string(d.Kind))
	}
	add(r, "carrier_ags", p.centreOf, c.Carrier, true)
	p.centres = append(p.centres, c)
}

func (r row) carriedBy(name, region string, fictional bool) {
	if name == "" || fictional != r.fictional {
		r.refuse("carrier_ags", "no such carrier")
	}
	r.equal("region_ags", region)
}

// add enters a row under its key, which must be new, also among the fictional and the real.
func add[T any](r row, column string, known map[string]T, key string, value T) {
	if _, ok := known[key]; ok {
		r.refuse(column, "appears twice")
	}
	known[key] = value
}

// sums checks what a file says of its parts against the parts.
func (p *parser) sums() {
	type sum struct{ districts, municipalities, population int }
	in := map[string]*sum{}
	for _, key := range slices.Concat(slices.Collect(maps.Keys(p.regionOf)), slices.Collect(maps.Keys(p.districtOf))) {
		in[key] = &sum{}
	}
	for _, m := range p.municipalities {
		for _, key := range []string{m.Region, m.District} {
			in[key].municipalities++
			in[key].population += m.Population
		}
	}
	for i, d := range p.districts {
		r := p.districtRows[i]
		in[d.Region].districts++
		r.equal("municipalities", strconv.Itoa(in[d.AGS].municipalities))
		r.equal("population", strconv.Itoa(in[d.AGS].population))
		r.equal("has_ki", strconv.FormatBool(p.centreOf[d.AGS]))
	}
	for i, g := range p.regions {
		r := p.regionRows[i]
		r.equal("districts", strconv.Itoa(in[g.AGS].districts))
		r.equal("municipalities", strconv.Itoa(in[g.AGS].municipalities))
		r.equal("population", strconv.Itoa(in[g.AGS].population))
	}
}

// areas assigns each municipality to its own centre if it has one, else to its district's.
func (p *parser) areas() {
	area := map[string]ags.Area{}
	for _, m := range p.municipalities {
		carrier := m.District
		if p.centreOf[string(m.AGS)] {
			carrier = string(m.AGS)
		}
		area[carrier] = append(area[carrier], m.AGS)
	}
	for i := range p.centres {
		p.centres[i].area = area[p.centres[i].Carrier]
	}
}
