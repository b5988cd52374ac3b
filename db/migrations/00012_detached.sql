-- +goose Up
-- What files leave behind for numbers: facts with an area and a quarter, and nothing that says which file it was. It
-- comes with the step in whose transaction it is written, and waits in a pool that nobody reads. Once the quarter is
-- over, whatever is countable is added up, and the rest is put in a random order: so neither ids nor times nor the order
-- of rows lead back to a file.
CREATE TABLE detached_pool (
    about   text NOT NULL CHECK (about <> ''),
    counted boolean NOT NULL, -- whether only its number is kept
    area    text NOT NULL CHECK (area ~ '^[0-9]{5}([0-9]{3})?$'), -- a municipality, or a district
    quarter text NOT NULL CHECK (quarter ~ '^[0-9]{4}-Q[1-4]$'),
    facts   jsonb NOT NULL,
    CHECK (NOT counted OR length(area) = 8)
);

CREATE TABLE detached (
    batch   integer NOT NULL,
    about   text NOT NULL,
    area    text NOT NULL,
    quarter text NOT NULL,
    facts   jsonb NOT NULL
);

CREATE TABLE tally (
    about   text NOT NULL,
    ags     text NOT NULL REFERENCES municipality,
    quarter text NOT NULL,
    facts   jsonb NOT NULL,
    number  integer NOT NULL CHECK (number > 0),
    PRIMARY KEY (about, ags, quarter, facts)
);

-- +goose StatementBegin
-- Empties the pool of all quarters that are over, and have been for a day: a step at the end of one may be recorded a
-- little later. The clock is that of the database: nobody draws early.
CREATE FUNCTION draw_detached() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    current_quarter text := to_char((now() - interval '1 day') AT TIME ZONE 'Europe/Berlin', 'YYYY-"Q"Q');
    drawn integer;
BEGIN
    LOCK TABLE detached_pool IN EXCLUSIVE MODE; -- else a row that comes meanwhile would be deleted unread
    INSERT INTO tally (about, ags, quarter, facts, number)
        SELECT about, area, quarter, facts, count(*) FROM detached_pool WHERE counted AND quarter < current_quarter GROUP BY 1, 2, 3, 4
        ON CONFLICT (about, ags, quarter, facts) DO UPDATE SET number = tally.number + excluded.number;
    INSERT INTO detached (batch, about, area, quarter, facts)
        SELECT (SELECT coalesce(max(batch), 0) + 1 FROM detached), about, area, quarter, facts
        FROM detached_pool WHERE NOT counted AND quarter < current_quarter ORDER BY gen_random_uuid();
    DELETE FROM detached_pool WHERE quarter < current_quarter;
    GET DIAGNOSTICS drawn = ROW_COUNT;
    RETURN drawn;
END $$;
-- +goose StatementEnd

-- Whoever records puts something into the pool, and has it drawn; reading it, or what was drawn, is for nobody yet.
-- Numbers are read where somebody may.
GRANT INSERT ON detached_pool TO koko_worker;
REVOKE EXECUTE ON FUNCTION draw_detached() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION draw_detached() TO koko_worker;
GRANT SELECT ON tally TO koko_api;
ALTER TABLE tally ENABLE ROW LEVEL SECURITY;
CREATE POLICY area ON tally TO koko_api USING (ags = ANY ((SELECT koko_area())::text[]));
