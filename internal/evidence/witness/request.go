package witness

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"koko/internal/evidence/ledger"
)

// MaxBody is the longest request and the longest answer that is read: a proof has 63 hashes at most.
const MaxBody = 16 << 10

// maxProof is how many hashes a proof can have.
const maxProof = 63

// Path is where a witness answers, below its public address.
const Path = "/witness/add-checkpoint"

// SizeType is the media type of a size: the answer to a request that starts from another one.
const SizeType = "text/x.tlog.size"

// A request asks to cosign a checkpoint that continues the tree of size Old.
type request struct {
	Old    uint64
	Hashes []ledger.Hash
	Note   []byte
}

func (r request) format() []byte {
	var b bytes.Buffer
	b.WriteString("old " + strconv.FormatUint(r.Old, 10) + "\n")
	for _, h := range r.Hashes {
		b.WriteString(h.String() + "\n")
	}
	b.WriteByte('\n')
	b.Write(r.Note)
	return b.Bytes()
}

func parseRequest(body []byte) (r request, err error) {
	head, note, found := bytes.Cut(body, []byte("\n\n"))
	if !found {
		return r, errors.New("there is no empty line before the checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	old, found := strings.CutPrefix(lines[0], "old ")
	if r.Old, err = parseSize(old); err != nil || !found {
		return r, errors.New(`the first line is not "old" and a size`)
	}
	if lines = lines[1:]; len(lines) > maxProof {
		return r, errors.New("the proof has more than 63 hashes")
	}
	r.Hashes = make([]ledger.Hash, len(lines))
	for i, line := range lines {
		if err := r.Hashes[i].UnmarshalText([]byte(line)); err != nil {
			return r, errors.New("a line of the proof is not a hash in base64")
		}
	}
	r.Note = note
	return r, nil
}

// parseSize reads a number in its one spelling.
func parseSize(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 53)
	if err != nil || strconv.FormatUint(n, 10) != text {
		return 0, errors.New("not a size")
	}
	return n, nil
}
