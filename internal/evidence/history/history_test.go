package history

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"koko/domain/file"
	"koko/internal/historytest"
	"koko/internal/payloadtest"
	"koko/kinds"
)

type recording struct {
	file string
	kind *file.Definition
	h    *history.History
}

// recordings are the histories of every version that was ever shipped, in the order of their runs, and those
// of a way of each kind.
func recordings(t *testing.T) (all []recording) {
	t.Helper()
	files, err := filepath.Glob("../../../workflows/testdata/history/*/*.json")
	require.NoError(t, err)
	for _, f := range files {
		kind, ofFile := kinds.ByWorkflow(filepath.Base(filepath.Dir(f)))
		if !ofFile {
			continue
		}
		h, err := payloadtest.Open(f)
		require.NoError(t, err)
		all = append(all, recording{filepath.Base(filepath.Dir(f)) + "/" + filepath.Base(f), kind, h})
	}
	require.GreaterOrEqual(t, len(all), 64)
	for _, k := range kinds.All() {
		for i, h := range historytest.Way(k, "audit").Runs {
			all = append(all, recording{fmt.Sprintf("%s/way-%d", k.Workflow, i+1), k, h})
		}
	}
	return all
}

func whole(r recording) File { return Chain(r.kind, []Run{ReadRun(r.kind, "", r.h)}) }

// flaws are those of a file, except that the runs before it are not there.
func flaws(f File) (found []Flaw) {
	for _, x := range f.Flaws {
		if x.What != Lost {
			found = append(found, x)
		}
	}
	return found
}

func TestEveryRecordedHistoryTellsVersionsWithoutAGapAndDerivesAgain(t *testing.T) {
	unasked := 0
	for _, r := range recordings(t) {
		t.Run(r.file, func(t *testing.T) {
			f := whole(r)
			require.Empty(t, flaws(f))
			for i, x := range f.Transitions {
				require.Equal(t, f.Start+i+1, x.Version)
				got, ok := f.At(x.Version)
				require.True(t, ok)
				require.Equal(t, x.CommandID, got.CommandID)
			}
			if u := f.Rederive(); u != nil {
				require.Equal(t, string(u.Recorded), string(u.Derived), "version %d: %v", u.Version, u.Refused)
				require.Nil(t, u)
			}
			for _, v := range f.Unasked() {
				x, _ := f.At(v)
				require.Contains(t, x.CommandID, "lost-")
				unasked++
			}
		})
	}
	require.Positive(t, unasked, "what a crash has lost is told as adopted")
}

func TestTheRunsOfAFileAreOneChain(t *testing.T) {
	ways, kindOf := map[string][]Run{}, map[string]*file.Definition{}
	var names []string
	for _, r := range recordings(t) {
		name := r.file[:strings.LastIndex(r.file, "-")]
		if ways[name] == nil {
			names, kindOf[name] = append(names, name), r.kind
		}
		ways[name] = append(ways[name], ReadRun(r.kind, "", r.h))
	}
	long := 0
	for _, name := range names {
		kind, runs := kindOf[name], ways[name]
		f := Chain(kind, runs)
		require.Empty(t, flaws(f), name)
		require.Nil(t, f.Rederive(), name)
		require.Equal(t, runs[len(runs)-1].Version+len(runs[len(runs)-1].Transitions), f.Version(), name)
		if len(runs) < 3 {
			continue
		}
		long++
		missing := Chain(kind, append(append([]Run{}, runs[0]), runs[2:]...))
		require.Contains(t, kindsIn(missing.Flaws), Lost, name)
		require.NotEmpty(t, missing.Flaws[0].Run, "it names the run")
		changed := append([]Run{}, runs...)
		changed[1].state = bytes.Replace(changed[1].state, []byte(`"ags":"05`), []byte(`"ags":"06`), 1)
		require.Contains(t, kindsIn(Chain(kind, changed).Flaws), Carried, name)
		exchanged := append([]Run{}, runs...)
		exchanged[1], exchanged[2] = exchanged[2], exchanged[1]
		require.NotEmpty(t, Chain(kind, exchanged).Flaws, name)
	}
	require.GreaterOrEqual(t, long, 6)
}

func kindsIn(fs []Flaw) (ks []FlawKind) {
	for _, f := range fs {
		ks = append(ks, f.What)
	}
	return ks
}

// doubtful reports whether anything is said against a history.
func doubtful(r recording) bool {
	f := whole(r)
	return len(flaws(f)) > 0 || f.Rederive() != nil
}

func TestARemovedEventIsFound(t *testing.T) {
	for _, r := range recordings(t) {
		for i := range r.h.Events {
			if i == len(r.h.Events)-1 && !ended(r.h.Events[i].EventType) {
				continue // nothing says that an open run has not ended here: the record does
			}
			if i == len(r.h.Events)-1 {
				require.Empty(t, ReadRun(r.kind, "", &history.History{Events: r.h.Events[:i]}).Ended, "the chain finds that the next run follows none")
				continue
			}
			cut := &history.History{Events: append(append([]*history.HistoryEvent{}, r.h.Events[:i]...), r.h.Events[i+1:]...)}
			require.True(t, doubtful(recording{r.file, r.kind, cut}), "%s without event %d", r.file, i+1)
		}
	}
}

func TestTwoExchangedEventsAreFound(t *testing.T) {
	for _, r := range recordings(t) {
		for i := 1; i < len(r.h.Events); i++ {
			h := proto.Clone(r.h).(*history.History)
			h.Events[i-1], h.Events[i] = h.Events[i], h.Events[i-1]
			require.True(t, doubtful(recording{r.file, r.kind, h}), "%s with event %d before %d", r.file, i+1, i)
		}
	}
}

