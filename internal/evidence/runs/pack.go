package runs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/proto"
)

// Packed is a run with its history, to be kept.
type Packed struct {
	Run
	SHA256 string // of the history's bytes, hex
	Data   []byte // the bytes, compressed
}

// Pack packs the history of a run, as the engine has it. Unpack returns the same events.
func Pack(r Run, h *history.History) (p Packed, err error) {
	p.Run = r
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(h)
	if err != nil {
		return p, fmt.Errorf("pack run %s: %w", r.ID, err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(raw); err != nil {
		return p, fmt.Errorf("pack run %s: %w", r.ID, err)
	}
	if err := z.Close(); err != nil {
		return p, fmt.Errorf("pack run %s: %w", r.ID, err)
	}
	sum := sha256.Sum256(raw)
	p.SHA256, p.Data = hex.EncodeToString(sum[:]), b.Bytes()
	return p, nil
}

// Broken is why a kept history is not what it was.
type Broken struct{ Why string }

func (b *Broken) Error() string { return b.Why }

// Unpack returns a kept history. If it is not what it was, the error is a *Broken, and the events are
// those that can still be read.
func Unpack(sum string, data []byte) (*history.History, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return &history.History{}, &Broken{"the kept bytes cannot be unpacked"}
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return &history.History{}, &Broken{"the kept bytes cannot be unpacked"}
	}
	h := &history.History{}
	if err := proto.Unmarshal(raw, h); err != nil {
		return &history.History{}, &Broken{"the kept bytes are no history"}
	}
	if got := sha256.Sum256(raw); hex.EncodeToString(got[:]) != sum {
		return h, &Broken{"the kept bytes do not fit their digest"}
	}
	if missing := Gap(h); missing != 0 {
		return h, &Broken{fmt.Sprintf("event %d is missing", missing)}
	}
	return h, nil
}

// Gap is the first event that is missing; 0: none is.
func Gap(h *history.History) int64 {
	for i, e := range h.GetEvents() {
		if e.GetEventId() != int64(i)+1 {
			return int64(i) + 1
		}
	}
	return 0
}
