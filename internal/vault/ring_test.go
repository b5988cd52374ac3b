package vault_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"koko/internal/vault"
)

func TestAPayloadOpensUnderItsKeyAndInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	ring, stranger := newMaster(t).Payloads(), newMaster(t).Payloads()
	rapid.Check(t, func(t *rapid.T) {
		plain, aad := someBytes(0).Draw(t, "plain"), someBytes(0).Draw(t, "aad")
		key, sealed, err := ring.Seal(plain, aad)
		require.NoError(t, err)
		got, err := ring.Open(key, sealed, aad)
		require.NoError(t, err)
		require.Equal(t, string(plain), string(got))

		_, err = ring.Open(key, sealed, append(aad, 0))
		require.ErrorIs(t, err, vault.ErrOpen)
		_, err = ring.Open(key, altered(t, sealed), aad)
		require.ErrorIs(t, err, vault.ErrOpen)
		_, err = ring.Open(key+"1", sealed, aad)
		require.ErrorIs(t, err, vault.ErrUnknownKey)
		_, err = stranger.Open(key, sealed, aad)
		require.ErrorIs(t, err, vault.ErrUnknownKey)

		_, again, err := ring.Seal(plain, aad)
		require.NoError(t, err)
		require.NotEqual(t, sealed, again, "the same text again is another payload")
	})
}

func TestPayloadsOutliveARotationOfTheMasterKey(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	before, err := vault.Parse(file)
	require.NoError(t, err)
	old, sealed, err := before.Payloads().Seal([]byte("x"), nil)
	require.NoError(t, err)

	rotated, err := vault.Rotate(file)
	require.NoError(t, err)
	after, err := vault.Parse(rotated)
	require.NoError(t, err)
	got, err := after.Payloads().Open(old, sealed, nil)
	require.NoError(t, err)
	require.Equal(t, "x", string(got))

	key, fresh, err := after.Payloads().Seal([]byte("x"), nil)
	require.NoError(t, err)
	require.NotEqual(t, old, key, "the new key is in use")
	_, err = before.Payloads().Open(key, fresh, nil)
	require.ErrorIs(t, err, vault.ErrUnknownKey)
}

// Whoever has a payload's key alone opens no document, and the other way round: neither key is the other.
func TestThePayloadsKeyIsNotTheWrappingKey(t *testing.T) {
	t.Parallel()
	m := newMaster(t)
	wrapped, _, err := m.NewKey("c")
	require.NoError(t, err)
	key, _, err := m.Payloads().Seal(nil, nil)
	require.NoError(t, err)
	const prefix = 5 // Tink's, before the nonce
	_, err = m.Payloads().Open(key, wrapped[prefix:], []byte("c"))
	require.ErrorIs(t, err, vault.ErrOpen)
}

func TestARingDoesNotPrint(t *testing.T) {
	t.Parallel()
	r := newMaster(t).Payloads()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		require.Equal(t, "vault.Ring", fmt.Sprintf(verb, r))
	}
}
