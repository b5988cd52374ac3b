-- +goose Up
-- Curricula apply to the whole state. A published version never changes, and the versions of a
-- curriculum have no gap.
CREATE TABLE curriculum (
    id           text NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    prior        integer GENERATED ALWAYS AS (nullif(version - 1, 0)) STORED,
    content      jsonb NOT NULL CHECK (length(content::text) <= 1000000),
    published    timestamptz NOT NULL DEFAULT now(),
    published_by text NOT NULL,
    PRIMARY KEY (id, version),
    CHECK (content ->> 'id' = id AND (content ->> 'version')::integer = version),
    FOREIGN KEY (id, prior) REFERENCES curriculum (id, version)
);

-- The register of certificates: what was issued stays, and nobody is named. Numbers have no gap in a
-- year, indexes into the status list none at all.
CREATE TABLE certificate (
    code               text PRIMARY KEY,
    number             text NOT NULL UNIQUE,
    status_index       integer NOT NULL UNIQUE CHECK (status_index >= 0),
    file_id            uuid NOT NULL REFERENCES file,
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

CREATE INDEX ON certificate (file_id);

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
-- file nor municipality.
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

-- What a certificate rests on: the enrolment as the decision left it that issued the certificate, and
-- the last words until then that name the holder, sealed. A certificate is drawn up anew whenever it is
-- asked for, and the public page compares a name with it; both know its code. Without the key or the
-- secret, which erasure destroys, the name stays sealed and the rest holds.
CREATE FUNCTION certificate_basis(of_code text) RETURNS TABLE (
    file_id uuid, state json, document_id uuid, sealed bytea, secret bytea, wrapped bytea
) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT c.file_id, a.state, d.id, d.sealed, d.secret, k.wrapped
    FROM certificate c
    JOIN LATERAL (
        SELECT audit.version, audit.state FROM audit -- of type json, a nested list is not counted from its end: hence jsonb
        WHERE audit.file_id = c.file_id
            AND audit.action IN ('certify', 'confirm_attendance', 'reissue_certificate')
            AND audit.state::jsonb #>> '{certificates,-1,code}' = c.code
        ORDER BY audit.version LIMIT 1
    ) a ON true
    LEFT JOIN LATERAL (
        SELECT fd.document_id FROM file_document fd
        WHERE fd.file_id = c.file_id AND fd.compartment = 'training' AND fd.version <= a.version
            AND fd.action IN ('apply', 'certify', 'confirm_attendance', 'reissue_certificate')
        ORDER BY fd.version DESC LIMIT 1
    ) named ON true
    LEFT JOIN document d ON d.id = named.document_id
    LEFT JOIN data_key k ON k.file_id = c.file_id AND k.compartment = 'training'
    WHERE c.code = of_code
$$;

-- A state is more exact than a column, which cuts or rounds at a microsecond.
CREATE FUNCTION same_time(a timestamptz, b text) RETURNS boolean STABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT coalesce(abs(extract(epoch FROM a - b::timestamptz)) <= 0.000001, a IS NULL AND b IS NULL) $$;

-- Certificates that the register or the file lacks, of which the two say different things, or
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
        SELECT e.id, c FROM file e CROSS JOIN LATERAL jsonb_array_elements(json_list(e.state -> 'certificates')) c
    ) l ON l.c ->> 'code' = r.code AND l.id = r.file_id
    WHERE r.code IS NULL OR l.id IS NULL
        OR r.status_index <> r.expected_index OR r.number <> r.expected_number
        OR r.kind IS DISTINCT FROM l.c ->> 'kind' OR NOT same_time(r.issued, l.c ->> 'at')
        OR r.curriculum IS DISTINCT FROM l.c ->> 'curriculum' OR r.curriculum_version IS DISTINCT FROM (l.c ->> 'version')::integer
        OR r.minutes IS DISTINCT FROM (l.c ->> 'minutes')::integer OR r.evidence IS DISTINCT FROM l.c ->> 'evidence'
        OR r.supersedes IS DISTINCT FROM l.c ->> 'supersedes' OR r.reason <> coalesce(l.c ->> 'reason', '')
        OR NOT same_time(r.revoked_at, l.c #>> '{revoked,at}') OR r.revoked_reason IS DISTINCT FROM l.c #>> '{revoked,reason}'
        OR NOT EXISTS (SELECT FROM audit a WHERE a.file_id = r.file_id AND a.ags = r.ags)
    UNION ALL
    SELECT 'certificate', v.code FROM certificate_revocation v WHERE NOT EXISTS (SELECT FROM certificate c WHERE c.code = v.code)
    UNION ALL
    SELECT 'curriculum', n.id || '/' || n.version
    FROM curriculum n
    WHERE n.content ->> 'id' <> n.id OR (n.content ->> 'version')::integer <> n.version
        OR (n.version > 1 AND NOT EXISTS (SELECT FROM curriculum p WHERE p.id = n.id AND p.version = n.version - 1));

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
