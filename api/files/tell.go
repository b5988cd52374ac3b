package files

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
)

// A letter is what a command tells another file: the words that are sealed there, under ids that follow from the command.
// Whoever knows the command does not know them.
type letter struct {
	of    *Kind
	place place
	cmd   file.Command // without the words
	docs  []file.Doc
	words file.Prose
}

func (f *Kind) letterOf(s file.State, commandID string, t file.Teller) (*letter, error) {
	to, id, cmd := t.Tells(s)
	of, ok := f.Of(to)
	if !ok {
		return nil, fmt.Errorf("%s tells a %q, which is no kind", t.Action(), to)
	}
	bare, words := file.Take(cmd)
	as := wire.StartID(f.Vault.Code("tell/" + string(to) + "/" + commandID))
	return &letter{of, of.PlaceOf(id, s.Head().AGS), bare, of.DocumentsOf(words, cmd.Action(), as), words}, nil
}

// told refuses a command that tells another file something, if either file's rules refuse it as both are recorded: what
// is not carried out leaves no words in the other file, and what that one does not take does not count as told. Between
// this and the message the other file can still move on; then the message is overtaken.
func (f *Kind) told(ctx context.Context, caller guard.Principal, at Folder, id string, seen int, o order) error {
	l := o.letter
	if l == nil {
		return nil
	}
	if seen != 0 && seen != at.Version {
		return fault.Newf(fault.Stale, "the %s is at version %d, not %d", f.Def.Kind, at.Version, seen).
			By("version", "read the "+string(f.Def.Kind)+" again and decide on what it says now")
	}
	now := f.Now().UTC().Truncate(time.Millisecond)
	docs := f.DocumentsOf(o.words, o.cmd.Action(), id)
	if _, err := f.Def.Decide(at.State, file.WithDocs(o.cmd, docs), caller.Subject, now); err != nil {
		return err
	}
	taken, err := l.taken(ctx, f.Server, caller, now)
	if err == nil && !taken {
		err = fault.Newf(fault.Gate, "the %s does not take it as it stands", l.of.Def.Kind).
			By("not_taken", "tell those who see to the "+string(l.of.Def.Kind)+" in another way, and keep here that you did")
	}
	return err
}

// taken asks the rules of the other file, which the caller may not see, as its workflow asks them when it hears of it.
func (l *letter) taken(ctx context.Context, s *Server, caller guard.Principal, at time.Time) (bool, error) {
	raw, err := db.As(s.Pool, caller.Subject, ags.Area{l.place.ags}).GetFileState(ctx, l.place.fileID)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("what is told a %s: %w", l.of.Def.Kind, err)
	}
	state, err := l.of.Def.Decode(raw)
	if err != nil {
		return false, err
	}
	sent, err := file.Write(file.WithDocs(l.cmd, l.docs))
	if err != nil {
		return false, err
	}
	cmd, err := l.of.Def.Command(sent.Action, sent.Command)
	if err != nil {
		return false, err
	}
	_, err = l.of.Def.Decide(state, cmd, file.System, at)
	if err != nil && fault.CodeOf(err) != fault.Gate {
		return false, fmt.Errorf("what is told a %s: %s", l.of.Def.Kind, err.Error()) // not the caller's fault
	}
	return err == nil, nil
}

// ordered stores the words of a command, and those that it tells another file. Nobody learns from these who wrote them:
// the house did.
func (f *Kind) ordered(ctx context.Context, caller guard.Principal, at file.Row, id string, o order) (file.Command, error) {
	cmd := o.cmd
	if l := o.letter; l != nil {
		house := guard.Principal{}
		house.Subject = file.System
		if err := l.of.store(ctx, house, l.place, l.docs, l.words); err != nil {
			return nil, err
		}
		cmd = cmd.(file.Teller).With(l.docs)
	}
	return f.prepare(ctx, caller, at, id, cmd, o.words)
}
