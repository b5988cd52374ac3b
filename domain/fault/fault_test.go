package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/fault"
)

func TestAFaultIsFoundInTheChain(t *testing.T) {
	f := fault.Newf(fault.Gate, "%d are missing", 2).In("topics").By("analysis", "name them")
	wrapped := fmt.Errorf("decide: %w", errors.Join(errors.New("other"), f))
	require.Same(t, f, fault.Of(wrapped))
	require.Equal(t, fault.Gate, fault.CodeOf(wrapped))
	require.Equal(t, "2 are missing", f.Error())
}

func TestWhatIsNoFaultIsInternal(t *testing.T) {
	for _, err := range []error{nil, errors.New("connection refused")} {
		require.Nil(t, fault.Of(err))
		require.Equal(t, fault.Internal, fault.CodeOf(err))
	}
}

func TestCopiesLeaveTheOriginalAlone(t *testing.T) {
	f := fault.Newf(fault.Invalid, "wrong")
	require.Equal(t, &fault.Error{Code: fault.Invalid, Message: "wrong", Field: "a", Rule: "range", Remedy: "less"}, f.In("a").By("range", "less"))
	require.Equal(t, &fault.Error{Code: fault.Invalid, Message: "wrong"}, f)
}
