-- name: WriteInto :exec
-- The transaction writes the words of a file, whether its caller is tied to it or not.
SELECT set_config('koko.writing', @file::text, true);

-- name: GetDataKey :one
-- Without a key: it was destroyed, and no other one is made.
SELECT wrapped FROM data_key WHERE file_id = @file_id AND compartment = @compartment;

-- name: AddDataKey :exec
-- Of two rivals the first one's key stands: read it back.
INSERT INTO data_key (file_id, compartment, ags, wrapped, confided)
VALUES (@file_id, @compartment, @ags, @wrapped, @confided)
ON CONFLICT DO NOTHING;

-- name: AddDocument :execrows
-- A repeated command stores the same document again: the first one stands.
INSERT INTO document (id, file_id, ags, action, compartment, author, digest, secret, sealed, tokens, confided)
VALUES (@id, @file_id, @ags, @action, @compartment, @author, @digest, @secret, @sealed, @tokens, @confided)
ON CONFLICT DO NOTHING;

-- name: GetStoredDocument :one
-- What stands of a document that was stored before.
SELECT digest, secret, (sealed = '')::boolean AS erased FROM document WHERE id = @id AND file_id = @file_id;
