package file_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/fault"
	"koko/domain/file"
)

// A letter is a command with words of every sort.
type letter struct {
	Where  file.Compartment `json:"where"`
	Title  file.Words       `json:"title,omitzero" in:"open"`
	Text   file.Words       `json:"text,omitzero" in:"{where}"`
	Media  string           `json:"media" in:"open"`
	Lines  []line           `json:"lines,omitempty"`
	Part   part             `json:"part"`
	Sender string           `json:"sender" grant:"clerk,head"`
	To     []string         `json:"to" grant:"citizen@town"`
	Town   string           `json:"town"`
	file.Docs
}

type line struct {
	ID   string     `json:"id"`
	Who  file.Words `json:"who,omitzero" in:"closed"`
	Note file.Words `json:"note,omitzero" in:"open" as:"notes.{id}"`
}

type part struct {
	Place file.Words `json:"place,omitzero" in:"open"`
}

func (letter) Action() file.Action { return "letter" }
func (letter) Check() error        { return nil }

func (l letter) Prepare() (file.Command, error) {
	if l.Text == "" {
		return nil, file.Invalid("text", "required", "no text", "write one")
	}
	l.Where = "closed"
	return l, nil
}

func TestWordsAreTakenOutOfACommand(t *testing.T) {
	said := letter{
		Where: "closed", Title: "a", Text: "b", Media: "text/plain", Part: part{"c"}, Town: "x",
		Lines: []line{{"l1", "d", "e"}, {"l2", " \n", "f"}},
	}
	bare, words := file.Take(said)
	require.Equal(t, file.Prose{
		"open":   {"title": "a", "media": "text/plain", "part.place": "c", "notes.l1": "e", "notes.l2": "f"},
		"closed": {"text": "b", "lines.l1.who": "d"},
	}, words, "what says nothing is no word")
	require.Equal(t, letter{Where: "closed", Media: "text/plain", Town: "x", Lines: []line{{ID: "l1"}, {ID: "l2"}}}, bare)
	require.Equal(t, file.Words("d"), said.Lines[0].Who, "the caller keeps theirs")
	_, err := file.Write(bare)
	require.NoError(t, err)

	again, none := file.Take(use{N: 2})
	require.Equal(t, use{N: 2}, again)
	require.Empty(t, none)
}

func TestWordsRefuseToBeMarshalled(t *testing.T) {
	for _, cmd := range []letter{{Title: "a"}, {Lines: []line{{Who: "a"}}}, {Part: part{"a"}}} {
		_, err := file.Write(cmd)
		require.ErrorContains(t, err, "never marshalled")
	}
	b, err := json.Marshal(file.Words(""))
	require.NoError(t, err)
	require.JSONEq(t, `""`, string(b))
}

func TestACommandIsCompletedFromItsWords(t *testing.T) {
	done, err := file.Prepare(letter{Text: "a"})
	require.NoError(t, err)
	require.Equal(t, letter{Text: "a", Where: "closed"}, done)
	_, err = file.Prepare(letter{})
	require.Equal(t, "required", fault.Of(err).Rule)
	done, err = file.Prepare(use{N: 1})
	require.NoError(t, err)
	require.Equal(t, use{N: 1}, done)
}

func TestACommandRefersToTheDocumentsWithItsWords(t *testing.T) {
	docs := []file.Doc{{ID: "d", Action: "letter"}}
	was := letter{Town: "x"}
	require.Equal(t, letter{Town: "x", Docs: file.Docs{Docs: docs}}, file.WithDocs(was, docs))
	require.Empty(t, was.References())
}

func TestWhoIsNamedNeedsAGrant(t *testing.T) {
	require.Equal(t, []file.Named{
		{Field: "sender", Subject: "p-1", Roles: []string{"clerk", "head"}},
		{Field: "to[0]", Subject: "p-2", Roles: []string{"citizen"}, Where: "05999002"},
		{Field: "to[2]", Subject: "p-3", Roles: []string{"citizen"}, Where: "05999002"},
	}, file.People(letter{Sender: "p-1", To: []string{"p-2", "", "p-3"}, Town: "05999002"}))
	require.Empty(t, file.People(letter{}), "nobody is named")
	require.Empty(t, file.People(use{}))
}

func TestWhatAClientSendsIsReadWithItsWords(t *testing.T) {
	for _, body := range [][]byte{nil, {}, []byte("{}")} {
		cmd, err := kind.ReadCommand("use", body)
		require.NoError(t, err)
		require.Equal(t, use{}, cmd)
	}
	_, err := kind.ReadCommand("odd", nil)
	require.Equal(t, "unknown_action", fault.Of(err).Rule)
	_, err = kind.ReadCommand("use", []byte("["))
	require.Equal(t, "form", fault.Of(err).Rule)
}
