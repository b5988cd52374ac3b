-- name: ListFilesAfter :many
-- The files of a kind that the record or the audit knows, after one of them, in the order of their ids.
-- Those that are over are left out unless all are asked for.
SELECT k.id::uuid AS id
FROM (
    SELECT f.id, f.over FROM file f WHERE f.kind = @kind::text
    UNION ALL
    SELECT a.file_id, false FROM audit a WHERE a.kind = @kind::text AND a.version = 1 AND NOT EXISTS (SELECT FROM file f WHERE f.id = a.file_id)
) k
WHERE k.id > @after::uuid AND (@every::boolean OR NOT k.over)
ORDER BY k.id
LIMIT @at_most;

-- name: SampleEnded :many
-- Files of a kind that are over: the newest, and of the others those that were compared longest ago.
(SELECT f.id FROM file f WHERE f.kind = @kind AND f.over ORDER BY f.changed DESC LIMIT @newest)
UNION
(SELECT f.id FROM file f LEFT JOIN reconciled r ON r.kind = f.kind AND r.file_id = f.id
WHERE f.kind = @kind AND f.over ORDER BY r.at NULLS FIRST, random() LIMIT @others);

-- name: KindOfFile :one
SELECT k.kind::text AS kind
FROM (SELECT f.kind FROM file f WHERE f.id = @id::uuid UNION ALL SELECT a.kind FROM audit a WHERE a.file_id = @id::uuid) k
LIMIT 1;

-- name: KnownFiles :many
-- Which of some files the record or the audit knows.
SELECT u.id::uuid AS id FROM unnest(@ids::uuid[]) u (id)
WHERE EXISTS (SELECT FROM audit a WHERE a.file_id = u.id) OR EXISTS (SELECT FROM file f WHERE f.id = u.id);

-- name: ListRows :many
-- The rows of files as they stand, column by column.
SELECT f.id, to_jsonb(f)::jsonb AS row FROM file f WHERE f.kind = @kind AND f.id = ANY (@ids::uuid[]);

-- name: ListEntries :many
-- The entries of files with the hash that each ought to have.
SELECT a.file_id, a.kind, a.version, a.ags, a.phase, a.places, a.ties, a.command_id, a.action, a.actor, a.at, a.digest, a.veil, a.docs::json AS docs, a.state, a.salt,
    coalesce(a.prior_hash, '')::bytea AS prior_hash, a.hash, a.confided, audit_hash(a)::bytea AS computed
FROM audit a
WHERE a.file_id = ANY (@ids::uuid[])
ORDER BY a.file_id, a.version;

-- name: ListBrokenDocuments :many
-- The documents of entries that are not there, not linked, without the key of their compartment or not what the entry says.
SELECT r.file_id, r.version, (r.doc ->> 'id')::text AS document_id, (d.id IS NOT NULL)::boolean AS stored,
    coalesce((d.digest, d.action, d.compartment) = (r.doc ->> 'digest', r.doc ->> 'action', r.doc ->> 'compartment'), false)::boolean AS same,
    (fd.document_id IS NOT NULL)::boolean AS linked, (k.file_id IS NOT NULL)::boolean AS keyed
FROM (
    SELECT a.file_id, a.version, jsonb_array_elements(json_list(a.docs::jsonb)) AS doc FROM audit a WHERE a.file_id = ANY (@ids::uuid[])
) r
LEFT JOIN document d ON d.id::text = r.doc ->> 'id'
LEFT JOIN file_document fd ON fd.document_id = d.id AND fd.file_id = r.file_id AND fd.version = r.version
LEFT JOIN data_key k ON k.file_id = d.file_id AND k.compartment = d.compartment
WHERE (d.digest, d.action, d.compartment) IS DISTINCT FROM (r.doc ->> 'digest', r.doc ->> 'action', r.doc ->> 'compartment')
    OR fd.document_id IS NULL OR k.file_id IS NULL;

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
SELECT id, version FROM file WHERE id = ANY (@ids::uuid[]);

-- name: ListBrokenLogs :many
-- What breaks the chains that belong to no file.
SELECT ledger::text AS ledger, entry::text AS entry FROM broken_logs() ORDER BY 1, 2 LIMIT @at_most;

