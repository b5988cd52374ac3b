package workflows

import (
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"koko/activities"
	"koko/domain/process"
	"koko/domain/training"
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

// mailbox is how a file's workflow talks to others: it carries out what they tell it, one by one, and
// runs errands that follow from what was recorded, in order and apart from the commands.
type mailbox[S ruled[S, C], C process.Command] struct {
	life    *lifecycle[S, C]
	open    func(Message) (C, error)
	tells   workflow.ReceiveChannel
	errands []func(workflow.Context) error
	busy    bool // with a message
}

// serve begins to work through the mail. The run does not end before it is done.
func (m *mailbox[S, C]) serve(ctx workflow.Context) {
	m.tells = workflow.GetSignalChannel(ctx, Tell)
	m.life.quiet = func() bool { return !m.busy && m.tells.Len() == 0 && len(m.errands) == 0 }
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var msg Message
			m.tells.Receive(ctx, &msg)
			m.busy = true
			m.carryOut(ctx, msg)
			m.busy = false
		}
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		for workflow.Await(ctx, func() bool { return len(m.errands) > 0 }) == nil {
			if err := m.errands[0](ctx); err != nil {
				workflow.GetLogger(ctx).Error("errand", "err", err)
			}
			m.errands = m.errands[1:]
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
func (m *mailbox[S, C]) tell(to process.Kind, fileID string, n int, cmd process.Command) {
	f := m.life.state.File()
	id := fmt.Sprintf("%s-%s-v%d-%d", m.life.kind, f.ID, f.Version, n)
	m.errands = append(m.errands, func(ctx workflow.Context) error {
		b, err := plain(cmd)
		if err != nil {
			return err
		}
		return workflow.SignalExternalWorkflow(ctx, ID(to, fileID), "", Tell, Message{id, cmd.Action(), b}).Get(ctx, nil)
	})
}

// notify has people told.
func (m *mailbox[S, C]) notify(ns []training.Notice) {
	if len(ns) == 0 {
		return
	}
	f := m.life.state.File()
	batch := activities.NoticeBatch{Kind: m.life.kind, FileID: f.ID, AGS: f.AGS, Version: f.Version, At: f.Changed, Notices: ns}
	m.errands = append(m.errands, func(ctx workflow.Context) error {
		return workflow.ExecuteLocalActivity(local(ctx), trainings.SendNotices, batch).Get(ctx, nil)
	})
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
