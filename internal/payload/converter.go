package payload

import (
	"context"
	"errors"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// Data returns the data converter of clients, workers and replayers.
func (c *Codec) Data() converter.DataConverter {
	return data{DataConverter: converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c)}
}

// data is a data converter that does not let a workflow go on without a payload whose key is missing. The SDK would take
// the error for an answer: it would end the workflow whose state it is, or drop the message. A key may be missing
// because this process has not got the newest master key file yet, so the task is to be tried again, which is what
// the SDK makes of a panic in workflow code.
type data struct {
	converter.DataConverter
	inWorkflow bool
}

var (
	_ converter.ContextAware                          = data{}
	_ converter.DataConverterWithSerializationContext = data{}
)

func (d data) WithWorkflowContext(converter.WorkflowContext) converter.DataConverter {
	return data{d.DataConverter, true}
}

func (d data) WithContext(context.Context) converter.DataConverter { return d }

func (d data) WithSerializationContext(ctx converter.SerializationContext) converter.DataConverter {
	return data{converter.WithDataConverterSerializationContext(d.DataConverter, ctx), d.inWorkflow}
}

func (d data) FromPayload(p *common.Payload, into any) error {
	return d.checked(d.DataConverter.FromPayload(p, into))
}

func (d data) FromPayloads(ps *common.Payloads, into ...any) error {
	return d.checked(d.DataConverter.FromPayloads(ps, into...))
}

func (d data) checked(err error) error {
	if _, missing := errors.AsType[*UnknownKeyError](err); missing && d.inWorkflow {
		panic(err)
	}
	return err
}

// Failures returns the failure converter that goes with Data: what a failure says is sealed, too.
func (c *Codec) Failures() converter.FailureConverter { return failuresOf(c.Data()) }

// failures converts the failures of one workflow. The SDK's own converter is not told which one it is for.
type failures struct {
	*temporal.DefaultFailureConverter
	data converter.DataConverter
}

var _ converter.FailureConverterWithSerializationContext = failures{}

func failuresOf(d converter.DataConverter) failures {
	o := temporal.DefaultFailureConverterOptions{DataConverter: d, EncodeCommonAttributes: true}
	return failures{temporal.NewDefaultFailureConverter(o), d}
}

func (f failures) WithSerializationContext(ctx converter.SerializationContext) converter.FailureConverter {
	return failuresOf(converter.WithDataConverterSerializationContext(f.data, ctx))
}
