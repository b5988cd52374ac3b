-- +goose Up
-- The two roles of the running product. koko_api serves people and sees what they may see;
-- koko_worker records what workflows decide. Neither owns a table, so row security binds both.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'koko_api') THEN
        CREATE ROLE koko_api LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'koko_worker') THEN
        CREATE ROLE koko_worker LOGIN;
    END IF;
END $$;
-- +goose StatementEnd

-- The municipalities that the current transaction works for. Unset, there are none.
CREATE FUNCTION koko_area() RETURNS text[] STABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT string_to_array(nullif(current_setting('koko.area', true), ''), ',') $$;

-- The one predicate for scope: what the grants of a caller cover. Each list holds municipalities:
-- area, where the caller sees every case; assigned, where those worked on; reported, where those
-- reported; unhanded, where those still in detection. LANGUAGE sql, so that it is inlined.
CREATE FUNCTION in_scope(
    ags text, phase text, reporter text, team text[],
    caller text, area text[], assigned text[], reported text[], unhanded text[]
) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT ags = ANY (area)
        OR (ags = ANY (assigned) AND caller = ANY (team))
        OR (ags = ANY (reported) AND caller = reporter)
        OR (ags = ANY (unhanded) AND phase = 'detection')
$$;

-- A case as it stands. Only its workflow's activity writes here.
CREATE TABLE conflict_case (
    id        uuid PRIMARY KEY,
    ags       text NOT NULL REFERENCES municipality,
    reference text NOT NULL,
    phase     text NOT NULL CHECK (phase IN ('detection', 'analysis', 'mediation', 'closure', 'follow_up', 'closed')),
    urgency   text NOT NULL,
    stage     integer NOT NULL CHECK (stage BETWEEN 0 AND 9),
    assignee  text NOT NULL,
    reporter  text NOT NULL,
    team      text[] NOT NULL,
    due_at    timestamptz,
    opened    timestamptz NOT NULL,
    changed   timestamptz NOT NULL,
    version   integer NOT NULL CHECK (version > 0),
    state     jsonb NOT NULL,
    CHECK (state ->> 'ags' = ags AND state ->> 'phase' = phase AND (state ->> 'version')::integer = version)
);

CREATE INDEX ON conflict_case (ags, changed DESC, id DESC);
CREATE INDEX ON conflict_case (ags, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON conflict_case (changed);
CREATE INDEX ON conflict_case USING gin (team);

-- What was decided. A case's versions have no gap and no fork, a command leads to one version
-- only, and each entry carries the hash of the entry before.
CREATE TABLE case_audit (
    case_id    uuid NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    prior      integer GENERATED ALWAYS AS (nullif(version - 1, 0)) STORED,
    ags        text NOT NULL REFERENCES municipality,
    command_id text NOT NULL,
    action     text NOT NULL,
    actor      text NOT NULL,
    at         timestamptz NOT NULL,
    digest     text NOT NULL, -- of the command
    docs       jsonb NOT NULL,
    state      jsonb NOT NULL,
    prior_hash bytea,
    hash       bytea NOT NULL,
    PRIMARY KEY (case_id, version),
    UNIQUE (case_id, command_id),
    UNIQUE (case_id, version, hash),
    CHECK ((prior_hash IS NULL) = (version = 1)),
    FOREIGN KEY (case_id, prior, prior_hash) REFERENCES case_audit (case_id, version, hash) MATCH SIMPLE,
    FOREIGN KEY (case_id, prior) REFERENCES case_audit (case_id, version)
);

CREATE FUNCTION case_audit_hash(a case_audit) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT sha256(coalesce(a.prior_hash, '') || convert_to(concat_ws(E'\x1f',
        a.case_id, a.version, a.ags, a.command_id, a.action, a.actor,
        (extract(epoch FROM a.at) * 1000000)::bigint, a.digest, a.docs, a.state), 'UTF8'))
$$;

-- +goose StatementBegin
CREATE FUNCTION case_audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    SELECT hash INTO NEW.prior_hash FROM case_audit WHERE case_id = NEW.case_id AND version = NEW.version - 1;
    IF NEW.version > 1 AND NEW.prior_hash IS NULL THEN
        RAISE EXCEPTION 'case % has no version % to follow', NEW.case_id, NEW.version - 1
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'case_audit_prior';
    END IF;
    NEW.hash := case_audit_hash(NEW);
    RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER chain BEFORE INSERT ON case_audit FOR EACH ROW EXECUTE FUNCTION case_audit_chain();

-- A data key wraps the documents of one compartment of a case; the master key wraps it.
CREATE TABLE data_key (
    case_id     uuid NOT NULL,
    compartment text NOT NULL CHECK (compartment IN ('case', 'identities', 'mediation')),
    ags         text NOT NULL REFERENCES municipality,
    wrapped     bytea NOT NULL,
    PRIMARY KEY (case_id, compartment)
);

-- Prose, sealed and immutable. It belongs to a case once a decision refers to it (case_document).
CREATE TABLE document (
    id          uuid PRIMARY KEY,
    case_id     uuid NOT NULL,
    ags         text NOT NULL REFERENCES municipality,
    kind        text NOT NULL,
    compartment text NOT NULL,
    author      text NOT NULL,
    created     timestamptz NOT NULL DEFAULT now(),
    digest      text NOT NULL,
    sealed      bytea NOT NULL,
    tokens      bigint[] NOT NULL, -- blind index of what may be searched
    UNIQUE (id, case_id, ags, kind, compartment),
    FOREIGN KEY (case_id, compartment) REFERENCES data_key
);

CREATE INDEX ON document USING gin (tokens) WHERE tokens <> '{}';
CREATE INDEX ON document (case_id);

-- Which documents a decision refers to. number counts the versions of a kind in a compartment.
CREATE TABLE case_document (
    document_id uuid PRIMARY KEY,
    case_id     uuid NOT NULL,
    version     integer NOT NULL,
    ags         text NOT NULL REFERENCES municipality,
    kind        text NOT NULL,
    compartment text NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    UNIQUE (case_id, kind, compartment, number),
    CONSTRAINT stored FOREIGN KEY (document_id, case_id, ags, kind, compartment)
        REFERENCES document (id, case_id, ags, kind, compartment),
    FOREIGN KEY (case_id, version) REFERENCES case_audit (case_id, version)
);

