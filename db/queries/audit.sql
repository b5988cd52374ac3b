-- name: AppendAudit :execrows
-- Appends nothing when the command was carried out before or the version is taken.
INSERT INTO audit (file_id, kind, version, ags, phase, places, ties, command_id, action, actor, at, digest, veil, docs, state, confided, salt, hash)
VALUES (@file_id, @kind, @version, @ags, @phase, @places, @ties, @command_id, @action, @actor, @at, @digest, @veil, @docs, @state, @confided, @salt, '')
ON CONFLICT DO NOTHING;

-- name: LinkDocument :exec
INSERT INTO file_document (document_id, file_id, version, ags, action, compartment, confided, number)
SELECT @document_id, @file_id, @version, @ags, @action, @compartment, @confided, count(*) + 1
FROM file_document
WHERE file_id = @file_id AND action = @action AND compartment = @compartment;

-- name: ListTransitions :many
-- What came after version @known, and what the command led to.
SELECT command_id, action, actor, digest, docs, state, salt
FROM audit
WHERE file_id = @file_id AND kind = @kind AND (version > @known OR command_id = @command_id)
ORDER BY version;

-- name: GetOwnTransition :one
-- What the caller's own command led to: a retry is answered even where the file has left the scope, and even where it
-- has closed for the caller.
SELECT action, digest, state
FROM audit
WHERE file_id = @file_id AND kind = @kind AND command_id = @command_id AND actor = @caller
UNION ALL
SELECT own.action, own.digest, own.state FROM own_leave(@file_id, @kind, @command_id) own
LIMIT 1;

-- name: GetFileAt :one
-- A file as it was recorded at a time.
SELECT version, ags, phase, places, ties, state
FROM audit
WHERE file_id = @file_id AND kind = @kind AND at <= @at
ORDER BY version DESC
LIMIT 1;
