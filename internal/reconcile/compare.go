package reconcile

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"koko/domain/conflict"
	"koko/domain/process"
	"koko/internal/audit"
)

// Compare lists what differs between the parts of the evidence of a file.
func Compare(e Evidence) []Difference {
	c := &comparison{Evidence: e, touched: map[int]bool{}}
	c.history()
	for v := 1; v <= e.last(); v++ {
		c.entryAt(v)
	}
	c.record()
	c.documents()
	ref := about(e)
	for i := range c.found {
		d := &c.found[i]
		d.Kind, d.FileID, d.AGS, d.Reference = e.Kind, e.ID, ref.ags, ref.reference
	}
	return c.found
}

// comparison collects what is found.
type comparison struct {
	Evidence
	sound   bool         // nothing is said against the history
	touched map[int]bool // versions whose entries differ
	found   []Difference
}

func (c *comparison) add(part Part, what What, field string, version int, r Repair, f Facts) {
	d := Difference{Part: part, What: what, Field: field, Version: version, Repair: r, Facts: f}
	if c.Kind == process.KindCase && c.confidential(field, version, part) {
		d.Field, d.Facts = MediationField, Facts{Run: f.Run}
	}
	if !slices.ContainsFunc(c.found, func(o Difference) bool {
		return o.Part == d.Part && o.What == d.What && o.Field == d.Field && o.Version == d.Version
	}) {
		c.found = append(c.found, d)
	}
}

// confidential reports whether a field, or the decision that an entry tells of, belongs to the mediation.
func (c *comparison) confidential(field string, version int, part Part) bool {
	if name, _, _ := strings.Cut(strings.TrimPrefix(field, "state."), "."); slices.ContainsFunc([]string{"conditions", "sessions", "interim"}, func(s string) bool {
		return name == s || strings.HasPrefix(name, s+"[")
	}) {
		return true
	}
	if part == Record {
		return false
	}
	e, _ := c.entry(version)
	t, _ := c.transition(version)
	return slices.Contains(conflict.Confidential(), e.Action) || slices.Contains(conflict.Confidential(), t.Action)
}

// history looks at whether there is a workflow, and whether its history holds.
func (c *comparison) history() {
	h := c.History
	if h == nil {
		if len(c.Entries) > 0 || c.Row != nil {
			c.add(History, WorkflowMissing, "", c.last(), RestartWorkflow, Facts{})
		}
		return
	}
	if h.Ended != "" && h.Ended != "continued" && c.last() > 0 {
		c.add(History, WorkflowMissing, h.Ended, c.last(), RestartWorkflow, Facts{})
	}
	c.sound = true
	short := h.Start > 0 && !slices.Contains(c.Restarts, h.Start)
	for _, f := range h.Flaws {
		if f.What == audit.Lost && f.Version == h.Start {
			short = true
			continue
		}
		if f.What == audit.Gap && slices.ContainsFunc(c.Restarts, func(v int) bool { return v >= f.Version }) {
			continue // what the old workflow had not adopted yet
		}
		c.sound = false
		c.add(History, HistoryDamaged, string(f.What), f.Version, NoRepair, Facts{Run: f.Run, Event: f.Event})
	}
	if short {
		c.add(History, HistoryShort, "", h.Start, NoRepair, Facts{})
	}
	if u := h.Rederive(); u != nil {
		c.sound = false
		field, is, ought := "", json.RawMessage(nil), json.RawMessage(nil)
		if ps := leaves(u.Recorded, u.Derived); u.Derived != nil && len(ps) > 0 {
			field, is, ought = ps[0].path, ps[0].is, ps[0].ought
		}
		t, _ := h.At(u.Version)
		c.add(History, NotDerived, field, u.Version, NoRepair, Facts{Is: is, Ought: ought, By: t.By, Action: t.Action, At: t.At, Run: t.Run, Event: t.Event})
	}
	if n := len(c.Entries); n > 0 && c.Entries[n-1].Version > h.Version() && (h.Ended == "" || h.Ended == "continued") {
		c.add(History, WorkflowBehind, "version", h.Version(), CatchUp, Facts{Is: number(h.Version()), Ought: number(c.Entries[n-1].Version)})
	}
}

