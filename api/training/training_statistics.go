package training

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/training/enrolment"
)

func (s *Server) registerTrainingStatistics(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "get-training-statistics", Method: http.MethodGet, Path: "/training/statistics",
		Summary: "Count the enrolments by curriculum, phase and district",
		Description: "In the municipalities whose statistics you may read. Numbers below five are left out, and others with them, so that none of them can be worked out from a sum; " +
			"where even that says too much, the whole breakdown is left out. There are no filters: the difference between two answers would reveal individuals.",
		Tags: []string{"Training statistics"}, Errors: wire.Statuses(403),
	}, s.trainingStatistics)
}

// TrainingStatistics counts enrolments.
type TrainingStatistics struct {
	Total     *int                   `json:"total,omitempty" doc:"All of them; left out below five"`
	Curricula []CurriculumStatistics `json:"curricula" nullable:"false" doc:"Of each curriculum; empty where the breakdown would reveal too much"`
}

// CurriculumStatistics counts the enrolments of one curriculum.
type CurriculumStatistics struct {
	Curriculum string          `json:"curriculum" doc:"Id of the curriculum" example:"koko"`
	Total      *int            `json:"total,omitempty" doc:"All of them; left out where it would reveal too much"`
	Phases     []PhaseCount    `json:"phases" nullable:"false" doc:"By where they stand; empty where the breakdown would reveal too much"`
	Districts  []DistrictCount `json:"districts" nullable:"false" doc:"By the district of the employer; empty where the breakdown would reveal too much"`
}

// PhaseCount counts the enrolments in a phase.
type PhaseCount struct {
	Phase enrolment.Phase `json:"phase" doc:"Where they stand"`
	Total *int            `json:"total,omitempty" doc:"How many; left out where it would reveal too much"`
}

// DistrictCount counts the enrolments in a district.
type DistrictCount struct {
	AGS   string `json:"ags" doc:"Key of the district, five digits" example:"05999"`
	Name  string `json:"name" doc:"Name of the district"`
	Total *int   `json:"total,omitempty" doc:"How many; left out where it would reveal too much"`
}

type trainingStatisticsOutput struct{ Body TrainingStatistics }

func (s *Server) trainingStatistics(ctx context.Context, _ *struct{}) (*trainingStatisticsOutput, error) {
	rows, err := s.trainingNumbers(ctx)
	if err != nil {
		return nil, err
	}
	return &trainingStatisticsOutput{Body: statisticsOf(rows)}, nil
}

func (s *Server) trainingNumbers(ctx context.Context) ([]db.TrainingStatisticsRow, error) {
	caller, area, err := s.InArea(ctx, enrolment.ReadTrainingStatistics, "you may not read the statistics of the training")
	if err != nil {
		return nil, err
	}
	return db.As(s.Pool, caller.Subject, area).TrainingStatistics(ctx, db.Keys(area))
}

// A breakdown counts by a key, in the order in which the keys came.
type breakdown[K comparable] struct {
	keys   []K
	counts map[K]int
}

func (b *breakdown[K]) add(k K, n int) {
	if b.counts == nil {
		b.counts = map[K]int{}
	}
	if _, known := b.counts[k]; !known {
		b.keys = append(b.keys, k)
	}
	b.counts[k] += n
}

// shown calls show for each key with its number, nil if it is hidden, unless all of it is withheld.
func (b *breakdown[K]) shown(show func(k K, n *int)) {
	var counts []int
	for _, k := range b.keys {
		counts = append(counts, b.counts[k])
	}
	hidden, ok := withhold(counts)
	if !ok {
		return
	}
	for i, k := range b.keys {
		if hidden[i] {
			show(k, nil)
		} else {
			show(k, &counts[i])
		}
	}
}

type district struct{ ags, name string }

// statisticsOf returns the numbers that may be shown. The breakdowns of a curriculum add up to its
// total, and different curricula share no number: each is safe by itself.
func statisticsOf(rows []db.TrainingStatisticsRow) TrainingStatistics {
	var curricula breakdown[string]
	phases, districts := map[string]*breakdown[enrolment.Phase]{}, map[string]*breakdown[district]{}
	total := 0
	for _, r := range rows {
		n := int(r.Total)
		total += n
		if curricula.counts[r.Curriculum] == 0 {
			phases[r.Curriculum], districts[r.Curriculum] = &breakdown[enrolment.Phase]{}, &breakdown[district]{}
		}
		curricula.add(r.Curriculum, n)
		phases[r.Curriculum].add(enrolment.Phase(r.Phase), n)
		districts[r.Curriculum].add(district{r.DistrictAGS, r.District}, n)
	}
	out := TrainingStatistics{Curricula: []CurriculumStatistics{}}
	if total >= fewest || total == 0 {
		out.Total = &total
	}
	curricula.shown(func(id string, n *int) {
		c := CurriculumStatistics{Curriculum: id, Total: n, Phases: []PhaseCount{}, Districts: []DistrictCount{}}
		if n != nil { // else its parts would reveal it
			phases[id].shown(func(p enrolment.Phase, n *int) { c.Phases = append(c.Phases, PhaseCount{p, n}) })
			districts[id].shown(func(d district, n *int) { c.Districts = append(c.Districts, DistrictCount{d.ags, d.name, n}) })
		}
		out.Curricula = append(out.Curricula, c)
	})
	return out
}
