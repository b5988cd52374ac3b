-- +goose Up
-- Curricula hold for the whole state. A published version never changes, and the versions of a
-- curriculum have no gap.
CREATE TABLE curriculum (
    id           text NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    prior        integer GENERATED ALWAYS AS (nullif(version - 1, 0)) STORED,
    content      jsonb NOT NULL,
    published    timestamptz NOT NULL DEFAULT now(),
    published_by text NOT NULL,
    PRIMARY KEY (id, version),
    CHECK (content ->> 'id' = id AND (content ->> 'version')::integer = version),
    FOREIGN KEY (id, prior) REFERENCES curriculum (id, version)
);

-- What the grants of a caller cover of the enrolments. Each list of municipalities widens it: area,
-- where the caller sees every one; own, the own one; led, those of own staff; taught, those in the
-- caller's cohorts (teaches); assessed, those to assess. LANGUAGE sql, so that it is inlined.
CREATE FUNCTION enrolment_in_scope(
    ags text, trainee text, superior text, cohorts uuid[], assessors text[],
    caller text, teaches uuid[], area text[], own text[], led text[], taught text[], assessed text[]
) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT ags = ANY (area)
        OR (ags = ANY (own) AND caller = trainee)
        OR (ags = ANY (led) AND caller = superior)
        OR (ags = ANY (taught) AND cohorts && teaches)
        OR (ags = ANY (assessed) AND caller = ANY (assessors))
$$;

-- What the grants of a caller cover of the cohorts: area, where the caller sees every one that is run
-- there; offering, those open to staff from there; run, those run or open there that the caller teaches.
CREATE FUNCTION cohort_in_scope(
    ags text, offered text[], trainers text[], caller text, area text[], offering text[], run text[]
) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT ags = ANY (area)
        OR offered && offering
        OR ((ags = ANY (run) OR offered && run) AND caller = ANY (trainers))
$$;

-- A cohort as it stands. Only its workflow's activity writes here.
CREATE TABLE cohort (
    id                 uuid PRIMARY KEY,
    ags                text NOT NULL REFERENCES municipality,
    stage              text NOT NULL CHECK (stage IN ('open', 'short', 'running', 'finished', 'cancelled', 'merged')),
    curriculum         text NOT NULL,
    curriculum_version integer NOT NULL,
    offered            text[] NOT NULL,
    trainers           text[] NOT NULL,
    assessors          text[] NOT NULL,
    closes             timestamptz NOT NULL, -- the application window
    begins             timestamptz,          -- of the dates that are not cancelled
    ends               timestamptz,
    free               integer NOT NULL CHECK (free >= 0),
    due_at             timestamptz,
    opened             timestamptz NOT NULL,
    changed            timestamptz NOT NULL,
    version            integer NOT NULL CHECK (version > 0),
    state              jsonb NOT NULL,
    CHECK (state ->> 'ags' = ags AND state ->> 'stage' = stage AND (state ->> 'version')::integer = version),
    CHECK ((begins IS NULL) = (ends IS NULL) AND begins <= ends)
);

CREATE INDEX ON cohort ((coalesce(begins, closes)) DESC, id DESC);
CREATE INDEX ON cohort (changed);
CREATE INDEX ON cohort USING gin (offered);
CREATE INDEX ON cohort USING gin (trainers);
CREATE INDEX ON cohort USING gin (assessors);

-- An enrolment as it stands. Only its workflow's activity writes here. ags moves with the employer;
-- what was recorded before keeps the municipality that it was recorded for.
CREATE TABLE enrolment (
    id                 uuid PRIMARY KEY,
    ags                text NOT NULL REFERENCES municipality,
    reference          text NOT NULL,
    phase              text NOT NULL CHECK (phase IN ('applied', 'waiting', 'modules', 'practice', 'assessment', 'qualified',
                           'certified', 'confirmed', 'withdrawn', 'failed', 'lapsed', 'rejected')),
    trainee            text NOT NULL,
    superior           text NOT NULL,
    cohort             uuid,
    cohorts            uuid[] NOT NULL, -- cohort, and those where something is made up
    assessors          text[] NOT NULL, -- of the last attempt
    curriculum         text NOT NULL,
    curriculum_version integer NOT NULL,
    paused             boolean NOT NULL,
    due_at             timestamptz,
    opened             timestamptz NOT NULL,
    changed            timestamptz NOT NULL,
    version            integer NOT NULL CHECK (version > 0),
    state              jsonb NOT NULL,
    CHECK (state ->> 'ags' = ags AND state ->> 'phase' = phase AND (state ->> 'version')::integer = version),
    CHECK (cohort IS NULL OR cohort = ANY (cohorts))
);

