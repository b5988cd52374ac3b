-- +goose Up
-- Least privilege. Nobody but the owner updates or deletes an entry of the audit or a document, what stands
-- in the register or a published curriculum; whoever serves people asks for an erasure, and has it decided by
-- the function alone. Whoever records decisions has the words destroyed whose time they say is over, and no others.
GRANT USAGE ON SCHEMA public TO koko_api, koko_worker;
GRANT SELECT ON region, district, municipality, integration_centre TO koko_api, koko_worker;

-- Whoever serves people.
GRANT SELECT ON file, audit, file_document TO koko_api;
GRANT SELECT, INSERT ON document, data_key, access_log TO koko_api;
GRANT SELECT ON access_log_cut TO koko_api;
GRANT SELECT, INSERT, UPDATE (valid_until, ended_by) ON role_grant TO koko_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO koko_api;
GRANT SELECT, UPDATE (read_at) ON notification TO koko_api;
GRANT SELECT, INSERT ON curriculum TO koko_api;
GRANT SELECT ON certificate, certificate_revocation TO koko_api;
GRANT SELECT, INSERT, UPDATE (revoked) ON calendar_feed TO koko_api;
GRANT SELECT ON ledger_leaf, ledger_node, ledger_checkpoint, ledger_cosignature, ledger_check TO koko_api;
GRANT SELECT (log, tab, key, hash) ON ledger_pending TO koko_api; -- not the numbers, which move with the inner log, too
GRANT SELECT, INSERT ON witness_seen, witness_conflict TO koko_api;
GRANT SELECT ON witness_answer TO koko_api;
GRANT SELECT, INSERT (id, document_id, file_id, kind, ags, reason, requested_by, requested_at) ON erasure_request TO koko_api;
GRANT SELECT ON erasure, run_history TO koko_api;
GRANT SELECT (id, started, finished, by, scope, scheduled, confided, files, differences) ON reconciliation TO koko_api;
GRANT SELECT, UPDATE (status, revision, proposed_by, proposed_at, approved_by, approved_at) ON difference TO koko_api;

-- Whoever records what workflows decide.
GRANT SELECT, INSERT, UPDATE ON file TO koko_worker;
GRANT SELECT, INSERT ON audit, file_document TO koko_worker;
GRANT SELECT (id, file_id, ags, action, compartment, digest) ON document TO koko_worker;
GRANT INSERT ON access_log, notification TO koko_worker;
GRANT SELECT ON curriculum TO koko_worker;
GRANT SELECT, INSERT ON certificate, certificate_revocation TO koko_worker;
GRANT SELECT, INSERT ON ledger_leaf, ledger_node, ledger_checkpoint, ledger_cosignature, inner_root TO koko_worker;
GRANT SELECT, DELETE ON ledger_pending TO koko_worker;
GRANT INSERT ON ledger_check TO koko_worker;
GRANT SELECT, INSERT ON witness_answer, run_history TO koko_worker;
GRANT SELECT, INSERT, UPDATE ON reconciliation, reconciled, difference TO koko_worker;

-- What runs with the owner's rights is for those who need it.
REVOKE EXECUTE ON FUNCTION
    tied_files(text, text[]), referenced_files(text, text), tied_at(uuid[], text, timestamptz), worded_files(text, bigint[], text[]),
    note_decisions(jsonb), certificate_allot(), public_certificate(text), revoked_indexes(), certificate_basis(text),
    calendar_subject(bytea), ledger_note(text, text, bytea, boolean), decide_erasure(uuid, boolean), words_expired(uuid, text, timestamptz),
    destroy_words(uuid), restore_audit(json), broken_logs(), file_known(uuid), withheld(uuid), confided_here(uuid), inner_leaves(uuid, text, text[]),
    own_leave(uuid, text, text), inner_nodes(uuid, smallint[], bigint[], bigint[]), inner_opening(uuid, bigint)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tied_files(text, text[]), referenced_files(text, text), tied_at(uuid[], text, timestamptz), worded_files(text, bigint[], text[]),
    note_decisions(jsonb), public_certificate(text), revoked_indexes(), certificate_basis(text), calendar_subject(bytea), decide_erasure(uuid, boolean),
    withheld(uuid), own_leave(uuid, text, text), inner_leaves(uuid, text, text[]), inner_nodes(uuid, smallint[], bigint[], bigint[]), inner_opening(uuid, bigint)
    TO koko_api;
