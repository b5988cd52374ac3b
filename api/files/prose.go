package files

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/vault"
)

// DocumentsOf describes the documents that words become, one for each compartment, without storing them:
// a JSON object of the words by field.
func (f *Kind) DocumentsOf(words file.Prose, a file.Action, commandID string) []file.Doc {
	var docs []file.Doc
	for _, c := range f.Def.Compartments {
		if len(words[c.Name]) == 0 {
			continue
		}
		docs = append(docs, file.Doc{
			ID: wire.DocumentID(commandID, c.Name), Action: a, Compartment: c.Name, Digest: strings.Repeat("0", 64), Fields: fieldsOf(words[c.Name]),
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

// A place is where documents are stored: which file, of which municipality.
type place struct {
	Def    file.Kind
	fileID string
	ags    ags.Key

	confided bool // files of the kind are
}

func (f *Kind) PlaceOf(fileID string, k ags.Key) place {
	return place{f.Def.Kind, fileID, k, f.Def.Confided()}
}

// keyContext binds a data key to the compartment of the file that it was made for.
func (at place) keyContext(c file.Compartment) string {
	return string(at.Def) + "/" + at.fileID + "/" + string(c)
}

// store seals words and completes the documents that a command refers to. Storing the same again
// changes nothing.
func (f *Kind) store(ctx context.Context, caller guard.Principal, at place, docs []file.Doc, words file.Prose) error {
	if len(docs) == 0 {
		return nil
	}
	all := func() error {
		return db.Within(ctx, f.Pool, caller.Subject, ags.Area{at.ags}, func(q *db.Queries) error {
			if at.confided {
				if err := q.WriteInto(ctx, at.fileID); err != nil {
					return err
				}
			}
			for i := range docs {
				if err := f.storeOne(ctx, q, caller, at, &docs[i], words[docs[i].Compartment]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := all()
	if db.IsDestroyed(err) { // meanwhile: now it is known
		err = all()
	}
	return err
}

// Bounds of one document, whoever stores it: of its words as JSON, in bytes, and of what they are found by. The record
// knows them, too.
const (
	maxPlain  = wire.MaxAttachment
	maxTokens = 50_000
)

// bounded refuses words that are more than a document holds. No text that somebody writes has so many different words.
func bounded(d file.Doc, plain []byte, tokens []int64) error {
	return file.First(
		tooMuch(d, len(plain), maxPlain, "max_length", "the words are too long"),
		tooMuch(d, len(tokens), maxTokens, "max_words", "the text has too many different words"),
	)
}

func tooMuch(d file.Doc, n, most int, rule, message string) *fault.Error {
	if n <= most {
		return nil
	}
	return file.Invalid(strings.Join(d.Fields[:1], ""), rule, message, "write less, or attach it as a file")
}

func (f *Kind) storeOne(ctx context.Context, q *db.Queries, caller guard.Principal, at place, d *file.Doc, texts map[string]string) error {
	key, err := f.dataKey(ctx, q, at, d.Compartment)
	if err != nil {
		return err
	}
	if key == nil {
		return f.notStored(ctx, q, at, d)
	}
	plain, err := json.Marshal(texts)
	if err != nil {
		return err
	}
	tokens := f.tokens(*d, texts)
	if err := bounded(*d, plain, tokens); err != nil {
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
		ID: d.ID, FileID: at.fileID, AGS: at.ags, Action: string(d.Action), Compartment: d.Compartment, Author: caller.Subject,
		Digest: d.Digest, Secret: secret, Sealed: sealed, Tokens: tokens,
		Confided: at.confided,
	})
	if err != nil {
		return fmt.Errorf("store document %s: %w", d.ID, err)
	}
	if stored == 0 {
		d.Digest, err = storedBefore(ctx, q, at, d.ID, key, plain)
	}
	return err
}

// storedBefore returns the digest of a document that was stored before, if plain is its content. If
// it was erased since, its content can no longer be compared: it stays erased.
func storedBefore(ctx context.Context, q *db.Queries, at place, id string, key *vault.Key, plain []byte) (string, error) {
	stands, err := q.GetStoredDocument(ctx, db.GetStoredDocumentParams{ID: id, FileID: at.fileID})
	if errors.Is(err, pgx.ErrNoRows) {
		return "", wire.ReusedKey("other words")
	}
	if err != nil || stands.Erased {
		return stands.Digest, err
	}
	own, err := key.Document(stands.Secret)
	if err != nil {
		return "", fmt.Errorf("document %s: %w", id, err)
	}
	if stands.Digest != own.Digest(plain, vault.Binding(id, 1)) {
		return "", wire.ReusedKey("other words")
	}
	return stands.Digest, nil
}

// notStored completes the document of a command whose compartment has no key any more. The same command may
// have been carried out before: then it is answered as it was. Otherwise the rules refuse it, not the API.
func (f *Kind) notStored(ctx context.Context, q *db.Queries, at place, d *file.Doc) error {
	stands, err := q.GetStoredDocument(ctx, db.GetStoredDocumentParams{ID: d.ID, FileID: at.fileID})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		d.Digest = stands.Digest
	}
	return err
}

// dataKey returns the key of a compartment, made when it is first needed; nil if it was destroyed.
func (s *Server) dataKey(ctx context.Context, q *db.Queries, at place, c file.Compartment) (*vault.Key, error) {
	wrapped, err := q.GetDataKey(ctx, db.GetDataKeyParams{FileID: at.fileID, Compartment: c})
	if errors.Is(err, pgx.ErrNoRows) {
		fresh, _, err := s.Vault.NewKey(at.keyContext(c))
		if err != nil {
			return nil, err
		}
		key := db.AddDataKeyParams{FileID: at.fileID, Compartment: c, AGS: at.ags, Wrapped: fresh, Confided: at.confided}
		if err := q.AddDataKey(ctx, key); err != nil {
			return nil, fmt.Errorf("add key of %s %s: %w", at.Def, at.fileID, err)
		}
		wrapped, err = q.GetDataKey(ctx, db.GetDataKeyParams{FileID: at.fileID, Compartment: c})
		if errors.Is(err, pgx.ErrNoRows) { // the key exists, in another municipality
			return nil, wire.ReusedKey("another municipality")
		} else if err != nil {
			return nil, fmt.Errorf("read key of %s %s: %w", at.Def, at.fileID, err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("read key of %s %s: %w", at.Def, at.fileID, err)
	}
	if wrapped == nil {
		return nil, nil
	}
	return s.Vault.Unwrap(wrapped, at.keyContext(c))
}

// tokens returns the index of the compartments that are searched; of an attachment, only the title
// is indexed.
func (f *Kind) tokens(d file.Doc, texts map[string]string) []int64 {
	if !f.Def.Compartment(d.Compartment).Searched {
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
	return f.Vault.Tokens(all.String())
}

// SealedText is what is stored of a document: its words and its secret, and the key of its compartment.
type SealedText struct{ Sealed, Secret, Wrapped []byte }

// errDamaged refuses a document that is not what was stored: whoever runs KoKo, or somebody past it, has changed or lost it.
func errDamaged(id string) error {
	return wire.NewProblem("invalid", "the document "+id+" is damaged: it is not what was stored").
		By("damaged", "ask whoever runs KoKo to restore it from a backup; their check of the ledger names what was changed")
}

// IsDamaged reports whether a document could not be read because it is not what was stored.
func IsDamaged(err error) bool {
	p, ok := errors.AsType[*wire.Problem](err)
	return ok && p.Rule == "damaged"
}

// Unseal reads a document. One that was erased has no texts.
func (s *Server) Unseal(at place, c file.Compartment, id string, t SealedText) (map[string]string, error) {
	if len(t.Sealed) == 0 {
		return nil, nil
	}
	plain, _, err := s.unsealed(at, c, id, t, "")
	if err != nil {
		return nil, err
	}
	return textsOf(plain)
}

func textsOf(plain []byte) (texts map[string]string, err error) {
	return texts, json.Unmarshal(plain, &texts)
}

// unsealed returns a document as it was sealed, and the nonce that proves it. With a digest, it is held against that,
// unless it is from before there were secrets. One that does not open is damaged: nothing else of the file suffers, and
// the log of the process says why.
func (s *Server) unsealed(at place, c file.Compartment, id string, t SealedText, digest string) (plain, nonce []byte, err error) {
	plain, nonce, err = s.open(at, c, id, t, digest)
	if err != nil {
		s.Log.Error("a document is damaged", "document", id, "file_id", at.fileID, "err", err)
		return nil, nil, errDamaged(id)
	}
	return plain, nonce, nil
}

func (s *Server) open(at place, c file.Compartment, id string, t SealedText, digest string) (plain, nonce []byte, err error) {
	key, err := s.Vault.Unwrap(t.Wrapped, at.keyContext(c))
	if err != nil {
		return nil, nil, fmt.Errorf("key of document %s: %w", id, err)
	}
	own, err := key.Document(t.Secret)
	if err != nil {
		return nil, nil, fmt.Errorf("key of document %s: %w", id, err)
	}
	binding := vault.Binding(id, 1)
	if plain, err = own.Open(t.Sealed, binding); err != nil {
		return nil, nil, fmt.Errorf("document %s: %w", id, err)
	}
	if digest != "" && t.Secret != nil && own.Digest(plain, binding) != digest {
		return nil, nil, fmt.Errorf("document %s: the digest is another one", id)
	}
	return plain, own.Nonce(binding), nil
}
