package ledger_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/internal/evidence/ledger"
)

const neighbour = "koko.bonn.example/ledger"

func TestAWitnessCosignsWhatContinuesAllThatItSaw(t *testing.T) {
	t.Parallel()
	keys, own := newKeys(t, origin), newKeys(t, neighbour)
	w := ledger.Witness{Key: own.Active(), Known: keys.Public()}
	s, roots := grow(t, leaves(12, "a"))
	var last ledger.Seen
	for _, size := range []uint64{0, 3, 3, 8, 12} {
		p, err := ledger.Consistency(last.Size, size, s.get)
		require.NoError(t, err)
		signed := sign(t, checkpoint(size, roots[size]), keys.Active())
		line, next, err := w.Cosign(last, signed, p, noon.Add(time.Second))
		require.NoError(t, err, size)
		require.Equal(t, ledger.Seen{Origin: origin, Size: size, Root: roots[size]}, next)
		last = next

		cosigned, err := ledger.Attach(signed, line, line)
		require.NoError(t, err)
		require.Equal(t, string(signed)+string(line), string(cosigned))
		_, _, err = ledger.Open(cosigned, keys.Public())
		require.NoError(t, err)
		all, wrong := ledger.Cosignatures(cosigned, own.PublicWitness())
		require.Empty(t, wrong)
		require.Equal(t, []ledger.Cosignature{{Witness: neighbour, Time: noon.Add(time.Second)}}, all)
	}
}

func TestAWitnessRefusesWhateverIsNotAContinuation(t *testing.T) {
	t.Parallel()
	keys, own, stranger := newKeys(t, origin), newKeys(t, neighbour), newKeys(t, origin)
	w := ledger.Witness{Key: own.Active(), Known: keys.Public()}
	s, roots := grow(t, leaves(12, "a"))
	_, forked := grow(t, leaves(12, "b"))
	p, err := ledger.Consistency(5, 9, s.get)
	require.NoError(t, err)
	last := ledger.Seen{Origin: origin, Size: 5, Root: roots[5]}
	retired := keys.Public()
	retired[0].Until = noon.Add(time.Second)

	for want, c := range map[ledger.Reason]struct {
		w      ledger.Witness
		last   ledger.Seen
		signed []byte
		proof  ledger.ConsistencyProof
	}{
		ledger.Rollback:     {w, last, sign(t, checkpoint(4, roots[4]), keys.Active()), p},
		ledger.Fork:         {w, last, sign(t, checkpoint(5, forked[5]), keys.Active()), p},
		ledger.Inconsistent: {w, last, sign(t, checkpoint(9, forked[9]), keys.Active()), p},
		ledger.OtherProof:   {w, last, sign(t, checkpoint(10, roots[10]), keys.Active()), p},
		ledger.UnknownKey:   {w, last, sign(t, checkpoint(9, roots[9]), stranger.Active()), p},
		ledger.OtherOrigin:  {w, ledger.Seen{Origin: neighbour, Size: 5, Root: roots[5]}, sign(t, checkpoint(9, roots[9]), keys.Active()), p},
		ledger.RetiredKey:   {ledger.Witness{Key: own.Active(), Known: retired}, last, sign(t, checkpoint(9, roots[9]), keys.Active()), p},
		ledger.Malformed:    {w, last, []byte("no note\n"), p},
	} {
		line, next, err := c.w.Cosign(c.last, c.signed, c.proof, noon.Add(time.Minute))
		var refusal *ledger.Refusal
		require.ErrorAs(t, err, &refusal, want)
		require.Equal(t, want, refusal.Reason)
		require.Error(t, errors.Unwrap(err))
		require.Equal(t, c.last, next, "what is refused has not been seen")
		require.Empty(t, line)
	}
	_, _, err = w.Cosign(last, sign(t, checkpoint(9, roots[9]), keys.Active()), p, time.Time{})
	require.ErrorIs(t, err, ledger.ErrValidity)
}

// The message of C2SP tlog-cosignature, put together by hand.
func TestACosignatureIsTheOneOfC2SP(t *testing.T) {
	t.Parallel()
	keys, own := newKeys(t, origin), newKeys(t, neighbour)
	signed := sign(t, checkpoint(0, mth(nil)), keys.Active())
	line, _, err := ledger.Witness{Key: own.Active(), Known: keys.Public()}.Cosign(ledger.Seen{}, signed, ledger.ConsistencyProof{}, noon)
	require.NoError(t, err)
	encoded, found := strings.CutPrefix(string(line), "— "+neighbour+" ")
	require.True(t, found)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(encoded, "\n"))
	require.NoError(t, err)
	require.Len(t, raw, 4+8+64)
	require.EqualValues(t, noon.Unix(), binary.BigEndian.Uint64(raw[4:]))

	parts := strings.Split(own.Active().CosignatureVerifier(), "+")
	key, err := base64.StdEncoding.DecodeString(strings.Join(parts[2:], "+"))
	require.NoError(t, err)
	require.EqualValues(t, 4, key[0])
	message := "cosignature/v1\ntime 1772539200\n" + checkpoint(0, mth(nil)).Text()
	require.True(t, ed25519.Verify(key[1:], []byte(message), raw[12:]))
}

func TestACosignatureThatDoesNotFitIsNamed(t *testing.T) {
	t.Parallel()
	keys, own := newKeys(t, origin), newKeys(t, neighbour)
	_, roots := grow(t, leaves(2, "a"))
	one, two := sign(t, checkpoint(1, roots[1]), keys.Active()), sign(t, checkpoint(2, roots[2]), keys.Active())
	line, _, err := ledger.Witness{Key: own.Active(), Known: keys.Public()}.Cosign(ledger.Seen{}, one, ledger.ConsistencyProof{}, noon)
	require.NoError(t, err)
	moved, err := ledger.Attach(two, line)
	require.NoError(t, err)
	_, _, err = ledger.Open(moved, keys.Public())
	require.NoError(t, err, "the checkpoint itself stands")
	all, wrong := ledger.Cosignatures(moved, own.PublicWitness())
	require.Empty(t, all)
	require.Len(t, wrong, 1)
	require.ErrorIs(t, wrong[0], ledger.ErrSignature)
	require.ErrorContains(t, wrong[0], neighbour)

	good, err := ledger.Attach(one, line)
	require.NoError(t, err)
	late := own.PublicWitness()
	late[0].Until = noon.Add(-time.Minute)
	all, wrong = ledger.Cosignatures(good, late)
	require.Empty(t, all)
	require.ErrorIs(t, wrong[0], ledger.ErrValidity)

	all, wrong = ledger.Cosignatures(good, newKeys(t, neighbour).PublicWitness())
	require.Empty(t, all)
	require.Empty(t, wrong, "a witness that nobody asked for says nothing")
	_, err = ledger.Attach(one, []byte("— nobody\n"))
	require.ErrorIs(t, err, ledger.ErrMalformed)
}

func TestACosignatureOpensNoCheckpoint(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, origin)
	signed := sign(t, checkpoint(0, mth(nil)), keys.Active())
	line, _, err := ledger.Witness{Key: keys.Active(), Known: keys.Public()}.Cosign(ledger.Seen{}, signed, ledger.ConsistencyProof{}, noon)
	require.NoError(t, err)
	signed, err = ledger.Attach(signed, line)
	require.NoError(t, err)
	_, _, err = ledger.Open(signed, keys.PublicWitness())
	require.ErrorIs(t, err, ledger.ErrUnknownKey)
	all, wrong := ledger.Cosignatures(signed, keys.Public())
	require.Empty(t, all)
	require.Empty(t, wrong)
}
