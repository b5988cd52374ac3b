package trainingtest

import "slices"

// As has another trainee take the steps of Trainee.
func As(subject string, steps []Step) []Step {
	theirs := slices.Clone(steps)
	for i, s := range theirs {
		if s.By == Trainee {
			theirs[i].By = subject
		}
	}
	return theirs
}
