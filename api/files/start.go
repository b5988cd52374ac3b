package files

import (
	"context"
	"encoding/json"
	"fmt"

	"koko/api/guard"
	"koko/api/wire"
	"koko/domain/file"
)

// A started file is one that begins because of a command on another one: its id, and that of its first command.
type started struct{ file, command string }

// startedBy is the file of a kind that begins because of a command: the same for the same command. Whoever knows the
// command's id does not know the file's.
func (s *Server) startedBy(commandID string, k file.Kind) started {
	secret := s.Vault.Code("start/" + string(k) + "/" + commandID)
	return started{file: wire.FileID(k, secret), command: wire.StartID(secret)}
}

// start begins the file that begins because of a command, once the command is recorded and led to state s. Sent again,
// the command finds it begun.
func (f *Kind) start(ctx context.Context, caller guard.Principal, st file.Starter, commandID string, s file.State) error {
	if st == nil {
		return nil
	}
	of, ok := f.Of(st.Starts())
	if !ok {
		return fmt.Errorf("%s begins a %q, which is no kind", st.Action(), st.Starts())
	}
	body, err := json.Marshal(st.Beginning(s, caller.Subject))
	if err != nil {
		return err
	}
	cmd, err := of.Def.ReadCommand(of.Def.First(), body)
	if err != nil {
		return err
	}
	ids := f.startedBy(commandID, st.Starts())
	fresh := of.fresh(ids.file, s.Head().AGS)
	at, err := of.FolderOf(fresh)
	if err != nil {
		return err
	}
	bare, words := file.Take(cmd)
	if cmd, err = of.prepare(ctx, caller, at.Row, ids.command, bare, words); err != nil {
		return err
	}
	if _, err = of.Workflows.Begin(ctx, of.Def, fresh, ids.command, file.System, cmd); err != nil {
		return fmt.Errorf("begin %s %s: %w", of.Def.Kind, ids.file, err)
	}
	return nil
}
