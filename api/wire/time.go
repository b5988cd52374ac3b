package wire

import (
	"time"
)

// Recordable keeps out the times that a calendar can write and a record or an answer cannot.
func Recordable(t time.Time) bool { return t.UTC().Year() >= 2000 && t.UTC().Year() < 2200 }

// Never is later than all that is recorded: a list with the latest first begins there, whichever clock is ahead.
var Never = time.Date(2199, 12, 31, 0, 0, 0, 0, time.UTC)
