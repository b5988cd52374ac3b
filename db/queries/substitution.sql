-- name: ListAbsences :many
-- The caller's own absences and those in an area, ended ones too, the latest first.
SELECT id, person, area, valid_from, valid_until, last_until, entered_by, entered_at, ended_by
FROM absence
WHERE (person = @caller OR area && @within::text[])
    AND (sqlc.narg('person')::text IS NULL OR person = sqlc.narg('person'))
    AND (sqlc.narg('ags')::text IS NULL OR sqlc.narg('ags') = ANY (area))
    AND (entered_at, id) < (@before_at::timestamptz, @before_id::uuid)
ORDER BY entered_at DESC, id DESC
LIMIT @page_size;

-- name: GetAbsence :one
SELECT id, person, area, valid_from, valid_until, last_until, entered_by, entered_at, ended_by
FROM absence
WHERE id = @id AND (person = @caller OR area && @within::text[]);

-- name: AddAbsence :execrows
INSERT INTO absence (id, person, area, valid_from, valid_until, last_until, entered_by)
VALUES (@id, @person, @area, @valid_from, @valid_until, @valid_until, @entered_by)
ON CONFLICT DO NOTHING;

-- name: ChangeAbsence :execrows
UPDATE absence SET valid_from = @valid_from, valid_until = @valid_until, last_until = @valid_until
WHERE id = @id AND ended_by IS NULL AND valid_until > @at::timestamptz;

-- name: EndAbsence :execrows
UPDATE absence SET valid_until = greatest(valid_from, @at::timestamptz), ended_by = @ended_by
WHERE id = @id AND ended_by IS NULL AND valid_until > @at::timestamptz;

-- name: ListSubstitutions :many
-- The substitutions that concern the caller and those in an area, ended ones too, the latest first.
SELECT id, person, substitute, roles, area, valid_from, valid_until, last_until, entered_by, entered_at, ended_by
FROM substitution
WHERE (@caller::text IN (person, substitute) OR area && @within::text[])
    AND (sqlc.narg('person')::text IS NULL OR person = sqlc.narg('person'))
    AND (sqlc.narg('substitute')::text IS NULL OR substitute = sqlc.narg('substitute'))
    AND (sqlc.narg('ags')::text IS NULL OR sqlc.narg('ags') = ANY (area))
    AND (entered_at, id) < (@before_at::timestamptz, @before_id::uuid)
ORDER BY entered_at DESC, id DESC
LIMIT @page_size;

-- name: GetSubstitution :one
SELECT id, person, substitute, roles, area, valid_from, valid_until, last_until, entered_by, entered_at, ended_by
FROM substitution
WHERE id = @id AND (@caller::text IN (person, substitute) OR area && @within::text[]);

-- name: ListSubstitutionsAmong :many
-- The substitutions in a span and an area in which people substitute or are substituted.
SELECT id, person, substitute, roles, area
FROM substitution
WHERE (person = ANY (@people::text[]) OR substitute = ANY (@people::text[])) AND area && @area::text[]
    AND valid_from < @until::timestamptz AND valid_until > @since::timestamptz AND valid_from < valid_until
ORDER BY id;

-- name: HoldsApart :one
-- Whether a person has one of the roles by a substitution in a span and an area.
SELECT EXISTS (
    SELECT FROM substitution
    WHERE substitute = @subject AND roles && @apart::text[] AND area && @area::text[]
        AND valid_from < coalesce(sqlc.narg('until')::timestamptz, 'infinity') AND valid_until > @since::timestamptz AND valid_from < valid_until
);

-- name: AddSubstitution :execrows
INSERT INTO substitution (id, person, substitute, roles, area, valid_from, valid_until, last_until, entered_by)
VALUES (@id, @person, @substitute, @roles, @area, @valid_from, @valid_until, @valid_until, @entered_by)
ON CONFLICT DO NOTHING;

-- name: EndSubstitution :execrows
UPDATE substitution SET valid_until = greatest(valid_from, @at::timestamptz), ended_by = @ended_by
WHERE id = @id AND ended_by IS NULL AND valid_until > @at::timestamptz;
