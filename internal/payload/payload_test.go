package payload_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"koko/internal/historytest"
	"koko/internal/payload"
	"koko/internal/vault"
	"koko/kinds"
)

const (
	workflow = "work-3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"
	other    = "work-3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d12"
	key      = "encryption-key-id"
)

func newKeys(t require.TestingT) (file []byte, c *payload.Codec) {
	file, err := vault.Generate()
	require.NoError(t, err)
	return file, codecOf(t, file)
}

func codecOf(t require.TestingT, file []byte) *payload.Codec {
	master, err := vault.Parse(file)
	require.NoError(t, err)
	return payload.New(master.Payloads())
}

func in(c *payload.Codec, workflowID string) converter.PayloadCodec {
	return c.WithSerializationContext(converter.WorkflowSerializationContext{WorkflowID: workflowID})
}

func sealed(t require.TestingT, c converter.PayloadCodec, p *common.Payload) *common.Payload {
	ps, err := c.Encode([]*common.Payload{p})
	require.NoError(t, err)
	require.Len(t, ps, 1)
	return ps[0]
}

func open(c converter.PayloadCodec, p *common.Payload) (*common.Payload, error) {
	ps, err := c.Decode([]*common.Payload{p})
	if err != nil {
		return nil, err
	}
	return ps[0], nil
}

func text(s string) *common.Payload {
	return &common.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(s)}
}

func TestWhatIsSealedOpensForItsWorkflowAlone(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	rapid.Check(t, func(t *rapid.T) {
		p := &common.Payload{
			Metadata: rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.Byte())).Draw(t, "metadata"),
			Data:     rapid.SliceOfN(rapid.Byte(), 0, 20_000).Draw(t, "data"),
		}
		before := proto.Clone(p)
		s := sealed(t, in(c, workflow), p)
		require.True(t, proto.Equal(before, p), "what is encoded is not changed")
		got, err := open(in(c, workflow), s)
		require.NoError(t, err)
		require.True(t, proto.Equal(p, got))
		for _, place := range []string{other, "", "keep-histories-2026-11-30T20:07:00Z"} {
			_, err = open(in(c, place), s)
			require.ErrorIs(t, err, payload.ErrChanged, place)
		}
		activity := c.WithSerializationContext(converter.ActivitySerializationContext{WorkflowID: workflow, ActivityType: "SaveTransition", IsLocal: true})
		_, err = open(activity, s)
		require.NoError(t, err, "an activity is its workflow's")
	})
}

// A schedule seals what its job is given under another id than the job has, and the job reads what the one before it
// has answered.
func TestWhatJobsHoldIsBoundToNone(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	s := sealed(t, in(c, "keep-histories"), text("1"))
	for _, place := range []string{"keep-histories-2026-11-30T20:07:00Z", "job", ""} {
		_, err := open(in(c, place), s)
		require.NoError(t, err, place)
	}
	_, err := open(in(c, workflow), s)
	require.ErrorIs(t, err, payload.ErrChanged, "what no file's is does not get into one")
}

func TestTheSameValueAgainIsAnotherPayload(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	one, two := sealed(t, in(c, workflow), text(`{"form":"mediation"}`)), sealed(t, in(c, workflow), text(`{"form":"mediation"}`))
	same := 0
	for i := range one.Data {
		if one.Data[i] == two.Data[i] {
			same++
		}
	}
	require.Less(t, same, len(one.Data)/50, "one byte in 256 is alike by chance")
	require.Equal(t, one.Metadata, two.Metadata)
}

// The length tells next to nothing: what is short is as long as what is a hundred times longer.
func TestTheSizeOfAPayloadIsOneOfFew(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	size := func(s string) int { return len(sealed(t, in(c, workflow), text(s)).Data) }
	const overhead = 12 + 16 // nonce and tag
	for _, s := range []string{"", "null", strings.Repeat("x", 3000), strings.Repeat(`{"held_on":"2026-03-02"},`, 500)} {
		require.Equal(t, payload.Smallest+overhead, size(s))
	}
	var random strings.Builder // does not compress
	for i := range 3000 {
		fmt.Fprintf(&random, "%x,", i*i*i*7919)
	}
	long := size(random.String())
	require.Contains(t, []int{2*payload.Smallest + overhead, 4*payload.Smallest + overhead, 8*payload.Smallest + overhead}, long)
}

func TestNothingOfAPayloadIsReadableFromOutside(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	b, err := proto.Marshal(sealed(t, in(c, workflow), text(`{"form":"mediation"}`)))
	require.NoError(t, err)
	for _, word := range []string{"mediation", "form", "json/plain"} {
		require.False(t, bytes.Contains(b, []byte(word)), word)
	}
}

func TestAChangedPayloadDoesNotOpen(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	s := sealed(t, in(c, workflow), text("1"))
	for at := range s.Data {
		p := proto.CloneOf(s)
		p.Data[at] ^= 1
		_, err := open(in(c, workflow), p)
		require.ErrorIs(t, err, payload.ErrChanged)
		if at == 0 {
			require.ErrorContains(t, err, "koko reconcile")
			require.ErrorContains(t, err, "key "+string(s.Metadata[key]))
		}
	}
	for _, short := range [][]byte{nil, s.Data[:5], s.Data[:len(s.Data)-1]} {
		_, err := open(in(c, workflow), &common.Payload{Metadata: s.Metadata, Data: short})
		require.ErrorIs(t, err, payload.ErrChanged)
	}
}

