-- name: ListHolders :many
-- The documents of the given enrolments that say what their holders are called, the latest last.
SELECT fd.file_id, fd.document_id, d.sealed, d.secret, k.wrapped
FROM file_document fd
JOIN document d ON d.id = fd.document_id
JOIN data_key k ON k.file_id = fd.file_id AND k.compartment = fd.compartment
JOIN enrolment e ON e.id = fd.file_id
WHERE fd.file_id = ANY (@file_ids::uuid[])
    AND fd.kind IN ('apply', 'reissue_certificate') AND fd.compartment = 'training'
    AND enrolment_in_scope(e.ags, e.trainee, e.superior, e.cohorts, e.assessors,
        @caller, @teaches::uuid[], @area::text[], @own::text[], @led::text[], @taught::text[], @assessed::text[])
ORDER BY fd.file_id, fd.version;
