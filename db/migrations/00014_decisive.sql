-- +goose Up
-- What decides without being a decision on a file: who may do what, what a training asks for, what was cut off, who had
-- what erased, what is kept of documents. Each state of each such row is an entry of a log, so that whoever changes,
-- revives, deletes or invents a row past KoKo is found by `koko ledger check`. What is long, or is to be destroyed one
-- day, stands here by its SHA-256.
CREATE TABLE row_state (
    tab      text NOT NULL,
    key      text NOT NULL, -- of the row in that table
    number   integer NOT NULL CHECK (number > 0),
    at       timestamptz NOT NULL, -- when the row became like this, by the database's clock
    content  jsonb NOT NULL,
    confided boolean NOT NULL, -- into which log it goes: changes of rights into the main one; how much is stored, and when, nobody learns
    hash     bytea NOT NULL,
    PRIMARY KEY (tab, key, number)
);

CREATE FUNCTION row_state_hash(s row_state) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT sha256(convert_to(concat_ws(E'\x1f', s.tab, s.key, s.number, (extract(epoch FROM s.at) * 1000000)::bigint, s.content), 'UTF8'))
$$;

-- What of a row decides. A column that is empty is left out, so that one that comes with a later version changes nothing.
CREATE FUNCTION decisive(r jsonb, digested text[], left_out text[]) RETURNS jsonb IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT coalesce(jsonb_object_agg(k, CASE WHEN k = ANY (digested) THEN to_jsonb(encode(sha256(convert_to(v #>> '{}', 'UTF8')), 'hex')) ELSE v END), '{}')
    FROM jsonb_each(r - left_out) e (k, v)
    WHERE v <> 'null'
$$;

-- Notes how a row stands now. Its arguments: into which log (main, inner, or that of the row's file), the columns of the
-- key, those that are digested, and those in which nothing decides. db/row_states.go says the same.
-- +goose StatementBegin
CREATE FUNCTION row_state_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public SET timezone = 'UTC' SET bytea_output = 'hex'
AS $$
DECLARE
    r jsonb := to_jsonb(NEW);
    s row_state;
    last row_state;
BEGIN
    s.tab := TG_TABLE_NAME;
    SELECT string_agg(r ->> c, '/' ORDER BY n) INTO s.key FROM unnest(string_to_array(TG_ARGV[1], ',')) WITH ORDINALITY u (c, n);
    s.content := decisive(r, string_to_array(TG_ARGV[2], ','), string_to_array(TG_ARGV[3], ','));
    SELECT * INTO last FROM row_state o WHERE o.tab = s.tab AND o.key = s.key ORDER BY o.number DESC LIMIT 1;
    IF last.content = s.content THEN
        RETURN NULL;
    END IF;
    s.number := coalesce(last.number, 0) + 1;
    s.at := clock_timestamp();
    s.confided := CASE TG_ARGV[0]
        WHEN 'main' THEN false
        WHEN 'file' THEN coalesce((SELECT k.confided FROM file_known((r ->> 'file_id')::uuid) k), true)
        ELSE true
    END;
    s.hash := row_state_hash(s);
    INSERT INTO row_state VALUES (s.*);
    PERFORM ledger_note('row_state', s.tab || '/' || s.key || '/' || s.number, s.hash, s.confided);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON row_state FOR EACH ROW EXECUTE FUNCTION ledger_keep();

CREATE TRIGGER state AFTER INSERT OR UPDATE ON role_grant FOR EACH ROW EXECUTE FUNCTION row_state_note('main', 'id', '', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON grant_proposal FOR EACH ROW EXECUTE FUNCTION row_state_note('main', 'id', '', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON substitution FOR EACH ROW EXECUTE FUNCTION row_state_note('main', 'id', '', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON absence FOR EACH ROW EXECUTE FUNCTION row_state_note('main', 'id', '', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON curriculum FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'id,version', '', 'prior');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON access_log_cut FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'chain,up_to_seq', '', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON erasure_request FOR EACH ROW EXECUTE FUNCTION row_state_note('file', 'id', '', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON document FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'id', 'secret,sealed,tokens', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON data_key FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'file_id,compartment', 'wrapped', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON file_document FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'document_id', '', 'number');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON certificate FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'code', '', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON certificate_revocation FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'code', '', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON calendar_feed FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'token_hash', '', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON notification FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'id', '', 'read_at');
CREATE TRIGGER state AFTER INSERT OR UPDATE OF data ON sessions FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'token', 'data', 'expiry');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON ledger_checkpoint FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'id', 'signed', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON ledger_cosignature FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'checkpoint_id,witness', 'line', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON ledger_check FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'id', '', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON witness_seen FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'id', 'signed', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON witness_conflict FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'id', 'signed', '');
CREATE TRIGGER state AFTER INSERT OR UPDATE ON witness_answer FOR EACH ROW EXECUTE FUNCTION row_state_note('inner', 'id', '', '');

-- Whoever compares the records sees whether the key of a compartment is there, and nothing of it.
GRANT SELECT (file_id, compartment) ON data_key TO koko_worker;
CREATE POLICY worker ON data_key FOR SELECT TO koko_worker USING (true);

-- Nobody but the owner reads it.
ALTER TABLE row_state ENABLE ROW LEVEL SECURITY;
REVOKE EXECUTE ON FUNCTION row_state_note() FROM PUBLIC;
