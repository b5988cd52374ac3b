-- name: GetDataKey :one
SELECT wrapped FROM data_key WHERE case_id = @case_id AND compartment = @compartment;

-- name: AddDataKey :exec
-- Of two rivals the first one's key stands: read it back.
INSERT INTO data_key (case_id, compartment, ags, wrapped)
VALUES (@case_id, @compartment, @ags, @wrapped)
ON CONFLICT DO NOTHING;

-- name: AddDocument :exec
-- A repeated command stores the same document again: the first one stands.
INSERT INTO document (id, case_id, ags, kind, compartment, author, digest, sealed, tokens)
VALUES (@id, @case_id, @ags, @kind, @compartment, @author, @digest, @sealed, @tokens)
ON CONFLICT DO NOTHING;

-- name: GetDocumentDigest :one
SELECT digest FROM document WHERE id = @id AND case_id = @case_id;

-- name: ListDocuments :many
-- The documents that decisions on a case refer to, within the caller's scope and in the
-- compartments that the caller may read.
SELECT cd.document_id, cd.kind, cd.compartment, cd.number, cd.version, d.author, d.created, d.digest, d.sealed, k.wrapped
FROM case_document cd
JOIN document d ON d.id = cd.document_id
JOIN data_key k ON k.case_id = cd.case_id AND k.compartment = cd.compartment
JOIN conflict_case c ON c.id = cd.case_id
WHERE cd.case_id = @case_id
    AND cd.compartment = ANY (@compartments::text[])
    AND (sqlc.narg('document_id')::uuid IS NULL OR cd.document_id = sqlc.narg('document_id'))
    AND (sqlc.narg('kind')::text IS NULL OR cd.kind = sqlc.narg('kind'))
    AND (cd.version, cd.document_id) > (@after_version::integer, @after_id::uuid)
    AND in_scope(c.ags, c.phase, c.reporter, c.team, @caller, @area::text[], @assigned::text[], @reported::text[], @unhanded::text[])
ORDER BY cd.version, cd.document_id
LIMIT @page_size;

-- name: ListSignals :many
-- The reports that the given cases began with: where their titles stand.
SELECT cd.case_id, cd.document_id, d.sealed, k.wrapped
FROM case_document cd
JOIN document d ON d.id = cd.document_id
JOIN data_key k ON k.case_id = cd.case_id AND k.compartment = cd.compartment
JOIN conflict_case c ON c.id = cd.case_id
WHERE cd.case_id = ANY (@case_ids::uuid[])
    AND cd.kind = 'report_signal' AND cd.compartment = 'case' AND cd.number = 1
    AND in_scope(c.ags, c.phase, c.reporter, c.team, @caller, @area::text[], @assigned::text[], @reported::text[], @unhanded::text[]);
