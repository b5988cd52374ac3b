-- +goose Up
-- That histories, record and audit were compared.
CREATE TABLE reconciliation (
    id          uuid PRIMARY KEY,
    started     timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished    timestamptz,
    by          text NOT NULL CHECK (by <> ''), -- system: it was due
    scope       text NOT NULL CHECK (scope IN ('sample', 'all', 'file')),
    scheduled   boolean NOT NULL,
    confided    boolean NOT NULL DEFAULT false, -- it was about one file that is confided
    files       integer NOT NULL DEFAULT 0,
    differences integer NOT NULL DEFAULT 0,
    -- Of confided files, apart: whoever serves people does not read how many there are, and when that changes.
    confided_files       integer NOT NULL DEFAULT 0,
    confided_differences integer NOT NULL DEFAULT 0
);

CREATE INDEX ON reconciliation (started DESC, id DESC);

-- When a file was compared last, and when nothing was found.
CREATE TABLE reconciled (
    kind    text NOT NULL,
    file_id uuid NOT NULL,
    at      timestamptz NOT NULL,
    clean   timestamptz,
    PRIMARY KEY (kind, file_id)
);

-- What was found. The same difference found again is the same row; one that has gone and comes back is
-- a new one. facts hold nothing of the mediation.
CREATE TABLE difference (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    first_run   uuid NOT NULL REFERENCES reconciliation,
    last_run    uuid NOT NULL REFERENCES reconciliation,
    kind        text NOT NULL, -- of the file; empty: of none
    file_id     uuid,
    ags         text NOT NULL, -- empty: of no municipality that exists
    places      text[] NOT NULL DEFAULT '{}', -- with ties, for whom the file exists, though its row be lost
    ties        text[] NOT NULL DEFAULT '{}',
    reference   text NOT NULL,
    part        text NOT NULL CHECK (part IN ('record', 'audit', 'history', 'document', 'log')),
    what        text NOT NULL,
    field       text NOT NULL,
    version     integer NOT NULL,
    facts       jsonb NOT NULL,
    repair      text NOT NULL CHECK (repair IN ('restore_record', 'restore_entry', 'catch_up', 'restart_workflow', 'none')),
    first_found timestamptz NOT NULL,
    last_found  timestamptz NOT NULL,
    last_clean  timestamptz,
    status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'proposed', 'approved', 'repaired', 'gone', 'rejected')),
    revision    integer NOT NULL DEFAULT 1, -- one more with everything that is decided on it; the ETag
    proposed_by text CHECK (proposed_by <> ''),
    proposed_at timestamptz,
    approved_by text CHECK (approved_by <> ''), -- or rejected
    approved_at timestamptz,
    outcome     text NOT NULL DEFAULT '',
    CONSTRAINT repair_four_eyes CHECK (approved_by <> proposed_by OR status = 'rejected'),
    CHECK (status NOT IN ('proposed', 'approved', 'repaired') OR proposed_by IS NOT NULL),
    CHECK (status NOT IN ('approved', 'repaired', 'rejected') OR approved_by IS NOT NULL)
);

CREATE UNIQUE INDEX difference_standing ON difference (kind, coalesce(file_id::text, ''), part, what, field, version)
    WHERE status NOT IN ('gone', 'repaired');
CREATE INDEX ON difference (last_found DESC, id DESC);
CREATE INDEX ON difference (file_id);

-- People decide on differences; nothing else about one is theirs to change, and a repair does not skip a step.
-- +goose StatementBegin
CREATE FUNCTION difference_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
    decided text[] := '{status,revision,proposed_by,proposed_at,approved_by,approved_at,outcome}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'difference % stays', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'repaired' AND OLD.status NOT IN ('approved', 'repaired') OR NEW.status = 'approved' AND OLD.status NOT IN ('proposed', 'approved') THEN
        RAISE EXCEPTION 'difference % was not approved', OLD.id USING ERRCODE = 'check_violation', CONSTRAINT = 'repair_four_eyes';
    END IF;
    IF current_user = 'koko_api' AND (to_jsonb(NEW) - decided) <> (to_jsonb(OLD) - decided) THEN
        RAISE EXCEPTION 'what was found stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON difference FOR EACH ROW EXECUTE FUNCTION difference_keep();

-- Puts entries of one file back that were lost or changed, the lowest version first, and the links to
-- their documents. It writes nothing but what was there: an entry whose hash is the one in the Merkle log
-- or, where the log has none yet, the one that waits to go into it, or else that the next entry follows.
-- It returns how many entries it wrote.
-- +goose StatementBegin
CREATE FUNCTION restore_audit(entries json) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    e audit;
    was audit;
    proof bytea;
    doc json;
    written integer := 0;
