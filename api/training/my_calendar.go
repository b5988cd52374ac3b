package training

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	civil "koko/domain/calendar"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
	"koko/internal/auth"
	"koko/internal/calendar"
)

func (s *Server) registerMyCalendar(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "get-my-calendar", Method: http.MethodGet, Path: "/me/calendar",
		Summary: "Read whether there is a feed of your dates", Description: "Its address is not shown again: whoever has it can read your dates.",
		Tags: []string{"Access"}, Errors: wire.Statuses(),
	}, s.getMyCalendar)
	guard.Register(s, api, huma.Operation{
		OperationID: "open-my-calendar", Method: http.MethodPost, Path: "/me/calendar",
		Summary: "Open a feed of your dates for your calendar",
		Description: "The answer shows the secret address once; an earlier feed is closed. The feed holds the dates that you attend, teach or assess and " +
			"the deadlines of your own enrolments, as your rights are when the calendar asks. It names nobody else.",
		Tags: []string{"Access"}, Errors: wire.Statuses(),
	}, s.openMyCalendar)
	guard.Register(s, api, huma.Operation{
		OperationID: "close-my-calendar", Method: http.MethodDelete, Path: "/me/calendar",
		Summary: "Close the feed of your dates", Description: "Its address leads nowhere from now on.",
		Tags: []string{"Access"}, Errors: wire.Statuses(),
	}, s.closeMyCalendar)
}

// RegisterCalendarFeed adds the feeds. Calendars ask without a login: the address is the secret.
func (s *Server) RegisterCalendarFeed(mux *http.ServeMux) {
	mux.HandleFunc("GET /calendar/{feed}", s.calendarFeed)
}

// MyCalendar says whether there is a feed.
type MyCalendar struct {
	Open    bool       `json:"open" doc:"Whether there is a feed"`
	Created *time.Time `json:"created,omitempty" doc:"When it was opened"`
	URL     string     `json:"url,omitempty" doc:"The secret address to subscribe to, shown once" example:"https://koko.example.org/calendar/….ics"`
}

type myCalendarOutput struct{ Body MyCalendar }

func (s *Server) getMyCalendar(ctx context.Context, _ *struct{}) (*myCalendarOutput, error) {
	caller, err := s.Principal(ctx)
	if err != nil {
		return nil, err
	}
	created, err := db.As(s.Pool, caller.Subject, nil).GetCalendarFeed(ctx, caller.Subject)
	if errors.Is(err, pgx.ErrNoRows) {
		return &myCalendarOutput{}, nil
	}
	return &myCalendarOutput{Body: MyCalendar{Open: true, Created: &created}}, err
}

func (s *Server) openMyCalendar(ctx context.Context, _ *struct{}) (*myCalendarOutput, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	token := base64.RawURLEncoding.EncodeToString(secret)
	out := &myCalendarOutput{Body: MyCalendar{Open: true, URL: s.publicURL() + "/calendar/" + token + ".ics"}}
	err := s.changeMyCalendar(ctx, func(q *db.Queries, me string) error {
		if err := q.AddCalendarFeed(ctx, db.AddCalendarFeedParams{TokenHash: tokenHash(token), Subject: me}); err != nil {
			return err
		}
		created, err := q.GetCalendarFeed(ctx, me)
		out.Body.Created = &created
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Server) closeMyCalendar(ctx context.Context, _ *struct{}) (*myCalendarOutput, error) {
	if err := s.changeMyCalendar(ctx, func(*db.Queries, string) error { return nil }); err != nil {
		return nil, err
	}
	return &myCalendarOutput{}, nil
}

// changeMyCalendar closes every feed of the caller before it changes anything else.
func (s *Server) changeMyCalendar(ctx context.Context, change func(q *db.Queries, me string) error) error {
	caller, err := s.Principal(ctx)
	if err != nil {
		return err
	}
	return db.Within(ctx, s.Pool, caller.Subject, nil, func(q *db.Queries) error {
		if _, err := q.RevokeCalendarFeeds(ctx, db.RevokeCalendarFeedsParams{At: s.Now(), Subject: caller.Subject}); err != nil {
			return err
		}
		return change(q, caller.Subject)
	})
}

// publicURL returns the address at which KoKo is reached; without it, addresses are paths.
func (s *Server) publicURL() string {
	if s.Certifier == nil {
		return ""
	}
	return strings.TrimSuffix(s.Certifier.URL, "/")
}

// tokenHash returns what the record keeps of a token. A token has 256 random bits, so that a plain
// hash cannot be reversed, and the time of a look-up reveals nothing.
func tokenHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func (s *Server) calendarFeed(w http.ResponseWriter, r *http.Request) {
	feed, err := s.feed(r.Context(), r.PathValue("feed"))
	if err != nil {
		p, _ := errors.AsType[*wire.Problem](s.Problem(r.Context(), err))
		wire.Write(w, r, p)
		return
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `inline; filename="koko.ics"`)
	_, _ = w.Write(feed) // a calendar that is gone asks again
}

func (s *Server) feed(ctx context.Context, name string) ([]byte, error) {
	token, ok := strings.CutSuffix(name, ".ics")
	subject := ""
	err := error(pgx.ErrNoRows)
	if ok {
		subject, err = db.As(s.Pool, "", nil).CalendarSubject(ctx, tokenHash(token))
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, wire.NewProblem("not-found", "there is no such calendar").By("calendar", "open a new feed in KoKo: the old one may be closed")
	}
	if err != nil {
		return nil, err
	}
	caller, err := s.Granted(ctx, auth.Identity{Subject: subject})
	if err != nil {
		return nil, err
	}
	events, err := s.datesOf(ctx, caller)
	if err != nil {
		return nil, err
	}
	due, err := s.deadlinesOf(ctx, caller)
	return calendar.Feed("KoKo", append(events, due...), s.Now()), err
}

const (
	calendarBack = 180 // days that a feed looks back
	mostCohorts  = 100 // in a feed
)

// datesOf returns the dates that somebody attends, teaches or assesses.
func (s *Server) datesOf(ctx context.Context, caller guard.Principal) ([]calendar.Event, error) {
	e, c := s.Scope(caller, enrolment.ReadEnrolment), s.Scope(caller, cohort.ReadParticipants)
	area := e.Municipalities().Merge(c.Municipalities())
	rows, err := db.As(s.Pool, caller.Subject, area).ListCalendar(ctx, caller.Subject, e, c, s.Now().AddDate(0, 0, -calendarBack), mostCohorts)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.State.ID)
	}
	titles, err := s.cohorts().Titles(ctx, caller, ids)
	if err != nil {
		return nil, err
	}
	var events []calendar.Event
	for _, r := range rows {
		words, err := s.cohortWords(ctx, caller, r.State)
		if err != nil {
			return nil, err
		}
		modules, err := s.moduleTitles(ctx, r.State.Terms)
		if err != nil {
			return nil, err
		}
		for _, d := range r.State.Dates {
			if r.Teaches || r.Assesses || attendsOne(r.State, r.Enrolments, d.Unit) {
				events = append(events, dateEvent(r.State, d, titles[r.State.ID], modules[d.Unit], words))
			}
		}
	}
	return events, nil
}

