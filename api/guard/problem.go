package guard

import (
	"context"
	"errors"

	"koko/api/wire"
	"koko/domain/fault"
)

// Problem turns err into an answer. Only a fault's message is shown; anything else is logged once,
// here, and hidden. A refusal of permission is recorded.
func (s *Guard) Problem(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if d, ok := errors.AsType[*denied](err); ok {
		s.Refused(ctx, d.caller, d.refusal)
	}
	p, ok := errors.AsType[*wire.Problem](err)
	if !ok {
		p = s.FaultProblem(ctx, err)
	}
	p.RequestID = wire.RequestID(ctx)
	return p
}

// FaultProblem describes a fault. What is not for the client is logged here and hidden.
func (s *Guard) FaultProblem(ctx context.Context, err error) *wire.Problem {
	f := fault.Of(err)
	if f == nil || wire.KindOf[f.Code] == "" {
		if ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "request failed", "err", err, "request_id", wire.RequestID(ctx))
		}
		return wire.NewProblem("internal", "internal error").By("internal", "try again, and name the request id if you ask for help")
	}
	p := wire.NewProblem(wire.KindOf[f.Code], f.Message).By(f.Rule, f.Remedy)
	p.Field, p.Missing = f.Field, f.Missing
	return p
}
