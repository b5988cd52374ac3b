-- +goose Up
-- Each document has a secret of its own, and a key that takes it and the key of its compartment. Documents
-- from before have none.
ALTER TABLE document ADD COLUMN secret bytea CHECK (length(secret) = 32);

-- That somebody asks for a document to be erased, and what somebody else said to it.
CREATE TABLE erasure_request (
    id           uuid PRIMARY KEY,
    document_id  uuid NOT NULL REFERENCES document,
    file_id      uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('case', 'enrolment')), -- of the file
    ags          text NOT NULL REFERENCES municipality,
    reason       text NOT NULL CHECK (reason IN ('not_necessary', 'consent_withdrawn', 'objection', 'unlawful', 'legal_obligation', 'wrong_file')),
    requested_by text NOT NULL CHECK (requested_by <> ''),
    requested_at timestamptz NOT NULL,
    status       text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'approved', 'rejected')),
    decided_by   text CHECK (decided_by <> ''),
    decided_at   timestamptz,
    CHECK ((status = 'open') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT erasure_four_eyes CHECK (status <> 'approved' OR decided_by <> requested_by)
);

CREATE UNIQUE INDEX erasure_open ON erasure_request (document_id) WHERE status = 'open';
CREATE INDEX ON erasure_request (requested_at DESC, id DESC);
CREATE INDEX ON erasure_request (file_id);

-- That a document was erased: the receipt stays when nothing of the words does.
CREATE TABLE erasure (
    document_id  uuid PRIMARY KEY REFERENCES document,
    file_id      uuid NOT NULL,
    digest       text NOT NULL, -- of the document
    reason       text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    approved_by  text NOT NULL,
    approved_at  timestamptz NOT NULL,
    hash         bytea NOT NULL,
    CONSTRAINT erasure_four_eyes CHECK (approved_by <> requested_by)
);

CREATE INDEX ON erasure (file_id);

CREATE FUNCTION erasure_hash(e erasure) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT sha256(convert_to(concat_ws(E'\x1f', e.document_id, e.file_id, e.digest, e.reason,
        e.requested_by, (extract(epoch FROM e.requested_at) * 1000000)::bigint,
        e.approved_by, (extract(epoch FROM e.approved_at) * 1000000)::bigint), 'UTF8'))
$$;

-- +goose StatementBegin
CREATE FUNCTION erasure_seal() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    NEW.hash := erasure_hash(NEW);
    RETURN NEW;
END $$;

CREATE FUNCTION erasure_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    PERFORM ledger_note('erasure', NEW.document_id::text, NEW.hash);
    RETURN NULL;
END $$;

CREATE FUNCTION erasure_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    RAISE EXCEPTION 'the receipt of an erasure stays as it is' USING ERRCODE = 'restrict_violation';
END $$;

-- The clocks of machines differ. Nothing is asked for before the decision that it is about, or decided
-- before it was asked for.
CREATE FUNCTION erasure_request_date() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    NEW.requested_at := greatest(clock_timestamp(), (
        SELECT a.at FROM file_document fd JOIN audit a ON a.file_id = fd.file_id AND a.version = fd.version WHERE fd.document_id = NEW.document_id));
    RETURN NEW;
END $$;

-- A request is decided once, and nothing else about it ever changes.
CREATE FUNCTION erasure_request_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.status = 'open' AND NEW.status <> 'open'
        AND (to_jsonb(NEW) - '{status,decided_by,decided_at}'::text[]) = (to_jsonb(OLD) - '{status,decided_by,decided_at}'::text[]) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'request % to erase stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
END $$;

-- A document stays as it is, except that its words go once there is a receipt for that.
CREATE FUNCTION document_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.secret IS NULL AND NEW.sealed = '' AND NEW.tokens = '{}'
        AND (to_jsonb(NEW) - '{secret,sealed,tokens}'::text[]) = (to_jsonb(OLD) - '{secret,sealed,tokens}'::text[])
        AND EXISTS (SELECT FROM erasure WHERE document_id = OLD.id AND digest = OLD.digest) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'document % stays as it is', OLD.id USING ERRCODE = 'restrict_violation';
END $$;

