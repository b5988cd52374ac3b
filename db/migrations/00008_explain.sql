-- +goose Up
-- Who had access at a time, asked of all grants that hold in a municipality.
CREATE INDEX ON role_grant USING gin (area);

-- The log is read by time, and by person.
CREATE INDEX ON access_log (at DESC, ags DESC, seq DESC);
CREATE INDEX ON access_log (actor, at DESC);

-- The trainers of cohorts at a time, and where the cohorts lay: what ties somebody to an enrolment must be
-- known where the enrolment lies, even if the cohort is run elsewhere. Nothing else of it is shown.
CREATE FUNCTION cohort_staff_at(of_cohorts uuid[], of_at timestamptz) RETURNS TABLE (
    id uuid, ags text, offered text[], trainers text[]
) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT c.id, a.ags, json_texts(a.state -> 'offered'), json_texts(a.state -> 'trainers')
    FROM unnest(of_cohorts) c (id)
    CROSS JOIN LATERAL (
        SELECT audit.ags, audit.state FROM audit
        WHERE audit.file_id = c.id AND audit.kind = 'cohort' AND audit.at <= of_at
        ORDER BY audit.version DESC LIMIT 1
    ) a
$$;

-- The access log is kept for a time of its own. A cut says up to which entry the chain of a municipality
-- was deleted, by whom and why, and keeps the hash that the next entry follows. It stands in the chain
-- itself, too, as its newest entry: the two must agree.
CREATE TABLE access_log_cut (
    ags        text NOT NULL,
    up_to_seq  bigint NOT NULL CHECK (up_to_seq > 0),
    up_to_hash bytea NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    by         text NOT NULL CHECK (by <> ''),
    reason     text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (ags, up_to_seq)
);

ALTER TABLE access_log DROP CONSTRAINT access_log_kind_check;
ALTER TABLE access_log ADD CONSTRAINT access_log_kind_check CHECK (kind IN ('refusal', 'read', 'grant', 'cut'));

-- A key to the entry before would keep the log for ever. The trigger that chains stands in for it, and
-- the next one lets go of nothing but what lies before a cut.
-- +goose StatementBegin
DO $$
DECLARE
    c record;
BEGIN
    FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'access_log'::regclass AND contype = 'f' LOOP
        EXECUTE format('ALTER TABLE access_log DROP CONSTRAINT %I', c.conname);
    END LOOP;
END $$;

CREATE FUNCTION access_log_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM access_log_cut WHERE ags = OLD.ags AND up_to_seq >= OLD.seq) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'entry %/% of the access log stays as it is', OLD.ags, OLD.seq USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION access_log_cut_keep() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'a cut of the access log stays as it is' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON access_log FOR EACH ROW EXECUTE FUNCTION access_log_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON access_log_cut FOR EACH ROW EXECUTE FUNCTION access_log_cut_keep();

-- What breaks the chains, as before, except that the chain of a municipality may begin after its last
-- cut. An entry before it, a cut that the chain does not know and one that names another hash are broken.
CREATE OR REPLACE VIEW broken_chain AS
    SELECT 'audit' AS ledger, (a.file_id::text || '/' || a.version)::text AS entry
    FROM audit a
    LEFT JOIN audit p ON p.file_id = a.file_id AND p.version = a.version - 1 AND p.kind = a.kind
    WHERE a.hash <> audit_hash(a) OR a.prior_hash IS DISTINCT FROM p.hash
    UNION ALL
    SELECT 'access_log', l.ags || '/' || l.seq
    FROM access_log l
    LEFT JOIN access_log p ON p.ags = l.ags AND p.seq = l.seq - 1
    LEFT JOIN (SELECT DISTINCT ON (ags) ags, up_to_seq, up_to_hash FROM access_log_cut ORDER BY ags, up_to_seq DESC) c ON c.ags = l.ags
    WHERE l.hash <> access_log_hash(l) OR l.seq <= c.up_to_seq
        OR l.prior_hash IS DISTINCT FROM CASE WHEN l.seq = c.up_to_seq + 1 THEN c.up_to_hash ELSE p.hash END
    UNION ALL
    SELECT 'access_log_cut', c.ags || '/' || c.up_to_seq
    FROM access_log_cut c
    LEFT JOIN access_log l ON l.id = 'cut/' || c.ags || '/' || c.up_to_seq
    WHERE CASE
        WHEN l.id IS NOT NULL THEN l.kind <> 'cut' OR l.ags <> c.ags OR l.actor <> c.by OR l.reason <> c.reason OR l.digest <> encode(c.up_to_hash, 'hex')
        ELSE NOT EXISTS (SELECT FROM access_log_cut later WHERE later.ags = c.ags AND later.up_to_seq > c.up_to_seq)
    END
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

-- What was decided by the policy, counted: the question whole, so that another policy can be asked it.
-- roles are those that the person held where it was asked, offered those held where a cohort is offered.
CREATE TABLE decision_log (
    day       date NOT NULL,
    subject   text NOT NULL,
    act       text NOT NULL,
    ags       text NOT NULL, -- empty: asked of no municipality
    roles     text[] NOT NULL,
    offered   text[] NOT NULL,
    relations text[] NOT NULL,
    allowed   boolean NOT NULL,
    role      text NOT NULL, -- of the grant that allowed
    rule      text NOT NULL,
    count     bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (day, subject, act, ags, roles, offered, relations, allowed, role, rule)
);

-- Whoever serves people adds to it, and reads nothing of it.
CREATE FUNCTION note_decisions(noted jsonb) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    INSERT INTO decision_log AS d (day, subject, act, ags, roles, offered, relations, allowed, role, rule, count)
    SELECT day, subject, act, ags, json_texts(roles), json_texts(offered), json_texts(relations), allowed, role, rule, count
    FROM jsonb_to_recordset(noted) AS n (day date, subject text, act text, ags text, roles jsonb, offered jsonb, relations jsonb,
        allowed boolean, role text, rule text, count bigint)
    ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 -- two that add at once wait for each other in one order
    ON CONFLICT (day, subject, act, ags, roles, offered, relations, allowed, role, rule) DO UPDATE SET count = d.count + excluded.count
$$;

REVOKE EXECUTE ON FUNCTION cohort_staff_at(uuid[], timestamptz), note_decisions(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cohort_staff_at(uuid[], timestamptz), note_decisions(jsonb) TO koko_api;
GRANT SELECT ON access_log_cut TO koko_api;
ALTER TABLE access_log_cut ENABLE ROW LEVEL SECURITY;
CREATE POLICY area ON access_log_cut TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
