package api

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/db"
	"koko/domain/conflict"
	"koko/domain/fault"
	"koko/domain/process"
	"koko/domain/training"
	"koko/internal/logbook"
	"koko/internal/story"
	"koko/internal/verify"
	"koko/policies"
)

func (s *server) registerSealed(api huma.API) {
	operation := func(id, of, path string) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: http.MethodPost, Path: path + "/sealed", Summary: "Export " + of + " as one sealed file",
			Description: "Every decision, the accesses, the words that you may read, the history in words, and the proofs that none of it was changed since. " +
				"`koko verify` checks it without a server. It holds clear text: keep it as you keep the file itself. A supervisor gives a reason; the export is recorded.",
			Tags: []string{"Audit"}, Errors: statuses(403, 404),
			Responses: map[string]*huma.Response{"200": {Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}},
		}
	}
	huma.Register(api, operation("seal-case", "a case", "/cases/{case}"), func(ctx context.Context, in *sealCaseInput) (*downloadOutput, error) {
		return seal(ctx, s.cases, s.sealingOfCases(), in.CaseID, in.Reason.Reason)
	})
	huma.Register(api, operation("seal-enrolment", "an enrolment", "/enrolments/{enrolment}"), func(ctx context.Context, in *sealEnrolmentInput) (*downloadOutput, error) {
		return seal(ctx, s.enrolments, s.sealingOfEnrolments(), in.EnrolmentID, in.Reason.Reason)
	})
}

type sealCaseInput struct {
	CaseRef
	Reason
}

type sealEnrolmentInput struct {
	EnrolmentRef
	Reason
}

// sealing is how the API seals cases or enrolments.
type sealing[S story.State] struct {
	past[S]
	// readable lists the compartments whose words go in.
	readable func(who Principal, s S, reason string) ([]string, error)
	// certificates, if not nil, are what was issued, as JSON.
	certificates func(ctx context.Context, who Principal, s S) ([]byte, error)
}

func (s *server) sealingOfCases() sealing[conflict.Case] {
	return sealing[conflict.Case]{past: s.pastOfCases(), readable: s.readable}
}

func (s *server) sealingOfEnrolments() sealing[training.Enrolment] {
	return sealing[training.Enrolment]{
		past: s.pastOfEnrolments(),
		readable: func(who Principal, e training.Enrolment, _ string) (open []string, err error) {
			for _, r := range trainingActs {
				if s.enrolments.decide(who, r.act, e).Allowed {
					open = append(open, string(r.compartment))
				}
			}
			return open, nil
		},
		certificates: s.issuedTo,
	}
}

// issuedTo is the register's rows of an enrolment, if who may read them.
func (s *server) issuedTo(ctx context.Context, who Principal, e training.Enrolment) ([]byte, error) {
	if !s.enrolments.decide(who, policies.ReadCertificate, e).Allowed {
		return nil, nil
	}
	sc := s.enrolmentScope(who, policies.ReadCertificate)
	rows, err := s.ofEnrolments(sc).ListCertificates(ctx, sc.Certificates(e.ID))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return json.MarshalIndent(map[string]any{"certificates": certificateViews(rows, s.certifier.VerifyURL)}, "", " ")
}

func seal[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], how sealing[S], id, reason string) (*downloadOutput, error) {
	out, err := sealed(ctx, f, how, id, reason)
	return out, f.problem(ctx, err)
}

// sealed puts a file together for who asks, and checks it before it is handed out.
func sealed[S story.State, C process.Command, V any](ctx context.Context, f *files[S, C, V], how sealing[S], id, reason string) (*downloadOutput, error) {
	who, err := f.principal(ctx)
	if err != nil {
		return nil, err
	}
	s, err := f.find(ctx, who, id, policies.ExportSealed)
	if err != nil {
		return nil, err
	}
	d := f.decide(who, policies.ExportSealed, s)
	if !d.Allowed {
		return nil, f.refusal(who, policies.ExportSealed, s, d)
	}
	role := roleOf(who, d.Grant)
	if role == policies.Supervisor && reason == "" {
		return nil, fault.Newf(fault.Invalid, "a supervisor says what the file is for").In("reason").By("reason", "give a reason (Zugriffsgrund)")
	}
	// First of all: the file holds the entry about itself, and what cannot be recorded is not handed out.
	if err := f.read(ctx, who, policies.ExportSealed, s.File(), "", reason); err != nil {
		return nil, err
	}
	b := &sealer[S]{server: f.server, how: how, who: who, file: s, kind: f.kind, told: f.decide(who, how.act, s).Allowed}
	content, err := b.seal(ctx, string(role), reason)
	if err != nil {
		return nil, fmt.Errorf("seal %s %s: %w", f.kind, s.File().ID, err)
	}
	return download("application/octet-stream", fmt.Sprintf("%s-%s-v%d.koko", f.kind, s.File().ID, b.last), content), nil
}

