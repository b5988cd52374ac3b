package db

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"koko/domain/ags"
	"koko/domain/file"
)

const setScope = "SELECT set_config('koko.caller', $1, true), set_config('koko.area', $2, true)"

// Within runs do in a transaction in which row security opens area and nothing else, for caller.
// Both settings end with the transaction: no connection carries them to the next caller.
func Within(ctx context.Context, pool *pgxpool.Pool, caller string, area ags.Area, do func(*Queries) error) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, setScope, caller, joined(area))
		if err != nil {
			return fmt.Errorf("set scope: %w", err)
		}
		return do(On(tx))
	})
}

func joined(area ags.Area) string { return strings.Join(words(area), ",") }

// Keys returns area as PostgreSQL wants it: never NULL.
func Keys(area ags.Area) []string { return words(area) }

// Area returns the municipalities that a column holds.
func Area(keys []string) ags.Area {
	area := make(ags.Area, len(keys))
	for i, k := range keys {
		area[i] = ags.Key(k)
	}
	return area
}

// words returns vs as PostgreSQL wants it.
func words[T ~string](vs []T) []string {
	ws := make([]string, len(vs))
	for i, v := range vs {
		ws[i] = string(v)
	}
	return ws
}

// scopeArgs are the arguments of in_scope: what a caller's grants cover.
type scopeArgs struct {
	area, offered, held []string
	parts               string // JSON, as tied_in_scope reads it
}

// A tiedPart is what a caller's ties are good for: parts of a scope that differ in the tie alone are one.
type tiedPart struct {
	Ties    []string `json:"ties"`
	Area    ags.Area `json:"area"`
	Offered bool     `json:"offered"`
}

// argsOf is the one place in which a scope becomes arguments.
func argsOf(s file.Scope) scopeArgs {
	var area, offered ags.Area
	a := scopeArgs{held: []string{}}
	parts := []tiedPart{}
	for _, p := range s.Parts {
		switch {
		case p.Tie == "" && p.Offered:
			offered = offered.Merge(p.Area)
		case p.Tie == "":
			area = area.Merge(p.Area)
		default:
			a.held = append(a.held, p.Tie)
			same := func(t tiedPart) bool { return t.Offered == p.Offered && slices.Equal(t.Area, p.Area) }
			if i := slices.IndexFunc(parts, same); i >= 0 {
				parts[i].Ties = append(parts[i].Ties, p.Tie)
			} else {
				parts = append(parts, tiedPart{[]string{p.Tie}, p.Area, p.Offered})
			}
		}
	}
	b, err := json.Marshal(parts)
	if err != nil {
		panic(err) // texts and truth values
	}
	a.area, a.offered, a.parts = words(area), words(offered), string(b)
	return a
}
