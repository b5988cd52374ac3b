package files

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"koko/db"
	"koko/domain/fault"
	"koko/internal/evidence/history"
	"koko/internal/evidence/runs"
)

// Derivation says whether a state is what the rules make of the histories of the file's workflow.
type Derivation string

// The answers.
const (
	Derived   Derivation = "yes"     // every decision until then is made again, to the same state
	Underived Derivation = "no"      // one is not: see from
	Unknown   Derivation = "unknown" // a history is lost, or the engine does not answer
)

func (Derivation) Values() []Derivation { return []Derivation{Derived, Underived, Unknown} }

// derived reads the decisions in the histories of a file. It returns nil if they cannot be read
// now.
func (f *Kind) derived(ctx context.Context, fileID string, kept []db.KeptRun) (*history.File, error) {
	var chain []history.Run
	for run, more := "", true; more; {
		h, err := f.anyHistory(ctx, runs.WorkflowOf(f.Def.Kind, fileID), run, kept)
		code := fault.CodeOf(err)
		if code == fault.NotFound {
			more = false
			continue
		}
		if code == fault.Busy {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		read := history.ReadRun(f.Def, run, h)
		chain = append(chain, read)
		run, more = read.Prior, read.Prior != "" && !slices.ContainsFunc(chain, func(r history.Run) bool { return r.ID == read.Prior })
	}
	if len(chain) == 0 {
		return nil, nil
	}
	slices.Reverse(chain)
	told := history.Chain(f.Def, chain)
	return &told, nil
}

// anyHistory returns a run's history: the kept one before the engine's, because it was proven.
func (s *Server) anyHistory(ctx context.Context, workflow, run string, kept []db.KeptRun) (*runs.History, error) {
	if i := slices.IndexFunc(kept, func(k db.KeptRun) bool { return k.RunID == run }); i >= 0 {
		if h, err := unpack(&kept[i]); err == nil {
			return s.Runs.Opened(workflow, h)
		}
	}
	return s.Runs.History(ctx, workflow, run)
}

// derivation reports whether a recorded state is what the histories lead to, and if not, from which version
// on they differ.
func derivation(f *history.File, version int, state any) (Derivation, int, error) {
	if f == nil {
		return Unknown, 0, nil
	}
	if i := slices.IndexFunc(f.Flaws, func(x history.Flaw) bool { return x.What != history.Lost && x.Version <= version }); i >= 0 {
		return Underived, f.Flaws[i].Version, nil
	}
	if u := f.Rederive(); u != nil && u.Version <= version {
		return Underived, u.Version, nil
	}
	told, ok := f.At(version)
	if !ok || f.Start > 0 {
		return Unknown, 0, nil
	}
	recorded, err := json.Marshal(state)
	if err != nil {
		return "", 0, err
	}
	if !bytes.Equal(recorded, told.State) {
		return Underived, version, nil
	}
	return Derived, 0, nil
}
