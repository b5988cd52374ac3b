-- +goose Up
-- The two roles of the running product. koko_api serves people and sees what they may see;
-- koko_worker records what workflows decide. Neither owns a table, so row security binds both.
-- What each of them may do is in one place: 00010_rights.sql.
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

-- Whether one of parts covers a file: a list of {ties, area, offered}, of which each covers the files in its
-- area that have one of its ties, and with offered those that are offered there, too. A loop takes a third of
-- the time of a query.
-- +goose StatementBegin
CREATE FUNCTION tied_in_scope(ags text, places text[], ties text[], parts jsonb) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE plpgsql
AS $$
BEGIN
    FOR i IN 0 .. jsonb_array_length(parts) - 1 LOOP
        IF parts -> i -> 'ties' ?| ties
            AND (parts -> i -> 'area' ? ags OR (parts -> i -> 'offered')::boolean AND parts -> i -> 'area' ?| places) THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END $$;
-- +goose StatementEnd

-- The one predicate for scope: whether the grants of a caller cover a file. area: where they cover every
-- file; offered: where they cover those that are offered there, too; held: the ties that the caller has;
-- parts: what these are good for, which only the few files with such a tie are asked for. LANGUAGE sql, so
-- that it is inlined. domain/file.Scope.Covers says the same in Go.
CREATE FUNCTION in_scope(
    ags text, places text[], ties text[], area text[], offered text[], held text[], parts jsonb
) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT ags = ANY (area) OR places && offered OR (ties && held AND tied_in_scope(ags, places, ties, parts))
$$;

-- The list in a state, whatever stands there.
CREATE FUNCTION json_list(v jsonb) RETURNS jsonb IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT CASE jsonb_typeof(v) WHEN 'array' THEN v ELSE '[]' END $$;

CREATE FUNCTION json_texts(v jsonb) RETURNS text[] IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT ARRAY(SELECT jsonb_array_elements_text(json_list(v))) $$;

-- Whether somebody is tied to a file in any way: a tie is relation:holder.
CREATE FUNCTION tied_to(ties text[], who text) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT EXISTS (SELECT FROM unnest(ties) t WHERE substr(t, strpos(t, ':') + 1) = who) $$;

-- A file (Akte) of any kind as it stands. Only its workflow's activity writes here. What stands beside the
-- state follows from it: lists, scopes and row security ask that and leave the state alone.
CREATE TABLE file (
    id        uuid PRIMARY KEY,
    kind      text NOT NULL CHECK (kind <> ''),
    ags       text NOT NULL REFERENCES municipality, -- it may move; what was recorded before keeps its own
    places    text[] NOT NULL CHECK (ags = ANY (places)), -- its own municipality, and those that it is offered to
    reference text NOT NULL, -- what people call it
    phase     text NOT NULL,
    over      boolean NOT NULL, -- nothing is done any more, unless it is taken up again
    ties      text[] NOT NULL, -- relation:holder
    facets    jsonb NOT NULL CHECK (jsonb_typeof(facets) = 'object'),
    once      text CONSTRAINT once UNIQUE, -- a key that one file has at a time
    due_at    timestamptz, -- the earliest deadline
    opened    timestamptz NOT NULL,
    changed   timestamptz NOT NULL,
    version   integer NOT NULL CHECK (version > 0),
    state     jsonb NOT NULL,
    confided  boolean NOT NULL DEFAULT false, -- nobody but those who are tied to it learns that there is such a file
    CHECK (coalesce(state ->> 'ags' = ags AND (state ->> 'version')::integer = version, false))
);

-- Lists and counts read everything but the state, which is by far the largest: it stands apart, and the rest
-- together.
ALTER TABLE file SET (toast_tuple_target = 256);
ALTER TABLE file ALTER COLUMN places SET STORAGE MAIN, ALTER COLUMN ties SET STORAGE MAIN, ALTER COLUMN facets SET STORAGE MAIN;

