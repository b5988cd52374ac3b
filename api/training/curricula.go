package training

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/fault"
	"koko/domain/file"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
)

// Curricula apply to everybody: whoever is logged in may read them.
func (s *Server) registerCurricula(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-curricula", Method: http.MethodGet, Path: "/curricula",
		Summary: "List every version of every curriculum", Description: "By their ids, the latest version of each first.",
		Tags: []string{"Curricula"}, Errors: wire.Statuses(),
	}, s.listCurricula)
	guard.Register(s, api, huma.Operation{
		OperationID: "get-curriculum", Method: http.MethodGet, Path: "/curricula/{curriculum}",
		Summary: "Read the latest version of a curriculum", Description: "Its ETag is what the next version names in If-Match.",
		Tags: []string{"Curricula"}, Errors: wire.Statuses(404),
	}, s.getLatestCurriculum)
	guard.Register(s, api, huma.Operation{
		OperationID: "get-curriculum-version", Method: http.MethodGet, Path: "/curricula/{curriculum}/{version}",
		Summary: "Read one version of a curriculum", Description: "A published version never changes, and enrolments keep the one that they began with.",
		Tags: []string{"Curricula"}, Errors: wire.Statuses(404),
	}, s.getCurriculumVersion)
	guard.Register(s, api, huma.Operation{
		OperationID: "publish-curriculum", Method: http.MethodPost, Path: "/curricula/{curriculum}/versions", DefaultStatus: http.StatusCreated,
		Summary: "Publish the next version of a curriculum, or the first version of a new one",
		Description: "By the certifier. It applies to cohorts that are planned from now on, and to enrolments that adopt it. " +
			"The access log of the certifier's municipalities shows who published which version.",
		Tags: []string{"Curricula"}, Errors: wire.BodyStatuses(403, 404, 409, 412, 428), MaxBodyBytes: wire.MaxBody,
	}, s.publishCurriculum)
}

// CurriculumRef is embedded in the input of every operation on one curriculum.
type CurriculumRef struct {
	CurriculumID string `path:"curriculum" maxLength:"32" pattern:"^[a-z][a-z0-9-]{1,31}$" doc:"Id of the curriculum" example:"koko"`
}

// CurriculumView is one version of a curriculum.
type CurriculumView struct {
	curriculum.Curriculum
	Published time.Time `json:"published" doc:"When this version was published"`
}

type listCurriculaOutput struct {
	Body struct {
		Items []CurriculumView `json:"items" nullable:"false" doc:"Every version of every curriculum"`
	}
}

func (s *Server) listCurricula(ctx context.Context, _ *struct{}) (*listCurriculaOutput, error) {
	rows, err := db.As(s.Pool, "", nil).ListCurricula(ctx)
	if err != nil {
		return nil, err
	}
	out := &listCurriculaOutput{}
	out.Body.Items = []CurriculumView{}
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, CurriculumView{r.Content, r.Published})
	}
	return out, nil
}

type curriculumOutput struct {
	ETag string `header:"ETag" doc:"Version of the curriculum, for If-Match" example:"\"1\""`
	Body CurriculumView
}

type getLatestCurriculumInput struct{ CurriculumRef }

func (s *Server) getLatestCurriculum(ctx context.Context, in *getLatestCurriculumInput) (*curriculumOutput, error) {
	r, err := db.As(s.Pool, "", nil).GetLatestCurriculum(ctx, in.CurriculumID)
	if err != nil {
		return nil, noCurriculum(err)
	}
	return showCurriculum(r.Content, r.Published), nil
}

type getCurriculumVersionInput struct {
	CurriculumRef
	Version int `path:"version" minimum:"1" maximum:"10000" doc:"The version" example:"1"`
}

func (s *Server) getCurriculumVersion(ctx context.Context, in *getCurriculumVersionInput) (*curriculumOutput, error) {
	r, err := db.As(s.Pool, "", nil).GetCurriculum(ctx, db.GetCurriculumParams{ID: in.CurriculumID, Version: int32(in.Version)})
	if err != nil {
		return nil, noCurriculum(err)
	}
	return showCurriculum(r.Content, r.Published), nil
}

func showCurriculum(c curriculum.Curriculum, published time.Time) *curriculumOutput {
	return &curriculumOutput{ETag: wire.Etag(c.Version), Body: CurriculumView{c, published}}
}

func noCurriculum(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return wire.NewProblem("not-found", "there is no such curriculum, or not in this version").
			By("curriculum", "see /api/v1/curricula for what there is")
	}
	return err
}

// CurriculumContent is what a certifier sends: the id stands in the path, and the version follows.
type CurriculumContent struct{ curriculum.Curriculum }

// TransformSchema removes what clients do not send.
func (CurriculumContent) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	for _, name := range []string{"id", "version"} {
		delete(s.Properties, name)
		s.Required = slices.DeleteFunc(s.Required, func(r string) bool { return r == name })
	}
	return s
}

