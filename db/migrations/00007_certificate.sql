-- +goose Up
-- What a certificate rests on: the enrolment as the decision left it that issued the certificate, and
-- the last words until then that name the holder, sealed. A certificate is drawn up anew whenever it is
-- asked for, and the public page compares a name with it; both know its code. Without the key, which
-- erasure destroys, the name stays sealed and the rest holds.
CREATE FUNCTION certificate_basis(of_code text) RETURNS TABLE (
    enrolment_id uuid, state jsonb, document_id uuid, sealed bytea, wrapped bytea
) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT c.enrolment_id, a.state, d.id, d.sealed, k.wrapped
    FROM certificate c
    JOIN LATERAL (
        SELECT audit.version, audit.state FROM audit
        WHERE audit.file_id = c.enrolment_id AND audit.kind = 'enrolment'
            AND audit.action IN ('certify', 'confirm_attendance', 'reissue_certificate')
            AND audit.state #>> '{certificates,-1,code}' = c.code
        ORDER BY audit.version LIMIT 1
    ) a ON true
    LEFT JOIN LATERAL (
        SELECT fd.document_id FROM file_document fd
        WHERE fd.file_id = c.enrolment_id AND fd.compartment = 'training' AND fd.version <= a.version
            AND fd.kind IN ('apply', 'certify', 'confirm_attendance', 'reissue_certificate')
        ORDER BY fd.version DESC LIMIT 1
    ) named ON true
    LEFT JOIN document d ON d.id = named.document_id
    LEFT JOIN data_key k ON k.file_id = c.enrolment_id AND k.compartment = 'training'
    WHERE c.code = of_code
$$;

REVOKE EXECUTE ON FUNCTION certificate_basis(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION certificate_basis(text) TO koko_api;
