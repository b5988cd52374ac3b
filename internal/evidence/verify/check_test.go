package verify_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/evidence/ledger"
	"koko/internal/evidence/verify"
)

var every = flag.Bool("every", false, "flip every byte of every part")

func TestASealedFileIsProvenToWhoeverPinnedTheKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	file := w.seal(t)
	r := check(t, file, w.trust())
	require.Empty(t, r.Findings)
	require.Equal(t, verify.Proven, r.Verdict)
	require.Equal(t, verify.Counts{
		Parts: 6 + r.Counts.Readable, Audit: whole, Access: 12,
		Readable: r.Counts.Readable, NotDisclosed: r.Counts.NotDisclosed, Erased: r.Counts.Erased,
	}, r.Counts)
	require.Equal(t, len(w.sealed.Documents), r.Counts.Readable+r.Counts.NotDisclosed+r.Counts.Erased)
	require.Positive(t, r.Counts.Erased)
	require.Equal(t, w.size, r.Checkpoint.Size)
	require.Equal(t, []ledger.Cosignature{{Witness: neighbour, Time: w.at()}}, r.Cosignatures)
	require.True(t, strings.HasPrefix(string(file[verify.Start(file):]), "VERSIEGELTE FALLAKTE"), "a person who opens it sees what it is")

	own := check(t, file, verify.Trust{})
	require.Empty(t, own.Findings)
	require.Equal(t, verify.Consistent, own.Verdict, "who believes the file's own keys knows that it agrees with itself")
}

func TestEveryChangedByteIsFoundInItsPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	w.sealed.Certificates = []byte(`{"credentials":[]}`)
	w.told()
	file := w.seal(t)
	start := verify.Start(file)
	m, _ := verify.Split(file)
	flip(t, w, file, "manifest", 0, start)
	for _, p := range m.Parts {
		flip(t, w, file, p.Name, start+int(p.Offset), start+int(p.Offset+p.Size))
	}
}

// flip changes each byte of a small stretch and a sample of a large one.
func flip(t *testing.T, w *world, file []byte, part string, from, to int) {
	step := 1
	if size := to - from; size > 300 && !*every {
		step = size/40 | 1
	}
	for i := from; i < to; i += step {
		file[i] ^= 1
		requireBroken(t, check(t, file, w.trust()), part)
		file[i] ^= 1
	}
}

func TestNoBitOfTheSealCanBeChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	file := w.seal(t)
	start := verify.Start(file)
	require.Equal(t, "=\n\n", string(file[start-3:start]), "the last digit before it has bits that no signature covers")
	for i := start - 8; i < start; i++ {
		for bit := range 8 {
			file[i] ^= 1 << bit
			requireBroken(t, check(t, file, w.trust()), "manifest")
			requireBroken(t, check(t, file, verify.Trust{}), "manifest")
			file[i] ^= 1 << bit
		}
	}
}

func requireBroken(t *testing.T, r *verify.Report, part string) {
	t.Helper()
	require.Equal(t, verify.Broken, r.Verdict)
	require.True(t, slices.ContainsFunc(r.Findings, func(f verify.Finding) bool { return f.Part == part }), "%v", r.Findings)
}

func TestAFileThatWasCutOrContinuedIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	file := w.seal(t)
	m, _ := verify.Split(file)
	start := verify.Start(file)
	for _, p := range m.Parts {
		for _, cut := range []int64{0, p.Size - 1} {
			r := check(t, file[:start+int(p.Offset+cut)], w.trust())
			requireFinding(t, r, verify.RuleTruncated, p.Name, "")
		}
	}
	for n := range start {
		requireBroken(t, check(t, file[:n], w.trust()), "manifest")
	}
	r := check(t, append(bytes.Clone(file), 'x'), w.trust())
	requireFinding(t, r, verify.RuleTrailing, "file", "")
	require.Len(t, r.Findings, 1)
	requireBroken(t, check(t, nil, verify.Trust{}), "manifest")
}

// edit seals the file anew after a change of its parts, as somebody with the key can.
func edit(t *testing.T, w *world, change func(parts []verify.Body) []verify.Body) []byte {
	t.Helper()
	m, parts := verify.Split(w.seal(t))
	file, err := verify.Join(m, change(parts), w.key)
	require.NoError(t, err)
	return file
}

func index(parts []verify.Body, name string) int {
	return slices.IndexFunc(parts, func(b verify.Body) bool { return b.Name == name })
}