-- Decides a request in the name of whom the transaction works for, koko.caller, and erases what it
-- approves: receipt and destruction are one. Whoever asks for it alone is refused here, whatever the
-- program above has checked.
CREATE FUNCTION decide_erasure(of_request uuid, approve boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    r erasure_request;
    d document;
    caller text := coalesce(current_setting('koko.caller', true), '');
    decided timestamptz;
BEGIN
    SELECT * INTO r FROM erasure_request WHERE id = of_request FOR UPDATE;
    IF r.id IS NULL OR coalesce((SELECT ags FROM enrolment WHERE id = r.file_id), r.ags) = ANY (koko_area()) IS NOT TRUE THEN
        RAISE EXCEPTION 'there is no such request' USING ERRCODE = 'no_data_found';
    END IF;
    IF r.status <> 'open' THEN
        RAISE EXCEPTION 'request % is decided', r.id USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_open';
    END IF;
    IF caller = '' OR (approve AND caller = r.requested_by) THEN
        RAISE EXCEPTION 'request % is for somebody else to approve', r.id USING ERRCODE = 'check_violation', CONSTRAINT = 'erasure_four_eyes';
    END IF;
    decided := greatest(clock_timestamp(), r.requested_at);
    UPDATE erasure_request SET status = CASE WHEN approve THEN 'approved' ELSE 'rejected' END, decided_by = caller, decided_at = decided WHERE id = r.id;
    IF NOT approve THEN
        RETURN;
    END IF;
    SELECT * INTO d FROM document WHERE id = r.document_id FOR UPDATE;
    INSERT INTO erasure (document_id, file_id, digest, reason, requested_by, requested_at, approved_by, approved_at, hash)
    VALUES (d.id, d.file_id, d.digest, r.reason, r.requested_by, r.requested_at, caller, decided, '');
    UPDATE document SET secret = NULL, sealed = '', tokens = '{}' WHERE id = d.id;
END $$;
-- +goose StatementEnd

CREATE TRIGGER seal BEFORE INSERT ON erasure FOR EACH ROW EXECUTE FUNCTION erasure_seal();
CREATE TRIGGER ledger AFTER INSERT ON erasure FOR EACH ROW EXECUTE FUNCTION erasure_ledger();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON erasure FOR EACH ROW EXECUTE FUNCTION erasure_keep();
CREATE TRIGGER date BEFORE INSERT ON erasure_request FOR EACH ROW EXECUTE FUNCTION erasure_request_date();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON erasure_request FOR EACH ROW EXECUTE FUNCTION erasure_request_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION document_keep();

ALTER TABLE access_log DROP CONSTRAINT access_log_kind_check;
ALTER TABLE access_log ADD CONSTRAINT access_log_kind_check CHECK (kind IN ('refusal', 'read', 'grant', 'cut', 'erasure', 'repair'));

-- What a certificate rests on, as before, with the secret of the words.
DROP FUNCTION certificate_basis(text);
CREATE FUNCTION certificate_basis(of_code text) RETURNS TABLE (
    enrolment_id uuid, state jsonb, document_id uuid, sealed bytea, secret bytea, wrapped bytea
) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT c.enrolment_id, a.state, d.id, d.sealed, d.secret, k.wrapped
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

-- Words that are gone without a receipt, receipts without an erasure, and those that say something else
-- than what was hashed, requested and approved.
CREATE VIEW broken_erasure AS
    SELECT 'erasure' AS ledger, coalesce(e.document_id, d.id)::text AS entry
    FROM erasure e
    FULL JOIN (SELECT id, file_id, digest, secret, sealed, tokens FROM document) d ON d.id = e.document_id
    LEFT JOIN erasure_request r ON r.document_id = e.document_id AND r.status = 'approved'
    WHERE CASE WHEN e.document_id IS NULL THEN d.sealed = ''
        ELSE d.sealed IS DISTINCT FROM '' OR d.secret IS NOT NULL OR d.tokens <> '{}' OR d.digest <> e.digest OR d.file_id <> e.file_id
            OR e.hash <> erasure_hash(e)
            OR (r.reason, r.requested_by, r.requested_at, r.decided_by, r.decided_at)
                IS DISTINCT FROM (e.reason, e.requested_by, e.requested_at, e.approved_by, e.approved_at)
    END;

ALTER VIEW broken_audit RENAME TO broken_record;
CREATE VIEW broken_audit AS
    SELECT ledger, entry FROM broken_record
    UNION ALL
    SELECT ledger, entry FROM broken_erasure;

-- Least privilege: whoever serves people asks for an erasure, and has it decided by the function alone.
REVOKE EXECUTE ON FUNCTION decide_erasure(uuid, boolean), certificate_basis(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION decide_erasure(uuid, boolean), certificate_basis(text) TO koko_api;
GRANT SELECT, INSERT (id, document_id, file_id, kind, ags, reason, requested_by, requested_at) ON erasure_request TO koko_api;
GRANT SELECT ON erasure TO koko_api;

-- The second lock.
ALTER TABLE erasure_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;

CREATE POLICY area ON erasure_request FOR SELECT TO koko_api
    USING (ags = ANY ((SELECT koko_area())::text[]) OR (kind <> 'case' AND training_visible(file_id)));
CREATE POLICY own ON erasure_request FOR INSERT TO koko_api
    WITH CHECK (ags = ANY ((SELECT koko_area())::text[]) AND requested_by = (SELECT current_setting('koko.caller', true)));
CREATE POLICY area ON erasure TO koko_api USING (EXISTS (SELECT FROM document d WHERE d.id = document_id));
