package file

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"koko/domain/ags"
	"koko/domain/calendar"
)

// A Definition is a Spec whose type of state is forgotten: what the house asks a kind of file. Its
// states are those of its own kind; others are a fault of the programmer and panic.
type Definition struct {
	About
	kind

	// What is computed by reflection, once.
	commandSpecs []CommandSpec
	lensSpecs    []LensSpec
	facetSpecs   []FacetSpec
}

// kind is what needs to know the type of the state.
type kind interface {
	fresh(id string, k ags.Key) State
	decode(b []byte) (State, error)
	decide(s State, cmd Command, by string, at time.Time) (State, error)
	command(a Action, raw []byte) (Command, error)
	check(cmd Command) error
	given(cmd Command) error
	commands() []CommandSpec
	options(s State, user string) []Option
	stretch(phase string) int
	places(s State) ags.Area
	ties(s State) []Tie
	facets(s State) map[string]any
	facetSpecsOf() []FacetSpec
	reference(s State) string
	once(s State) string
	unique() bool
	due(s State) *time.Time
	lenses() []LensSpec
	messages(before, after State) []Message
	notices(before, after State) []Notice
	certificates(s State) []Certificate
	detached(before, after State) []Detached
	covert(s State) (underWay, unannounced bool)
	hides() bool
	retention() map[string][]Compartment
	redate(s State, c calendar.Calendar) State
	charges() bool
	charge(s State, deadline string) Charge
}

// A CommandSpec is what the house knows of a command of a kind.
type CommandSpec struct {
	Action           Action
	Type             reflect.Type
	When             []string
	Own, Begins      bool
	Told             bool
	Bulky, Blind     bool
	Summary, Details string
	Veil             string
	VeiledBy         Compartment
}

// A LensSpec is a Lens whose type of state is forgotten.
type LensSpec struct {
	Name  string
	Acts  []string
	Show  func(State) any
	Mute  bool
	Still bool
	Type  reflect.Type // of what it shows
}

// A FacetSpec is a Facet whose type of state is forgotten.
type FacetSpec struct {
	Name, Doc             string
	Type                  reflect.Type
	Values                []string // of an enumeration
	Acts                  []string
	Person, Filter, Count bool
}

// Define forgets the type of the state. That words are destroyed is expected of a file like anything else,
// and reminds of nothing that anybody has to do.
func Define[S State](k *Spec[S]) *Definition {
	d := &Definition{About: k.About, kind: k, commandSpecs: k.commands(), lensSpecs: k.lenses(), facetSpecs: k.facetSpecsOf()}
	d.DeadlineKinds = slices.Concat(k.DeadlineKinds, k.retentions())
	d.Quiet = slices.Concat(k.Quiet, k.retentions())
	return d
}

// Fresh is a file that is not there yet.
func (d *Definition) Fresh(id string, k ags.Key) State { return d.fresh(id, k) }

// Decode reads a state.
func (d *Definition) Decode(b []byte) (State, error) {
	s, err := d.decode(b)
	if err != nil {
		return nil, fmt.Errorf("state of kind %s: %w", d.Kind, err)
	}
	return s, nil
}

// Decide returns s after cmd, or why cmd is refused: always a *fault.Error.
func (d *Definition) Decide(s State, cmd Command, by string, at time.Time) (State, error) {
	return d.decide(s, cmd, by, at)
}

// Command reads a command.
func (d *Definition) Command(a Action, raw []byte) (Command, error) { return d.command(a, raw) }

// Check refuses a command that is wrong whatever the state, its words taken out: see Command, and Limits.
func (d *Definition) Check(cmd Command) error { return d.check(cmd) }

// AsGiven refuses a command as a client gives it, with its words, for a value beyond the limits of its fields.
func (d *Definition) AsGiven(cmd Command) error { return d.given(cmd) }

// Commands lists the commands in the order of the process, the workflows' own included.
func (d *Definition) Commands() []CommandSpec { return d.commandSpecs }

