package ledger_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"koko/internal/evidence/ledger"
	"koko/internal/keyfile"
)

var noon = time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)

const origin = "koko.aachen.example/ledger"

func newKeys(t *testing.T, name string) *ledger.Keys {
	t.Helper()
	content, err := ledger.GenerateKeys(name, noon.Add(-time.Hour))
	require.NoError(t, err)
	keys, err := ledger.ParseKeys(content)
	require.NoError(t, err)
	return keys
}

func checkpoint(size uint64, root ledger.Hash) ledger.Checkpoint {
	return ledger.Checkpoint{Origin: origin, Size: size, Root: root, Time: noon}
}

func sign(t *testing.T, c ledger.Checkpoint, key ledger.Key) []byte {
	t.Helper()
	signed, err := ledger.Sign(c, key)
	require.NoError(t, err)
	return signed
}

func TestACheckpointOpensWithTheKeyOfItsOriginOnly(t *testing.T) {
	t.Parallel()
	keys, others := newKeys(t, origin), newKeys(t, origin)
	c := checkpoint(3, leaves(1, "a")[0])
	signed := sign(t, c, keys.Active())
	require.True(t, strings.HasPrefix(string(signed), origin+"\n3\n"+c.Root.String()+"\ntime 2026-03-03T12:00:00Z\n\n— "+origin+" "))

	got, by, err := ledger.Open(signed, append(others.Public(), keys.Public()...))
	require.NoError(t, err)
	require.Equal(t, c, got)
	require.Equal(t, keys.Active().Verifier(), by.Key)
	_, _, err = ledger.Open(signed, others.Public())
	require.ErrorIs(t, err, ledger.ErrUnknownKey)
	_, _, err = ledger.Open(signed, keys.PublicWitness())
	require.ErrorIs(t, err, ledger.ErrUnknownKey, "a key for cosignatures opens no checkpoint")

	v, err := note.NewVerifier(keys.Active().Verifier())
	require.NoError(t, err)
	_, err = note.Open(signed, note.VerifierList(v))
	require.NoError(t, err, "others read the same format")
}

func TestEveryChangedByteOfACheckpointIsFound(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, origin)
	signed := sign(t, checkpoint(3, leaves(1, "a")[0]), keys.Active())
	last := strings.LastIndexByte(string(signed), '=') - 1 // its low bits are no part of the signature
	for i := range signed {
		for bit := range 8 {
			changed := append([]byte(nil), signed...)
			changed[i] ^= 1 << bit
			if _, _, err := ledger.Open(changed, keys.Public()); i != last {
				require.Error(t, err, "%q", changed)
			}
		}
	}
}

func TestACheckpointHasOneSpelling(t *testing.T) {
	t.Parallel()
	root := leaves(1, "a")[0].String()
	for _, text := range []string{
		"", "a", "a\n1\n", "a\n1\n" + root, "\n1\n" + root + "\n", "a\n01\n" + root + "\n", "a\n-1\n" + root + "\n", "a\n1\n" + root + "\nmore\n",
		"a\n1\n" + root + "\ntime 2026-03-03T12:00:00+00:00\n", "a\n1\n" + root + "\ntime 2026-03-03T12:00:00Z\nmore\n", "a b\n1\n" + root + "\n",
		"a\n18446744073709551615\n" + root + "\n", "cosignature/v1\n1\n" + root + "\n",
	} {
		_, err := ledger.ParseCheckpoint(text)
		require.ErrorIs(t, err, ledger.ErrMalformed, "%q", text)
	}
	_, err := ledger.ParseCheckpoint("a\n1\n" + root + "\n")
	require.NoError(t, err)
}

