package file_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/fault"
	"koko/domain/file"
)

func TestACommandThatIsWrittenIsReadAgain(t *testing.T) {
	docs := file.Docs{Docs: []file.Doc{{ID: "d", Action: "use", Compartment: "open", Digest: "x", Fields: []string{"why"}}}}
	for _, cmd := range []file.Command{take{Owner: "p-1", Docs: docs}, use{N: 3}, leave{}, file.DeadlinePassed{Deadline: due(1)}} {
		l, err := file.Write(cmd)
		require.NoError(t, err)
		require.Equal(t, cmd.Action(), l.Action)
		b, err := json.Marshal(l)
		require.NoError(t, err)
		var arrived file.Letter
		require.NoError(t, json.Unmarshal(b, &arrived))
		read, err := kind.Command(arrived.Action, arrived.Command)
		require.NoError(t, err)
		require.Equal(t, cmd, read)
		require.Equal(t, file.Digest(cmd), file.Digest(read))
	}
}

func TestACommandWithoutWordsMayBeLeftOut(t *testing.T) {
	for _, raw := range []string{"", " \n", "{}", "null"} {
		cmd, err := kind.Command("use", []byte(raw))
		require.NoError(t, err, raw)
		require.Equal(t, use{}, cmd)
	}
}

func TestWhatIsNoCommandIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		action file.Action
		raw    string
		rule   string
	}{
		"an action of no such kind": {"odd", "{}", "unknown_action"},
		"no action":                 {"", "{}", "unknown_action"},
		"no JSON":                   {"use", "{", "form"},
		"no object":                 {"use", "7", "form"},
		"a field of another type":   {"use", `{"n":"Ωmüll"}`, "form"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := kind.Command(tc.action, []byte(tc.raw))
			f := fault.Of(err)
			require.NotNil(t, f)
			require.Equal(t, []any{fault.Invalid, tc.rule}, []any{f.Code, f.Rule})
			require.NotEmpty(t, f.Remedy)
			require.NotContains(t, f.Message, "Ωmüll", "it quotes nothing of what was said")
		})
	}
	_, err := kind.Command(file.ActionDeadlinePassed, []byte("7"))
	require.Error(t, err)
}

func TestAFormKnowsItsActionAndType(t *testing.T) {
	f := file.Of[key](use{N: 5})
	require.Equal(t, file.Action("use"), f.Action())
	require.Equal(t, "use", f.Type().Name())
	read, err := kind.Command("use", []byte(`{}`))
	require.NoError(t, err)
	require.Equal(t, use{}, read, "a blank leaves nothing of itself")
}
