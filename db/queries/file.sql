-- name: SaveFile :exec
-- Only the file's workflow calls this, right after AppendAudit appended its version.
INSERT INTO file (id, kind, ags, places, reference, phase, over, ties, facets, once, due_at, opened, changed, version, state, confided)
VALUES (@id, @kind, @ags, @places, @reference, @phase, @over, @ties, @facets, @once, @due_at, @opened, @changed, @version, @state, @confided)
ON CONFLICT (id) DO UPDATE
SET ags = excluded.ags, places = excluded.places, reference = excluded.reference, phase = excluded.phase, over = excluded.over,
    ties = excluded.ties, facets = excluded.facets, once = excluded.once, due_at = excluded.due_at, changed = excluded.changed,
    version = excluded.version, state = excluded.state, confided = excluded.confided
WHERE file.version < excluded.version AND file.kind = excluded.kind;

-- name: GetFileState :one
-- A file as it stands, for its own workflow, and for what asks its rules.
SELECT state FROM file WHERE id = @id;

-- name: FileByID :one
-- What a file is and where it lies, for what finds files by their id alone.
SELECT kind, ags FROM file WHERE id = @id;

-- name: ListRecentFiles :many
-- The files of a kind that changed shortly before the latest change: a crash may have left their workflows behind.
SELECT f.id
FROM file f
WHERE f.kind = @kind AND f.changed >= (SELECT max(l.changed) FROM file l WHERE l.kind = @kind) - @span::interval
ORDER BY f.changed DESC, f.id DESC
LIMIT @at_most;

-- name: CountAllFiles :one
-- How many files the record knows: each has a workflow that waits for what comes next.
SELECT count(*) FROM file;

-- name: ListTied :many
-- The files of a kind in the transaction's municipalities that have a tie.
SELECT id::uuid AS id FROM tied_files(@kind::text, ARRAY[@tie::text]) id ORDER BY 1;

-- name: ListTiedAt :many
-- The same at a time.
SELECT f.id
FROM file f
CROSS JOIN LATERAL (
    SELECT a.ties FROM audit a WHERE a.file_id = f.id AND a.kind = f.kind AND a.at <= @at ORDER BY a.version DESC LIMIT 1
) past
WHERE f.kind = @kind AND past.ties @> ARRAY[@tie::text]
ORDER BY f.id;

-- name: ListHoldersAt :many
-- Who was tied to files in a way at a time, and where the files lay, wherever that was.
SELECT id::uuid AS id, ags::text AS ags, places::text[] AS places, holders::text[] AS holders
FROM tied_at(@files::uuid[], @relation::text, @at::timestamptz);
