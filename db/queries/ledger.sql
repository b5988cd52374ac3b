-- name: LockLedger :exec
-- One at a time gives out numbers.
SELECT pg_advisory_xact_lock(hashtextextended('ledger', 0));

-- name: LedgerSize :one
SELECT coalesce(max(idx) + 1, 0)::bigint FROM ledger_leaf WHERE log = sqlc.arg(log);

-- name: ListPendingLeaves :many
SELECT tab, key, hash FROM ledger_pending WHERE log = sqlc.arg(log) ORDER BY id LIMIT sqlc.arg(at_most);

-- name: AddLeaves :exec
INSERT INTO ledger_leaf (log, idx, tab, key, leaf)
SELECT sqlc.arg(log), unnest(sqlc.arg(indexes)::bigint[]), unnest(sqlc.arg(tabs)::text[]), unnest(sqlc.arg(keys)::text[]), unnest(sqlc.arg(leaves)::bytea[]);

-- name: AddNodes :exec
INSERT INTO ledger_node (log, level, idx, hash)
SELECT sqlc.arg(log), unnest(sqlc.arg(levels)::smallint[]), unnest(sqlc.arg(indexes)::bigint[]), unnest(sqlc.arg(hashes)::bytea[]);

-- name: ForgetPending :execrows
DELETE FROM ledger_pending WHERE (tab, key) IN (SELECT unnest(sqlc.arg(tabs)::text[]), unnest(sqlc.arg(keys)::text[]));

-- name: ListNodes :many
-- In no order; a node that is not there is left out.
SELECT n.level, n.idx, n.hash FROM ledger_node n
WHERE n.log = sqlc.arg(log) AND (n.level, n.idx) IN (SELECT unnest(sqlc.arg(levels)::smallint[]), unnest(sqlc.arg(indexes)::bigint[]))
UNION ALL
SELECT 0::smallint, l.idx, l.leaf FROM ledger_leaf l WHERE l.log = sqlc.arg(log) AND l.idx = ANY (sqlc.arg(leaves)::bigint[]);

-- name: ListLeaves :many
-- Where rows stand in the main log; those that wait are left out.
SELECT key, idx, leaf FROM ledger_leaf WHERE log = 'main' AND tab = sqlc.arg(tab) AND key = ANY (sqlc.arg(keys)::text[]);

-- name: AddCheckpoint :one
INSERT INTO ledger_checkpoint (origin, size, root, at, signed) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: LastCheckpoint :one
-- With the lines of those who cosigned it.
SELECT c.id, c.origin, c.size, c.root, c.at, c.signed,
    ARRAY(SELECT s.line FROM ledger_cosignature s WHERE s.checkpoint_id = c.id ORDER BY s.witness)::bytea[] AS lines
FROM ledger_checkpoint c ORDER BY c.id DESC LIMIT 1;

-- name: AddCosignature :execrows
INSERT INTO ledger_cosignature (checkpoint_id, witness, line) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: NoteCheck :exec
INSERT INTO ledger_check (source, size, findings) VALUES ($1, $2, $3);

-- name: LedgerStatus :one
-- Of the main log alone: how long the inner one is tells how much is done in confidence.
SELECT (SELECT coalesce(max(idx) + 1, 0) FROM ledger_leaf WHERE log = 'main')::bigint AS size,
    (SELECT count(*) FROM ledger_pending WHERE log = 'main')::bigint AS waiting,
    (SELECT count(*) FROM ledger_check WHERE source = 'signing'
        AND at > (SELECT coalesce(max(c.at), '-infinity') FROM ledger_checkpoint c))::bigint AS refused;

-- name: LastChecks :many
-- The last whole check, and the last one that found nothing.
SELECT at, size, findings FROM ledger_check
WHERE id IN ((SELECT max(id) FROM ledger_check WHERE source = 'check'), (SELECT max(id) FROM ledger_check WHERE source = 'check' AND findings = 0))
ORDER BY id DESC;

-- name: ListCosignatures :many
SELECT witness, at FROM ledger_cosignature WHERE checkpoint_id = $1 ORDER BY witness;

-- name: LastInnerRoot :one
-- What the inner log was when it was last committed to.
SELECT day, size, root FROM inner_root ORDER BY day DESC LIMIT 1;

-- name: AddInnerRoot :exec
-- The triggers make the commitment, and put it into the main log.
INSERT INTO inner_root (day, size, root, secret, hash) VALUES (@day, @size, @root, @secret, '');

-- name: ListInnerLeaves :many
-- Where rows of a confided file stand in the inner log, for those who are tied to it.
SELECT key::text AS key, idx::bigint AS idx FROM inner_leaves(@file::uuid, @tab::text, @keys::text[]);

-- name: ListInnerNodes :many
SELECT level::smallint AS level, idx::bigint AS idx, hash::bytea AS hash
FROM inner_nodes(@file::uuid, @levels::smallint[], @indexes::bigint[], @leaves::bigint[]);

-- name: OpenInnerRoot :one
-- The last root of the inner log that is in the main log of a size, and where.
SELECT day::text AS day, size::bigint AS size, root::bytea AS root, secret::bytea AS secret, idx::bigint AS idx
FROM inner_opening(@file::uuid, @main_size::bigint);
