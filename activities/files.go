// Package activities does the I/O that workflows ask for.
package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/temporal"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/kinds"
)

// Files keeps the record of what the workflows of files decide.
type Files struct {
	Pool *pgxpool.Pool // as db.RoleWorker
	// Hears reports whether a substitute is told of a file in place of a person who is away; nil: nobody is.
	Hears func(*file.Definition, file.Row, file.StandIn) bool
}

// Transition is one decided change of a file.
type Transition struct {
	Kind      file.Kind       `json:"kind"`
	CommandID string          `json:"command_id"`
	Action    file.Action     `json:"action"`
	By        string          `json:"by"`
	Digest    string          `json:"digest"` // of the command
	Docs      []file.Doc      `json:"docs,omitempty"`
	State     json.RawMessage `json:"state"` // as it stands after the change
	// Salt goes into the hash of the entry. Workflows leave it to SaveTransition; the history of what that returns has it, so
	// that the entry can be restored.
	Salt string `json:"salt,omitempty"`
}

// Position says how much of a file's record a workflow knows, and which command it is asked to
// carry out.
type Position struct {
	Kind      file.Kind `json:"kind"`
	FileID    string    `json:"file_id"`
	Version   int       `json:"version"`
	CommandID string    `json:"command_id"`
}

// SaveTransition records t and returns it. In one transaction it writes all that follows from t: the audit entry, the
// row of the file, its documents, certificates and notices to people; and it destroys the words whose time is over. If
// t's command was carried out before or its version is taken, it writes nothing and returns what ReadTransitions
// returns to the workflow that decided t: never nothing. A reference to a document that was not stored is refused for
// good: fault.Invalid.
func (a *Files) SaveTransition(ctx context.Context, t Transition) (recorded []Transition, err error) {
	kind, ok := kinds.Of(t.Kind)
	if !ok {
		return nil, fmt.Errorf("save a transition: there is no kind %q", t.Kind)
	}
	state, err := kind.Decode(t.State)
	if err != nil {
		return nil, err
	}
	f := state.Head()
	row, err := kind.Row(state)
	if err != nil {
		return nil, err
	}
	t.Salt = cmp.Or(t.Salt, uuid.NewString())
	// At read committed: the insert waits for a rival, the query after it sees what the rival wrote.
	err = pgx.BeginTxFunc(ctx, a.Pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		q := db.On(tx)
		added, err := q.AppendAudit(ctx, entry(kind, row, t))
		if err != nil {
			return err
		}
		if added == 0 {
			recorded, err = read(ctx, q, Position{Kind: t.Kind, FileID: f.ID, Version: f.Version - 1, CommandID: t.CommandID})
			if err == nil && len(recorded) == 0 {
				err = errors.New("the id is taken by a file of another kind")
			}
			return err
		}
		recorded = []Transition{t}
		return a.follow(ctx, q, kind, state, row, t)
	})
	if refused := impossible(kind, err); refused != nil {
		return nil, refused
	}
	if err != nil {
		return nil, fmt.Errorf("save version %d of %s %s: %w", f.Version, t.Kind, f.ID, err)
	}
	return recorded, nil
}

// A Reminding is whom to tell of a deadline.
type Reminding struct {
	Kind    file.Kind   `json:"kind"`
	FileID  string      `json:"file_id"`
	AGS     ags.Key     `json:"ags"`
	Version int         `json:"version"`
	At      time.Time   `json:"at"`
	Notice  file.Notice `json:"notice"`
}

// Remind tells people of a deadline, each of them once for a version of the file.
func (a *Files) Remind(ctx context.Context, r Reminding) error {
	f := file.Head{ID: r.FileID, AGS: r.AGS, Version: r.Version, Changed: r.At}
	kind, ok := kinds.Of(r.Kind)
	if !ok {
		return fmt.Errorf("remind of a file: there is no kind %q", r.Kind)
	}
	q := db.On(a.Pool)
	return a.notify(ctx, q, kind, f, []file.Notice{r.Notice}, func() (file.Row, error) {
		raw, err := q.GetFileState(ctx, r.FileID)
		if err != nil {
			return file.Row{}, err
		}
		state, err := kind.Decode(raw)
		if err != nil {
			return file.Row{}, err
		}
		return kind.Row(state)
	})
}

