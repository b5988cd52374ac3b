package reconcile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// leafDiffers is a place where two values differ.
type leafDiffers struct {
	path      string
	is, ought json.RawMessage
	veiled    bool
	follows   bool                                        // no history tells it: it follows from the rest
	of        func(state json.RawMessage) json.RawMessage // what a state has there; nil: nothing
}

// most is how many places of one value are told: beyond that it is another value.
const most = 12

// leaves lists where two JSON values differ, whatever the order of their names.
func leaves(is, ought json.RawMessage) (ps []leafDiffers) {
	walk("", decode(is), decode(ought), &ps)
	return ps[:min(len(ps), most)]
}

func decode(raw json.RawMessage) (v any) {
	if len(raw) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return string(raw)
	}
	return v
}

func walk(path string, is, ought any, ps *[]leafDiffers) {
	switch a := is.(type) {
	case map[string]any:
		if b, ok := ought.(map[string]any); ok {
			names := slices.Sorted(maps.Keys(a))
			for name := range b {
				if _, both := a[name]; !both {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			for _, name := range names {
				walk(strings.TrimPrefix(path+"."+name, "."), a[name], b[name], ps)
			}
			return
		}
	case []any:
		if b, ok := ought.([]any); ok && len(a) == len(b) {
			for i := range a {
				walk(fmt.Sprintf("%s[%d]", path, i), a[i], b[i], ps)
			}
			return
		}
	}
	x, y := encode(is), encode(ought)
	if !bytes.Equal(x, y) {
		*ps = append(*ps, leafDiffers{path: path, is: x, ought: y})
	}
}

func encode(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

// named puts the places of a value below a name.
func named(name string, ps []leafDiffers) []leafDiffers {
	for i, p := range ps {
		if p.path != "" && !strings.HasPrefix(p.path, "[") {
			p.path = "." + p.path
		}
		ps[i].path = name + p.path
	}
	return ps
}

// at is the value at a path as leaves writes it, as JSON; the whole at an empty one.
func at(raw json.RawMessage, path string) json.RawMessage {
	v := decode(raw)
	if path == "" {
		return encode(v)
	}
	for name := range strings.SplitSeq(path, ".") {
		name, index, _ := strings.Cut(name, "[")
		if m, ok := v.(map[string]any); ok {
			v = m[name]
		} else {
			return nil
		}
		for part := range strings.SplitSeq(strings.TrimSuffix(index, "]"), "][") {
			i, err := strconv.Atoi(part)
			if err != nil {
				continue
			}
			list, ok := v.([]any)
			if !ok || i >= len(list) {
				return nil
			}
			v = list[i]
		}
	}
	return encode(v)
}

func number(n int) json.RawMessage { return json.RawMessage(strconv.Itoa(n)) }
