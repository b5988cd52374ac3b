-- +goose Up
-- Least privilege. Nobody but the owner updates or deletes an audit entry or a document.
GRANT USAGE ON SCHEMA public TO koko_api, koko_worker;
GRANT SELECT ON region, district, municipality, integration_centre TO koko_api, koko_worker;

GRANT SELECT ON conflict_case, case_audit, case_document TO koko_api;
GRANT SELECT, INSERT ON document, data_key, access_log TO koko_api;
GRANT SELECT, INSERT, UPDATE (valid_until, ended_by) ON role_grant TO koko_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO koko_api;

GRANT SELECT, INSERT, UPDATE ON conflict_case TO koko_worker;
GRANT SELECT, INSERT ON case_audit, case_document TO koko_worker;
GRANT SELECT (id, case_id, ags, kind, compartment, digest) ON document TO koko_worker;

-- The second lock behind in_scope: a transaction of the API touches its own municipalities alone.
-- koko_area() stands in a SELECT so that it is computed once for a query and not for each row, which
-- for the whole of NRW takes twenty times as long.
ALTER TABLE conflict_case ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE data_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE document ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_document ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE role_grant ENABLE ROW LEVEL SECURITY;

CREATE POLICY area ON conflict_case TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
CREATE POLICY area ON case_audit TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
CREATE POLICY area ON data_key TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
CREATE POLICY area ON document TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
CREATE POLICY area ON case_document TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
CREATE POLICY area ON access_log FOR SELECT TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
CREATE POLICY anyone ON access_log FOR INSERT TO koko_api WITH CHECK (true);

-- A person sees the own grants, and an administrator those that touch the own area.
CREATE POLICY area ON role_grant TO koko_api
    USING (subject = current_setting('koko.caller', true) OR area && (SELECT koko_area()))
    WITH CHECK (area <@ (SELECT koko_area()));

-- Workflows work for every municipality.
CREATE POLICY worker ON conflict_case TO koko_worker USING (true);
CREATE POLICY worker ON case_audit TO koko_worker USING (true);
CREATE POLICY worker ON document FOR SELECT TO koko_worker USING (true);
CREATE POLICY worker ON case_document TO koko_worker USING (true);

