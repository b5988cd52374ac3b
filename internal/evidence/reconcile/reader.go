package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	historypb "go.temporal.io/api/history/v1"

	"koko/db"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/internal/evidence/history"
	"koko/internal/evidence/runs"
	"koko/workflows"
)

// Engine is the workflow engine as it is asked here.
type Engine interface {
	History(ctx context.Context, workflowID, runID string) (*historypb.History, error)
	Opened(workflowID string, recorded *historypb.History) (*historypb.History, error)
	Runs(ctx context.Context, workflowID string) ([]string, error)
	Running(ctx context.Context, k *file.Definition, after []byte) ([]string, []byte, error)
	CatchUp(ctx context.Context, k *file.Definition, fileID, key string) (file.State, error)
	Restart(ctx context.Context, k *file.Definition, fileID string, state json.RawMessage) error
}

// Reconciler reads the evidence, compares it and has repaired what was approved.
type Reconciler struct {
	Pool   *pgxpool.Pool // as db.RoleWorker
	Engine Engine
}

// readers is how many histories are read at a time.
const readers = 8

// evidence reads what is known of some files of a kind. What the engine has is read after the record,
// so it may be ahead of it: check looks again.
func (r *Reconciler) evidence(ctx context.Context, k *file.Definition, ids []string) ([]Evidence, error) {
	q := db.On(r.Pool)
	es := make([]Evidence, len(ids))
	of := map[string]*Evidence{}
	for i, id := range ids {
		es[i] = Evidence{Kind: k, ID: id, Leaves: map[int][]byte{}}
		of[id] = &es[i]
	}
	rows, err := q.ListRows(ctx, db.ListRowsParams{Kind: k.Kind, IDs: ids})
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	for _, row := range rows {
		of[row.ID].Row, _ = decode(row.Row).(map[string]any)
	}
	entries, err := q.ListEntries(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	for _, e := range entries {
		x := of[e.FileID]
		x.Entries = append(x.Entries, Entry{
			Kind: e.Kind, Version: int(e.Version), AGS: e.AGS, Phase: e.Phase, Places: e.Places, Ties: e.Ties,
			CommandID: e.CommandID, Action: e.Action, By: e.Actor, At: e.At, Digest: e.Digest, Veil: e.Veil, Confided: e.Confided, Docs: e.Docs,
			State: e.State, Salt: e.Salt, PriorHash: e.PriorHash, Hash: e.Hash, Computed: e.Computed,
		})
	}
	documents, err := q.ListBrokenDocuments(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read documents: %w", err)
	}
	for _, d := range documents {
		x := of[d.FileID]
		x.Documents = append(x.Documents, BrokenDocument{
			Version: int(d.Version), ID: d.DocumentID, Stored: d.Stored, Same: d.Same, Linked: d.Linked, Keyed: d.Keyed,
		})
	}
	restarts, err := q.ListRestarts(ctx, db.ListRestartsParams{Kind: string(k.Kind), IDs: ids})
	if err != nil {
		return nil, fmt.Errorf("read restarts: %w", err)
	}
	for _, s := range restarts {
		of[s.FileID].Restarts = append(of[s.FileID].Restarts, int(s.Version))
	}
	if err := r.histories(ctx, es); err != nil {
		return nil, err
	}
	return es, r.leaves(ctx, q, of)
}

// histories reads what the workflows of files tell, several at a time.
func (r *Reconciler) histories(ctx context.Context, es []Evidence) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan *Evidence)
	var all sync.WaitGroup
	for range min(readers, len(es)) {
		all.Go(func() {
			for e := range next {
				h, err := r.history(ctx, e.Kind, e.ID)
				if err != nil {
					cancel(err)
				}
				e.History = h
			}
		})
	}
	for i := range es {
		next <- &es[i]
	}
	close(next)
	all.Wait()
	return context.Cause(ctx)
}

// history is the chain of the runs of a file, whoever has them; nil if nobody has any.
func (r *Reconciler) history(ctx context.Context, k *file.Definition, fileID string) (*history.File, error) {
	id := workflows.ID(k.Kind, fileID)
	var chain []history.Run
	for run, more := "", true; more; {
		h, err := r.Engine.History(ctx, id, run)
		if fault.CodeOf(err) == fault.NotFound {
			break
		}
		if err != nil {
			return nil, err
		}
		read := history.ReadRun(k, run, h)
		chain = append(chain, read)
		run, more = read.Prior, read.Prior != ""
	}
	slices.Reverse(chain)
	if len(chain) == 0 || chain[0].Prior != "" || chain[0].Version > 0 {
		earlier, err := r.earlier(ctx, k, id, chain)
		if err != nil {
			return nil, err
		}
		chain = append(earlier, chain...)
	}
	if len(chain) == 0 {
		return nil, nil
	}
	f := history.Chain(k, chain)
	return &f, nil
}

