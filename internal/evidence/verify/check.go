package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"koko/domain/calendar"
	"koko/domain/strict"
	"koko/internal/evidence/ledger"
)

// A checker goes through a sealed file and never stops at what it finds.
type checker struct {
	file   io.ReaderAt
	size   int64
	trust  Trust
	rep    *Report
	parts  map[string]*io.SectionReader // those that lie within the file
	keys   PublishedKeys                // to verify with
	proofs proofs                       // in the log of the checkpoint
	tree   tree                         // that the entries are proven in: that log, or the inner one
	buffer []byte                       // to hash parts

	confided bool         // the entries are in the inner log
	day      calendar.Day // as which it was committed to
	failed   error        // to read the file
}

// Check checks a sealed file of size bytes. The report says all that is wrong with the file; the error
// is only about reading it.
func Check(file io.ReaderAt, size int64, trust Trust) (*Report, error) {
	c := &checker{file: file, size: size, trust: trust, rep: &Report{Findings: []Finding{}, Cosignatures: []ledger.Cosignature{}}}
	if header, start := c.header(); header != nil {
		c.frame(start)
		c.digests()
		c.loadKeys()
		c.signature(header)
		c.checkpoint()
		c.loadProofs()
		c.inner()
		docs := c.entries()
		c.documents(docs)
		c.history(docs.last)
		c.unusedProofs()
	}
	if c.failed != nil {
		return nil, fmt.Errorf("verify: read: %w", c.failed)
	}
	c.rep.Verdict = Consistent
	if trust.pinned() {
		c.rep.Verdict = Proven
	}
	if len(c.rep.Findings) > 0 {
		c.rep.Verdict = Broken
	}
	return c.rep, nil
}

func (c *checker) add(part, where string, rule Rule, detail string) {
	c.rep.add(part, where, rule, detail)
}

// read returns n bytes from offset on.
func (c *checker) read(r io.ReaderAt, offset, n int64) []byte {
	b := make([]byte, n)
	if _, err := r.ReadAt(b, offset); err != nil && !errors.Is(err, io.EOF) {
		c.failed = err
	}
	return b
}

// header reads the five lines before the parts: format, manifest, an empty line, the signature and an
// empty line. It returns the first four, which are a signed note, and where the parts begin.
func (c *checker) header() (header []byte, start int64) {
	head := c.read(c.file, 0, min(c.size, maxHeader))
	for range 5 {
		n := bytes.IndexByte(head[start:], '\n')
		if n < 0 {
			c.add(partManifest, stretch(0, int64(len(head))), RuleFormat, "")
			return nil, 0
		}
		start += int64(n) + 1
	}
	lines := bytes.SplitN(head[:start], []byte("\n"), 6)
	where := stretch(0, start)
	if string(lines[0]) != Format || len(lines[2]) > 0 || len(lines[4]) > 0 {
		c.add(partManifest, where, RuleFormat, "")
	}
	if err := strict.Known(lines[1], &c.rep.Manifest); err != nil {
		c.add(partManifest, where, RuleSyntax, err.Error())
		return nil, 0
	}
	if c.rep.Manifest.Format != Format {
		c.add(partManifest, where, RuleFormat, c.rep.Manifest.Format)
	}
	return head[:start-1], start
}

// frame finds the parts. It reads no part whose place is wrong, so that none is read twice over.
func (c *checker) frame(start int64) {
	c.parts = map[string]*io.SectionReader{}
	parts := c.rep.Manifest.Parts
	if len(parts) > maxParts {
		c.add(partManifest, stretch(0, start), RuleLimit, fmt.Sprint(len(parts)))
		parts = nil
	}
	end := start
	for _, p := range parts {
		where := stretch(end, p.Size)
		switch {
		case !isPart(p.Name):
			c.add(p.Name, where, RuleUnexpected, "")
		case c.parts[p.Name] != nil:
			c.add(p.Name, where, RuleDuplicate, "")
		}
		switch {
		case p.Offset != end-start || p.Size < 0:
			c.add(p.Name, where, RuleFraming, fmt.Sprintf("%d, %d", p.Offset, end-start))
		case p.Size > c.size-end:
			c.add(p.Name, where, RuleTruncated, fmt.Sprintf("%d, %d", p.Size, c.size-end))
			end = c.size
		default:
			if c.parts[p.Name] == nil {
				c.parts[p.Name] = io.NewSectionReader(c.file, end, p.Size)
			}
			end += p.Size
		}
	}
	if end < c.size {
		c.add(partFile, stretch(end, c.size-end), RuleTrailing, "")
	}
	for _, name := range required {
		if !slices.ContainsFunc(parts, func(p Part) bool { return p.Name == name }) {
			c.add(name, "", RuleMissing, "")
		}
	}
}

// digests compares each part with what the manifest says of it.
func (c *checker) digests() {
	for _, p := range c.rep.Manifest.Parts {
		body := c.parts[p.Name]
		if body == nil {
			continue
		}
		sum := c.sum(nil, body)
		if sum != p.SHA256 {
			_, from, size := body.Outer()
			c.add(p.Name, stretch(from, size), RuleChanged, sum+" ≠ "+p.SHA256)
			continue
		}
		c.rep.Counts.Parts++
	}
}

