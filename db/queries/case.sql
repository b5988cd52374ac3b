-- name: GetCase :one
-- A case that the caller's scope does not cover does not exist.
SELECT c.state
FROM conflict_case c
WHERE c.id = @id
    AND in_scope(c.ags, c.phase, c.reporter, c.team, @caller, @area::text[], @assigned::text[], @reported::text[], @unhanded::text[]);

-- name: GetOwnTransition :one
-- What the caller's own command led to: a retry is answered even where the case has left the scope.
SELECT action, digest, state
FROM case_audit
WHERE case_id = @case_id AND command_id = @command_id AND actor = @caller;

-- name: SaveCase :exec
-- Only the case's workflow calls this, right after AppendAudit appended its version.
INSERT INTO conflict_case (id, ags, reference, phase, urgency, stage, assignee, reporter, team, due_at, opened, changed, version, state)
VALUES (@id, @ags, @reference, @phase, @urgency, @stage, @assignee, @reporter, @team, @due_at, @opened, @changed, @version, @state)
ON CONFLICT (id) DO UPDATE
SET phase = excluded.phase, urgency = excluded.urgency, stage = excluded.stage, assignee = excluded.assignee,
    team = excluded.team, due_at = excluded.due_at, changed = excluded.changed, version = excluded.version, state = excluded.state
WHERE conflict_case.version < excluded.version;

-- name: AppendAudit :execrows
-- Appends nothing when the command was carried out before or the version is taken.
INSERT INTO case_audit (case_id, version, ags, command_id, action, actor, at, digest, docs, state, hash)
VALUES (@case_id, @version, @ags, @command_id, @action, @actor, @at, @digest, @docs, @state, '')
ON CONFLICT DO NOTHING;

-- name: LinkDocument :exec
INSERT INTO case_document (document_id, case_id, version, ags, kind, compartment, number)
SELECT @document_id, @case_id, @version, @ags, @kind, @compartment, count(*) + 1
FROM case_document
WHERE case_id = @case_id AND kind = @kind AND compartment = @compartment;

-- name: ListTransitions :many
-- What came after version @known, and what the command led to.
SELECT command_id, action, actor, digest, docs, state
FROM case_audit
WHERE case_id = @case_id AND (version > @known OR command_id = @command_id)
ORDER BY version;

-- name: ListRecentCases :many
-- The cases that changed shortly before the latest change: a crash may have left their workflows behind.
SELECT id
FROM conflict_case
WHERE changed >= (SELECT max(changed) FROM conflict_case) - @span::interval
ORDER BY changed DESC
LIMIT @at_most;
