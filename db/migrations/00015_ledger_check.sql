-- +goose Up
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

GRANT SELECT ON ledger_check, ledger_pending TO koko_api;
GRANT INSERT ON ledger_check TO koko_worker;
