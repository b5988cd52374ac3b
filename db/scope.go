package db

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"koko/domain/ags"
)

// Scope is what the grants of one caller cover, compiled once per request. Its lists are the
// arguments of in_scope: where the caller sees every case, those worked on, those reported, and
// those still in detection.
type Scope struct {
	Caller   string
	Area     ags.Area
	Assigned ags.Area
	Reported ags.Area
	Unhanded ags.Area
}

// Municipalities lists every municipality that the scope touches: what row security opens.
func (s Scope) Municipalities() ags.Area {
	return s.Area.Merge(s.Assigned).Merge(s.Reported).Merge(s.Unhanded)
}

const setScope = "SELECT set_config('koko.caller', $1, true), set_config('koko.area', $2, true)"

// Within runs do in a transaction in which row security opens area and nothing else, for caller.
// Both settings end with the transaction: no connection carries them to the next caller.
func Within(ctx context.Context, pool *pgxpool.Pool, caller string, area ags.Area, do func(*Queries) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, setScope, caller, joined(area))
		if err != nil {
			return fmt.Errorf("set scope: %w", err)
		}
		return do(New(tx))
	})
}

func joined(area ags.Area) string { return strings.Join(words(area), ",") }

// Keys is area as PostgreSQL wants it: never NULL.
func Keys(area ags.Area) []string { return words(area) }

// The parameters of the scoped queries, filled from a Scope in one place.

// Case returns the parameters of GetCase.
func (s Scope) Case(id string) GetCaseParams {
	return GetCaseParams{
		ID: id, Caller: s.Caller,
		Area: words(s.Area), Assigned: words(s.Assigned), Reported: words(s.Reported), Unhanded: words(s.Unhanded),
	}
}

// Documents completes p with the scope.
func (s Scope) Documents(p ListDocumentsParams) ListDocumentsParams {
	p.Caller, p.Area, p.Assigned, p.Reported, p.Unhanded = s.Caller, words(s.Area), words(s.Assigned), words(s.Reported), words(s.Unhanded)
	return p
}

// Signals returns the parameters of ListSignals.
func (s Scope) Signals(ids []string) ListSignalsParams {
	return ListSignalsParams{
		FileIDs: ids, Caller: s.Caller,
		Area: words(s.Area), Assigned: words(s.Assigned), Reported: words(s.Reported), Unhanded: words(s.Unhanded),
	}
}

// History completes p with the scope.
func (s Scope) History(p ListHistoryParams) ListHistoryParams {
	p.Caller, p.Area, p.Assigned, p.Reported, p.Unhanded = s.Caller, words(s.Area), words(s.Assigned), words(s.Reported), words(s.Unhanded)
	return p
}

// CasesAt returns the parameters of CountCasesAt.
func (s Scope) CasesAt(at time.Time) CountCasesAtParams {
	return CountCasesAtParams{
		At: at, Caller: s.Caller, Area: words(s.Area), Assigned: words(s.Assigned), Reported: words(s.Reported), Unhanded: words(s.Unhanded),
	}
}

// Area is the municipalities that a column holds.
func Area(keys []string) ags.Area {
	area := make(ags.Area, len(keys))
	for i, k := range keys {
		area[i] = ags.Key(k)
	}
	return area
}
