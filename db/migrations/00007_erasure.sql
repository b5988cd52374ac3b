-- +goose Up
-- Requests to erase a document, and what somebody else decided about them.
CREATE TABLE erasure_request (
    id           uuid PRIMARY KEY,
    document_id  uuid NOT NULL REFERENCES document,
    file_id      uuid NOT NULL,
    kind         text NOT NULL, -- of the file
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
    IF r.id IS NULL OR coalesce((SELECT ags FROM file WHERE id = r.file_id), r.ags) = ANY (koko_area()) IS NOT TRUE THEN
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
