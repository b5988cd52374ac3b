package reconcile

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"koko/domain/file"
	"koko/internal/evidence/history"
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
	row := about(e)
	for i := range c.found {
		d := &c.found[i]
		d.Kind, d.FileID, d.AGS, d.Reference, d.places, d.ties = e.Kind.Kind, e.ID, row.AGS, row.Reference, row.Places, row.Ties
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

// add notes a difference. What belongs to a veiled decision is veiled wherever it differs, but for the
// record, which tells of no single decision.
func (c *comparison) add(part Part, what What, field string, version int, r Repair, f Facts) {
	if part != Record && c.veils(version) {
		c.addVeiled(part, what, version, r, f)
		return
	}
	c.note(Difference{Part: part, What: what, Field: field, Version: version, Repair: r, Facts: f})
}

// addVeiled says where something differs, and nothing of it.
func (c *comparison) addVeiled(part Part, what What, version int, r Repair, f Facts) {
	c.note(Difference{Part: part, What: what, Field: VeiledField, Version: version, Repair: r, Facts: Facts{Run: f.Run}})
}

// place adds a difference at a place.
func (c *comparison) place(part Part, what What, p leafDiffers, version int, r Repair, f Facts) {
	if p.veiled {
		c.addVeiled(part, what, version, r, f)
		return
	}
	c.add(part, what, p.path, version, r, f)
}

func (c *comparison) note(d Difference) {
	if !slices.ContainsFunc(c.found, func(o Difference) bool {
		return o.Part == d.Part && o.What == d.What && o.Field == d.Field && o.Version == d.Version
	}) {
		c.found = append(c.found, d)
	}
}

// veils reports whether the decision that led to a version is veiled, as its entry or the history has it.
func (c *comparison) veils(version int) bool {
	if e, ok := c.entry(version); ok && (e.Veil != "" || c.Kind.Veil(e.Action, e.docs()) != "") {
		return true
	}
	t, ok := c.transition(version)
	return ok && c.Kind.Veil(t.Action, t.Docs) != ""
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
		if f.What == history.Lost && f.Version == h.Start {
			short = true
			continue
		}
		if f.What == history.Gap && slices.ContainsFunc(c.Restarts, func(v int) bool { return v >= f.Version }) {
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
		var at leafDiffers
		if ps := states(c.Kind, u.Recorded, u.Derived); u.Derived != nil && len(ps) > 0 {
			at = ps[0]
		}
		t, _ := h.At(u.Version)
		c.place(History, NotDerived, at, u.Version, NoRepair, Facts{
			Is: at.is, Ought: at.ought, By: t.By, Action: t.Action, At: t.At, Run: t.Run, Event: t.Event,
		})
	}
	if n := len(c.Entries); n > 0 && c.Entries[n-1].Version > h.Version() && (h.Ended == "" || h.Ended == "continued") {
		c.add(History, WorkflowBehind, "version", h.Version(), CatchUp, Facts{Is: number(h.Version()), Ought: number(c.Entries[n-1].Version)})
	}
}

// leafOf returns what the Merkle log holds of an entry.
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
		c.add(Audit, EntryMissing, "", v, repair, c.decided(v))
		return
	}
	leaf, logged := c.Leaves[v]
	sound, proved := bytes.Equal(e.Hash, e.Computed), logged && bytes.Equal(leaf, leafOf(e.Hash))
	var ps []leafDiffers
	if told {
		ps = against(e, t, c.Kind)
	} else {
		ps = within(e, c.Kind)
	}
	prior, _ := c.entry(v - 1)
	switch {
	case told && len(ps) > 0 && sound && (proved || !c.sound && !logged):
		for _, p := range ps {
			if p.follows {
				c.place(Audit, EntryDiffers, p, v, NoRepair, Facts{Is: p.is, Ought: p.ought})
				continue
			}
			c.place(History, HistoryDiffers, p, v, NoRepair, Facts{Is: p.ought, Ought: p.is, Run: t.Run, Event: t.Event})
		}
		return
	case len(ps) > 0:
		for _, p := range ps {
			f := c.since(v, p.of)
			f.Is, f.Ought = p.is, p.ought
			c.place(Audit, EntryDiffers, p, v, repair, f)
		}
	case !sound:
		c.add(Audit, EntryUnsound, "hash", v, repair, c.decided(v))
	case logged && !proved:
		c.add(Log, LeafDiffers, "hash", v, repair, c.decided(v))
	case !bytes.Equal(e.PriorHash, prior.Hash) && !c.touched[v-1]:
		c.add(Audit, ChainBroken, "prior_hash", v, repair, c.decided(v))
	default:
		return
	}
	c.touched[v] = true
}

// decided returns who decided a version, and when; nothing if that is veiled.
func (c *comparison) decided(version int) Facts {
	t, ok := c.transition(version)
	if !ok || c.veils(version) {
		return Facts{}
	}
	return Facts{By: t.By, Action: t.Action, At: t.At, Since: t.Version, Run: t.Run, Event: t.Event}
}

