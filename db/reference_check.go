package db

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"koko/db/reference"
)

// referenceRows are the rows that saveReference writes, by table and key.
func referenceRows() map[string]map[string]any {
	rows := map[string]map[string]any{}
	for _, r := range reference.Regions() {
		rows["region "+r.AGS] = map[string]any{"ags": r.AGS, "name": r.Name, "fictional": r.Fictional}
	}
	for _, d := range reference.Districts() {
		rows["district "+d.AGS] = map[string]any{
			"ags": d.AGS, "region_ags": d.Region, "name": d.Name, "kind": string(d.Kind), "seat": d.Seat, "fictional": d.Fictional,
		}
	}
	for _, m := range reference.Municipalities() {
		rows["municipality "+string(m.AGS)] = map[string]any{
			"ags": string(m.AGS), "district_ags": m.District, "name": m.Name, "official_name": m.OfficialName, "type": m.Type,
			"population": float64(m.Population), "fictional": m.Fictional,
		}
	}
	for _, c := range reference.IntegrationCentres() {
		area := []any{}
		for _, k := range c.Area() {
			area = append(area, string(k))
		}
		rows["integration_centre "+c.Carrier] = map[string]any{"carrier_ags": c.Carrier, "name": c.Name, "area": area, "fictional": c.Fictional}
	}
	return rows
}

// ListOtherReference names the rows of reference data that are not those of this build, and those that are missing.
func (q *Queries) ListOtherReference(ctx context.Context) (other, missing []string, err error) {
	rows, err := collect[struct {
		Name string
		Row  json.RawMessage
	}](ctx, q, `SELECT 'region ' || ags, to_jsonb(r) FROM region r UNION ALL SELECT 'district ' || ags, to_jsonb(r) FROM district r
		UNION ALL SELECT 'municipality ' || ags, to_jsonb(r) FROM municipality r
		UNION ALL SELECT 'integration_centre ' || carrier_ags, to_jsonb(r) FROM integration_centre r ORDER BY 1`)
	if err != nil {
		return nil, nil, fmt.Errorf("reference data: %w", err)
	}
	known := referenceRows()
	for _, r := range rows {
		var is map[string]any
		if err := json.Unmarshal(r.Row, &is); err != nil || !reflect.DeepEqual(is, known[r.Name]) {
			other = append(other, r.Name)
		}
		delete(known, r.Name)
	}
	return other, slices.Sorted(maps.Keys(known)), nil
}
