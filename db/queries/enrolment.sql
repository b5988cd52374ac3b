-- name: GetEnrolment :one
-- An enrolment that the caller's scope does not cover does not exist.
SELECT e.state
FROM enrolment e
WHERE e.id = @id
    AND enrolment_in_scope(e.ags, e.trainee, e.superior, e.cohorts, e.assessors,
        @caller, @teaches::uuid[], @area::text[], @own::text[], @led::text[], @taught::text[], @assessed::text[]);

-- name: RecordedEnrolment :one
-- An enrolment as it stands, for its own workflow.
SELECT state FROM enrolment WHERE id = @id;

-- name: SaveEnrolment :exec
-- Only the enrolment's workflow calls this, right after AppendAudit appended its version.
INSERT INTO enrolment (id, ags, reference, phase, trainee, superior, cohort, cohorts, assessors, curriculum, curriculum_version,
    paused, due_at, opened, changed, version, state)
VALUES (@id, @ags, @reference, @phase, @trainee, @superior, @cohort, @cohorts, @assessors, @curriculum, @curriculum_version,
    @paused, @due_at, @opened, @changed, @version, @state)
ON CONFLICT (id) DO UPDATE
SET ags = excluded.ags, phase = excluded.phase, superior = excluded.superior, cohort = excluded.cohort, cohorts = excluded.cohorts,
    assessors = excluded.assessors, curriculum = excluded.curriculum, curriculum_version = excluded.curriculum_version,
    paused = excluded.paused, due_at = excluded.due_at, changed = excluded.changed, version = excluded.version, state = excluded.state
WHERE enrolment.version < excluded.version;

-- name: ListEnrolments :many
-- The enrolments in scope, the newest change first. An empty list or a null does not narrow.
SELECT e.id, e.changed, e.due_at, e.state
FROM enrolment e
WHERE enrolment_in_scope(e.ags, e.trainee, e.superior, e.cohorts, e.assessors,
        @caller, @teaches::uuid[], @area::text[], @own::text[], @led::text[], @taught::text[], @assessed::text[])
    AND (cardinality(@phases::text[]) = 0 OR e.phase = ANY (@phases::text[]))
    AND (cardinality(@municipalities::text[]) = 0 OR e.ags = ANY (@municipalities::text[]))
    AND (sqlc.narg('cohort')::uuid IS NULL OR e.cohorts @> ARRAY[sqlc.narg('cohort')::uuid])
    AND (sqlc.narg('curriculum')::text IS NULL OR e.curriculum = sqlc.narg('curriculum'))
    AND (sqlc.narg('trainee')::text IS NULL OR e.trainee = sqlc.narg('trainee'))
    AND (sqlc.narg('overdue')::boolean IS NULL OR coalesce(e.due_at < @now::timestamptz, false) = sqlc.narg('overdue'))
    AND (sqlc.narg('reference')::text IS NULL OR starts_with(e.reference, upper(sqlc.narg('reference'))))
    AND (e.changed, e.id) < (@before_changed::timestamptz, @before_id::uuid)
ORDER BY e.changed DESC, e.id DESC
LIMIT @page_size;

-- name: CountEnrolments :many
-- How many enrolments ListEnrolments finds, by phase.
SELECT e.phase, count(*)::integer AS total, (count(*) FILTER (WHERE e.due_at < @now::timestamptz))::integer AS overdue
FROM enrolment e
WHERE enrolment_in_scope(e.ags, e.trainee, e.superior, e.cohorts, e.assessors,
        @caller, @teaches::uuid[], @area::text[], @own::text[], @led::text[], @taught::text[], @assessed::text[])
    AND (cardinality(@phases::text[]) = 0 OR e.phase = ANY (@phases::text[]))
    AND (cardinality(@municipalities::text[]) = 0 OR e.ags = ANY (@municipalities::text[]))
    AND (sqlc.narg('cohort')::uuid IS NULL OR e.cohorts @> ARRAY[sqlc.narg('cohort')::uuid])
    AND (sqlc.narg('curriculum')::text IS NULL OR e.curriculum = sqlc.narg('curriculum'))
    AND (sqlc.narg('trainee')::text IS NULL OR e.trainee = sqlc.narg('trainee'))
    AND (sqlc.narg('overdue')::boolean IS NULL OR coalesce(e.due_at < @now::timestamptz, false) = sqlc.narg('overdue'))
    AND (sqlc.narg('reference')::text IS NULL OR starts_with(e.reference, upper(sqlc.narg('reference'))))
GROUP BY e.phase
ORDER BY e.phase;

-- name: ListParticipants :many
-- The enrolments with a cohort that are in scope: who has a place there is said by the cohort's state.
SELECT e.id, e.state
FROM enrolment e
WHERE e.cohorts @> ARRAY[@cohort::uuid]
    AND enrolment_in_scope(e.ags, e.trainee, e.superior, e.cohorts, e.assessors,
        @caller, @teaches::uuid[], @area::text[], @own::text[], @led::text[], @taught::text[], @assessed::text[])
