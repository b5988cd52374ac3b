package files

import (
	"context"
	"fmt"

	"koko/api/guard"
	"koko/domain/file"

	"koko/api/wire"
)

// A letter is what a command tells another file: the words that are sealed there, under ids that follow from the command.
// Whoever knows the command does not know them.
type letter struct {
	of    *Kind
	place place
	docs  []file.Doc
	words file.Prose
}

func (f *Kind) letterOf(s file.State, commandID string, t file.Teller) (*letter, error) {
	to, id, cmd := t.Tells(s)
	of, ok := f.Of(to)
	if !ok {
		return nil, fmt.Errorf("%s tells a %q, which is no kind", t.Action(), to)
	}
	_, words := file.Take(cmd)
	as := wire.StartID(f.Vault.Code("tell/" + string(to) + "/" + commandID))
	return &letter{of, of.PlaceOf(id, s.Head().AGS), of.DocumentsOf(words, cmd.Action(), as), words}, nil
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
