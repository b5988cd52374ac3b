package workflows

import (
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"koko/activities"
	"koko/domain/process"
)

// Tell is the signal by which one file's workflow tells another's. There is one for everything, so
// that messages arrive in the order in which they were sent.
const Tell = "tell"

// ID is the id of a file's workflow.
func ID(k process.Kind, fileID string) string { return string(k) + "-" + fileID }

// A Message carries a command from one workflow to another.
type Message struct {
	ID      string          `json:"id"` // of the command: the same message again is the same command
	Action  process.Action  `json:"action"`
	Command json.RawMessage `json:"command"`
}

// patience is the longest pause before a message is sent once more; it bounds how long a run waits for
// another workflow.
const patience = 10 * time.Minute

// mailbox is how a file's workflow talks to others: it carries out what they tell it, one by one, and
// runs errands that follow from what was recorded, apart from the commands.
type mailbox[S ruled[S, C], C process.Command] struct {
	life    *lifecycle[S, C]
	open    func(Message) (C, error)
	tells   workflow.ReceiveChannel
	busy    bool                       // with a message
	errands int                        // that are not done
	lines   map[string]workflow.Future // the last errand of each line
}

// serve begins to work through the mail. The run does not end before it is done: so a message is left
// in the channel, where it counts, until there is time for it. Receive would take it out at once.
func (m *mailbox[S, C]) serve(ctx workflow.Context) {
	m.tells = workflow.GetSignalChannel(ctx, Tell)
	m.lines = map[string]workflow.Future{}
	m.life.quiet = func() bool { return !m.busy && m.tells.Len() == 0 && m.errands == 0 }
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

// carryOut does what another workflow tells. What the rules refuse has been overtaken: the file
// moved on before the message came.
func (m *mailbox[S, C]) carryOut(ctx workflow.Context, msg Message) {
	cmd, err := m.open(msg)
	if err == nil {
		err = m.life.handleAs(ctx, msg.ID, cmd, process.System)
	}
	if err != nil && !gated(err) {
		workflow.GetLogger(ctx).Error("message", "action", msg.Action, "err", err)
	}
}

// tell has a message sent to another file's workflow. n numbers those of one version.
func (m *mailbox[S, C]) tell(ctx workflow.Context, to process.Kind, fileID string, n int, cmd process.Command) {
	f := m.life.state.File()
	id, line := fmt.Sprintf("%s-%s-v%d-%d", m.life.kind, f.ID, f.Version, n), ID(to, fileID)
	m.errand(ctx, line, func(ctx workflow.Context) error {
		b, err := plain(cmd)
		if err != nil {
			return err
		}
		return deliver(ctx, line, Message{id, cmd.Action(), b})
	})
}

// errand has do run after the errands before it in its line. Other lines go on meanwhile.
func (m *mailbox[S, C]) errand(ctx workflow.Context, line string, do func(workflow.Context) error) {
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

// trainings names the activities.
var trainings *activities.Training

func plain(cmd process.Command) (json.RawMessage, error) {
	//workflowcheck:ignore -- a struct without maps has one JSON, however the encoder caches its types
	return json.Marshal(cmd)
}

// letter reads messages with a command of type T; it says whether a message is one.
func letter[T, C process.Command](as func(T) C) func(Message) (C, bool, error) {
	return func(m Message) (none C, is bool, err error) {
		var cmd T
		if cmd.Action() != m.Action {
			return none, false, nil
		}
		//workflowcheck:ignore -- the same bytes are the same command, however the decoder caches its types
		err = json.Unmarshal(m.Command, &cmd)
		return as(cmd), true, err
	}
}