func TestARetiredKeyOpensWhatItSignedWhileItDid(t *testing.T) {
	t.Parallel()
	f := keyfile.File{Path: filepath.Join(t.TempDir(), "ledger-keys.json"), What: "ledger key file"}
	_, err := f.CreateIfMissing(func() ([]byte, error) { return ledger.GenerateKeys(origin, noon.Add(-time.Hour)) })
	require.NoError(t, err)
	content, err := f.Read()
	require.NoError(t, err)
	before, err := ledger.ParseKeys(content)
	require.NoError(t, err)
	require.NoError(t, f.Update(func(c []byte) ([]byte, error) { return ledger.RotateKeys(c, noon.Add(time.Minute)) }))
	content, err = f.Read()
	require.NoError(t, err)
	keys, err := ledger.ParseKeys(content)
	require.NoError(t, err)

	c := checkpoint(3, leaves(1, "a")[0])
	_, by, err := ledger.Open(sign(t, c, before.Active()), keys.Public())
	require.NoError(t, err)
	require.Equal(t, noon.Add(time.Minute), by.Until)

	for _, at := range []time.Time{noon.Add(time.Hour), noon.Add(-2 * time.Hour), {}} {
		c.Time = at
		old, err := ledger.SignNote(c.Text(), before.Active())
		require.NoError(t, err)
		_, _, err = ledger.Open(old, keys.Public())
		require.ErrorIs(t, err, ledger.ErrValidity, at)
	}
	_, err = ledger.Sign(checkpoint(3, c.Root), keys.Active())
	require.ErrorIs(t, err, ledger.ErrValidity, "the new key did not sign yet")
}

func TestACheckpointOfAnotherOriginIsRefused(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, "koko.bonn.example/ledger")
	c := checkpoint(3, leaves(1, "a")[0])
	_, err := ledger.Sign(c, keys.Active())
	require.ErrorIs(t, err, ledger.ErrOrigin)
	forged, err := ledger.SignNote(c.Text(), keys.Active())
	require.NoError(t, err)
	_, _, err = ledger.Open(forged, keys.Public())
	require.ErrorIs(t, err, ledger.ErrOrigin)
}

func TestKeysThatDoNotFitAreRefusedAndNeverQuoted(t *testing.T) {
	t.Parallel()
	content, err := ledger.GenerateKeys(origin, noon)
	require.NoError(t, err)
	good := string(content)
	keys, err := ledger.ParseKeys(content)
	require.NoError(t, err)
	rotated, err := ledger.RotateKeys(content, noon.Add(time.Hour))
	require.NoError(t, err)
	other := newKeys(t, origin)
	for name, bad := range map[string]string{
		"empty":            "",
		"none":             `{"keys":[]}`,
		"another verifier": strings.Replace(good, keys.Active().Verifier(), other.Active().Verifier(), 1),
		"another name":     strings.Replace(good, `"name": "koko.aachen`, `"name": "koko.bonn`, 1),
		"none that signs":  strings.Replace(good, `"verifier"`, `"retired": "2026-03-03T12:00:00Z", "verifier"`, 1),
		"two that sign":    strings.Replace(string(rotated), `"retired"`, `"was"`, 1),
	} {
		_, err := ledger.ParseKeys([]byte(bad))
		require.Error(t, err, name)
		require.NotContains(t, err.Error(), good[strings.Index(good, `"seed"`)+9:][:40], name)
		_, err = ledger.RotateKeys([]byte(bad), noon)
		require.Error(t, err, name)
	}
	_, err = ledger.RotateKeys(content, noon.Add(-time.Hour))
	require.Error(t, err)
	for _, name := range []string{"", "a b", "a+b", "ä", "cosignature/v1", "koko-sealed/1", strings.Repeat("a", 201)} {
		_, err := ledger.GenerateKeys(name, noon)
		require.Error(t, err, name)
	}
	seed := good[strings.Index(good, `"seed"`)+9:][:40]
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		require.NotContains(t, fmt.Sprintf(verb+verb, keys, keys.Active()), seed)
	}
}

func TestAPublishedKeyHasOneSpelling(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, origin)
	good := keys.Public()[0]
	require.Equal(t, origin, good.Name())
	require.NoError(t, ledger.CheckKey(good, false))
	require.Error(t, ledger.CheckKey(good, true))
	require.NoError(t, ledger.CheckKey(keys.PublicWitness()[0], true))
	for _, key := range []string{"", "a", good.Key + "A", strings.Replace(good.Key, "aachen", "bonn", 1), strings.ToUpper(good.Key)} {
		require.Error(t, ledger.CheckKey(ledger.PublicKey{Key: key}, false), key)
		require.Empty(t, ledger.PublicKey{Key: key}.Name())
	}
	good.Until = good.From.Add(-time.Second)
	require.Error(t, ledger.CheckKey(good, false))
}
