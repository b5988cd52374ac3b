-- name: ListGrantsOf :many
-- What a person may do now, of their own and in place of somebody else.
SELECT id, role, area, valid_from, valid_until, instead_of
FROM held_grant
WHERE subject = @subject AND valid_from <= @at AND (valid_until IS NULL OR valid_until > @at)
ORDER BY valid_from, id;

-- name: ListGrants :many
-- The grants, also ended ones, that reach into an administrator's area.
SELECT id, subject, role, area, valid_from, valid_until, given_by, given_at, ended_by
FROM role_grant
WHERE area && @within::text[]
    AND (sqlc.narg('subject')::text IS NULL OR subject = sqlc.narg('subject'))
    AND (sqlc.narg('role')::text IS NULL OR role = sqlc.narg('role'))
    AND (sqlc.narg('ags')::text IS NULL OR sqlc.narg('ags') = ANY (area) AND sqlc.narg('ags') = ANY (@within::text[]))
    AND (given_at, id) < (@before_at::timestamptz, @before_id::uuid)
ORDER BY given_at DESC, id DESC
LIMIT @page_size;

-- name: GetGrant :one
SELECT id, subject, role, area, valid_from, valid_until, given_by, given_at, ended_by
FROM role_grant
WHERE id = @id AND area && @within::text[];

-- name: AddGrant :execrows
INSERT INTO role_grant (id, subject, role, area, valid_from, valid_until, given_by)
VALUES (@id, @subject, @role, @area, @valid_from, @valid_until, @given_by)
ON CONFLICT DO NOTHING;

-- name: EndGrant :one
-- Ends what of a grant lies in the caller's area: see the function.
SELECT ended::boolean AS ended, coalesce(rest_id::text, '')::text AS rest_id, rest::text[] AS rest FROM end_grant(@id::uuid, @at::timestamptz);

-- name: HasRoleIn :one
-- Whether a person holds one of the roles in a municipality now, of their own.
SELECT EXISTS (
    SELECT FROM role_grant
    WHERE subject = @subject AND role = ANY (@roles::text[]) AND @ags::text = ANY (area)
        AND valid_from <= @at AND (valid_until IS NULL OR valid_until > @at)
);

-- name: ListGrantsAt :many
-- What a person held at a time, as far as it was given by then.
SELECT id, subject, role, area, valid_from, valid_until, given_by, instead_of
FROM held_grant
WHERE subject = @subject AND valid_from <= @at AND (valid_until IS NULL OR valid_until > @at) AND given_at <= @known
ORDER BY valid_from, id;

-- name: ListGrantsIn :many
-- What anybody held in a municipality at a time, as far as it was given by then; of the roles in @reaching
-- also where else: it says whether ties through files elsewhere were theirs.
SELECT id, subject, role, (CASE WHEN role = ANY (@reaching::text[]) THEN area ELSE ARRAY[@ags::text] END)::text[] AS area,
    cardinality(area)::integer AS size, valid_from, valid_until, given_by, instead_of
FROM held_grant
WHERE area @> ARRAY[@ags::text] AND valid_from <= @at AND (valid_until IS NULL OR valid_until > @at) AND given_at <= @known
ORDER BY subject, valid_from, id;

-- name: ListHeldRoles :many
-- Which roles people held for a municipality, and when: not before they were given, whatever a grant says later.
SELECT subject, role, greatest(valid_from, given_at)::timestamptz AS held_from, valid_until
FROM held_grant
WHERE subject = ANY (@subjects::text[]) AND @ags::text = ANY (area)
ORDER BY subject, role, held_from;

-- name: ListOwnGrants :many
-- What people hold of their own at any time in a span, where it touches an area.
SELECT subject, role, area, valid_from, valid_until
FROM role_grant
WHERE subject = ANY (@subjects::text[]) AND area && @area::text[]
    AND valid_from < @until::timestamptz AND (valid_until IS NULL OR valid_until > @since::timestamptz)
ORDER BY subject, valid_from, id;

-- name: LockRights :exec
-- Whoever changes what people may do waits for those who change it for the same people: two rights that nobody has
-- together are not given at the same time.
SELECT pg_advisory_xact_lock(hashtextextended('rights/' || p, 0)) FROM (SELECT p FROM unnest(@people::text[]) p ORDER BY p) people;

-- name: ListGrantProposals :many
-- What was proposed wholly in an administrator's area, and what became of it; the open ones of those that have not lapsed.
SELECT *
FROM grant_proposal
WHERE area <@ @within::text[]
    AND (sqlc.narg('status')::text IS NULL
        OR sqlc.narg('status') = CASE WHEN status = 'open' AND lapses_at <= @at THEN 'lapsed' ELSE status END)
    AND (proposed_at, id) < (@before_at::timestamptz, @before_id::uuid)
ORDER BY proposed_at DESC, id DESC
LIMIT @page_size;

-- name: GetGrantProposal :one
SELECT * FROM grant_proposal WHERE id = @id AND area <@ @within::text[];

-- name: AddGrantProposal :execrows
INSERT INTO grant_proposal (id, subject, role, area, valid_from, valid_until, proposed_by, proposed_at, lapses_at)
VALUES (@id, @subject, @role, @area, @valid_from, @valid_until, @proposed_by, @proposed_at, @lapses_at)
ON CONFLICT DO NOTHING;

-- name: DecideGrantProposal :execrows
UPDATE grant_proposal SET status = @status, decided_by = @decided_by, decided_at = @at::timestamptz
WHERE id = @id AND status = 'open' AND lapses_at > @at::timestamptz;
