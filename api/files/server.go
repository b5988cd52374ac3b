// Package files serves the files of every kind: one Kind is registered for each in the list, and every operation on
// files is written here once.
package files

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/evidence"
	"koko/api/guard"
	"koko/domain/calendar"
	"koko/domain/file"
	"koko/internal/evidence/runs"
	"koko/internal/vault"
	"koko/kinds"
)

// Server serves the files of all kinds.
type Server struct {
	*guard.Guard
	Workflows Workflows
	Runs      Runs
	Vault     *vault.Master
	Evidence  *evidence.Server
	Kinds     []*Kind // in the order of the list
	// WorkdayEnds is when a working day ends for files that begin now.
	WorkdayEnds calendar.Clock
	// Rungs are the ladder of files that begin now; empty: as the version of the calendar says.
	Rungs calendar.Rungs
}

// Furnish makes the kinds of the list, each with its desk, if it has one.
func (s *Server) Furnish(desks map[file.Kind]func(*Kind)) {
	for _, k := range kinds.All() {
		f := &Kind{Server: s, Def: k}
		if desk := desks[k.Kind]; desk != nil {
			desk(f)
		}
		s.Kinds = append(s.Kinds, f)
	}
}

// Register adds every operation on files.
func (s *Server) Register(v1 huma.API) {
	for _, f := range s.Kinds {
		f.register(v1)
	}
	s.registerErasures(v1)
	s.registerExplain(v1)
	s.registerProofs(v1)
}

// Workflows is what the API needs of the workflows of files. The same key is the same command.
type Workflows interface {
	// Begin starts a file with its first command.
	Begin(ctx context.Context, k *file.Definition, s file.State, key, by string, cmd file.Command) (file.State, error)
	// Do has a file carry out a command of somebody who has seen version seen.
	Do(ctx context.Context, k *file.Definition, id, key, by string, seen int, cmd file.Command) (file.State, error)
}

// Runs is what the engine still has of the runs of workflows. What it has forgotten is
// fault.NotFound.
type Runs interface {
	// Run returns what the engine knows of a run, of the current one if runID is empty.
	Run(ctx context.Context, workflowID, runID string) (runs.Run, error)
	// History returns the events of a run, their payloads open.
	History(ctx context.Context, workflowID, runID string) (*runs.History, error)
	// Opened opens the payloads of a history that is kept as the engine had it.
	Opened(workflowID string, kept *runs.History) (*runs.History, error)
}