type publishCurriculumInput struct {
	CurriculumRef
	wire.Key
	IfMatch     string `header:"If-Match" doc:"ETag of the latest version. Without it the answer is 428" example:"\"1\""`
	IfNoneMatch string `header:"If-None-Match" doc:"* in place of If-Match begins a new curriculum with its first version" example:"*"`
	Body        CurriculumContent
}

type publishCurriculumOutput struct {
	Location string `header:"Location" doc:"Path of the new version"`
	ETag     string `header:"ETag" doc:"Version of the curriculum, for If-Match" example:"\"2\""`
	Body     CurriculumView
}

func (s *Server) publishCurriculum(ctx context.Context, in *publishCurriculumInput) (*publishCurriculumOutput, error) {
	got, err := s.publish(ctx, in)
	if err != nil {
		return nil, err
	}
	return &publishCurriculumOutput{
		Location: fmt.Sprintf("/api/v1/curricula/%s/%d", in.CurriculumID, got.Content.Version),
		ETag:     wire.Etag(got.Content.Version), Body: CurriculumView{got.Content, got.Published},
	}, nil
}

// publish adds the version after the one that the caller saw. A repeated request has the same number:
// the same content by the same person is answered again.
func (s *Server) publish(ctx context.Context, in *publishCurriculumInput) (got db.GetCurriculumRow, err error) {
	caller, within, err := s.publishes(ctx)
	if err != nil {
		return got, err
	}
	seen := 0 // there is none yet
	if in.IfMatch != "" || strings.TrimSpace(in.IfNoneMatch) != "*" {
		if seen, err = wire.SeenVersion("curriculum", in.IfMatch); err != nil {
			return got, err
		}
	}
	c := in.Body.Curriculum
	c.ID, c.Version = in.CurriculumID, seen+1
	if err := checkContent(c); err != nil {
		return got, err
	}
	err = db.Within(ctx, s.Pool, caller.Subject, within, func(q *db.Queries) error {
		latest, err := q.GetLatestCurriculum(ctx, c.ID)
		if err != nil && (seen > 0 || !errors.Is(err, pgx.ErrNoRows)) {
			return noCurriculum(err)
		}
		if latest.Content.Version < seen {
			return staleCurriculum(latest.Content.Version, seen)
		}
		added, err := q.AddCurriculum(ctx, db.AddCurriculumParams{ID: c.ID, Version: int32(c.Version), Content: c, PublishedBy: caller.Subject})
		if err != nil {
			return err
		}
		if got, err = q.GetCurriculum(ctx, db.GetCurriculumParams{ID: c.ID, Version: int32(c.Version)}); err != nil {
			return err
		}
		if added > 0 {
			return q.NoteGrant(ctx, enrolment.PublishCurriculum, caller.Subject, fmt.Sprintf("%s/%d", c.ID, c.Version), "certifier", within)
		}
		if got.PublishedBy != caller.Subject || !sameContent(got.Content, c) {
			return staleCurriculum(max(latest.Content.Version, c.Version), seen)
		}
		return nil
	})
	return got, err
}

// publishes returns the municipalities where the caller is a certifier.
func (s *Server) publishes(ctx context.Context) (guard.Principal, ags.Area, error) {
	return s.InArea(ctx, enrolment.PublishCurriculum, "you may not publish curricula")
}

func staleCurriculum(is, seen int) error {
	return fault.Newf(fault.Stale, "the curriculum is at version %d, not %d", is, seen).
		By("version", "read the latest version again and decide on what it says now")
}

// checkContent refuses what nobody could complete, and what the record cannot keep.
func checkContent(c curriculum.Curriculum) error {
	if err := c.Check(); err != nil {
		return err
	}
	if field := controlled(reflect.ValueOf(c), ""); field != "" {
		return file.Invalid(field, "characters", "the text holds a control character", "leave control characters out")
	}
	return nil
}

// controlled returns the path of the first text with a NUL, which no record keeps.
func controlled(v reflect.Value, path string) string {
	switch v.Kind() {
	case reflect.String:
		if strings.Contains(v.String(), "\x00") {
			return path
		}
	case reflect.Slice:
		for i := range v.Len() {
			if f := controlled(v.Index(i), file.Index(path, i)); f != "" {
				return f
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if path != "" {
				name = path + "." + name
			}
			if f := controlled(v.Field(i), name); f != "" {
				return f
			}
		}
	}
	return ""
}

// sameContent compares as the record does: an empty list and none are different there, too.
func sameContent(a, b curriculum.Curriculum) bool {
	one, err := json.Marshal(a)
	if err != nil {
		return false
	}
	other, err := json.Marshal(b)
	return err == nil && string(one) == string(other)
}
