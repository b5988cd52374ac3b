package files

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/evidence"
	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/evidence/logbook"
	"koko/internal/evidence/verify"
	"koko/internal/story"
	"koko/policies"
)

func (f *Kind) registerSealed(api huma.API) {
	op := f.operation("seal-"+string(f.Def.Kind), http.MethodPost, "/{id}/sealed", "Audit", "Export "+f.A()+" as one sealed file",
		"Every decision, the accesses, the words that you may read, the history in words, and the proofs that none of it was changed since. "+
			"`koko verify` checks it without a server. It holds clear text: keep it as you keep the file itself. A supervisor gives a reason; the export is recorded.",
		wire.Statuses(403, 404)...)
	op.Responses = wire.FileOf("application/octet-stream")
	guard.Register(f.Server, api, op, f.sealed)
}

type sealInput struct {
	wire.Ref
	wire.Reason
}

// issuedOf returns the register's rows of a file, as JSON, if the caller may read them.
func (f *Kind) issuedOf(ctx context.Context, caller guard.Principal, at Folder) ([]byte, error) {
	if f.Issued == nil || !f.decide(caller, f.Issued.Act, at).Allowed {
		return nil, nil
	}
	all, err := f.Issued.List(ctx, caller, at.ID)
	if err != nil || all == nil {
		return nil, err
	}
	return json.MarshalIndent(map[string]any{"certificates": all}, "", " ")
}

// sealed puts a file together for the caller, and checks it before it is handed out.
func (f *Kind) sealed(ctx context.Context, in *sealInput) (*wire.Download, error) {
	caller, err := f.Principal(ctx)
	if err != nil {
		return nil, err
	}
	at, err := f.Find(ctx, caller, in.ID, policies.ExportSealed)
	if err != nil {
		return nil, err
	}
	d := f.decide(caller, policies.ExportSealed, at)
	if !d.Allowed {
		return nil, f.refusal(caller, policies.ExportSealed, at, d)
	}
	role := roleOf(caller, d.Grant)
	if role == policies.Supervisor && in.Reason.Reason == "" {
		return nil, fault.Newf(fault.Invalid, "a supervisor says what the file is for").In("reason").By("reason", "give a reason (Zugriffsgrund)")
	}
	// This comes first: the sealed file holds the entry about itself, and what cannot be recorded is not
	// handed out.
	if err := f.Read(ctx, caller, policies.ExportSealed, at.Row, "", string(in.Reason.Reason)); err != nil {
		return nil, err
	}
	b := &sealer{Kind: f, caller: caller, at: at, told: f.decide(caller, f.Def.History, at).Allowed}
	content, err := b.seal(ctx, string(role), string(in.Reason.Reason))
	if err != nil {
		return nil, fmt.Errorf("seal %s %s: %w", f.Def.Kind, at.ID, err)
	}
	return wire.NewDownload("application/octet-stream", fmt.Sprintf("%s-%s-v%d.koko", f.Def.Kind, at.ID, b.last), content), nil
}

func roleOf(caller guard.Principal, grant string) policies.Role {
	for _, g := range caller.Grants {
		if g.ID == grant {
			return g.Role
		}
	}
	return ""
}

// A sealer puts one sealed file together.
type sealer struct {
	*Kind
	caller guard.Principal
	at     Folder
	told   bool // whether the caller may read the history
	last   int  // version of the last decision in it
}

