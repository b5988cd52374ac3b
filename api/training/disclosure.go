package training

import (
	"slices"
)

// fewest is the smallest number of people that is shown: below it, somebody might guess who they
// are.
const fewest = 5

// withhold hides the counts of a breakdown whose sum is known, so that no count below fewest can be
// worked out: the small ones, and of the others the smallest, until at least two are hidden and
// each of these could be fewest or more. It returns which ones to hide, or false if even naming
// those that are not zero would reveal too much.
func withhold(counts []int) (hidden []bool, ok bool) {
	hidden = make([]bool, len(counts))
	number, sum := 0, 0
	hide := func(i int) {
		hidden[i] = true
		number++
		sum += counts[i]
	}
	for i, n := range counts {
		if n < fewest {
			hide(i)
		}
	}
	// None of the hidden counts is zero. If the others are one each, the one left is sum-(number-1).
	safe := func() bool { return number == 0 || number >= 2 && sum-(number-1) >= fewest }
	order := make([]int, len(counts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return counts[a] - counts[b] })
	for _, i := range order {
		if safe() {
			break
		}
		if !hidden[i] {
			hide(i)
		}
	}
	return hidden, safe()
}