func roleOf(who Principal, grant string) policies.Role {
	for _, g := range who.Grants {
		if g.ID == grant {
			return g.Role
		}
	}
	return ""
}

// A sealer puts one sealed file together.
type sealer[S story.State] struct {
	*server
	how  sealing[S]
	who  Principal
	file S
	kind process.Kind
	told bool // whether who may read the history
	last int  // version of the last decision in it
}

func (b *sealer[S]) seal(ctx context.Context, role, reason string) ([]byte, error) {
	id := b.file.File().ID
	open, err := b.how.readable(b.who, b.file, reason)
	if err != nil {
		return nil, err
	}
	var audit []db.SealedAudit
	var access []db.SealedAccess
	var documents []db.SealedDocument
	scope := b.how.scope(b.who)
	closed := b.how.confidential(b.who, b.file)
	if err := db.Within(ctx, b.pool, b.who.Subject, scope.Municipalities(), func(q *db.Queries) (err error) {
		if audit, err = q.ListSealedAudit(ctx, scope, b.kind, id); err != nil {
			return err
		}
		if b.told {
			if access, err = q.ListSealedAccess(ctx, scope, id, slices.Concat(closed.commands, closed.reads), policies.OfRights()); err != nil {
				return err
			}
		}
		documents, err = q.ListSealedDocuments(ctx, scope, id, open)
		return err
	}); err != nil {
		return nil, err
	}
	w := verify.Sealed{Kind: string(b.kind), ID: id, Role: role, ExportedAt: b.now()}
	if w.Entries.Audit, err = b.decisions(audit, closed); err != nil {
		return nil, err
	}
	for _, a := range access {
		w.Entries.Access = append(w.Entries.Access, verify.AccessEntry{
			PriorHash: a.PriorHash, AGS: a.AGS, Seq: a.Seq, ID: a.ID, Kind: a.Kind, Actor: a.Actor, At: a.At, Action: a.Action, Rule: a.Rule,
			Reason: a.Reason, FileID: a.FileID, Version: a.Version, SubjectID: a.SubjectID, Digest: a.Digest, Hash: a.Hash,
		})
	}
	if w.Documents, err = b.words(documents, w.Entries.Audit, open); err != nil {
		return nil, err
	}
	if b.told {
		if w.History, err = b.history(ctx); err != nil {
			return nil, err
		}
	}
	if b.how.certificates != nil {
		if w.Certificates, err = b.how.certificates(ctx, b.who, b.file); err != nil {
			return nil, err
		}
	}
	return b.prove(ctx, w)
}

// decisions are the entries of the audit. Of those that show what the reader may not see there is the hash alone.
func (b *sealer[S]) decisions(rows []db.SealedAudit, closed confidential) ([]verify.AuditEntry, error) {
	_, shown := b.how.lens(b.who, b.file)
	var all []verify.AuditEntry
	for _, r := range rows {
		hidden, err := hides(r, closed, shown)
		if err != nil {
			return nil, fmt.Errorf("version %s: %w", r.Version, err)
		}
		if b.last, err = strconv.Atoi(r.Version); err != nil {
			return nil, err
		}
		e := verify.AuditEntry{PriorHash: r.PriorHash, FileID: r.FileID, Version: r.Version, Kind: r.Kind, Hash: r.Hash, Withheld: hidden}
		if !hidden {
			e.AGS, e.CommandID, e.Action, e.Actor, e.At, e.Digest, e.Docs, e.State = r.AGS, r.CommandID, r.Action, r.Actor, r.At, r.Digest, r.Docs, r.State
		}
		all = append(all, e)
	}
	return all, nil
}

