-- name: GetDataKey :one
SELECT wrapped FROM data_key WHERE file_id = @file_id AND compartment = @compartment;

-- name: AddDataKey :exec
-- Of two rivals the first one's key stands: read it back.
INSERT INTO data_key (file_id, compartment, ags, wrapped)
VALUES (@file_id, @compartment, @ags, @wrapped)
ON CONFLICT DO NOTHING;

-- name: AddDocument :execrows
-- A repeated command stores the same document again: the first one stands.
INSERT INTO document (id, file_id, ags, kind, compartment, author, digest, secret, sealed, tokens)
VALUES (@id, @file_id, @ags, @kind, @compartment, @author, @digest, @secret, @sealed, @tokens)
ON CONFLICT DO NOTHING;

-- name: GetStoredDocument :one
-- What stands of a document that was stored before.
SELECT digest, secret, (sealed = '')::boolean AS erased FROM document WHERE id = @id AND file_id = @file_id;

-- name: ListDocuments :many
-- The documents that decisions on a case refer to, within the caller's scope and in the
-- compartments that the caller may read.
SELECT fd.document_id, fd.kind, fd.compartment, fd.number, fd.version, d.author, d.created, d.digest, d.sealed, d.secret, k.wrapped,
    coalesce(x.reason, '')::text AS erased_reason, x.approved_at AS erased_at
FROM file_document fd
JOIN document d ON d.id = fd.document_id
LEFT JOIN erasure x ON x.document_id = d.id
JOIN data_key k ON k.file_id = fd.file_id AND k.compartment = fd.compartment
JOIN conflict_case c ON c.id = fd.file_id
WHERE fd.file_id = @file_id
    AND fd.compartment = ANY (@compartments::text[])
    AND (sqlc.narg('document_id')::uuid IS NULL OR fd.document_id = sqlc.narg('document_id'))
    AND (sqlc.narg('kind')::text IS NULL OR fd.kind = sqlc.narg('kind'))
    AND (fd.version, fd.document_id) > (@after_version::integer, @after_id::uuid)
    AND in_scope(c.ags, c.phase, c.reporter, c.team, @caller, @area::text[], @assigned::text[], @reported::text[], @unhanded::text[])
ORDER BY fd.version, fd.document_id
LIMIT @page_size;

-- name: ListSignals :many
-- The reports that the given cases began with: where their titles stand.
SELECT fd.file_id, fd.document_id, d.sealed, d.secret, k.wrapped
FROM file_document fd
JOIN document d ON d.id = fd.document_id
JOIN data_key k ON k.file_id = fd.file_id AND k.compartment = fd.compartment
JOIN conflict_case c ON c.id = fd.file_id
WHERE fd.file_id = ANY (@file_ids::uuid[])
    AND fd.kind = 'report_signal' AND fd.compartment = 'case' AND fd.number = 1
    AND in_scope(c.ags, c.phase, c.reporter, c.team, @caller, @area::text[], @assigned::text[], @reported::text[], @unhanded::text[]);
