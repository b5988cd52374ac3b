-- +goose Up
-- Who is away, in days of Berlin: valid_until is the midnight after the last one. Why is nobody's business, and there
-- is no place for it. An entry ends; it is never deleted.
CREATE TABLE absence (
    id          uuid PRIMARY KEY,
    person      text NOT NULL CHECK (person ~ '^[A-Za-z0-9][A-Za-z0-9._:|-]{0,127}$'),
    area        text[] NOT NULL CHECK (cardinality(area) BETWEEN 1 AND 396 AND array_to_string(area, ',', '') ~ '^[0-9]{8}(,[0-9]{8})*$'), -- where the person works
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL CHECK (valid_until >= valid_from),
    last_until  timestamptz NOT NULL CHECK (last_until >= valid_until), -- the end as it was entered
    entered_by  text NOT NULL,
    entered_at  timestamptz NOT NULL DEFAULT now(),
    ended_by    text,
    CHECK ((ended_by IS NULL) = (valid_until = last_until))
);

CREATE INDEX ON absence (person, valid_until);
CREATE INDEX ON absence USING gin (area);

-- Who has which roles of somebody else for a time, beside their own.
CREATE TABLE substitution (
    id          uuid PRIMARY KEY,
    person      text NOT NULL CHECK (person ~ '^[A-Za-z0-9][A-Za-z0-9._:|-]{0,127}$'),
    substitute  text NOT NULL CHECK (substitute <> person AND substitute ~ '^[A-Za-z0-9][A-Za-z0-9._:|-]{0,127}$'),
    roles       text[] NOT NULL CHECK (cardinality(roles) BETWEEN 1 AND 32 AND array_to_string(roles, ',', '') ~ '^[a-z][a-z_]{1,39}(,[a-z][a-z_]{1,39})*$'),
    area        text[] NOT NULL CHECK (cardinality(area) BETWEEN 1 AND 396 AND array_to_string(area, ',', '') ~ '^[0-9]{8}(,[0-9]{8})*$'),
    valid_from  timestamptz NOT NULL,
    valid_until timestamptz NOT NULL CHECK (valid_until >= valid_from),
    last_until  timestamptz NOT NULL CHECK (last_until >= valid_until),
    entered_by  text NOT NULL,
    entered_at  timestamptz NOT NULL DEFAULT now(),
    ended_by    text,
    CHECK ((ended_by IS NULL) = (valid_until = last_until))
);

CREATE INDEX ON substitution (person, valid_until);
CREATE INDEX ON substitution (substitute, valid_until);
CREATE INDEX ON substitution USING gin (area);

-- All that people hold: what was granted to them, and what was granted to those whom they substitute, for as long as
-- both hold. Nobody hands on what they hold for somebody else.
CREATE VIEW held_grant WITH (security_invoker = true) AS
    SELECT id, subject, role, area, valid_from, valid_until, given_by, given_at, ''::text AS instead_of
    FROM role_grant
    UNION ALL
    SELECT g.id, s.substitute, g.role, ARRAY(SELECT k FROM unnest(g.area) k WHERE k = ANY (s.area)),
        greatest(g.valid_from, s.valid_from), least(g.valid_until, s.valid_until), s.entered_by, greatest(g.given_at, s.entered_at), s.person
    FROM substitution s
    JOIN role_grant g ON g.subject = s.person AND g.role = ANY (s.roles) AND g.area && s.area
    WHERE greatest(g.valid_from, s.valid_from) < least(g.valid_until, s.valid_until);

-- Of these, what holds now. Workflows learn of it through the two functions below, and of no other grant.
CREATE VIEW holding AS
    SELECT subject, role, area, instead_of FROM held_grant WHERE valid_from <= now() AND (valid_until IS NULL OR valid_until > now());

-- Whom a notice about a file is for: people, those who are tied to of_files[i] by of_relations[i], and those who hold one
-- of the roles in the municipality now: of these it says for which, one row a role. Whoever holds nothing any more where
-- one of these files lies hears of it no longer.
CREATE FUNCTION recipients(of_people text[], of_files uuid[], of_relations text[], of_roles text[], of_file uuid, of_ags text)
    RETURNS TABLE (recipient text, role text) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT a.recipient, ''
    FROM (
        SELECT unnest(of_people) AS recipient
        UNION
        SELECT substr(t.tie, length(m.relation) + 2)
        FROM (SELECT unnest(of_files) AS id, unnest(of_relations) AS relation) m
        JOIN file f ON f.id = m.id
        CROSS JOIN LATERAL unnest(f.ties) t (tie)
        WHERE starts_with(t.tie, m.relation || ':')
    ) a
    WHERE EXISTS (
        SELECT FROM holding g
        WHERE g.subject = a.recipient
            AND g.area && ARRAY(SELECT of_ags UNION SELECT unnest(f.ags || f.places) FROM file f WHERE f.id = of_file OR f.id = ANY (of_files)))
    UNION
    SELECT g.subject, g.role FROM holding g WHERE g.role = ANY (of_roles) AND of_ags = ANY (g.area)