// sum returns the SHA-256 over prefix and body.
func (c *checker) sum(prefix []byte, body *io.SectionReader) string {
	h := sha256.New()
	h.Write(prefix)
	if c.buffer == nil {
		c.buffer = make([]byte, 64<<10)
	}
	if _, err := io.CopyBuffer(h, io.NewSectionReader(body, 0, body.Size()), c.buffer); err != nil {
		c.failed = err
	}
	return hex.EncodeToString(h.Sum(nil))
}

// load returns the content of a part, and nothing if it is not there or too large.
func (c *checker) load(name string, most int64) []byte {
	body := c.parts[name]
	if body == nil {
		return nil
	}
	if body.Size() > most {
		c.add(name, "", RuleLimit, fmt.Sprint(body.Size()))
		return nil
	}
	return c.read(body, 0, body.Size())
}

// decode reads a part as JSON, and leaves into as it is where that fails.
func (c *checker) decode(name string, into any) {
	if data := c.load(name, maxJSON); data != nil {
		if err := strict.Known(data, into); err != nil {
			c.add(name, "", RuleSyntax, err.Error())
		}
	}
}

// loadKeys decides which keys to verify with: those of the checker, or else those of the file.
func (c *checker) loadKeys() {
	c.decode(partKeys, &c.keys)
	if len(c.keys.Keys)+len(c.keys.Witnesses) > maxKeys {
		c.add(partKeys, "", RuleLimit, "")
		c.keys = PublishedKeys{}
	}
	for n, keys := range [][]ledger.PublicKey{c.keys.Keys, c.keys.Witnesses} {
		for i, key := range keys {
			if err := ledger.CheckKey(key, n == 1); err != nil {
				c.add(partKeys, fmt.Sprintf("key %d", i+1), RuleSyntax, err.Error())
			}
		}
	}
	if c.trust.pinned() {
		c.keys = PublishedKeys{c.trust.Keys, c.trust.Witnesses}
	}
}

// signature checks who sealed the file.
func (c *checker) signature(header []byte) {
	where, m := stretch(0, int64(len(header))), c.rep.Manifest
	_, by, err := ledger.OpenNote(header, c.keys.Keys)
	switch {
	case err != nil:
		c.add(partManifest, where, ruleOf(err), err.Error())
	case by.Name() != m.Origin:
		c.add(partManifest, where, RuleOrigin, by.Name()+" ≠ "+m.Origin)
	case !by.At(m.ExportedAt) || m.ExportedAt.IsZero():
		c.add(partManifest, where, RuleValidity, by.Key)
	case !isCanonical(header):
		c.add(partManifest, where, RuleSignature, "base64")
	}
}

// isCanonical refuses a spelling of the signature whose unused bits were changed: no signature covers them.
func isCanonical(header []byte) bool {
	_, encoded, _ := strings.Cut(strings.TrimSuffix(string(header[bytes.LastIndex(header, []byte("— "))+len("— "):]), "\n"), " ")
	_, err := base64.StdEncoding.Strict().DecodeString(encoded)
	return err == nil
}

func ruleOf(err error) Rule {
	for sentinel, rule := range map[error]Rule{
		ledger.ErrUnknownKey: RuleUnknownKey, ledger.ErrSignature: RuleSignature, ledger.ErrValidity: RuleValidity, ledger.ErrOrigin: RuleOrigin,
	} {
		if errors.Is(err, sentinel) {
			return rule
		}
	}
	return RuleSyntax
}

// checkpoint checks who signed and cosigned the log. Its root is used even if that was the wrong one:
// then at least what does not fit it is found as well.
func (c *checker) checkpoint() {
	signed := c.load(partCheckpoint, maxCheckpoint)
	if signed == nil {
		return
	}
	found, by, err := ledger.Open(signed, c.keys.Keys)
	c.rep.Checkpoint = found
	switch {
	case err != nil:
		c.add(partCheckpoint, "", ruleOf(err), err.Error())
	case by.Name() != c.rep.Manifest.Origin:
		c.add(partCheckpoint, "", RuleOrigin, by.Name()+" ≠ "+c.rep.Manifest.Origin)
	}
	own := func(k ledger.PublicKey) bool { return k.Name() == found.Origin } // nobody is a witness of their own log
	cosigned, wrong := ledger.Cosignatures(signed, slices.DeleteFunc(slices.Clone(c.keys.Witnesses), own))
	for _, err := range wrong {
		c.add(partCheckpoint, "", RuleCosignature, err.Error())
	}
	c.rep.Cosignatures = append(c.rep.Cosignatures, cosigned...)
	if len(cosigned) < c.trust.Cosignatures {
		c.add(partCheckpoint, "", RuleCosignature, fmt.Sprintf("%d < %d", len(cosigned), c.trust.Cosignatures))
	}
}
