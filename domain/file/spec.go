package file

import (
	"slices"
	"time"

	"koko/domain/ags"
	"koko/domain/fault"
)

// About is what a kind of file says of itself in plain data.
type About struct {
	Kind     Kind   // "case": in ids, in the record and in problem texts
	Plural   string // "cases": in the paths of the API
	Workflow string // what the engine calls its workflows
	Label    Label
	Phases   []string // in the order of the process
	Over     []string // those in which nothing is done any more, unless the file is taken up again

	Relations    []RelationSpec
	Compartments []CompartmentSpec
	Acts         []string // ways to read one beside those that lenses, compartments and History name
	Elsewhere    []string // acts that are about the kind and not about one file
	History      string   // the act that reads its history
	Mine         Relation // the tie that makes one the caller's own
	Sort         string   // the facet, a time, by which lists are ordered unless something else is asked for; empty: by the last change
	Window       *Window  // when one is open for something; nil: there is no such time
	Title        Title    // where its title stands; empty: it has none
	Policy       string   // its rows of policy.csv
	Offered      []string // the acts that a row for everything also permits where a file is offered
	Roles        []RoleSpec
	Overseers    []string     // the roles that may know, as supervisors do, to whom notices went
	Twice        *fault.Error // what refuses a second file with the same key: see Spec.Once

	DeadlineKinds []string // what is expected of one
	Quiet         []string // the deadlines that only remind: nobody hears of them before they pass
	NoticeKinds   []string // what people are notified of
	Vocabulary    *Vocabulary
}

// A Window is the time in which a file is open for something: while it stands in one of the phases and the
// time that a facet says has not passed. Lists show it and can be narrowed to it, under its name.
type Window struct {
	Name, Doc string
	Phases    []string
	Facet     string
}

// A RoleSpec is a role that people have because files of a kind exist.
type RoleSpec struct {
	Name  string // as grants and the policy have it
	Title string // of somebody who has it: "a mediator"
	Label Label
	// Personal is set if it is about its holder, whom nobody substitutes in it.
	Personal bool
}

// A RelationSpec is a way in which people are tied to files of a kind, as a condition of the policy.
type RelationSpec struct {
	Name      Relation
	Rule      string   // the name of the refusal where the tie is missing; empty: no row can ask for it
	Remedy    string   // who can do what needs the tie
	Alone     bool     // whether nobody else can: the remedy names no further roles
	Everybody bool     // whether everybody has the tie
	Lacks     bool     // whether the remedy is those who may without the tie
	Barred    string   // of somebody who is not kept out by the tie: "did not write the analysis"
	Through   Relation // it holds through a file to which the person is tied that way: that file's id is the holder
	Offered   bool     // whether it holds in every municipality that the file is offered to
	Own       bool     // whether the file is the person's own affair: nobody is told of it in their place
}

// A CompartmentSpec is a part of a file's documents with keys and readers of its own.
type CompartmentSpec struct {
	Name      Compartment
	Act       string // that opens it
	Searched  bool   // whether words in it are found
	Sensitive bool   // whether each reading is recorded
	Freely    string // the act of those who read it without a reason, which others give; empty: nobody gives one
	Notice    Notice // of a reading with a reason by somebody who is no supervisor; empty: nobody hears of it
	Veiled    bool   // whether nobody else learns that it is read or written
}

// Title says where the title of a file stands.
type Title struct {
	Action      Action
	Compartment Compartment
	Acts        []string // any of them shows it
}

// A Rule says when a command is possible, and behind which gate.
type Rule[S State] struct {
	Form    Form[S]
	When    []string // the phases; "" is a file that is not there yet
	Gate    func(s S, by string) *fault.Error
	Own     bool // the workflows' own: no person gives it
	Told    bool // the workflows of other files give it, too
	Bulky   bool // whether it carries an attachment
	Blind   bool // whether people decide it without what else the file says: no version is compared
	Summary string
	Details string

	// Veil is the act without which nobody learns of the command (§4 MediationsG); with VeiledBy only if
	// one of its documents lies in that compartment.
	Veil     string
	VeiledBy Compartment
}

