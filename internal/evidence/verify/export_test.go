package verify

import (
	"bytes"

	"koko/internal/evidence/ledger"
)

// Body is a part by its name.
type Body struct {
	Name string
	Data []byte
}

// Messages are what each rule says in German and English.
var Messages = messages

// Split takes a file that is whole apart.
func Split(file []byte) (Manifest, []Body) {
	c := &checker{file: bytes.NewReader(file), size: int64(len(file)), rep: &Report{}}
	_, start := c.header()
	var all []Body
	for _, p := range c.rep.Manifest.Parts {
		all = append(all, Body{p.Name, bytes.Clone(file[start+p.Offset:][:p.Size])})
	}
	return c.rep.Manifest, all
}

// Join seals parts with a key, whatever is in them.
func Join(m Manifest, parts []Body, key ledger.Key) ([]byte, error) {
	var contents []content
	for _, p := range parts {
		contents = append(contents, content{p.Name, p.Data})
	}
	var b bytes.Buffer
	err := write(&b, m, contents, key)
	return b.Bytes(), err
}

// Start is where the parts begin.
func Start(file []byte) int {
	c := &checker{file: bytes.NewReader(file), size: int64(len(file)), rep: &Report{}}
	_, start := c.header()
	return int(start)
}