$$;

-- Tells those who hold one of the roles where a file lies that the caller read of it what they let themselves into: whoever
-- serves people tells nobody anything else. Once for each version of the file.
CREATE FUNCTION notify_reading(of_file uuid, of_kind text, of_roles text[], of_at timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    INSERT INTO notification (recipient, ags, kind, file_kind, file_id, version, at)
    SELECT DISTINCT r.recipient, f.ags, of_kind, f.kind, f.id, f.version, of_at
    FROM file f
    CROSS JOIN LATERAL recipients('{}', '{}', '{}', of_roles, f.id, f.ags) r
    WHERE f.id = of_file AND f.ags = ANY (koko_area()) AND NOT f.confided AND r.recipient <> current_setting('koko.caller', true)
    ON CONFLICT DO NOTHING
$$;

-- Who substitutes people in a municipality now and is not away themselves, with the roles for which they do, the roles
-- that they hold there altogether, and whether the person is away.
CREATE FUNCTION stand_ins(of_people text[], of_ags text)
    RETURNS TABLE (person text, substitute text, roles text[], held text[], away boolean) STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT s.person, s.substitute, s.roles,
        ARRAY(SELECT DISTINCT g.role FROM holding g WHERE g.subject = s.substitute AND of_ags = ANY (g.area)),
        EXISTS (SELECT FROM absence a WHERE a.person = s.person AND of_ags = ANY (a.area) AND a.valid_from <= now() AND a.valid_until > now())
    FROM (
        SELECT s.person, s.substitute, array_agg(DISTINCT g.role) AS roles
        FROM substitution s
        JOIN holding g ON g.subject = s.person AND g.instead_of = '' AND g.role = ANY (s.roles) AND of_ags = ANY (g.area)
        WHERE s.person = ANY (of_people) AND of_ags = ANY (s.area) AND s.valid_from <= now() AND s.valid_until > now()
            AND NOT EXISTS (SELECT FROM absence a WHERE a.person = s.substitute AND of_ags = ANY (a.area) AND a.valid_from <= now() AND a.valid_until > now())
        GROUP BY s.person, s.substitute
    ) s
$$;

GRANT SELECT, INSERT, UPDATE (valid_from, valid_until, last_until, ended_by) ON absence TO koko_api;
GRANT SELECT, INSERT, UPDATE (valid_until, ended_by) ON substitution TO koko_api;
GRANT SELECT ON held_grant TO koko_api;
REVOKE EXECUTE ON FUNCTION recipients(text[], uuid[], text[], text[], uuid, text), stand_ins(text[], text),
    notify_reading(uuid, text, text[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION notify_reading(uuid, text, text[], timestamptz) TO koko_api;
GRANT EXECUTE ON FUNCTION recipients(text[], uuid[], text[], text[], uuid, text), stand_ins(text[], text) TO koko_worker;

ALTER TABLE absence ENABLE ROW LEVEL SECURITY;
ALTER TABLE substitution ENABLE ROW LEVEL SECURITY;

-- A person sees what concerns themselves, and a supervisor what touches their own area.
CREATE POLICY area ON absence TO koko_api
    USING (person = (SELECT current_setting('koko.caller', true)) OR area && (SELECT koko_area()))
    WITH CHECK (area <@ (SELECT koko_area()));
CREATE POLICY area ON substitution TO koko_api
    USING ((SELECT current_setting('koko.caller', true)) IN (person, substitute) OR area && (SELECT koko_area()))
    WITH CHECK (area <@ (SELECT koko_area()));

-- A substitute sees the grants that they hold for somebody else.
CREATE POLICY substitute ON role_grant FOR SELECT TO koko_api USING (EXISTS (
    SELECT FROM substitution s
    WHERE s.substitute = (SELECT current_setting('koko.caller', true)) AND s.person = subject AND role = ANY (s.roles) AND s.area && role_grant.area));