-- Nobody is enrolled twice in the same programme at a time.
CREATE UNIQUE INDEX enrolled_once ON enrolment (trainee, curriculum)
    WHERE phase IN ('applied', 'waiting', 'modules', 'practice', 'assessment', 'qualified');
CREATE INDEX ON enrolment (ags, changed DESC, id DESC);
CREATE INDEX ON enrolment (ags, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON enrolment (changed);
CREATE INDEX ON enrolment (trainee);
CREATE INDEX ON enrolment (superior);
CREATE INDEX ON enrolment (reference text_pattern_ops);
CREATE INDEX ON enrolment USING gin (cohorts);
CREATE INDEX ON enrolment USING gin (assessors);

-- The register of certificates: what was issued stays, and nobody is named. Numbers have no gap in a
-- year, indexes into the status list none at all.
CREATE TABLE certificate (
    code               text PRIMARY KEY,
    number             text NOT NULL UNIQUE,
    status_index       integer NOT NULL UNIQUE CHECK (status_index >= 0),
    enrolment_id       uuid NOT NULL REFERENCES enrolment,
    ags                text NOT NULL REFERENCES municipality, -- when it was issued
    kind               text NOT NULL CHECK (kind IN ('zertifikat', 'teilnahmebescheinigung')),
    issued             timestamptz NOT NULL,
    curriculum         text NOT NULL,
    curriculum_version integer NOT NULL,
    minutes            integer NOT NULL CHECK (minutes >= 0),
    evidence           text NOT NULL,
    supersedes         text UNIQUE REFERENCES certificate,
    reason             text NOT NULL CHECK ((reason = '') = (supersedes IS NULL)) -- why it replaces another one
);

CREATE INDEX ON certificate (enrolment_id);

CREATE TABLE certificate_revocation (
    code   text PRIMARY KEY REFERENCES certificate,
    at     timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason <> '')
);

-- The last serial of each year; under year 0 the last index. Its row is locked from the allotment to
-- the end of the transaction, so that a transaction that fails leaves no gap.
CREATE TABLE certificate_counter (
    year integer PRIMARY KEY,
    last integer NOT NULL
);

CREATE FUNCTION certificate_year(issued timestamptz) RETURNS integer STABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT extract(year FROM issued AT TIME ZONE 'Europe/Berlin')::integer $$;

CREATE FUNCTION certificate_number(year integer, serial bigint) RETURNS text IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT 'KOKO-' || year || '-' || lpad(serial::text, greatest(4, length(serial::text)), '0') $$;

-- Whoever registers a certificate does not choose its number.
-- +goose StatementBegin
CREATE FUNCTION certificate_allot() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    y integer := certificate_year(NEW.issued);
    serial integer;
BEGIN
    INSERT INTO certificate_counter AS c VALUES (0, 0)
    ON CONFLICT (year) DO UPDATE SET last = c.last + 1 RETURNING last INTO NEW.status_index;
    INSERT INTO certificate_counter AS c VALUES (y, 1)
    ON CONFLICT (year) DO UPDATE SET last = c.last + 1 RETURNING last INTO serial;
    NEW.number := certificate_number(y, serial);
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER allot BEFORE INSERT ON certificate FOR EACH ROW EXECUTE FUNCTION certificate_allot();

-- What the public page of a certificate shows to whoever has its code. It names neither holder nor
-- enrolment nor municipality.
CREATE FUNCTION public_certificate(of_code text) RETURNS TABLE (
    code text, number text, kind text, issued timestamptz, curriculum text, curriculum_version integer, minutes integer,
    evidence text, status_index integer, revoked_at timestamptz, revoked_reason text, superseded_by text, superseded_reason text
) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT c.code, c.number, c.kind, c.issued, c.curriculum, c.curriculum_version, c.minutes,
        c.evidence, c.status_index, r.at, r.reason, s.code, s.reason
    FROM certificate c
    LEFT JOIN certificate_revocation r ON r.code = c.code
    LEFT JOIN certificate s ON s.supersedes = c.code
    WHERE c.code = of_code
$$;

-- The bits that are set in the public status list.
CREATE FUNCTION revoked_indexes() RETURNS SETOF integer STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$ SELECT c.status_index FROM certificate_revocation r JOIN certificate c ON c.code = r.code ORDER BY 1 $$;

