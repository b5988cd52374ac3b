// Package scenario reads and plays scripts: texts that say, step by step, who gives which command with which
// fields, and what is expected afterwards. The same script is played through any door: over HTTP, through the
// engine, or straight on the rules.
//
//	about: A signal is triaged
//	kind: case
//	after: plain-way            # goes on from another script of the folder,
//	through: report_signal      # through one of its steps; without it, through all
//	steps:
//	  - clearing: assign        # who does what
//	    day: 2                  # the same day as the step before, if it is left out
//	    with:                   # the fields, as the API has them
//	      assignee: !person caseworker
//	    phase: detection        # expected then, as all that follows
//	    open: [triage]          # to whoever took the step; others may be open too
//
//	  - clearing: decide_mandate
//	    with: {granted: false, decided_on: !day 2, commissioner: Amt, reason: Es ist nichts.}
//	    refused: triage         # the rule
//
// With "on: work", for example, a step is on the latest working file that began because of a step before. What that tells
// the script's own file arrives before the next step.
//
// In fields, !person is who plays a part, !day the date of a day counted from 1, and !bytes the content of a
// document in plain text. What the workflows do by themselves, such as to begin a file, is done by system.
package scenario

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/kinds"
)

//go:embed scripts
var scripts embed.FS

// A Script is the way of one file.
type Script struct {
	Name  string // of its text, as errors have it
	About string
	Kind  *file.Definition
	In    ags.Key // the municipality; empty: whoever plays it chooses
	Steps []Step
}

// A Step is one line of a script. The parts that people play are called as the script likes.
type Step struct {
	Who     string
	Action  file.Action
	Kind    *file.Definition // of the file that it is on: the script's own, or one that began because of an earlier step
	Day     int              // when it is done, counted from 1; only some doors can choose the day
	Phase   string           // in which the file is afterwards; empty: nothing is expected
	Open    []file.Action    // some of what is open afterwards to whoever took the step
	Refused string           // the rule that refuses it; empty: it is carried out

	at   string // file and line
	with *yaml.Node
}

// A Cast says who plays which part, and when.
type Cast struct {
	People map[string]string // the subjects, by part
	Begins time.Time         // day 1
}

func (c Cast) on(day int) time.Time { return c.Begins.AddDate(0, 0, day-1) }

func (c Cast) person(part string) (string, error) {
	if part == file.System {
		return part, nil
	}
	subject, ok := c.People[part]
	if !ok {
		return "", fmt.Errorf("nobody plays %q", part)
	}
	return subject, nil
}

// Load reads one of the scripts of this package, such as "case/plain-way".
func Load(name string) (*Script, error) { return Read(scripts, path.Join("scripts", name+".yaml")) }

