-- +goose Up
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

GRANT SELECT, INSERT ON witness_seen, witness_conflict TO koko_api;
GRANT SELECT ON witness_answer TO koko_api;
GRANT SELECT, INSERT ON witness_answer TO koko_worker;
