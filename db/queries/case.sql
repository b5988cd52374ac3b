-- name: GetCase :one
-- A case that the caller's scope does not cover does not exist.
SELECT c.state
FROM conflict_case c
WHERE c.id = @id
    AND in_scope(c.ags, c.phase, c.reporter, c.team, @caller, @area::text[], @assigned::text[], @reported::text[], @unhanded::text[]);

-- name: SaveCase :exec
-- Only the case's workflow calls this, right after AppendAudit appended its version.
INSERT INTO conflict_case (id, ags, reference, phase, urgency, stage, assignee, reporter, team, due_at, opened, changed, version, state)
VALUES (@id, @ags, @reference, @phase, @urgency, @stage, @assignee, @reporter, @team, @due_at, @opened, @changed, @version, @state)
ON CONFLICT (id) DO UPDATE
SET phase = excluded.phase, urgency = excluded.urgency, stage = excluded.stage, assignee = excluded.assignee,
    team = excluded.team, due_at = excluded.due_at, changed = excluded.changed, version = excluded.version, state = excluded.state
WHERE conflict_case.version < excluded.version;

-- name: ListRecentCases :many
-- The cases that changed shortly before the latest change: a crash may have left their workflows behind.
SELECT id
FROM conflict_case
WHERE changed >= (SELECT max(changed) FROM conflict_case) - @span::interval
ORDER BY changed DESC
LIMIT @at_most;
