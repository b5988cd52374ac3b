-- name: GetCohort :one
-- A cohort that the caller's scope does not cover does not exist.
SELECT c.state
FROM cohort c
WHERE c.id = @id
    AND cohort_in_scope(c.ags, c.offered, c.trainers, @caller, @area::text[], @offering::text[], @run::text[]);

-- name: RecordedCohort :one
-- A cohort as it stands, for its own workflow.
SELECT state FROM cohort WHERE id = @id;

-- name: SaveCohort :exec
-- Only the cohort's workflow calls this, right after AppendAudit appended its version.
INSERT INTO cohort (id, ags, stage, curriculum, curriculum_version, offered, trainers, assessors, closes, begins, ends, free,
    due_at, opened, changed, version, state)
VALUES (@id, @ags, @stage, @curriculum, @curriculum_version, @offered, @trainers, @assessors, @closes, @begins, @ends, @free,
    @due_at, @opened, @changed, @version, @state)
ON CONFLICT (id) DO UPDATE
SET stage = excluded.stage, curriculum_version = excluded.curriculum_version, offered = excluded.offered,
    trainers = excluded.trainers, assessors = excluded.assessors, closes = excluded.closes, begins = excluded.begins,
    ends = excluded.ends, free = excluded.free, due_at = excluded.due_at, changed = excluded.changed,
    version = excluded.version, state = excluded.state
WHERE cohort.version < excluded.version;

-- name: ListTaught :many
-- The cohorts that a person teaches.
SELECT id FROM cohort WHERE trainers @> ARRAY[@caller::text] ORDER BY id;

-- name: ListCohorts :many
-- The cohorts in scope, the latest begin first; one without dates stands where its applications close.
-- An empty list or a null does not narrow. open asks for those that take applications now.
SELECT c.id, coalesce(c.begins, c.closes)::timestamptz AS sort_key, c.due_at, c.state
FROM cohort c
WHERE cohort_in_scope(c.ags, c.offered, c.trainers, @caller, @area::text[], @offering::text[], @run::text[])
    AND (cardinality(@stages::text[]) = 0 OR c.stage = ANY (@stages::text[]))
    AND (sqlc.narg('curriculum')::text IS NULL OR c.curriculum = sqlc.narg('curriculum'))
    AND (cardinality(@municipalities::text[]) = 0 OR c.ags = ANY (@municipalities::text[]))
    AND (sqlc.narg('open')::boolean IS NULL OR (c.stage = 'open' AND c.closes >= @now::timestamptz) = sqlc.narg('open'))
    AND (sqlc.narg('trainer')::text IS NULL OR c.trainers @> ARRAY[sqlc.narg('trainer')::text])
    AND (coalesce(c.begins, c.closes), c.id) < (@before_key::timestamptz, @before_id::uuid)
ORDER BY coalesce(c.begins, c.closes) DESC, c.id DESC
LIMIT @page_size;

-- name: ListOffers :many
-- The cohorts of a curriculum in scope that take place or may, with dates that lie ahead.
SELECT c.id, c.state
FROM cohort c
WHERE c.curriculum = @curriculum AND c.stage IN ('open', 'short', 'running') AND c.ends > @now::timestamptz
    AND cohort_in_scope(c.ags, c.offered, c.trainers, @caller, @area::text[], @offering::text[], @run::text[])
ORDER BY c.begins, c.id
LIMIT @at_most;

-- name: ListCohortDocuments :many
-- The documents that decisions on a cohort refer to, within the caller's scope and in the compartments
-- that the caller may read.
SELECT fd.document_id, fd.kind, fd.compartment, fd.number, fd.version, d.author, d.created, d.digest, d.sealed, d.secret, k.wrapped
FROM file_document fd
JOIN document d ON d.id = fd.document_id
JOIN data_key k ON k.file_id = fd.file_id AND k.compartment = fd.compartment
JOIN cohort c ON c.id = fd.file_id
WHERE fd.file_id = @file_id
    AND fd.compartment = ANY (@compartments::text[])
    AND (sqlc.narg('document_id')::uuid IS NULL OR fd.document_id = sqlc.narg('document_id'))
    AND (sqlc.narg('kind')::text IS NULL OR fd.kind = sqlc.narg('kind'))
    AND (fd.version, fd.document_id) > (@after_version::integer, @after_id::uuid)
    AND cohort_in_scope(c.ags, c.offered, c.trainers, @caller, @area::text[], @offering::text[], @run::text[])
ORDER BY fd.version, fd.document_id
LIMIT @page_size;

-- name: ListTitles :many
-- The plans that the given cohorts began with: where their titles stand.
SELECT fd.file_id, fd.document_id, d.sealed, d.secret, k.wrapped
FROM file_document fd
JOIN document d ON d.id = fd.document_id
JOIN data_key k ON k.file_id = fd.file_id AND k.compartment = fd.compartment
JOIN cohort c ON c.id = fd.file_id
WHERE fd.file_id = ANY (@file_ids::uuid[])
    AND fd.kind = 'plan_cohort' AND fd.compartment = 'training' AND fd.number = 1
    AND cohort_in_scope(c.ags, c.offered, c.trainers, @caller, @area::text[], @offering::text[], @run::text[]);

-- name: ListCohortHistory :many
-- What was decided on a cohort, refused and read, the latest first.
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
JOIN cohort c ON c.id = h.file_id
WHERE (h.at, h.entry) < (@before_at::timestamptz, @before_entry::text)
    AND cohort_in_scope(c.ags, c.offered, c.trainers, @caller, @area::text[], @offering::text[], @run::text[])
ORDER BY h.at DESC, h.entry DESC
LIMIT @page_size;

-- name: ListRecentCohorts :many
-- The cohorts that changed shortly before the latest change: a crash may have left their workflows behind.
SELECT id
FROM cohort
WHERE changed >= (SELECT max(changed) FROM cohort) - @span::interval
ORDER BY changed DESC
LIMIT @at_most;
