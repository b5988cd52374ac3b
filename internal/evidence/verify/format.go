package verify

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"koko/internal/evidence/ledger"
)

// Format is the first line of a sealed file.
const Format = "koko-sealed/1"

// The parts of a sealed file, besides documents/ID for every text that the reader may have.
const (
	partReadme       = "README.txt"
	partEntries      = "entries.json"
	partDocuments    = "documents.json"
	partProofs       = "proofs.json"
	partInner        = "inner.json"
	partCheckpoint   = "checkpoint.txt"
	partKeys         = "keys.json"
	partCertificates = "certificates.json"
	partHistory      = "history.json"
	partPage         = "history.html"
	documentFolder   = "documents/"
)

// Names of what is no part, in findings.
const (
	partManifest = "manifest"
	partFile     = "file"
)

// What a file may ask of the machine that checks it.
const (
	maxHeader     = 16 << 20
	maxParts      = 50_000
	maxJSON       = 512 << 20
	maxCheckpoint = 64 << 10
	maxKeys       = 100
	maxFindings   = 1000
)

var required = []string{partReadme, partEntries, partDocuments, partProofs, partCheckpoint, partKeys}

// optional parts may be missing.
var optional = []string{partInner, partCertificates, partHistory, partPage}

var documentName = regexp.MustCompile(`^documents/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func isPart(name string) bool {
	return slices.Contains(required, name) || slices.Contains(optional, name) || documentName.MatchString(name)
}

// A Manifest is the second line: what the file is about and which parts follow.
type Manifest struct {
	Format     string    `json:"format"`
	Origin     string    `json:"origin"` // the instance that exported it, as its key is named
	Kind       string    `json:"kind"`   // of file, as the manifests of that instance call it
	ID         string    `json:"id"`
	ExportedAt time.Time `json:"exported_at"`
	Role       string    `json:"role"` // what the reader it was made for may see depends on it
	Parts      []Part    `json:"parts"`
}

// A Part is a stretch of bytes. Offset counts from the end of the header.
type Part struct {
	Name      string `json:"name"`
	MediaType string `json:"media_type"`
	Offset    int64  `json:"offset"`
	Size      int64  `json:"size"`
	SHA256    string `json:"sha256"`
}

// What the reader of a sealed file gets of a document.
const (
	Readable     = "readable"      // its text is a part, and the nonce proves it
	NotDisclosed = "not_disclosed" // the reader may not have it; its digest stands
	Damaged      = "damaged"       // the instance says that it cannot read what it keeps of it any more; its digest stands
	Erased       = "erased"        // its key was destroyed; its digest and a receipt stand
)

// A Document is one that a decision refers to. Text is the part documents/ID.
type Document struct {
	ID          string   `json:"id"`
	Action      string   `json:"action"`
	Compartment string   `json:"compartment"`
	Digest      string   `json:"digest"` // SHA-256 over nonce and text, hexadecimal
	Status      string   `json:"status"`
	Nonce       string   `json:"nonce,omitempty"` // hexadecimal
	Receipt     *Receipt `json:"receipt,omitempty"`
	Text        []byte   `json:"-"`
}

type documentList struct {
	Documents []Document `json:"documents"`
}

type proofList struct {
	Proofs []ledger.InclusionProof `json:"proofs"`
}

// PublishedKeys are the keys that an instance says to verify with.
type PublishedKeys struct {
	Keys      []ledger.PublicKey `json:"keys"`
	Witnesses []ledger.PublicKey `json:"witnesses"`
}

func mediaType(name string) string {
	switch {
	case strings.HasSuffix(name, ".txt"):
		return "text/plain; charset=utf-8"
	case strings.HasSuffix(name, ".html"):
		return "text/html; charset=utf-8"
	}
	return "application/json"
}