GRANT EXECUTE ON FUNCTION destroy_words(uuid), restore_audit(json), broken_logs() TO koko_worker;

-- The second lock behind in_scope: a transaction of the API touches its own municipalities alone, and of
-- files also those that are offered there. koko_area() stands in a SELECT so that it is computed once for a
-- query and not for each row, which for the whole of NRW takes twenty times as long.
ALTER TABLE file ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE data_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE document ENABLE ROW LEVEL SECURITY;
ALTER TABLE file_document ENABLE ROW LEVEL SECURITY;
ALTER TABLE role_grant ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_log_cut ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification ENABLE ROW LEVEL SECURITY;
ALTER TABLE certificate ENABLE ROW LEVEL SECURITY;
ALTER TABLE certificate_revocation ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_feed ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE difference ENABLE ROW LEVEL SECURITY;
ALTER TABLE reconciliation ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_pending ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_leaf ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_node ENABLE ROW LEVEL SECURITY;

CREATE POLICY area ON file TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]) OR places && (SELECT koko_area()));
CREATE POLICY area ON access_log_cut TO koko_api USING (chain = ANY ((SELECT koko_area())::text[]));
CREATE POLICY area ON difference TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
CREATE POLICY area ON erasure TO koko_api USING (EXISTS (SELECT FROM document d WHERE d.id = document_id));
CREATE POLICY area ON certificate TO koko_api USING (EXISTS (SELECT FROM file f WHERE f.id = file_id));
CREATE POLICY area ON certificate_revocation TO koko_api
    USING (EXISTS (SELECT FROM certificate c WHERE c.code = certificate_revocation.code));

-- What belongs to a file that may be seen may be read, though its own municipality be another one: that of an
-- employer before, or that of a file offered here. Nothing may be written this way. It is one policy, with the
-- municipality first: two would be planned and asked for each table of a query, and looking for the file takes longer.
CREATE POLICY area ON audit FOR SELECT TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]) OR file_visible(file_id));
CREATE POLICY area ON data_key FOR SELECT TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]) OR file_visible(file_id));
CREATE POLICY area ON document FOR SELECT TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]) OR file_visible(file_id));
CREATE POLICY area ON file_document FOR SELECT TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]) OR file_visible(file_id));
CREATE POLICY area ON run_history FOR SELECT TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]) OR file_visible(file_id));
CREATE POLICY area ON erasure_request FOR SELECT TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]) OR file_visible(file_id));

CREATE POLICY own ON data_key FOR INSERT TO koko_api WITH CHECK (ags = ANY ((SELECT koko_area())::text[]));
CREATE POLICY own ON document FOR INSERT TO koko_api WITH CHECK (ags = ANY ((SELECT koko_area())::text[]));

-- A stranger's attempt is filed in the municipality of the file, and the stranger does not see it.
CREATE POLICY area ON access_log FOR SELECT TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
CREATE POLICY anyone ON access_log FOR INSERT TO koko_api WITH CHECK (true);

-- A person sees their own grants, and an administrator those that touch their own area.
CREATE POLICY area ON role_grant TO koko_api
    USING (subject = current_setting('koko.caller', true) OR area && (SELECT koko_area()))
    WITH CHECK (area <@ (SELECT koko_area()));

-- That people were told something belongs to the history of the file. Whom is for the API to keep to
-- itself; what somebody was notified of elsewhere stays out of sight.
CREATE POLICY own ON notification TO koko_api USING (recipient = (SELECT current_setting('koko.caller', true)));
CREATE POLICY file ON notification FOR SELECT TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]) OR file_visible(file_id));

