-- +goose Up
-- Regions, districts, municipalities and their integration centres. Facts: package reference.
CREATE TABLE region (
    ags       text PRIMARY KEY CHECK (ags ~ '^[0-9]{3}$'),
    name      text NOT NULL,
    fictional boolean NOT NULL
);

CREATE TABLE district (
    ags        text PRIMARY KEY CHECK (ags ~ '^[0-9]{5}$'),
    region_ags text NOT NULL REFERENCES region,
    name       text NOT NULL,
    kind       text NOT NULL,
    seat       text NOT NULL,
    fictional  boolean NOT NULL
);

CREATE TABLE municipality (
    ags           text PRIMARY KEY CHECK (ags ~ '^[0-9]{8}$'),
    district_ags  text NOT NULL REFERENCES district,
    name          text NOT NULL,
    official_name text NOT NULL,
    type          text NOT NULL,
    population    integer NOT NULL CHECK (population >= 0),
    fictional     boolean NOT NULL
);

-- Kommunales Integrationszentrum: a district's, or Stadt Aachen's own.
CREATE TABLE integration_centre (
    carrier_ags text PRIMARY KEY CHECK (carrier_ags ~ '^[0-9]{5}([0-9]{3})?$'),
    name        text NOT NULL,
    area        text[] NOT NULL CHECK (cardinality(area) > 0),
    fictional   boolean NOT NULL
);

