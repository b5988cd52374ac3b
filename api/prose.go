package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/vault"
)

// documentsOf describes the documents that words become, one for each compartment, without having stored
// them: a JSON object of the words by field.
func (f *files) documentsOf(words file.Prose, a file.Action, commandID string) []file.Doc {
	var docs []file.Doc
	for _, c := range f.kind.Compartments {
		if len(words[c.Name]) == 0 {
			continue
		}
		docs = append(docs, file.Doc{
			ID: documentID(commandID, c.Name), Kind: string(a), Compartment: c.Name, Digest: strings.Repeat("0", 64), Fields: fieldsOf(words[c.Name]),
		})
	}
	return docs
}

func fieldsOf(texts map[string]string) []string {
	var fields []string
	for f := range texts {
		fields = append(fields, f)
	}
	slices.Sort(fields)
	return fields
}

// names is the space in which ids are derived: a repeated request has the same ids.
var names = uuid.MustParse("6f1c5a52-6f64-5d0e-9d0c-0d7b7c3c9a11")

// commandID is a caller's Idempotency-Key as an id that means nothing to anybody else.
func commandID(caller, key string) string {
	return uuid.NewSHA1(names, []byte("command\x00"+caller+"\x00"+key)).String()
}

func fileIDOf(k file.Kind, commandID string) string {
	return uuid.NewSHA1(names, []byte(string(k)+"\x00"+commandID)).String()
}

func documentID(commandID string, c file.Compartment) string {
	return uuid.NewSHA1(names, []byte("document\x00"+commandID+"\x00"+string(c))).String()
}

// A place is where documents are stored: which file, of which municipality.
type place struct {
	kind   file.Kind
	fileID string
	ags    ags.Key
}

func (f *files) placeOf(fileID string, k ags.Key) place { return place{f.kind.Kind, fileID, k} }

// keyContext binds a data key to the compartment of the file that it was made for.
func (at place) keyContext(c file.Compartment) string {
	return string(at.kind) + "/" + at.fileID + "/" + string(c)
}

// store seals words and completes the documents that a command refers to. Stored again, it is the same.
func (f *files) store(ctx context.Context, caller Principal, at place, docs []file.Doc, words file.Prose) error {
	if len(docs) == 0 {
		return nil
	}
	return db.Within(ctx, f.pool, caller.Subject, ags.Area{at.ags}, func(q *db.Queries) error {
		for i := range docs {
			if err := f.storeOne(ctx, q, caller, at, &docs[i], words[docs[i].Compartment]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *files) storeOne(ctx context.Context, q *db.Queries, caller Principal, at place, d *file.Doc, texts map[string]string) error {
	key, err := f.dataKey(ctx, q, at, d.Compartment)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(texts)
	if err != nil {
		return err
	}
	secret, binding := vault.NewSecret(), vault.Binding(d.ID, 1)
	own, err := key.Document(secret)
	if err != nil {
		return err
	}
	sealed, err := own.Seal(plain, binding)
	if err != nil {
		return fmt.Errorf("seal document %s: %w", d.ID, err)
	}
	d.Digest = own.Digest(plain, binding)
	stored, err := q.AddDocument(ctx, db.AddDocumentParams{
		ID: d.ID, FileID: at.fileID, AGS: at.ags, Kind: d.Kind, Compartment: d.Compartment, Author: caller.Subject,
		Digest: d.Digest, Secret: secret, Sealed: sealed, Tokens: f.tokens(*d, texts),
	})
	if err != nil {
		return fmt.Errorf("store document %s: %w", d.ID, err)
	}
	if stored == 0 {
		d.Digest, err = storedBefore(ctx, q, at, d.ID, key, plain)
	}
	return err
}

// storedBefore returns the digest of a document that stands already, if plain is what it says. Of one
// that was erased since nobody can tell: it was stored once, and stays erased.
func storedBefore(ctx context.Context, q *db.Queries, at place, id string, key *vault.Key, plain []byte) (string, error) {
	stands, err := q.GetStoredDocument(ctx, db.GetStoredDocumentParams{ID: id, FileID: at.fileID})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", reusedKey("other words")
	}
	if err != nil || stands.Erased {
		return stands.Digest, err
	}
	own, err := key.Document(stands.Secret)
	if err != nil {
		return "", fmt.Errorf("document %s: %w", id, err)
	}
	if stands.Digest != own.Digest(plain, vault.Binding(id, 1)) {
		return "", reusedKey("other words")
	}
	return stands.Digest, nil
}

// dataKey returns the key of a compartment, made when it is first needed.
func (s *server) dataKey(ctx context.Context, q *db.Queries, at place, c file.Compartment) (*vault.Key, error) {
	wrapped, err := q.GetDataKey(ctx, db.GetDataKeyParams{FileID: at.fileID, Compartment: c})
	if errors.Is(err, pgx.ErrNoRows) {
		fresh, _, err := s.vault.NewKey(at.keyContext(c))
		if err != nil {
			return nil, err
		}
		if err := q.AddDataKey(ctx, db.AddDataKeyParams{FileID: at.fileID, Compartment: c, AGS: at.ags, Wrapped: fresh}); err != nil {
			return nil, fmt.Errorf("add key of %s %s: %w", at.kind, at.fileID, err)
		}
		wrapped, err = q.GetDataKey(ctx, db.GetDataKeyParams{FileID: at.fileID, Compartment: c})
		if errors.Is(err, pgx.ErrNoRows) { // the key stands, in another municipality
			return nil, reusedKey("another municipality")
		} else if err != nil {
			return nil, fmt.Errorf("read key of %s %s: %w", at.kind, at.fileID, err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("read key of %s %s: %w", at.kind, at.fileID, err)
	}
	return s.vault.Unwrap(wrapped, at.keyContext(c))
}

// tokens index the compartments that are searched; of an attachment only its title is.
func (f *files) tokens(d file.Doc, texts map[string]string) []int64 {
	if !f.kind.Compartment(d.Compartment).Searched {
		return []int64{}
	}
	var all strings.Builder
	_, attached := texts[attachedType]
	for _, field := range d.Fields {
		if !attached || field == "title" {
			all.WriteString(texts[field])
			all.WriteByte('\n')
		}
	}
	return f.vault.Tokens(all.String())
}

// sealedText is what is stored of a document: its words and its secret, and the key of its compartment.
type sealedText struct{ sealed, secret, wrapped []byte }

// unseal reads a document. One that was erased has no texts.
func (s *server) unseal(at place, c file.Compartment, id string, t sealedText) (map[string]string, error) {
	if len(t.sealed) == 0 {
		return nil, nil
	}
	plain, _, err := s.unsealed(at, c, id, t)
	if err != nil {
		return nil, err
	}
	var texts map[string]string
	return texts, json.Unmarshal(plain, &texts)
}

// unsealed returns a document as it was sealed, and the nonce that proves it.
func (s *server) unsealed(at place, c file.Compartment, id string, t sealedText) (plain, nonce []byte, err error) {
	key, err := s.vault.Unwrap(t.wrapped, at.keyContext(c))
	if err != nil {
		return nil, nil, fmt.Errorf("key of document %s: %w", id, err)
	}
	own, err := key.Document(t.secret)
	if err != nil {
		return nil, nil, fmt.Errorf("key of document %s: %w", id, err)
	}
	binding := vault.Binding(id, 1)
	if plain, err = own.Open(t.sealed, binding); err != nil {
		return nil, nil, fmt.Errorf("document %s: %w", id, err)
	}
	return plain, own.Nonce(binding), nil
}
