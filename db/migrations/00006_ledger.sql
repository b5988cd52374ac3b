-- +goose Up
-- The Merkle logs over the rows of the ledger tables (RFC 6962). A row that is written waits in ledger_pending
-- until somebody gives it the next number; from then on its leaf and its number never change. Nothing of the main
-- log says anything about what a row is about: it is read without a scope. The rows of confided files go into the
-- inner log, whose length would tell how much is done there: nobody but their people reads anything of it.
CREATE TABLE ledger_pending (
    id   bigint GENERATED ALWAYS AS IDENTITY,
    log  text NOT NULL CHECK (log IN ('main', 'inner')),
    tab  text NOT NULL,
    key  text NOT NULL, -- of the row in that table: audit <file>/<version>, access_log <chain>/<number>
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tab, key)
);

CREATE TABLE ledger_leaf (
    idx  bigint NOT NULL CHECK (idx >= 0),
    tab  text NOT NULL,
    key  text NOT NULL,
    leaf bytea NOT NULL CHECK (length(leaf) = 32),
    log  text NOT NULL DEFAULT 'main' CHECK (log IN ('main', 'inner')),
    PRIMARY KEY (log, idx),
    UNIQUE (tab, key)
);

-- The full subtrees above the leaves, which stand at level 0.
CREATE TABLE ledger_node (
    level smallint NOT NULL CHECK (level > 0),
    idx   bigint NOT NULL CHECK (idx >= 0),
    hash  bytea NOT NULL CHECK (length(hash) = 32),
    log   text NOT NULL DEFAULT 'main' CHECK (log IN ('main', 'inner')),
    PRIMARY KEY (log, level, idx)
);

-- What the inner log was at the beginning of each day. Its hash is a row of the main log: one a day, whatever was
-- done. The secret keeps it from being guessed from a length and a root.
CREATE TABLE inner_root (
    day    date PRIMARY KEY, -- in Berlin
    size   bigint NOT NULL CHECK (size >= 0),
    root   bytea NOT NULL CHECK (length(root) = 32),
    secret bytea NOT NULL CHECK (length(secret) = 32),
    hash   bytea NOT NULL
);

CREATE FUNCTION inner_root_hash(r inner_root) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT sha256(convert_to(concat_ws(E'\x1f', to_char(r.day, 'YYYY-MM-DD'), r.size, encode(r.root, 'hex'), encode(r.secret, 'hex')), 'UTF8')) $$;

-- What was signed of the main log, and what witnesses answered.
CREATE TABLE ledger_checkpoint (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin text NOT NULL,
    size   bigint NOT NULL CHECK (size >= 0),
    root   bytea NOT NULL CHECK (length(root) = 32),
    at     timestamptz NOT NULL,
    signed bytea NOT NULL
);

CREATE INDEX ON ledger_checkpoint (size);

CREATE TABLE ledger_cosignature (
    checkpoint_id bigint NOT NULL REFERENCES ledger_checkpoint,
    witness       text NOT NULL,
    at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    line          bytea NOT NULL,
    PRIMARY KEY (checkpoint_id, witness)
);

-- +goose StatementBegin
CREATE FUNCTION ledger_keep() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'what stands in % stays as it is', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON inner_root FOR EACH ROW EXECUTE FUNCTION ledger_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON ledger_leaf FOR EACH ROW EXECUTE FUNCTION ledger_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON ledger_node FOR EACH ROW EXECUTE FUNCTION ledger_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON ledger_checkpoint FOR EACH ROW EXECUTE FUNCTION ledger_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON ledger_cosignature FOR EACH ROW EXECUTE FUNCTION ledger_keep();

