package guard_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/stretchr/testify/require"

	"koko/api/guard"
)

// asIs shows errors as they are.
type asIs struct{}

func (asIs) Problem(_ context.Context, err error) error {
	return huma.Error422UnprocessableEntity(err.Error())
}

// TestABodyIsHeldToItsLimitsWithoutItsSchema: the schema is not asked here.
func TestABodyIsHeldToItsLimitsWithoutItsSchema(t *testing.T) {
	t.Parallel()
	type input struct {
		Body struct {
			Name  string   `json:"name" minLength:"2" maxLength:"3"`
			Area  []string `json:"area" minItems:"1" maxItems:"2" pattern:"^[0-9]+$"`
			Count int      `json:"count,omitempty" minimum:"1" maximum:"9"`
		}
	}
	mux := http.NewServeMux()
	op := huma.Operation{OperationID: "try", Method: http.MethodPost, Path: "/", SkipValidateBody: true}
	guard.Register(asIs{}, humago.New(mux, huma.DefaultConfig("t", "1")), op, func(context.Context, *input) (*struct{}, error) { return nil, nil })
	for body, status := range map[string]int{
		`{"name":"abc","area":["1"]}`:               http.StatusNoContent,
		`{"name":"äöü","area":["1","2"],"count":9}`: http.StatusNoContent,
		`{"name":"abcd","area":["1"]}`:              http.StatusUnprocessableEntity,
		`{"name":"a","area":["1"]}`:                 http.StatusUnprocessableEntity,
		`{"name":"abc","area":[]}`:                  http.StatusUnprocessableEntity,
		`{"name":"abc","area":["1","2","3"]}`:       http.StatusUnprocessableEntity,
		`{"name":"abc","area":["x"]}`:               http.StatusUnprocessableEntity,
		`{"name":"abc","area":["1"],"count":10}`:    http.StatusUnprocessableEntity,
		`{"name":"abc","area":["1"],"count":-1}`:    http.StatusUnprocessableEntity,
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		require.Equal(t, status, w.Code, "%s: %s", body, w.Body)
	}
}