// hides reports whether a decision shows what the reader may not see: that it was taken, or part of the
// state that it led to.
func hides[S any](r db.SealedAudit, closed confidential, shown func(S) S) (bool, error) {
	if shown == nil || slices.Contains(closed.commands, r.Action) {
		return true, nil
	}
	if len(closed.commands) > 0 { // to whom the mediation is closed
		var docs []process.Doc
		if err := json.Unmarshal([]byte(r.Docs), &docs); err != nil {
			return true, err
		}
		noted := r.Action == string(conflict.ActionAddNote) || r.Action == string(conflict.ActionAttachDocument)
		if noted && slices.ContainsFunc(docs, func(d process.Doc) bool { return d.Compartment == conflict.MediationFile }) {
			return true, nil
		}
	}
	var state S
	if err := json.Unmarshal([]byte(r.State), &state); err != nil {
		return true, err
	}
	return !reflect.DeepEqual(shown(state), state), nil
}

// words are the documents that the entries refer to, and those that the reader may read besides.
func (b *sealer[S]) words(rows []db.SealedDocument, audit []verify.AuditEntry, open []string) ([]verify.Document, error) {
	referred, whole := map[string]bool{}, true
	for _, a := range audit {
		var docs []process.Doc
		if a.Withheld {
			whole = false
		} else if err := json.Unmarshal([]byte(a.Docs), &docs); err != nil {
			return nil, err
		}
		for _, d := range docs {
			referred[d.ID] = true
		}
	}
	var all []verify.Document
	for _, r := range rows {
		readable := slices.Contains(open, string(r.Compartment))
		if r.Version > b.last || !referred[r.ID] && (whole || !readable) {
			continue
		}
		d := verify.Document{ID: r.ID, Kind: r.Kind, Compartment: string(r.Compartment), Digest: r.Digest, Status: verify.NotDisclosed}
		switch {
		case r.Receipt.Hash != "" && (readable || r.Compartment != conflict.MediationFile):
			d.Status, d.Receipt = verify.Erased, receipt(r.Receipt)
		case readable:
			at := place{kind: b.kind, fileID: b.file.File().ID}
			text, nonce, err := b.open(at, r.Compartment, r.ID, sealedText{r.Sealed, r.Secret, r.Wrapped})
			if err != nil {
				return nil, err
			}
			d.Status, d.Nonce, d.Text = verify.Readable, hex.EncodeToString(nonce), text
		}
		all = append(all, d)
	}
	return all, nil
}

func receipt(r db.SealedReceipt) *verify.Receipt {
	return &verify.Receipt{
		Digest: r.Digest, Reason: r.Reason, RequestedBy: r.RequestedBy, RequestedAt: r.RequestedAt, ApprovedBy: r.ApprovedBy, ApprovedAt: r.ApprovedAt, Hash: r.Hash,
	}
}

// mostTold bounds the history in words. A file of a hundred thousand entries is nobody's.
const mostTold = 100_000

// history is what happened as it is told to the reader, in both languages.
func (b *sealer[S]) history(ctx context.Context) (*verify.History, error) {
	t := &teller[S]{server: b.server, past: b.how.past, who: b.who, now: b.file, kind: b.kind}
	rows, _, err := t.read(ctx, TimelineQuery{Order: "asc", Limit: mostTold}, nil)
	if err != nil {
		return nil, err
	}
	h := &verify.History{Entries: []verify.Telling{}}
	for _, r := range rows {
		if (r.Kind == "decision" || r.Kind == "deadline") && r.Version > b.last {
			continue // it came after the entries were read
		}
		t.lang = story.German
		de := t.entry(r)
		t.lang = story.English
		en := t.entry(r)
		told := verify.Telling{At: de.At.UTC(), Kind: de.Kind, Actor: de.Actor, Action: de.Action, Version: de.Version, DE: de.Text, EN: en.Text}
		for i, c := range de.Changes {
			told.Changes = append(told.Changes, verify.TellingChange{
				DE: verify.Difference{Label: c.Label, Before: c.Before, After: c.After},
				EN: verify.Difference{Label: en.Changes[i].Label, Before: en.Changes[i].Before, After: en.Changes[i].After},
			})
		}
		h.Entries = append(h.Entries, told)
	}
	return h, nil
}

