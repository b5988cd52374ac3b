-- name: AppendAccess :exec
-- The trigger chains the entry, in the municipality of its file.
INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, file_id, version, subject_id, digest, hash)
VALUES (@ags, 1, @id, @kind, @actor, @action, @rule, @reason, @file_id, @version, @subject_id, @digest, '')
ON CONFLICT DO NOTHING;

-- name: ListHistory :many
-- What was decided on a case, refused and read, the latest first.
SELECT h.at, h.entry, h.kind, h.actor, h.action, h.rule, h.reason, h.version, h.subject_id, h.digest, h.prior_hash, h.hash
FROM (
    SELECT a.file_id, a.at, ('v' || lpad(a.version::text, 12, '0'))::text AS entry, 'decision' AS kind, a.actor, a.action, '' AS rule, '' AS reason,
        a.version, '' AS subject_id, a.digest, coalesce(a.prior_hash, '') AS prior_hash, a.hash
    FROM audit a
    WHERE a.file_id = @file_id
    UNION ALL
    SELECT l.file_id, l.at, 's' || lpad(l.seq::text, 12, '0'), l.kind, l.actor, l.action, l.rule, l.reason,
        coalesce(l.version, 0), l.subject_id, l.digest, coalesce(l.prior_hash, ''), l.hash
    FROM access_log l
    WHERE l.file_id = @file_id
) h
JOIN conflict_case c ON c.id = h.file_id
WHERE (h.at, h.entry) < (@before_at::timestamptz, @before_entry::text)
    AND in_scope(c.ags, c.phase, c.reporter, c.team, @caller, @area::text[], @assigned::text[], @reported::text[], @unhanded::text[])
ORDER BY h.at DESC, h.entry DESC
LIMIT @page_size;

-- name: ListBrokenAudit :many
SELECT ledger, entry FROM broken_audit ORDER BY ledger, entry LIMIT @at_most;
