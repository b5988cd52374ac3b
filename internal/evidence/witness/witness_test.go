package witness_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"koko/internal/dbtest"
	"koko/internal/evidence/ledger"
	"koko/internal/evidence/witness"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

const (
	aachen = "koko.aachen.example/ledger"
	bonn   = "koko.bonn.example/ledger"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newKeys(t *testing.T, name string) *ledger.Keys {
	t.Helper()
	content, err := ledger.GenerateKeys(name, noon.Add(-time.Hour))
	require.NoError(t, err)
	return must(ledger.ParseKeys(content))
}

func published(k *ledger.Keys) witness.Published {
	return witness.Published{Origin: k.Active().Name, Keys: k.Public(), WitnessKeys: k.PublicWitness()}
}

// A log is a tree in memory that somebody signs.
type log struct {
	keys  *ledger.Keys
	nodes map[ledger.NodeID]ledger.Hash
	roots []ledger.Hash // by size
}

func newLog(t *testing.T, keys *ledger.Keys, size int, salt string) *log {
	t.Helper()
	l := &log{keys: keys, nodes: map[ledger.NodeID]ledger.Hash{}, roots: []ledger.Hash{must(ledger.Root(0, nil))}}
	var compact []ledger.Hash
	for i := range size {
		leaf := ledger.Leaf("audit", fmt.Appendf(nil, "%032d", i))
		if i >= 2 {
			leaf = ledger.Leaf("audit", fmt.Appendf(nil, "%s%d", salt, i))
		}
		nodes, after, root, err := ledger.Append(uint64(i), compact, []ledger.Hash{leaf})
		require.NoError(t, err)
		compact = after
		l.roots = append(l.roots, root)
		for _, n := range nodes {
			l.nodes[n.NodeID] = n.Hash
		}
	}
	return l
}

func (l *log) get(ids []ledger.NodeID) (all []ledger.Hash, err error) {
	for _, id := range ids {
		all = append(all, l.nodes[id])
	}
	return all, nil
}

func (l *log) sign(size int, at time.Time) string {
	return string(must(ledger.Sign(ledger.Checkpoint{Origin: l.keys.Active().Name, Size: uint64(size), Root: l.roots[size], Time: at}, l.keys.Active())))
}

func (l *log) proof(from, to int) (lines string) {
	if from == 0 {
		return ""
	}
	for _, h := range must(ledger.Consistency(uint64(from), uint64(to), l.get)).Hashes {
		lines += h.String() + "\n"
	}
	return lines
}

// ask is the right request to cosign size after from.
func (l *log) ask(from, to int, at time.Time) string {
	return fmt.Sprintf("old %d\n%s\n%s", from, l.proof(from, to), l.sign(to, at))
}

// A house is a witness on a record of its own, and those whose logs it cosigns.
type house struct {
	t    *testing.T
	rec  *dbtest.Record
	keys *ledger.Keys
	witness.Witness
}

func newHouse(t *testing.T, peers ...*ledger.Keys) *house {
	t.Helper()
	h := &house{t: t, rec: dbtest.New(t), keys: newKeys(t, bonn)}
	h.Witness = witness.Witness{Pool: h.rec.API, Keys: func() (*ledger.Keys, error) { return h.keys, nil }}
	for _, k := range peers {
		h.Peers = append(h.Peers, witness.Peer{Name: k.Active().Name, Ledger: published(k), Witnessed: true})
	}
	return h
}

func (h *house) cosigns(body string) string {
	h.t.Helper()
	line, err := h.AddCheckpoint(context.Background(), []byte(body), noon)
	require.NoError(h.t, err)
	_, note, _ := strings.Cut(body, "\n\n")
	cosigned, err := ledger.Attach([]byte(note), line)
	require.NoError(h.t, err)
	all, wrong := ledger.Cosignatures(cosigned, h.keys.PublicWitness())
	require.Empty(h.t, wrong)
	require.Equal(h.t, []ledger.Cosignature{{Witness: bonn, Time: noon}}, all)
	return string(line)
}

func (h *house) refuses(cause witness.Cause, body string) *witness.Refusal {
	h.t.Helper()
	line, err := h.AddCheckpoint(context.Background(), []byte(body), noon)
	require.Empty(h.t, line)
	r, is := errors.AsType[*witness.Refusal](err)
	require.True(h.t, is, "%v", err)
	require.Equal(h.t, cause, r.Cause, "%v", err)
	return r
}

func (h *house) count(sql string, args ...any) (n int) {
	h.t.Helper()
	require.NoError(h.t, h.rec.Owner.QueryRow(context.Background(), "SELECT count(*) FROM "+sql, args...).Scan(&n))
	return n
}

func TestAWitnessCosignsALogThatGrows(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, aachen)
	l, h := newLog(t, keys, 12, "a"), newHouse(t, keys)
	h.cosigns(l.ask(0, 0, noon))
	h.cosigns(l.ask(0, 5, noon))
	h.cosigns(l.ask(5, 5, noon))
	h.cosigns(l.ask(5, 5, noon.Add(time.Hour)))
	h.cosigns(l.ask(5, 12, noon.Add(2*time.Hour)))
	require.Equal(t, 4, h.count("witness_seen"), "what was seen already is not written twice")
	require.Zero(t, h.count("witness_conflict"))
}