-- A row that is written a second time, because it was lost, has its place in the log already. The row itself says
-- whether it is confided, and so into which log it goes.
-- +goose StatementBegin
CREATE FUNCTION ledger_note(of_tab text, of_key text, of_hash bytea, of_confided boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    INSERT INTO ledger_pending (log, tab, key, hash)
    SELECT CASE WHEN of_confided THEN 'inner' ELSE 'main' END, of_tab, of_key, of_hash
    WHERE NOT EXISTS (SELECT FROM ledger_leaf l WHERE l.tab = of_tab AND l.key = of_key)
    ON CONFLICT (tab, key) DO NOTHING;
END $$;

CREATE FUNCTION audit_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    PERFORM ledger_note('audit', NEW.file_id || '/' || NEW.version, NEW.hash, NEW.confided);
    RETURN NULL;
END $$;

CREATE FUNCTION access_log_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    PERFORM ledger_note('access_log', NEW.chain || '/' || NEW.seq, NEW.hash, NEW.confided);
    RETURN NULL;
END $$;

CREATE FUNCTION inner_root_seal() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    NEW.hash := inner_root_hash(NEW);
    RETURN NEW;
END $$;

CREATE FUNCTION inner_root_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    PERFORM ledger_note('inner_root', to_char(NEW.day, 'YYYY-MM-DD'), NEW.hash, false);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER ledger AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_ledger();
CREATE TRIGGER ledger AFTER INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION access_log_ledger();
CREATE TRIGGER seal BEFORE INSERT ON inner_root FOR EACH ROW EXECUTE FUNCTION inner_root_seal();
CREATE TRIGGER ledger AFTER INSERT ON inner_root FOR EACH ROW EXECUTE FUNCTION inner_root_ledger();

-- What proves entries of a confided file, for those who are tied to it, where they work: its leaves in the inner log,
-- the nodes above them, and the last root whose place in the main log is below a size.
CREATE FUNCTION confided_here(of_file uuid) RETURNS boolean STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT EXISTS (SELECT FROM file WHERE id = of_file AND confided AND tied_to(ties, current_setting('koko.caller', true)) AND places && koko_area())
$$;

CREATE FUNCTION inner_leaves(of_file uuid, of_tab text, of_keys text[]) RETURNS TABLE (key text, idx bigint)
STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT l.key, l.idx FROM ledger_leaf l
    WHERE l.log = 'inner' AND l.tab = of_tab AND l.key = ANY (of_keys) AND confided_here(of_file)
        AND (split_part(l.key, '/', 1) = of_file::text
            OR of_tab = 'erasure' AND EXISTS (SELECT FROM document d WHERE d.id::text = l.key AND d.file_id = of_file))
$$;

CREATE FUNCTION inner_nodes(of_file uuid, of_levels smallint[], of_indexes bigint[], of_leaves bigint[])
RETURNS TABLE (level smallint, idx bigint, hash bytea) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT n.level, n.idx, n.hash FROM ledger_node n
    WHERE n.log = 'inner' AND (n.level, n.idx) IN (SELECT * FROM unnest(of_levels, of_indexes)) AND confided_here(of_file)
    UNION ALL
    SELECT 0::smallint, l.idx, l.leaf FROM ledger_leaf l WHERE l.log = 'inner' AND l.idx = ANY (of_leaves) AND confided_here(of_file)
$$;

CREATE FUNCTION inner_opening(of_file uuid, of_size bigint) RETURNS TABLE (day text, size bigint, root bytea, secret bytea, idx bigint)
STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT to_char(r.day, 'YYYY-MM-DD'), r.size, r.root, r.secret, l.idx
    FROM inner_root r JOIN ledger_leaf l ON l.log = 'main' AND l.tab = 'inner_root' AND l.key = to_char(r.day, 'YYYY-MM-DD')
    WHERE l.idx < of_size AND confided_here(of_file)
    ORDER BY r.day DESC LIMIT 1
$$;

-- What became of checks of the log: of whole ones (koko ledger check), and of those before each signature,
-- of which only what was wrong is noted.
CREATE TABLE ledger_check (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    source   text NOT NULL CHECK (source IN ('check', 'signing')),
    size     bigint NOT NULL CHECK (size >= 0),
    findings integer NOT NULL CHECK (findings >= 0)
);

CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON ledger_check FOR EACH ROW EXECUTE FUNCTION ledger_keep();

-- What this instance saw of the logs of others, and what others answered when they were asked to cosign ours
-- (C2SP tlog-witness). Instances and trees only: nothing here says anything about a person or a file.

-- Every checkpoint of another instance that was cosigned. A witness that forgets cosigns both sides of a fork.
CREATE TABLE witness_seen (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin  text NOT NULL,
    size    bigint NOT NULL CHECK (size >= 0),
    root    bytea NOT NULL CHECK (length(root) = 32),
    stamped timestamptz, -- when it says that it was signed
    signed  bytea NOT NULL,
    at      timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (origin, size, root, stamped)
);

-- What an instance signed although it contradicts what it had signed before. fork and rollback are proof by
-- themselves; inconsistent says that the proof sent along did not fit, and is settled if another one does later.
CREATE TABLE witness_conflict (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin  text NOT NULL,
    kind    text NOT NULL CHECK (kind IN ('fork', 'rollback', 'inconsistent')),
    seen_id bigint NOT NULL REFERENCES witness_seen,
    size    bigint NOT NULL CHECK (size >= 0),
    root    bytea NOT NULL CHECK (length(root) = 32),
    signed  bytea NOT NULL,
    at      timestamptz NOT NULL,
    UNIQUE (origin, kind, size, root)
);

-- What a witness answered, whenever that changed.
CREATE TABLE witness_answer (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    witness text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('cosigned', 'contradicted', 'refused', 'silent')),
    size    bigint NOT NULL CHECK (size >= 0), -- of the checkpoint that it was asked about
    at      timestamptz NOT NULL
);

CREATE INDEX ON witness_answer (witness, id);
CREATE INDEX ON ledger_cosignature (witness, checkpoint_id);

CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON witness_seen FOR EACH ROW EXECUTE FUNCTION ledger_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON witness_conflict FOR EACH ROW EXECUTE FUNCTION ledger_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON witness_answer FOR EACH ROW EXECUTE FUNCTION ledger_keep();

-- Whoever writes it: a log only grows, and has one content at each size. The lock makes that hold for those
-- who write at once.
-- +goose StatementBegin
CREATE FUNCTION witness_grow() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('witness/' || NEW.origin, 0));
    IF EXISTS (SELECT FROM witness_seen s WHERE s.origin = NEW.origin AND (s.size > NEW.size OR s.size = NEW.size AND s.root <> NEW.root)) THEN
        RAISE EXCEPTION 'the log does not continue what was seen of it' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER grow BEFORE INSERT ON witness_seen FOR EACH ROW EXECUTE FUNCTION witness_grow();
