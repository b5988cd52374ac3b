-- name: AppendAccess :exec
-- The trigger chains the entry, in the municipality of its file.
INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, file_id, version, subject_id, digest, hash)
VALUES (@ags, 1, @id, @kind, @actor, @action, @rule, @reason, @file_id, @version, @subject_id, @digest, '')
ON CONFLICT DO NOTHING;

-- name: ListHistory :many
-- What was decided on a case, refused and read, the latest first; and what of it is confidential to the caller,
-- by the same rule as in the timeline.
SELECT h.at, h.entry, h.kind, h.actor, h.action, h.rule, h.reason, h.version, h.subject_id, h.digest, h.prior_hash, h.hash, h.confidential
FROM (
    SELECT a.file_id, a.at, ('v' || lpad(a.version::text, 12, '0'))::text AS entry, 'decision' AS kind, a.actor, a.action, '' AS rule, '' AS reason,
        a.version, '' AS subject_id, a.digest, coalesce(a.prior_hash, '') AS prior_hash, a.hash,
        coalesce(a.action = ANY (@confidential::text[]) OR cardinality(@confidential::text[]) > 0
            AND a.action IN ('add_note', 'attach_document') AND a.docs @> '[{"compartment": "mediation"}]', false)::boolean AS confidential
    FROM audit a
    WHERE a.file_id = @file_id
    UNION ALL
    SELECT l.file_id, l.at, 's' || lpad(l.seq::text, 12, '0'), l.kind, l.actor, l.action, l.rule, l.reason,
        coalesce(l.version, 0), l.subject_id, l.digest, coalesce(l.prior_hash, ''), l.hash,
        coalesce(l.action = ANY (@confidential::text[] || @confidential_reads::text[]), false) AND NOT (l.kind = 'refusal' AND coalesce(l.rule = ANY (@open::text[]), false))
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

-- name: AppendAccessIn :exec
-- The same entry in the chain of each of several municipalities.
INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, file_id, version, subject_id, digest, hash)
SELECT k, 1, @id::text || '/' || k, @kind, @actor, @action, '', @reason, NULL, NULL, @subject_id, '', ''
FROM unnest(@municipalities::text[]) k
ORDER BY k -- two that append at once wait for each other in one order
ON CONFLICT DO NOTHING;

-- name: ListReaders :many
-- Who read a file until a time, as far as it was recorded.
SELECT actor, (CASE WHEN action = ANY (@closed::text[]) THEN @label::text ELSE action END)::text AS act,
    count(*)::integer AS reads, min(at)::timestamptz AS first, max(at)::timestamptz AS last
FROM access_log
WHERE file_id = @file_id AND kind = 'read' AND at <= @until
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: ListAccess :many
-- The access log of some municipalities, the latest first. A null does not narrow. What was done with a
-- mediation stands under a neutral label, also for the filter.
SELECT ags, seq, at, (CASE WHEN kind = 'erasure' AND action = ANY (@closed::text[]) THEN 'read' ELSE kind END)::text AS kind, actor,
    (CASE WHEN action = ANY (@closed::text[]) THEN @label::text ELSE action END)::text AS act,
    rule, reason, file_id, version, subject_id
FROM access_log
WHERE ags = ANY (@area::text[])
    AND (sqlc.narg('person')::text IS NULL OR actor = sqlc.narg('person'))
    AND (sqlc.narg('file_id')::uuid IS NULL OR file_id = sqlc.narg('file_id'))
    AND (sqlc.narg('kind')::text IS NULL
        OR sqlc.narg('kind') = CASE WHEN kind = 'erasure' AND action = ANY (@closed::text[]) THEN 'read' ELSE kind END)
    AND (sqlc.narg('action')::text IS NULL OR sqlc.narg('action') = CASE WHEN action = ANY (@closed::text[]) THEN @label::text ELSE action END)
    AND (sqlc.narg('reason')::text IS NULL OR reason = sqlc.narg('reason'))
    AND at >= @since AND at < @until
    AND (at, ags, seq) < (@before_at::timestamptz, @before_ags::text, @before_seq::bigint)
ORDER BY at DESC, ags DESC, seq DESC
LIMIT @page_size;

-- name: ReportPeople :many
-- What each person did in a period, by the access log of some municipalities.
SELECT actor, array_agg(DISTINCT ags)::text[] AS municipalities, count(DISTINCT file_id)::integer AS files,
    (count(*) FILTER (WHERE kind = 'read'))::integer AS reads, (count(*) FILTER (WHERE kind = 'read' AND reason <> ''))::integer AS reasons,
    (count(*) FILTER (WHERE kind = 'refusal'))::integer AS refusals, (count(*) FILTER (WHERE kind = 'grant'))::integer AS grants,
    max(at)::timestamptz AS last
FROM access_log
WHERE ags = ANY (@area::text[]) AND at >= @since AND at < @until AND actor > @after
    AND (sqlc.narg('kind')::text IS NULL OR kind = sqlc.narg('kind'))
GROUP BY actor
ORDER BY actor
LIMIT @page_size;

-- name: ReportFiles :many
-- What was done to each file in a period, by the access log of some municipalities.
SELECT file_id::uuid AS file_id, array_agg(DISTINCT ags)::text[] AS municipalities, count(DISTINCT actor)::integer AS people,
    (count(*) FILTER (WHERE kind = 'read'))::integer AS reads, (count(*) FILTER (WHERE kind = 'read' AND reason <> ''))::integer AS reasons,
    (count(*) FILTER (WHERE kind = 'refusal'))::integer AS refusals, max(at)::timestamptz AS last
FROM access_log
WHERE ags = ANY (@area::text[]) AND at >= @since AND at < @until AND file_id > @after::uuid
    AND (sqlc.narg('kind')::text IS NULL OR kind = sqlc.narg('kind'))
GROUP BY file_id
ORDER BY file_id
LIMIT @page_size;

-- name: ListCuttable :many
-- The last entry of each municipality's chain before the first one that is to be kept.
SELECT DISTINCT ON (l.ags) l.ags, l.seq, l.hash
FROM access_log l
WHERE l.at < @before AND NOT EXISTS (SELECT FROM access_log k WHERE k.ags = l.ags AND k.seq < l.seq AND k.at >= @before)
ORDER BY l.ags, l.seq DESC;

-- name: AddCut :exec
INSERT INTO access_log_cut (ags, up_to_seq, up_to_hash, by, reason) VALUES (@ags, @up_to_seq, @up_to_hash, @by, @reason);

-- name: DeleteCut :execrows
-- The trigger lets go of what lies before a cut alone.
DELETE FROM access_log WHERE ags = @ags AND seq <= @up_to_seq;