// Whoever has no key cannot make workflows believe anything: what is not sealed is not read.
func TestAPlainPayloadIsRefused(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	for _, p := range []*common.Payload{text(`{"action":"end_work"}`), {}, {Metadata: map[string][]byte{"encoding": nil}}} {
		_, err := open(in(c, workflow), p)
		require.ErrorIs(t, err, payload.ErrPlain)
	}
	_, err := open(in(c, workflow), text("1"))
	require.ErrorContains(t, err, `"json/plain"`)
}

func TestAKeyThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	_, stranger := newKeys(t)
	s := sealed(t, in(c, workflow), text("1"))
	_, err := open(in(stranger, workflow), s)
	var unknown *payload.UnknownKeyError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, string(s.Metadata[key]), unknown.Key)
	require.ErrorContains(t, err, unknown.Key)
	require.ErrorContains(t, err, "KOKO_MASTER_KEY_FILE")
	delete(s.Metadata, key)
	_, err = open(in(c, workflow), s)
	require.ErrorAs(t, err, &unknown)
}

func TestAfterARotationOldPayloadsOpenAndNewOnesHaveTheNewKey(t *testing.T) {
	t.Parallel()
	file, before := newKeys(t)
	old := sealed(t, in(before, workflow), text("1"))
	rotated, err := vault.Rotate(file)
	require.NoError(t, err)
	after := codecOf(t, rotated)
	got, err := open(in(after, workflow), old)
	require.NoError(t, err)
	require.Equal(t, "1", string(got.Data))
	fresh := sealed(t, in(after, workflow), text("1"))
	require.NotEqual(t, old.Metadata[key], fresh.Metadata[key])
	_, err = open(in(before, workflow), fresh)
	require.ErrorContains(t, err, string(fresh.Metadata[key]), "a process that still has the old file says which key it lacks")
}

func TestWhatAFailureSaysIsSealed(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	place := converter.WorkflowSerializationContext{WorkflowID: workflow}
	wire := converter.WithFailureConverterSerializationContext(c.Failures(), place)
	cause := temporal.NewApplicationError("weil es eine Mediation ist", "refused")
	f := wire.ErrorToFailure(temporal.NewNonRetryableApplicationError("independence is missing", "refused", cause, map[string]string{"rule": "independence"}))
	b, err := proto.Marshal(f)
	require.NoError(t, err)
	for _, word := range []string{"independence", "Mediation"} {
		require.False(t, bytes.Contains(b, []byte(word)), word)
	}
	said := wire.FailureToError(proto.CloneOf(f))
	require.ErrorContains(t, said, "independence is missing")
	var app *temporal.ApplicationError
	require.ErrorAs(t, said, &app)
	var details map[string]string
	require.NoError(t, app.Details(&details))
	require.Equal(t, "independence", details["rule"])
	require.ErrorContains(t, app.Unwrap(), "Mediation")

	elsewhere := converter.WithFailureConverterSerializationContext(c.Failures(), converter.WorkflowSerializationContext{WorkflowID: other})
	require.NotContains(t, elsewhere.FailureToError(proto.CloneOf(f)).Error(), "independence")
}

// In workflow code the SDK takes an error for an answer, and would end the workflow. A panic makes it try again.
func TestAWorkflowDoesNotGoOnWithoutAKey(t *testing.T) {
	t.Parallel()
	_, c := newKeys(t)
	_, stranger := newKeys(t)
	ps, err := c.Data().ToPayloads("x")
	require.NoError(t, err)
	var got string
	require.Error(t, stranger.Data().FromPayloads(ps, &got), "a client says what is wrong")
	inside := stranger.Data().(converter.ContextAware).WithWorkflowContext(nil)
	require.Panics(t, func() { _ = inside.FromPayloads(ps, &got) })
	require.Panics(t, func() { _ = inside.FromPayload(ps.Payloads[0], &got) })
	ps.Payloads[0].Data[20] ^= 1
	inside = c.Data().(converter.ContextAware).WithWorkflowContext(nil)
	require.ErrorIs(t, inside.FromPayloads(ps, &got), payload.ErrChanged, "what was changed stays wrong")
}

// BenchmarkConverter is what a process does with the state of a file that has gone all its way, with the codec and
// without.
func BenchmarkConverter(b *testing.B) {
	_, c := newKeys(b)
	of := converter.WithDataConverterSerializationContext(c.Data(), converter.WorkflowSerializationContext{WorkflowID: workflow})
	for _, k := range kinds.All() {
		state := historytest.Way(k, "bench").Last()
		for name, with := range map[string]converter.DataConverter{"none": converter.GetDefaultDataConverter(), "sealed": of} {
			ps, err := with.ToPayloads(state)
			require.NoError(b, err)
			b.Run(fmt.Sprintf("write/%s/%s", k.Kind, name), func(b *testing.B) {
				for b.Loop() {
					if _, err := with.ToPayloads(state); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("read/%s/%s", k.Kind, name), func(b *testing.B) {
				for b.Loop() {
					var raw json.RawMessage
					if err := with.FromPayloads(ps, &raw); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