func TestPartsThatAreMissingDoubleOrForeignAreFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	_, whole := verify.Split(w.seal(t))
	for _, p := range whole {
		file := edit(t, w, func(parts []verify.Body) []verify.Body {
			i := index(parts, p.Name)
			return slices.Delete(parts, i, i+1)
		})
		requireFinding(t, check(t, file, w.trust()), verify.RuleMissing, p.Name, "")
		file = edit(t, w, func(parts []verify.Body) []verify.Body { return append(parts, p) })
		requireFinding(t, check(t, file, w.trust()), verify.RuleDuplicate, p.Name, "")
	}
	for _, name := range []string{"more.txt", "documents/../entries.json", "documents/x", ""} {
		file := edit(t, w, func(parts []verify.Body) []verify.Body { return append(parts, verify.Body{Name: name}) })
		requireFinding(t, check(t, file, w.trust()), verify.RuleUnexpected, name, "")
	}
	stray := "documents/" + w.sealed.Documents[2].ID
	require.Equal(t, verify.NotDisclosed, w.sealed.Documents[2].Status)
	file := edit(t, w, func(parts []verify.Body) []verify.Body { return append(parts, verify.Body{Name: stray}) })
	requireFinding(t, check(t, file, w.trust()), verify.RuleUnexpected, stray, "")
}

func TestAChangedEntryIsNamedThoughTheFileWasSealedAnew(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(e *verify.AuditEntry){
		"actor":   func(e *verify.AuditEntry) { e.Actor = "p-0000" },
		"time":    func(e *verify.AuditEntry) { e.At = "1" },
		"command": func(e *verify.AuditEntry) { e.CommandID = "k99" },
		"action":  func(e *verify.AuditEntry) { e.Action = "close" },
		"digest":  func(e *verify.AuditEntry) { e.Digest = sum("") },
		"state":   func(e *verify.AuditEntry) { e.State = "{}" },
		"place":   func(e *verify.AuditEntry) { e.AGS = "05999002" },
	} {
		w := newWorld(t, whole)
		change(&w.sealed.Entries.Audit[4])
		r := check(t, w.seal(t), w.trust())
		requireFinding(t, r, verify.RuleEntry, "entries.json", "audit version 5")
		require.Len(t, r.Findings, 1, name)
		require.Equal(t, whole-1, r.Counts.Audit)
	}
	w := newWorld(t, whole)
	w.sealed.Entries.Access[3].Reason = "versehen"
	requireFinding(t, check(t, w.seal(t), w.trust()), verify.RuleEntry, "entries.json", "access_log 05999001/5")
}

func TestEntriesThatAreMissingDoubleOrMovedAreFound(t *testing.T) {
	t.Parallel()
	audit := func(change func(a []verify.AuditEntry) []verify.AuditEntry) *verify.Report {
		w := newWorld(t, whole)
		w.sealed.Entries.Audit = change(w.sealed.Entries.Audit)
		return check(t, w.seal(t), w.trust())
	}
	for i := range whole - 1 { // the last one may be missing: its leaf then has a proof too many
		r := audit(func(a []verify.AuditEntry) []verify.AuditEntry { return slices.Delete(a, i, i+1) })
		requireFinding(t, r, verify.RuleSequence, "entries.json", "audit version "+strconv.Itoa(i+2))
		requireFinding(t, r, verify.RuleNoProof, "proofs.json", "")
	}
	requireFinding(t, audit(func(a []verify.AuditEntry) []verify.AuditEntry { return a[:whole-1] }), verify.RuleNoProof, "proofs.json", "")
	requireFinding(t, audit(func([]verify.AuditEntry) []verify.AuditEntry { return nil }), verify.RuleSequence, "entries.json", "")
	r := audit(func(a []verify.AuditEntry) []verify.AuditEntry { return slices.Insert(a, 5, a[4]) })
	requireFinding(t, r, verify.RuleSequence, "entries.json", "audit version 5")
	requireFinding(t, r, verify.RuleDuplicate, "entries.json", "audit version 5")
	r = audit(func(a []verify.AuditEntry) []verify.AuditEntry { a[4], a[5] = a[5], a[4]; return a })
	requireFinding(t, r, verify.RuleSequence, "entries.json", "audit version 6")
	requireFinding(t, r, verify.RuleChain, "entries.json", "audit version 6")

	w := newWorld(t, whole)
	e := &w.sealed.Entries
	e.Access[2], e.Access[3] = e.Access[3], e.Access[2]
	requireFinding(t, check(t, w.seal(t), w.trust()), verify.RuleSequence, "entries.json", "access_log 05999001/4")
}