// A Lens is how much of a state somebody sees.
type Lens[S State] struct {
	Name string
	Acts []string      // all of which the reader needs
	Show func(s S) any // a struct whose fields are those of the state
	Mute bool          // without deadlines

	// Still says that nothing of what it shows moves with the file, and that there is no more for its reader: it is
	// always at its first version, no list has it, and what the house does with files is not done through it.
	Still bool
}

// A Facet is a fact of a file that lists show, filter and count by.
type Facet[S State] struct {
	Name   string
	Of     func(s S) any // a string, one of an Enumeration, a number, a bool, a time, or a list of strings; nil: it has none
	Doc    string
	Acts   []string // one of which the reader needs; none: whoever sees the file
	Person bool     // whether it is the subject of a person: "me" means the caller
	Filter bool     // whether lists filter by it
	Count  bool     // whether lists count by it
}

// A Spec is the whole of what the house knows of a kind of file with state S.
type Spec[S State] struct {
	About
	Rules []Rule[S]
	Fresh func(id string, k ags.Key) S // a file that is not there yet

	// Moving points to what every decision moves: the version, when it was recorded, and the deadlines
	// that were missed.
	Moving func(s *S) (version *int, changed *time.Time, passed *[]Deadline)
	// Settle moves what follows from the rest of the state; nil: nothing does.
	Settle func(s *S, at time.Time)
	// Missed is what follows from a deadline that has passed; nil: nothing but that it has.
	Missed func(s *S, d Deadline, by Stamp)
	// Charge says who has to do what a deadline expects; nil: what the kind itself notices is all that people hear.
	Charge func(s S, deadline string) Charge
	// Retention says how long words are kept. A kind that has one embeds Kept in its states, and its
	// Deadlines name it: see Retain.
	Retention []Retention[S]
	// Stretch numbers the part of the process that a phase belongs to: each is a run of the workflow.
	Stretch func(phase string) int

	// Once is a key that only one file of the kind may have at a time; empty: it has none.
	Once func(s S) string

	Places       func(s S) ags.Area // the municipalities that it is offered to; nil: its own alone
	Ties         func(s S) []Tie
	Facets       []Facet[S]
	Reference    func(s S) string // what people call it
	Lenses       []Lens[S]        // the one that shows most first
	Messages     func(before, after S) []Message
	Notices      func(before, after S) []Notice
	Certificates func(s S) []Certificate
	// Detached is what a step leaves behind for numbers; nil: nothing.
	Detached func(before, after S) []Detached
	// Covert says whether a file is under way, and whether nobody outside is told what it is: such files hide among each
	// other, and where they are few they do not. nil: nothing of the kind hides.
	Covert func(s S) (underWay, unannounced bool)
}

// CommandFor asks a file with state S to change.
type CommandFor[S State] interface {
	Command
	// Apply changes s, which has passed the command's rule, or refuses.
	Apply(s *S, by Stamp) *fault.Error
}

// Decide returns s after cmd, or why cmd is refused: always a *fault.Error. It never changes s.
func (k *Spec[S]) Decide(s S, cmd Command, by string, at time.Time) (S, error) {
	var none S
	if err := k.check(cmd); err != nil {
		return none, err
	}
	if f := k.closed(s, cmd.Action(), by); f != nil {
		return none, f
	}
	if f := unkept(s, compartmentsOf(cmd.References())); f != nil {
		return none, f
	}
	next, stamp := s, Stamp{By: by, At: at}
	var refused *fault.Error
	switch c := cmd.(type) {
	case DeadlinePassed:
		refused = k.pass(&next, c, stamp)
	case CommandFor[S]:
		refused = c.Apply(&next, stamp)
	default:
		refused = unknown(k.Kind, cmd.Action())
	}
	if refused != nil {
		return none, refused
	}
	version, changed, passed := k.Moving(&next)
	if *version == 0 {
		date(&next, next.Head(), at)
	}
	if k.Settle != nil {
		k.Settle(&next, at)
	}
	*version++
	*changed = at
	*passed = StillIn(next.Deadlines(), *passed)
	return next, nil
}

