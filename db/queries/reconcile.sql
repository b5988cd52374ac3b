-- name: ListFilesAfter :many
-- The files of a kind that a record or an audit knows, after one of them, in the order of their ids. Closed
-- files are left out unless all are asked for.
SELECT f.id::uuid AS id
FROM (
    SELECT c.id, c.phase = 'closed' AS ended FROM conflict_case c WHERE @kind::text = 'case'
    UNION ALL
    SELECT e.id, e.state ? 'ended' FROM enrolment e WHERE @kind::text = 'enrolment'
    UNION ALL
    SELECT c.id, c.stage NOT IN ('open', 'short', 'running') FROM cohort c WHERE @kind::text = 'cohort'
    UNION ALL
    SELECT a.file_id, false FROM audit a
    WHERE a.kind = @kind::text AND a.version = 1 AND NOT EXISTS (SELECT FROM conflict_case c WHERE c.id = a.file_id)
        AND NOT EXISTS (SELECT FROM enrolment e WHERE e.id = a.file_id) AND NOT EXISTS (SELECT FROM cohort c WHERE c.id = a.file_id)
) f
WHERE f.id > @after::uuid AND (@every::boolean OR NOT f.ended)
ORDER BY f.id
LIMIT @at_most;

-- name: SampleEnded :many
-- Closed files: the newest, and of the others those that were compared longest ago.
(SELECT 'case'::text AS kind, c.id FROM conflict_case c WHERE c.phase = 'closed' ORDER BY c.changed DESC LIMIT @newest)
UNION
(SELECT 'enrolment', e.id FROM enrolment e WHERE e.state ? 'ended' ORDER BY e.changed DESC LIMIT @newest)
UNION
(SELECT 'cohort', c.id FROM cohort c WHERE c.stage NOT IN ('open', 'short', 'running') ORDER BY c.changed DESC LIMIT @newest)
UNION
(SELECT 'case', c.id FROM conflict_case c LEFT JOIN reconciled r ON r.kind = 'case' AND r.file_id = c.id
WHERE c.phase = 'closed' ORDER BY r.at NULLS FIRST, random() LIMIT @others)
UNION
(SELECT 'enrolment', e.id FROM enrolment e LEFT JOIN reconciled r ON r.kind = 'enrolment' AND r.file_id = e.id
WHERE e.state ? 'ended' ORDER BY r.at NULLS FIRST, random() LIMIT @others);

-- name: KindOfFile :one
SELECT kind FROM (
    SELECT 'case'::text AS kind FROM conflict_case WHERE conflict_case.id = @id::uuid
    UNION ALL SELECT 'enrolment' FROM enrolment WHERE enrolment.id = @id::uuid
    UNION ALL SELECT 'cohort' FROM cohort WHERE cohort.id = @id::uuid
    UNION ALL SELECT kind FROM audit WHERE file_id = @id::uuid
) known LIMIT 1;

-- name: KnownFiles :many
-- Which of some files a record or an audit knows.
SELECT u.id::uuid AS id FROM unnest(@ids::uuid[]) u (id)
WHERE EXISTS (SELECT FROM audit a WHERE a.file_id = u.id) OR EXISTS (SELECT FROM conflict_case c WHERE c.id = u.id)
    OR EXISTS (SELECT FROM enrolment e WHERE e.id = u.id) OR EXISTS (SELECT FROM cohort c WHERE c.id = u.id);

-- name: ListRows :many
-- The rows of files as they stand, column by column.
SELECT r.id::uuid AS id, r.row::jsonb AS row
FROM (
    SELECT c.id, to_jsonb(c) AS row FROM conflict_case c WHERE @kind::text = 'case' AND c.id = ANY (@ids::uuid[])
    UNION ALL
    SELECT e.id, to_jsonb(e) FROM enrolment e WHERE @kind::text = 'enrolment' AND e.id = ANY (@ids::uuid[])
    UNION ALL
    SELECT c.id, to_jsonb(c) FROM cohort c WHERE @kind::text = 'cohort' AND c.id = ANY (@ids::uuid[])
) r;

-- name: ListEntries :many
-- The entries of files with the hash that each ought to have.
SELECT a.file_id, a.kind, a.version, a.ags, a.command_id, a.action, a.actor, a.at, a.digest, a.docs::jsonb AS docs, a.state,
    coalesce(a.prior_hash, '')::bytea AS prior_hash, a.hash, audit_hash(a)::bytea AS computed
