package verify

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"koko/internal/evidence/ledger"
)

//go:embed readme.txt
var readme []byte

// Sealed is what a sealed file is made of.
type Sealed struct {
	Kind, ID, Role string
	ExportedAt     time.Time
	Entries        Entries
	Documents      []Document              // all that the decisions refer to
	Proofs         []ledger.InclusionProof // of every entry and receipt, in the checkpoint's tree; of the commitment alone, if there is Inner
	Inner          *Inner                  // nil: the file is not confided
	Checkpoint     []byte                  // signed and cosigned
	Keys           PublishedKeys
	Certificates   []byte   // JSON, or nothing
	History        *History // nil: it is not told
}

type content struct {
	name string
	body []byte
}

// Write seals s with the key of the instance. It writes what it is given: whoever exports checks the
// result before handing it out.
func Write(w io.Writer, s Sealed, key ledger.Key) error {
	contents, err := s.contents()
	if err != nil {
		return err
	}
	m := Manifest{Format: Format, Origin: key.Name, Kind: s.Kind, ID: s.ID, Role: s.Role, ExportedAt: s.ExportedAt.UTC().Truncate(time.Second)}
	return write(w, m, contents, key)
}

func write(w io.Writer, m Manifest, contents []content, key ledger.Key) error {
	m.Parts = nil
	var offset int64
	for _, c := range contents {
		sum := sha256.Sum256(c.body)
		size := int64(len(c.body))
		m.Parts = append(m.Parts, Part{c.name, mediaType(c.name), offset, size, hex.EncodeToString(sum[:])})
		offset += size
	}
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("verify: manifest: %w", err)
	}
	header, err := ledger.SignNote(Format+"\n"+string(line)+"\n", key)
	if err != nil {
		return fmt.Errorf("verify: seal: %w", err)
	}
	if len(header) >= maxHeader || len(m.Parts) > maxParts {
		return fmt.Errorf("verify: %d parts are too many for one file", len(m.Parts))
	}
	for _, b := range append([][]byte{header, []byte("\n")}, bodies(contents)...) {
		if _, err := w.Write(b); err != nil {
			return fmt.Errorf("verify: write: %w", err)
		}
	}
	return nil
}

func bodies(contents []content) [][]byte {
	var all [][]byte
	for _, c := range contents {
		all = append(all, c.body)
	}
	return all
}

func (s Sealed) contents() ([]content, error) {
	all := []content{{partReadme, readme}}
	for _, part := range []struct {
		name string
		body any
	}{
		{partEntries, s.Entries}, {partDocuments, documentList{s.Documents}}, {partProofs, proofList{s.Proofs}}, {partKeys, s.Keys},
	} {
		body, err := encode(part.name, part.body)
		if err != nil {
			return nil, err
		}
		all = append(all, content{part.name, body})
	}
	all = append(all, content{partCheckpoint, s.Checkpoint})
	if s.Inner != nil {
		body, err := encode(partInner, s.Inner)
		if err != nil {
			return nil, err
		}
		all = append(all, content{partInner, body})
	}
	if len(s.Certificates) > 0 {
		all = append(all, content{partCertificates, s.Certificates})
	}
	if s.History != nil {
		told, err := encode(partHistory, s.History)
		if err != nil {
			return nil, err
		}
		all = append(all, content{partHistory, told}, content{partPage, s.History.page(s.Kind + " " + s.ID)})
	}
	for _, d := range s.Documents {
		if d.Status == Readable {
			all = append(all, content{documentFolder + d.ID, d.Text})
		}
	}
	return all, nil
}

func encode(name string, body any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(body); err != nil {
		return nil, fmt.Errorf("verify: %s: %w", name, err)
	}
	if b.Len() > maxJSON {
		return nil, fmt.Errorf("verify: %s is too large", name)
	}
	return b.Bytes(), nil
}
