package verify

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// The ledger tables: names in leaves.
const (
	tableAudit   = "audit"
	tableAccess  = "access_log"
	tableErasure = "erasure"
)

// Entries are the rows of a file in the ledger tables, in the order of their versions and numbers.
type Entries struct {
	Audit  []AuditEntry  `json:"audit"`
	Access []AccessEntry `json:"access"`
}

// An AuditEntry is a row of the table audit. Its fields are PostgreSQL's text of the columns, in the
// order in which audit_hash takes them: At is in microseconds since 1970, Places and Ties are arrays in
// braces. Hashes are hexadecimal. Of a withheld entry, which the reader may not see, only FileID, Kind,
// Version, the hashes and the leaf are there.
type AuditEntry struct {
	PriorHash string `json:"prior_hash"`
	FileID    string `json:"file_id"`
	Kind      string `json:"kind"`
	Version   string `json:"version"`
	AGS       string `json:"ags"`
	Phase     string `json:"phase"`
	Places    string `json:"places"` // where the file lay
	Ties      string `json:"ties"`   // who was tied to it
	CommandID string `json:"command_id"`
	Action    string `json:"action"`
	Actor     string `json:"actor"`
	At        string `json:"at"`
	Digest    string `json:"digest"`
	Veil      string `json:"veil"`     // the act without which nobody learns of the entry; empty: there is none
	Confided  string `json:"confided"` // t or f: whether it goes into the inner log
	Docs      string `json:"docs"`
	State     string `json:"state"`
	Salt      string `json:"salt"` // random: nobody guesses what a withheld entry says from its hash
	Hash      string `json:"hash"`
	Leaf      uint64 `json:"leaf"`
	Withheld  bool   `json:"withheld,omitempty"`
	Pending   bool   `json:"pending,omitempty"` // it is confided, and waits for the next commitment: it has no leaf yet
}

// An AccessEntry is a row of the table access_log, in the order in which access_log_hash takes the
// columns. FileID is "" and Version "0" where the row has none.
type AccessEntry struct {
	PriorHash string `json:"prior_hash"`
	AGS       string `json:"ags"`
	Seq       string `json:"seq"`
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	Actor     string `json:"actor"`
	At        string `json:"at"`
	Action    string `json:"action"`
	Rule      string `json:"rule"`
	Reason    string `json:"reason"`
	FileID    string `json:"file_id"`
	Version   string `json:"version"`
	SubjectID string `json:"subject_id"`
	Digest    string `json:"digest"`
	Veil      string `json:"veil"`
	Salt      string `json:"salt"` // random
	Hash      string `json:"hash"`
	Leaf      uint64 `json:"leaf"`
	Pending   bool   `json:"pending,omitempty"` // it is confided, and waits for the next commitment: it has no leaf yet
}

// A Receipt is a row of the table erasure: two people had the key of a document destroyed, or nobody but a
// decision, because the time was over for which it is kept (reason retention). Its hash is
// SHA-256 over concat_ws(E'\x1f', document_id, file_id, digest, reason, requested_by, requested_at,
// approved_by, approved_at), the times in microseconds since 1970.
type Receipt struct {
	Digest      string `json:"digest"`
	Reason      string `json:"reason"`
	RequestedBy string `json:"requested_by"`
	RequestedAt string `json:"requested_at"`
	ApprovedBy  string `json:"approved_by"`
	ApprovedAt  string `json:"approved_at"`
	Hash        string `json:"hash"`
	Leaf        uint64 `json:"leaf"`
	Pending     bool   `json:"pending,omitempty"`
}

func (e AuditEntry) fields() []string {
	return []string{
		e.FileID, e.Kind, e.Version, e.AGS, e.Phase, e.Places, e.Ties, e.CommandID, e.Action, e.Actor, e.At, e.Digest, e.Veil,
		e.Confided, e.Docs, e.State, e.Salt,
	}
}

func (e AccessEntry) fields() []string {
	return []string{
		e.AGS, e.Seq, e.ID, e.Kind, e.Actor, e.At, e.Action, e.Rule, e.Reason, e.FileID, e.Version, e.SubjectID, e.Digest, e.Veil, e.Salt,
	}
}

func (r Receipt) fields(document, file string) []string {
	return []string{document, file, r.Digest, r.Reason, r.RequestedBy, r.RequestedAt, r.ApprovedBy, r.ApprovedAt}
}

// Recompute returns the hash that the fields and the prior hash make, as audit_hash does.
func (e AuditEntry) Recompute() string { return rowHash(e.PriorHash, e.fields()) }

// Recompute returns the hash that the fields and the prior hash make, as access_log_hash does.
func (e AccessEntry) Recompute() string { return rowHash(e.PriorHash, e.fields()) }

// Recompute returns the hash of the receipt for a document of a file.
func (r Receipt) Recompute(document, file string) string {
	return rowHash("", r.fields(document, file))
}

const separator = "\x1f"

func rowHash(prior string, fields []string) string {
	before, err := hex.DecodeString(prior)
	if err != nil {
		return ""
	}
	h := sha256.New()
	h.Write(before)
	h.Write([]byte(strings.Join(fields, separator)))
	return hex.EncodeToString(h.Sum(nil))
}

// isHash accepts one spelling of a hash.
func isHash(s string) bool {
	return len(s) == 2*sha256.Size && !strings.ContainsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') })
}

// number reads a positive number as PostgreSQL writes it, and returns 0 for anything else.
func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || strconv.FormatUint(n, 10) != s {
		return 0
	}
	return n
}