-- What people are told. It says nothing but where to look; a repeated notice is one.
CREATE TABLE notification (
    id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    recipient text NOT NULL CHECK (recipient <> ''),
    ags       text NOT NULL REFERENCES municipality,
    kind      text NOT NULL,
    file_kind text NOT NULL CHECK (file_kind IN ('case', 'enrolment', 'cohort')),
    file_id   uuid NOT NULL,
    version   integer NOT NULL, -- of the file
    at        timestamptz NOT NULL,
    read_at   timestamptz,
    UNIQUE (file_id, version, kind, recipient)
);

CREATE INDEX ON notification (recipient, at DESC, id DESC);
CREATE INDEX ON notification (recipient) WHERE read_at IS NULL;

-- Who holds the role of a coordinator for a municipality now. Workflows learn this of the grants, and
-- nothing else.
CREATE FUNCTION coordinators(of_ags text) RETURNS SETOF text STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT DISTINCT subject FROM role_grant
    WHERE role = 'coordinator' AND of_ags = ANY (area) AND valid_from <= now() AND (valid_until IS NULL OR valid_until > now())
$$;

-- Who may read a person's dates with a calendar: whoever has the token, which is stored hashed.
CREATE TABLE calendar_feed (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    subject    text NOT NULL CHECK (subject <> ''),
    created    timestamptz NOT NULL DEFAULT now(),
    revoked    timestamptz
);

CREATE INDEX ON calendar_feed (subject);

-- Whose dates a token opens. A calendar asks with the token alone.
CREATE FUNCTION calendar_subject(of_hash bytea) RETURNS text STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$ SELECT subject FROM calendar_feed WHERE token_hash = of_hash AND revoked IS NULL $$;

-- Least privilege. Nobody but the owner updates or deletes what stands in the register, or changes a
-- published curriculum.
REVOKE EXECUTE ON FUNCTION certificate_allot(), public_certificate(text), revoked_indexes(), coordinators(text), calendar_subject(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_certificate(text), revoked_indexes(), calendar_subject(bytea) TO koko_api;
GRANT EXECUTE ON FUNCTION coordinators(text) TO koko_worker;

GRANT SELECT, INSERT ON curriculum TO koko_api;
GRANT SELECT ON cohort, enrolment, certificate, certificate_revocation TO koko_api;
GRANT SELECT, UPDATE (read_at) ON notification TO koko_api;
GRANT SELECT, INSERT, UPDATE (revoked) ON calendar_feed TO koko_api;

GRANT SELECT ON curriculum TO koko_worker;
GRANT SELECT, INSERT, UPDATE ON cohort, enrolment TO koko_worker;
GRANT SELECT, INSERT ON certificate, certificate_revocation TO koko_worker;
GRANT INSERT ON notification TO koko_worker;

-- The second lock.
ALTER TABLE cohort ENABLE ROW LEVEL SECURITY;
ALTER TABLE enrolment ENABLE ROW LEVEL SECURITY;
ALTER TABLE certificate ENABLE ROW LEVEL SECURITY;
ALTER TABLE certificate_revocation ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_feed ENABLE ROW LEVEL SECURITY;

CREATE POLICY area ON cohort TO koko_api
    USING (ags = ANY ((SELECT koko_area())::text[]) OR offered && (SELECT koko_area()));
CREATE POLICY area ON enrolment TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
CREATE POLICY area ON certificate TO koko_api USING (EXISTS (SELECT FROM enrolment e WHERE e.id = enrolment_id));
CREATE POLICY area ON certificate_revocation TO koko_api
    USING (EXISTS (SELECT FROM certificate c WHERE c.code = certificate_revocation.code));
CREATE POLICY own ON notification TO koko_api USING (recipient = (SELECT current_setting('koko.caller', true)));
CREATE POLICY own ON calendar_feed TO koko_api USING (subject = (SELECT current_setting('koko.caller', true)));

CREATE POLICY worker ON cohort TO koko_worker USING (true);
CREATE POLICY worker ON enrolment TO koko_worker USING (true);
CREATE POLICY worker ON certificate TO koko_worker USING (true);
CREATE POLICY worker ON certificate_revocation TO koko_worker USING (true);
CREATE POLICY worker ON notification FOR INSERT TO koko_worker WITH CHECK (true);

-- Whether an enrolment or a cohort may be seen, by the policies above. LANGUAGE plpgsql, so that a
-- query on cases is not planned with it.
-- +goose StatementBegin
CREATE FUNCTION training_visible(of_file uuid) RETURNS boolean STABLE PARALLEL SAFE LANGUAGE plpgsql
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.enrolment WHERE id = of_file) OR EXISTS (SELECT FROM public.cohort WHERE id = of_file);
END $$;
-- +goose StatementEnd

