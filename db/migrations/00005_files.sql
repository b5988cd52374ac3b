-- +goose Up
-- A file (Akte) is a case, an enrolment or a cohort: one audit, one store of documents and one log of
-- accesses for all of them.
DROP VIEW broken_audit;
DROP TRIGGER chain ON case_audit;
DROP FUNCTION case_audit_chain();
DROP FUNCTION case_audit_hash(case_audit);

ALTER TABLE case_audit RENAME TO audit;
ALTER TABLE case_document RENAME TO file_document;
ALTER TABLE audit RENAME COLUMN case_id TO file_id;
ALTER TABLE file_document RENAME COLUMN case_id TO file_id;
ALTER TABLE document RENAME COLUMN case_id TO file_id;
ALTER TABLE data_key RENAME COLUMN case_id TO file_id;
ALTER TABLE access_log RENAME COLUMN case_id TO file_id;
ALTER INDEX document_case_id_idx RENAME TO document_file_id_idx;
ALTER INDEX access_log_case_id_seq_idx RENAME TO access_log_file_id_seq_idx;

-- PostgreSQL made the names of constraints, and its newer versions make more of them.
-- +goose StatementBegin
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT conrelid::regclass AS rel, conname AS old,
            replace(replace(replace(conname, 'case_audit', 'audit'), 'case_document', 'file_document'), 'case_id', 'file_id') AS new
        FROM pg_constraint
        WHERE conrelid IN ('audit'::regclass, 'file_document'::regclass, 'document'::regclass, 'data_key'::regclass, 'access_log'::regclass)
    LOOP
        IF c.new <> c.old THEN
            EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', c.rel, c.old, c.new);
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd

ALTER TABLE audit ADD COLUMN kind text NOT NULL DEFAULT 'case' CHECK (kind IN ('case', 'enrolment', 'cohort'));
ALTER TABLE audit ALTER COLUMN kind DROP DEFAULT;

ALTER TABLE data_key DROP CONSTRAINT data_key_compartment_check;
ALTER TABLE data_key ADD CONSTRAINT data_key_compartment_check
    CHECK (compartment IN ('case', 'identities', 'mediation', 'training', 'assessment'));

-- concat_ws skips the kind of a case: the hashes of entries from before there were other kinds stand.
CREATE FUNCTION audit_hash(a audit) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT sha256(coalesce(a.prior_hash, '') || convert_to(concat_ws(E'\x1f',
        a.file_id, a.version, a.ags, a.command_id, a.action, a.actor,
        (extract(epoch FROM a.at) * 1000000)::bigint, a.digest, a.docs, a.state, nullif(a.kind, 'case')), 'UTF8'))
$$;

-- A file keeps its kind: an entry of another one finds no version to follow.
-- +goose StatementBegin
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    SELECT hash INTO NEW.prior_hash FROM audit WHERE file_id = NEW.file_id AND version = NEW.version - 1 AND kind = NEW.kind;
    IF NEW.version > 1 AND NEW.prior_hash IS NULL THEN
        RAISE EXCEPTION '% % has no version % to follow', NEW.kind, NEW.file_id, NEW.version - 1
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'audit_prior';
    END IF;
    NEW.hash := audit_hash(NEW);
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();

CREATE OR REPLACE FUNCTION access_log_hash(l access_log) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT sha256(coalesce(l.prior_hash, '') || convert_to(concat_ws(E'\x1f',
        l.ags, l.seq, l.id, l.kind, l.actor, (extract(epoch FROM l.at) * 1000000)::bigint,
        l.action, l.rule, l.reason, coalesce(l.file_id::text, ''), coalesce(l.version, 0), l.subject_id, l.digest), 'UTF8'))
$$;

-- The chain's municipality is the file's own, whoever asks: a stranger's attempt stands where the
-- municipality's supervisors find it, and the stranger learns nothing.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION access_log_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    IF EXISTS (SELECT FROM access_log WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    IF NEW.file_id IS NOT NULL THEN
        NEW.ags := coalesce((SELECT ags FROM conflict_case WHERE id = NEW.file_id), '');
    ELSE
        NEW.ags := coalesce((SELECT ags FROM municipality WHERE ags = NEW.ags), '');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('access_log' || NEW.ags, 0));
    SELECT seq, hash INTO NEW.seq, NEW.prior_hash FROM access_log WHERE ags = NEW.ags ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(NEW.seq, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.hash := access_log_hash(NEW);
    RETURN NEW;
END $$;
-- +goose StatementEnd

-- Whatever breaks the chains: an entry that was changed or does not follow its prior, a case that is
-- not what its last entry says, a document that is not the one an entry refers to.
CREATE VIEW broken_audit AS
    SELECT 'audit' AS ledger, (a.file_id::text || '/' || a.version)::text AS entry
    FROM audit a
    LEFT JOIN audit p ON p.file_id = a.file_id AND p.version = a.version - 1 AND p.kind = a.kind
    WHERE a.hash <> audit_hash(a) OR a.prior_hash IS DISTINCT FROM p.hash
    UNION ALL
    SELECT 'access_log', l.ags || '/' || l.seq
    FROM access_log l
    LEFT JOIN access_log p ON p.ags = l.ags AND p.seq = l.seq - 1
    WHERE l.hash <> access_log_hash(l) OR l.prior_hash IS DISTINCT FROM p.hash
    UNION ALL
    SELECT 'conflict_case', coalesce(c.id, a.file_id)::text || '/' || coalesce(c.version, a.version)
    FROM conflict_case c
    FULL JOIN (
        SELECT DISTINCT ON (file_id) file_id, version, state FROM audit WHERE kind = 'case' ORDER BY file_id, version DESC
    ) a ON a.file_id = c.id
    CROSS JOIN LATERAL (SELECT array_remove(ARRAY[c.state ->> 'assignee', c.state #>> '{plan,facilitator}']
        || ARRAY(SELECT jsonb_array_elements_text(c.state #> '{plan,mediators}')), NULL) AS members) team
    WHERE c.version IS DISTINCT FROM a.version OR c.state IS DISTINCT FROM a.state
        OR NOT (c.team @> team.members AND c.team <@ team.members)
        OR c.reference <> coalesce(c.state #>> '{signal,reference}', '') OR c.reporter <> coalesce(c.state #>> '{signal,by}', '')
        OR c.assignee <> coalesce(c.state ->> 'assignee', '') OR c.urgency <> coalesce(c.state #>> '{clearing,urgency}', '')
        OR c.stage <> coalesce((c.state #>> '{escalation,stage}')::integer, 0)
    UNION ALL
    SELECT 'document', coalesce(r.doc ->> 'id', '')
    FROM (SELECT file_id, version, jsonb_array_elements(docs) AS doc FROM audit) r
    LEFT JOIN document d ON d.id::text = r.doc ->> 'id'
    LEFT JOIN file_document fd ON fd.document_id = d.id AND fd.file_id = r.file_id AND fd.version = r.version
    WHERE d.digest IS DISTINCT FROM r.doc ->> 'digest' OR fd.document_id IS NULL;
