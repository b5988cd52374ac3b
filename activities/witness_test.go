package activities_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"koko/activities"
	"koko/internal/dbtest"
	"koko/internal/evidence/logbook"
	"koko/internal/evidence/witness"
)

func TestOneWhoContradictsFailsTheExchangeAndOneWhoIsAwayDoesNot(t *testing.T) {
	t.Parallel()
	r, at := dbtest.New(t), time.Now()
	file := dbtest.LedgerKeys(t, "koko.aachen.example/ledger", at)
	book := logbook.Book{Pool: r.Worker}
	_, err := logbook.Signer{Book: book, KeyFile: file}.Checkpoint(context.Background(), at)
	require.NoError(t, err)

	says := func(status int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	collect := func(peers ...witness.Peer) (answers []activities.WitnessAnswer, err error) {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestActivityEnvironment()
		a := &activities.Witnesses{Exchange: witness.Exchange{Book: book, Peers: peers, HTTP: http.DefaultClient}}
		env.RegisterActivity(a)
		got, err := env.ExecuteActivity(a.CollectCosignatures)
		if err == nil {
			require.NoError(t, got.Get(&answers))
		}
		return answers, err
	}
	peer := func(name, url string) witness.Peer {
		return witness.Peer{Name: name, URL: url, Ledger: witness.Published{Origin: name}, Witnesses: true}
	}
	away := peer("koko.bonn.example/ledger", "http://127.0.0.1:1")
	answers, err := collect(away)
	require.NoError(t, err)
	require.Equal(t, []activities.WitnessAnswer{{Witness: "koko.bonn.example/ledger", Outcome: witness.Silent, Size: 1}}, answers)

	_, err = collect(away, peer("koko.celle.example/ledger", says(http.StatusConflict, "7\n")))
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, activities.Contradiction, app.Type())
	require.True(t, app.NonRetryable())
	require.ErrorContains(t, err, "koko.celle.example/ledger")
	require.NotContains(t, err.Error(), "koko.bonn.example/ledger")
}