ORDER BY e.opened, e.id
LIMIT @at_most;

-- name: ListEnrolmentDocuments :many
-- The documents that decisions on an enrolment refer to, within the caller's scope and in the
-- compartments that the caller may read.
SELECT fd.document_id, fd.kind, fd.compartment, fd.number, fd.version, d.author, d.created, d.digest, d.sealed, d.secret, k.wrapped,
    coalesce(x.reason, '')::text AS erased_reason, x.approved_at AS erased_at
FROM file_document fd
JOIN document d ON d.id = fd.document_id
LEFT JOIN erasure x ON x.document_id = d.id
JOIN data_key k ON k.file_id = fd.file_id AND k.compartment = fd.compartment
JOIN enrolment e ON e.id = fd.file_id
WHERE fd.file_id = @file_id
    AND fd.compartment = ANY (@compartments::text[])
    AND (sqlc.narg('document_id')::uuid IS NULL OR fd.document_id = sqlc.narg('document_id'))
    AND (sqlc.narg('kind')::text IS NULL OR fd.kind = sqlc.narg('kind'))
    AND (fd.version, fd.document_id) > (@after_version::integer, @after_id::uuid)
    AND enrolment_in_scope(e.ags, e.trainee, e.superior, e.cohorts, e.assessors,
        @caller, @teaches::uuid[], @area::text[], @own::text[], @led::text[], @taught::text[], @assessed::text[])
ORDER BY fd.version, fd.document_id
LIMIT @page_size;

-- name: GetHolder :one
-- The last words on an enrolment in scope that name its trainee.
SELECT d.id AS document_id, d.sealed, d.secret, k.wrapped
FROM file_document fd
JOIN document d ON d.id = fd.document_id
JOIN data_key k ON k.file_id = fd.file_id AND k.compartment = fd.compartment
JOIN enrolment e ON e.id = fd.file_id
WHERE fd.file_id = @id AND fd.compartment = 'training'
    AND fd.kind IN ('apply', 'certify', 'confirm_attendance', 'reissue_certificate')
    AND enrolment_in_scope(e.ags, e.trainee, e.superior, e.cohorts, e.assessors,
        @caller, @teaches::uuid[], @area::text[], @own::text[], @led::text[], @taught::text[], @assessed::text[])
ORDER BY fd.version DESC
LIMIT 1;

-- name: ListEnrolmentHistory :many
-- What was decided on an enrolment, refused and read, the latest first.
SELECT h.at, h.entry, h.kind, h.actor, h.action, h.rule, h.reason, h.version, h.subject_id, h.digest, h.prior_hash, h.hash, false AS confidential
FROM (
    SELECT a.file_id, a.at, ('v' || lpad(a.version::text, 12, '0'))::text AS entry, 'decision' AS kind, a.actor, a.action, '' AS rule, '' AS reason,
        a.version, '' AS subject_id, a.digest, coalesce(a.prior_hash, '') AS prior_hash, a.hash
    FROM audit a
    WHERE a.file_id = @file_id
    UNION ALL
    SELECT l.file_id, l.at, 's' || lpad(l.seq::text, 12, '0'), l.kind, l.actor, l.action, l.rule, l.reason,
        coalesce(l.version, 0), l.subject_id, l.digest, coalesce(l.prior_hash, ''), l.hash
    FROM access_log l
    WHERE l.file_id = @file_id
) h
JOIN enrolment e ON e.id = h.file_id
WHERE (h.at, h.entry) < (@before_at::timestamptz, @before_entry::text)
    AND enrolment_in_scope(e.ags, e.trainee, e.superior, e.cohorts, e.assessors,
        @caller, @teaches::uuid[], @area::text[], @own::text[], @led::text[], @taught::text[], @assessed::text[])
ORDER BY h.at DESC, h.entry DESC
LIMIT @page_size;

-- name: TrainingStatistics :many
-- How many enrolments there are in an area, by curriculum, phase and district. Small numbers are for
-- the caller to suppress.
SELECT e.curriculum, e.phase, m.district_ags, d.name AS district, count(*)::integer AS total
FROM enrolment e
JOIN municipality m ON m.ags = e.ags
JOIN district d ON d.ags = m.district_ags
WHERE e.ags = ANY (@area::text[])
GROUP BY e.curriculum, e.phase, m.district_ags, d.name
ORDER BY e.curriculum, e.phase, m.district_ags;

-- name: ListRecentEnrolments :many
-- The enrolments that changed shortly before the latest change: a crash may have left their workflows behind.
SELECT id
FROM enrolment
WHERE changed >= (SELECT max(changed) FROM enrolment) - @span::interval
ORDER BY changed DESC
LIMIT @at_most;
