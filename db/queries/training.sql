-- name: ListCurricula :many
-- Every version of every curriculum, the latest of each first.
SELECT id, version, content, published, published_by FROM curriculum ORDER BY id, version DESC;

-- name: GetCurriculum :one
SELECT content, published, published_by FROM curriculum WHERE id = @id AND version = @version;

-- name: GetLatestCurriculum :one
SELECT content, published, published_by FROM curriculum WHERE id = @id ORDER BY version DESC LIMIT 1;

-- name: AddCurriculum :execrows
-- Adds nothing if the version stands or would leave a gap.
INSERT INTO curriculum (id, version, content, published_by)
SELECT @id, @version, @content, @published_by
WHERE @version = (SELECT coalesce(max(c.version), 0) + 1 FROM curriculum c WHERE c.id = @id)
ON CONFLICT DO NOTHING;

-- name: AddCertificate :exec
-- The trigger allots number and index.
INSERT INTO certificate (code, number, status_index, file_id, ags, kind, issued, curriculum, curriculum_version,
    minutes, evidence, supersedes, reason)
VALUES (@code, '', 0, @file_id, @ags, @kind, @issued, @curriculum, @curriculum_version, @minutes, @evidence, @supersedes, @reason);

-- name: RevokeCertificate :exec
INSERT INTO certificate_revocation (code, at, reason) VALUES (@code, @at, @reason);

-- name: ListRegistered :many
-- What of a file stands in the register.
SELECT c.code, (r.code IS NOT NULL)::boolean AS revoked
FROM certificate c
LEFT JOIN certificate_revocation r ON r.code = c.code
WHERE c.file_id = @file_id;

-- name: RevokedIndexes :many
-- The bits that are set in the public status list.
SELECT i::integer AS status_index FROM revoked_indexes() i;

-- name: TrainingStatistics :many
-- How many enrolments there are in an area, by curriculum, phase and district. Small numbers are for
-- the caller to suppress.
SELECT coalesce(f.facets ->> 'curriculum', '')::text AS curriculum, f.phase, m.district_ags, d.name AS district, count(*)::integer AS total
FROM file f
JOIN municipality m ON m.ags = f.ags
JOIN district d ON d.ags = m.district_ags
WHERE f.kind = 'enrolment' AND f.ags = ANY (@area::text[])
GROUP BY 1, f.phase, m.district_ags, d.name
ORDER BY 1, f.phase, m.district_ags;

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