// pass notes that a deadline was missed, and what follows from that.
func (k *Spec[S]) pass(s *S, d DeadlinePassed, by Stamp) *fault.Error {
	_, _, passed := k.Moving(s)
	if next, ok := Next((*s).Deadlines(), *passed); !ok || next != d.Deadline || by.At.Before(next.Over()) {
		return fault.Newf(fault.Gate, "the deadline is not the next one, or not due").By("deadline", "nothing to do")
	}
	*passed = append(slices.Clone(*passed), d.Deadline)
	k.retain(s, d.Deadline, by.At)
	if k.Missed != nil {
		k.Missed(s, d.Deadline, Stamp{By: by.By, At: d.Deadline.Due}) // what follows is dated with the limit, whenever that was noted
	}
	return nil
}

// rule is the rule of an action, nil if the kind does not know it.
func (k *Spec[S]) rule(a Action) *Rule[S] {
	for i := range k.Rules {
		if k.Rules[i].Form.Action() == a {
			return &k.Rules[i]
		}
	}
	return nil
}

// closed says why somebody cannot take action a now, whatever the command says in detail.
func (k *Spec[S]) closed(s S, a Action, by string) *fault.Error {
	if a == ActionDeadlinePassed {
		return ownOnly(by)
	}
	r := k.rule(a)
	switch {
	case r == nil:
		return unknown(k.Kind, a)
	case !slices.Contains(r.When, s.Head().Phase):
		return fault.Newf(fault.Gate, "%s is not possible in phase %q", a, s.Head().Phase).By("phase", "possible in: "+join(r.When))
	case r.Own:
		if f := ownOnly(by); f != nil {
			return f
		}
	}
	if f := unkept(s, r.Form.needs); f != nil {
		return f
	}
	if r.Gate == nil {
		return nil
	}
	return r.Gate(s, by)
}

func unknown(k Kind, a Action) *fault.Error {
	return fault.Newf(fault.Invalid, "there is no action %q", a).By("unknown_action", "take one of the actions of the "+string(k))
}

// ownOnly keeps people from what the workflows do.
func ownOnly(by string) *fault.Error {
	if by == System {
		return nil
	}
	return fault.Newf(fault.Forbidden, "only the workflows do this").By("workflow_only", "nothing to do: it happens by itself")
}

func join(phases []string) string {
	s := ""
	for i, p := range phases {
		if i > 0 {
			s += ", "
		}
		if p == "" {
			p = "new"
		}
		s += p
	}
	return s
}

// Options lists every action of people with what the rules say to it if user took it next. What the
// user's role permits is another question: policies answers it.
func (k *Spec[S]) Options(s S, user string) []Option {
	var os []Option
	for _, r := range k.Rules {
		if !r.Own && !r.begins() {
			os = append(os, Option{Action: r.Form.Action(), Closed: k.closed(s, r.Form.Action(), user)})
		}
	}
	return os
}

// begins reports whether the command begins a file.
func (r Rule[S]) begins() bool { return slices.Equal(r.When, []string{""}) }

// All opens when every gate does.
func All[S State](gates ...func(S, string) *fault.Error) func(S, string) *fault.Error {
	return func(s S, by string) *fault.Error {
		for _, g := range gates {
			if f := g(s, by); f != nil {
				return f
			}
		}
		return nil
	}
}

// In names the phases in which a command is possible.
func In[P ~string](phases ...P) []string {
	names := make([]string, len(phases))
	for i, p := range phases {
		names[i] = string(p)
	}
	return names
}
