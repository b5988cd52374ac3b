package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/api/public"
)

func (w *world) verify(token string) answer {
	w.t.Helper()
	return w.call("", http.MethodPost, "/api/v1/certificates/verify", token, "Content-Type", "application/vc+jwt")
}

// claims are what a JWT says, without a look at its signature.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	require.NoError(t, err)
	var all map[string]any
	require.NoError(t, json.Unmarshal(b, &all))
	return all
}

func TestACredentialIsBelievedOnlyIfWeSignedIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, code := w.certified(trainee)
	token := w.get(trainee, certificatesOf(e)+"/"+code+"/credential").body
	for _, kind := range []string{"application/vc+jwt", "application/jwt", "text/plain; charset=utf-8"} {
		var v public.VerifiedCredential
		w.call("", http.MethodPost, "/api/v1/certificates/verify", token+"\n", "Content-Type", kind).ok(&v)
		require.Equal(t, wordOfHolder, v.Holder)
		require.Equal(t, code, v.Code)
		require.EqualValues(t, "valid", v.Status)
	}
	w.call("", http.MethodPost, "/api/v1/certificates/verify", token, "Content-Type", "application/json").
		refused(http.StatusUnsupportedMediaType, "media-type", "media_type")

	other := newWorld(t) // with a key of its own, under the same address
	other.verify(token).refused(http.StatusUnprocessableEntity, "invalid", "key")
	parts := strings.Split(token, ".")
	altered, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	parts[1] = base64.RawURLEncoding.EncodeToString(bytes.Replace(altered, []byte("Nadia"), []byte("Nadja"), 1))
	w.verify(strings.Join(parts, ".")).refused(http.StatusUnprocessableEntity, "invalid", "signature")
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"https://elsewhere.example"}`))
	w.verify(strings.Join(parts, ".")).refused(http.StatusUnprocessableEntity, "invalid", "issuer")
	for _, nothing := range []string{"x", "a.b.c", strings.Repeat("A", 200<<10)} {
		p := w.verify(nothing).refused(http.StatusUnprocessableEntity, "invalid", "form")
		require.Equal(t, "credential", p.Field)
	}
	w.verify(strings.Repeat("A", 257<<10)).problem(http.StatusRequestEntityTooLarge, "too-large")

	w.enrol(certifier, e, "revoke-certificate", object{"of": code, "reason": "taeuschung", "text": "x"}).enrolmentView()
	var v public.VerifiedCredential
	w.verify(token).ok(&v)
	require.EqualValues(t, "revoked", v.Status, "a signature says nothing about that")
}

// Whoever restores an old record has signed what the register does not know.
func TestACredentialThatIsNotInTheRegisterIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, code := w.certified(trainee)
	token := w.get(trainee, certificatesOf(e)+"/"+code+"/credential").body
	w.exec("ALTER TABLE certificate DISABLE TRIGGER USER")
	w.exec("UPDATE certificate SET number = 'KOKO-2020-9999'")
	w.verify(token).refused(http.StatusUnprocessableEntity, "invalid", "register")
	w.exec("UPDATE certificate SET number = $1", claims(t, token)["credentialSubject"].(map[string]any)["licenseNumber"])
}

func TestVerifiersFindKeysAndStatusList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, code := w.certified(trainee)
	token := w.get(trainee, certificatesOf(e)+"/"+code+"/credential").body
	var header struct {
		Kid string `json:"kid"`
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &header))
	at, ours := strings.CutPrefix(header.Kid, publicURL)
	require.True(t, ours)

	var set struct{ Keys []map[string]any }
	keys := w.get("", "/.well-known/jwks.json")
	keys.ok(&set)
	require.Len(t, set.Keys, 1)
	require.NotContains(t, set.Keys[0], "d", "the public half alone")
	var key map[string]any
	one := w.get("", at)
	one.ok(&key)
	require.Equal(t, set.Keys[0], key)
	w.get("", "/.well-known/jwks/unknown").refused(http.StatusNotFound, "not-found", "thumbprint")

	list := w.get("", "/.well-known/status-list/1")
	require.Equal(t, http.StatusOK, list.code)
	require.Equal(t, "application/vc+jwt", list.header.Get("Content-Type"))
	require.Equal(t, "public, max-age=60", list.header.Get("Cache-Control"))
	for _, a := range []answer{keys, one, list} {
		require.Equal(t, "*", a.header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
		require.Contains(t, a.header.Get("Cache-Control"), "public")
	}
	require.False(t, revokedBit(t, list.body, 0))
	w.enrol(certifier, e, "revoke-certificate", object{"of": code, "reason": "irrtum", "text": "x"}).enrolmentView()
	require.True(t, revokedBit(t, w.get("", "/.well-known/status-list/1").body, 0))
}

// revokedBit is the bit of an index in a status list.
func revokedBit(t *testing.T, token string, index int) bool {
	t.Helper()
	encoded := claims(t, token)["credentialSubject"].(map[string]any)["encodedList"].(string)
	compressed, err := base64.RawURLEncoding.DecodeString(encoded[1:])
	require.NoError(t, err)
	z, err := gzip.NewReader(bytes.NewReader(compressed))
	require.NoError(t, err)
	bits, err := io.ReadAll(z)
	require.NoError(t, err)
	return bits[index/8]&(0x80>>(index%8)) != 0
}

// form is a multipart form as browsers send it.
func form(t *testing.T, file, text string) (body []byte, contentType string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	part, err := m.CreateFormFile("file", "credential.jwt")
	require.NoError(t, err)
	_, err = part.Write([]byte(file))
	require.NoError(t, err)
	require.NoError(t, m.WriteField("credential", text))
	require.NoError(t, m.Close())
	return b.Bytes(), m.FormDataContentType()
}

func TestThePageAboutCertificatesNeedsNoScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e, code := w.certified(trainee)
	token := w.get(trainee, certificatesOf(e)+"/"+code+"/credential").body
	send := func(path, file, text string) answer {
		body, kind := form(t, file, text)
		return w.call("", http.MethodPost, path, body, "Content-Type", kind)
	}

	a := w.get("", "/verify?lang=en&code="+url.QueryEscape(strings.ToLower(code)))
	require.Equal(t, http.StatusSeeOther, a.code)
	require.Equal(t, "/verify/"+code+"?lang=en", a.header.Get("Location"))
	a = w.get("", "/verify?code=%2F%2Fevil.example")
	require.True(t, strings.HasPrefix(a.header.Get("Location"), "/verify/"), a.header.Get("Location"))

	for lang, says := range map[string]string{"de": "Gültig.", "en": "Valid."} {
		a = w.get("", "/verify/"+code+"?lang="+lang)
		require.Equal(t, http.StatusOK, a.code)
		require.Contains(t, a.body, says)
		require.Contains(t, a.body, koko().Certifier)
		require.Contains(t, a.body, `<html lang="`+lang+`">`)
		require.NotContains(t, a.body, "El-Tarifi")
		require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	}
	a = w.get("", "/verify/AAAA-BBBB-CCCC-DDDD")
	require.Equal(t, http.StatusNotFound, a.code)
	require.Contains(t, a.body, "Kein Zertifikat gefunden.")
	require.Contains(t, a.body, "<title>Fehler: ")

	for _, sent := range [][2]string{{token, ""}, {"", token}, {token, "etwas anderes"}} {
		a = send("/verify?lang=de", sent[0], sent[1])
		require.Equal(t, http.StatusOK, a.code, a.body)
		require.Contains(t, a.body, wordOfHolder)
		require.Contains(t, a.body, "Gültig.")
	}
	a = send("/verify", "", "eyJ")
	require.Equal(t, http.StatusUnprocessableEntity, a.code)
	require.Contains(t, a.body, "kein vollständiger Nachweis")
	require.Contains(t, send("/verify?lang=en", "", " ").body, "The credential is missing.")
	require.Equal(t, http.StatusRequestEntityTooLarge, send("/verify", strings.Repeat("A", 600<<10), "").code)
	require.Contains(t, w.call("", http.MethodPost, "/verify", "credential="+token, "Content-Type", "application/x-www-form-urlencoded").body, wordOfHolder)

	compare := func(name string) string {
		return w.call("", http.MethodPost, "/verify/"+code, url.Values{"holder": {name}}.Encode(), "Content-Type", "application/x-www-form-urlencoded").body
	}
	require.Contains(t, compare("nadia el-tarifi"), "Der Name stimmt überein.")
	require.Contains(t, compare("<b>Nadja"), "Der Name stimmt nicht überein.</strong> &lt;b&gt;Nadja")

	w.enrol(certifier, e, "revoke-certificate", object{"of": code, "reason": "taeuschung", "text": wordOfReasons}).enrolmentView()
	a = w.get("", "/verify/"+code)
	require.Contains(t, a.body, "Widerrufen.")
	require.Contains(t, a.body, "Täuschung")
	require.NotContains(t, a.body, wordOfReasons)
	require.NotContains(t, w.log.String(), "El-Tarifi")
	require.NotContains(t, w.log.String(), code)
}