-- Lists ask for a kind, mostly in few municipalities, and come in one of these orders. The others serve
-- functions that look by themselves (00010_rights.sql), because row security keeps what is not leakproof
-- away from an index.
CREATE INDEX ON file (kind, ags, changed DESC, id DESC);
CREATE INDEX ON file (kind, ags, due_at, id);
CREATE INDEX ON file (kind, changed DESC, id DESC);
CREATE INDEX ON file (kind, lower(reference) text_pattern_ops);
CREATE INDEX ON file USING gin (ties);
CREATE INDEX ON file USING gin (places);

-- What was decided. A file's versions have no gap and no fork, a command leads to one version only, and each
-- entry carries the hash of the entry before. An entry says where the file stood and who was tied to it, so
-- that the past is shown to those whom it concerned without asking its kind; veil is the act without which
-- nobody learns of the entry, empty if whoever reads the history does. A chain is put back as a whole
-- (restore_audit): in between, an entry may follow one that is not there yet.
CREATE TABLE audit (
    file_id    uuid NOT NULL,
    kind       text NOT NULL CHECK (kind <> ''),
    version    integer NOT NULL CHECK (version > 0),
    prior      integer GENERATED ALWAYS AS (nullif(version - 1, 0)) STORED,
    ags        text NOT NULL REFERENCES municipality,
    phase      text NOT NULL,
    places     text[] NOT NULL CHECK (ags = ANY (places)),
    ties       text[] NOT NULL,
    command_id text NOT NULL,
    action     text NOT NULL,
    actor      text NOT NULL,
    at         timestamptz NOT NULL,
    digest     text NOT NULL, -- of the command
    veil       text NOT NULL,
    docs       json NOT NULL, -- as they were written, and so is the state: the hash is of their bytes
    state      json NOT NULL,
    confided   boolean NOT NULL DEFAULT false, -- as of the file; it decides which log the entry goes into
    salt       uuid NOT NULL DEFAULT gen_random_uuid(), -- shown with the entry alone: without it the hash cannot be guessed
    prior_hash bytea,
    hash       bytea NOT NULL,
    PRIMARY KEY (file_id, version),
    UNIQUE (file_id, command_id),
    UNIQUE (file_id, version, hash),
    CHECK ((prior_hash IS NULL) = (version = 1)),
    FOREIGN KEY (file_id, prior, prior_hash) REFERENCES audit (file_id, version, hash) MATCH SIMPLE DEFERRABLE INITIALLY IMMEDIATE,
    FOREIGN KEY (file_id, prior) REFERENCES audit (file_id, version) DEFERRABLE INITIALLY IMMEDIATE
);

-- What happened to a file is read page by page, in the order of time.
CREATE INDEX ON audit (file_id, at, version);

-- Over every column but the hash itself: internal/evidence/verify computes it from a sealed export alone.
CREATE FUNCTION audit_hash(a audit) RETURNS bytea STABLE PARALLEL SAFE LANGUAGE sql
AS $$
    SELECT sha256(coalesce(a.prior_hash, '') || convert_to(concat_ws(E'\x1f',
        a.file_id, a.kind, a.version, a.ags, a.phase, a.places, a.ties, a.command_id, a.action, a.actor,
        (extract(epoch FROM a.at) * 1000000)::bigint, a.digest, a.veil, a.confided, a.docs, a.state, a.salt), 'UTF8'))
$$;

-- Whether an entry is confidential to somebody who may do the acts in lifted: then it says that it is there,
-- and no more. Who did not say what they may do may do nothing.
CREATE FUNCTION veiled(veil text, lifted text[]) RETURNS boolean IMMUTABLE PARALLEL SAFE LANGUAGE sql
AS $$ SELECT veil <> '' AND coalesce(veil <> ALL (lifted), true) $$;

-- A file keeps its kind: an entry of another one finds no version to follow.
-- +goose StatementBegin
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    SELECT hash INTO NEW.prior_hash FROM audit WHERE file_id = NEW.file_id AND version = NEW.version - 1 AND kind = NEW.kind;
    IF NEW.version > 1 AND NEW.prior_hash IS NULL THEN
        RAISE EXCEPTION '% % has no version % to follow', NEW.kind, NEW.file_id, NEW.version - 1
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'audit_prior';
    END IF;
    NEW.hash := audit_hash(NEW);
    RETURN NEW;
END $$;

