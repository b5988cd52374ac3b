package training

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// guesses are the values that a hidden count can have for somebody who knows the sum of all, the shown
// ones, and that none is zero.
func guesses(counts []int, hidden []bool, of int) map[int]bool {
	rest, others := 0, 0
	for i, n := range counts {
		if hidden[i] {
			rest += n
			if i != of {
				others++
			}
		}
	}
	possible := map[int]bool{}
	for n := 1; n <= rest; n++ {
		if left := rest - n; left >= others && (others > 0 || left == 0) {
			possible[n] = true
		}
	}
	return possible
}

func TestNothingHiddenCanBeWorkedOut(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 11))
	for range 50_000 {
		counts := make([]int, 1+r.IntN(8))
		for i := range counts {
			counts[i] = 1 + r.IntN([]int{2, 6, 12, 100}[r.IntN(4)])
		}
		hidden, ok := withhold(counts)
		if !ok { // only where hiding all of them is not enough
			require.True(t, len(counts) < 2 || sumOf(counts)-(len(counts)-1) < fewest, "%v", counts)
			continue
		}
		for i, n := range counts {
			if !hidden[i] {
				require.GreaterOrEqual(t, n, fewest, "%v", counts)
				continue
			}
			possible := guesses(counts, hidden, i)
			require.True(t, possible[n], "%v", counts)
			require.True(t, possible[1] && possible[fewest], "%v %v: %d is between bounds that say too much: %v", counts, hidden, i, possible)
		}
	}
}

func sumOf(counts []int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

func TestNoMoreIsHiddenThanNeeded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		counts []int
		hidden []int // their indexes
		ok     bool
	}{
		{[]int{5, 80, 7}, nil, true},
		{[]int{2, 80, 7}, []int{0, 2}, true},
		{[]int{2, 4, 80}, []int{0, 1}, true},
		{[]int{1, 1, 80, 9}, []int{0, 1, 3}, true},
		{[]int{3}, nil, false},
		{[]int{1, 1, 1, 1, 1}, nil, false},
		{[]int{9}, nil, true},
		{nil, nil, true},
	} {
		hidden, ok := withhold(c.counts)
		require.Equal(t, c.ok, ok, "%v", c.counts)
		if !ok {
			continue
		}
		for i := range c.counts {
			require.Equal(t, slices.Contains(c.hidden, i), hidden[i], "%v: %v", c.counts, hidden)
		}
	}
}