FROM audit a
WHERE a.file_id = ANY (@ids::uuid[])
ORDER BY a.file_id, a.version;

-- name: ListBrokenDocuments :many
-- The documents of entries that are not there, not linked or not what the entry says.
SELECT r.file_id, r.version, (r.doc ->> 'id')::text AS document_id, (d.id IS NOT NULL)::boolean AS stored,
    (d.digest IS NOT DISTINCT FROM r.doc ->> 'digest')::boolean AS same, (fd.document_id IS NOT NULL)::boolean AS linked
FROM (
    SELECT a.file_id, a.version, jsonb_array_elements(json_list(a.docs)) AS doc FROM audit a WHERE a.file_id = ANY (@ids::uuid[])
) r
LEFT JOIN document d ON d.id::text = r.doc ->> 'id'
LEFT JOIN file_document fd ON fd.document_id = d.id AND fd.file_id = r.file_id AND fd.version = r.version
WHERE d.digest IS DISTINCT FROM r.doc ->> 'digest' OR fd.document_id IS NULL;

-- name: ListEntryLeaves :many
-- What the Merkle log has of entries, or what waits to go into it.
SELECT k.key::text AS key, l.leaf::bytea AS leaf FROM unnest(@keys::text[]) k (key) JOIN ledger_leaf l ON l.tab = 'audit' AND l.key = k.key
UNION ALL
SELECT k.key, sha256('\x00'::bytea || 'koko/audit/1'::bytea || '\x00'::bytea || p.hash)
FROM unnest(@keys::text[]) k (key) JOIN ledger_pending p ON p.tab = 'audit' AND p.key = k.key
WHERE NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.tab = 'audit' AND l.key = k.key);

-- name: ListLostFiles :many
-- Files that the Merkle log knows, and nobody else does.
SELECT DISTINCT split_part(l.key, '/', 1)::text AS id
FROM ledger_leaf l
WHERE l.tab = 'audit' AND NOT EXISTS (SELECT FROM audit a WHERE a.file_id = split_part(l.key, '/', 1)::uuid)
LIMIT @at_most;

-- name: ListVersions :many
-- At which version the record of each file stands.
SELECT id, version FROM conflict_case WHERE id = ANY (@ids::uuid[])
UNION ALL SELECT id, version FROM enrolment WHERE id = ANY (@ids::uuid[])
UNION ALL SELECT id, version FROM cohort WHERE id = ANY (@ids::uuid[]);

-- name: ListBrokenLogs :many
-- What breaks the chains that belong to no file.
SELECT ledger::text AS ledger, entry::text AS entry FROM broken_logs() ORDER BY 1, 2 LIMIT @at_most;

-- name: BeginReconciliation :exec
INSERT INTO reconciliation (id, by, scope, scheduled) VALUES (@id, @by, @scope, @scheduled) ON CONFLICT DO NOTHING;

-- name: AdvanceReconciliation :exec
UPDATE reconciliation SET files = files + @files, differences = differences + @differences WHERE id = @id;

-- name: FinishReconciliation :one
UPDATE reconciliation SET finished = coalesce(finished, clock_timestamp()) WHERE id = @id
RETURNING *;

-- name: NoteReconciled :exec
-- What was compared now, and what of it was clean.
INSERT INTO reconciled AS r (kind, file_id, at, clean)
SELECT @kind, u.id, @at::timestamptz, CASE WHEN u.id = ANY (@dirty::uuid[]) THEN NULL ELSE @at::timestamptz END
FROM unnest(@ids::uuid[]) u (id)
ON CONFLICT (kind, file_id) DO UPDATE SET at = excluded.at, clean = coalesce(excluded.clean, r.clean);

-- name: LastClean :many
SELECT file_id, clean::timestamptz AS clean FROM reconciled WHERE kind = @kind AND file_id = ANY (@ids::uuid[]) AND clean IS NOT NULL;

-- name: NoteDifference :exec
INSERT INTO difference AS d (first_run, last_run, kind, file_id, ags, reference, part, what, field, version, facts, repair, first_found, last_found, last_clean)
VALUES (@run, @run, @kind, @file_id, @ags, @reference, @part, @what, @field, @version, @facts, @repair, @at, @at, @last_clean)
ON CONFLICT (kind, coalesce(file_id::text, ''), part, what, field, version) WHERE status NOT IN ('gone', 'repaired') DO UPDATE
SET last_run = excluded.last_run, last_found = excluded.last_found, facts = excluded.facts, repair = excluded.repair;

