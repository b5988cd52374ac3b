-- name: NoteDecisions :exec
SELECT note_decisions(@noted::jsonb);

-- name: ListDecisions :many
SELECT day, subject, act, ags, roles, offered, relations, allowed, role, rule, count
FROM decision_log
WHERE day >= @since
ORDER BY day, subject, act, ags, roles, offered, relations, allowed, role, rule;

-- name: DeleteDecisions :execrows
DELETE FROM decision_log WHERE day < @before;
