package devstack

import (
	"fmt"
	"os"
	"testing"
)

// role makes the test binary one of the processes that the tests kill.
const role = "KOKO_DEVSTACK_TEST_ROLE"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(role) {
	case "stack":
		err = runStack()
	case "temporal":
		err = runTemporal()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
