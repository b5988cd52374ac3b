package training

import (
	"slices"
)

// fewest is the smallest number that is shown of people: below it, who they are may be guessed.
const fewest = 5

// withhold hides the counts of a breakdown whose sum is known, so that nothing can be worked out
// below fewest: those that are small, and of the others the smallest until the hidden ones are at
// least two and each of them could be fewest or more. It returns which to hide, or false if even
// the list of those that are not zero would tell too much.
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