// leafOf is what the Merkle log holds of an entry.
func leafOf(hash []byte) []byte {
	sum := sha256.Sum256(slices.Concat([]byte("\x00koko/audit/1\x00"), hash))
	return sum[:]
}

// entryAt compares what the audit, the history and the Merkle log say of one version.
func (c *comparison) entryAt(v int) {
	e, recorded := c.entry(v)
	t, told := c.transition(v)
	repair := NoRepair
	if told {
		repair = RestoreEntry
	}
	if !recorded {
		c.touched[v] = true
		c.add(Audit, EntryMissing, "", v, repair, decided(t))
		return
	}
	leaf, logged := c.Leaves[v]
	sound, proved := bytes.Equal(e.Hash, e.Computed), logged && bytes.Equal(leaf, leafOf(e.Hash))
	var ps []leafDiffers
	if told {
		ps = against(e, t, c.Kind)
	}
	prior, _ := c.entry(v - 1)
	switch {
	case len(ps) > 0 && sound && (proved || !c.sound && !logged):
		for _, p := range ps {
			c.add(History, HistoryDiffers, p.path, v, NoRepair, Facts{Is: p.ought, Ought: p.is, Run: t.Run, Event: t.Event})
		}
		return
	case len(ps) > 0:
		for _, p := range ps {
			f := c.since(v, p.path)
			f.Is, f.Ought = p.is, p.ought
			c.add(Audit, EntryDiffers, p.path, v, repair, f)
		}
	case !sound:
		c.add(Audit, EntryUnsound, "hash", v, repair, decided(t))
	case logged && !proved:
		c.add(Log, LeafDiffers, "hash", v, repair, decided(t))
	case !bytes.Equal(e.PriorHash, prior.Hash) && !c.touched[v-1]:
		c.add(Audit, ChainBroken, "prior_hash", v, repair, decided(t))
	default:
		return
	}
	c.touched[v] = true
}

func decided(t audit.Transition) Facts {
	return Facts{By: t.By, Action: t.Action, At: t.At, Since: t.Version, Run: t.Run, Event: t.Event}
}

// against lists in what an entry is not what the history says.
func against(e Entry, t audit.Transition, k process.Kind) (ps []leafDiffers) {
	differs := func(field string, is, ought any) {
		a, _ := json.Marshal(is)
		b, _ := json.Marshal(ought)
		if !bytes.Equal(a, b) {
			ps = append(ps, leafDiffers{field, a, b})
		}
	}
	differs("kind", e.Kind, k)
	differs("ags", e.AGS, t.AGS)
	differs("command_id", e.CommandID, t.CommandID)
	differs("action", e.Action, t.Action)
	differs("actor", e.By, t.By)
	differs("at", e.At.UTC(), t.At.UTC())
	differs("digest", e.Digest, t.Digest)
	docs, err := json.Marshal(t.Docs)
	if err != nil || len(t.Docs) == 0 {
		docs = []byte("[]")
	}
	ps = append(ps, named("docs", leaves(e.Docs, docs))...)
	if raw := leaves(e.State, t.Raw); len(raw) > 0 && !bytes.Equal(normal(k, e.State), t.State) {
		ps = append(ps, named("state", raw)...)
	}
	return ps
}

// record compares the row with what was decided last.
func (c *comparison) record() {
	want := c.want()
	if want == nil {
		if c.Row != nil {
			c.add(Record, FieldDiffers, "version", 0, NoRepair, Facts{})
		}
		return
	}
	if c.Row == nil {
		t, _ := c.transition(c.decidedLast())
		c.add(Record, RecordMissing, "", c.decidedLast(), RestoreRecord, decided(t))
		return
	}
	state, _ := json.Marshal(c.Row["state"])
	if v, behind := c.stoodAt(state); behind {
		f := c.since(c.decidedLast(), "version")
		f.Is, f.Ought = number(v), number(c.decidedLast())
		c.add(Record, FieldDiffers, "version", c.decidedLast(), RestoreRecord, f)
		return
	}
	seen := map[string]bool{}
	differs := func(field string, is, ought json.RawMessage) {
		if seen[field] {
			return
		}
		seen[field] = true
		f := c.since(c.decidedLast(), field)
		f.Is, f.Ought = is, ought
		c.add(Record, FieldDiffers, field, c.decidedLast(), RestoreRecord, f)
	}
	for _, p := range leaves(state, want) {
		differs(p.path, p.is, p.ought)
	}
	for _, p := range columns(c.Kind, c.Row, want) {
		differs(p.path, p.is, p.ought)
	}
}

