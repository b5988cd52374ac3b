-- +goose Up
-- Some roles are given by two (policies.ByTwo): one person proposes the grant, another one approves it. Until then it
-- grants nothing, and a proposal that nobody decides on lapses.
CREATE TABLE grant_proposal (
    id          uuid PRIMARY KEY, -- and that of the grant
    subject     text NOT NULL CHECK (subject <> ''),
    role        text NOT NULL,
    area        text[] NOT NULL CHECK (cardinality(area) > 0),
    valid_from  timestamptz, -- null: from the approval on
    valid_until timestamptz,
    proposed_by text NOT NULL CHECK (proposed_by NOT IN ('', subject)),
    proposed_at timestamptz NOT NULL,
    lapses_at   timestamptz NOT NULL CHECK (lapses_at > proposed_at),
    status      text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'approved', 'rejected')),
    decided_by  text CHECK (decided_by <> ''),
    decided_at  timestamptz,
    CHECK ((status = 'open') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT grant_four_eyes CHECK (status <> 'approved' OR decided_by NOT IN (proposed_by, subject) AND decided_at < lapses_at)
);

CREATE INDEX ON grant_proposal (proposed_at DESC, id DESC);

GRANT SELECT, INSERT (id, subject, role, area, valid_from, valid_until, proposed_by, proposed_at, lapses_at),
    UPDATE (status, decided_by, decided_at) ON grant_proposal TO koko_api;

-- Administrators see what is proposed in their own area, and nobody proposes or decides in the name of somebody else.
ALTER TABLE grant_proposal ENABLE ROW LEVEL SECURITY;
CREATE POLICY area ON grant_proposal FOR SELECT TO koko_api USING (area <@ (SELECT koko_area()));
CREATE POLICY own ON grant_proposal FOR INSERT TO koko_api
    WITH CHECK (area <@ (SELECT koko_area()) AND proposed_by = (SELECT current_setting('koko.caller', true)));
CREATE POLICY decided ON grant_proposal FOR UPDATE TO koko_api USING (area <@ (SELECT koko_area()) AND status = 'open')
    WITH CHECK (area <@ (SELECT koko_area()) AND decided_by = (SELECT current_setting('koko.caller', true)));
