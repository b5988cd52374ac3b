package api

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"koko/api/files"
	"koko/api/wire"
	facts "koko/db/reference"
	"koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
)

// accepts decodes an example as the API does and asks the domain.
func accepts(f *files.Kind, a file.Action, example []byte) error {
	cmd, err := f.Def.Command(a, example)
	if err != nil {
		return err
	}
	if cmd, err = file.Prepare(cmd); err != nil {
		return err
	}
	if st, starts := cmd.(file.Starter); starts {
		cmd = st.Without("3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11")
	}
	bare, words := file.Take(completed(cmd))
	return f.Def.Check(file.WithDocs(bare, f.DocumentsOf(words, a, "example")))
}

// completed is a command with what the API adds of the record.
func completed(cmd file.Command) file.Command {
	const code = "K7Q2-M3XW-9TRA-VB4F"
	terms := facts.Curricula()[0].Terms()
	switch c := cmd.(type) {
	case file.Move:
		return c.On(calendar.New("05999001", time.Now(), calendar.WorkdayEnds))
	case enrolment.Apply:
		c.Terms, c.Closes = terms, time.Now()
		return c
	case enrolment.AdoptCurriculum:
		c.Terms = terms
		return c
	case enrolment.Certify:
		c.Code = code
		return c
	case enrolment.ConfirmAttendance:
		c.Code = code
		return c
	case enrolment.ReissueCertificate:
		c.Code = code
		return c
	case cohort.PlanCohort:
		c.Terms = terms
		return c
	}
	return cmd
}

// TestEveryExampleIsAccepted: what the reference shows can be sent as it stands.
func TestEveryExampleIsAccepted(t *testing.T) {
	t.Parallel()
	s := newServer(Options{Log: slog.New(slog.DiscardHandler)})
	doc := s.operations(http.NewServeMux(), "test").OpenAPI()
	var shown, given []string
	for _, op := range wire.OperationsOf(doc) {
		if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil { // a file has no example
			continue
		}
		content := op.RequestBody.Content["application/json"]
		example, err := json.Marshal(content.Example)
		require.NoError(t, err)
		var decoded any
		require.NoError(t, json.Unmarshal(example, &decoded))
		found := &huma.ValidateResult{}
		huma.Validate(doc.Components.Schemas, content.Schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, decoded, found)
		require.Empty(t, found.Errors, "%s: %s", op.OperationID, example)
		for _, f := range s.files.Kinds {
			if !strings.HasPrefix(op.Path, "/api/v1/"+f.Def.Plural) {
				continue
			}
			for _, c := range f.Def.Commands() {
				if op.OperationID == strings.ReplaceAll(string(c.Action), "_", "-") {
					require.NoError(t, accepts(f, c.Action, example), "%s: %s", op.OperationID, example)
					shown = append(shown, string(c.Action))
				}
			}
		}
	}
	for _, f := range s.files.Kinds {
		given = append(given, f.Def.Given()...)
	}
	require.ElementsMatch(t, given, shown)
}