// earlier finds runs before those known: kept ones, and those of a workflow that was begun anew.
func (r *Reconciler) earlier(ctx context.Context, k *file.Definition, id string, known []history.Run) ([]history.Run, error) {
	have := func(in []history.Run, run string) bool {
		return slices.ContainsFunc(in, func(x history.Run) bool { return x.ID == run })
	}
	var found []history.Run
	kept, err := db.On(r.Pool).ListKeptOf(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read kept histories: %w", err)
	}
	for _, x := range kept {
		if have(known, x.RunID) {
			continue
		}
		recorded, broken := runs.Unpack(x.Sha256, x.Data)
		h, err := r.Engine.Opened(id, recorded)
		if err != nil {
			return nil, fmt.Errorf("kept run %s: %w", x.RunID, err)
		}
		read := history.ReadRun(k, x.RunID, h)
		if broken != nil {
			read.Flaws = append(read.Flaws, history.Flaw{What: history.Unreadable, Run: x.RunID, Version: read.Version})
		}
		found = append(found, read)
	}
	ids, err := r.Engine.Runs(ctx, id)
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		return nil, err
	}
	for _, run := range ids {
		if have(known, run) || have(found, run) {
			continue
		}
		h, err := r.Engine.History(ctx, id, run)
		if fault.CodeOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, history.ReadRun(k, run, h))
	}
	slices.SortStableFunc(found, func(a, b history.Run) int { return a.Begun.Compare(b.Begun) })
	return found, nil
}

// leaves reads what the Merkle log has of the entries that anybody knows, and of the one after.
func (r *Reconciler) leaves(ctx context.Context, q *db.Queries, of map[string]*Evidence) error {
	var keys []string
	for id, e := range of {
		for v := range e.last() + 1 {
			keys = append(keys, id+"/"+strconv.Itoa(v+1))
		}
	}
	rows, err := q.ListEntryLeaves(ctx, keys)
	if err != nil {
		return fmt.Errorf("read the Merkle log: %w", err)
	}
	for _, l := range rows {
		id, version, _ := strings.Cut(l.Key, "/")
		if v, err := strconv.Atoi(version); err == nil {
			of[id].Leaves[v] = l.Leaf
		}
	}
	return nil
}

// looks is how often a file is compared before what is found is told: it may be changing.
const looks = 4

// check compares some files. What differs is compared again, until the file has stood still meanwhile; a
// workflow that does not know what was recorded is told to catch up once.
func (r *Reconciler) check(ctx context.Context, k *file.Definition, ids []string) (map[string][]Difference, error) {
	es, err := r.evidence(ctx, k, ids)
	if err != nil {
		return nil, err
	}
	found := map[string][]Difference{}
	for _, e := range es {
		if len(Compare(e)) == 0 {
			continue
		}
		ds, err := r.again(ctx, k, e.ID)
		if err != nil {
			return nil, err
		}
		if len(ds) > 0 {
			found[e.ID] = ds
		}
	}
	return found, nil
}

func (r *Reconciler) again(ctx context.Context, k *file.Definition, id string) ([]Difference, error) {
	told := false
	for range looks {
		before, err := r.version(ctx, id)
		if err != nil {
			return nil, err
		}
		es, err := r.evidence(ctx, k, []string{id})
		if err != nil {
			return nil, err
		}
		after, err := r.version(ctx, id)
		if err != nil {
			return nil, err
		}
		if before != after {
			continue
		}
		ds := Compare(es[0])
		behind := slices.ContainsFunc(ds, func(d Difference) bool { return d.What == WorkflowBehind })
		if !behind || told {
			return ds, nil
		}
		told = true
		asking, cancel := context.WithTimeout(ctx, 20*time.Second)
		_, _ = r.Engine.CatchUp(asking, k, id, "reconcile-"+uuid.NewString()) // what it does not do is told
		cancel()
	}
	return nil, nil
}

func (r *Reconciler) version(ctx context.Context, id string) (int32, error) {
	vs, err := db.On(r.Pool).ListVersions(ctx, []string{id})
	if err != nil || len(vs) == 0 {
		return 0, wrap("read the version of %s", id, err)
	}
	return vs[0].Version, nil
}