// CommandOf is what is known of the command of an action.
func (d *Definition) CommandOf(a Action) (CommandSpec, bool) {
	if i := slices.IndexFunc(d.commandSpecs, func(c CommandSpec) bool { return c.Action == a }); i >= 0 {
		return d.commandSpecs[i], true
	}
	return CommandSpec{}, false
}

// First is the action that a file begins with.
func (d *Definition) First() Action {
	for _, c := range d.commandSpecs {
		if c.Begins {
			return c.Action
		}
	}
	panic("file: nothing begins a " + string(d.Kind))
}

// Options lists the actions of people with what the rules say to each.
func (d *Definition) Options(s State, user string) []Option { return d.options(s, user) }

// Stretch numbers the part of the process, and so the run, that a phase belongs to.
func (d *Definition) Stretch(phase string) int { return d.stretch(phase) }

// Ties lists what ties people to s.
func (d *Definition) Ties(s State) []Tie { return d.ties(s) }

// Lenses lists the lenses, the one that shows most first.
func (d *Definition) Lenses() []LensSpec { return d.lensSpecs }

// Facets lists what lists show, filter and count by.
func (d *Definition) Facets() []FacetSpec { return d.facetSpecs }

// Messages is what other files have to know of the step from before to after.
func (d *Definition) Messages(before, after State) []Message { return d.messages(before, after) }

// Notices is whom to tell about the step from before to after.
func (d *Definition) Notices(before, after State) []Notice {
	return append(d.notices(before, after), d.overdue(before, after)...)
}

// Certificates is what was issued to whom the file is about.
func (d *Definition) Certificates(s State) []Certificate { return d.certificates(s) }

// Detached is what a step leaves behind for numbers.
func (d *Definition) Detached(before, after State) []Detached { return d.detached(before, after) }

// Hides reports whether files of the kind hide among each other: Covert says which.
func (d *Definition) Hides() bool { return d.hides() }

// Covert says whether a file is under way, and whether nobody outside is told what it is.
func (d *Definition) Covert(s State) (underWay, unannounced bool) { return d.covert(s) }

// Retention says which compartments are destroyed when a deadline of a kind passes.
func (d *Definition) Retention() map[string][]Compartment { return d.retention() }

// Freely lists the acts of those who read compartments without a reason. None of them opens anything by itself.
func (d *Definition) Freely() []string {
	var acts []string
	for _, c := range d.Compartments {
		if c.Freely != "" {
			acts = append(acts, c.Freely)
		}
	}
	return acts
}

// Reading lists the acts that read a file, each once: what lenses, compartments and the history need, and
// the kind's own.
func (d *Definition) Reading() []string {
	var acts []string
	add := func(more ...string) {
		for _, a := range more {
			if !slices.Contains(acts, a) {
				acts = append(acts, a)
			}
		}
	}
	for _, l := range d.lensSpecs {
		add(l.Acts...)
	}
	for _, c := range d.Compartments {
		add(c.Act)
	}
	add(d.Acts...)
	add(d.History)
	return acts
}

// Given lists the actions of the commands that people give.
func (d *Definition) Given() []string {
	var acts []string
	for _, c := range d.commandSpecs {
		if !c.Own {
			acts = append(acts, string(c.Action))
		}
	}
	return acts
}

// A Row is what the record keeps of a file beside its state: all of it follows from the state.
type Row struct {
	Kind      Kind
	ID        string
	AGS       ags.Key
	Places    ags.Area // where it lies: its own municipality, and those that it is offered to
	Reference string
	Phase     string
	Over      bool // whether nothing is done any more, unless it is taken up again
	Ties      []string
	Facets    json.RawMessage
	Once      *string // the key that no other file may have
	Due       *time.Time
	Opened    time.Time
	Changed   time.Time
	Version   int
	Confided  bool // whether nobody but those who are tied to it learns that there is such a file
}

