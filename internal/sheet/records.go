package sheet

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// What ReadRecords takes at most.
const (
	maxBytes   = 5 << 20
	maxRecords = 20_000
	maxColumns = 1_000
)

// A Record is what a file says about one person and one activity or unit.
type Record struct {
	Line      int    // where it stands in the file, from 1
	Person    string // the person's id number, "" if the line has none that can be used
	Column    string // the activity or unit as the file names it, "" if the problem is the whole line
	Completed bool
	Minutes   int    // 0: not stated
	Date      string // YYYY-MM-DD when it was completed, "" if it was not or the file does not say
	Problem   string // why this entry cannot be used, "" if it can; holds nothing out of the file
}

// A FileError says why a file cannot be read at all. None of its parts holds anything out of the file.
type FileError struct {
	Rule    string // the stable name of what is wrong: "empty", "too_big"
	Message string
	Remedy  string
}

func (e *FileError) Error() string { return e.Message }

// The files that cannot be read.
var (
	errEmpty  = &FileError{"empty", "the file holds no entries", "export again and check that participants were chosen"}
	errBinary = &FileError{"binary", "the file is no CSV file", "export as CSV, or save the workbook as CSV UTF-8"}
	errTooBig = &FileError{"too_big", "the file is larger than 5 MB", "export fewer activities or one group at a time"}
	errCrowd  = &FileError{"too_many", "the file has more than 20000 entries", "export fewer activities or one group at a time"}
	errWide   = &FileError{"too_wide", "the file has more than 1000 columns", "export fewer activities at a time"}
	errPerson = &FileError{"no_person_column", "the file has no column with id numbers",
		"export again with the ID number (Moodle) or Matrikelnummer (ILIAS) among the columns shown, or use the template with reference, unit, minutes and date"}
	errColumns = &FileError{"no_activity_column", "the file has no column with an activity or a status",
		"export the activity completion or the learning progress, not the list of participants"}
)

// ReadRecords reads a CSV export of Moodle (activity or course completion), of ILIAS (learning
// progress) or the template "reference;unit;minutes;date". Separators, encoding and lines above the
// header are found out. It returns one record per person and activity; a line that cannot be used is
// a record with a Problem and does not stop the others. Names, logins and e-mail addresses are
// dropped. A file that cannot be read at all is a *FileError; limits are 5 MB,
// 20,000 records and 1,000 columns.
//
// What the formats look like was read in the platforms' sources: Moodle report/progress/index.php,
// report/completion/index.php and lang/*/completion.php; ILIAS Services/Tracking/classes
// (ilLPTableBaseGUI, ilTrObjectUsersPropsTableGUI, ilTrMatrixTableGUI) and lang/ilias_de.lang.
func ReadRecords(r io.Reader) ([]Record, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	text, err := decode(raw)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(text, "\n")
	// Blank lines yield no record, so that the limit on those does not stop a file made of them.
	if len(lines) > 5*maxRecords {
		return nil, errCrowd
	}
	h, ok := findHeader(lines)
	if !ok {
		return nil, errPerson
	}
	if len(h.cells) > maxColumns {
		return nil, errWide
	}
	l := h.layout()
	if l.unit < 0 && len(l.activities) == 0 {
		return nil, errColumns
	}
	return l.records(h)
}

// records reads the lines below the header.
func (l layout) records(h header) ([]Record, error) {
	var all []Record
	first := map[Record]int{}
	for i := h.next; i < len(h.lines); {
		cells, n := readRow(h.lines[i:], h.comma, len(h.cells))
		for _, r := range l.row(cells) {
			key := l.key(r)
			if line := first[key]; line > 0 && r.Problem == "" {
				r.Completed, r.Problem = false, fmt.Sprintf("line %d says something of this person and activity already", line)
			}
			r.Line = i + 1 + h.skipped
			if first[key] == 0 {
				first[key] = r.Line
			}
			all = append(all, r)
		}
		if len(all) > maxRecords {
			return nil, errCrowd
		}
		i += n
	}
	if len(all) == 0 {
		return nil, errEmpty
	}
	return all, nil
}

// key returns what must be in a file once: the platforms know one state per person and activity, the
// template several dates of one unit.
func (l layout) key(r Record) Record {
	key := Record{Person: r.Person, Column: r.Column}
	if l.unit >= 0 {
		key.Date, key.Minutes = r.Date, r.Minutes
	}
	return key
}

// row returns the records of one line: none if it is empty, one problem if it is broken, which a row
// without cells is.
func (l layout) row(cells []string) []Record {
	switch {
	case len(cells) != l.width:
		return []Record{{Problem: "the line does not have the columns of the header"}}
	case strings.Join(cells, "") == "":
		return nil
	}
	person := cells[l.person]
	if problem := personProblem(person); problem != "" {
		return []Record{{Problem: problem}}
	}
	if l.unit >= 0 {
		return []Record{l.attended(person, cells)}
	}
	records := make([]Record, 0, len(l.activities))
	for _, a := range l.activities {
		records = append(records, a.record(person, cells))
	}
	return records
}

// attended reads a line of the template.
func (l layout) attended(person string, cells []string) Record {
	r := Record{Person: person, Column: cells[l.unit]}
	if r.Column == "" || mail.MatchString(r.Column) {
		r.Column, r.Problem = "", "the line names no unit"
		return r
	}
	if s := cells[l.minutes]; s != "" {
		minutes, err := strconv.Atoi(s)
		if err != nil || minutes < 1 || minutes > 24*60 {
			r.Problem = "the minutes are not a whole number between 1 and 1440"
			return r
		}
		r.Minutes = minutes
	}
	if l.date >= 0 {
		r.Date, r.Problem = readDate(cells[l.date])
	}
	r.Completed = r.Problem == ""
	return r
}

// record reads one activity of a platform's line.
func (a activity) record(person string, cells []string) Record {
	r := Record{Person: person, Column: a.name}
	if a.ambiguous {
		r.Problem = "several columns of the file bear this name: rename the activities and export again"
		return r
	}
	cell := cells[a.at]
	if a.dated {
		r.Date, r.Problem = readDate(cell)
		r.Completed = r.Date != ""
		return r
	}
	if r.Completed, r.Problem = readStatus(cell); r.Completed && a.date >= 0 {
		r.Date, r.Problem = readDate(cells[a.date])
		r.Completed = r.Problem == ""
	}
	return r
}

// An id number has a digit: without that rule a column of names would pass for one.
var idNumber = regexp.MustCompile(`^[\p{L}\p{N}._/-]*\p{N}[\p{L}\p{N}._/-]*$`)

// mail is an e-mail address in a heading or a unit, where columns were mixed up.
var mail = regexp.MustCompile(`\S@\S`)

func personProblem(s string) string {
	switch {
	case s == "":
		return "the line has no id number"
	case strings.Contains(s, "@"):
		return "an e-mail address stands where the id number belongs"
	case len(s) > 64 || !idNumber.MatchString(s):
		return "what stands where the id number belongs is none: letters, digits and . _ / - with at least one digit"
	}
	return ""
}