// against lists in what an entry is not what the history says.
func against(e Entry, t history.Transition, k *file.Definition) []leafDiffers {
	var c contrast
	c.differs("kind", e.Kind, k.Kind)
	c.differs("ags", e.AGS, t.AGS)
	c.differs("command_id", e.CommandID, t.CommandID)
	c.differs("action", e.Action, t.Action)
	c.differs("actor", e.By, t.By)
	c.differs("at", e.At.UTC(), t.At.UTC())
	c.differs("digest", e.Digest, t.Digest)
	c.differs("salt", e.Salt, t.Salt)
	docs, err := json.Marshal(t.Docs)
	if err != nil || len(t.Docs) == 0 {
		docs = []byte("[]")
	}
	c = append(c, named("docs", leaves(e.Docs, docs))...)
	if ps := states(k, e.State, t.Raw); len(ps) > 0 && !bytes.Equal(normal(k, e.State), t.State) {
		c = append(c, named("state", ps)...)
	}
	c.follows(e, k, t.Raw, k.Veil(t.Action, t.Docs))
	return c
}

// within lists in what an entry contradicts itself: what it has beside its state follows from that.
func within(e Entry, k *file.Definition) []leafDiffers {
	var c contrast
	c.differs("kind", e.Kind, k.Kind)
	c.follows(e, k, e.State, k.Veil(e.Action, e.docs()))
	return c
}

// contrast is in what two things differ.
type contrast []leafDiffers

func (c *contrast) differs(field string, is, ought any) {
	if a, b := encode(is), encode(ought); len(leaves(a, b)) > 0 {
		*c = append(*c, leafDiffers{path: field, is: a, ought: b})
	}
}

// follows compares what an entry has beside its state with what follows from a state and from what was decided.
func (c *contrast) follows(e Entry, k *file.Definition, state json.RawMessage, veil string) {
	row, ok := rowOf(k, state)
	if !ok {
		*c = append(*c, leafDiffers{path: "state", veiled: len(k.Veils()) > 0})
		return
	}
	was := len(*c)
	c.differs("phase", e.Phase, row["phase"])
	c.differs("places", ordered(encode(e.Places)), ordered(encode(row["places"])))
	c.differs("ties", ordered(encode(e.Ties)), ordered(encode(row["ties"])))
	for i := range (*c)[was:] {
		p := &(*c)[was+i]
		p.of = inRow(k, p.path)
	}
	c.differs("veil", e.Veil, veil)
	c.differs("confided", e.Confided, row["confided"])
	for i := range (*c)[was:] {
		(*c)[was+i].follows = true
	}
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
		c.add(Record, RecordMissing, "", c.decidedLast(), RestoreRecord, c.decided(c.decidedLast()))
		return
	}
	state, _ := json.Marshal(c.Row["state"])
	if v, behind := c.stoodAt(state); behind {
		f := c.decided(c.decidedLast())
		f.Is, f.Ought = number(v), number(c.decidedLast())
		c.add(Record, FieldDiffers, "version", c.decidedLast(), RestoreRecord, f)
		return
	}
	seen := map[string]bool{}
	for _, p := range append(states(c.Kind, state, want), columns(c.Kind, c.Row, want)...) {
		if seen[p.path] {
			continue
		}
		seen[p.path] = true
		f := c.since(c.decidedLast(), p.of)
		f.Is, f.Ought = p.is, p.ought
		c.place(Record, FieldDiffers, p, c.decidedLast(), RestoreRecord, f)
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

// since is who decided what the history has at a place up to a version, and when: of, what a state has
// there. Without it, it is the version's own.
func (c *comparison) since(version int, of func(json.RawMessage) json.RawMessage) Facts {
	t, ok := c.transition(version)
	if !ok {
		return Facts{}
	}
	for of != nil {
		before, ok := c.transition(t.Version - 1)
		if !ok || !bytes.Equal(of(before.Raw), of(t.Raw)) {
			break
		}
		t = before
	}
	return c.decided(t.Version)
}

func (c *comparison) documents() {
	for _, d := range c.Documents {
		if c.touched[d.Version] {
			continue // what the entry says of it is not what was decided
		}
		switch {
		case !d.Stored:
			c.add(Document, DocumentMissing, d.ID, d.Version, NoRepair, c.decided(d.Version))
		case !d.Same:
			c.add(Document, DocumentDiffers, d.ID, d.Version, NoRepair, c.decided(d.Version))
		case d.Linked && !d.Keyed:
			c.add(Document, DocumentKeyless, d.ID, d.Version, NoRepair, c.decided(d.Version))
		default:
			repair := NoRepair
			if _, told := c.transition(d.Version); told {
				repair = RestoreEntry
			}
			c.add(Document, DocumentUnlinked, d.ID, d.Version, repair, c.decided(d.Version))
		}
	}
}