// Row is the row of s.
func (d *Definition) Row(s State) (Row, error) {
	h := s.Head()
	facets, err := json.Marshal(d.facets(s))
	if err != nil {
		return Row{}, fmt.Errorf("facets of %s %s: %w", d.Kind, h.ID, err)
	}
	r := Row{
		Kind:      d.Kind,
		ID:        h.ID,
		AGS:       h.AGS,
		Places:    ags.Area{h.AGS}.Merge(d.places(s)),
		Reference: d.reference(s),
		Phase:     h.Phase,
		Over:      slices.Contains(d.Over, h.Phase),
		Ties:      []string{},
		Facets:    facets,
		Due:       d.due(s),
		Opened:    h.Opened,
		Changed:   h.Changed,
		Version:   h.Version,
		Confided:  d.Confided(),
	}
	for _, t := range d.ties(s) {
		r.Ties = append(r.Ties, t.String())
	}
	if key := d.once(s); key != "" {
		key = string(d.Kind) + "/" + key
		r.Once = &key
	}
	slices.Sort(r.Ties)
	r.Ties = slices.Compact(r.Ties)
	return r, nil
}

// Veil is the act without which nobody learns of a decision of action a with those documents; empty:
// whoever may read the history does.
func (d *Definition) Veil(a Action, docs []Doc) string {
	c, _ := d.CommandOf(a)
	if c.Veil != "" {
		return c.Veil
	}
	if c.VeiledBy != "" && slices.ContainsFunc(docs, func(o Doc) bool { return o.Compartment == c.VeiledBy }) {
		return d.Compartment(c.VeiledBy).Act
	}
	return ""
}

// Unique reports whether files of the kind have a key that only one of them may have at a time.
func (d *Definition) Unique() bool { return d.unique() }

// VeilOf is the act without which nobody learns that act, a command or a way to read, was done or tried; empty:
// whoever may read the history does.
func (d *Definition) VeilOf(act string) string {
	if v := d.Veil(Action(act), nil); v != "" {
		return v
	}
	if slices.Contains(d.Veils(), act) {
		return act
	}
	return ""
}

// Veils lists the acts without which something of a file is veiled, each once.
func (d *Definition) Veils() []string {
	var acts []string
	add := func(act string) {
		if act != "" && !slices.Contains(acts, act) {
			acts = append(acts, act)
		}
	}
	for _, c := range d.commandSpecs {
		add(c.Veil)
	}
	for _, c := range d.Compartments {
		if c.Veiled {
			add(c.Act)
		}
	}
	return acts
}

// Secret returns the act without which nobody learns that there is a file of the kind; empty: its existence is no secret.
func (d *Definition) Secret() string { return d.VeilOf(string(d.First())) }

// Confided reports whether files of the kind are there for nobody but those who are tied to them: every act that reads
// one is veiled. What is recorded of them goes into the inner log.
func (d *Definition) Confided() bool {
	veils := d.Veils()
	return !slices.ContainsFunc(d.Reading(), func(act string) bool { return !slices.Contains(veils, act) })
}

// Unveiled shows as much of a state as somebody may see from whom everything veiled is hidden: through the
// first lens that needs none of the acts of veils.
func (d *Definition) Unveiled(s State) any {
	veils := d.Veils()
	for _, l := range d.lensSpecs {
		if !slices.ContainsFunc(l.Acts, func(a string) bool { return slices.Contains(veils, a) }) {
			return l.Show(s)
		}
	}
	return struct{}{}
}

// Veiling reports whether a state holds something veiled.
func (d *Definition) Veiling(s State) bool {
	whole, _ := json.Marshal(d.lensSpecs[0].Show(s)) // a state is always JSON
	shown, _ := json.Marshal(d.Unveiled(s))
	return len(d.Veils()) > 0 && !bytes.Equal(whole, shown)
}

// Compartment is what is known of a compartment.
func (a About) Compartment(c Compartment) CompartmentSpec {
	for _, s := range a.Compartments {
		if s.Name == c {
			return s
		}
	}
	return CompartmentSpec{}
}

// The methods of a Spec as a kind.

func (k *Spec[S]) fresh(id string, key ags.Key) State { return k.Fresh(id, key) }

func (k *Spec[S]) decode(b []byte) (State, error) {
	var s S
	//workflowcheck:ignore -- the same bytes are the same state, however the decoder caches its types
	err := json.Unmarshal(b, &s)
	return s, err
}

