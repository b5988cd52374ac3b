-- name: AppendAudit :execrows
-- Appends nothing when the command was carried out before or the version is taken.
INSERT INTO audit (file_id, kind, version, ags, command_id, action, actor, at, digest, docs, state, hash)
VALUES (@file_id, @kind, @version, @ags, @command_id, @action, @actor, @at, @digest, @docs, @state, '')
ON CONFLICT DO NOTHING;

-- name: LinkDocument :exec
INSERT INTO file_document (document_id, file_id, version, ags, kind, compartment, number)
SELECT @document_id, @file_id, @version, @ags, @kind, @compartment, count(*) + 1
FROM file_document
WHERE file_id = @file_id AND kind = @kind AND compartment = @compartment;

-- name: ListTransitions :many
-- What came after version @known, and what the command led to.
SELECT command_id, action, actor, digest, docs, state
FROM audit
WHERE file_id = @file_id AND kind = @kind AND (version > @known OR command_id = @command_id)
ORDER BY version;

-- name: GetOwnTransition :one
-- What the caller's own command led to: a retry is answered even where the file has left the scope.
SELECT action, digest, state
FROM audit
WHERE file_id = @file_id AND kind = @kind AND command_id = @command_id AND actor = @caller;

-- name: GetStateAt :one
-- A file as it was recorded at a time.
SELECT version, state
FROM audit
WHERE file_id = @file_id AND kind = @kind AND at <= @at
ORDER BY version DESC
LIMIT 1;

-- name: ListCohortStaffAt :many
SELECT id::uuid AS id, ags::text AS ags, offered::text[] AS offered, trainers::text[] AS trainers
FROM cohort_staff_at(@cohorts::uuid[], @at::timestamptz);

-- name: ListTaughtAt :many
-- The cohorts that a person taught at a time.
SELECT c.id
FROM cohort c
CROSS JOIN LATERAL (
    SELECT a.state FROM audit a WHERE a.file_id = c.id AND a.kind = 'cohort' AND a.at <= @at ORDER BY a.version DESC LIMIT 1
) past
WHERE json_texts(past.state -> 'trainers') @> ARRAY[@subject::text]
ORDER BY c.id;

-- name: CountCasesAt :one
-- How many cases a scope covered at a time.
SELECT count(*)
FROM conflict_case c
CROSS JOIN LATERAL (
    SELECT a.state FROM audit a WHERE a.file_id = c.id AND a.kind = 'case' AND a.at <= @at ORDER BY a.version DESC LIMIT 1
) past
WHERE in_scope(c.ags, past.state ->> 'phase', past.state #>> '{signal,by}',
    array_remove(ARRAY[past.state ->> 'assignee', past.state #>> '{plan,facilitator}'] || json_texts(past.state #> '{plan,mediators}'), NULL),
    @caller, @area::text[], @assigned::text[], @reported::text[], @unhanded::text[]);

-- name: CountEnrolmentsAt :one
-- How many enrolments a scope covered at a time.
SELECT count(*)
FROM enrolment e
CROSS JOIN LATERAL (
    SELECT a.state FROM audit a WHERE a.file_id = e.id AND a.kind = 'enrolment' AND a.at <= @at ORDER BY a.version DESC LIMIT 1
) past
WHERE enrolment_in_scope(past.state ->> 'ags', past.state ->> 'trainee', past.state ->> 'superior',
    array_remove(nullif(past.state ->> 'cohort', '')::uuid
        || ARRAY(SELECT nullif(m ->> 'cohort', '')::uuid FROM jsonb_array_elements(json_list(past.state -> 'make_ups')) m), NULL),
    json_texts(past.state #> '{attempts,-1,assessors}'),
    @caller, @teaches::uuid[], @area::text[], @own::text[], @led::text[], @taught::text[], @assessed::text[]);

-- name: CountCohortsAt :one
-- How many cohorts a scope covered at a time.
SELECT count(*)
FROM cohort c
CROSS JOIN LATERAL (
    SELECT a.state FROM audit a WHERE a.file_id = c.id AND a.kind = 'cohort' AND a.at <= @at ORDER BY a.version DESC LIMIT 1
) past
WHERE cohort_in_scope(past.state ->> 'ags', json_texts(past.state -> 'offered'), json_texts(past.state -> 'trainers'),
    @caller, @area::text[], @offering::text[], @run::text[]);
