-- +goose Up
-- The Merkle log over the rows of the ledger tables (RFC 6962). A row that is written waits in ledger_pending
-- until somebody gives it the next number; from then on its leaf and its number never change. Nothing here says
-- anything about what a row is about: it is read without a scope.
CREATE TABLE ledger_pending (
    id   bigint GENERATED ALWAYS AS IDENTITY,
    tab  text NOT NULL,
    key  text NOT NULL, -- of the row in that table: audit <file>/<version>, access_log <municipality>/<number>
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tab, key)
);

CREATE TABLE ledger_leaf (
    idx  bigint PRIMARY KEY CHECK (idx >= 0),
    tab  text NOT NULL,
    key  text NOT NULL,
    leaf bytea NOT NULL CHECK (length(leaf) = 32),
    UNIQUE (tab, key)
);

-- The full subtrees above the leaves, which stand at level 0.
CREATE TABLE ledger_node (
    level smallint NOT NULL CHECK (level > 0),
    idx   bigint NOT NULL CHECK (idx >= 0),
    hash  bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, idx)
);

-- What was signed, and what witnesses said to it.
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

CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON ledger_leaf FOR EACH ROW EXECUTE FUNCTION ledger_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON ledger_node FOR EACH ROW EXECUTE FUNCTION ledger_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON ledger_checkpoint FOR EACH ROW EXECUTE FUNCTION ledger_keep();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON ledger_cosignature FOR EACH ROW EXECUTE FUNCTION ledger_keep();

-- A row that is written a second time, because it was lost, has its place in the log already.
CREATE FUNCTION ledger_note(of_tab text, of_key text, of_hash bytea) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    INSERT INTO ledger_pending (tab, key, hash)
    SELECT of_tab, of_key, of_hash
    WHERE NOT EXISTS (SELECT FROM ledger_leaf WHERE tab = of_tab AND key = of_key)
    ON CONFLICT (tab, key) DO NOTHING
$$;

-- +goose StatementBegin
CREATE FUNCTION audit_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    PERFORM ledger_note('audit', NEW.file_id || '/' || NEW.version, NEW.hash);
    RETURN NULL;
END $$;

CREATE FUNCTION access_log_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    PERFORM ledger_note('access_log', NEW.ags || '/' || NEW.seq, NEW.hash);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER ledger AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_ledger();
CREATE TRIGGER ledger AFTER INSERT ON access_log FOR EACH ROW EXECUTE FUNCTION access_log_ledger();

-- What stands already goes into the log in the order of time.
INSERT INTO ledger_pending (tab, key, hash)
SELECT tab, key, hash FROM (
    SELECT 'audit' AS tab, file_id || '/' || version AS key, hash, at, version::bigint AS n FROM audit
    UNION ALL
    SELECT 'access_log', ags || '/' || seq, hash, at, seq FROM access_log
) entry ORDER BY at, tab, n;

REVOKE EXECUTE ON FUNCTION ledger_note(text, text, bytea) FROM PUBLIC;
GRANT SELECT ON ledger_leaf, ledger_node, ledger_checkpoint, ledger_cosignature TO koko_api;
GRANT SELECT, INSERT ON ledger_leaf, ledger_node, ledger_checkpoint, ledger_cosignature TO koko_worker;
GRANT SELECT, DELETE ON ledger_pending TO koko_worker;