-- name: CloseDifferences :execrows
-- What was found of files before and is not found any more.
UPDATE difference SET status = 'gone', revision = revision + 1
WHERE kind = @kind AND file_id = ANY (@ids::uuid[]) AND last_run <> @run AND status IN ('open', 'proposed', 'approved', 'rejected');

-- name: CloseLogDifferences :execrows
UPDATE difference SET status = 'gone', revision = revision + 1
WHERE file_id IS NULL AND last_run <> @run AND status IN ('open', 'proposed', 'approved', 'rejected');

-- name: GetDifference :one
SELECT * FROM difference WHERE id = @id;

-- name: ListDifferences :many
-- The differences in the caller's municipalities, the latest found first. What is empty does not narrow.
SELECT * FROM difference d
WHERE d.ags = ANY (@area::text[]) AND (@status::text = '' OR d.status = @status) AND (sqlc.narg('file_id')::uuid IS NULL OR d.file_id = sqlc.narg('file_id'))
    AND (sqlc.narg('found')::timestamptz IS NULL OR (d.last_found, d.id) < (sqlc.narg('found'), @after::uuid))
ORDER BY d.last_found DESC, d.id DESC
LIMIT @at_most;

-- name: ListFound :many
-- What one reconciliation found.
SELECT * FROM difference WHERE last_run = @run AND status NOT IN ('gone', 'repaired') ORDER BY kind, reference, file_id, version, part, field;

-- name: ListReconciliations :many
SELECT * FROM reconciliation r
WHERE sqlc.narg('began')::timestamptz IS NULL OR (r.started, r.id) < (sqlc.narg('began'), @after::uuid)
ORDER BY r.started DESC, r.id DESC
LIMIT @at_most;

-- name: ProposeRepair :execrows
UPDATE difference SET status = 'proposed', revision = revision + 1, proposed_by = @by, proposed_at = clock_timestamp(), approved_by = NULL, approved_at = NULL
WHERE id = @id AND revision = @revision AND status IN ('open', 'rejected');

-- name: DecideRepair :execrows
UPDATE difference SET status = @status, revision = revision + 1, approved_by = @by, approved_at = clock_timestamp()
WHERE id = @id AND revision = @revision AND status = 'proposed';

-- name: NoteRepaired :exec
-- What became of an approved repair.
UPDATE difference SET status = @status, outcome = @outcome, revision = revision + 1 WHERE id = @id AND status IN ('approved', 'gone');

-- name: ListRestarts :many
-- From which versions the workflows of files were begun anew by two people.
SELECT file_id::uuid AS file_id, version FROM difference
WHERE kind = @kind AND file_id = ANY (@ids::uuid[]) AND repair = 'restart_workflow' AND status IN ('approved', 'repaired', 'gone') AND approved_by IS NOT NULL;

-- name: RestoreAudit :one
SELECT restore_audit(@entries::jsonb)::integer AS written;

-- name: RestoreCase :exec
UPDATE conflict_case
SET id = @id, ags = @ags, reference = @reference, phase = @phase, urgency = @urgency, stage = @stage, assignee = @assignee, reporter = @reporter, team = @team,
    due_at = @due_at, opened = @opened, changed = @changed, version = @version, state = @state
WHERE id = @id;

-- name: RestoreEnrolment :exec
UPDATE enrolment
SET id = @id, ags = @ags, reference = @reference, phase = @phase, trainee = @trainee, superior = @superior, cohort = @cohort, cohorts = @cohorts,
    assessors = @assessors, curriculum = @curriculum, curriculum_version = @curriculum_version, paused = @paused, due_at = @due_at,
    opened = @opened, changed = @changed, version = @version, state = @state
WHERE id = @id;

-- name: RestoreCohort :exec
UPDATE cohort
SET id = @id, ags = @ags, stage = @stage, curriculum = @curriculum, curriculum_version = @curriculum_version, offered = @offered, trainers = @trainers,
    assessors = @assessors, closes = @closes, begins = @begins, ends = @ends, free = @free, due_at = @due_at, opened = @opened,
    changed = @changed, version = @version, state = @state
WHERE id = @id;

-- name: ListKeptOf :many
-- The histories of a workflow that were kept, the oldest first.
SELECT run_id, sha256, data FROM run_history WHERE workflow_id = @workflow_id ORDER BY started_at;