CREATE POLICY own ON calendar_feed TO koko_api USING (subject = (SELECT current_setting('koko.caller', true)));
CREATE POLICY own ON erasure_request FOR INSERT TO koko_api
    WITH CHECK (ags = ANY ((SELECT koko_area())::text[]) AND requested_by = (SELECT current_setting('koko.caller', true)));

-- Of a confided file nothing is there for whoever is not tied to it, wherever they work: no row, so no count either.
-- What hangs on its documents is gone with them (erasure). Whoever has one begin writes the first words into it, and is
-- not tied to it: the transaction says what it writes into, and then sees what it has written.
CREATE FUNCTION writing() RETURNS uuid STABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT nullif(current_setting('koko.writing', true), '')::uuid $$;

CREATE POLICY confided ON file AS RESTRICTIVE FOR SELECT TO koko_api
    USING (NOT confided OR tied_to(ties, (SELECT current_setting('koko.caller', true))));
CREATE POLICY confided ON audit AS RESTRICTIVE FOR SELECT TO koko_api USING (NOT confided OR NOT withheld(file_id));
CREATE POLICY confided ON run_history AS RESTRICTIVE FOR SELECT TO koko_api USING (NOT confided OR NOT withheld(file_id));
CREATE POLICY confided ON access_log AS RESTRICTIVE FOR SELECT TO koko_api USING (NOT confided OR NOT withheld(file_id));
CREATE POLICY confided ON data_key AS RESTRICTIVE FOR SELECT TO koko_api USING (NOT confided OR file_id = writing() OR NOT withheld(file_id));
CREATE POLICY confided ON document AS RESTRICTIVE FOR SELECT TO koko_api USING (NOT confided OR file_id = writing() OR NOT withheld(file_id));
CREATE POLICY confided ON file_document AS RESTRICTIVE FOR SELECT TO koko_api USING (NOT confided OR NOT withheld(file_id));
CREATE POLICY confided ON erasure_request AS RESTRICTIVE FOR SELECT TO koko_api USING (NOT withheld(file_id));
CREATE POLICY confided ON difference AS RESTRICTIVE FOR SELECT TO koko_api USING (file_id IS NULL OR NOT withheld(file_id));
CREATE POLICY confided ON notification AS RESTRICTIVE FOR SELECT TO koko_api
    USING (recipient = (SELECT current_setting('koko.caller', true)) OR NOT withheld(file_id));
CREATE POLICY confided ON reconciliation FOR SELECT TO koko_api USING (NOT confided);
CREATE POLICY main ON ledger_pending FOR SELECT TO koko_api USING (log = 'main');
CREATE POLICY main ON ledger_leaf FOR SELECT TO koko_api USING (log = 'main');
CREATE POLICY main ON ledger_node FOR SELECT TO koko_api USING (log = 'main');

-- Workflows work for every municipality.
CREATE POLICY worker ON file TO koko_worker USING (true);
CREATE POLICY worker ON audit TO koko_worker USING (true);
CREATE POLICY worker ON document FOR SELECT TO koko_worker USING (true);
CREATE POLICY worker ON file_document TO koko_worker USING (true);
CREATE POLICY worker ON access_log FOR INSERT TO koko_worker WITH CHECK (true);
CREATE POLICY worker ON notification FOR INSERT TO koko_worker WITH CHECK (true);
CREATE POLICY worker ON certificate TO koko_worker USING (true);
CREATE POLICY worker ON certificate_revocation TO koko_worker USING (true);
CREATE POLICY worker ON run_history TO koko_worker USING (true);
CREATE POLICY worker ON difference TO koko_worker USING (true);
CREATE POLICY worker ON reconciliation TO koko_worker USING (true);
CREATE POLICY worker ON ledger_pending TO koko_worker USING (true);
CREATE POLICY worker ON ledger_leaf TO koko_worker USING (true);
CREATE POLICY worker ON ledger_node TO koko_worker USING (true);
