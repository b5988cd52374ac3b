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
func (s *Server) today(k ags.Key) calendar.Calendar { return calendar.New(k, s.Now(), s.WorkdayEnds) }

// fresh is a file that is not there yet: its working days end as they are configured.
func (f *Kind) fresh(id string, k ags.Key) file.State {
	return f.Def.Redated(f.Def.Fresh(id, k), calendar.Calendar{Closes: f.WorkdayEnds})
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
		"The calendar that the "+string(f.Def.Kind)+" is dated with, the one that new files have, and each deadline that would be another day. Nothing changes; `"+kebab(f.Def.Moves())+"` does it.",
		wire.Statuses(403, 404)...), f.previewCalendar)
}

// CalendarPreview says what move-calendar would do.
type CalendarPreview struct {
	Calendar calendar.Calendar `json:"calendar" doc:"What the file is dated with"`
	Today    calendar.Calendar `json:"today" doc:"What a file that began now would be dated with"`
	Moves    []DeadlineMove    `json:"moves" nullable:"false" doc:"The deadlines that would be another time; empty if none would"`
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
	out := &calendarOutput{Body: CalendarPreview{Calendar: h.Calendar, Today: f.today(h.AGS), Moves: []DeadlineMove{}}}
	moved := f.Def.Redated(at.State, out.Body.Today)
	then := moved.Deadlines()
	for _, d := range at.State.Deadlines() {
		i := slices.IndexFunc(then, func(o file.Deadline) bool { return o.Kind == d.Kind && o.Event.Equal(d.Event) && o.Rule == d.Rule })
		if i >= 0 && !then[i].Due.Equal(d.Due) {
			out.Body.Moves = append(out.Body.Moves, DeadlineMove{d.Kind, d.Due, then[i].Due, moved.Head().Because(then[i])})
		}
	}
	return out, nil
}
