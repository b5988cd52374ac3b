package file

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// Words are free text or a name in a command. They never enter a history: they are taken out of the
// command and sealed as documents, and the type refuses to be marshalled. Tags of the field say where
// they go:
//
//	in:"case"              the compartment; in:"{compartment}" the one that another field of the command names
//	as:"dates.{id}.place"  what the document calls them, if not like the field; {id} is another field's value
//
// Words in the elements of a list are called list.id.field, after the element's own id.
type Words string

// MarshalJSON refuses words.
func (w Words) MarshalJSON() ([]byte, error) {
	if w == "" {
		return []byte(`""`), nil
	}
	return nil, errors.New("file: words are sealed as a document, never marshalled")
}

// Prose is the words of one command: by compartment, then by what the document calls them.
type Prose map[Compartment]map[string]string

// prepared is a command some of whose facts follow from its words.
type prepared interface {
	// Prepare returns the command with those facts, or why the words are wrong.
	Prepare() (Command, error)
}

// Prepare completes a command with the facts that follow from its words.
func Prepare(cmd Command) (Command, error) {
	if p, ok := cmd.(prepared); ok {
		return p.Prepare()
	}
	return cmd, nil
}

// Take takes the words out of a command.
func Take(cmd Command) (bare Command, words Prose) {
	v := reflect.New(reflect.TypeOf(cmd)).Elem()
	v.Set(reflect.ValueOf(cmd))
	words = Prose{}
	words.take(v, "")
	return v.Interface().(Command), words
}

// WithDocs is a command that refers to the documents with its words.
func WithDocs(cmd Command, docs []Doc) Command {
	v := reflect.New(reflect.TypeOf(cmd)).Elem()
	v.Set(reflect.ValueOf(cmd))
	v.FieldByName("Docs").Set(reflect.ValueOf(Docs{docs}))
	return v.Interface().(Command)
}

var (
	wordsType = reflect.TypeFor[Words]()
	docsType  = reflect.TypeFor[Docs]()
)

// IsWords reports whether a field holds words.
func IsWords(t reflect.Type) bool { return t == wordsType }

// take moves the words of the struct v, whose fields are called after prefix.
func (p Prose) take(v reflect.Value, prefix string) {
	for i := range v.NumField() {
		f, field := v.Type().Field(i), v.Field(i)
		name := jsonName(f)
		switch {
		case f.Type == docsType || !f.IsExported():
		case f.Tag.Get("in") != "":
			called := prefix + name
			if as := f.Tag.Get("as"); as != "" {
				called = fillIn(as, v)
			}
			p.put(Compartment(fillIn(f.Tag.Get("in"), v)), called, field.String())
			if f.Type == wordsType {
				field.SetString("")
			}
		case f.Anonymous && f.Type.Kind() == reflect.Struct:
			p.take(field, prefix)
		case f.Type.Kind() == reflect.Struct:
			p.take(field, prefix+name+".")
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct && field.Len() > 0:
			own := reflect.MakeSlice(f.Type, field.Len(), field.Len()) // the caller keeps theirs
			reflect.Copy(own, field)
			for j := range own.Len() {
				p.take(own.Index(j), prefix+name+"."+fillIn("{id}", own.Index(j))+".")
			}
			field.Set(own)
		}
	}
}

func (p Prose) put(c Compartment, called, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	if p[c] == nil {
		p[c] = map[string]string{}
	}
	p[c][called] = text
}

// fillIn puts the values of fields of the struct v for their {names}.
func fillIn(pattern string, v reflect.Value) string {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Type.Kind() == reflect.String {
			pattern = strings.ReplaceAll(pattern, "{"+jsonName(f)+"}", v.Field(i).String())
		}
	}
	return pattern
}

// jsonName is what JSON calls a field.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// A Named person is one whom a command names. Whoever is named needs a grant.
type Named struct {
	Field   string
	Subject string
	Roles   []string // one of which they need
	Where   string   // the municipality; empty: that of the file
}

// People lists whom a command names: the fields with the tag
//
//	grant:"trainer"            the roles, separated by commas
//	grant:"line_manager@ags"       in the municipality that another field names
func People(cmd Command) (people []Named) {
	v := reflect.ValueOf(cmd)
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("grant")
		if tag == "" {
			continue
		}
		roles, where, _ := strings.Cut(tag, "@")
		if where != "" {
			where = fillIn("{"+where+"}", v)
		}
		name := jsonName(v.Type().Field(i))
		add := func(field, subject string) {
			if subject != "" {
				people = append(people, Named{field, subject, strings.Split(roles, ","), where})
			}
		}
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			add(name, f.String())
		case reflect.Slice:
			for j := range f.Len() {
				add(Index(name, j), f.Index(j).String())
			}
		}
	}
	return people
}

// ReadCommand reads a command of an action with its words, as a client sends it.
func (d *Definition) ReadCommand(a Action, body []byte) (Command, error) {
	if len(body) == 0 {
		body = json.RawMessage("{}")
	}
	return d.command(a, body)
}