// stoodAt reports whether the record is whole, but an earlier version of it.
func (c *comparison) stoodAt(state json.RawMessage) (version int, behind bool) {
	n, err := strconv.Atoi(fmt.Sprint(c.Row["version"]))
	e, recorded := c.entry(n)
	if err != nil || !recorded || n >= c.decidedLast() || len(leaves(state, e.State)) > 0 || len(columns(c.Kind, c.Row, e.State)) > 0 {
		return 0, false
	}
	return n, true
}

// decidedLast is the version that the record ought to have: a leaf alone says nothing of a state.
func (c *comparison) decidedLast() (v int) {
	if n := len(c.Entries); n > 0 {
		v = c.Entries[n-1].Version
	}
	if c.History != nil {
		v = max(v, c.History.Version())
	}
	return v
}

// want is the state that the record ought to have: an entry that is as it was, or what the history says.
func (c *comparison) want() json.RawMessage {
	v := c.decidedLast()
	e, recorded := c.entry(v)
	if t, told := c.transition(v); told && (!recorded || c.touched[v]) {
		return t.Raw
	}
	if recorded {
		return e.State
	}
	return nil
}

// inState is where a state has what a column or an entry shows; empty: nowhere, it is the version's own.
func inState(k process.Kind, field string) string {
	if k == process.KindCohort && field == "stage" {
		return field
	}
	if path, ok := strings.CutPrefix(field, "state."); ok {
		return path
	}
	if path, ok := map[string]string{
		"urgency": "clearing.urgency", "stage": "escalation.stage", "reference": "signal.reference", "reporter": "signal.by", "team": "", "due_at": "",
		"cohorts": "", "assessors": "attempts", "curriculum": "terms.curriculum", "curriculum_version": "terms.version", "paused": "pause",
		"begins": "dates", "ends": "dates", "free": "", "state": "", "version": "", "changed": "",
		"kind": "", "command_id": "", "action": "", "actor": "", "at": "", "digest": "", "hash": "", "prior_hash": "",
	}[field]; ok {
		return path
	}
	if strings.HasPrefix(field, "docs") {
		return ""
	}
	return field
}

// since is who decided what the history has at a path, and when.
func (c *comparison) since(version int, path string) Facts {
	t, ok := c.transition(version)
	if !ok {
		return Facts{}
	}
	path = inState(c.Kind, path)
	value := at(t.Raw, path)
	for path != "" {
		before, ok := c.transition(t.Version - 1)
		if !ok || !bytes.Equal(at(before.Raw, path), value) {
			break
		}
		t = before
	}
	if c.Kind == process.KindCase && slices.Contains(conflict.Confidential(), t.Action) {
		return Facts{}
	}
	return decided(t)
}

func (c *comparison) documents() {
	for _, d := range c.Documents {
		if c.touched[d.Version] {
			continue // what the entry says of it is not what was decided
		}
		switch {
		case !d.Stored:
			c.add(Document, DocumentMissing, d.ID, d.Version, NoRepair, c.since(d.Version, ""))
		case !d.Same:
			c.add(Document, DocumentDiffers, d.ID, d.Version, NoRepair, c.since(d.Version, ""))
		default:
			repair := NoRepair
			if _, told := c.transition(d.Version); told {
				repair = RestoreEntry
			}
			c.add(Document, DocumentUnlinked, d.ID, d.Version, repair, c.since(d.Version, ""))
		}
	}
}
