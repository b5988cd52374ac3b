-- name: ListMunicipalities :many
SELECT m.ags, m.name, m.official_name, m.type, m.population, m.district_ags, d.name AS district, d.region_ags, r.name AS region, m.fictional
FROM municipality m
JOIN district d ON d.ags = m.district_ags
JOIN region r ON r.ags = d.region_ags
WHERE m.ags > @after::text
    AND (sqlc.narg('district')::text IS NULL OR m.district_ags = sqlc.narg('district'))
    AND (sqlc.narg('name')::text IS NULL OR strpos(lower(m.name), lower(sqlc.narg('name'))) > 0)
ORDER BY m.ags
LIMIT @page_size;

-- name: GetMunicipality :one
SELECT m.ags, m.name, m.official_name, m.type, m.population, m.district_ags, d.name AS district, d.region_ags, r.name AS region, m.fictional
FROM municipality m
JOIN district d ON d.ags = m.district_ags
JOIN region r ON r.ags = d.region_ags
WHERE m.ags = @ags;

-- name: ListIntegrationCentres :many
SELECT carrier_ags, name, area, fictional FROM integration_centre ORDER BY carrier_ags;

-- name: SaveRegion :exec
INSERT INTO region (ags, name, fictional) VALUES (@ags, @name, @fictional)
ON CONFLICT (ags) DO UPDATE SET name = excluded.name, fictional = excluded.fictional;

-- name: SaveDistrict :exec
INSERT INTO district (ags, region_ags, name, kind, seat, fictional) VALUES (@ags, @region_ags, @name, @kind, @seat, @fictional)
ON CONFLICT (ags) DO UPDATE SET region_ags = excluded.region_ags, name = excluded.name, kind = excluded.kind,
    seat = excluded.seat, fictional = excluded.fictional;

-- name: SaveMunicipality :exec
INSERT INTO municipality (ags, district_ags, name, official_name, type, population, fictional)
VALUES (@ags, @district_ags, @name, @official_name, @type, @population, @fictional)
ON CONFLICT (ags) DO UPDATE SET district_ags = excluded.district_ags, name = excluded.name, official_name = excluded.official_name,
    type = excluded.type, population = excluded.population, fictional = excluded.fictional;

-- name: SaveIntegrationCentre :exec
INSERT INTO integration_centre (carrier_ags, name, area, fictional) VALUES (@carrier_ags, @name, @area, @fictional)
ON CONFLICT (carrier_ags) DO UPDATE SET name = excluded.name, area = excluded.area, fictional = excluded.fictional;