// Read reads a script and the one that it goes on from.
func Read(from fs.FS, name string) (*Script, error) {
	raw, err := fs.ReadFile(from, name)
	if err != nil {
		return nil, err
	}
	var text struct {
		About   string
		Kind    file.Kind
		In      ags.Key
		After   string      // the script that goes before
		Through file.Action // the last step of it, at first sight; empty: all of it
		Steps   []yaml.Node
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&text); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := &Script{Name: name, About: text.About, In: text.In}
	var ok bool
	if s.Kind, ok = kinds.Of(text.Kind); !ok {
		return nil, fmt.Errorf("%s: there is no kind %q", name, text.Kind)
	}
	if text.After != "" {
		before, err := Read(from, path.Join(path.Dir(name), text.After+".yaml"))
		if err != nil {
			return nil, err
		}
		if s.Steps, err = before.Through(text.Through); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	for i := range text.Steps {
		if err := s.add(&text.Steps[i]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Through lists the steps up to the first one that takes action a; empty: all of them.
func (s *Script) Through(a file.Action) ([]Step, error) {
	if a == "" {
		return slices.Clone(s.Steps), nil
	}
	i := s.index(a)
	if i < 0 {
		return nil, fmt.Errorf("%s takes no action %q", s.Name, a)
	}
	return slices.Clone(s.Steps[:i+1]), nil
}

// First is the first step that takes action a.
func (s *Script) First(a file.Action) (Step, bool) {
	i := s.index(a)
	if i < 0 {
		return Step{}, false
	}
	return s.Steps[i], true
}

func (s *Script) index(a file.Action) int {
	return slices.IndexFunc(s.Steps, func(st Step) bool { return st.Action == a })
}

// add reads the next step.
func (s *Script) add(n *yaml.Node) error {
	st := Step{at: fmt.Sprintf("%s:%d", s.Name, n.Line), Day: 1, Kind: s.Kind}
	if len(s.Steps) > 0 {
		st.Day = s.Steps[len(s.Steps)-1].Day
	}
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return fmt.Errorf("%s: a step begins with who does what, such as \"reporter: report_signal\"", st.at)
	}
	st.Who, st.Action = n.Content[0].Value, file.Action(n.Content[1].Value)
	for i := 2; i < len(n.Content); i += 2 {
		if err := st.read(n.Content[i].Value, n.Content[i+1]); err != nil {
			return fmt.Errorf("%s:%d: %w", s.Name, n.Content[i].Line, err)
		}
	}
	if err := s.check(st); err != nil {
		return fmt.Errorf("%s: %w", st.at, err)
	}
	s.Steps = append(s.Steps, st)
	return nil
}

// read reads what a step says beside who does what.
func (st *Step) read(key string, n *yaml.Node) error {
	switch key {
	case "with":
		st.with = n
		return nil
	case "on":
		var ok bool
		if st.Kind, ok = kinds.Of(file.Kind(n.Value)); !ok {
			return fmt.Errorf("there is no kind %q", n.Value)
		}
		return nil
	case "day":
		before := st.Day
		if err := n.Decode(&st.Day); err != nil {
			return err
		}
		if st.Day < before {
			return fmt.Errorf("day %d is over on day %d", st.Day, before)
		}
		return nil
	case "phase":
		return n.Decode(&st.Phase)
	case "open":
		return n.Decode(&st.Open)
	case "refused":
		return n.Decode(&st.Refused)
	default:
		return fmt.Errorf("a step says nothing of %q: with, on, day, phase, open, refused", key)
	}
}

// check refuses what no door could make sense of.
func (s *Script) check(st Step) error {
	known, people := st.Kind.Given(), st.Open
	if st.Who != file.System {
		people = append([]file.Action{st.Action}, people...)
	} else if c, ok := st.Kind.CommandOf(st.Action); !ok || !c.Own {
		return fmt.Errorf("a %s does not %q by itself", st.Kind.Kind, st.Action)
	}
	for _, a := range people {
		if !slices.Contains(known, string(a)) {
			return fmt.Errorf("people give no command %q on a %s", a, st.Kind.Kind)
		}
	}
	if st.Phase != "" && !slices.Contains(st.Kind.Phases, st.Phase) {
		return fmt.Errorf("a %s is never in phase %q", st.Kind.Kind, st.Phase)
	}
	if st.Refused != "" && (st.Phase != "" || st.Open != nil) {
		return errors.New("what is refused changes nothing: expect the rest of the step before")
	}
	body, err := st.fields(nil)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	spec, _ := st.Kind.CommandOf(st.Action)
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(reflect.New(spec.Type).Interface()); err != nil {
		return fmt.Errorf("%s: %w", st.Action, err)
	}
	return nil
}

// Body is what the step says of its command, as JSON has it, with people and days filled in.
func (st Step) Body(c Cast) (map[string]any, error) {
	body, err := st.fields(&c)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %s: %w", st.at, st.Who, st.Action, err)
	}
	return body, nil
}

func (st Step) fields(c *Cast) (map[string]any, error) {
	if st.with == nil {
		return map[string]any{}, nil
	}
	v, err := value(st.with, c)
	if err != nil {
		return nil, err
	}
	body, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("line %d: these are no fields", st.with.Line)
	}
	return body, nil
}

// value is what a node stands for. Without a cast, people and days stand for themselves.
func value(n *yaml.Node, c *Cast) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		all := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			name := n.Content[i].Value
			if _, twice := all[name]; twice {
				return nil, fmt.Errorf("line %d: %s is said twice", n.Content[i].Line, name)
			}
			v, err := value(n.Content[i+1], c)
			if err != nil {
				return nil, err
			}
			all[name] = v
		}
		return all, nil
	case yaml.SequenceNode:
		all := []any{}
		for _, e := range n.Content {
			v, err := value(e, c)
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		return all, nil
	case yaml.AliasNode:
		return value(n.Alias, c)
	default:
		v, err := scalar(n, c)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n.Line, err)
		}
		return v, nil
	}
}

// scalar is a single value. YAML has tags for what a text stands for: ours are !person, !day and !bytes.
func scalar(n *yaml.Node, c *Cast) (v any, err error) {
	switch tag := n.ShortTag(); tag {
	case "!person":
		if c == nil {
			return n.Value, nil
		}
		return c.person(n.Value)
	case "!day":
		var day int
		if _, err := fmt.Sscan(n.Value, &day); err != nil {
			return nil, fmt.Errorf("%q is no number of a day", n.Value)
		}
		if c == nil {
			return n.Value, nil
		}
		return string(file.DateOf(c.on(day))), nil
	case "!bytes":
		return []byte(n.Value), nil
	case "!!str", "!!timestamp": // a date is a text, as in JSON
		return n.Value, nil
	default:
		if !strings.HasPrefix(tag, "!!") {
			return nil, fmt.Errorf("there is no tag %s: !person, !day, !bytes", tag)
		}
		err = n.Decode(&v)
		return v, err
	}
}