-- name: BeginReconciliation :exec
INSERT INTO reconciliation (id, by, scope, scheduled, confided) VALUES (@id, @by, @scope, @scheduled, @confided) ON CONFLICT DO NOTHING;

-- name: AdvanceReconciliation :exec
UPDATE reconciliation
SET files = files + CASE WHEN @confided::boolean THEN 0 ELSE @files::integer END,
    differences = differences + CASE WHEN @confided THEN 0 ELSE @differences::integer END,
    confided_files = confided_files + CASE WHEN @confided THEN @files ELSE 0 END,
    confided_differences = confided_differences + CASE WHEN @confided THEN @differences ELSE 0 END
WHERE id = @id;

-- name: FinishReconciliation :one
UPDATE reconciliation SET finished = coalesce(finished, clock_timestamp()) WHERE id = @id
RETURNING (files + confided_files)::integer AS files, (differences + confided_differences)::integer AS differences;

-- name: NoteReconciled :exec
-- What was compared now, and what of it was clean.
INSERT INTO reconciled AS r (kind, file_id, at, clean)
SELECT @kind, u.id, @at::timestamptz, CASE WHEN u.id = ANY (@dirty::uuid[]) THEN NULL ELSE @at::timestamptz END
FROM unnest(@ids::uuid[]) u (id)
ON CONFLICT (kind, file_id) DO UPDATE SET at = excluded.at, clean = coalesce(excluded.clean, r.clean);

-- name: LastClean :many
SELECT file_id, clean::timestamptz AS clean FROM reconciled WHERE kind = @kind AND file_id = ANY (@ids::uuid[]) AND clean IS NOT NULL;

-- name: NoteDifference :exec
INSERT INTO difference AS d (first_run, last_run, kind, file_id, ags, places, ties, reference, part, what, field, version, facts, repair, first_found, last_found, last_clean)
VALUES (@run, @run, @kind, @file_id, @ags, @places, @ties, @reference, @part, @what, @field, @version, @facts, @repair, @at, @at, @last_clean)
ON CONFLICT (kind, coalesce(file_id::text, ''), part, what, field, version) WHERE status NOT IN ('gone', 'repaired') DO UPDATE
SET last_run = excluded.last_run, last_found = excluded.last_found, places = excluded.places, ties = excluded.ties, facts = excluded.facts, repair = excluded.repair;

-- name: CloseDifferences :execrows
-- What was found of files before and is not found any more.
UPDATE difference SET status = 'gone', revision = revision + 1
WHERE kind = @kind AND file_id = ANY (@ids::uuid[]) AND last_run <> @run AND status IN ('open', 'proposed', 'approved', 'rejected');

-- name: CloseLogDifferences :execrows
UPDATE difference SET status = 'gone', revision = revision + 1
WHERE file_id IS NULL AND last_run <> @run AND status IN ('open', 'proposed', 'approved', 'rejected');

-- name: GetDifference :one
SELECT * FROM difference WHERE id = @id;

-- name: ListFound :many
-- What one reconciliation found.
SELECT * FROM difference WHERE last_run = @run AND status NOT IN ('gone', 'repaired') ORDER BY kind, reference, file_id, version, part, field;

-- name: ListReconciliations :many
SELECT r.id, r.started, r.finished, r.by, r.scope, r.scheduled, r.files, r.differences FROM reconciliation r
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
SELECT restore_audit(@entries::json)::integer AS written;

-- name: RestoreFile :exec
-- Writes the row as it was, whatever stands there.
INSERT INTO file (id, kind, ags, places, reference, phase, over, ties, facets, once, due_at, opened, changed, version, state, confided)
VALUES (@id, @kind, @ags, @places, @reference, @phase, @over, @ties, @facets, @once, @due_at, @opened, @changed, @version, @state, @confided)
ON CONFLICT (id) DO UPDATE
SET kind = excluded.kind, ags = excluded.ags, places = excluded.places, reference = excluded.reference, phase = excluded.phase,
    over = excluded.over, ties = excluded.ties, facets = excluded.facets, once = excluded.once, due_at = excluded.due_at,
    opened = excluded.opened, changed = excluded.changed, version = excluded.version, state = excluded.state,
    confided = excluded.confided;

-- name: ListKeptOf :many
-- The histories of a workflow that were kept, the oldest first.
SELECT run_id, sha256, data FROM run_history WHERE workflow_id = @workflow_id ORDER BY started_at;