-- An entry stays as it is, except that restore_audit may put back what it was.
CREATE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = public
AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = 'audit'::regclass), 'USAGE')
        AND current_setting('koko.restoring', true) = OLD.file_id::text THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'entry %/% of the audit stays as it is', OLD.file_id, OLD.version USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

CREATE TRIGGER chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_keep();

-- Those of the files of a kind in the transaction's municipalities that have one of the ties. LANGUAGE plpgsql and
-- a generic plan, so that a connection plans it once: nearly every request asks it.
-- +goose StatementBegin
CREATE FUNCTION tied_files(of_kind text, of_ties text[]) RETURNS SETOF uuid STABLE LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    RETURN QUERY SELECT id FROM file WHERE kind = of_kind AND ties && of_ties AND places && koko_area();
END $$;
-- +goose StatementEnd

-- Those of the files of a kind in the transaction's municipalities whose reference begins like this, in any case.
CREATE FUNCTION referenced_files(of_kind text, prefix text) RETURNS SETOF uuid STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT id FROM file
    WHERE kind = of_kind AND lower(reference) ~>=~ lower(prefix) AND lower(reference) ~<=~ (lower(prefix) || chr(1114111))
        AND starts_with(lower(reference), lower(prefix)) AND places && koko_area()
$$;

-- Who was tied to files in a way at a time, and where the files lay: a tie through a file of another kind must
-- be known where it holds, even if that file lies elsewhere. Nothing else of it is shown.
CREATE FUNCTION tied_at(of_files uuid[], of_relation text, of_at timestamptz) RETURNS TABLE (
    id uuid, ags text, places text[], holders text[]
) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT f.id, a.ags, a.places, ARRAY(
        SELECT substr(t, length(of_relation) + 2) FROM unnest(a.ties) t WHERE starts_with(t, of_relation || ':') ORDER BY 1)
    FROM unnest(of_files) f (id)
    CROSS JOIN LATERAL (
        SELECT audit.ags, audit.places, audit.ties FROM audit WHERE audit.file_id = f.id AND audit.at <= of_at ORDER BY audit.version DESC LIMIT 1
    ) a
$$;

-- What is known of a file, as it stands or, if its row is lost, as the last entry of its audit says. LANGUAGE plpgsql,
-- here and below: it plans once, which takes a tenth of the time.
-- +goose StatementBegin
CREATE FUNCTION file_known(of_file uuid) RETURNS TABLE (ags text, ties text[], confided boolean)
STABLE LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    RETURN QUERY SELECT f.ags, f.ties, f.confided FROM file f WHERE f.id = of_file;
    IF NOT FOUND THEN
        RETURN QUERY SELECT a.ags, a.ties, a.confided FROM audit a WHERE a.file_id = of_file ORDER BY a.version DESC LIMIT 1;
    END IF;
END $$;

-- Whether a file is confided to others than the transaction's caller: then nothing of it is there for them.
CREATE FUNCTION withheld(of_file uuid) RETURNS boolean STABLE LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    known record;
BEGIN
    SELECT k.ties, k.confided INTO known FROM file_known(of_file) k;
    RETURN coalesce(known.confided AND NOT tied_to(known.ties, coalesce(current_setting('koko.caller', true), '')), false);
END $$;
-- +goose StatementEnd

-- The caller's own command by which a confided file closed for them: whoever declines or leaves is answered again. What
-- they did there before stays closed with the file.
CREATE FUNCTION own_leave(of_file uuid, of_kind text, of_command text)
    RETURNS TABLE (action text, digest text, state json) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT a.action, a.digest, a.state FROM audit a
    WHERE a.file_id = of_file AND a.kind = of_kind AND a.command_id = of_command AND a.confided AND a.ags = ANY (koko_area())
        AND a.actor = nullif(current_setting('koko.caller', true), '') AND NOT tied_to(a.ties, a.actor)
$$;

-- Whether a file may be seen, by the row security of the table. LANGUAGE plpgsql, so that a query is not
-- planned with it.
-- +goose StatementBegin
CREATE FUNCTION file_visible(of_file uuid) RETURNS boolean STABLE PARALLEL SAFE LANGUAGE plpgsql
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.file WHERE id = of_file);
END $$;
-- +goose StatementEnd
