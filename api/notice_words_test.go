package api

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/training"
)

func TestEveryNoticeHasItsSentence(t *testing.T) {
	t.Parallel()
	kinds := append(training.EnrolmentNotices(), training.CohortNotices()...)
	require.ElementsMatch(t, kinds, slices.Collect(maps.Keys(sentences)))
	require.ElementsMatch(t, training.DeadlineKinds(), slices.Collect(maps.Keys(deadlineWords)))
	for kind, s := range sentences {
		require.Regexp(t, `^\p{Lu}.*\.$`, s.de, kind)
		require.Regexp(t, `^\p{Lu}.*\.$`, s.en, kind)
	}
	require.NotEmpty(t, sentenceFor("of another version").de)
}
