// Command koko-dev is KoKo with everything it needs in one process tree: for trying it out, for
// development and for the tests of the whole platform. Only it links the Temporal server.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
)

// gcPercent trades memory, 200 MB or so, for throughput: the engine makes garbage fast. GOGC in the
// environment wins.
const gcPercent = 400

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if err := command().ExecuteContext(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
