-- name: ListRecipients :many
-- Whom a notice is for: see the function.
SELECT recipient::text AS recipient, role::text AS role
FROM recipients(@people::text[], @files::uuid[], @relations::text[], @roles::text[], @file_id::uuid, @ags::text)
ORDER BY 1, 2;

-- name: ListStandIns :many
SELECT person::text AS person, substitute::text AS substitute, roles::text[] AS roles, held::text[] AS held, away::boolean AS away
FROM stand_ins(@people::text[], @ags::text)
ORDER BY 1, 2;

-- name: AddNotifications :execrows
-- Tells each of the people once.
INSERT INTO notification (recipient, ags, kind, file_kind, file_id, version, at)
SELECT DISTINCT r.recipient, @ags, @kind, @file_kind, @file_id::uuid, @version::integer, @at::timestamptz
FROM (SELECT unnest(@people::text[]) AS recipient) r
WHERE r.recipient NOT IN ('', 'system')
ON CONFLICT DO NOTHING;

-- name: ListNotifications :many
-- What the caller was told, the latest first.
SELECT id, ags, kind, file_kind, file_id, version, at, read_at
FROM notification
WHERE recipient = @recipient
    AND (NOT @unread::boolean OR read_at IS NULL)
    AND (at, id) < (@before_at::timestamptz, @before_id::uuid)
ORDER BY at DESC, id DESC
LIMIT @page_size;

-- name: MarkRead :execrows
UPDATE notification SET read_at = @read_at::timestamptz
WHERE recipient = @recipient AND id = ANY (@ids::uuid[]) AND read_at IS NULL;

-- name: HasNotification :one
SELECT EXISTS (SELECT FROM notification WHERE recipient = @recipient AND id = @id)::boolean;

-- name: MarkAllRead :execrows
-- Marks what the caller was told until then.
UPDATE notification SET read_at = @read_at::timestamptz
WHERE recipient = @recipient AND at <= @until::timestamptz AND read_at IS NULL;

-- name: CountUnread :one
SELECT count(*)::integer FROM notification WHERE recipient = @recipient AND read_at IS NULL;

-- name: NotifyReading :exec
SELECT notify_reading(@file_id::uuid, @kind::text, @roles::text[], @at::timestamptz);
