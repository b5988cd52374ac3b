package app

import (
	"bytes"
	"net/http/httptest"
	"regexp"
	"strconv"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"koko/internal/config"
	"koko/internal/payload"
	"koko/internal/vault"
	"koko/workflows"
)

func counted(t *testing.T) map[string]int {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(refused)
	w := httptest.NewRecorder()
	promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	n := map[string]int{}
	for _, m := range regexp.MustCompile(`koko_engine_refused_total\{reason="(\w+)"\} (\d+)`).FindAllStringSubmatch(w.Body.String(), -1) {
		var err error
		n[m[1]], err = strconv.Atoi(m[2])
		require.NoError(t, err)
	}
	return n
}

func codec(t *testing.T) *payload.Codec {
	t.Helper()
	raw, err := vault.Generate()
	require.NoError(t, err)
	master, err := vault.Parse(raw)
	require.NoError(t, err)
	return payload.New(master.Payloads())
}

// Of what is refused before it is recorded, nothing else remembers: the log and a count do, and neither says what it was.
func TestWhatIsRefusedByWayOfTheEngineIsLoggedAndCounted(t *testing.T) {
	before := counted(t)
	require.Len(t, before, 5, "each stands at zero before it happens")
	var log bytes.Buffer
	ours := codec(t)
	telling := ours.Telling(tellRefused(NewLogger(&log, config.Log{})))
	of := func(c *payload.Codec, id string) converter.PayloadCodec {
		return c.WithSerializationContext(converter.WorkflowSerializationContext{WorkflowID: id})
	}
	plain := &common.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`"Muster"`)}
	sealedBy := func(c converter.PayloadCodec) *common.Payload {
		ps, err := c.Encode([]*common.Payload{plain})
		require.NoError(t, err)
		return ps[0]
	}
	mine, other := "case-"+someFile, "case-"+otherFile
	for reason, p := range map[string]*common.Payload{
		"":        sealedBy(of(telling, mine)),
		"plain":   plain,
		"changed": sealedBy(of(ours, other)),
		"key":     sealedBy(of(codec(t), mine)),
	} {
		log.Reset()
		_, err := of(telling, mine).Decode([]*common.Payload{p})
		after := counted(t)
		if reason == "" {
			require.NoError(t, err)
			require.Equal(t, before, after)
			require.Empty(t, log.String())
			continue
		}
		require.Error(t, err)
		require.Equal(t, before[reason]+1, after[reason])
		require.Contains(t, log.String(), `"reason":"`+reason+`","workflow":"`+mine+`"`)
		require.NotContains(t, log.String(), "Muster")
		before = after
	}
	_, err := of(ours, mine).Decode([]*common.Payload{plain})
	require.Error(t, err, "where nobody is told it is refused all the same")
}

func TestOfWhatTheEnginesClientCountsOnlyWhatIsRefusedIsShown(t *testing.T) {
	before := counted(t)
	m := meter{client.MetricsNopHandler}.WithTags(map[string]string{"workflow_type": "ConflictCase"})
	m.Counter("temporal_request").Inc(1)
	require.Equal(t, before, counted(t))
	m.Counter(workflows.Misplaced).Inc(2)
	require.Equal(t, before["misplaced"]+2, counted(t)["misplaced"])
}
