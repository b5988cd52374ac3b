package app

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"koko/internal/config"
	"koko/kinds"
)

// NewLogger logs to w as configured. It is the one place through which every line goes: of the API, of workflows and
// activities, and of the engine's client.
func NewLogger(w io.Writer, c config.Log) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.Level}
	var to slog.Handler = slog.NewJSONHandler(w, o)
	if c.Format == "text" {
		to = slog.NewTextHandler(w, o)
	}
	return slog.New(discreet{to: to})
}

// A discreet handler keeps ids and versions out of lines about files of which nobody learns but those who deal with
// them. Errors come from everywhere and name files in their own way: so a line keeps its ids only if it names files of
// other kinds alone.
type discreet struct {
	to   slog.Handler
	with []slog.Attr
}

const uuidPattern = `[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}`

var (
	anID       = regexp.MustCompile(uuidPattern)
	aVersion   = regexp.MustCompile(`\bversion \d+`)
	openIDs    = named(func(confided bool) bool { return !confided })
	confidedID = named(func(confided bool) bool { return confided })

	// digestKey makes digests of ids that compare within one process and nowhere else.
	digestKey = func() []byte {
		k := make([]byte, 32)
		_, _ = rand.Read(k) // never fails
		return k
	}()
)

// named finds an id after the name of a kind of file, as ids of workflows, paths and errors have it.
func named(which func(confided bool) bool) *regexp.Regexp {
	var names []string
	for _, k := range kinds.All() {
		if which(k.Secret() != "") {
			names = append(names, regexp.QuoteMeta(string(k.Kind)), regexp.QuoteMeta(k.Plural))
		}
	}
	return regexp.MustCompile(`\b(?:` + strings.Join(names, "|") + `)[-/ ]` + uuidPattern)
}

// Enabled is that of the handler behind it.
func (d discreet) Enabled(ctx context.Context, l slog.Level) bool { return d.to.Enabled(ctx, l) }

// WithAttrs keeps the attributes until there is a line: what one says decides about the others.
func (d discreet) WithAttrs(as []slog.Attr) slog.Handler {
	return discreet{d.to, append(slices.Clone(d.with), as...)}
}

// WithGroup puts what comes into a group. What came before is judged by itself.
func (d discreet) WithGroup(name string) slog.Handler {
	return discreet{to: d.to.WithAttrs(mute("", d.with)).WithGroup(name)}
}

// Handle writes a line without what it must not tell.
func (d discreet) Handle(ctx context.Context, r slog.Record) error {
	as := slices.Clone(d.with)
	r.Attrs(func(a slog.Attr) bool {
		as = append(as, a)
		return true
	})
	line := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	if tells(r.Message, as) {
		line.Message, as = hushed(r.Message), mute(r.Message, as)
	}
	line.AddAttrs(as...)
	return d.to.Handle(ctx, line)
}

// tells reports whether a line has an id that may be one of a file of which nobody learns.
func tells(message string, as []slog.Attr) bool {
	all := message + " " + text(as)
	return confidedID.MatchString(all) || anID.MatchString(all) && !openIDs.MatchString(all)
}

func text(as []slog.Attr) string {
	var b strings.Builder
	for _, a := range as {
		switch v := a.Value.Resolve(); {
		case a.Key == "request_id":
		case v.Kind() == slog.KindGroup:
			b.WriteString(text(v.Group()))
		default:
			b.WriteString(v.String() + " ")
		}
	}
	return b.String()
}

// mute takes ids and versions out of attributes if the line tells too much. The id of a request is nobody's file.
func mute(message string, as []slog.Attr) (left []slog.Attr) {
	if !tells(message, as) {
		return as
	}
	for _, a := range as {
		v := a.Value.Resolve()
		switch {
		case a.Key == "version":
			continue
		case a.Key == "request_id":
		case v.Kind() == slog.KindGroup:
			v = slog.GroupValue(mute(confidedName, v.Group())...)
		case anID.MatchString(v.String()) || aVersion.MatchString(v.String()):
			v = slog.StringValue(hushed(v.String()))
		}
		left = append(left, slog.Attr{Key: a.Key, Value: v})
	}
	return left
}

// confidedName has the parts of a line judged like the whole.
const confidedName = "00000000-0000-4000-8000-000000000000"

// hushed is a text with digests for ids, and without versions.
func hushed(s string) string {
	s = aVersion.ReplaceAllString(s, "a version")
	return anID.ReplaceAllStringFunc(s, func(id string) string {
		mac := hmac.New(sha256.New, digestKey)
		mac.Write([]byte(strings.ToLower(id)))
		return "#" + hex.EncodeToString(mac.Sum(nil)[:4])
	})
}
