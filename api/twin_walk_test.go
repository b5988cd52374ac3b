package api_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// What is random in an answer, whatever it is about.
var (
	randomID    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	randomHex   = regexp.MustCompile(`\b[0-9a-f]{16,}\b`)
	randomCoded = regexp.MustCompile(`[A-Za-z0-9+/_-]{22,}={0,2}`)
	inWords     = regexp.MustCompile(`^([A-Z]?[a-z]*[0-9]*|[A-Z]*)([-_/+]([A-Z]?[a-z]*[0-9]*|[A-Z]*))*$`) // names and paths: not random
)

// neutral replaces what is random by the order in which it came up first. What is only encoded is read.
func (s scribe) neutral(text string) string {
	text = randomID.ReplaceAllStringFunc(text, s.of)
	text = randomHex.ReplaceAllStringFunc(text, s.of)
	return randomCoded.ReplaceAllStringFunc(text, func(code string) string {
		if inWords.MatchString(code) {
			return code
		}
		for _, e := range []*base64.Encoding{base64.RawURLEncoding, base64.URLEncoding, base64.StdEncoding} {
			plain, err := e.DecodeString(code)
			if err == nil && readable(string(plain)) {
				return "⟨" + s.neutral(string(plain)) + "⟩"
			}
		}
		return s.of(code)
	})
}

func readable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' })
}

// A question is a request of both twins. In its path, query and body {case}, {work} and so on stand for what is
// called so in a twin.
type question struct {
	operation string // of the OpenAPI document
	as        string
	method    string
	path      string
	body      string
	kind      string // of body
	headers   []string
	on        string // the file whose version it names
	pages     int    // at most; 0: it has none
	choice    bool   // it is another one with a parameter more: those who have nothing to do with cases are spared it
}

func (q question) String() string {
	who := q.as
	if who == "" {
		who = "nobody"
	}
	return fmt.Sprintf("%s: %s %s as %s", q.operation, q.method, q.path, who)
}

// ask sends a question, and returns all that can be seen of the answer: status, headers, body and what was logged.
func (w *twin) ask(q question, cursor string) (said, next string) {
	w.asked++
	w.set(w.at.Add(time.Millisecond))
	headers := append([]string{"Idempotency-Key", fmt.Sprintf("walk-%06d", w.asked)}, q.headers...)
	if q.on != "" {
		headers = append(headers, "If-Match", tag(w.version(w.places[q.on])))
	}
	path := w.filled(q.path)
	if strings.Contains(path, "{") {
		w.t.Errorf("%s: paths does not say what stands there", q)
	}
	if cursor != "" {
		path += "&cursor=" + cursor
	}
	var body any
	if q.body != "" {
		body = w.filled(q.body)
		headers = append(headers, "Content-Type", q.kind)
	}
	a := w.call(q.as, q.method, path, body, headers...)
	var b strings.Builder
	fmt.Fprintln(&b, a.code)
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		fmt.Fprintln(&b, name, strings.Join(a.header[name], " | "))
	}
	b.WriteString(a.body)
	b.WriteString("\n" + w.logLines())
	if q.pages > 0 {
		var page struct{ Next string }
		_ = json.Unmarshal([]byte(a.body), &page)
		next = page.Next
	}
	return w.scribe.neutral(b.String()), next
}

// filled is a text with what stands for something in this twin.
func (w *twin) filled(text string) string {
	for name, is := range w.places {
		text = strings.ReplaceAll(text, "{"+name+"}", is)
		text = strings.ReplaceAll(text, "%7B"+url.QueryEscape(name)+"%7D", is)
	}
	return text
}

// twins are two installations that nobody but the facilitators can tell apart.
type twins struct {
	t        *testing.T
	one, two *twin
	differ   []difference
	requests int
	bytes    int
	counted  int             // rows of tables
	walked   map[string]bool // operations
	callers  map[string]bool
}

// toTheLast is more pages than any list has.
const toTheLast = 500

// A difference is what told the twins apart.
type difference struct{ where, one, two string }

func (d difference) String() string { return d.where + "\n    " + d.one + "\n    " + d.two }

// compare notes where two texts differ.
func (p *twins) compare(where, one, two string) {
	p.bytes += len(one)
	if one == two {
		return
	}
	at := 0
	for at < len(one) && at < len(two) && one[at] == two[at] {
		at++
	}
	from := max(0, at-80)
	p.differ = append(p.differ, difference{where, cutOut(one, from, at+80), cutOut(two, from, at+80)})
}

func cutOut(text string, from, to int) string {
	return strconv.Quote(text[min(from, len(text)):min(to, len(text))])
}

