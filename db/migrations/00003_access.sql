-- +goose Up
-- Who may do what where, and when. An entry ends; it is never deleted.
CREATE TABLE role_grant (
    id          uuid PRIMARY KEY,
    subject     text NOT NULL,
    role        text NOT NULL,
    area        text[] NOT NULL CHECK (cardinality(area) > 0),
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz CHECK (valid_until >= valid_from),
    given_by    text NOT NULL,
    given_at    timestamptz NOT NULL DEFAULT now(),
    ended_by    text,
    CHECK (ended_by IS NULL OR valid_until IS NOT NULL)
);

CREATE INDEX ON role_grant (subject);

-- Refusals, sensitive reads and changes of rights: one chain for each municipality. Entries that
-- concern no municipality that exists stand in the chain ''.
CREATE TABLE access_log (
    ags        text NOT NULL,
    seq        bigint NOT NULL CHECK (seq > 0),
    prior      bigint GENERATED ALWAYS AS (nullif(seq - 1, 0)) STORED,
    id         text NOT NULL UNIQUE, -- a repeated request is one entry
    kind       text NOT NULL CHECK (kind IN ('refusal', 'read', 'grant')),
    actor      text NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    action     text NOT NULL,
    rule       text NOT NULL,
    reason     text NOT NULL, -- Zugriffsgrund, one of a closed list
    case_id    uuid,
    version    integer, -- of the case, as the actor saw it
    subject_id text NOT NULL, -- the document or grant that was read or changed
    digest     text NOT NULL, -- of the command that was refused
    prior_hash bytea,
    hash       bytea NOT NULL,
    PRIMARY KEY (ags, seq),
    UNIQUE (ags, seq, hash),
    CHECK ((prior_hash IS NULL) = (seq = 1)),
    FOREIGN KEY (ags, prior, prior_hash) REFERENCES access_log (ags, seq, hash) MATCH SIMPLE
);

CREATE INDEX ON access_log (case_id, seq) WHERE case_id IS NOT NULL;

CREATE FUNCTION access_log_hash(l access_log) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT sha256(coalesce(l.prior_hash, '') || convert_to(concat_ws(E'\x1f',
        l.ags, l.seq, l.id, l.kind, l.actor, (extract(epoch FROM l.at) * 1000000)::bigint,
        l.action, l.rule, l.reason, coalesce(l.case_id::text, ''), coalesce(l.version, 0), l.subject_id, l.digest), 'UTF8'))
$$;

-- The chain's municipality is the case's own, whoever asks: a stranger's attempt stands where the
-- municipality's supervisors find it, and the stranger learns nothing.
-- +goose StatementBegin
CREATE FUNCTION access_log_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    IF EXISTS (SELECT FROM access_log WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    IF NEW.case_id IS NOT NULL THEN
        NEW.ags := coalesce((SELECT ags FROM conflict_case WHERE id = NEW.case_id), '');
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

CREATE TRIGGER chain BEFORE INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION access_log_chain();

-- Sessions of browsers; the token is stored hashed.
CREATE TABLE sessions (
    token  text PRIMARY KEY,
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);

CREATE INDEX ON sessions (expiry);

-- Whatever breaks the chains: an entry that was changed or does not follow its prior, a case that is
-- not what its last entry says, a document that is not the one an entry refers to.
CREATE VIEW broken_audit AS
    SELECT 'case_audit' AS ledger, (a.case_id::text || '/' || a.version)::text AS entry
    FROM case_audit a
    LEFT JOIN case_audit p ON p.case_id = a.case_id AND p.version = a.version - 1
    WHERE a.hash <> case_audit_hash(a) OR a.prior_hash IS DISTINCT FROM p.hash
    UNION ALL
    SELECT 'access_log', l.ags || '/' || l.seq
    FROM access_log l
    LEFT JOIN access_log p ON p.ags = l.ags AND p.seq = l.seq - 1
    WHERE l.hash <> access_log_hash(l) OR l.prior_hash IS DISTINCT FROM p.hash
    UNION ALL
    SELECT 'conflict_case', coalesce(c.id, a.case_id)::text || '/' || coalesce(c.version, a.version)
    FROM conflict_case c
    FULL JOIN (SELECT DISTINCT ON (case_id) case_id, version, state FROM case_audit ORDER BY case_id, version DESC) a ON a.case_id = c.id
    CROSS JOIN LATERAL (SELECT array_remove(ARRAY[c.state ->> 'assignee', c.state #>> '{plan,facilitator}']
        || ARRAY(SELECT jsonb_array_elements_text(c.state #> '{plan,mediators}')), NULL) AS members) team
    WHERE c.version IS DISTINCT FROM a.version OR c.state IS DISTINCT FROM a.state
        OR NOT (c.team @> team.members AND c.team <@ team.members)
        OR c.reference <> coalesce(c.state #>> '{signal,reference}', '') OR c.reporter <> coalesce(c.state #>> '{signal,by}', '')
        OR c.assignee <> coalesce(c.state ->> 'assignee', '') OR c.urgency <> coalesce(c.state #>> '{clearing,urgency}', '')
        OR c.stage <> coalesce((c.state #>> '{escalation,stage}')::integer, 0)
    UNION ALL
    SELECT 'document', coalesce(r.doc ->> 'id', '')
    FROM (SELECT case_id, version, jsonb_array_elements(docs) AS doc FROM case_audit) r
    LEFT JOIN document d ON d.id::text = r.doc ->> 'id'
    LEFT JOIN case_document cd ON cd.document_id = d.id AND cd.case_id = r.case_id AND cd.version = r.version
    WHERE d.digest IS DISTINCT FROM r.doc ->> 'digest' OR cd.document_id IS NULL;
