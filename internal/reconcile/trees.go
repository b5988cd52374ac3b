package reconcile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"koko/activities"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/process"
	"koko/domain/training"
)

// leafDiffers is a place where two values differ.
type leafDiffers struct {
	path      string
	is, ought json.RawMessage
}

// most is how many places of one value are told: beyond that it is another value.
const most = 12

// leaves lists where two JSON values differ, whatever the order of their names.
func leaves(is, ought json.RawMessage) (ps []leafDiffers) {
	walk("", decode(is), decode(ought), &ps)
	return ps[:min(len(ps), most)]
}

func decode(raw json.RawMessage) (v any) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return string(raw)
	}
	return v
}

func walk(path string, is, ought any, ps *[]leafDiffers) {
	switch a := is.(type) {
	case map[string]any:
		if b, ok := ought.(map[string]any); ok {
			names := slices.Sorted(maps.Keys(a))
			for name := range b {
				if _, both := a[name]; !both {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			for _, name := range names {
				walk(strings.TrimPrefix(path+"."+name, "."), a[name], b[name], ps)
			}
			return
		}
	case []any:
		if b, ok := ought.([]any); ok && len(a) == len(b) {
			for i := range a {
				walk(fmt.Sprintf("%s[%d]", path, i), a[i], b[i], ps)
			}
			return
		}
	}
	x, y := encode(is), encode(ought)
	if !bytes.Equal(x, y) {
		*ps = append(*ps, leafDiffers{path, x, y})
	}
}

func encode(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

func named(name string, ps []leafDiffers) []leafDiffers {
	for i, p := range ps {
		ps[i].path = strings.TrimSuffix(name+"."+p.path, ".")
	}
	return ps
}

// at is the value at a path as leaves writes it, as JSON.
func at(raw json.RawMessage, path string) json.RawMessage {
	v := decode(raw)
	for name := range strings.SplitSeq(path, ".") {
		name, index, _ := strings.Cut(name, "[")
		if m, ok := v.(map[string]any); ok {
			v = m[name]
		} else {
			return nil
		}
		for part := range strings.SplitSeq(strings.TrimSuffix(index, "]"), "][") {
			i, err := strconv.Atoi(part)
			if err != nil {
				continue
			}
			list, ok := v.([]any)
			if !ok || i >= len(list) {
				return nil
			}
			v = list[i]
		}
	}
	return encode(v)
}

func number(n int) json.RawMessage { return json.RawMessage(strconv.Itoa(n)) }

// normal is a state as its type writes it today.
func normal(k process.Kind, state json.RawMessage) json.RawMessage {
	var v any
	switch k {
	case process.KindEnrolment:
		v = &training.Enrolment{}
	case process.KindCohort:
		v = &training.Cohort{}
	default:
		v = &conflict.Case{}
	}
	if json.Unmarshal(state, v) != nil {
		return nil
	}
	return encode(v)
}

// columns lists which columns of a row are not what follows from a state.
func columns(k process.Kind, row map[string]any, state json.RawMessage) (ps []leafDiffers) {
	want, ok := rowOf(k, state)
	if !ok {
		return []leafDiffers{{path: "state"}}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		is, ought := row[name], decode(encode(want[name]))
		if sameTime(is, want[name]) || name == "state" {
			continue
		}
		if name == "team" || name == "cohorts" { // sets
			is, ought = sorted(is), sorted(ought)
		}
		if x, y := encode(is), encode(ought); !bytes.Equal(x, y) {
			ps = append(ps, leafDiffers{name, x, y})
		}
	}
	return ps
}

func sorted(v any) any {
	list, _ := v.([]any)
	texts := []string{}
	for _, x := range list {
		texts = append(texts, fmt.Sprint(x))
	}
	slices.Sort(texts)
	return texts
}

// sameTime compares times as exactly as a column keeps them.
func sameTime(is, ought any) bool {
	var want time.Time
	switch t := ought.(type) {
	case time.Time:
		want = t
	case *time.Time:
		if t == nil {
			return is == nil
		}
		want = *t
	default:
		return false
	}
	text, _ := is.(string)
	got, err := time.Parse(time.RFC3339Nano, text)
	return err == nil && got.Sub(want).Abs() <= time.Microsecond
}

// rowOf is the row that follows from a state.
func rowOf(k process.Kind, state json.RawMessage) (map[string]any, bool) {
	switch k {
	case process.KindEnrolment:
		var e training.Enrolment
		if json.Unmarshal(state, &e) != nil {
			return nil, false
		}
		return enrolmentColumns(activities.EnrolmentRow(e)), true
	case process.KindCohort:
		var c training.Cohort
		if json.Unmarshal(state, &c) != nil {
			return nil, false
		}
		return cohortColumns(activities.CohortRow(c)), true
	default:
		var c conflict.Case
		if json.Unmarshal(state, &c) != nil {
			return nil, false
		}
		return caseColumns(activities.CaseRow(c)), true
	}
}

func caseColumns(p db.SaveCaseParams) map[string]any {
	return map[string]any{
		"id": p.ID, "ags": p.AGS, "reference": p.Reference, "phase": p.Phase, "urgency": p.Urgency, "stage": p.Stage, "assignee": p.Assignee,
		"reporter": p.Reporter, "team": p.Team, "due_at": p.DueAt, "opened": p.Opened, "changed": p.Changed, "version": p.Version,
	}
}

func enrolmentColumns(p db.SaveEnrolmentParams) map[string]any {
	return map[string]any{
		"id": p.ID, "ags": p.AGS, "reference": p.Reference, "phase": p.Phase, "trainee": p.Trainee, "superior": p.Superior, "cohort": p.Cohort,
		"cohorts": p.Cohorts, "assessors": p.Assessors, "curriculum": p.Curriculum, "curriculum_version": p.CurriculumVersion,
		"paused": p.Paused, "due_at": p.DueAt, "opened": p.Opened, "changed": p.Changed, "version": p.Version,
	}
}

func cohortColumns(p db.SaveCohortParams) map[string]any {
	return map[string]any{
		"id": p.ID, "ags": p.AGS, "stage": p.Stage, "curriculum": p.Curriculum, "curriculum_version": p.CurriculumVersion, "offered": p.Offered,
		"trainers": p.Trainers, "assessors": p.Assessors, "closes": p.Closes, "begins": p.Begins, "ends": p.Ends, "free": p.Free,
		"due_at": p.DueAt, "opened": p.Opened, "changed": p.Changed, "version": p.Version,
	}
}

// identity is where a file lies, and what people call it.
type identity struct {
	ags       ags.Key
	reference string
}

func about(e Evidence) identity {
	state := json.RawMessage(nil)
	if n := len(e.Entries); n > 0 {
		state = e.Entries[n-1].State
	}
	if e.History != nil && len(e.History.Transitions) > 0 {
		state = e.History.Transitions[len(e.History.Transitions)-1].Raw
	}
	if state == nil && e.Row != nil {
		state = encode(e.Row["state"])
	}
	row, ok := rowOf(e.Kind, state)
	if !ok {
		return identity{}
	}
	reference, _ := row["reference"].(string)
	key, _ := row["ags"].(ags.Key)
	return identity{key, reference}
}