func (b *sealer) seal(ctx context.Context, role, reason string) ([]byte, error) {
	id := b.at.ID
	open := b.readable(b.caller, b.at, reason)
	var audit []db.SealedAudit
	var access []db.SealedAccess
	var documents []db.SealedDocument
	scope := b.Scope(b.caller, append(b.Seeing(), policies.ExportSealed)...)
	lifted := b.lifted(b.caller, b.at)
	if err := b.Within(ctx, scope, func(q *db.Queries) (err error) {
		if audit, err = q.ListSealedAudit(ctx, scope, b.Def.Kind, id); err != nil {
			return err
		}
		if b.told {
			if access, err = q.ListSealedAccess(ctx, scope, b.Def.Kind, id, lifted); err != nil {
				return err
			}
		}
		documents, err = q.ListSealedDocuments(ctx, scope, b.Def.Kind, id, open)
		return err
	}); err != nil {
		return nil, err
	}
	var err error
	w := verify.Sealed{Kind: string(b.Def.Kind), ID: id, Role: role, ExportedAt: b.Now()}
	if w.Entries.Audit, err = b.decisions(audit, lifted); err != nil {
		return nil, err
	}
	for _, a := range access {
		w.Entries.Access = append(w.Entries.Access, verify.AccessEntry{
			PriorHash: a.PriorHash, AGS: a.AGS, Seq: a.Seq, ID: a.ID, Kind: a.Kind, Actor: a.Actor, At: a.At, Action: a.Action, Rule: a.Rule,
			Reason: a.Reason, FileID: a.FileID, Version: a.Version, SubjectID: a.SubjectID, Digest: a.Digest, Veil: a.Veil,
			Salt: a.Salt, Hash: a.Hash,
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
	if w.Certificates, err = b.issuedOf(ctx, b.caller, b.at); err != nil {
		return nil, err
	}
	return b.prove(ctx, w)
}

// decisions returns the entries of the audit; of those that show what the reader may not see, only the hash.
func (b *sealer) decisions(rows []db.SealedAudit, lifted []string) ([]verify.AuditEntry, error) {
	lens, ok := b.lens(b.caller, b.at)
	var all []verify.AuditEntry
	for _, r := range rows {
		hidden := !ok || r.Veil != "" && !slices.Contains(lifted, r.Veil)
		if !hidden {
			state, err := b.Def.Decode(json.RawMessage(r.State))
			if err != nil {
				return nil, fmt.Errorf("version %s: %w", r.Version, err)
			}
			if hidden, err = curtails(lens, state); err != nil {
				return nil, fmt.Errorf("version %s: %w", r.Version, err)
			}
		}
		var err error
		if b.last, err = strconv.Atoi(r.Version); err != nil {
			return nil, err
		}
		e := verify.AuditEntry{PriorHash: r.PriorHash, FileID: r.FileID, Version: r.Version, Kind: r.Kind, Hash: r.Hash, Withheld: hidden}
		if !hidden {
			e.AGS, e.Phase, e.Places, e.Ties = r.AGS, r.Phase, r.Places, r.Ties
			e.CommandID, e.Action, e.Actor, e.At = r.CommandID, r.Action, r.Actor, r.At
			e.Digest, e.Veil, e.Confided, e.Docs, e.State, e.Salt = r.Digest, r.Veil, r.Confided, r.Docs, r.State, r.Salt
		}
		all = append(all, e)
	}
	return all, nil
}

// curtails reports whether a lens shows less than the whole state.
func curtails(lens file.LensSpec, state file.State) (bool, error) {
	shown, err := json.Marshal(lens.Show(state))
	if err != nil {
		return true, err
	}
	whole, err := json.Marshal(state)
	return !bytes.Equal(shown, whole), err
}

// words returns the documents that the entries refer to, and those that the reader may read
// besides.
func (b *sealer) words(rows []db.SealedDocument, audit []verify.AuditEntry, open []file.Compartment) ([]verify.Document, error) {
	referred, whole := map[string]file.Doc{}, true
	for _, a := range audit {
		var docs []file.Doc
		if a.Withheld {
			whole = false
		} else if err := json.Unmarshal([]byte(a.Docs), &docs); err != nil {
			return nil, err
		}
		for _, d := range docs {
			referred[d.ID] = d
		}
	}
	var all []verify.Document
	for _, r := range rows {
		readable := slices.Contains(open, r.Compartment)
		decided, isReferred := referred[r.ID]
		if r.Version > b.last || !isReferred && (whole || !readable) {
			continue
		}
		delete(referred, r.ID)
		if isReferred && (r.Digest != decided.Digest || r.Action != string(decided.Action) || r.Compartment != decided.Compartment) {
			all = append(all, damaged(decided))
			continue
		}
		d := verify.Document{ID: r.ID, Action: r.Action, Compartment: string(r.Compartment), Digest: r.Digest, Status: verify.NotDisclosed}
		switch {
		case r.Receipt.Hash != "" && (readable || !b.Def.Compartment(r.Compartment).Veiled):
			d.Status, d.Receipt = verify.Erased, receipt(r.Receipt)
		case readable:
			text, nonce, err := b.unsealed(b.PlaceOf(b.at.ID, ""), r.Compartment, r.ID, SealedText{r.Sealed, r.Secret, r.Wrapped}, r.Digest)
			if err != nil {
				d.Status = verify.Damaged
				break
			}
			d.Status, d.Nonce, d.Text = verify.Readable, hex.EncodeToString(nonce), text
		}
		all = append(all, d)
	}
	for _, id := range slices.Sorted(maps.Keys(referred)) { // nothing is kept of them any more
		all = append(all, damaged(referred[id]))
	}
	return all, nil
}

// damaged is a document of which nothing is kept that is what was decided.
func damaged(d file.Doc) verify.Document {
	return verify.Document{ID: d.ID, Action: string(d.Action), Compartment: string(d.Compartment), Digest: d.Digest, Status: verify.Damaged}
}

func receipt(r db.SealedReceipt) *verify.Receipt {
	return &verify.Receipt{
		Digest:      r.Digest,
		Reason:      r.Reason,
		RequestedBy: r.RequestedBy,
		RequestedAt: r.RequestedAt,
		ApprovedBy:  r.ApprovedBy,
		ApprovedAt:  r.ApprovedAt,
		Hash:        r.Hash,
	}
}

// mostTold bounds the history in words. No real file has a hundred thousand entries.
const mostTold = 100_000

// history returns what happened, as the reader may see it, in both languages.
func (b *sealer) history(ctx context.Context) (*verify.History, error) {
	t := b.teller(b.caller, b.at, story.German)
	rows, _, err := t.rows(ctx, TimelineQuery{Order: "asc", Limit: mostTold}, nil)
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
		told := verify.Telling{
			At:      de.At.UTC(),
			Kind:    string(de.Kind),
			Actor:   de.Actor,
			Action:  de.Action,
			Version: de.Version,
			DE:      de.Text,
			EN:      en.Text,
		}
		for i, c := range de.Changes {
			told.Changes = append(told.Changes, verify.TellingChange{
				DE: verify.Difference{Label: c.Label, Before: c.Before, After: c.After},
				EN: verify.Difference{Label: en.Changes[i].Label, Before: en.Changes[i].Before, After: en.Changes[i].After},
			})
		}
		h.Entries = append(h.Entries, told)
	}
	h.Deadlines = b.deadlinesTold()
	return h, nil
}

// deadlinesTold returns what is expected of the file, with how each day follows, if the reader's lens shows it.
func (b *sealer) deadlinesTold() []verify.DeadlineTelling {
	lens, ok := b.lens(b.caller, b.at)
	if !ok || lens.Mute {
		return nil
	}
	var all []verify.DeadlineTelling
	for _, d := range b.at.State.Deadlines() {
		told := story.Deadline(b.Def.About, d, b.at.State.Head().Because(d))
		in := func(l story.Lang) verify.Reckoning {
			r := verify.Reckoning{What: told.What.In(l), Due: told.Due.In(l)}
			for _, step := range told.Because {
				r.Steps = append(r.Steps, step.In(l))
			}
			return r
		}
		all = append(all, verify.DeadlineTelling{Kind: d.Kind, Due: d.Due, DE: in(story.German), EN: in(story.English)})
	}
	return all
}

// prove adds the proofs to a file, seals it, and checks what it sealed.
func (b *sealer) prove(ctx context.Context, w verify.Sealed) ([]byte, error) {
	var signed logbook.Signed
	var err error
	if b.Def.Confided() {
		signed, err = b.proveInner(ctx, &w)
	} else {
		signed, err = b.proveMain(ctx, &w)
	}
	if err != nil {
		return nil, err
	}
	own, err := b.Evidence.Keys()
	if err != nil {
		return nil, err
	}
	keys := verify.PublishedKeys{Keys: own.Public(), Witnesses: b.Evidence.Witness.Peers.Keys()}
	w.Checkpoint, w.Keys = signed.Note, keys
	// The clocks of machines differ: a file is not older than what is in it.
	w.ExportedAt = newest(w, signed.Checkpoint.Time)
	var content bytes.Buffer
	if err := verify.Write(&content, w, own.Active()); err != nil {
		return nil, err
	}
	return content.Bytes(), b.check(ctx, content.Bytes(), keys)
}

// proveMain has the log signed, and proves everything in it.
func (b *sealer) proveMain(ctx context.Context, w *verify.Sealed) (signed logbook.Signed, err error) {
	if err := b.Evidence.Ledger.Checkpoint(ctx); err != nil {
		return signed, fmt.Errorf("checkpoint: %w", err)
	}
	b.Evidence.Cosign(ctx)
	if signed, err = b.Evidence.Latest(ctx); err != nil {
		return signed, err
	}
	leaves, waits, err := b.place(ctx, *w, b.Evidence.Book(), signed.Checkpoint.Size)
	if err == nil && waits > 0 {
		err = fmt.Errorf("%d entries are not in the log", waits)
	}
	if err != nil {
		return signed, err
	}
	if w.Proofs, err = b.Evidence.Book().Inclusions(ctx, leaves, signed.Checkpoint.Size); err != nil {
		return signed, fmt.Errorf("proofs: %w", err)
	}
	return signed, nil
}

// proveInner proves what it can in the inner log, and the last commitment to that in the main one, as it was signed
// last. It has nothing signed or cosigned: everybody would see when somebody exports a confided file. What came since
// the day began waits.
func (b *sealer) proveInner(ctx context.Context, w *verify.Sealed) (signed logbook.Signed, err error) {
	if signed, err = b.Evidence.Latest(ctx); err != nil {
		return signed, err
	}
	inner := b.inner(b.Scope(b.caller, append(b.Seeing(), policies.ExportSealed)...), b.at.ID)
	opening, ok, err := inner.Open(ctx, signed.Checkpoint.Size)
	if err == nil && !ok {
		err = errors.New("no checkpoint holds a commitment to the inner log")
	}
	if err != nil {
		return signed, err
	}
	leaves, _, err := b.place(ctx, *w, inner, opening.Size)
	if err != nil {
		return signed, err
	}
	w.Inner = &verify.Inner{InnerRoot: evidence.RootOf(opening), Leaf: opening.Leaf}
	if w.Inner.Proofs, err = inner.Inclusions(ctx, leaves, opening.Size); err != nil {
		return signed, fmt.Errorf("proofs: %w", err)
	}
	if w.Proofs, err = b.Evidence.Book().Inclusions(ctx, []uint64{opening.Leaf}, signed.Checkpoint.Size); err != nil {
		return signed, fmt.Errorf("proof of the commitment: %w", err)
	}
	return signed, nil
}

// A spot is where what a file says of the place of a row is written.
type spot struct {
	leaf    *uint64
	pending *bool
}

// places says where a row of a table is in a log.
type places interface {
	Leaves(ctx context.Context, table string, keys []string) (map[string]uint64, error)
}

// place finds where each entry and receipt is in a log of that size, and how many wait for their place.
func (b *sealer) place(ctx context.Context, w verify.Sealed, log places, size uint64) (leaves []uint64, waits int, err error) {
	spots := map[string]map[string]spot{logbook.Audit: {}, logbook.AccessLog: {}, logbook.Erasure: {}}
	for i := range w.Entries.Audit {
		a := &w.Entries.Audit[i]
		spots[logbook.Audit][a.FileID+"/"+a.Version] = spot{&a.Leaf, &a.Pending}
	}
	for i := range w.Entries.Access {
		a := &w.Entries.Access[i]
		chain := a.AGS
		if b.Def.Confided() {
			chain = a.FileID
		}
		spots[logbook.AccessLog][chain+"/"+a.Seq] = spot{&a.Leaf, &a.Pending}
	}
	for _, d := range w.Documents {
		if d.Receipt != nil {
			spots[logbook.Erasure][d.ID] = spot{&d.Receipt.Leaf, &d.Receipt.Pending}
		}
	}
	for table, of := range spots {
		at, err := log.Leaves(ctx, table, slices.Collect(maps.Keys(of)))
		if err != nil {
			return nil, 0, err
		}
		for key, s := range of {
			i, found := at[key]
			if !found || i >= size {
				*s.pending = true
				waits++
				continue
			}
			*s.leaf = i
			leaves = append(leaves, i)
		}
	}
	slices.Sort(leaves)
	return leaves, waits, nil
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

// check refuses to hand out a file that does not verify. Findings are logged by place and rule only.
func (b *sealer) check(ctx context.Context, content []byte, keys verify.PublishedKeys) error {
	r, err := verify.Check(bytes.NewReader(content), int64(len(content)), verify.Trust{Keys: keys.Keys, Witnesses: keys.Witnesses})
	if err != nil {
		return err
	}
	for _, f := range r.Findings {
		b.Log.ErrorContext(ctx, "sealed file", "part", f.Part, "where", f.Where, "rule", f.Rule, "request_id", wire.RequestID(ctx))
	}
	if r.Verdict != verify.Proven {
		return fmt.Errorf("the sealed file does not verify: %d findings", len(r.Findings)+r.Omitted)
	}
	return nil
}
