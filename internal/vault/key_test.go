package vault_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/internal/vault"
)

func newKey(t require.TestingT) *vault.Key {
	_, k, err := newMaster(t).NewKey("case/1/case")
	require.NoError(t, err)
	return k
}

func someBytes(least int) *rapid.Generator[[]byte] { return rapid.SliceOfN(rapid.Byte(), least, 300) }

func TestWhatIsSealedOpensWithTheSameKeyAndBindingOnly(t *testing.T) {
	t.Parallel()
	m, stranger := newMaster(t), newKey(t)
	rapid.Check(t, func(t *rapid.T) {
		plain, aad := someBytes(0).Draw(t, "plain"), someBytes(1).Draw(t, "aad")
		context := rapid.StringN(1, 50, -1).Draw(t, "context")
		wrapped, k, err := m.NewKey(context)
		require.NoError(t, err)
		sealed, err := k.Seal(plain, aad)
		require.NoError(t, err)

		again, err := m.Unwrap(wrapped, context)
		require.NoError(t, err)
		got, err := again.Open(sealed, aad)
		require.NoError(t, err)
		require.True(t, bytes.Equal(plain, got))

		_, err = stranger.Open(sealed, aad)
		require.ErrorIs(t, err, vault.ErrOpen)
		_, err = k.Open(sealed, append(aad, 0))
		require.ErrorIs(t, err, vault.ErrOpen)
	})
}

func TestAWrappedKeyServesNoOtherCaseOrCompartment(t *testing.T) {
	t.Parallel()
	m, other := newMaster(t), newMaster(t)
	wrapped, _, err := m.NewKey("case/1/mediation")
	require.NoError(t, err)
	for _, context := range []string{"case/1/case", "case/2/mediation", "case/1/mediation ", ""} {
		_, err := m.Unwrap(wrapped, context)
		require.ErrorIs(t, err, vault.ErrOpen, context)
	}
	_, err = other.Unwrap(wrapped, "case/1/mediation")
	require.ErrorIs(t, err, vault.ErrOpen)
	_, _, err = m.NewKey("")
	require.Error(t, err, "a key for anything is no key")
}

func TestNothingAlteredOpensOrUnwraps(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	wrapped, k, err := m.NewKey("c")
	require.NoError(t, err)
	sealed, err := k.Seal([]byte("Sorge um Kita-Plätze"), vault.Binding("d", 1))
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		_, err := k.Open(altered(t, sealed), vault.Binding("d", 1))
		require.ErrorIs(t, err, vault.ErrOpen)
		require.NotContains(t, err.Error(), "Kita")
		_, err = m.Unwrap(altered(t, wrapped), "c")
		require.ErrorIs(t, err, vault.ErrOpen)
	})
}

