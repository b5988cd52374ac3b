-- +goose Up
-- A data key wraps the documents of one compartment of a file; the master key wraps it. Where the words of a
-- compartment were destroyed because their time was over, the row stays without a key: no other one is made.
CREATE TABLE data_key (
    file_id     uuid NOT NULL,
    compartment text NOT NULL CHECK (compartment <> ''),
    ags         text NOT NULL REFERENCES municipality,
    wrapped     bytea,
    confided    boolean NOT NULL DEFAULT false, -- as is the file
    PRIMARY KEY (file_id, compartment)
);

-- Prose, sealed and immutable. It belongs to a file once a decision refers to it (file_document). Each
-- document has a secret of its own, and a key that takes it and the key of its compartment: without the
-- secret, which erasure destroys, the words stay sealed.
CREATE TABLE document (
    id          uuid PRIMARY KEY,
    file_id     uuid NOT NULL,
    ags         text NOT NULL REFERENCES municipality,
    action      text NOT NULL, -- of the command
    compartment text NOT NULL,
    author      text NOT NULL,
    created     timestamptz NOT NULL DEFAULT now(),
    digest      text NOT NULL,
    secret      bytea CHECK (length(secret) = 32),
    sealed      bytea NOT NULL,
    tokens      bigint[] NOT NULL, -- blind index of what may be searched
    confided    boolean NOT NULL DEFAULT false, -- as is the file
    UNIQUE (id, file_id, ags, action, compartment),
    FOREIGN KEY (file_id, compartment) REFERENCES data_key
);

CREATE INDEX ON document USING gin (tokens) WHERE tokens <> '{}';
CREATE INDEX ON document (file_id);

-- Which documents a decision refers to. number counts the versions of an action in a compartment.
CREATE TABLE file_document (
    document_id uuid PRIMARY KEY,
    file_id     uuid NOT NULL,
    version     integer NOT NULL,
    ags         text NOT NULL REFERENCES municipality,
    action      text NOT NULL,
    compartment text NOT NULL,
    number      integer NOT NULL CHECK (number > 0),
    confided    boolean NOT NULL DEFAULT false, -- as is the file
    UNIQUE (file_id, action, compartment, number),
    CONSTRAINT stored FOREIGN KEY (document_id, file_id, ags, action, compartment)
        REFERENCES document (id, file_id, ags, action, compartment),
    FOREIGN KEY (file_id, version) REFERENCES audit (file_id, version)
);

-- Those of the files of a kind in the transaction's municipalities of which a document in one of the
-- compartments holds all of the words. Row security would keep the words away from their index.
CREATE FUNCTION worded_files(of_kind text, of_tokens bigint[], of_compartments text[]) RETURNS SETOF uuid
STABLE LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    SELECT f.id
    FROM document d
    JOIN file_document fd ON fd.document_id = d.id
    JOIN file f ON f.id = fd.file_id
    WHERE d.tokens <> '{}' AND d.tokens @> of_tokens AND d.compartment = ANY (of_compartments) AND f.kind = of_kind AND f.places && koko_area()
$$;

-- Whatever breaks the chains of files: an entry that was changed or does not follow its prior, a file that is
-- not what its last entry says, a document that is not the one that an entry refers to.
CREATE VIEW broken_file AS
    SELECT 'audit' AS ledger, (a.file_id::text || '/' || a.version)::text AS entry
    FROM audit a
    LEFT JOIN audit p ON p.file_id = a.file_id AND p.version = a.version - 1 AND p.kind = a.kind
    WHERE a.hash <> audit_hash(a) OR a.prior_hash IS DISTINCT FROM p.hash
    UNION ALL
    SELECT 'file', coalesce(f.id, a.file_id)::text || '/' || coalesce(f.version, a.version)
    FROM file f
    FULL JOIN (
        SELECT DISTINCT ON (file_id) file_id, kind, version, ags, phase, places, ties, at, state FROM audit ORDER BY file_id, version DESC
    ) a ON a.file_id = f.id
    WHERE (f.kind, f.version, f.ags, f.phase, f.places, f.ties, f.changed) IS DISTINCT FROM (a.kind, a.version, a.ags, a.phase, a.places, a.ties, a.at)
        OR f.state IS DISTINCT FROM a.state::jsonb OR (f.state ->> 'id') IS DISTINCT FROM f.id::text
    UNION ALL
    SELECT 'document', coalesce(r.doc ->> 'id', '')
    FROM (SELECT file_id, version, json_array_elements(docs) AS doc FROM audit) r
    LEFT JOIN document d ON d.id::text = r.doc ->> 'id'
    LEFT JOIN file_document fd ON fd.document_id = d.id AND fd.file_id = r.file_id AND fd.version = r.version
    WHERE d.digest IS DISTINCT FROM r.doc ->> 'digest' OR fd.document_id IS NULL;
