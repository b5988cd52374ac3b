package files

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/domain/ags"
	"koko/domain/calendar"
	"koko/domain/file"
)

// today is the calendar that a file of a municipality would begin with now.
func (s *Server) today(k ags.Key) calendar.Calendar {
	c := calendar.New(k, s.Now(), s.WorkdayEnds)
	c.Rungs = s.Rungs
	return c
}

// fresh is a file that is not there yet: its working days end, and people are told, as it is configured.
func (f *Kind) fresh(id string, k ags.Key) file.State {
	return f.Def.Redated(f.Def.Fresh(id, k), calendar.Calendar{Closes: f.WorkdayEnds, Rungs: f.Rungs})
}

// dated fills in the calendar of today where a command asks for it.
func (s *Server) dated(cmd file.Command, k ags.Key) file.Command {
	if m, ok := cmd.(file.Move); ok {
		return m.On(s.today(k))
	}
	return cmd
}

func (f *Kind) registerCalendar(api huma.API) {
	if f.Def.Moves() == "" {
		return
	}
	guard.Register(f.Server, api, f.operation("preview-"+string(f.Def.Kind)+"-calendar", http.MethodGet, "/{id}/calendar", f.Tag(),
		"Read which dates would move with the calendar of today",
		"The calendar that the "+string(f.Def.Kind)+" is dated with, the one that new files have, each deadline that would be another day, and who would be told of one at another time. Nothing changes; `"+kebab(f.Def.Moves())+"` does it.",
		wire.Statuses(403, 404)...), f.previewCalendar)
}

// CalendarPreview says what move-calendar would do.
type CalendarPreview struct {
	Calendar calendar.Calendar `json:"calendar" doc:"What the file is dated with"`
	Today    calendar.Calendar `json:"today" doc:"What a file that began now would be dated with"`
	Moves    []DeadlineMove    `json:"moves" nullable:"false" doc:"The deadlines that would be another time; empty if none would"`
	Calls    []CallMove        `json:"calls" nullable:"false" doc:"Who would be told of a deadline at another time; empty if nobody would"`
}

// CallMove is a notice of a deadline that would come at another time.
type CallMove struct {
	Notice string     `json:"notice" doc:"The notice" example:"eve.clearing"`
	Roles  []string   `json:"roles,omitempty" nullable:"false" doc:"Whom it tells: those who hold one of these roles"`
	People []string   `json:"people,omitempty" nullable:"false" doc:"Or these people, by subject"`
	At     *time.Time `json:"at,omitempty" doc:"When they are told; left out if they are not"`
	Would  *time.Time `json:"would,omitempty" doc:"When they would be told; left out if they would not"`
}

// DeadlineMove is a deadline that would move.
type DeadlineMove struct {
	Kind    string          `json:"kind" doc:"What is expected" example:"clearing"`
	Due     time.Time       `json:"due" doc:"By when it is expected"`
	Would   time.Time       `json:"would" doc:"By when it would be"`
	Because []calendar.Step `json:"because" nullable:"false" doc:"How the new time follows from the event"`
}

type calendarOutput struct{ Body CalendarPreview }

func (f *Kind) previewCalendar(ctx context.Context, in *wire.Ref) (*calendarOutput, error) {
	_, at, err := f.Open(ctx, in.ID, string(f.Def.Moves()))
	if err != nil {
		return nil, err
	}
	h := at.State.Head()
	out := &calendarOutput{Body: CalendarPreview{Calendar: h.Calendar, Today: f.today(h.AGS), Moves: []DeadlineMove{}, Calls: []CallMove{}}}
	moved := f.Def.Redated(at.State, out.Body.Today)
	then := moved.Deadlines()
	for _, d := range at.State.Deadlines() {
		i := slices.IndexFunc(then, func(o file.Deadline) bool { return o.Kind == d.Kind && o.Event.Equal(d.Event) && o.Rule == d.Rule })
		if i >= 0 && !then[i].Due.Equal(d.Due) {
			out.Body.Moves = append(out.Body.Moves, DeadlineMove{d.Kind, d.Due, then[i].Due, moved.Head().Because(then[i])})
		}
	}
	out.Body.Calls = f.callMoves(at.State, moved)
	return out, nil
}

// callMoves lists the calls of a state that would come at another time, or would not or newly come, in another one.
func (f *Kind) callMoves(now, moved file.State) []CallMove {
	is, would := f.Def.Calls(now), f.Def.Calls(moved)
	moves := []CallMove{}
	add := func(s file.State, c file.Call, at, would *time.Time) {
		n := f.Def.Notice(s, c)
		moves = append(moves, CallMove{n.Kind, n.Roles, append(n.People, n.InPlaceOf...), at, would})
	}
	for _, c := range is {
		switch i := slices.IndexFunc(would, c.Same); {
		case i < 0:
			add(now, c, &c.At, nil)
		case !would[i].At.Equal(c.At):
			add(moved, would[i], &c.At, &would[i].At)
		}
	}
	for _, c := range would {
		if !slices.ContainsFunc(is, c.Same) {
			add(moved, c, nil, &c.At)
		}
	}
	return moves
}
