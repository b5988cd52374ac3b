package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"koko/domain/file"
)

// A SealedAudit is a decision as PostgreSQL hashes it: the text of each column.
type SealedAudit struct {
	PriorHash, FileID, Kind, Version, AGS, Phase, Places, Ties, CommandID, Action, Actor, At, Digest string
	Veil, Confided, Docs, State, Salt, Hash                                                          string
}

// A SealedAccess is an entry of the access log as PostgreSQL hashes it: the text of each column.
type SealedAccess struct {
	PriorHash, AGS, Seq, ID, Kind, Actor, At, Action, Rule, Reason, FileID, Version, SubjectID, Digest, Veil, Salt, Hash string
}

// A SealedDocument is a document of a file and, if it was erased, what the receipt says.
type SealedDocument struct {
	ID, Action              string
	Version                 int // of the file that refers to it
	Compartment             file.Compartment
	Digest                  string
	Sealed, Secret, Wrapped []byte
	Receipt                 SealedReceipt // without a hash if there is none
}

// A SealedReceipt is the receipt of an erasure as PostgreSQL hashes it: the text of each column.
type SealedReceipt struct {
	Digest, Reason, RequestedBy, RequestedAt, ApprovedBy, ApprovedAt, Hash string
}

const microseconds = "((extract(epoch FROM %s) * 1000000)::bigint)::text"

// ListSealedAudit returns the decisions on a file in scope, the first one first.
func (q *Queries) ListSealedAudit(ctx context.Context, s file.Scope, k file.Kind, id string) ([]SealedAudit, error) {
	w := &where{}
	w.add("a.file_id = %s::uuid AND a.kind = %s", id, k)
	w.conditions = append(w.conditions, w.sees(s, k, id))
	rows, err := q.db.Query(ctx, `SELECT coalesce(encode(a.prior_hash, 'hex'), ''), a.file_id::text, a.kind, a.version::text,
			a.ags, a.phase, a.places::text, a.ties::text, a.command_id, a.action, a.actor, `+fmt.Sprintf(microseconds, "a.at")+`,
			a.digest, a.veil, left(a.confided::text, 1), a.docs::text, a.state::text, a.salt::text, encode(a.hash, 'hex')
		FROM audit a WHERE `+w.sql()+` ORDER BY a.version`, w.all()...)
	if err != nil {
		return nil, fmt.Errorf("list decisions to seal: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SealedAudit])
}

// ListSealedAccess returns the entries about a file in scope, as they are chained, without those that are
// confidential to somebody who may do the acts in lifted.
func (q *Queries) ListSealedAccess(ctx context.Context, s file.Scope, k file.Kind, id string, lifted []string) ([]SealedAccess, error) {
	w := &where{}
	w.add("l.file_id = %s::uuid", id)
	w.add("NOT veiled(l.veil, %s::text[])", words(lifted))
	w.conditions = append(w.conditions, w.sees(s, k, id))
	rows, err := q.db.Query(ctx, `SELECT coalesce(encode(l.prior_hash, 'hex'), ''), l.ags, l.seq::text, l.id, l.kind, l.actor,
			`+fmt.Sprintf(microseconds, "l.at")+`, l.action, l.rule, l.reason, coalesce(l.file_id::text, ''), coalesce(l.version, 0)::text,
			l.subject_id, l.digest, l.veil, l.salt::text, encode(l.hash, 'hex')
		FROM access_log l WHERE `+w.sql()+` ORDER BY l.ags, l.seq`, w.all()...)
	if err != nil {
		return nil, fmt.Errorf("list accesses to seal: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[SealedAccess])
}

// ListSealedDocuments returns the documents of a file in scope. Of compartments that are not among open
// there is everything but the words.
func (q *Queries) ListSealedDocuments(
	ctx context.Context, s file.Scope, k file.Kind, id string, open []file.Compartment,
) ([]SealedDocument, error) {
	w := &where{}
	w.add("fd.file_id = %s::uuid", id)
	w.conditions = append(w.conditions, w.sees(s, k, id))
	readable := fmt.Sprintf("d.compartment = ANY (%s::text[])", w.arg(words(open)))
	rows, err := q.db.Query(ctx, fmt.Sprintf(`SELECT d.id::text, d.action, fd.version, d.compartment, d.digest,
			CASE WHEN %[1]s THEN d.sealed END, CASE WHEN %[1]s THEN d.secret END, k.wrapped,
			coalesce(e.digest, ''), coalesce(e.reason, ''), coalesce(e.requested_by, ''), coalesce(%[2]s, ''),
			coalesce(e.approved_by, ''), coalesce(%[3]s, ''), coalesce(encode(e.hash, 'hex'), '')
		FROM file_document fd
		JOIN document d ON d.id = fd.document_id
		LEFT JOIN data_key k ON k.file_id = fd.file_id AND k.compartment = fd.compartment
		LEFT JOIN erasure e ON e.document_id = d.id
		WHERE %[4]s ORDER BY fd.version, d.id`,
		readable, fmt.Sprintf(microseconds, "e.requested_at"), fmt.Sprintf(microseconds, "e.approved_at"), w.sql()), w.all()...)
	if err != nil {
		return nil, fmt.Errorf("list documents to seal: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (d SealedDocument, err error) {
		r := &d.Receipt
		return d, row.Scan(&d.ID, &d.Action, &d.Version, &d.Compartment, &d.Digest, &d.Sealed, &d.Secret, &d.Wrapped,
			&r.Digest, &r.Reason, &r.RequestedBy, &r.RequestedAt, &r.ApprovedBy, &r.ApprovedAt, &r.Hash)
	})
}