func TestTheAccessLogFollowsItselfWhereNothingLiesBetween(t *testing.T) {
	t.Parallel()
	for where, change := range map[string]func(a []verify.AccessEntry){
		"access_log 05999001/1": func(a []verify.AccessEntry) { a[0].PriorHash = sum("before the first") },
		"access_log 05999001/2": func(a []verify.AccessEntry) { a[1].PriorHash = sum("another") },
		"access_log 05999001/4": func(a []verify.AccessEntry) { a[2].PriorHash = "" },
	} {
		w := newWorld(t, whole)
		e := w.sealed.Entries.Access
		change(e)
		for i := range e {
			e[i].Hash = e[i].Recompute()
		}
		w.log(t)
		w.check(t)
		requireFinding(t, check(t, w.seal(t), w.trust()), verify.RuleChain, "entries.json", where)
	}
	w := newWorld(t, whole)
	w.sealed.Entries.Access[4].FileID = w.sealed.Documents[0].ID
	w.chain()
	w.log(t)
	w.check(t)
	requireFinding(t, check(t, w.seal(t), w.trust()), verify.RuleSubject, "entries.json", "access_log 05999001/7")
}

func TestAProofInALogOfAnotherSizeIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	w.sealed.Proofs[0].Size++
	r := check(t, w.seal(t), w.trust())
	requireFinding(t, r, verify.RuleInclusion, "entries.json", "audit version 1")
	require.Len(t, r.Findings, 1)
}

// Whoever holds the database and the signing key can rewrite all but what others have seen.
func TestARewriteOfEverythingButTheCheckpointIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	size, root := w.size, w.root
	e := &w.sealed.Entries
	e.Audit = slices.Delete(e.Audit, 10, 11)
	for i := range e.Audit {
		e.Audit[i].Version = strconv.Itoa(i + 1)
	}
	drop := func(d verify.Document) bool {
		return !slices.ContainsFunc(e.Audit, func(a verify.AuditEntry) bool { return strings.Contains(a.Docs, d.ID) })
	}
	w.sealed.Documents = slices.DeleteFunc(w.sealed.Documents, drop)
	w.chain()
	w.log(t)
	require.NotEqual(t, root, w.root)
	r := check(t, w.seal(t), w.trust())
	requireFinding(t, r, verify.RuleInclusion, "entries.json", "audit version 11")

	for i := range w.sealed.Proofs { // proofs that claim the size of the checkpoint
		w.sealed.Proofs[i].Size = size
	}
	r = check(t, w.seal(t), w.trust())
	requireFinding(t, r, verify.RuleInclusion, "entries.json", "audit version 11")

	w.sealed.Checkpoint = w.checkpoint(t, newKeys(t, origin).Active(), origin, w.at())
	w.log(t)
	requireFinding(t, check(t, w.seal(t), w.trust()), verify.RuleUnknownKey, "checkpoint.txt", "")

	w.check(t)
	require.Equal(t, verify.Proven, check(t, w.seal(t), w.trust()).Verdict, "the witness who forgot is the last who could tell")
	signed, err := ledger.Sign(ledger.Checkpoint{Origin: origin, Size: w.size, Root: w.root, Time: w.at()}, w.key)
	require.NoError(t, err)
	w.sealed.Checkpoint = signed
	requireFinding(t, check(t, w.seal(t), w.trust()), verify.RuleCosignature, "checkpoint.txt", "")
}

func TestNobodyIsAWitnessOfTheOwnLog(t *testing.T) {
	w := newWorld(t, 3)
	w.witness = w.key
	w.check(t)
	trust := w.trust()
	trust.Witnesses = []ledger.PublicKey{{Key: w.key.CosignatureVerifier()}}
	requireFinding(t, check(t, w.seal(t), trust), verify.RuleCosignature, "checkpoint.txt", "")
}

func TestACheckpointThatDoesNotCountIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	stranger, bonn := newKeys(t, origin), newKeys(t, neighbour)
	retired := w.trust()
	retired.Keys = slices.Clone(retired.Keys)
	retired.Keys[0].Until = w.at().Add(-time.Second)
	both := w.trust()
	both.Keys = append(slices.Clone(both.Keys), bonn.Public()...)
	for name, c := range map[string]struct {
		signed []byte
		trust  verify.Trust
		rule   verify.Rule
	}{
		"another key":             {w.checkpoint(t, stranger.Active(), origin, w.at()), w.trust(), verify.RuleUnknownKey},
		"a retired key":           {w.checkpoint(t, w.key, origin, w.at()), retired, verify.RuleValidity},
		"before the key":          {w.checkpoint(t, w.key, origin, opened.Add(-time.Hour)), w.trust(), verify.RuleValidity},
		"another origin":          {w.checkpoint(t, w.key, neighbour, w.at()), w.trust(), verify.RuleOrigin},
		"another instance":        {w.checkpoint(t, bonn.Active(), neighbour, w.at()), both, verify.RuleOrigin},
		"no note":                 {[]byte("nothing"), w.trust(), verify.RuleSyntax},
		"a note of something":     {note(t, w.key), w.trust(), verify.RuleSyntax},
		"another text under it":   {bytes.Replace(w.sealed.Checkpoint, []byte("time 2028"), []byte("time 2027"), 1), w.trust(), verify.RuleSignature},
		"a cosignature of others": {moved(t, w), w.trust(), verify.RuleCosignature},
	} {
		t.Run(name, func(t *testing.T) {
			w.sealed.Checkpoint = c.signed
			requireFinding(t, check(t, w.seal(t), c.trust), c.rule, "checkpoint.txt", "")
		})
	}
}

func note(t *testing.T, key ledger.Key) []byte {
	t.Helper()
	signed, err := ledger.SignNote("something\n", key)
	require.NoError(t, err)
	return signed
}

// moved is a checkpoint with the cosignature of another one.
func moved(t *testing.T, w *world) []byte {
	t.Helper()
	other := w.checkpoint(t, w.key, origin, w.at().Add(-time.Hour))
	signed, err := ledger.Sign(ledger.Checkpoint{Origin: origin, Size: w.size, Root: w.root, Time: w.at()}, w.key)
	require.NoError(t, err)
	lines := bytes.SplitAfter(bytes.TrimSuffix(other, []byte("\n")), []byte("\n"))
	signed, err = ledger.Attach(signed, append(lines[len(lines)-1], '\n'))
	require.NoError(t, err)
	return signed
}

func TestASealThatDoesNotCountIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	m, parts := verify.Split(w.seal(t))
	join := func(m verify.Manifest, key ledger.Key) []byte {
		file, err := verify.Join(m, parts, key)
		require.NoError(t, err)
		return file
	}
	requireFinding(t, check(t, join(m, newKeys(t, origin).Active()), w.trust()), verify.RuleUnknownKey, "manifest", "")
	requireFinding(t, check(t, join(m, newKeys(t, origin).Active()), verify.Trust{}), verify.RuleUnknownKey, "manifest", "")
	early := m
	early.ExportedAt = opened.Add(-time.Hour)
	requireFinding(t, check(t, join(early, w.key), w.trust()), verify.RuleValidity, "manifest", "")
	foreign := m
	foreign.Origin = neighbour
	requireFinding(t, check(t, join(foreign, w.key), w.trust()), verify.RuleOrigin, "manifest", "")
	other := m
	other.ID = w.sealed.Documents[0].ID
	requireFinding(t, check(t, join(other, w.key), w.trust()), verify.RuleSubject, "entries.json", "audit version 1")
	kind := m
	kind.Kind = "cohort"
	requireFinding(t, check(t, join(kind, w.key), w.trust()), verify.RuleSubject, "entries.json", "audit version 1")
}

func TestAWithheldEntryKeepsItsPlaceAndShowsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	e := &w.sealed.Entries.Audit[8]
	*e = verify.AuditEntry{PriorHash: e.PriorHash, FileID: e.FileID, Version: e.Version, Kind: e.Kind, Hash: e.Hash, Leaf: e.Leaf, Withheld: true}
	r := check(t, w.seal(t), w.trust())
	require.Empty(t, r.Findings)
	require.Equal(t, whole-1, r.Counts.Audit)
	require.Equal(t, 1, r.Counts.Withheld)

	e.Hash = sum("another")
	r = check(t, w.seal(t), w.trust())
	requireFinding(t, r, verify.RuleInclusion, "entries.json", "audit version 9")
	requireFinding(t, r, verify.RuleChain, "entries.json", "audit version 10")
}

func TestAFieldWithTheSeparatorIsNoProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	e := &w.sealed.Entries.Audit[3]
	e.Action, e.Actor = e.Action+"\x1f"+e.Actor, ""
	w.chain()
	w.log(t)
	w.check(t)
	requireFinding(t, check(t, w.seal(t), w.trust()), verify.RuleSeparator, "entries.json", "audit version 4")
}

func TestAmbiguousJSONIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	for name, change := range map[string]func(body string) string{
		"a name twice":     func(b string) string { return strings.Replace(b, `"version":`, `"version": "1", "version":`, 1) },
		"another spelling": func(b string) string { return strings.Replace(b, `"version":`, `"Version":`, 1) },
		"an escaped name":  func(b string) string { return strings.Replace(b, `"version":`, `"v\u0065rsion":`, 1) },
		"an unknown name":  func(b string) string { return strings.Replace(b, `"version":`, `"x": 1, "version":`, 1) },
		"a second value":   func(b string) string { return b + "{}" },
		"a deep nest":      func(b string) string { return strings.Repeat("[", 9) + b },
		"no JSON":          func(string) string { return "{" },
		"nothing":          func(string) string { return "" },
		"no UTF-8":         func(b string) string { return strings.Replace(b, "p-", "p\xff", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			file := edit(t, w, func(parts []verify.Body) []verify.Body {
				p := &parts[index(parts, "entries.json")]
				p.Data = []byte(change(string(p.Data)))
				return parts
			})
			requireFinding(t, check(t, file, w.trust()), verify.RuleSyntax, "entries.json", "")
		})
	}
}

func TestEveryRuleSpeaksGermanAndEnglish(t *testing.T) {
	t.Parallel()
	for rule, text := range verify.Messages {
		require.NotEmpty(t, text[0], rule)
		require.NotEmpty(t, text[1], rule)
	}
	w := newWorld(t, whole)
	r := check(t, append(w.seal(t), 'x'), w.trust())
	require.Contains(t, r.Findings[0].DE, "niemand unterschrieben")
	require.Contains(t, r.Findings[0].String(), "nobody signed")
}

// failing fails beyond a place.
type failing struct {
	file  io.ReaderAt
	after int64
}

var errDisk = errors.New("disk")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.after {
		return 0, errDisk
	}
	return f.file.ReadAt(p, off)
}

func TestADiskThatFailsIsNoFinding(t *testing.T) {
	t.Parallel()
	w := newWorld(t, whole)
	file := w.seal(t)
	for _, after := range []int64{0, int64(len(file)) - 1} {
		_, err := verify.Check(failing{bytes.NewReader(file), after}, int64(len(file)), w.trust())
		require.ErrorIs(t, err, errDisk)
	}
}

// The command is the one in README.txt.
func TestAPartCanBeCheckedByHand(t *testing.T) {
	t.Parallel()
	file := newWorld(t, whole).seal(t)
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	m, _ := verify.Split(file)
	for _, p := range m.Parts {
		cmd := exec.Command("sh", "-c", "tail -n +6 $FILE | tail -c +$((OFFSET+1)) | head -c $SIZE | sha256sum")
		cmd.Env = append(cmd.Environ(), "FILE="+path, fmt.Sprintf("OFFSET=%d", p.Offset), fmt.Sprintf("SIZE=%d", p.Size))
		out, err := cmd.Output()
		require.NoError(t, err)
		require.Equal(t, p.SHA256, string(out[:64]), p.Name)
	}
}

func TestTheVerifierRunsInABrowser(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("go", "build", "koko/internal/evidence/verify")
	cmd.Env = append(cmd.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
}

// Whatever is in a file, checking it ends with a report, and nobody gets a proof without the keys.
// The seeds are small, because the fuzzer works byte by byte.
func FuzzCheck(f *testing.F) {
	w := newWorld(f, 18)
	w.sealed.Entries.Audit, w.sealed.Entries.Access = w.sealed.Entries.Audit[:2], w.sealed.Entries.Access[:2]
	w.sealed.Documents = w.sealed.Documents[:1]
	w.log(f)
	w.check(f)
	file := w.seal(f)
	require.Empty(f, check(f, file, w.trust()).Findings)
	m, parts := verify.Split(file)
	for i := range parts {
		if parts[i].Name == "README.txt" {
			parts[i].Data = nil
		}
	}
	file, err := verify.Join(m, parts, w.key)
	require.NoError(f, err)
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte("koko-sealed/1\n{\"parts\":[{\"name\":\"entries.json\",\"size\":9223372036854775807}]}\n\n— a AAAAAAAA\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NotEqual(t, verify.Proven, check(t, data, verify.Trust{}).Verdict)
		if r := check(t, data, w.trust()); r.Verdict != verify.Broken {
			require.Equal(t, file, data)
		}
	})
}
