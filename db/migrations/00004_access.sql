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
-- Who had access at a time, asked of all grants that hold in a municipality.
CREATE INDEX ON role_grant USING gin (area);

-- Refusals, sensitive reads and changes of rights: one chain for each municipality, and one for each file that
-- is confided, so that the numbers of a municipality do not move with what is done there. Entries that
-- concern no municipality that exists stand in the chain ''. veil is, as in the audit, the act without
-- which nobody learns of the entry. A key to the entry before would keep the log for ever: the triggers
-- stand in for it.
CREATE TABLE access_log (
    ags        text NOT NULL,
    seq        bigint NOT NULL CHECK (seq > 0),
    id         text NOT NULL UNIQUE, -- a repeated request is one entry
    kind       text NOT NULL CHECK (kind IN ('refusal', 'read', 'grant', 'absence', 'cut', 'erasure', 'repair')),
    actor      text NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    action     text NOT NULL,
    rule       text NOT NULL,
    reason     text NOT NULL, -- Zugriffsgrund, one of a closed list
    file_id    uuid,
    version    integer, -- of the file, as the actor saw it
    subject_id text NOT NULL, -- the document or grant that was read or changed
    digest     text NOT NULL, -- of the command that was refused, under a key of ours
    veil       text NOT NULL DEFAULT '',
    confided   boolean NOT NULL DEFAULT false CHECK (NOT confided OR file_id IS NOT NULL),
    salt       uuid NOT NULL DEFAULT gen_random_uuid(), -- shown with the entry alone, as in the audit
    chain      text NOT NULL GENERATED ALWAYS AS (CASE WHEN confided THEN file_id::text ELSE ags END) STORED,
    prior_hash bytea,
    hash       bytea NOT NULL,
    PRIMARY KEY (chain, seq),
    CHECK ((prior_hash IS NULL) = (seq = 1))
);

-- The log is read by time, by person, and file by file.
CREATE INDEX ON access_log (at DESC, ags DESC, seq DESC) WHERE NOT confided;
CREATE INDEX ON access_log (actor, at DESC);
CREATE INDEX ON access_log (file_id, at, seq) WHERE file_id IS NOT NULL;
CREATE INDEX ON access_log (ags, at, seq) WHERE kind = 'grant';

CREATE FUNCTION access_log_hash(l access_log) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT sha256(coalesce(l.prior_hash, '') || convert_to(concat_ws(E'\x1f',
        l.ags, l.seq, l.id, l.kind, l.actor, (extract(epoch FROM l.at) * 1000000)::bigint,
        l.action, l.rule, l.reason, coalesce(l.file_id::text, ''), coalesce(l.version, 0), l.subject_id, l.digest, l.veil, l.salt), 'UTF8'))
$$;

-- A cut says up to which entry a chain was deleted, by whom and why, and keeps the hash
-- that the next entry follows. It stands in the chain itself, too, as its newest entry: the two must agree.
CREATE TABLE access_log_cut (
    chain      text NOT NULL,
    up_to_seq  bigint NOT NULL CHECK (up_to_seq > 0),
    up_to_hash bytea NOT NULL,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    by         text NOT NULL CHECK (by <> ''),
    reason     text NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (chain, up_to_seq)
);

