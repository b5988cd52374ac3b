package api

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/wire"
	"koko/domain/fault"
	"koko/domain/file"
)

// A breach puts a value beyond a limit that a tag says into a struct.
type breach struct {
	path, limit string
	words       bool
	put         func(reflect.Value)
}

// breaches are one for each limit of the fields that clients send.
func breaches(t reflect.Type, path string, at func(reflect.Value) reflect.Value) (all []breach) {
	for i := range t.NumField() {
		f := t.Field(i)
		in := func(v reflect.Value) reflect.Value { return at(v).Field(i) }
		if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "" {
			if f.Type != reflect.TypeFor[file.Docs]() {
				all = append(all, breaches(f.Type, path, in)...)
			}
			continue
		}
		name := path + strings.Split(f.Tag.Get("json"), ",")[0]
		of, one := f.Type, in
		if of.Kind() == reflect.Pointer {
			of, one = of.Elem(), func(v reflect.Value) reflect.Value { return pointed(in(v)) }
		}
		if of.Kind() == reflect.Slice && of.Elem().Kind() != reflect.Uint8 {
			for _, tag := range []string{"minItems", "maxItems"} {
				if n, err := strconv.Atoi(f.Tag.Get(tag)); err == nil && (tag == "maxItems" || n > 1) {
					all = append(all, breach{name, tag, false, func(v reflect.Value) {
						in(v).Set(reflect.MakeSlice(f.Type, map[string]int{"minItems": n - 1, "maxItems": n + 1}[tag], n+1))
					}})
				}
			}
			of, name = of.Elem(), name+"[0]"
			list := one
			one = func(v reflect.Value) reflect.Value {
				l := list(v)
				own := reflect.MakeSlice(l.Type(), max(l.Len(), 1), max(l.Len(), 1)) // the example keeps its own
				reflect.Copy(own, l)
				l.Set(own)
				return own.Index(0)
			}
		}
		put := func(limit string, set func(reflect.Value)) {
			all = append(all, breach{name, limit, file.IsWords(of), func(v reflect.Value) { set(one(v)) }})
		}
		switch {
		case f.Tag.Get("own") != "":
		case of.Kind() == reflect.Struct:
			all = append(all, breaches(of, name+".", one)...)
		case of.Kind() == reflect.String:
			if n, err := strconv.Atoi(f.Tag.Get("maxLength")); err == nil {
				put("maxLength", func(v reflect.Value) { v.SetString(strings.Repeat("a", n+1)) })
			}
			if n, err := strconv.Atoi(f.Tag.Get("minLength")); err == nil && n > 1 {
				put("minLength", func(v reflect.Value) { v.SetString("a") })
			}
			if f.Tag.Get("pattern") != "" {
				put("pattern", func(v reflect.Value) { v.SetString("\x01") })
			}
			if file.ValuesOf(of) != nil {
				put("enum", func(v reflect.Value) { v.SetString("no such value") })
			}
		case of.Kind() == reflect.Int:
			if n, err := strconv.ParseInt(f.Tag.Get("maximum"), 10, 64); err == nil {
				put("maximum", func(v reflect.Value) { v.SetInt(n + 1) })
			}
			if n, err := strconv.ParseInt(f.Tag.Get("minimum"), 10, 64); err == nil {
				put("minimum", func(v reflect.Value) { v.SetInt(min(n-1, -1)) }) // 0 may mean that it is left out
			}
			if file.ValuesOf(of) != nil {
				put("enum", func(v reflect.Value) { v.SetInt(-77) })
			}
		}
	}
	return all
}

func pointed(v reflect.Value) reflect.Value {
	own := reflect.New(v.Type().Elem())
	if !v.IsNil() {
		own.Elem().Set(v.Elem())
	}
	v.Set(own)
	return own.Elem()
}

// TestNoLimitStandsInASchemaAlone: a command that did not come through the API is held to the limits of its fields, too.
func TestNoLimitStandsInASchemaAlone(t *testing.T) {
	t.Parallel()
	s := newServer(Options{Log: slog.New(slog.DiscardHandler)})
	doc := s.operations(http.NewServeMux(), "test").OpenAPI()
	tried := map[string]int{}
	for _, f := range s.files.Kinds {
		for _, c := range f.Def.Commands() {
			var whole file.Command
			for _, op := range wire.OperationsOf(doc) {
				if op.OperationID == strings.ReplaceAll(string(c.Action), "_", "-") && strings.HasPrefix(op.Path, "/api/v1/"+f.Def.Plural) {
					body, err := json.Marshal(op.RequestBody.Content["application/json"].Example)
					require.NoError(t, err)
					whole, err = f.Def.Command(c.Action, body)
					require.NoError(t, err)
				}
			}
			if whole == nil {
				continue // of workflows, which send what they were sent
			}
			require.NoError(t, f.Def.AsGiven(whole), c.Action)
			for _, b := range breaches(c.Type, "", func(v reflect.Value) reflect.Value { return v }) {
				tried[b.limit]++
				where := string(c.Action) + ": " + b.limit + " of " + b.path
				given := broken(whole, b)
				fault := fault.Of(f.Def.AsGiven(given))
				require.NotNil(t, fault, where)
				require.True(t, strings.HasPrefix(fault.Field, strings.TrimSuffix(b.path, "[0]")), "%s: %s", where, fault.Field)
				require.NotEmpty(t, fault.Rule, where)
				if b.words {
					continue // they were taken out: their documents are bounded where they are stored
				}
				prepared, err := file.Prepare(completed(whole))
				require.NoError(t, err)
				bare, words := file.Take(broken(prepared, b))
				require.Error(t, f.Def.Check(file.WithDocs(bare, f.DocumentsOf(words, c.Action, "example"))), where)
			}
		}
	}
	for _, limit := range []string{"maxLength", "pattern", "enum", "maximum", "minimum", "maxItems", "minItems"} {
		require.NotZero(t, tried[limit], limit)
	}
	t.Log(tried)
}

// broken is a copy of cmd with a value beyond a limit.
func broken(cmd file.Command, b breach) file.Command {
	v := reflect.New(reflect.TypeOf(cmd)).Elem()
	v.Set(reflect.ValueOf(cmd))
	b.put(v)
	return v.Interface().(file.Command)
}