func TestAWitnessRefusesWhatItIsNotAskedRightly(t *testing.T) {
	t.Parallel()
	keys, stranger, retired := newKeys(t, aachen), newKeys(t, aachen), newKeys(t, "koko.celle.example/ledger")
	l, h := newLog(t, keys, 12, "a"), newHouse(t, keys, retired)
	h.Peers[1].Ledger.Keys[0].Until = noon.Add(-time.Minute)
	h.Peers = append(h.Peers, witness.Peer{Name: "does not want it", Ledger: published(newKeys(t, "koko.dorsten.example/ledger")), Witnesses: true})
	h.cosigns(l.ask(0, 5, noon))
	good := l.ask(5, 9, noon)
	long := "old 5\n" + strings.Repeat(l.roots[3].String()+"\n", 64) + "\n" + l.sign(9, noon)

	for what, body := range map[string]string{
		"nothing":                      "",
		"no empty line":                strings.ReplaceAll(good, "\n\n", "\n"),
		"no old size":                  strings.TrimPrefix(good, "old 5\n"),
		"a size in another spelling":   strings.Replace(good, "old 5", "old 05", 1),
		"a negative size":              strings.Replace(good, "old 5", "old -5", 1),
		"another word":                 strings.Replace(good, "old 5", "new 5", 1),
		"a hash in another spelling":   strings.Replace(good, "=\n", "\n", 1),
		"more hashes than a proof has": long,
		"a checkpoint that is cut off": good[:len(good)-2],
		"a note that is no checkpoint": "old 5\n\n" + string(must(ledger.SignNote("hello\n", keys.Active()))),
		"no signature":                 "old 5\n\n" + strings.SplitAfter(l.sign(9, noon), "\n\n")[0],
		"an old size beyond the new":   strings.Replace(good, "old 5", "old 10", 1),
		"carriage returns":             strings.ReplaceAll(good, "\n", "\r\n"),
	} {
		t.Run("malformed: "+what, func(t *testing.T) { h.refuses(witness.Malformed, body) })
	}
	h.refuses(witness.Unknown, newLog(t, newKeys(t, "koko.essen.example/ledger"), 1, "a").ask(0, 1, noon))
	h.refuses(witness.Unknown, newLog(t, newKeys(t, "koko.dorsten.example/ledger"), 1, "a").ask(0, 1, noon))
	h.refuses(witness.Unsigned, newLog(t, stranger, 9, "a").ask(5, 9, noon))
	h.refuses(witness.Unsigned, strings.Replace(good, "\n9\n", "\n8\n", 1))
	h.refuses(witness.Unsigned, newLog(t, retired, 1, "a").ask(0, 1, noon.Add(-time.Hour+time.Second)))
	require.Equal(t, 5, int(h.refuses(witness.OtherSize, l.ask(0, 9, noon)).Size), "from the beginning")
	require.Equal(t, 5, int(h.refuses(witness.OtherSize, l.ask(4, 9, noon)).Size))
	require.Equal(t, 5, int(h.refuses(witness.OtherSize, l.ask(4, 5, noon)).Size), "also if it is the last one")
	require.Equal(t, 5, int(h.refuses(witness.OtherSize, l.ask(0, 4, noon.Add(-time.Minute))).Size), "a late one")
	h.refuses(witness.OtherProof, "old 5\n"+l.proof(5, 9)+"\n"+l.sign(5, noon))
	require.Equal(t, 1, h.count("witness_seen"))
	require.Zero(t, h.count("witness_conflict"), "anybody can send this")
	h.cosigns(good)
}

func TestALogThatWasNeverSeenBeginsWithNothing(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, aachen)
	l, h := newLog(t, keys, 5, "a"), newHouse(t, keys)
	require.Zero(t, h.refuses(witness.OtherSize, l.ask(2, 5, noon)).Size)
	h.refuses(witness.OtherProof, "old 0\n"+l.proof(2, 5)+"\n"+l.sign(5, noon))
	l.roots[0] = l.roots[1]
	require.Zero(t, h.refuses(witness.OtherSize, l.ask(0, 0, noon)).Size, "an empty log has one root")
	require.Zero(t, h.count("witness_seen")+h.count("witness_conflict"))
}