BEGIN
    SET CONSTRAINTS ALL DEFERRED;
    FOR e IN SELECT * FROM json_populate_recordset(NULL::audit, entries) ORDER BY version LOOP
        SELECT hash INTO e.prior_hash FROM audit WHERE file_id = e.file_id AND version = e.version - 1 AND kind = e.kind;
        IF e.version > 1 AND e.prior_hash IS NULL THEN
            RAISE EXCEPTION 'entry %/% has none to follow', e.file_id, e.version USING ERRCODE = 'check_violation', CONSTRAINT = 'restore_proof';
        END IF;
        e.hash := audit_hash(e);
        proof := coalesce(
            (SELECT leaf FROM ledger_leaf WHERE tab = 'audit' AND key = e.file_id || '/' || e.version),
            (SELECT sha256('\x00'::bytea || 'koko/audit/1'::bytea || '\x00'::bytea || p.hash) FROM ledger_pending p WHERE p.tab = 'audit' AND p.key = e.file_id || '/' || e.version),
            (SELECT sha256('\x00'::bytea || 'koko/audit/1'::bytea || '\x00'::bytea || n.prior_hash) FROM audit n WHERE n.file_id = e.file_id AND n.version = e.version + 1));
        IF proof IS NULL AND EXISTS (SELECT FROM audit n WHERE n.file_id = e.file_id AND n.version >= e.version)
            OR proof <> sha256('\x00'::bytea || 'koko/audit/1'::bytea || '\x00'::bytea || e.hash) THEN
            RAISE EXCEPTION 'entry %/% is not what it was', e.file_id, e.version USING ERRCODE = 'check_violation', CONSTRAINT = 'restore_proof';
        END IF;
        SELECT * INTO was FROM audit WHERE file_id = e.file_id AND version = e.version;
        IF was.file_id IS NULL THEN
            INSERT INTO audit (file_id, kind, version, ags, phase, places, ties, command_id, action, actor, at, digest, veil, docs, state, confided, salt, hash)
            VALUES (e.file_id, e.kind, e.version, e.ags, e.phase, e.places, e.ties, e.command_id, e.action, e.actor, e.at, e.digest, e.veil, e.docs, e.state,
                coalesce(e.confided, false), e.salt, '');
            written := written + 1;
        ELSIF was.hash <> e.hash OR audit_hash(was) <> was.hash OR was.prior_hash IS DISTINCT FROM e.prior_hash THEN
            PERFORM set_config('koko.restoring', e.file_id::text, true);
            UPDATE audit SET kind = e.kind, ags = e.ags, phase = e.phase, places = e.places, ties = e.ties, command_id = e.command_id, action = e.action,
                actor = e.actor, at = e.at, digest = e.digest, veil = e.veil, docs = e.docs, state = e.state,
                confided = coalesce(e.confided, false), salt = e.salt, prior_hash = e.prior_hash, hash = e.hash
            WHERE file_id = e.file_id AND version = e.version;
            PERFORM set_config('koko.restoring', '', true);
            written := written + 1;
        END IF;
        FOR doc IN SELECT * FROM json_array_elements(e.docs) LOOP
            INSERT INTO file_document (document_id, file_id, version, ags, action, compartment, confided, number)
            SELECT d.id, e.file_id, e.version, d.ags, d.action, d.compartment, coalesce(e.confided, false), (
                SELECT coalesce(min(n), 1) FROM generate_series(1, e.version * 8) n WHERE NOT EXISTS (
                    SELECT FROM file_document o WHERE o.file_id = e.file_id AND o.action = d.action AND o.compartment = d.compartment AND o.number = n))
            FROM document d
            WHERE d.id::text = doc ->> 'id' AND d.file_id = e.file_id AND d.digest = doc ->> 'digest'
            ON CONFLICT (document_id) DO NOTHING;
        END LOOP;
    END LOOP;
    SET CONSTRAINTS ALL IMMEDIATE;
    -- What a backup has brought back with them is destroyed again.
    PERFORM destroy_words(f) FROM (SELECT DISTINCT (x ->> 'file_id')::uuid AS f FROM json_array_elements(entries) x) all_files;
    RETURN written;
END $$;
-- +goose StatementEnd

-- Whatever breaks the chains and the records that rest on them.
CREATE VIEW broken_audit AS
    SELECT ledger, entry FROM broken_file
    UNION ALL
    SELECT ledger, entry FROM broken_access
    UNION ALL
    SELECT ledger, entry FROM broken_register
    UNION ALL
    SELECT ledger, entry FROM broken_erasure
    UNION ALL
    SELECT 'run_history', r.workflow_id || '/' || r.run_id FROM run_history r WHERE r.hash <> run_history_hash(r);

-- What breaks the chains that belong to no file.
CREATE FUNCTION broken_logs() RETURNS TABLE (ledger text, entry text) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT b.ledger, b.entry FROM broken_audit b WHERE b.ledger IN ('access_log', 'access_log_cut', 'certificate', 'curriculum')
$$;
