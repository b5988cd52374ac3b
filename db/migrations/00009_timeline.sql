-- +goose Up
-- What happened to a file is read page by page, in the order of time.
CREATE INDEX ON audit (file_id, at, version);
CREATE INDEX ON access_log (file_id, at, seq) WHERE file_id IS NOT NULL;
CREATE INDEX ON access_log (ags, at, seq) WHERE kind = 'grant';
CREATE INDEX ON notification (file_id, at, version);

-- That people were told something belongs to the history of the file. Whom is for the API to keep to
-- itself; what somebody was told elsewhere stays out of sight.
CREATE POLICY file ON notification FOR SELECT TO koko_api
    USING (ags = ANY ((SELECT koko_area())::text[]) OR (file_kind <> 'case' AND training_visible(file_id)));