-- What belongs to an enrolment or a cohort that may be seen may be seen, though its municipality be
-- another one: that of an employer before, or that which runs a cohort offered here. Entries and
-- documents of cases are not asked for; nothing may be written this way.
CREATE POLICY training ON audit FOR SELECT TO koko_api USING (kind <> 'case' AND training_visible(file_id));
CREATE POLICY training ON document FOR SELECT TO koko_api USING (compartment IN ('training', 'assessment') AND training_visible(file_id));
CREATE POLICY training ON data_key FOR SELECT TO koko_api USING (compartment IN ('training', 'assessment') AND training_visible(file_id));
CREATE POLICY training ON file_document FOR SELECT TO koko_api USING (compartment IN ('training', 'assessment') AND training_visible(file_id));

-- The chain's municipality is the file's own, whoever asks: a stranger's attempt stands where the
-- municipality's supervisors find it, and the stranger learns nothing.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION access_log_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    IF EXISTS (SELECT FROM access_log WHERE id = NEW.id) THEN
        RETURN NULL;
    END IF;
    IF NEW.file_id IS NOT NULL THEN
        NEW.ags := coalesce(
            (SELECT ags FROM conflict_case WHERE id = NEW.file_id),
            (SELECT ags FROM enrolment WHERE id = NEW.file_id),
            (SELECT ags FROM cohort WHERE id = NEW.file_id), '');
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

-- The list in a state, whatever stands there.
CREATE FUNCTION json_list(v jsonb) RETURNS jsonb IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT CASE jsonb_typeof(v) WHEN 'array' THEN v ELSE '[]' END $$;

CREATE FUNCTION json_texts(v jsonb) RETURNS text[] IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT ARRAY(SELECT jsonb_array_elements_text(json_list(v))) $$;

-- A state is more exact than a column, which cuts or rounds at a microsecond.
CREATE FUNCTION same_time(a timestamptz, b text) RETURNS boolean STABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT coalesce(abs(extract(epoch FROM a - b::timestamptz)) <= 0.000001, a IS NULL AND b IS NULL) $$;