// ReadTransitions returns, oldest first, what is recorded beyond p.Version and what p.CommandID led
// to, if it was carried out at all.
func (a *Files) ReadTransitions(ctx context.Context, p Position) ([]Transition, error) {
	return read(ctx, db.On(a.Pool), p)
}

// follow writes what follows from a decision that is in the audit.
func (a *Files) follow(ctx context.Context, q *db.Queries, kind *file.Definition, state file.State, row file.Row, t Transition) error {
	f := state.Head()
	for _, d := range t.Docs {
		if err := q.LinkDocument(ctx, db.LinkDocumentParams{
			DocumentID: d.ID, FileID: f.ID, Version: int32(f.Version), AGS: f.AGS, Action: string(d.Action), Compartment: d.Compartment,
			Confided: row.Confided,
		}); err != nil {
			return fmt.Errorf("link document %s: %w", d.ID, err)
		}
	}
	before, err := recordedBefore(ctx, q, kind, state)
	if err != nil {
		return err
	}
	if err := q.SaveFile(ctx, db.SaveFileParamsOf(row, t.State)); err != nil {
		return fmt.Errorf("save the row: %w", err)
	}
	if len(file.DestroyedIn(state)) > len(file.DestroyedIn(before)) {
		if err := q.DestroyWords(ctx, f.ID); err != nil {
			return fmt.Errorf("destroy the words whose time is over: %w", err)
		}
	}
	if err := register(ctx, q, f, kind.Certificates(state)); err != nil {
		return err
	}
	if err := detach(ctx, q, kind.Detached(before, state)); err != nil {
		return err
	}
	return a.notify(ctx, q, kind, f, kind.Notices(before, state), func() (file.Row, error) { return row, nil })
}

// detach puts what a step leaves behind for numbers into the pool.
func detach(ctx context.Context, q *db.Queries, ds []file.Detached) error {
	for _, d := range ds {
		facts, err := json.Marshal(d.Facts)
		if err != nil {
			return err
		}
		p := db.AddDetachedParams{About: d.About, Counted: d.Counted, Area: d.Area, Quarter: d.Quarter, Facts: facts}
		if err := q.AddDetached(ctx, p); err != nil {
			return fmt.Errorf("detach a record: %w", err) // it names no file, and neither does what is logged of it
		}
	}
	return nil
}

// DrawDetached empties the pool of what files have left behind in quarters that are over.
func (a *Files) DrawDetached(ctx context.Context) (int, error) {
	n, err := db.On(a.Pool).DrawDetached(ctx)
	if err != nil {
		return 0, fmt.Errorf("draw detached records: %w", err)
	}
	return int(n), nil
}

// recordedBefore returns the state before, or that of a file that is not there yet.
func recordedBefore(ctx context.Context, q *db.Queries, kind *file.Definition, after file.State) (file.State, error) {
	f := after.Head()
	raw, err := q.GetFileState(ctx, f.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return kind.Fresh(f.ID, f.AGS), nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the state before: %w", err)
	}
	return kind.Decode(raw)
}