// patience is how long an export waits for the witnesses of the log.
const patience = 10 * time.Second

// cosign has the fresh checkpoint cosigned by whoever answers now: what the file then lacks is for its
// checker to miss.
func (s *server) cosign(ctx context.Context) {
	if len(s.witness.Peers.Keys()) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := s.ledger.Cosign(ctx); err != nil {
		s.log.WarnContext(ctx, "an export without all cosignatures", "err", err)
	}
}

// prove puts the proofs to a file, seals it, and checks what it sealed.
func (b *sealer[S]) prove(ctx context.Context, w verify.Sealed) ([]byte, error) {
	if err := b.ledger.Checkpoint(ctx); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	b.cosign(ctx)
	signed, err := b.latest(ctx)
	if err != nil {
		return nil, err
	}
	leaves, err := b.place(ctx, w)
	if err != nil {
		return nil, err
	}
	if w.Proofs, err = b.book().Inclusions(ctx, leaves, signed.Checkpoint.Size); err != nil {
		return nil, fmt.Errorf("proofs: %w", err)
	}
	own, err := b.ledgerKeys()
	if err != nil {
		return nil, err
	}
	keys := verify.PublishedKeys{Keys: own.Public(), Witnesses: b.witness.Peers.Keys()}
	w.Checkpoint, w.Keys = signed.Note, keys
	// The clocks of machines differ: a file is not older than what is in it.
	w.ExportedAt = newest(w, signed.Checkpoint.Time)
	var content bytes.Buffer
	if err := verify.Write(&content, w, own.Active()); err != nil {
		return nil, err
	}
	return content.Bytes(), b.check(ctx, content.Bytes(), keys)
}

// place finds where each entry and receipt stands in the log.
func (b *sealer[S]) place(ctx context.Context, w verify.Sealed) (leaves []uint64, err error) {
	places := map[string]map[string]*uint64{logbook.Audit: {}, logbook.AccessLog: {}, logbook.Erasure: {}}
	for i := range w.Entries.Audit {
		a := &w.Entries.Audit[i]
		places[logbook.Audit][a.FileID+"/"+a.Version] = &a.Leaf
	}
	for i := range w.Entries.Access {
		a := &w.Entries.Access[i]
		places[logbook.AccessLog][a.AGS+"/"+a.Seq] = &a.Leaf
	}
	for _, d := range w.Documents {
		if d.Receipt != nil {
			places[logbook.Erasure][d.ID] = &d.Receipt.Leaf
		}
	}
	for table, of := range places {
		var keys []string
		for key := range of {
			keys = append(keys, key)
		}
		at, err := b.book().Leaves(ctx, table, keys)
		if err != nil {
			return nil, err
		}
		for key, leaf := range of {
			i, found := at[key]
			if !found {
				return nil, fmt.Errorf("%s %s is not in the log", table, key)
			}
			*leaf = i
			leaves = append(leaves, i)
		}
	}
	slices.Sort(leaves)
	return leaves, nil
}

func newest(w verify.Sealed, checkpoint time.Time) time.Time {
	at := w.ExportedAt
	if checkpoint.After(at) {
		at = checkpoint
	}
	for _, d := range w.Documents {
		if d.Receipt == nil {
			continue
		}
		if us, err := strconv.ParseInt(d.Receipt.ApprovedAt, 10, 64); err == nil && time.UnixMicro(us).After(at) {
			at = time.UnixMicro(us)
		}
	}
	return at
}

// check refuses to hand out what does not prove itself. What is wrong is logged by place and rule alone.
func (b *sealer[S]) check(ctx context.Context, content []byte, keys verify.PublishedKeys) error {
	r, err := verify.Check(bytes.NewReader(content), int64(len(content)), verify.Trust{Keys: keys.Keys, Witnesses: keys.Witnesses})
	if err != nil {
		return err
	}
	for _, f := range r.Findings {
		b.log.ErrorContext(ctx, "sealed file", "part", f.Part, "where", f.Where, "rule", f.Rule, "request_id", requestID(ctx))
	}
	if r.Verdict != verify.Proven {
		return fmt.Errorf("what was sealed does not prove itself: %d findings", len(r.Findings)+r.Omitted)
	}
	return nil
}
