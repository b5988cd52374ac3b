package policies_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/policies"
)

// A view of a case asks for every command and every way to read it.
func BenchmarkCaseView(b *testing.B) {
	p := load(b)
	c := conflict.Case{AGS: "05998001", Phase: conflict.Work, Assignee: "u"}
	for _, size := range []int{1, 20, 396} {
		area := make(ags.Area, size)
		for i := range area {
			area[i] = ags.Key(fmt.Sprintf("05999%03d", i))
		}
		area[size-1] = c.AGS // the last one found
		gs := grants{grant("reporter", area...), grant("caseworker", area...), grant(policies.Supervisor, area...)}
		b.Run(fmt.Sprintf("3_grants_of_%d", size), func(b *testing.B) {
			acts := policies.Actions()
			b.ReportAllocs()
			for b.Loop() {
				rels := c.Relations("u")
				for _, act := range acts {
					p.Decide(gs, act, town(c.AGS), rels)
				}
			}
		})
	}
}

// What the memory saves: Casbin's own answer.
func BenchmarkFirstAnswer(b *testing.B) {
	gs := grants{grant(policies.Supervisor, aachen)}
	for b.Loop() {
		b.StopTimer()
		p, err := policies.Load()
		require.NoError(b, err)
		b.StartTimer()
		require.True(b, p.Decide(gs, conflict.ReadHistory, town(aachen), nil).Allowed)
	}
}

func BenchmarkScope(b *testing.B) {
	p := load(b)
	gs := grants{grant("reporter", aachen), grant("caseworker", aachen), grant(policies.Supervisor, aachen)}
	b.ReportAllocs()
	for b.Loop() {
		p.Scope(policies.Caller{Subject: "u", Grants: gs}, conflict.ReadCase, conflict.ReadFacts, conflict.ReadSignal, conflict.ReadHistory)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		_, err := policies.Load()
		require.NoError(b, err)
	}
}