// A clever hand numbers the events anew; what they go back to gives it away.
func TestADecisionThatWasTakenOutIsFoundThoughTheEventsAreNumberedAnew(t *testing.T) {
	for _, r := range recordings(t) {
		for i, e := range r.h.Events {
			if e.EventType != enums.EVENT_TYPE_MARKER_RECORDED && e.EventType != enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED {
				continue
			}
			h := proto.Clone(r.h).(*history.History)
			h.Events = append(h.Events[:i], h.Events[i+1:]...)
			for j := i; j < len(h.Events); j++ {
				h.Events[j].EventId--
			}
			if whole(r).Version() == whole(recording{r.file, r.kind, h}).Version() && e.EventType == enums.EVENT_TYPE_MARKER_RECORDED {
				continue // an empty read
			}
			require.True(t, doubtful(recording{r.file, r.kind, h}), "%s without event %d", r.file, i+1)
		}
	}
}

// payloads are where each event keeps what the workflows wrote, except the notes of the SDK.
func payloads(m proto.Message, path string, each func(string, *common.Payload)) {
	m.ProtoReflect().Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		at := path + "." + string(fd.Name())
		switch {
		case fd.IsMap() && fd.MapValue().Message() != nil:
			v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				if ps, ok := v.Message().Interface().(*common.Payloads); ok && k.String() == "result" {
					payloads(ps, at+"."+k.String(), each)
				}
				return true
			})
		case fd.IsList() && fd.Message() != nil:
			for i := range v.List().Len() {
				if p, ok := v.List().Get(i).Message().Interface().(*common.Payload); ok {
					each(fmt.Sprintf("%s[%d]", at, i), p)
				}
			}
		case fd.Message() != nil && !fd.IsMap():
			payloads(v.Message().Interface(), at, each)
		}
		return true
	})
}

func TestAnEditedPayloadIsFound(t *testing.T) {
	edits := 0
	for _, r := range recordings(t) {
		led := map[int64]bool{} // the commands that led to something here: others changed nothing
		f := whole(r)
		adopted := map[int64]bool{} // the record alone proves these
		for _, v := range f.Unasked() {
			x, _ := f.At(v)
			adopted[x.Event] = true
		}
		for _, s := range f.Steps {
			led[s.Event] = slices.ContainsFunc(f.Transitions, func(x Transition) bool { return x.CommandID == s.CommandID })
		}
		for i, e := range r.h.Events {
			if e.EventType == enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED || e.GetWorkflowExecutionUpdateCompletedEventAttributes().GetOutcome().GetFailure() != nil {
				continue // words to others: the history of the one who is told has them; a refusal's words change nothing
			}
			asks := e.EventType == enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED || e.EventType == enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
			if asks && !led[e.EventId] || adopted[e.EventId] {
				continue
			}
			payloads(e, "", func(path string, p *common.Payload) {
				for _, x := range [][2]string{{`"id":"`, `"id":"f`}, {`"by":"`, `"by":"x`}, {`"digest":"`, `"digest":"0`}, {`"version":`, `"version":1`}, {`"ags":"05`, `"ags":"06`}, {`"at":"20`, `"at":"19`}} {
					for n := range bytes.Count(p.Data, []byte(x[0])) {
						was := p.Data
						p.Data = replaceNth(p.Data, x[0], x[1], n)
						// In the first state of a run whose runs before are not there, nothing else tells of it.
						if i > 0 {
							if edits++; edits%5 != 0 { // all of them take minutes under the race detector
								p.Data = was
								continue
							}
							require.True(t, doubtful(r), "%s event %d%s: %q at %d", r.file, i+1, path, x[1], n)
						}
						p.Data = was
					}
				}
			})
		}
	}
	require.Greater(t, edits, 1000)
}

// Whoever reaches the engine may send again what is sealed, as something else: what is in a history all the same is found.
func TestWhatWasMadeForSomethingElseIsFound(t *testing.T) {
	edits := map[string]int{}
	for _, r := range recordings(t) {
		for _, e := range r.h.Events {
			for in, x := range map[*common.Payloads][2]string{
				e.GetWorkflowExecutionUpdateAcceptedEventAttributes().GetAcceptedRequest().GetInput().GetArgs(): {`"for":{"file":"`, `"for":{"file":"f`},
				e.GetWorkflowExecutionSignaledEventAttributes().GetInput():                                      {`"id":"`, `"request":"`},
			} {
				if p := in.GetPayloads(); len(p) == 1 && bytes.Contains(p[0].Data, []byte(x[0])) {
					was := p[0].Data
					p[0].Data = bytes.Replace(was, []byte(x[0]), []byte(x[1]), 1)
					require.True(t, doubtful(r), "%s event %d", r.file, e.EventId)
					p[0].Data = was
					edits[x[0]]++
				}
			}
		}
	}
	require.Len(t, edits, 2, "%v", edits)
}

func replaceNth(b []byte, old, with string, n int) []byte {
	at := 0
	for range n {
		at += bytes.Index(b[at:], []byte(old)) + len(old)
	}
	at += bytes.Index(b[at:], []byte(old))
	return append(append(append([]byte{}, b[:at]...), with...), b[at+len(old):]...)
}

func TestARefusalIsToldWithItsRule(t *testing.T) {
	rules := map[string]bool{}
	for _, r := range recordings(t) {
		for _, s := range whole(r).Steps {
			if s.Refused != nil {
				rules[string(s.Refused.Code)+"/"+s.Refused.Rule] = true
			}
		}
	}
	require.Contains(t, rules, "gate/phase")
	require.Contains(t, rules, "stale/version")
	require.Contains(t, rules, "invalid/stored")
}
