-- name: AddDetached :exec
INSERT INTO detached_pool (about, counted, area, quarter, facts) VALUES (@about, @counted, @area, @quarter, @facts);

-- name: DrawDetached :one
SELECT draw_detached()::integer;

-- name: ListDisclosureCounts :many
-- How many disclosures there were in municipalities, by quarter or by year, the latest first; and on which grounds.
-- A year that is not over has no number yet.
WITH counted AS (
    SELECT CASE WHEN @yearly::boolean THEN left(quarter, 4) ELSE quarter END AS period, ags, facts->>'ground' AS ground, sum(number)::integer AS number
    FROM tally
    WHERE about = 'disclosure' AND ags = ANY (@area::text[]) AND (NOT @yearly::boolean OR left(quarter, 4) < @this_year::text)
    GROUP BY 1, 2, 3
)
SELECT period::text AS period, ags, sum(number)::integer AS number,
    array_agg(ground ORDER BY ground)::text[] AS grounds, array_agg(number ORDER BY ground)::integer[] AS numbers
FROM counted
WHERE @before::text = '' OR period < @before::text OR period = @before::text AND ags > @after_ags::text
GROUP BY period, ags
ORDER BY period DESC, ags
LIMIT @page_size;

-- name: ListOpenStates :many
-- The files of a kind in which something is still to be done.
SELECT ags, state FROM file WHERE kind = @kind AND NOT over;
