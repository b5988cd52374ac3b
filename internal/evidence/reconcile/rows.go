package reconcile

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"koko/db"
	"koko/domain/file"
)

// normal is a state as its type writes it today.
func normal(k *file.Definition, state json.RawMessage) json.RawMessage {
	s, err := k.Decode(state)
	if err != nil {
		return nil
	}
	return encode(s)
}

// states lists where two states differ, and which of these places are veiled.
func states(k *file.Definition, is, ought json.RawMessage) []leafDiffers {
	ps := leaves(is, ought)
	if len(ps) == 0 {
		return nil
	}
	v := veilOver(k, is, ought)
	for i, p := range ps {
		ps[i].veiled = v.hides(p.path)
		ps[i].of = func(state json.RawMessage) json.RawMessage { return at(state, p.path) }
	}
	return ps
}

// A veil knows which places of two states are veiled.
type veil struct {
	none  bool // the kind veils nothing
	sides []veiledState
}

// A veiledState is a state, as it stands and as far as everybody sees it who may read the file.
type veiledState struct{ raw, whole, shown json.RawMessage }

func veilOver(k *file.Definition, states ...json.RawMessage) veil {
	v := veil{none: len(k.Veils()) == 0}
	for _, raw := range states {
		side := veiledState{raw: raw}
		if s, err := k.Decode(raw); err == nil {
			side.whole, side.shown = encode(s), encode(k.Unveiled(s))
		}
		v.sides = append(v.sides, side)
	}
	return v
}

// hides reports whether there is something at a path that not everybody sees. What no state can hold is
// seen by nobody.
func (v veil) hides(path string) bool {
	if v.none {
		return false
	}
	shown := slices.ContainsFunc(v.sides, func(s veiledState) bool { return at(s.shown, path) != nil })
	for _, s := range v.sides {
		switch whole := at(s.whole, path); {
		case at(s.raw, path) == nil:
		case whole == nil && !shown, whole != nil && !bytes.Equal(whole, at(s.shown, path)):
			return true
		}
	}
	return false
}

// sets are the columns whose order says nothing.
var sets = map[string]bool{"places": true, "ties": true}

// columns lists which columns of a row are not what follows from a state.
func columns(k *file.Definition, row map[string]any, state json.RawMessage) (ps []leafDiffers) {
	want, ok := rowOf(k, state)
	if !ok {
		return []leafDiffers{{path: "state", veiled: len(k.Veils()) > 0}}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if sameTime(row[name], want[name]) {
			continue
		}
		is, ought := encode(row[name]), encode(want[name])
		if sets[name] && len(leaves(ordered(is), ordered(ought))) > 0 {
			ps = append(ps, leafDiffers{path: name, is: is, ought: ought, of: inRow(k, name)})
		}
		if sets[name] {
			continue
		}
		for _, p := range named(name, leaves(is, ought)) {
			facet, _, _ := strings.Cut(strings.TrimPrefix(p.path, "facets."), "[")
			p.veiled = name == "facets" && veiledFacet(k, facet)
			p.of = inRow(k, p.path)
			ps = append(ps, p)
		}
	}
	return ps
}

// inRow is what follows from a state at a place of its row.
func inRow(k *file.Definition, path string) func(json.RawMessage) json.RawMessage {
	return func(state json.RawMessage) json.RawMessage {
		row, ok := rowOf(k, state)
		if !ok {
			return nil
		}
		return at(encode(row), path)
	}
}

// veiledFacet reports whether only those who may lift a veil see a facet.
func veiledFacet(k *file.Definition, name string) bool {
	for _, f := range k.Facets() {
		if f.Name == name {
			return len(f.Acts) > 0 && !slices.ContainsFunc(f.Acts, func(act string) bool { return !slices.Contains(k.Veils(), act) })
		}
	}
	return false
}

// sameTime compares times as exactly as a column keeps them.
func sameTime(is, ought any) bool {
	var want time.Time
	switch t := ought.(type) {
	case time.Time:
		want = t
	case *time.Time:
		if t == nil {
			return is == nil
		}
		want = *t
	default:
		return false
	}
	text, _ := is.(string)
	got, err := time.Parse(time.RFC3339Nano, text)
	return err == nil && got.Sub(want).Abs() <= time.Microsecond
}

// rowOf is the row that follows from a state, by column, but for the state itself.
func rowOf(k *file.Definition, state json.RawMessage) (map[string]any, bool) {
	s, err := k.Decode(state)
	if err != nil {
		return nil, false
	}
	r, err := k.Row(s)
	if err != nil {
		return nil, false
	}
	p := db.SaveFileParamsOf(r, nil)
	return map[string]any{
		"id": p.ID, "kind": p.Kind, "ags": p.AGS, "places": p.Places, "reference": p.Reference, "phase": p.Phase, "over": p.Over, "ties": p.Ties,
		"facets": p.Facets, "once": p.Once, "due_at": p.DueAt, "opened": p.Opened, "changed": p.Changed, "version": p.Version,
		"confided": p.Confided,
	}, true
}

// ordered is a list in the order of what it holds, each once; anything else as it is.
func ordered(list json.RawMessage) json.RawMessage {
	var texts []json.RawMessage
	if json.Unmarshal(list, &texts) != nil {
		return list
	}
	compare := func(a, b json.RawMessage) int { return bytes.Compare(a, b) }
	slices.SortFunc(texts, compare)
	texts = slices.CompactFunc(texts, func(a, b json.RawMessage) bool { return compare(a, b) == 0 })
	return encode(append([]json.RawMessage{}, texts...))
}

// about is where a file lies, what people call it and who is tied to it, as it was decided last.
func about(e Evidence) file.Row {
	state := json.RawMessage(nil)
	if n := len(e.Entries); n > 0 {
		state = e.Entries[n-1].State
	}
	if e.History != nil && len(e.History.Transitions) > 0 {
		state = e.History.Transitions[len(e.History.Transitions)-1].Raw
	}
	if state == nil && e.Row != nil {
		state = encode(e.Row["state"])
	}
	decided, err := e.Kind.Decode(state)
	if err != nil {
		return file.Row{}
	}
	row, err := e.Kind.Row(decided)
	if err != nil {
		return file.Row{}
	}
	return row
}
