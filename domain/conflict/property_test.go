package conflict_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/domain/conflict"
	"koko/domain/file"
	"koko/internal/casetest"
)

// scramble makes some parts of a command wrong: texts, numbers, lists, also where no client could. Words
// were taken out before anything decides.
func scramble(t *rapid.T, v reflect.Value) {
	if file.IsWords(v.Type()) {
		return
	}
	if rapid.IntRange(0, 11).Draw(t, "spoil") == 0 {
		spoil(t, v)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			scramble(t, v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.AppendSlice(reflect.Zero(v.Type()), v)) // a copy: commands share their parts
		for i := range v.Len() {
			scramble(t, v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			p := reflect.New(v.Type().Elem())
			p.Elem().Set(v.Elem())
			scramble(t, p.Elem())
			v.Set(p)
		}
	}
}

func spoil(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{garbage, "", garbage + "\x00\n", "2026-02-31", "9999-12-31"}).Draw(t, "text"))
	case reflect.Int:
		v.SetInt(rapid.SampledFrom([]int64{-1, 0, 1, 9, 10, 1 << 40}).Draw(t, "number"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "flag"))
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, "length")
		if n == 0 {
			v.SetZero()
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
	case reflect.Pointer:
		v.SetZero()
	}
}

// spoiled is cmd after scramble.
func spoiled(t *rapid.T, cmd file.Command) file.Command {
	v := reflect.New(reflect.TypeOf(cmd)).Elem()
	v.Set(reflect.ValueOf(cmd))
	scramble(t, v)
	return v.Interface().(file.Command)
}

// TestAnythingInAnyOrder sends well-formed and wrong commands by several people, in any order.
func TestAnythingInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &casetest.Maker{Salt: "any"}
		type state struct {
			conflict.Case
			json string
		}
		history := []state{{fresh, asJSON(t, fresh)}}
		ahead := rapid.IntRange(0, len(m.Way())).Draw(t, "ahead") // so that late phases are met as often as early ones
		way := m.Way()[:ahead]
		now := at
		for i := range ahead + rapid.IntRange(1, 25).Draw(t, "steps") {
			c := history[len(history)-1].Case
			by := rapid.SampledFrom(people).Draw(t, "by")
			cmds := append(alphabet(m), file.DeadlinePassed{})
			if d, ok := file.NextDeadline(c); ok {
				cmds = append(cmds, file.DeadlinePassed{Deadline: d})
			}
			cmd := rapid.SampledFrom(cmds).Draw(t, "command")
			if rapid.Bool().Draw(t, "garbage") {
				cmd = spoiled(t, cmd)
			}
			if i < len(way) {
				by, cmd = way[i].By, way[i].Command
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours")) * time.Hour)

			next, err := c.Decide(cmd, by, now)
			require.Equal(t, history[len(history)-1].json, asJSON(t, c), "the case decided on stays as it is")
			if err != nil {
				require.Equal(t, conflict.Case{}, next)
				requireFault(t, err, cmd)
				continue
			}
			requireOwned(t, c, next, cmd)
			var decoded conflict.Case
			require.NoError(t, json.Unmarshal([]byte(asJSON(t, next)), &decoded))
			require.Equal(t, next, decoded, "a state survives the engine and the record")
			history = append(history, state{next, asJSON(t, next)})
			_, err = c.Decide(cmd, by, now.Add(time.Minute)) // somebody else decides on the same case
			require.NoError(t, err)
		}
		for _, s := range history {
			require.Equal(t, s.json, asJSON(t, s.Case), "no later decision reached into an earlier state")
		}
	})
}