-- Enrolments and cohorts that are not what their last entry says.
CREATE VIEW broken_training AS
    SELECT 'enrolment' AS ledger, (coalesce(e.id, a.file_id)::text || '/' || coalesce(e.version, a.version))::text AS entry
    FROM enrolment e
    FULL JOIN (
        SELECT DISTINCT ON (file_id) file_id, version, state FROM audit WHERE kind = 'enrolment' ORDER BY file_id, version DESC
    ) a ON a.file_id = e.id
    CROSS JOIN LATERAL (SELECT array_remove(nullif(e.state ->> 'cohort', '')
        || ARRAY(SELECT nullif(m ->> 'cohort', '') FROM jsonb_array_elements(json_list(e.state -> 'make_ups')) m), NULL) AS attended) line
    WHERE e.version IS DISTINCT FROM a.version OR e.state IS DISTINCT FROM a.state OR e.state ->> 'id' <> e.id::text
        OR e.ags <> coalesce(e.state ->> 'ags', '') OR e.phase <> coalesce(e.state ->> 'phase', '')
        OR e.reference <> 'E-' || upper(left(e.id::text, 8)) OR e.trainee <> coalesce(e.state ->> 'trainee', '')
        OR e.superior <> coalesce(e.state ->> 'superior', '') OR e.cohort::text IS DISTINCT FROM nullif(e.state ->> 'cohort', '')
        OR NOT (e.cohorts::text[] @> line.attended AND e.cohorts::text[] <@ line.attended)
        OR e.assessors <> json_texts(e.state #> '{attempts,-1,assessors}')
        OR e.curriculum <> coalesce(e.state #>> '{terms,curriculum}', '')
        OR e.curriculum_version <> coalesce((e.state #>> '{terms,version}')::integer, 0)
        OR e.paused <> (e.state ? 'pause') OR NOT same_time(e.opened, e.state ->> 'opened') OR NOT same_time(e.changed, e.state ->> 'changed')
    UNION ALL
    SELECT 'cohort', coalesce(c.id, a.file_id)::text || '/' || coalesce(c.version, a.version)
    FROM cohort c
    FULL JOIN (
        SELECT DISTINCT ON (file_id) file_id, version, state FROM audit WHERE kind = 'cohort' ORDER BY file_id, version DESC
    ) a ON a.file_id = c.id
    CROSS JOIN LATERAL (
        SELECT min((d ->> 'begins')::timestamptz)::text AS begins, max((d ->> 'ends')::timestamptz)::text AS ends
        FROM jsonb_array_elements(json_list(c.state -> 'dates')) d WHERE NOT d ? 'cancelled'
    ) dates
    CROSS JOIN LATERAL (
        SELECT count(*) AS held FROM jsonb_array_elements(json_list(c.state -> 'places')) p WHERE p ->> 'status' <> 'wartend'
    ) places
    WHERE c.version IS DISTINCT FROM a.version OR c.state IS DISTINCT FROM a.state OR c.state ->> 'id' <> c.id::text
        OR c.ags <> coalesce(c.state ->> 'ags', '') OR c.stage <> coalesce(c.state ->> 'stage', '')
        OR c.offered <> json_texts(c.state -> 'offered') OR c.trainers <> json_texts(c.state -> 'trainers')
        OR c.assessors <> json_texts(c.state -> 'assessors')
        OR c.curriculum <> coalesce(c.state #>> '{terms,curriculum}', '')
        OR c.curriculum_version <> coalesce((c.state #>> '{terms,version}')::integer, 0)
        OR NOT same_time(c.begins, dates.begins) OR NOT same_time(c.ends, dates.ends) OR NOT same_time(c.closes, c.state ->> 'closes')
        OR c.free <> greatest(0, (c.state ->> 'seats')::integer - places.held)
        OR NOT same_time(c.opened, c.state ->> 'opened') OR NOT same_time(c.changed, c.state ->> 'changed');

-- Certificates that the register or the enrolment lacks, of which the two say different things, or
-- whose numbers leave a gap.
CREATE VIEW broken_register AS
    SELECT 'certificate' AS ledger, coalesce(r.code, l.c ->> 'code', '')::text AS entry
    FROM (
        SELECT c.*, v.code AS revoked, v.at AS revoked_at, v.reason AS revoked_reason,
            row_number() OVER (ORDER BY c.status_index) - 1 AS expected_index,
            certificate_number(certificate_year(c.issued),
                row_number() OVER (PARTITION BY certificate_year(c.issued) ORDER BY c.status_index)) AS expected_number
        FROM certificate c
        LEFT JOIN certificate_revocation v ON v.code = c.code
    ) r
    FULL JOIN (
        SELECT e.id, c FROM enrolment e CROSS JOIN LATERAL jsonb_array_elements(json_list(e.state -> 'certificates')) c
    ) l ON l.c ->> 'code' = r.code AND l.id = r.enrolment_id
    WHERE r.code IS NULL OR l.id IS NULL
        OR r.status_index <> r.expected_index OR r.number <> r.expected_number
        OR r.kind IS DISTINCT FROM l.c ->> 'kind' OR NOT same_time(r.issued, l.c ->> 'at')
        OR r.curriculum IS DISTINCT FROM l.c ->> 'curriculum' OR r.curriculum_version IS DISTINCT FROM (l.c ->> 'version')::integer
        OR r.minutes IS DISTINCT FROM (l.c ->> 'minutes')::integer OR r.evidence IS DISTINCT FROM l.c ->> 'evidence'
        OR r.supersedes IS DISTINCT FROM l.c ->> 'supersedes' OR r.reason <> coalesce(l.c ->> 'reason', '')
        OR NOT same_time(r.revoked_at, l.c #>> '{revoked,at}') OR r.revoked_reason IS DISTINCT FROM l.c #>> '{revoked,reason}'
        OR NOT EXISTS (SELECT FROM audit a WHERE a.file_id = r.enrolment_id AND a.ags = r.ags)
    UNION ALL
    SELECT 'certificate', v.code FROM certificate_revocation v WHERE NOT EXISTS (SELECT FROM certificate c WHERE c.code = v.code)
    UNION ALL
    SELECT 'curriculum', n.id || '/' || n.version
    FROM curriculum n
    WHERE n.content ->> 'id' <> n.id OR (n.content ->> 'version')::integer <> n.version
        OR (n.version > 1 AND NOT EXISTS (SELECT FROM curriculum p WHERE p.id = n.id AND p.version = n.version - 1));

-- Whatever breaks the chains and the records that rest on them.
ALTER VIEW broken_audit RENAME TO broken_chain;
CREATE VIEW broken_audit AS
    SELECT ledger, entry FROM broken_chain
    UNION ALL
    SELECT ledger, entry FROM broken_training
    UNION ALL
    SELECT ledger, entry FROM broken_register;