-- The chain's municipality is the file's own, whoever asks, also while the file's record is lost: a
-- stranger's attempt stands where the municipality's supervisors find it, and the stranger learns nothing.
-- What concerns a confided file stands in a chain of that file's own. So does an attempt on an id that is no
-- file's: otherwise the numbers that everybody sees would tell one from the other. A cut knows its chain.
-- +goose StatementBegin
CREATE FUNCTION access_log_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    of_chain text;
BEGIN
    IF EXISTS (SELECT FROM access_log WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    IF NEW.kind = 'cut' THEN
        of_chain := CASE WHEN NEW.confided THEN NEW.file_id::text ELSE NEW.ags END;
    ELSIF NEW.file_id IS NOT NULL THEN
        SELECT ags, confided INTO NEW.ags, NEW.confided FROM file_known(NEW.file_id);
        NEW.ags := coalesce(NEW.ags, '');
        NEW.confided := coalesce(NEW.confided, true);
        of_chain := CASE WHEN NEW.confided THEN NEW.file_id::text ELSE NEW.ags END;
    ELSE
        NEW.ags := coalesce((SELECT ags FROM municipality WHERE ags = NEW.ags), '');
        NEW.confided := false;
        of_chain := NEW.ags;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('access_log' || of_chain, 0));
    SELECT seq, hash INTO NEW.seq, NEW.prior_hash FROM access_log WHERE chain = of_chain ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(NEW.seq, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.hash := access_log_hash(NEW);
    RETURN NEW;
END $$;

-- Only what lies before a cut is deleted.
CREATE FUNCTION access_log_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM access_log_cut WHERE chain = OLD.chain AND up_to_seq >= OLD.seq) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'entry %/% of the access log stays as it is', OLD.chain, OLD.seq USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION access_log_cut_keep() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'a cut of the access log stays as it is' USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

CREATE TRIGGER chain BEFORE INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION access_log_chain();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON access_log FOR EACH ROW EXECUTE FUNCTION access_log_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON access_log_cut FOR EACH ROW EXECUTE FUNCTION access_log_cut_keep();

-- What breaks the chains of the log. A chain may begin after its last cut. An entry
-- before it, a cut that the chain does not know and one that names another hash are broken.
CREATE VIEW broken_access AS
    SELECT 'access_log' AS ledger, (l.chain || '/' || l.seq)::text AS entry
    FROM access_log l
    LEFT JOIN access_log p ON p.chain = l.chain AND p.seq = l.seq - 1
    LEFT JOIN (SELECT DISTINCT ON (chain) chain, up_to_seq, up_to_hash FROM access_log_cut ORDER BY chain, up_to_seq DESC) c ON c.chain = l.chain
    WHERE l.hash <> access_log_hash(l) OR l.seq <= c.up_to_seq
        OR l.prior_hash IS DISTINCT FROM CASE WHEN l.seq = c.up_to_seq + 1 THEN c.up_to_hash ELSE p.hash END
    UNION ALL
    SELECT 'access_log_cut', c.chain || '/' || c.up_to_seq
    FROM access_log_cut c
    LEFT JOIN access_log l ON l.id = 'cut/' || c.chain || '/' || c.up_to_seq
    WHERE CASE
        WHEN l.id IS NOT NULL THEN l.kind <> 'cut' OR l.chain <> c.chain OR l.actor <> c.by OR l.reason <> c.reason OR l.digest <> encode(c.up_to_hash, 'hex')
        ELSE NOT EXISTS (SELECT FROM access_log_cut later WHERE later.chain = c.chain AND later.up_to_seq > c.up_to_seq)
    END;

-- What was decided by the policy, counted: the question whole, so that another policy can be asked it.
-- roles are those that the person held where it was asked, offered those held where the file is offered.
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

-- Sessions of browsers; the token is stored hashed.
CREATE TABLE sessions (
    token  text PRIMARY KEY,
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);

CREATE INDEX ON sessions (expiry);

-- What people are told. It says nothing but where to look; a repeated notice is one.
CREATE TABLE notification (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    recipient text NOT NULL CHECK (recipient <> ''),
    ags       text NOT NULL REFERENCES municipality,
    kind      text NOT NULL,
    file_kind text NOT NULL,
    file_id   uuid NOT NULL,
    version   integer NOT NULL, -- of the file
    at        timestamptz NOT NULL,
    read_at   timestamptz,
    UNIQUE (file_id, version, kind, recipient)
);

CREATE INDEX ON notification (recipient, at DESC, id DESC);
CREATE INDEX ON notification (recipient) WHERE read_at IS NULL;
CREATE INDEX ON notification (file_id, at, version);