// altered flips a bit of b, cuts it short, or replaces it.
func altered(t *rapid.T, b []byte) []byte {
	b = bytes.Clone(b)
	at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
	switch rapid.IntRange(0, 2).Draw(t, "how") {
	case 0:
		b[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		return b
	case 1:
		return b[:at]
	default:
		return someBytes(0).Draw(t, "junk")
	}
}

func TestADocumentDoesNotOpenInAnotherPlace(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	sealed, err := k.Seal([]byte("x"), vault.Binding("d", 1))
	require.NoError(t, err)
	for _, aad := range [][]byte{vault.Binding("d", 2), vault.Binding("e", 1), vault.Binding("d", 11), nil} {
		_, err := k.Open(sealed, aad)
		require.ErrorIs(t, err, vault.ErrOpen)
	}
	_, err = k.Seal([]byte("x"), nil)
	require.Error(t, err, "a document without a place")
}

func TestSealingTwiceDoesNotShowThatTheTextIsTheSame(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	one, err := k.Seal([]byte("x"), vault.Binding("d", 1))
	require.NoError(t, err)
	two, err := k.Seal([]byte("x"), vault.Binding("d", 1))
	require.NoError(t, err)
	require.NotEqual(t, one, two)
}

func TestADigestIsTheSameOnARetryAndProvableToAnOutsider(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	rapid.Check(t, func(t *rapid.T) {
		plain, aad := someBytes(0).Draw(t, "plain"), someBytes(1).Draw(t, "aad")
		wrapped, k, err := m.NewKey("c")
		require.NoError(t, err)
		again, err := m.Unwrap(wrapped, "c")
		require.NoError(t, err)
		require.Equal(t, k.Digest(plain, aad), again.Digest(plain, aad))

		require.Len(t, k.Nonce(aad), 32)
		sum := sha256.Sum256(append(k.Nonce(aad), plain...))
		require.Equal(t, hex.EncodeToString(sum[:]), k.Digest(plain, aad))
	})
}

func TestADigestCannotBeGuessedWithoutTheKey(t *testing.T) {
	t.Parallel()
	plain, aad := []byte("Familie X"), vault.Binding("d", 1)
	bare := sha256.Sum256(plain)
	k := newKey(t)
	require.NotEqual(t, hex.EncodeToString(bare[:]), k.Digest(plain, aad))
	require.NotEqual(t, k.Digest(plain, aad), newKey(t).Digest(plain, aad), "another case's key does not help")
	require.NotEqual(t, k.Digest(plain, aad), k.Digest(plain, vault.Binding("d", 2)), "nor does another version's digest")
	require.NotEqual(t, k.Digest(plain, aad), k.Digest([]byte("Familie Y"), aad))
}

func TestADocumentWithASecretNeedsItsSecretAndTheKeyOfItsCompartment(t *testing.T) {
	t.Parallel()
	compartment, secret, plain, aad := newKey(t), vault.NewSecret(), []byte("Familie X"), vault.Binding("d", 1)
	k, err := compartment.Document(secret)
	require.NoError(t, err)
	sealed, err := k.Seal(plain, aad)
	require.NoError(t, err)

	again, err := compartment.Document(bytes.Clone(secret))
	require.NoError(t, err)
	got, err := again.Open(sealed, aad)
	require.NoError(t, err)
	require.Equal(t, plain, got)
	require.Equal(t, k.Digest(plain, aad), again.Digest(plain, aad), "a retry is the same command")

	for name, of := range map[string]func() (*vault.Key, error){
		"the compartment's key alone": func() (*vault.Key, error) { return compartment.Document(nil) },
		"another secret":              func() (*vault.Key, error) { return compartment.Document(vault.NewSecret()) },
		"the secret in another case":  func() (*vault.Key, error) { return newKey(t).Document(secret) },
		"the secret under itself":     func() (*vault.Key, error) { return k.Document(secret) },
	} {
		other, err := of()
		require.NoError(t, err, name)
		_, err = other.Open(sealed, aad)
		require.ErrorIs(t, err, vault.ErrOpen, name)
		require.NotEqual(t, k.Digest(plain, aad), other.Digest(plain, aad), name)
	}
	_, err = compartment.Document([]byte("short"))
	require.Error(t, err)
}

func TestADocumentWithoutASecretIsSealedByItsCompartment(t *testing.T) {
	t.Parallel()
	compartment, plain, aad := newKey(t), []byte("x"), vault.Binding("d", 1)
	sealed, err := compartment.Seal(plain, aad)
	require.NoError(t, err)
	k, err := compartment.Document(nil)
	require.NoError(t, err)
	got, err := k.Open(sealed, aad)
	require.NoError(t, err)
	require.Equal(t, plain, got)
	require.Equal(t, compartment.Digest(plain, aad), k.Digest(plain, aad))
}

func TestAKeyDoesNotPrint(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	_, k, err := m.NewKey("c")
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		require.Equal(t, "vault.Key vault.Master", fmt.Sprintf(verb+" "+verb, k, m))
	}
}

func BenchmarkSeal1kB(b *testing.B) {
	k, plain, aad := newKey(b), make([]byte, 1024), vault.Binding("d", 1)
	b.SetBytes(1024)
	for b.Loop() {
		if _, err := k.Seal(plain, aad); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen1kB(b *testing.B) {
	k, aad := newKey(b), vault.Binding("d", 1)
	sealed, err := k.Seal(make([]byte, 1024), aad)
	require.NoError(b, err)
	b.SetBytes(1024)
	for b.Loop() {
		if _, err := k.Open(sealed, aad); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnwrap(b *testing.B) {
	m := newMaster(b)
	wrapped, _, err := m.NewKey("c")
	require.NoError(b, err)
	for b.Loop() {
		if _, err := m.Unwrap(wrapped, "c"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDocument(b *testing.B) {
	k, secret := newKey(b), vault.NewSecret()
	for b.Loop() {
		if _, err := k.Document(secret); err != nil {
			b.Fatal(err)
		}
	}
}