// impossible turns an error that no retry can mend into a refusal: the others are tried again until
// they pass.
func impossible(kind *file.Definition, err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return nil
	}
	var f *fault.Error
	switch {
	case pg.ConstraintName == "stored":
		f = fault.Newf(fault.Invalid, "the command refers to a document that was not stored").In("docs").By("stored", "store the document first")
	case pg.ConstraintName == "file_document_pkey":
		f = fault.Newf(fault.Invalid, "the command refers to a document of another command").
			In("docs").By("stored", "store a document for each command")
	case pg.ConstraintName == "certificate_pkey":
		f = fault.Newf(fault.Invalid, "the code is another certificate's").In("code").By("unique", "try again with another code")
	case pg.ConstraintName == "once":
		f = kind.Twice
	case pg.ConstraintName == "audit_ags_fkey":
		f = fault.Newf(fault.Invalid, "there is no such municipality").In("ags").By("municipality", "give the key of a municipality in the list")
	case strings.HasPrefix(pg.Code, "22"): // data exception, such as a NUL in a text
		f = fault.Newf(fault.Invalid, "the command holds characters that cannot be recorded").By("characters", "leave control characters out")
	default:
		return nil
	}
	return temporal.NewNonRetryableApplicationError(f.Message, Refused, nil, *f)
}

// Refused is the type of a failure that carries a fault. It is the same for each: the engine shows it.
const Refused = "refused"

func entry(kind *file.Definition, f file.Row, t Transition) db.AppendAuditParams {
	docs := t.Docs
	if docs == nil {
		docs = []file.Doc{}
	}
	return db.AppendAuditParams{
		FileID: f.ID, Kind: t.Kind, Version: int32(f.Version), AGS: f.AGS, Phase: f.Phase, Places: f.Places, Ties: f.Ties, CommandID: t.CommandID,
		Action: t.Action, Actor: t.By, At: f.Changed, Digest: t.Digest, Veil: kind.Veil(t.Action, t.Docs), Docs: docs, State: t.State,
		Confided: f.Confided, Salt: t.Salt,
	}
}

func read(ctx context.Context, q *db.Queries, p Position) ([]Transition, error) {
	rows, err := q.ListTransitions(ctx, db.ListTransitionsParams{
		FileID: p.FileID, Kind: p.Kind, Known: int32(p.Version), CommandID: p.CommandID,
	})
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", p.Kind, p.FileID, err)
	}
	var ts []Transition
	for _, r := range rows {
		t := Transition{Kind: p.Kind, CommandID: r.CommandID, Action: r.Action, By: r.Actor, Digest: r.Digest, State: r.State, Salt: r.Salt}
		if len(r.Docs) > 0 {
			t.Docs = r.Docs
		}
		ts = append(ts, t)
	}
	return ts, nil
}

// register brings the register level with the certificates that a file has led to.
func register(ctx context.Context, q *db.Queries, f file.Head, cs []file.Certificate) error {
	if len(cs) == 0 {
		return nil
	}
	rows, err := q.ListRegistered(ctx, f.ID)
	if err != nil {
		return fmt.Errorf("read the register: %w", err)
	}
	revoked := map[string]bool{} // by the codes that are registered
	for _, r := range rows {
		revoked[r.Code] = r.Revoked
	}
	for _, c := range cs {
		if _, registered := revoked[c.Code]; !registered {
			if err := q.AddCertificate(ctx, certificate(f, c)); err != nil {
				return fmt.Errorf("register a certificate: %w", err)
			}
		}
		if c.Revoked != nil && !revoked[c.Code] {
			if err := q.RevokeCertificate(ctx, db.RevokeCertificateParams{Code: c.Code, At: *c.Revoked, Reason: c.RevokedFor}); err != nil {
				return fmt.Errorf("revoke a certificate: %w", err)
			}
		}
	}
	return nil
}

func certificate(f file.Head, c file.Certificate) db.AddCertificateParams {
	p := db.AddCertificateParams{
		Code: c.Code, FileID: f.ID, AGS: f.AGS, Kind: c.Kind, Issued: c.Issued, Curriculum: c.Curriculum,
		CurriculumVersion: int32(c.Version), Minutes: int32(c.Minutes), Evidence: c.Evidence, Reason: c.Reason,
	}
	if c.Supersedes != "" {
		p.Supersedes = &c.Supersedes
	}
	return p
}

