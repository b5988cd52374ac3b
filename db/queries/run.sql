-- name: KeepRun :execrows
-- Keeps nothing if the run was kept before.
INSERT INTO run_history (kind, file_id, ags, workflow_id, run_id, prior_run_id, started_at, closed_at, status, events, sha256, data, confided, hash)
VALUES (@kind, @file_id, @ags, @workflow_id, @run_id, @prior_run_id, @started_at, @closed_at, @status, @events, @sha256, @data, @confided, '')
ON CONFLICT DO NOTHING;

-- name: ListKept :many
-- Which of some runs are kept.
SELECT run_id
FROM run_history
WHERE workflow_id = ANY (@workflow_ids::text[]) AND run_id = ANY (@run_ids::text[]);

-- name: ListNewestKept :many
SELECT workflow_id, run_id
FROM run_history
WHERE kind = @kind
ORDER BY closed_at DESC
LIMIT @at_most;

-- name: GetKept :one
SELECT run_id, sha256, data
FROM run_history
WHERE workflow_id = @workflow_id AND run_id = @run_id;

-- name: KeepsHistories :one
-- Whether the record is of a version that keeps histories.
SELECT (to_regclass('run_history') IS NOT NULL)::boolean AS keeps;