// ask asks both twins, page by page.
func (p *twins) ask(q question) {
	var cursors, said [2]string
	for page := range max(q.pages, 1) {
		var both sync.WaitGroup
		for i, w := range []*twin{p.one, p.two} {
			both.Go(func() { said[i], cursors[i] = w.ask(q, cursors[i]) })
		}
		both.Wait()
		p.requests++
		p.walked[q.operation], p.callers[q.as] = true, true
		where := q.String()
		if page > 0 {
			where += fmt.Sprintf(", page %d", page+1)
		}
		p.compare(where, said[0], said[1])
		if cursors[0] == "" || cursors[1] == "" {
			return
		}
	}
	if q.pages == toTheLast {
		p.t.Errorf("%s has no last page", q)
	}
}

// feeds has everybody open a feed of their dates, and reads it.
func (p *twins) feeds(callers []string) {
	for _, as := range callers {
		var said [2]string
		for i, w := range []*twin{p.one, p.two} {
			a := w.call(as, http.MethodPost, "/api/v1/me/calendar", nil)
			var feed struct{ URL string }
			if json.Unmarshal([]byte(a.body), &feed) == nil && feed.URL != "" {
				a = w.get("", strings.TrimPrefix(feed.URL, publicURL))
			}
			said[i] = w.scribe.neutral(fmt.Sprint(a.code, a.header, a.body))
		}
		p.requests += 2
		p.compare("calendar feed: as "+as, said[0], said[1])
	}
}

// behind compares what stands behind the API: rows that its role sees, metrics, and what was logged meanwhile.
func (p *twins) behind(when string, callers []string) {
	one, two := strings.Split(p.one.rows(callers), "\n"), strings.Split(p.two.rows(callers), "\n")
	p.counted += len(one) - 1
	for i := range max(len(one), len(two)) {
		p.compare("rows of "+strings.SplitN(one[min(i, len(one)-1)], " ", 2)[0]+": "+when, one[min(i, len(one)-1)], two[min(i, len(two)-1)])
	}
	p.compare("log "+when+": ", p.one.scribe.neutral(p.one.logLines()), p.two.scribe.neutral(p.two.logLines()))
	p.compare("metrics "+when+": ", p.one.measured(), p.two.measured())
}

// reads are all questions of an operation that reads: of what the twins have and of what is not there, and of the former
// with every parameter that it has, and page by page.
func reads(call string, op openOperation) (all []question) {
	method, template, _ := strings.Cut(call, " ")
	for i, path := range paths(template) {
		required, choices, paged := url.Values{}, []url.Values{}, false
		for _, p := range op.Parameters {
			if p.In != "query" {
				continue
			}
			vs := values(template, p.Name, p.Schema)
			if p.Required {
				required.Set(p.Name, vs[0])
				vs = vs[1:]
			}
			for _, v := range vs {
				choices = append(choices, url.Values{p.Name: {v}})
			}
			paged = paged || p.Name == "cursor"
		}
		ask := func(query url.Values, pages int, choice bool) {
			for name, is := range required {
				if !query.Has(name) {
					query[name] = is
				}
			}
			at := path
			if len(query) > 0 {
				at += "?" + query.Encode()
			}
			all = append(all, question{operation: call, method: method, path: at, pages: pages, choice: choice})
		}
		ask(url.Values{}, 0, i > 0)
		if i > 0 || inVain(template) {
			continue
		}
		for _, query := range choices {
			ask(query, 0, true)
		}
		if paged {
			ask(url.Values{"limit": {"2"}}, 3, false)
			ask(url.Values{"limit": {"200"}}, toTheLast, true)
		}
	}
	return all
}

// inVain reports whether twins have nothing at a path but what is asked in vain: nobody is trained or advised.
func inVain(template string) bool {
	return slices.ContainsFunc([]string{"/api/v1/cohorts", "/api/v1/enrolments", "/api/v1/advice", "/api/v1/curricula"}, func(p string) bool { return strings.HasPrefix(template, p) })
}

// never is an id that nothing has.
const never = "00000000-0000-4000-8000-00000000dead"

