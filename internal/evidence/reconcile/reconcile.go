// Package reconcile compares what the engine's histories, the records and the audit say of each file,
// tells what differs in plain language, and puts back what was lost or changed.
package reconcile

import (
	"encoding/json"
	"time"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/internal/evidence/history"
)

// A Part is where something differs.
type Part string

// The parts.
const (
	Record   Part = "record"
	Audit    Part = "audit"
	History  Part = "history"
	Document Part = "document"
	Log      Part = "log"
)

func (Part) Values() []Part { return []Part{Record, Audit, History, Document, Log} }

// A What names what is wrong.
type What string

// What may be wrong.
const (
	FieldDiffers     What = "field_differs"     // of the record, from what was decided
	RecordMissing    What = "record_missing"    //
	EntryMissing     What = "entry_missing"     // of the audit
	EntryDiffers     What = "entry_differs"     // from what the history says
	EntryUnsound     What = "entry_unsound"     // its hash is not that of what it says
	ChainBroken      What = "chain_broken"      // it does not follow the entry before
	LeafDiffers      What = "leaf_differs"      // the Merkle log has another hash
	WorkflowMissing  What = "workflow_missing"  // nobody decides on the file any more
	WorkflowBehind   What = "workflow_behind"   // it does not know of what was recorded
	HistoryShort     What = "history_short"     // it does not go back to the beginning
	HistoryDamaged   What = "history_damaged"   //
	HistoryDiffers   What = "history_differs"   // from an entry that the Merkle log proves
	NotDerived       What = "not_derived"       // the same rules do not decide it again
	DocumentMissing  What = "document_missing"  //
	DocumentDiffers  What = "document_differs"  // its digest is not what the decision says
	DocumentUnlinked What = "document_unlinked" // nothing ties it to its decision
	DocumentKeyless  What = "document_keyless"  // the key of its compartment is lost
	FileLost         What = "file_lost"         // the Merkle log alone knows it
	LogBroken        What = "log_broken"        // a chain that belongs to no file
	SchemaDiffers    What = "schema_differs"    // a function, policy, trigger, right or the like is not as KoKo made it
)

// Whats lists what may be wrong.
func Whats() []What {
	return []What{
		FieldDiffers, RecordMissing, EntryMissing, EntryDiffers, EntryUnsound, ChainBroken, LeafDiffers, WorkflowMissing, WorkflowBehind,
		HistoryShort, HistoryDamaged, HistoryDiffers, NotDerived, DocumentMissing, DocumentDiffers, DocumentUnlinked,
		DocumentKeyless, FileLost, LogBroken, SchemaDiffers,
	}
}

// A Repair is what two people may have done about a difference.
type Repair string

// The repairs. None of them writes anything that was not decided.
const (
	RestoreRecord   Repair = "restore_record"
	RestoreEntry    Repair = "restore_entry"
	CatchUp         Repair = "catch_up"
	RestartWorkflow Repair = "restart_workflow"
	NoRepair        Repair = "none" // a backup may help
)

func (Repair) Values() []Repair {
	return []Repair{RestoreRecord, RestoreEntry, CatchUp, RestartWorkflow, NoRepair}
}

// VeiledField takes the place of whatever is veiled, a field or all that an entry says: what differs
// there, and how, is known to those alone who may lift the veil (§4 MediationsG).
const VeiledField = "veiled"

// A Difference is one thing that is not as it was decided.
type Difference struct {
	Kind      file.Kind `json:"kind"`
	FileID    string    `json:"file_id"`
	AGS       ags.Key   `json:"ags"`
	Reference string    `json:"reference"`
	Part      Part      `json:"part"`
	What      What      `json:"what"`
	Field     string    `json:"field"`
	Version   int       `json:"version"`
	Repair    Repair    `json:"repair"`
	Facts     Facts     `json:"facts"`

	places ags.Area // where the file lies and who is tied to it: for whom it exists
	ties   []string
}

// Facts are what a difference rests on. They hold nothing veiled.
type Facts struct {
	Is     json.RawMessage `json:"is,omitempty"`     // what is there
	Ought  json.RawMessage `json:"ought,omitempty"`  // what ought to be there
	By     string          `json:"by,omitempty"`     // who decided it
	Action file.Action     `json:"action,omitempty"` // with which command
	At     time.Time       `json:"at,omitzero"`
	Since  int             `json:"since,omitempty"` // the version that it holds since
	Run    string          `json:"run,omitempty"`
	Event  int64           `json:"event,omitempty"`
}

// Evidence is all that is known of one file.
type Evidence struct {
	Kind      *file.Definition
	ID        string
	Row       map[string]any // of the record, by column; nil: there is none
	Entries   []Entry        // of the audit, by version
	Documents []BrokenDocument
	Leaves    map[int][]byte // that the Merkle log has, or will have, by version
	History   *history.File  // nil: nobody has any
	Restarts  []int          // versions from which two people had the workflow begun anew
}

// An Entry is one of the audit.
type Entry struct {
	Kind      file.Kind
	Version   int
	AGS       ags.Key
	Phase     string
	Places    ags.Area
	Ties      []string
	CommandID string
	Action    file.Action
	By        string
	At        time.Time
	Digest    string
	Veil      string
	Confided  bool
	Docs      json.RawMessage
	State     json.RawMessage
	Salt      string
	PriorHash []byte
	Hash      []byte
	Computed  []byte // the hash of what the entry says
}

// docs are the documents that the entry refers to.
func (e Entry) docs() (docs []file.Doc) {
	if json.Unmarshal(e.Docs, &docs) != nil {
		return nil // what it says of them is told as a difference
	}
	return docs
}

// A BrokenDocument is one that an entry refers to, and what of it does not hold.
type BrokenDocument struct {
	Version              int
	ID                   string
	Stored, Same, Linked bool
	Keyed                bool // whether the key of its compartment is there, or was destroyed in time
}

func (e Evidence) entry(version int) (Entry, bool) {
	for _, x := range e.Entries {
		if x.Version == version {
			return x, true
		}
	}
	return Entry{}, false
}

func (e Evidence) transition(version int) (history.Transition, bool) {
	if e.History == nil {
		return history.Transition{}, false
	}
	return e.History.At(version)
}

// last is the highest version that anybody knows.
func (e Evidence) last() (v int) {
	if n := len(e.Entries); n > 0 {
		v = e.Entries[n-1].Version
	}
	if e.History != nil {
		v = max(v, e.History.Version())
	}
	for leaf := range e.Leaves {
		v = max(v, leaf)
	}
	return v
}
