// Package payload seals what the workflow engine keeps of files and jobs, so that whoever operates the engine sees
// number and time of events, but not what they say (ADR 0027).
//
// Each payload is one value that a workflow was given, has answered or notes for itself. It is padded to a size
// that tells nothing, compressed before if it is long, and encrypted under a key that follows from the master key. Whatever is kept of a
// file opens for that file alone.
package payload

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"koko/internal/vault"
)

// The metadata of a sealed payload, under the names that codecs for the engine usually have.
const (
	Encoding = "binary/encrypted"
	keyID    = "encryption-key-id"
)

// Smallest is the size that a payload has at least before it is encrypted. Nearly all of a file's
// are as long, whatever it is about: longer ones are padded to the next power of two.
const Smallest = 4 << 10

// A Codec seals and opens payloads of one workflow: [Codec.WithSerializationContext] says of which. Without one it
// is for what belongs to no file. It is safe for concurrent use.
type Codec struct {
	ring    *vault.Ring
	place   string
	refused func(place string, err error) // nil: nobody is told
}

// New returns a codec with the keys of payloads.
func New(ring *vault.Ring) *Codec { return &Codec{ring: ring} }

// Telling returns a codec with the same keys that has somebody told of each payload which Decode refuses, and why: of which
// workflow it should have been, empty if of no file's.
func (c *Codec) Telling(refused func(place string, err error)) *Codec {
	return &Codec{ring: c.ring, place: c.place, refused: refused}
}

// WithSerializationContext returns the codec for a workflow and the activities that it has carried out.
func (c *Codec) WithSerializationContext(ctx converter.SerializationContext) converter.PayloadCodec {
	switch ctx := ctx.(type) {
	case converter.WorkflowSerializationContext:
		return c.of(ctx.WorkflowID)
	case converter.ActivitySerializationContext:
		return c.of(ctx.WorkflowID)
	}
	return c.of("")
}

// fileID ends the id of whatever belongs to one file. Jobs that a schedule starts have other ids than the schedule
// that has sealed what they are given, and read what the one before has answered: they are bound to nothing.
var fileID = regexp.MustCompile(`-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func (c *Codec) of(workflowID string) *Codec {
	if !fileID.MatchString(workflowID) {
		workflowID = ""
	}
	return &Codec{ring: c.ring, place: workflowID, refused: c.refused}
}

func (c *Codec) binding() []byte { return []byte("payload/" + c.place) }

// Encode seals payloads.
func (c *Codec) Encode(ps []*common.Payload) ([]*common.Payload, error) { return each(ps, c.seal) }

// Decode opens what Encode sealed for the same workflow, and refuses anything else.
func (c *Codec) Decode(ps []*common.Payload) ([]*common.Payload, error) {
	return each(ps, func(p *common.Payload) (*common.Payload, error) {
		plain, err := c.open(p)
		if err != nil && c.refused != nil {
			c.refused(c.place, err)
		}
		return plain, err
	})
}

func each(ps []*common.Payload, do func(*common.Payload) (*common.Payload, error)) ([]*common.Payload, error) {
	done := make([]*common.Payload, len(ps))
	for i, p := range ps {
		var err error
		if done[i], err = do(p); err != nil {
			return nil, err
		}
	}
	return done, nil
}

func (c *Codec) seal(p *common.Payload) (*common.Payload, error) {
	packed, err := pack(p)
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	key, sealed, err := c.ring.Seal(packed, c.binding())
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	return &common.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(Encoding), keyID: []byte(key)}, Data: sealed}, nil
}

func (c *Codec) open(p *common.Payload) (*common.Payload, error) {
	if e := string(p.GetMetadata()[converter.MetadataEncoding]); e != Encoding {
		return nil, fmt.Errorf("payload: %w: its encoding is %q; see who else writes into this namespace", ErrPlain, e)
	}
	key := string(p.GetMetadata()[keyID])
	packed, err := c.ring.Open(key, p.GetData(), c.binding())
	if errors.Is(err, vault.ErrUnknownKey) {
		return nil, &UnknownKeyError{Key: key}
	}
	if err != nil {
		return nil, fmt.Errorf("payload: %w: it was sealed under key %s; compare the engine with the record (koko reconcile)", ErrChanged, key)
	}
	return unpack(packed)
}

// Why a payload does not open.
var (
	ErrPlain   = errors.New("it is not encrypted, so it is not KoKo's")
	ErrChanged = errors.New("it was changed, or belongs to another workflow")
)

// An UnknownKeyError says that a payload is sealed under a key that the master key of this process does not have.
type UnknownKeyError struct{ Key string }

func (e *UnknownKeyError) Error() string {
	return fmt.Sprintf("payload: the master key has no key %q: give all processes the newest master key file of this installation"+
		" (KOKO_MASTER_KEY_FILE), with every key that it ever had", e.Key)
}

var (
	writers = sync.Pool{New: func() any {
		w, err := flate.NewWriter(nil, flate.BestSpeed)
		if err != nil {
			panic("payload: " + err.Error()) // of a level that there is, it does not fail
		}
		return w
	}}
	readers = sync.Pool{New: func() any { return flate.NewReader(nil) }}
)

// A packed payload begins with its form and its length, and ends with zeros.
const (
	plain      = 0
	compressed = 1
	header     = 1 + 4
)

// pack fills p up to one of the few sizes. It compresses what would not fit into the smallest one.
func pack(p *common.Payload) ([]byte, error) {
	b := make([]byte, header, Smallest)
	b, err := proto.MarshalOptions{}.MarshalAppend(b, p)
	if err != nil {
		return nil, err
	}
	if len(b) > Smallest {
		if b, err = compress(b[header:]); err != nil {
			return nil, err
		}
	}
	binary.BigEndian.PutUint32(b[1:], uint32(len(b)-header))
	size := Smallest
	for size < len(b) {
		size *= 2
	}
	return append(b, make([]byte, size-len(b))...), nil
}

func compress(raw []byte) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, header, Smallest))
	b.Bytes()[0] = compressed
	w := writers.Get().(*flate.Writer)
	defer writers.Put(w)
	w.Reset(b)
	_, err := w.Write(raw)
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}

func unpack(b []byte) (*common.Payload, error) {
	if len(b) < header || int(binary.BigEndian.Uint32(b[1:])) > len(b)-header {
		return nil, errors.New("payload: it is shorter than it says")
	}
	var err error
	raw := b[header : header+int(binary.BigEndian.Uint32(b[1:]))]
	switch b[0] {
	case plain:
	case compressed:
		r := readers.Get().(io.ReadCloser)
		defer readers.Put(r)
		if err = r.(flate.Resetter).Reset(bytes.NewReader(raw), nil); err == nil {
			raw, err = io.ReadAll(r)
		}
	default:
		err = fmt.Errorf("it has the form %d: a newer version of KoKo sealed it", b[0])
	}
	p := &common.Payload{}
	if err == nil {
		err = proto.Unmarshal(raw, p)
	}
	if err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	return p, nil
}
