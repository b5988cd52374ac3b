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

-- That a document was erased: the receipt stays when nothing of the words does. What two people had erased says
-- who they are; what was destroyed because its time was over says so, and that nobody asked for it.
CREATE TABLE erasure (
    document_id  uuid PRIMARY KEY REFERENCES document,
    file_id      uuid NOT NULL,
    digest       text NOT NULL, -- of the document
    reason       text NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL,
    approved_by  text NOT NULL,
    approved_at  timestamptz NOT NULL,
    confided     boolean NOT NULL DEFAULT false, -- as of the file
    hash         bytea NOT NULL,
    CONSTRAINT erasure_four_eyes CHECK (
        CASE WHEN reason = 'retention' THEN requested_by = 'system' AND approved_by = 'system' AND approved_at = requested_at ELSE approved_by <> requested_by END)
);

CREATE INDEX ON erasure (file_id);

CREATE FUNCTION erasure_hash(e erasure) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT sha256(convert_to(concat_ws(E'\x1f', e.document_id, e.file_id, e.digest, e.reason,
        e.requested_by, (extract(epoch FROM e.requested_at) * 1000000)::bigint,
        e.approved_by, (extract(epoch FROM e.approved_at) * 1000000)::bigint), 'UTF8'))
$$;

-- +goose StatementBegin
CREATE FUNCTION erasure_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    NEW.confided := coalesce((SELECT confided FROM file_known(NEW.file_id)), false);
    NEW.hash := erasure_hash(NEW);
    RETURN NEW;
END $$;

CREATE FUNCTION erasure_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    PERFORM ledger_note('erasure', NEW.document_id::text, NEW.hash, NEW.confided);
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

-- Whether a decision on a file had the words of a compartment destroyed; with a time, the decision of that time.
CREATE FUNCTION words_expired(of_file uuid, of_compartment text, of_at timestamptz) RETURNS boolean STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT EXISTS (
        SELECT FROM audit a, jsonb_array_elements(json_list((a.state -> 'destroyed')::jsonb)) d
        WHERE a.file_id = of_file AND a.action = 'deadline_passed' AND a.actor = 'system' AND d ->> 'compartment' = of_compartment
            AND (d ->> 'at')::timestamptz = a.at AND (of_at IS NULL OR a.at = of_at))
$$;

-- A key is made once. It goes when a decision says that its time is over, and does not come back.
CREATE FUNCTION data_key_keep() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.wrapped IS NULL THEN
        RAISE EXCEPTION 'the key of % of % is destroyed for good', OLD.compartment, OLD.file_id USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.wrapped IS NULL AND NOT words_expired(NEW.file_id, NEW.compartment, NULL) THEN
        RAISE EXCEPTION 'nothing says that the time of % of % is over', NEW.compartment, NEW.file_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

-- Nothing is stored where the key was destroyed. Whoever destroys it waits for the lock of what is being
-- stored, and what is stored then waits for them.
CREATE FUNCTION document_stored() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    key bytea;
BEGIN
    SELECT wrapped INTO key FROM data_key WHERE file_id = NEW.file_id AND compartment = NEW.compartment FOR KEY SHARE;
    IF FOUND AND key IS NULL THEN
        RAISE EXCEPTION 'the key of % of % is destroyed for good', NEW.compartment, NEW.file_id USING ERRCODE = 'check_violation', CONSTRAINT = 'words_kept';
    END IF;
    RETURN NEW;
END $$;

-- Destroys what the decisions on a file say is to be destroyed: for each compartment its key, and of its
-- documents secret, words and tokens, also of those that no decision refers to. Each gets a receipt. Called
-- again, it finds nothing left to do.
CREATE FUNCTION destroy_words(of_file uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    e record;
BEGIN
    FOR e IN
        SELECT DISTINCT ON (d ->> 'compartment') d ->> 'compartment' AS compartment, a.at, a.ags, a.confided
        FROM audit a, jsonb_array_elements(json_list((a.state -> 'destroyed')::jsonb)) d
        WHERE a.file_id = of_file AND a.action = 'deadline_passed' AND a.actor = 'system' AND (d ->> 'at')::timestamptz = a.at
        ORDER BY 1, a.version
    LOOP
        PERFORM FROM data_key WHERE file_id = of_file AND compartment = e.compartment FOR UPDATE;
        INSERT INTO data_key (file_id, compartment, ags, wrapped, confided) VALUES (of_file, e.compartment, e.ags, NULL, e.confided)
        ON CONFLICT (file_id, compartment) DO UPDATE SET wrapped = NULL WHERE data_key.wrapped IS NOT NULL;
        INSERT INTO erasure (document_id, file_id, digest, reason, requested_by, requested_at, approved_by, approved_at, hash)
        SELECT d.id, d.file_id, d.digest, 'retention', 'system', e.at, 'system', e.at, ''
        FROM document d
        WHERE d.file_id = of_file AND d.compartment = e.compartment AND NOT EXISTS (SELECT FROM erasure WHERE document_id = d.id)
        ORDER BY d.id;
        UPDATE document SET secret = NULL, sealed = '', tokens = '{}' WHERE file_id = of_file AND compartment = e.compartment AND sealed <> '';
    END LOOP;
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
CREATE TRIGGER keep BEFORE INSERT OR UPDATE OR DELETE ON data_key FOR EACH ROW EXECUTE FUNCTION data_key_keep();
CREATE TRIGGER stored BEFORE INSERT ON document FOR EACH ROW EXECUTE FUNCTION document_stored();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION document_keep();

-- Words that are gone without a receipt, receipts without an erasure, and those that say something else
-- than what was hashed, requested and approved, or decided; and keys that should be gone, or should not.
CREATE VIEW broken_erasure AS
    SELECT 'erasure' AS ledger, coalesce(e.document_id, d.id)::text AS entry
    FROM erasure e
    FULL JOIN (SELECT id, file_id, compartment, digest, secret, sealed, tokens FROM document) d ON d.id = e.document_id
    LEFT JOIN erasure_request r ON r.document_id = e.document_id AND r.status = 'approved'
    WHERE CASE WHEN e.document_id IS NULL THEN d.sealed = ''
        ELSE d.sealed IS DISTINCT FROM '' OR d.secret IS NOT NULL OR d.tokens <> '{}' OR d.digest <> e.digest OR d.file_id <> e.file_id
            OR e.hash <> erasure_hash(e)
            OR CASE WHEN e.reason = 'retention' THEN NOT words_expired(e.file_id, d.compartment, e.approved_at)
                ELSE (r.reason, r.requested_by, r.requested_at, r.decided_by, r.decided_at)
                    IS DISTINCT FROM (e.reason, e.requested_by, e.requested_at, e.approved_by, e.approved_at)
            END
    END
    UNION ALL
    SELECT 'data_key', k.file_id::text || '/' || k.compartment
    FROM data_key k
    LEFT JOIN file f ON f.id = k.file_id
    WHERE (k.wrapped IS NULL) <> coalesce(f.state -> 'destroyed' @> jsonb_build_array(jsonb_build_object('compartment', k.compartment)), false)
    UNION ALL
    SELECT 'data_key', f.id::text || '/' || (d ->> 'compartment')
    FROM file f, jsonb_array_elements(json_list(f.state -> 'destroyed')) d
    WHERE NOT EXISTS (SELECT FROM data_key k WHERE k.file_id = f.id AND k.compartment = d ->> 'compartment');