func TestContradictionsAreKeptAsTheyWereSigned(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, aachen)
	l, forked, h := newLog(t, keys, 12, "a"), newLog(t, keys, 12, "b"), newHouse(t, keys)
	h.cosigns(l.ask(0, 4, noon))
	h.cosigns(l.ask(4, 9, noon))
	later := noon.Add(time.Hour)
	strange := forked.sign(9, later) + string(must(ledger.SignNote("x\n", newKeys(t, "rude.example").Active())))[len("x\n\n"):]
	require.Equal(t, 9, int(h.refuses(witness.OtherSize, "old 9\n\n"+strange).Size))
	h.refuses(witness.OtherSize, "old 9\n\n"+forked.sign(9, later))
	h.refuses(witness.OtherSize, forked.ask(0, 4, noon.Add(-time.Minute)))
	h.refuses(witness.OtherSize, l.ask(0, 5, later))
	h.refuses(witness.OtherProof, forked.ask(9, 12, later))
	h.refuses(witness.OtherProof, "old 9\n"+forked.proof(9, 12)+"\n"+l.sign(12, later))

	all := must(witness.Standings(context.Background(), h.rec.API, h.Peers))[0]
	require.Equal(t, uint64(9), all.Seen.Size)
	var kinds []witness.ConflictKind
	for _, c := range all.Conflicts {
		kinds = append(kinds, c.Kind)
		for _, note := range [][]byte{c.Before, c.After} {
			_, _, err := ledger.Open(note, keys.Public())
			require.NoError(t, err)
		}
		require.False(t, c.Settled)
	}
	require.Equal(t, []witness.ConflictKind{"inconsistent", "inconsistent", "rollback", "fork", "fork"}, kinds)
	require.Equal(t, l.sign(9, noon), string(all.Conflicts[4].Before))
	require.Equal(t, forked.sign(9, later), string(all.Conflicts[4].After), "without what strangers signed")
	require.Equal(t, l.sign(4, noon), string(all.Conflicts[3].Before))

	h.cosigns(l.ask(9, 12, later))
	all = must(witness.Standings(context.Background(), h.rec.API, h.Peers))[0]
	require.True(t, all.Conflicts[0].Settled, "only the proof had been wrong")
	require.False(t, all.Conflicts[1].Settled)
	require.False(t, all.Conflicts[4].Settled)
}

func TestAWitnessThatStartsAgainRemembers(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, aachen)
	l, forked, h := newLog(t, keys, 12, "a"), newLog(t, keys, 12, "b"), newHouse(t, keys)
	h.cosigns(l.ask(0, 9, noon))
	again := &house{t: t, rec: h.rec, keys: h.keys, Witness: h.Witness}
	pool, err := pgxpool.New(context.Background(), h.rec.URL("koko_api"))
	require.NoError(t, err)
	defer pool.Close()
	again.Pool = pool
	require.Equal(t, 9, int(again.refuses(witness.OtherSize, forked.ask(0, 9, noon)).Size))
	again.cosigns(l.ask(9, 12, noon))
}

func TestOfThoseWhoAskAtOnceOnlyOneContentIsCosigned(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, aachen)
	l, forked, h := newLog(t, keys, 9, "a"), newLog(t, keys, 9, "b"), newHouse(t, keys)
	for size := 3; size <= 9; size++ {
		var mu sync.Mutex
		var all sync.WaitGroup
		cosigned := map[*log]int{}
		for n := range 8 {
			from := []*log{l, forked}[n%2]
			all.Go(func() {
				_, err := h.AddCheckpoint(context.Background(), []byte(from.ask(0, size, noon)), noon)
				mu.Lock()
				defer mu.Unlock()
				if _, refused := errors.AsType[*witness.Refusal](err); !refused {
					assert.NoError(t, err)
					cosigned[from]++
				}
			})
		}
		all.Wait()
		require.Len(t, cosigned, 1, "size %d", size)
		_, err := h.rec.Owner.Exec(context.Background(), "TRUNCATE witness_seen CASCADE")
		require.NoError(t, err)
	}
}

func TestTheRecordItselfHoldsOneContentOfEachSize(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, aachen)
	h, ctx := newHouse(t, keys), context.Background()
	h.cosigns(newLog(t, keys, 9, "a").ask(0, 9, noon))
	insert := "INSERT INTO witness_seen (origin, size, root, signed, at) VALUES ($1, $2, sha256('x'), 'x', now())"
	for _, size := range []int{8, 9} {
		_, err := h.rec.API.Exec(ctx, insert, aachen, size)
		require.ErrorContains(t, err, "does not continue")
	}
	for _, sql := range []string{
		"UPDATE witness_seen SET size = 1", "DELETE FROM witness_seen", "TRUNCATE witness_seen CASCADE",
		"UPDATE witness_conflict SET size = 1", "DELETE FROM witness_conflict", "DELETE FROM witness_answer",
	} {
		for _, pool := range []*pgxpool.Pool{h.rec.API, h.rec.Worker} {
			_, err := pool.Exec(ctx, sql)
			require.Error(t, err, sql)
		}
	}
	_, err := h.rec.Owner.Exec(ctx, "DELETE FROM witness_seen")
	require.ErrorContains(t, err, "stays as it is")
	_, err = h.rec.Worker.Exec(ctx, insert, aachen, 10)
	require.ErrorContains(t, err, "permission denied")
}

func TestWhoFloodsAWitnessWithForksFillsNothing(t *testing.T) {
	t.Parallel()
	keys := newKeys(t, aachen)
	h := newHouse(t, keys)
	l := newLog(t, keys, 3, "a")
	h.cosigns(l.ask(0, 3, noon))
	for n := range 103 {
		h.refuses(witness.OtherSize, newLog(t, keys, 3, fmt.Sprint("b", n)).ask(3, 3, noon))
	}
	require.Equal(t, 100, h.count("witness_conflict"))
}
