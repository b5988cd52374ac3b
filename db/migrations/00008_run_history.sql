-- +goose Up
-- Histories of runs, kept before the engine forgets them: the events as they were, and what they say of
-- themselves. A run that was kept is never kept again, changed or deleted.
CREATE TABLE run_history (
    kind         text NOT NULL,
    file_id      uuid NOT NULL,
    ags          text NOT NULL, -- of the file when the run began; no key, for a file may never have come into the record
    workflow_id  text NOT NULL,
    run_id       text NOT NULL CHECK (run_id <> ''),
    prior_run_id text NOT NULL, -- empty: the first of its chain
    started_at   timestamptz NOT NULL,
    closed_at    timestamptz NOT NULL,
    status       text NOT NULL CHECK (status IN ('continued', 'completed', 'failed', 'cancelled', 'terminated', 'timed_out')),
    events       integer NOT NULL CHECK (events > 0),
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'), -- of the events, uncompressed
    data         bytea NOT NULL,                                  -- the events, compressed
    kept_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    confided     boolean NOT NULL DEFAULT false, -- as are files of the kind
    hash         bytea NOT NULL,
    PRIMARY KEY (workflow_id, run_id),
    CHECK (workflow_id = kind || '-' || file_id)
);

ALTER TABLE run_history ALTER COLUMN data SET STORAGE EXTERNAL; -- it is compressed already
CREATE INDEX ON run_history (kind, closed_at DESC);

CREATE FUNCTION run_history_hash(r run_history) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT sha256(convert_to(concat_ws(E'\x1f',
        r.kind, r.file_id, r.ags, r.workflow_id, r.run_id, r.prior_run_id, r.status, r.events, r.sha256), 'UTF8'))
$$;

-- +goose StatementBegin
CREATE FUNCTION run_history_seal() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    NEW.hash := run_history_hash(NEW);
    RETURN NEW;
END $$;

CREATE FUNCTION run_history_keep() RETURNS trigger LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'the history of run % stays as it is', OLD.run_id USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION run_history_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    PERFORM ledger_note('run_history', NEW.workflow_id || '/' || NEW.run_id, NEW.hash, NEW.confided);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER seal BEFORE INSERT ON run_history FOR EACH ROW EXECUTE FUNCTION run_history_seal();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON run_history FOR EACH ROW EXECUTE FUNCTION run_history_keep();
CREATE TRIGGER ledger AFTER INSERT ON run_history FOR EACH ROW EXECUTE FUNCTION run_history_ledger();
