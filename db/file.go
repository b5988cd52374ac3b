package db

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"koko/domain/file"
)

// GetFile returns the state of a file; pgx.ErrNoRows if the caller's scope does not cover it: then it
// does not exist.
func (q *Queries) GetFile(ctx context.Context, s file.Scope, k file.Kind, id string) (state json.RawMessage, err error) {
	w := &where{}
	w.add("f.id = %s::uuid AND f.kind = %s", id, k)
	w.conditions = append(w.conditions, w.covers("f", s))
	err = q.db.QueryRow(ctx, "SELECT f.state FROM file f WHERE "+w.sql(), w.args...).Scan(&state)
	return state, err
}

// SaveFileParamsOf is what the record keeps of a file with that row and state.
func SaveFileParamsOf(r file.Row, state json.RawMessage) SaveFileParams {
	return SaveFileParams{
		ID: r.ID, Kind: r.Kind, AGS: r.AGS, Places: r.Places, Reference: r.Reference, Phase: r.Phase, Over: r.Over, Ties: r.Ties,
		Facets: r.Facets, Once: r.Once, DueAt: r.Due, Opened: r.Opened, Changed: r.Changed, Version: int32(r.Version), State: state,
		Confided: r.Confided,
	}
}

// CountFilesAt counts the files of a kind that a scope covered at a time.
func (q *Queries) CountFilesAt(ctx context.Context, s file.Scope, k file.Kind, at time.Time) (n int, err error) {
	w := &where{}
	w.add("f.kind = %s", k)
	past := w.arg(at)
	w.conditions = append(w.conditions, w.covers("past", s))
	err = q.db.QueryRow(ctx, fmt.Sprintf(`SELECT count(*) FROM file f CROSS JOIN LATERAL (
			SELECT a.ags, a.places, a.ties FROM audit a
			WHERE a.file_id = f.id AND a.kind = f.kind AND a.at <= %s::timestamptz ORDER BY a.version DESC LIMIT 1
		) past WHERE %s`, past, w.sql()), w.args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count files of kind %s at a time: %w", k, err)
	}
	return n, nil
}

// DocumentFilter says which documents of a file are asked for.
type DocumentFilter struct {
	Kind         file.Kind
	FileID       string
	Compartments []file.Compartment // no other ones
	Document     string             // empty: all
	Action       string             // the command that they belong to; empty: all

	AfterVersion int    // the last one of the page before
	AfterID      string // empty: the first page
}

// A FileDocumentRow is a document that a decision refers to.
type FileDocumentRow struct {
	DocumentID   string
	Action       string
	Compartment  file.Compartment
	Number       int32
	Version      int32
	Author       string
	Created      time.Time
	Digest       string
	Sealed       []byte
	Secret       []byte
	Wrapped      []byte // the key of the compartment; nil: it is lost
	Decided      bool   // whether the decision names it with this digest, command and compartment
	ErasedReason string
	ErasedAt     *time.Time // nil: it was not
}

const noID = "00000000-0000-0000-0000-000000000000"

// ListDocuments returns the next size documents that decisions on a file in scope refer to.
func (q *Queries) ListDocuments(ctx context.Context, s file.Scope, f DocumentFilter, size int) ([]FileDocumentRow, error) {
	if f.AfterID == "" {
		f.AfterID = noID
	}
	w := &where{}
	w.add("fd.file_id = %s::uuid AND fd.compartment = ANY (%s::text[])", f.FileID, words(f.Compartments))
	w.add("(fd.version, fd.document_id) > (%s::integer, %s::uuid)", f.AfterVersion, f.AfterID)
	if f.Document != "" {
		w.add("fd.document_id = %s::uuid", f.Document)
	}
	if f.Action != "" {
		w.add("fd.action = %s::text", f.Action)
	}
	w.conditions = append(w.conditions, w.sees(s, f.Kind, f.FileID))
	rows, err := q.db.Query(ctx, fmt.Sprintf(`SELECT fd.document_id, fd.action, fd.compartment, fd.number, fd.version,
			d.author, d.created, d.digest, d.sealed, d.secret, k.wrapped,
			EXISTS (SELECT FROM audit a, jsonb_array_elements(json_list(a.docs::jsonb)) o WHERE a.file_id = fd.file_id AND a.version = fd.version
				AND o ->> 'id' = d.id::text AND o ->> 'digest' = d.digest AND o ->> 'action' = fd.action AND o ->> 'compartment' = fd.compartment),
			coalesce(x.reason, ''), x.approved_at
		FROM file_document fd
		JOIN document d ON d.id = fd.document_id
		LEFT JOIN erasure x ON x.document_id = d.id
		LEFT JOIN data_key k ON k.file_id = fd.file_id AND k.compartment = fd.compartment
		WHERE %s ORDER BY fd.version, fd.document_id LIMIT %s`, w.sql(), w.arg(size)), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list documents of %s %s: %w", f.Kind, f.FileID, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[FileDocumentRow])
}

// A SealedText is a document of a file with what opens it.
type SealedText struct {
	FileID     string
	DocumentID string
	Sealed     []byte
	Secret     []byte
	Wrapped    []byte // the key of the compartment; nil: it is lost
}

const sealedTexts = `SELECT fd.file_id, fd.document_id, d.sealed, d.secret, k.wrapped
	FROM file_document fd
	JOIN document d ON d.id = fd.document_id
	LEFT JOIN data_key k ON k.file_id = fd.file_id AND k.compartment = fd.compartment
	JOIN file f ON f.id = fd.file_id
	WHERE `

func (q *Queries) sealedTexts(ctx context.Context, w *where, order string) ([]SealedText, error) {
	rows, err := q.db.Query(ctx, sealedTexts+w.sql()+" ORDER BY "+order, w.args...)
	if err != nil {
		return nil, fmt.Errorf("list sealed texts: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SealedText])
}

// ListTitles returns the documents in which the titles of the given files of a kind stand; s is the scope
// within which the caller may read titles.
func (q *Queries) ListTitles(ctx context.Context, s file.Scope, k file.Kind, ids []string, t file.Title) ([]SealedText, error) {
	w := &where{}
	if len(ids) == 1 { // with a list, PostgreSQL would plan this anew each time
		w.add("fd.file_id = %s::uuid", ids[0])
	} else {
		w.add("fd.file_id = ANY (%s::uuid[])", ids)
	}
	w.add("f.kind = %s AND fd.action = %s AND fd.compartment = %s AND fd.number = 1", k, string(t.Action), string(t.Compartment))
	w.conditions = append(w.conditions, w.covers("f", s))
	return q.sealedTexts(ctx, w, "fd.file_id")
}

// A FileState is the state of a file.
type FileState struct {
	ID    string
	State json.RawMessage
}

// ListStates returns the states of those of some files of a kind that a scope covers.
func (q *Queries) ListStates(ctx context.Context, s file.Scope, k file.Kind, ids []string) ([]FileState, error) {
	w := &where{}
	w.add("f.kind = %s AND f.id = ANY (%s::uuid[])", k, ids)
	w.conditions = append(w.conditions, w.covers("f", s))
	rows, err := q.db.Query(ctx, "SELECT f.id::text, f.state FROM file f WHERE "+w.sql(), w.args...)
	if err != nil {
		return nil, fmt.Errorf("list states of kind %s: %w", k, err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[FileState])
}
