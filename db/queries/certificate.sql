-- name: AddCertificate :exec
-- The trigger allots number and index.
INSERT INTO certificate (code, number, status_index, enrolment_id, ags, kind, issued, curriculum, curriculum_version,
    minutes, evidence, supersedes, reason)
VALUES (@code, '', 0, @enrolment_id, @ags, @kind, @issued, @curriculum, @curriculum_version, @minutes, @evidence, @supersedes, @reason);

-- name: RevokeCertificate :exec
INSERT INTO certificate_revocation (code, at, reason) VALUES (@code, @at, @reason);

-- name: ListRegistered :many
-- What of an enrolment stands in the register.
SELECT c.code, (r.code IS NOT NULL)::boolean AS revoked
FROM certificate c
LEFT JOIN certificate_revocation r ON r.code = c.code
WHERE c.enrolment_id = @enrolment_id;

-- name: ListCertificates :many
-- The certificates of an enrolment in scope, as they stand in the register.
SELECT c.code, c.number, c.status_index, c.kind, c.issued, c.curriculum, c.curriculum_version, c.minutes, c.evidence,
    c.supersedes, c.reason, r.at AS revoked_at,
    coalesce(r.reason, '')::text AS revoked_reason, coalesce(s.code, '')::text AS superseded_by
FROM certificate c
JOIN enrolment e ON e.id = c.enrolment_id
LEFT JOIN certificate_revocation r ON r.code = c.code
LEFT JOIN certificate s ON s.supersedes = c.code
WHERE c.enrolment_id = @enrolment_id
    AND enrolment_in_scope(e.ags, e.trainee, e.superior, e.cohorts, e.assessors,
        @caller, @teaches::uuid[], @area::text[], @own::text[], @led::text[], @taught::text[], @assessed::text[])
ORDER BY c.status_index;

-- name: RevokedIndexes :many
-- The bits that are set in the public status list.
SELECT i::integer AS status_index FROM revoked_indexes() i;
