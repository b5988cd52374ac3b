-- name: ListCurricula :many
-- Every version of every curriculum, the latest of each first.
SELECT id, version, content, published, published_by FROM curriculum ORDER BY id, version DESC;

-- name: GetCurriculum :one
SELECT content, published, published_by FROM curriculum WHERE id = @id AND version = @version;

-- name: GetLatestCurriculum :one
SELECT content, published, published_by FROM curriculum WHERE id = @id ORDER BY version DESC LIMIT 1;

-- name: AddCurriculum :execrows
-- Adds nothing if the version stands or would leave a gap.
INSERT INTO curriculum (id, version, content, published_by)
SELECT @id, @version, @content, @published_by
WHERE @version = (SELECT coalesce(max(c.version), 0) + 1 FROM curriculum c WHERE c.id = @id)
ON CONFLICT DO NOTHING;
