-- name: FindDocument :one
-- A document that a decision on a file refers to, and how it was erased, if it was.
SELECT d.compartment, coalesce(e.reason, '')::text AS erased_reason, e.approved_at AS erased_at
FROM file_document fd
JOIN document d ON d.id = fd.document_id
LEFT JOIN erasure e ON e.document_id = d.id
WHERE fd.file_id = @file_id AND fd.document_id = @document_id;

-- name: AddErasureRequest :execrows
-- A document has one open request at a time, and a repeated one is the same: read it back.
INSERT INTO erasure_request (id, document_id, file_id, kind, ags, reason, requested_by, requested_at)
VALUES (@id, @document_id, @file_id, @kind, @ags, @reason, @requested_by, now())
ON CONFLICT DO NOTHING;

-- name: GetErasureRequest :one
SELECT r.id, r.document_id, r.file_id, r.kind, r.ags, r.reason, r.requested_by, r.requested_at, r.status, r.decided_by, r.decided_at, d.compartment
FROM erasure_request r
JOIN document d ON d.id = r.document_id
WHERE r.id = @id;

-- name: DecideErasure :exec
SELECT decide_erasure(@request::uuid, @approve::boolean);

-- name: DestroyWords :exec
-- Destroys the words whose time is over, as the decisions on a file say.
SELECT destroy_words(@file_id::uuid);