// paths are a template's, with what each of its parameters may stand for.
func paths(template string) []string {
	ids := []string{"{work}", never}
	switch {
	case strings.HasPrefix(template, "/api/v1/cases/"):
		ids = []string{"{case}", "{work}", never}
	case strings.HasPrefix(template, "/api/v1/work/"):
		ids = []string{"{work}", "{case}", never}
	}
	if inVain(template) {
		ids = ids[:1]
	}
	all := []string{template}
	for _, p := range []struct {
		name   string
		values []string
	}{
		{"id", ids},
		{"document", []string{"{case document}", "{work document}", never}},
		{"version", []string{"13", "1", "99"}},
		{"number", []string{"7", "1", "9999"}},
		{"run", []string{"{work}", never}},
		{"ags", []string{string(here), string(there)}},
		{"subject", []string{mediator, declining, facilitator2, manager}},
		{"cohort", ids[:1]},
		{"enrolment", ids[:1]},
		{"difference", ids},
		{"erasure", []string{"{work erasure}", never}},
		{"grant", ids[:1]},
		{"proposal", ids[:1]},
		{"notification", ids[:1]},
		{"absence", ids[:1]},
		{"substitution", ids[:1]},
		{"curriculum", []string{"koko"}},
		{"code", []string{"K-0000"}},
		{"thumbprint", []string{"x"}},
	} {
		if !strings.Contains(template, "{"+p.name+"}") {
			continue
		}
		var filled []string
		for i, path := range all {
			for j, v := range p.values {
				if i == 0 || j == 0 {
					filled = append(filled, strings.ReplaceAll(path, "{"+p.name+"}", v))
				}
			}
		}
		all = filled
	}
	return all
}

// values are those that a parameter is tried with.
func values(template, name string, s schema) (all []string) {
	if name == "reason" { // of reading, which is recorded: one of them
		return []string{"datenschutz"}
	}
	if s.Items != nil {
		s.Enum = append(s.Enum, s.Items.Enum...)
	}
	for _, v := range s.Enum {
		all = append(all, fmt.Sprint(v))
	}
	if name == "form" || 0 < len(all) && len(all) < 4 {
		return all
	}
	if all != nil { // of the many phases, acts and kinds, some
		return all[:4]
	}
	switch name {
	case "cursor", "limit":
		return nil // pages are asked for
	case "text":
		return []string{wordOfCase, wordOfSession, "A-"}
	case "at", "until", "to", "from", "date", "version":
		switch {
		case slices.Contains(s.Type, "integer"):
			return []string{"1", "20"}
		case strings.HasSuffix(template, "/compare"):
			return []string{map[string]string{"from": "2", "to": "9"}[name]}
		}
		return []string{twinsBegin.AddDate(0, 0, 60).Format(time.RFC3339), twinsBegin.AddDate(0, 0, 109).Format(time.RFC3339)}
	case "person", "actor", "assignee", "subject", "adviser", "external_adviser", "requester", "trainee", "holder":
		return []string{mediator, declining, manager, "me"}
	case "file", "case", "attends":
		return []string{"{work}", "{case}", never}
	case "ags":
		return []string{string(here), string(there)}
	case "action":
		return []string{"read_work", "work_accepted", "hand_to_work", "choose_form"}
	case "role":
		return []string{"mediator"}
	}
	if slices.Contains(s.Type, "boolean") {
		return []string{"true", "false"}
	}
	return []string{"1"}
}

// writes are all questions of an operation that may change something, with its example from the document or, for
// commands on cases and working files, with what scripts have.
func writes(call string, op openOperation, bodies map[string]object) (all []question) {
	method, template, _ := strings.Cut(call, " ")
	for i, path := range paths(template) {
		q := question{operation: call, method: method, path: path, kind: "application/json", choice: i > 0}
		for name, on := range map[string]string{"/{case}": "case", "/{work}": "work"} {
			if strings.Contains(path, name) {
				q.on = on
			}
		}
		if q.on == "" {
			q.headers = []string{"If-Match", tag(1)}
		}
		if strings.HasSuffix(path, "/sealed") {
			q.path += "?reason=datenschutz"
		}
		if op.RequestBody != nil {
			q.body = "{}"
			for kind, m := range op.RequestBody.Content {
				q.kind = kind
				if m.Example != nil {
					b, _ := json.Marshal(m.Example)
					q.body = string(b)
				}
			}
			parts := strings.Split(path, "/")
			if body := bodies[parts[len(parts)-1]]; body != nil {
				b, _ := json.Marshal(body)
				q.body = string(b)
			}
		}
		all = append(all, q)
		if strings.HasSuffix(path, "/authorization/explain") {
			all = append(all, explaining(q)...)
		}
	}
	return all
}

// explaining are the questions why somebody may do something with the case and with its working file.
func explaining(q question) (all []question) {
	for _, act := range []string{"read_case", "read_work"} {
		for _, who := range []string{"", mediator, declining} {
			for kind, id := range map[string]string{"case": "{case}", "work": "{work}"} {
				body := object{"act": act, "file": object{"kind": kind, "id": id}}
				if who != "" {
					body["subject"] = who
				}
				b, _ := json.Marshal(body)
				q.body, q.choice = string(b), true
				all = append(all, q)
			}
		}
	}
	slices.SortFunc(all, func(a, b question) int { return strings.Compare(a.body, b.body) })
	return all
}
