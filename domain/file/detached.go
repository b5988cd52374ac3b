package file

import (
	"fmt"
	"time"

	"koko/domain/calendar"
)

// A Detached is what a step leaves behind for numbers. It says nothing of which file it was, nor of when but the quarter;
// nobody reads it before that is over.
type Detached struct {
	About   string // what is counted
	Counted bool   // whether only the number is kept, by area, quarter and facts
	Area    string // a municipality or, where that would be too fine, a district: the first five digits of its key
	Quarter string // such as 2027-Q2
	Facts   map[string]string
}

// AboutDisclosures is what disclosures are counted as, whatever the kind of file: the data protection officer reads how many.
const AboutDisclosures = "disclosure"

// QuarterOf is the quarter of a time in Berlin.
func QuarterOf(t time.Time) string {
	t = t.In(calendar.Berlin)
	return fmt.Sprintf("%04d-Q%d", t.Year(), (int(t.Month())-1)/3+1)
}