func attendsOne(c cohort.Cohort, enrolments []string, unit string) bool {
	for _, id := range enrolments {
		if c.Attends(id, unit) {
			return true
		}
	}
	return false
}

// moduleTitles returns the titles of the modules of a curriculum, by their ids.
func (s *Server) moduleTitles(ctx context.Context, t curriculum.Terms) (map[string]string, error) {
	c, err := s.Curriculum(ctx, t.Curriculum, t.Version)
	titles := map[string]string{}
	for _, m := range c.Modules {
		titles[m.ID] = m.Title
	}
	return titles, err
}

func dateEvent(c cohort.Cohort, d cohort.CourseDate, title, module string, words cohortAdornment) calendar.Event {
	e := calendar.Event{
		UID: d.ID + "." + c.ID + "@koko", Begin: d.Begins, End: d.Ends, Summary: module, Description: title,
		Location: words.Venues[d.ID], Cancelled: d.Cancelled != "", Sequence: d.Moved, Changed: c.Changed,
	}
	if e.Location == "" && d.Online {
		e.Location = "Online"
	}
	if e.Cancelled {
		e.Sequence++
	}
	return e
}

// deadlinesOf returns the deadlines of somebody's own enrolments. Their sequence number is the
// version: a deadline moves only with a decision.
func (s *Server) deadlinesOf(ctx context.Context, caller guard.Principal) ([]calendar.Event, error) {
	f := s.enrolments()
	own := tied(s.Scope(caller, enrolment.ReadEnrolment), training.Trainee)
	var events []calendar.Event
	err := s.Within(ctx, own, func(q *db.Queries) error {
		mine := file.Tie{Relation: training.Trainee, Holder: caller.Subject}
		filter := db.FileFilter{Kind: f.Def.Kind, Tie: mine.String(), Now: s.Now()}
		rows, err := q.ListFiles(ctx, own, filter, db.SortDue, nil, mostCohorts)
		if err != nil {
			return err
		}
		var ids []string
		for _, r := range rows {
			ids = append(ids, r.ID)
		}
		states, err := q.ListStates(ctx, own, f.Def.Kind, ids)
		if err != nil {
			return err
		}
		for _, raw := range states {
			var e enrolment.Enrolment
			if err := json.Unmarshal(raw.State, &e); err != nil {
				return fmt.Errorf("state of enrolment %s: %w", raw.ID, err)
			}
			times := map[string]int{}
			for _, d := range e.Deadlines() {
				times[d.Kind]++
				due := d.Due.In(civil.Berlin)
				events = append(events, calendar.Event{
					UID: fmt.Sprintf("%s-%d.%s@koko", d.Kind, times[d.Kind], e.ID), Begin: due, End: due, AllDay: true,
					Summary: f.Def.Vocabulary.Deadlines[d.Kind].Entry.DE, Description: e.Reference(), Sequence: e.Version, Changed: e.Changed,
				})
			}
		}
		return nil
	})
	return events, err
}
