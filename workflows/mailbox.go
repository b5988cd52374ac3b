package workflows

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"koko/domain/fault"
	"koko/domain/file"
)

// Tell is the signal by which one file's workflow sends messages to another's. There is one for
// everything, so that messages arrive in the order in which they were sent.
const Tell = "tell"

// ID returns the id of a file's workflow.
func ID(k file.Kind, fileID string) string { return string(k) + "-" + fileID }

// A Message carries a command from one workflow to another.
type Message struct {
	ID string `json:"id"` // of the command: the same message again is the same command
	file.Letter
}

// patience is the longest pause before a message is sent once more; it bounds how long a run waits for
// another workflow.
const patience = 10 * time.Minute

// mailbox is how a file's workflow talks to others: it carries out their messages, one by one, and
// runs errands that follow from what was recorded, apart from the commands.
type mailbox struct {
	life    *lifecycle
	tells   workflow.ReceiveChannel
	busy    bool                       // with a message
	errands int                        // that are not done
	lines   map[string]workflow.Future // the last errand of each line
}

// serve begins to work through the mail. The run does not end before it is done: so a message stays
// in the channel, where it counts as waiting, until there is time for it. Receive would take it out
// at once.
func (m *mailbox) serve(ctx workflow.Context) {
	m.tells = workflow.GetSignalChannel(ctx, Tell)
	m.lines = map[string]workflow.Future{}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for workflow.Await(ctx, func() bool { return m.tells.Len() > 0 }) == nil {
			var msg Message
			if m.tells.ReceiveAsync(&msg) {
				m.busy = true
				m.carryOut(ctx, msg)
				m.busy = false
			}
		}
	})
}

// carryOut carries out a message of another workflow. What the rules refuse has been overtaken: the
// file moved on before the message came.
func (m *mailbox) carryOut(ctx workflow.Context, msg Message) {
	if msg.ID == "" {
		misplaced(ctx, errNoMessage)
		return
	}
	cmd, err := m.read(msg)
	if err == nil {
		err = m.life.handleAs(ctx, msg.ID, cmd, file.System)
	}
	if err != nil && !gated(err) {
		workflow.GetLogger(ctx).Error("message", "action", msg.Action, "err", err)
	}
}

// errNoMessage is that something sealed for this file came as a message and is none, such as the request of a command:
// every message has an id.
var errNoMessage = errors.New("what came as a message was made for something else")

// read reads the command of a message. What people alone do does not come this way.
func (m *mailbox) read(msg Message) (file.Command, error) {
	if c, ok := m.life.kind.CommandOf(msg.Action); !ok || !c.Own && !c.Told {
		return nil, fault.Newf(fault.Invalid, "no workflow tells %q to files of kind %s", msg.Action, m.life.kind.Kind)
	}
	return m.life.kind.Command(msg.Action, msg.Command)
}

// quiet reports whether nothing is left to do beside the commands: the run waits for it.
func (m *mailbox) quiet() bool { return !m.busy && m.tells.Len() == 0 && m.errands == 0 }

// send delivers the messages of a step to the workflows of other files. Adopting runs under the
// lock, so this may do things but must not decide any.
//
// The receiver records a message's id, and people read it there. It follows from the id of the command, which nobody
// can guess, and does not tell how often the sender has changed.
func (m *mailbox) send(ctx workflow.Context, commandID string, ms []file.Message) {
	f := m.life.state.Head()
	for n, msg := range ms {
		id, line := messageID(m.life.kind.Kind, f.ID, commandID, n), ID(msg.To, msg.File)
		m.errand(ctx, line, func(ctx workflow.Context) error {
			letter, err := file.Write(msg.Command)
			if err != nil {
				return err
			}
			return deliver(ctx, line, Message{id, letter})
		})
	}
}

// messageID is the id of the nth message that follows from a command: the same for the same command.
func messageID(k file.Kind, fileID, commandID string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%s/%d", k, fileID, commandID, n))
	return "message-" + hex.EncodeToString(sum[:16])
}

// errand has do run after the errands before it in its line. Other lines go on meanwhile.
func (m *mailbox) errand(ctx workflow.Context, line string, do func(workflow.Context) error) {
	before := m.lines[line]
	done, finish := workflow.NewFuture(ctx)
	m.lines[line] = done
	m.errands++
	workflow.Go(ctx, func(ctx workflow.Context) {
		if before != nil {
			_ = before.Get(ctx, nil)
		}
		if err := do(ctx); err != nil {
			workflow.GetLogger(ctx).Error("errand", "to", line, "version", m.life.version(), "err", err)
		}
		if m.lines[line] == done {
			delete(m.lines, line)
		}
		m.errands--
		finish.Set(nil, nil)
	})
}

// deliver sends a message until the other workflow has it. One that is not there may be about to
// begin: after the engine has lost its data, files come back one by one.
func deliver(ctx workflow.Context, to string, msg Message) error {
	for pause := time.Second; ; pause *= 2 {
		err := workflow.SignalExternalWorkflow(ctx, to, "", Tell, msg).Get(ctx, nil)
		if err == nil {
			return nil
		}
		if pause > patience {
			return fmt.Errorf("message %s (%s) given up: %w", msg.ID, msg.Action, err)
		}
		if err := workflow.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}
