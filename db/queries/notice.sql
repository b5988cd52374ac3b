-- name: AddNotifications :execrows
-- Expands whom a notice is for, and tells each of them once: people, those who are tied to files[i] by
-- relations[i], and those who hold one of the roles in the municipality now.
INSERT INTO notification (recipient, ags, kind, file_kind, file_id, version, at)
SELECT r.recipient, @ags, @kind, @file_kind, @file_id, @version, @at
FROM (
    SELECT unnest(@people::text[]) AS recipient
    UNION
    SELECT substr(t.tie, length(m.relation) + 2)
    FROM (SELECT unnest(@files::uuid[]) AS id, unnest(@relations::text[]) AS relation) m
    JOIN file f ON f.id = m.id
    CROSS JOIN LATERAL unnest(f.ties) t (tie)
    WHERE starts_with(t.tie, m.relation || ':')
    UNION
    SELECT holders(n.role, @ags) FROM (SELECT unnest(@roles::text[]) AS role) n
) r
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
