-- name: AddCalendarFeed :exec
INSERT INTO calendar_feed (token_hash, subject) VALUES (@token_hash, @subject);

-- name: RevokeCalendarFeeds :execrows
-- Closes every feed of the caller.
UPDATE calendar_feed SET revoked = @at::timestamptz WHERE subject = @subject AND revoked IS NULL;

-- name: GetCalendarFeed :one
-- The caller's feed that is open, the latest one.
SELECT created FROM calendar_feed WHERE subject = @subject AND revoked IS NULL ORDER BY created DESC LIMIT 1;

-- name: CalendarSubject :one
-- Whose dates a token opens; no row if nobody's.
SELECT s::text AS subject FROM calendar_subject(@token_hash) s WHERE s IS NOT NULL;

-- name: ListCalendar :many
-- The cohorts with dates after @since that a person teaches where that may be (run), assesses (assessed)
-- or attends with one of the own enrolments (own).
SELECT c.id, c.state, mine.teaches, mine.assesses, mine.enrolments
FROM cohort c
CROSS JOIN LATERAL (
    SELECT (c.trainers @> ARRAY[@caller::text] AND (c.ags = ANY (@run::text[]) OR c.offered && @run::text[]))::boolean AS teaches,
        (c.assessors @> ARRAY[@caller::text] AND (c.ags = ANY (@assessed::text[]) OR c.offered && @assessed::text[]))::boolean AS assesses,
        ARRAY(SELECT e.id FROM enrolment e
            WHERE e.trainee = @caller::text AND e.ags = ANY (@own::text[]) AND e.cohorts @> ARRAY[c.id])::uuid[] AS enrolments
) mine
WHERE c.stage NOT IN ('cancelled', 'merged') AND c.ends > @since::timestamptz
    AND (mine.teaches OR mine.assesses OR mine.enrolments <> '{}')
ORDER BY c.begins, c.id
LIMIT @at_most;
