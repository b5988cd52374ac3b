package file

// A Lang is a language of the house.
type Lang string

// The languages.
const (
	German  Lang = "de"
	English Lang = "en"
)

func (Lang) Values() []Lang { return []Lang{German, English} }

// A Label is what something is called, or a sentence, in German and in English.
type Label struct{ DE, EN string }

// In is l in one language.
func (l Label) In(lang Lang) string {
	if lang == English {
		return l.EN
	}
	return l.DE
}

// A Vocabulary is what people call the parts of a kind of file, and how they tell what happens to one.
// Nothing in it names a person.
type Vocabulary struct {
	Fields []Field                     // in the order in which a person would tell of them
	Values map[string]map[string]Label // the sets that fields are written as, and their values
	Phases map[string]PhaseWords
	Round  string // the field that counts how often a file was begun; empty: it is begun once

	Tellings  map[Action][]Telling // the last one of each says nothing of the state
	Veiled    Label                // what is said of work that is confidential (§4 MediationsG)
	Deadlines map[string]DeadlineWords
	Notices   map[string]Label // what people were notified of, as the end of a sentence
	Told      map[string]Label // what they are told themselves, as a sentence: it is read where no right to the file is asked

	Rules    map[string]Label // what refuses, as the reason that a person would give
	Attempts map[Action]Label // what somebody tried, as the infinitive of a sentence: commands and acts
	Reads    map[Action]Label // what was read, as a sentence
}

// A Field is a place in the state of a file: what it is called, and how its value is written.
type Field struct {
	Path   string // names of JSON joined by dots; the fields of a list's elements follow the list's own
	DE, EN string
	As     string // one of the forms below, or a set of values; empty: as it stands
	Of     Kind   // it holds the id of a file of that kind, which is written as its reference
	Each   Label  // of a list: an element, {path} standing for a part of it; empty: part by part
	Later  bool   // a file begins with a value that nobody has chosen: it is told when it changes
}

// The forms that a value is written in.
const (
	AsHidden = "-"      // not at all, nor what lies below: stamps, ids and what follows from the rest
	AsPhase  = "phase"  // as a phase of the kind
	AsList   = "list"   // each element as a whole
	AsDate   = "date"   // as a day
	AsTime   = "time"   // as a day and a time of day
	AsPerson = "person" // as the subject of a person, for the caller to name
)

// Label is what the field is called.
func (f Field) Label() Label { return Label{f.DE, f.EN} }

// PhaseWords are what is said of a phase.
type PhaseWords struct {
	Name    Label
	Arrival Label // the sentence for a file that comes to it
}

// A Telling is a sentence for an action, and when it fits. When is conditions joined by " & ", each a
// path that must be there, !path that must not, or path=value. In the sentence, {path} stands for the
// value there; a telling without one of its values does not fit. In both, was:path looks at the state
// before, -1 is the last element of a list and list.+ the one that it has gained or changed.
type Telling struct {
	When   string
	DE, EN string
}

// Label is the sentence.
func (t Telling) Label() Label { return Label{t.DE, t.EN} }

// DeadlineWords are what is said of a kind of deadline.
type DeadlineWords struct {
	What    Label    // what is expected
	Passed  Label    // the sentence for one that has passed
	Entry   Label    // the line of a calendar that shows it; empty: calendars do not
	Met     []Action // what keeps it
	Reminds bool     // whether nothing was missed when it passes
}

// NameOf is what people call the file with that id, as far as the id alone says it; else the id.
func (d *Definition) NameOf(id string) string {
	if name := d.reference(d.fresh(id, "")); name != "" {
		return name
	}
	return id
}
