-- name: AppendAccess :exec
-- The trigger chains the entry, in the municipality of its file or, if that is confided, in a chain of the file's.
INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, file_id, version, subject_id, digest, veil, hash)
VALUES (@ags, 1, @id, @kind, @actor, @action, @rule, @reason, @file_id, @version, @subject_id, @digest, @veil, '')
ON CONFLICT DO NOTHING;

-- name: ListNoted :many
-- What was recorded under one of some ids.
SELECT subject_id FROM access_log WHERE id = ANY (@ids::text[]);

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
-- Who read a file until a time, as far as it was recorded. Ways to read that are confidential to the caller
-- stand under a neutral name: @lifted are the acts that the caller may do.
SELECT actor, (CASE WHEN veiled(veil, @lifted::text[]) THEN 'in_bearbeitung' ELSE action END)::text AS act,
    count(*)::integer AS reads, min(at)::timestamptz AS first, max(at)::timestamptz AS last
FROM access_log
WHERE file_id = @file_id AND kind = 'read' AND at <= @until
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: ListCuttable :many
-- The last entry of each chain before the first one that is to be kept.
SELECT DISTINCT ON (l.chain) l.chain, l.ags, l.file_id, l.confided, l.seq, l.hash
FROM access_log l
WHERE l.at < @before AND NOT EXISTS (SELECT FROM access_log k WHERE k.chain = l.chain AND k.seq < l.seq AND k.at >= @before)
ORDER BY l.chain, l.seq DESC;

-- name: AddCut :exec
INSERT INTO access_log_cut (chain, up_to_seq, up_to_hash, by, reason) VALUES (@chain, @up_to_seq, @up_to_hash, @by, @reason);

-- name: AppendCut :exec
-- The entry that tells of a cut stands in the chain that was cut.
INSERT INTO access_log (ags, seq, id, kind, actor, action, rule, reason, file_id, subject_id, digest, confided, hash)
VALUES (@ags, 1, @id, 'cut', @actor, 'cut_access_log', '', @reason, @file_id, @subject_id, @digest, @confided, '');

-- name: DeleteCut :execrows
-- The trigger lets go of what lies before a cut alone.
DELETE FROM access_log WHERE chain = @chain AND seq <= @up_to_seq;
