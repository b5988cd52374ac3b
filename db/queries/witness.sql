-- name: LockWitness :exec
-- One at a time is answered about a log.
SELECT pg_advisory_xact_lock(hashtextextended('witness/' || sqlc.arg(origin)::text, 0));

-- name: LastSeen :one
SELECT * FROM witness_seen WHERE origin = $1 ORDER BY size DESC, id DESC LIMIT 1;

-- name: SeenOfSize :one
SELECT * FROM witness_seen WHERE origin = $1 AND size = $2 ORDER BY id LIMIT 1;

-- name: AddSeen :exec
INSERT INTO witness_seen (origin, size, root, stamped, signed, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING;

-- name: AddConflict :exec
-- A hundred show as much as a thousand.
INSERT INTO witness_conflict (origin, kind, seen_id, size, root, signed, at)
SELECT $1, $2, $3, $4, $5, $6, $7
WHERE (SELECT count(*) FROM witness_conflict c WHERE c.origin = $1) < 100
ON CONFLICT DO NOTHING;

-- name: ListConflicts :many
-- With what was seen before, the latest first. It is settled if what did not seem to fit was cosigned after all.
SELECT c.kind, c.at, c.size, c.signed, s.size AS seen_size, s.signed AS seen_signed, s.at AS seen_at,
    (c.kind = 'inconsistent' AND EXISTS (
        SELECT FROM witness_seen o WHERE o.origin = c.origin AND o.size = c.size AND o.root = c.root))::boolean AS settled
FROM witness_conflict c JOIN witness_seen s ON s.id = c.seen_id
WHERE c.origin = $1 ORDER BY c.id DESC;

-- name: LastCosigned :one
-- What a witness cosigned last of our own log.
SELECT c.id, c.size, s.at FROM ledger_cosignature s JOIN ledger_checkpoint c ON c.id = s.checkpoint_id
WHERE s.witness = $1 ORDER BY c.id DESC LIMIT 1;

-- name: AddAnswer :exec
-- Unless the witness answered the same the time before.
INSERT INTO witness_answer (witness, outcome, size, at)
SELECT sqlc.arg(witness), sqlc.arg(outcome), sqlc.arg(size), sqlc.arg(at)
WHERE sqlc.arg(outcome)::text IS DISTINCT FROM (SELECT a.outcome FROM witness_answer a WHERE a.witness = sqlc.arg(witness) ORDER BY a.id DESC LIMIT 1);

-- name: LastAnswer :one
SELECT outcome, size, at FROM witness_answer WHERE witness = $1 ORDER BY id DESC LIMIT 1;

-- name: ListCosignatureAges :many
SELECT witness, extract(epoch FROM clock_timestamp() - max(at))::float8 AS seconds FROM ledger_cosignature GROUP BY witness;