func (k *Spec[S]) decide(s State, cmd Command, by string, at time.Time) (State, error) {
	next, err := k.Decide(s.(S), cmd, by, at)
	if err != nil {
		return nil, err
	}
	return next, nil
}

func (k *Spec[S]) commands() []CommandSpec {
	cs := make([]CommandSpec, 0, len(k.Rules))
	for _, r := range k.Rules {
		cs = append(cs, CommandSpec{
			Action: r.Form.Action(), Type: r.Form.Type(), When: r.When, Own: r.Own, Begins: r.begins(), Told: r.Told, Bulky: r.Bulky, Blind: r.Blind,
			Summary: r.Summary, Details: r.Details, Veil: r.Veil, VeiledBy: r.VeiledBy,
		})
	}
	return cs
}

func (k *Spec[S]) options(s State, user string) []Option { return k.Options(s.(S), user) }

func (k *Spec[S]) stretch(phase string) int { return k.Stretch(phase) }

func (k *Spec[S]) places(s State) ags.Area {
	if k.Places == nil {
		return nil
	}
	return k.Places(s.(S))
}

func (k *Spec[S]) ties(s State) []Tie { return k.Ties(s.(S)) }

func (k *Spec[S]) facets(s State) map[string]any {
	all := map[string]any{}
	for _, f := range k.Facets {
		if v := reflect.ValueOf(f.Of(s.(S))); v.IsValid() && !v.IsZero() && (v.Kind() != reflect.Slice || v.Len() > 0) {
			all[f.Name] = v.Interface()
		}
	}
	return all
}

func (k *Spec[S]) facetSpecsOf() []FacetSpec {
	var fs []FacetSpec
	for _, f := range k.Facets {
		var none S
		of := reflect.TypeOf(f.Of(none))
		fs = append(fs, FacetSpec{f.Name, f.Doc, of, names(ValuesOf(of)), f.Acts, f.Person, f.Filter, f.Count})
	}
	return fs
}

func (k *Spec[S]) reference(s State) string {
	if k.Reference == nil {
		return ""
	}
	return k.Reference(s.(S))
}

func (k *Spec[S]) unique() bool { return k.Once != nil }

func (k *Spec[S]) once(s State) string {
	if k.Once == nil {
		return ""
	}
	return k.Once(s.(S))
}

func (k *Spec[S]) due(s State) *time.Time {
	quiet := slices.Concat(k.Quiet, k.retentions())
	for _, d := range s.Deadlines() {
		if !slices.Contains(quiet, d.Kind) {
			return &d.Due
		}
	}
	return nil
}

func (k *Spec[S]) lenses() []LensSpec {
	var ls []LensSpec
	for _, l := range k.Lenses {
		var none S
		ls = append(ls, LensSpec{l.Name, l.Acts, func(s State) any { return l.Show(s.(S)) }, l.Mute, l.Still, reflect.TypeOf(l.Show(none))})
	}
	return ls
}

func (k *Spec[S]) messages(before, after State) []Message {
	if k.Messages == nil {
		return nil
	}
	return k.Messages(before.(S), after.(S))
}

func (k *Spec[S]) notices(before, after State) []Notice {
	if k.Notices == nil {
		return nil
	}
	return k.Notices(before.(S), after.(S))
}

func (k *Spec[S]) detached(before, after State) []Detached {
	if k.Detached == nil {
		return nil
	}
	return k.Detached(before.(S), after.(S))
}

func (k *Spec[S]) hides() bool { return k.Covert != nil }

func (k *Spec[S]) covert(s State) (underWay, unannounced bool) { return k.Covert(s.(S)) }

func (k *Spec[S]) charges() bool { return k.Charge != nil }

func (k *Spec[S]) charge(s State, deadline string) Charge { return k.Charge(s.(S), deadline) }

func (k *Spec[S]) certificates(s State) []Certificate {
	if k.Certificates == nil {
		return nil
	}
	return k.Certificates(s.(S))
}
