-- name: FindSession :one
-- The data of a session that has not expired. To be found is activity and moves the expiry on,
-- but rarely, so that a reader seldom writes; and it cannot bring back what a logout deletes.
WITH moved AS (
    UPDATE sessions AS m SET expiry = now() + make_interval(secs => sqlc.arg('idle_seconds')::float8)
    WHERE m.token = @token AND m.expiry > now() AND m.expiry < now() + make_interval(secs => 0.9 * sqlc.arg('idle_seconds')::float8)
)
SELECT s.data FROM sessions AS s WHERE s.token = @token AND s.expiry > now();

-- name: SaveSession :exec
INSERT INTO sessions (token, data, expiry) VALUES (@token, @data, @expiry)
ON CONFLICT (token) DO UPDATE SET data = excluded.data, expiry = excluded.expiry;

-- name: DeleteSession :exec
DELETE FROM sessions WHERE token = @token;

-- name: DeleteExpiredSessions :execrows
DELETE FROM sessions WHERE expiry <= now();
