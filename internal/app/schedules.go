package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"koko/workflows"
)

// A schedule starts a workflow again and again, one at a time.
type schedule struct {
	id       string // of the schedule, and the beginning of its workflows' ids
	every    time.Duration
	offset   time.Duration // from midnight UTC, and so from the other schedules
	workflow any
	args     []any
}

// schedules lists what runs by itself.
func schedules() []schedule {
	return []schedule{
		{id: "reconcile", every: 24 * time.Hour, offset: time.Hour, workflow: workflows.Reconcile},
		{id: "draw-detached", every: 24 * time.Hour, offset: 3 * time.Hour, workflow: workflows.DrawDetached},
		{id: "checkpoint", every: 10 * time.Minute, workflow: workflows.Checkpoint},
		{id: "keep-histories", every: time.Hour, offset: 7 * time.Minute, workflow: workflows.KeepHistories, args: []any{workflows.Keeping{}}},
		{id: "exchange-cosignatures", every: 10 * time.Minute, offset: 2 * time.Minute, workflow: workflows.ExchangeCosignatures},
	}
}

// ensureSchedules makes the engine's schedules those of the list: it creates what is missing and changes
// what was different before. Several workers may do it at once.
func ensureSchedules(ctx context.Context, c client.Client, queue string, l *slog.Logger, all []schedule) {
	for _, s := range all {
		if err := s.ensure(ctx, c, queue); err != nil && ctx.Err() == nil {
			l.WarnContext(ctx, "schedule", "id", s.id, "err", err)
		}
	}
}

func (s schedule) ensure(ctx context.Context, c client.Client, queue string) error {
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: s.every, Offset: s.offset}}}
	action := &client.ScheduleWorkflowAction{ID: s.id, Workflow: s.workflow, Args: s.args, TaskQueue: queue}
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: s.id, Spec: spec, Action: action, Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP,
	})
	if err == nil {
		return nil
	}
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return fmt.Errorf("create: %w", err)
	}
	err = c.ScheduleClient().GetHandle(ctx, s.id).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			now := in.Description.Schedule
			now.Spec, now.Action = &spec, action
			return &client.ScheduleUpdate{Schedule: &now}, nil
		},
	})
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return nil
}
