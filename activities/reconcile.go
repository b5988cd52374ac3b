package activities

import (
	"context"

	"go.temporal.io/sdk/activity"
)

// ReconcileScope says what is compared, and for whom.
type ReconcileScope struct {
	ID        string `json:"id"` // of the reconciliation
	By        string `json:"by"`
	Scheduled bool   `json:"scheduled,omitempty"`
	All       bool   `json:"all,omitempty"`  // closed files, too, and not only some of them
	File      string `json:"file,omitempty"` // this one alone
}

// Name returns the name of the scope in lists of reconciliations.
func (s ReconcileScope) Name() string {
	switch {
	case s.File != "":
		return "file"
	case s.All:
		return "all"
	default:
		return "sample"
	}
}

// ReconcilePage says where a reconciliation goes on.
type ReconcilePage struct {
	Scope ReconcileScope `json:"scope"`
	Stage string         `json:"stage"`
	After string         `json:"after"`
}

// Reconciled is the result of a reconciliation.
type Reconciled struct {
	Files       int `json:"files"`
	Differences int `json:"differences"`
}

// Reconciler compares and repairs. internal/evidence/reconcile implements it; the interface is here because
// that package builds on what activities record.
type Reconciler interface {
	BeginReconciliation(context.Context, ReconcileScope) error
	ReconcilePage(context.Context, ReconcilePage) (*ReconcilePage, error)
	FinishReconciliation(ctx context.Context, id string) (Reconciled, error)
	Repair(ctx context.Context, differenceID string) (outcome string, err error)
}

// Reconciliation compares files, and repairs what two people have agreed on.
type Reconciliation struct {
	Reconciler Reconciler
}

// BeginReconciliation notes that a reconciliation begins; repeated, it changes nothing.
func (a *Reconciliation) BeginReconciliation(ctx context.Context, s ReconcileScope) error {
	return a.Reconciler.BeginReconciliation(ctx, s)
}

// ReconcilePages compares page by page, and reports its place to the engine after each page: tried
// again, it goes on there.
func (a *Reconciliation) ReconcilePages(ctx context.Context, s ReconcileScope) error {
	p := &ReconcilePage{Scope: s}
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, p); err != nil {
			return err
		}
	}
	for p != nil {
		activity.RecordHeartbeat(ctx, p)
		next, err := a.Reconciler.ReconcilePage(ctx, *p)
		if err != nil {
			return err
		}
		p = next
	}
	return nil
}

// FinishReconciliation notes that a reconciliation is over.
func (a *Reconciliation) FinishReconciliation(ctx context.Context, id string) (Reconciled, error) {
	return a.Reconciler.FinishReconciliation(ctx, id)
}

// RepairDifference does what was approved, and returns what came of it.
func (a *Reconciliation) RepairDifference(ctx context.Context, id string) (string, error) {
	return a.Reconciler.Repair(ctx, id)
}
