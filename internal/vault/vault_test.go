package vault_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"koko/internal/vault"
)

func newMaster(t require.TestingT) *vault.Master {
	m, err := vault.Parse(newFile(t))
	require.NoError(t, err)
	return m
}

func newFile(t require.TestingT) []byte {
	file, err := vault.Generate()
	require.NoError(t, err)
	return file
}

func TestKeysOutliveARotationOfTheMasterKey(t *testing.T) {
	t.Parallel()
	file := newFile(t)
	before, err := vault.Parse(file)
	require.NoError(t, err)
	wrapped, k, err := before.NewKey("case/1/case")
	require.NoError(t, err)
	sealed, err := k.Seal([]byte("Gartenstraße"), vault.Binding("d", 1))
	require.NoError(t, err)

	rotated, err := vault.Rotate(file)
	require.NoError(t, err)
	require.NotEqual(t, file, rotated)
	after, err := vault.Parse(rotated)
	require.NoError(t, err)

	again, err := after.Unwrap(wrapped, "case/1/case")
	require.NoError(t, err)
	plain, err := again.Open(sealed, vault.Binding("d", 1))
	require.NoError(t, err)
	require.Equal(t, "Gartenstraße", string(plain))

	// The new key is in use: the old master alone does not know it.
	fresh, _, err := after.NewKey("case/2/case")
	require.NoError(t, err)
	_, err = before.Unwrap(fresh, "case/2/case")
	require.ErrorIs(t, err, vault.ErrOpen)
	require.Equal(t, before.Tokens("Gartenstraße"), after.Tokens("Gartenstraße"), "search goes on")
}

func TestAMasterKeyThatIsNotOneIsRefused(t *testing.T) {
	t.Parallel()
	var f map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(newFile(t), &f))
	wrap, search := string(f["wrap"]), string(f["search"])

	for name, tt := range map[string]struct{ file, want string }{
		"empty":                {"", "not a JSON object"},
		"not JSON":             {"SECRET", "not a JSON object"},
		"a list":               {`["SECRET"]`, "not a JSON object"},
		"an unknown field":     {`{"wrap":` + wrap + `,"search":` + search + `,"SECRET":1}`, "not a JSON object"},
		"something after it":   {`{"wrap":` + wrap + `,"search":` + search + `} "SECRET"`, "something after its end"},
		"nothing in it":        {`{}`, "wrap keyset of the master key is missing"},
		"no search":            {`{"wrap":` + wrap + `}`, "search keyset of the master key is missing"},
		"a broken wrap":        {`{"wrap":{"primaryKeyId":"SECRET"},"search":` + search + `}`, "wrap keyset of the master key is missing or broken"},
		"a broken search":      {`{"wrap":` + wrap + `,"search":{"SECRET":1}}`, "search keyset of the master key is missing or broken"},
		"the two exchanged":    {`{"wrap":` + search + `,"search":` + wrap + `}`, "not for encryption"},
		"encryption as search": {`{"wrap":` + wrap + `,"search":` + wrap + `}`, "not for tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := vault.Parse([]byte(tt.file))
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "SECRET")
			_, err = vault.Rotate([]byte(tt.file))
			if !strings.Contains(tt.want, "not for") {
				require.Error(t, err)
			}
		})
	}
}

func TestAMasterKeyMadeWithTinksOwnToolsIsRead(t *testing.T) {
	t.Parallel()
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)))
	var f map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(newFile(t), &f))
	f["wrap"] = b.Bytes()
	file, err := json.Marshal(f)
	require.NoError(t, err)

	m, err := vault.Parse(file)
	require.NoError(t, err)
	own, err := aead.New(h)
	require.NoError(t, err)
	wrapped, _, err := m.NewKey("c")
	require.NoError(t, err)
	secret, err := own.Decrypt(wrapped, []byte("c"))
	require.NoError(t, err)
	require.Len(t, secret, 32)
}

func FuzzParse(f *testing.F) {
	f.Add(newFile(f))
	f.Add([]byte(`{"wrap":{},"search":{}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(_ *testing.T, file []byte) {
		_, _ = vault.Parse(file)
		_, _ = vault.Rotate(file)
	})
}
