package people

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/internal/story"
)

func (s *Server) registerNotifications(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-notifications", Method: http.MethodGet, Path: "/notifications",
		Summary:     "List your notifications",
		Description: "The latest first, and how many you have not read. The sentences name nobody: what they are about is read where `link` leads.",
		Tags:        []string{"Notifications"}, Errors: wire.Statuses(),
	}, s.listNotifications)
	guard.Register(s, api, huma.Operation{
		OperationID: "read-notification", Method: http.MethodPost, Path: "/notifications/{notification}/read",
		Summary: "Mark a notification as read", Description: "If it was marked before, the first time is kept.",
		Tags: []string{"Notifications"}, Errors: wire.Statuses(404),
	}, s.readNotification)
	guard.Register(s, api, huma.Operation{
		OperationID: "read-all-notifications", Method: http.MethodPost, Path: "/notifications/read-all",
		Summary: "Mark all your notifications as read", Tags: []string{"Notifications"}, Errors: wire.Statuses(),
	}, s.readAllNotifications)
}

// Notification is one thing that somebody was notified of.
type Notification struct {
	ID      string        `json:"id" format:"uuid" doc:"Id of the notification"`
	Kind    string        `json:"kind" doc:"What happened, in a word" example:"seat_offered"`
	German  string        `json:"de" doc:"What happened, in German" example:"Sie haben einen Platz."`
	English string        `json:"en" doc:"What happened, in English" example:"You have a seat."`
	File    wire.KindName `json:"file" doc:"What kind of file it is about"`
	FileID  string        `json:"file_id" format:"uuid" doc:"Id of the file"`
	Link    string        `json:"link" doc:"Path of the file" example:"/api/v1/enrolments/3f1d7c1e-6a55-5a43-8f0e-0c5b7c0d9d11"`
	At      time.Time     `json:"at" doc:"When it happened"`
	ReadAt  *time.Time    `json:"read_at,omitempty" doc:"When you marked it as read; left out until then"`
}

type listNotificationsInput struct {
	Unread bool `query:"unread" doc:"Only what you have not read"`
	wire.Continued
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"25" doc:"Notifications on a page at most"`
}

type listNotificationsOutput struct {
	Body struct {
		wire.Page[Notification]
		Unread int `json:"unread" doc:"How many you have not read, on all pages"`
	}
}

func (s *Server) listNotifications(ctx context.Context, in *listNotificationsInput) (*listNotificationsOutput, error) {
	caller, err := s.Principal(ctx)
	if err != nil {
		return nil, err
	}
	before, err := in.After(wire.Cursor{At: wire.Never, ID: wire.ZeroID}, wire.Cursor.Dated)
	if err != nil {
		return nil, err
	}
	out := &listNotificationsOutput{}
	var rows []db.ListNotificationsRow
	if err := db.Within(ctx, s.Pool, caller.Subject, nil, func(q *db.Queries) error {
		unread, err := q.CountUnread(ctx, caller.Subject)
		if err != nil {
			return err
		}
		out.Body.Unread = int(unread)
		rows, err = q.ListNotifications(ctx, db.ListNotificationsParams{
			Recipient: caller.Subject, Unread: in.Unread, BeforeAt: before.At, BeforeID: before.ID, PageSize: int32(in.Limit + 1),
		})
		return err
	}); err != nil {
		return nil, err
	}
	rows, next := wire.Cut(rows, in.Limit, func(last db.ListNotificationsRow) wire.Cursor { return wire.Cursor{At: last.At, ID: last.ID} })
	out.Body.Page = wire.PageOf(rows, next, s.notification)
	return out, nil
}

func (s *Server) notification(r db.ListNotificationsRow) Notification {
	says := story.Told(r.FileKind, r.Kind)
	n := Notification{
		ID: r.ID, Kind: r.Kind, German: says.DE, English: says.EN, File: wire.KindName(r.FileKind), FileID: r.FileID, At: r.At, ReadAt: r.ReadAt,
	}
	if f, ok := s.Of(r.FileKind); ok {
		n.Link = f.Path(r.FileID)
	}
	return n
}

type readNotificationInput struct {
	Notification string `path:"notification" format:"uuid" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" doc:"Id of the notification" example:"5c0c8f56-0a55-5d0e-8f7e-6a3f7d2b9e01"`
}

type unreadOutput struct {
	Body struct {
		Unread int `json:"unread" doc:"How many you have not read"`
	}
}

func (s *Server) readNotification(ctx context.Context, in *readNotificationInput) (*unreadOutput, error) {
	return s.markRead(ctx, func(q *db.Queries, me string) error {
		has, err := q.HasNotification(ctx, db.HasNotificationParams{Recipient: me, ID: in.Notification})
		if err == nil && !has {
			err = wire.NewProblem("not-found", "there is no such notification for you").By("notification", "check the id")
		}
		if err != nil {
			return err
		}
		_, err = q.MarkRead(ctx, db.MarkReadParams{ReadAt: s.Now(), Recipient: me, IDs: []string{in.Notification}})
		return err
	})
}

func (s *Server) readAllNotifications(ctx context.Context, _ *struct{}) (*unreadOutput, error) {
	return s.markRead(ctx, func(q *db.Queries, me string) error {
		now := s.Now()
		_, err := q.MarkAllRead(ctx, db.MarkAllReadParams{ReadAt: now, Recipient: me, Until: now})
		return err
	})
}

// markRead marks notifications of the caller as read, and answers how many are left.
func (s *Server) markRead(ctx context.Context, mark func(q *db.Queries, me string) error) (*unreadOutput, error) {
	caller, err := s.Principal(ctx)
	out := &unreadOutput{}
	if err == nil {
		err = db.Within(ctx, s.Pool, caller.Subject, nil, func(q *db.Queries) error {
			if err := mark(q, caller.Subject); err != nil {
				return err
			}
			unread, err := q.CountUnread(ctx, caller.Subject)
			out.Body.Unread = int(unread)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}