// notify writes the notices about a step, in the transaction that records it: each notice once. What
// people are notified of may change without a workflow noticing. The ties, roles and substitutions in force now decide
// who is notified. at is asked for only if somebody is substituted.
func (a *Files) notify(
	ctx context.Context, q *db.Queries, kind *file.Definition, f file.Head, ns []file.Notice, at func() (file.Row, error),
) error {
	for _, n := range ns {
		people, err := a.recipients(ctx, q, kind, f, n, at)
		if err == nil && len(people) > 0 {
			_, err = q.AddNotifications(ctx, db.AddNotificationsParams{
				AGS: f.AGS, Kind: n.Kind, FileKind: kind.Kind, FileID: f.ID, Version: int32(f.Version), At: f.Changed, People: people,
			})
		}
		if err != nil {
			return fmt.Errorf("notify of %s: %w", n.Kind, err)
		}
	}
	return nil
}

// recipients returns who hears of a notice: of those whom it is for, the substitutes of those who are away.
func (a *Files) recipients(
	ctx context.Context, q *db.Queries, kind *file.Definition, f file.Head, n file.Notice, at func() (file.Row, error),
) ([]string, error) {
	var told []string
	stand, err := a.standIns(ctx, q, kind, f, n.InPlaceOf, at)
	if err != nil {
		return nil, err
	}
	for _, s := range stand {
		told = append(told, s.Substitute)
	}
	if len(told) > 0 {
		return told, nil
	}
	people, by, err := audience(ctx, q, f, n)
	if err != nil {
		return nil, err
	}
	if stand, err = a.standIns(ctx, q, kind, f, people, at); err != nil {
		return nil, err
	}
	for _, person := range people {
		replaced := false
		for _, s := range stand {
			if s.Person == person && s.Away && by.covers(person, s.Roles) {
				told, replaced = append(told, s.Substitute), true
			}
		}
		if !replaced {
			told = append(told, person)
		}
	}
	return told, nil
}

// heardAs are, of those who hear of a notice for a role alone, the roles.
type heardAs map[string][]string

// covers reports whether a substitution in roles is one in what a person hears of a notice for.
func (by heardAs) covers(person string, roles []string) bool {
	as, alone := by[person]
	return !alone || slices.ContainsFunc(as, func(r string) bool { return slices.Contains(roles, r) })
}

// audience returns whom a notice is for.
func audience(ctx context.Context, q *db.Queries, f file.Head, n file.Notice) (people []string, by heardAs, err error) {
	p := db.ListRecipientsParams{
		AGS: string(f.AGS), FileID: f.ID, People: listed(n.People), Roles: listed(n.Roles), Files: []string{}, Relations: []string{},
	}
	for _, m := range n.Tied {
		p.Files, p.Relations = append(p.Files, m.File), append(p.Relations, string(m.Relation))
	}
	rows, err := q.ListRecipients(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	by = heardAs{}
	for _, r := range rows { // of one person, the row without a role comes first
		known := len(people) > 0 && people[len(people)-1] == r.Recipient
		switch {
		case !known:
			people = append(people, r.Recipient)
		case by[r.Recipient] == nil:
			continue
		}
		if r.Role != "" {
			by[r.Recipient] = append(by[r.Recipient], r.Role)
		}
	}
	return people, by, nil
}

// standIns lists those who substitute people now and may hear of a file in their place.
func (a *Files) standIns(
	ctx context.Context, q *db.Queries, kind *file.Definition, f file.Head, people []string, at func() (file.Row, error),
) ([]db.ListStandInsRow, error) {
	if a.Hears == nil || len(people) == 0 {
		return nil, nil
	}
	all, err := q.ListStandIns(ctx, db.ListStandInsParams{People: people, AGS: string(f.AGS)})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	row, err := at()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(s db.ListStandInsRow) bool {
		return !a.Hears(kind, row, file.StandIn{Person: s.Person, Substitute: s.Substitute, Roles: s.Roles, Held: s.Held})
	}), nil
}

// listed returns vs as PostgreSQL wants it: never NULL.
func listed[L ~[]T, T any](vs L) L {
	if vs == nil {
		return L{}
	}
	return vs
}
