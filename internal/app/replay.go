package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"
	"go.temporal.io/api/history/v1"

	"koko/db"
	"koko/domain/fault"
	"koko/internal/config"
	"koko/internal/engine"
	"koko/internal/evidence/replay"
	"koko/internal/evidence/runs"
	"koko/kinds"
	"koko/workflows"
)

// replayCommand takes the histories of a running installation through the workflows of this build.
func replayCommand(env Env) *cobra.Command {
	var closed int
	c := configured(env, config.Replay, "Replay what a running installation has with this build, and name what it would break", nil)
	c.Flags().IntVar(&closed, "closed", 200, "how many of the last runs that have ended, of each type of workflow")
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(config.Replay, cmd.Flags(), env)
		if err != nil {
			return err
		}
		l := NewLogger(cmd.ErrOrStderr(), cfg.Log)
		if closed < 0 {
			return errors.New("--closed must not be negative")
		}
		return withEngine(cmd.Context(), cfg, l, func(e engine.Engine, pool *pgxpool.Pool) error {
			i := Installation{Engine: e, Pool: pool, Queue: cfg.Temporal.TaskQueue}
			o := replay.Options{Register: workflows.Register, Payloads: e.Payloads, Progress: cmd.ErrOrStderr()}
			return i.Replay(cmd.Context(), closed, o, cmd.OutOrStdout())
		})
	}
	return c
}

// An Installation is a running KoKo: its engine and its record.
type Installation struct {
	Engine engine.Engine
	Pool   *pgxpool.Pool // as db.RoleWorker
	Queue  string
}

// Replay replays every open run and, of each type of workflow, at most so many of the last ones that
// have ended, and tells out what became of them. It fails if one would break or could not be read, or
// if there was nothing to find out.
func (in Installation) Replay(ctx context.Context, closed int, o replay.Options, out io.Writer) error {
	i := &installation{engine: in.Engine, queries: db.On(in.Pool), queue: in.Queue, closed: closed}
	items := make(chan replay.Item)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	listed := make(chan error, 1)
	go func() {
		defer close(items)
		listed <- i.list(ctx, items)
	}()
	r, err := replay.Run(ctx, items, o)
	if err == nil {
		err = <-listed
	}
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	files, err := i.queries.CountAllFiles(ctx)
	if err != nil {
		return fmt.Errorf("count files: %w", err)
	}
	if err := print(out, r, i.open, int(files)); err != nil {
		return err
	}
	return verdict(r, int(files))
}

type installation struct {
	engine  engine.Engine
	queries *db.Queries
	queue   string
	closed  int

	open int // listed
}

// list finds the runs to replay.
func (i *installation) list(ctx context.Context, items chan<- replay.Item) error {
	send := func(ids []runs.ID, read func(context.Context, runs.ID) (*history.History, error)) error {
		for _, id := range ids {
			select {
			case items <- replay.Item{ID: id, Read: func(ctx context.Context) (*history.History, error) { return read(ctx, id) }}:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	for token, more := []byte(nil), true; more; more = len(token) > 0 {
		ids, next, err := i.engine.Open(ctx, i.queue, token)
		if err == nil {
			err = send(ids, i.current)
		}
		if err != nil {
			return err
		}
		i.open, token = i.open+len(ids), next
	}
	seen := map[string]bool{}
	for _, workflow := range workflows.Files() {
		ids, err := i.engine.Newest(ctx, workflow, i.closed)
		if err == nil {
			err = send(ids, i.ended)
		}
		if err != nil {
			return err
		}
		for _, id := range ids {
			seen[id.RunID] = true
		}
	}
	ids, err := i.newestKept(ctx)
	if err != nil {
		return err
	}
	return send(slices.DeleteFunc(ids, func(id runs.ID) bool { return seen[id.RunID] }), i.kept)
}

// newestKept lists what is kept; a record from before there was such a thing keeps nothing.
func (i *installation) newestKept(ctx context.Context) (ids []runs.ID, err error) {
	if keeps, err := i.queries.KeepsHistories(ctx); err != nil || !keeps {
		return nil, err
	}
	for _, k := range kinds.All() {
		rows, err := i.queries.ListNewestKept(ctx, db.ListNewestKeptParams{Kind: k.Kind, AtMost: int32(i.closed)})
		if err != nil {
			return nil, fmt.Errorf("list kept runs of kind %s: %w", k.Kind, err)
		}
		for _, r := range rows {
			ids = append(ids, runs.ID(r))
		}
	}
	return ids, nil
}

func (i *installation) current(ctx context.Context, id runs.ID) (*history.History, error) {
	return i.engine.Recorded(ctx, id.WorkflowID, id.RunID)
}

// ended reads a run that may be forgotten at any time.
func (i *installation) ended(ctx context.Context, id runs.ID) (*history.History, error) {
	h, err := i.current(ctx, id)
	if fault.CodeOf(err) == fault.NotFound {
		return i.kept(ctx, id)
	}
	return h, err
}

func (i *installation) kept(ctx context.Context, id runs.ID) (*history.History, error) {
	row, err := i.queries.GetKept(ctx, db.GetKeptParams(id))
	if err != nil {
		return nil, fmt.Errorf("kept history: %w", err)
	}
	return runs.Unpack(row.Sha256, row.Data)
}

func print(out io.Writer, r replay.Report, open, files int) error {
	for _, f := range r.Failures {
		what := "would break"
		if f.Unread {
			what = "could not be read"
		}
		if _, err := fmt.Fprintf(out, "%s run %s %s: %s\n", f.WorkflowID, f.RunID, what, f.Reason); err != nil {
			return err
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "workflow\treplayed\tfailed\tnothing done yet")
	for _, name := range slices.Sorted(maps.Keys(r.Types)) {
		c := r.Types[name]
		if name == "" {
			name = "(unknown)"
		}
		_, _ = fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", name, c.Replayed, c.Failed, c.Idle)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if open < files {
		_, err := fmt.Fprintf(out, "note: the record knows %d files, but the engine lists %d open workflows\n", files, open)
		return err
	}
	return nil
}

// verdict is whether this build may be installed.
func verdict(r replay.Report, files int) error {
	unread := 0
	for _, f := range r.Failures {
		if f.Unread {
			unread++
		}
	}
	all := r.Sum()
	switch broken := all.Failed - unread; {
	case broken > 0:
		return fmt.Errorf("this build would break %d runs, and %d could not be read: do not install it", broken, unread)
	case unread > 0:
		return fmt.Errorf("%d runs could not be read: nobody knows whether this build would break them", unread)
	case all.Replayed == 0 && (all.Idle > 0 || files > 0):
		return errors.New("nothing could be replayed, although there are workflows")
	}
	return nil
}
