package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"koko/domain/conflict"
	"koko/internal/demo"
)

const (
	musterhausen = "05999001"
	neuwerden    = "05999002"
)

// ofPlace are the demo users of a place.
func ofPlace(place string) []demo.User {
	return slices.DeleteFunc(demo.Users(), func(u demo.User) bool { return !strings.HasSuffix(u.Login, "."+place) })
}

func TestAnotherMunicipalitySeesNothing(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	var foreign casePage // what neuwerden has no business with
	for _, c := range demoCases(t, s).Items {
		if c.AGS != neuwerden {
			foreign.Items = append(foreign.Items, c)
		}
	}
	require.Len(t, foreign.Items, 8)
	victim := foreign.Items[slices.IndexFunc(foreign.Items, func(c casePageItem) bool { return c.Reference == "KM-2025-004" })]
	var documents documentPage
	s.get(t, "conflict_manager.musterhausen", casesPath+"/"+victim.ID+"/documents", &documents)
	require.NotEmpty(t, documents.Items)

	for _, u := range ofPlace("neuwerden") {
		for query, expects := range map[string]int{"": 2, "&text=Protest+Moscheeneubau": 1, "&text=Kleingartenparzellen": 0, "&text=KM-2025-004": 0, "&ags=" + musterhausen: 0} {
			var page casePage
			s.get(t, u.Login, casesPath+"?limit=100"+query, &page)
			for _, c := range page.Items {
				require.Equal(t, neuwerden, c.AGS, "%s%s", u.Login, query)
			}
			require.Len(t, page.Items, page.Counts.Total, "%s%s: counts tell no more than the list", u.Login, query)
			sum := 0
			for _, n := range page.Counts.By["phase"] {
				sum += n
			}
			require.Equal(t, page.Counts.Total, sum)
			if u.Role == "conflict_manager" {
				require.Len(t, page.Items, expects, "%s: the own ones are found", query)
			}
		}
		for _, c := range foreign.Items {
			for _, path := range []string{"", "/history", "/documents", "/documents/" + documents.Items[0].ID, "/documents/" + documents.Items[0].ID + "/content"} {
				require.Equal(t, http.StatusNotFound, s.status(t, u.Login, casesPath+"/"+c.ID+path), "%s: %s%s", u.Login, c.Reference, path)
			}
		}
	}
}

func TestAForeignAttemptIsEvidence(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	var own casePage
	s.get(t, "supervisor.musterhausen", casesPath, &own)
	path := casesPath + "/" + own.Items[0].ID
	require.Equal(t, http.StatusNotFound, s.status(t, "supervisor.neuwerden", path))

	require.Eventually(t, func() bool { // nobody waits until it is recorded
		var history historyPage
		s.get(t, "supervisor.musterhausen", path+"/history?limit=200", &history)
		return slices.ContainsFunc(history.Items, func(h historyItem) bool {
			return h.Kind == "refusal" && h.Actor == subject("supervisor.neuwerden") && h.Rule == "scope"
		})
	}, time.Minute, 50*time.Millisecond, "the supervisor of the case reads who tried")
}

func TestEveryOperationRefusesStrangers(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	ops := describedOperations(t, s)
	require.Greater(t, len(ops), 25)
	var public []string
	for _, op := range ops {
		if op.public {
			public = append(public, op.id)
			continue
		}
		r, err := s.send(request{method: op.method, path: op.path(nil), key: uuid.NewString(), seen: `"1"`, body: op.sample})
		require.NoError(t, err)
		require.Equal(t, http.StatusUnauthorized, r.status, "%s: %s", op.id, r.body)
		require.NotEmpty(t, r.header.Get("WWW-Authenticate"), op.id)

		r, err = s.send(request{method: op.method, path: op.path(nil), body: map[string]any{"nonsense": true}})
		require.NoError(t, err)
		require.Equal(t, http.StatusUnauthorized, r.status, "%s: a stranger does not learn what is wrong with a request", op.id)
	}
	require.Subset(t, []string{"check-certificate", "verify-credential", "get-jwks", "get-jwk", "get-status-list", "get-calendar-feed", "get-ledger-keys", "get-checkpoint", "get-consistency"}, public,
		"whoever is shown a certificate may ask")
}

func TestNoOperationShowsACaseToAForeignTenant(t *testing.T) {
	t.Parallel()
	s := demoStack(t)
	var own casePage
	s.get(t, "supervisor.musterhausen", casesPath, &own)
	victim := own.Items[0].ID
	before := s.get(t, "conflict_manager.musterhausen", casesPath+"/"+victim, nil)

	tried := 0
	for _, op := range describedOperations(t, s) {
		if !strings.HasPrefix(op.pattern, casesPath+"/{id}") {
			continue
		}
		tried++
		for _, login := range []string{"conflict_manager.neuwerden", "supervisor.neuwerden", "clearing.neuwerden"} {
			r, err := s.send(request{
				login: login, method: op.method, path: op.path(map[string]string{"id": victim}), key: uuid.NewString(), seen: before.etag(), body: op.sample,
			})
			require.NoError(t, err)
			require.Equal(t, http.StatusNotFound, r.status, "%s as %s: %s", op.id, login, r.body)
		}
	}
	require.Greater(t, tried, len(kindOf(conflict.Kind).Commands()), "every command, and the ways to read")
	after := s.get(t, "conflict_manager.musterhausen", casesPath+"/"+victim, nil)
	require.Equal(t, before.etag(), after.etag())
}

// An operation is one that the OpenAPI document describes, with a body that it accepts.
type operation struct {
	public              bool // without a login
	id, method, pattern string
	numbers             map[string]string // parameters of the path that are no ids
	query               url.Values        // what it cannot do without
	sample              any
}

// path fills in the parameters; those that are not given are ids of nothing.
func (o operation) path(given map[string]string) string {
	p := o.pattern
	for name, value := range given {
		p = strings.ReplaceAll(p, "{"+name+"}", value)
	}
	for name, value := range o.numbers {
		p = strings.ReplaceAll(p, "{"+name+"}", value)
	}
	p = strings.ReplaceAll(p, "{ags}", musterhausen)
	for strings.Contains(p, "{") {
		from, to := strings.Index(p, "{"), strings.Index(p, "}")
		p = p[:from] + uuid.NewString() + p[to+1:]
	}
	if len(o.query) > 0 {
		p += "?" + o.query.Encode()
	}
	return p
}

// A schema is as much of JSON Schema as it takes to make a body.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"`
	Format     string             `json:"format"`
	Enum       []any              `json:"enum"`
	Examples   []any              `json:"examples"`
	Minimum    *float64           `json:"minimum"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Items      *schema            `json:"items"`
}

type openAPI struct {
	Paths map[string]map[string]struct {
		ID         string                 `json:"operationId"`
		Security   *[]map[string][]string `json:"security"` // nil: as everywhere
		Parameters []struct {
			Name     string  `json:"name"`
			In       string  `json:"in"`
			Required bool    `json:"required"`
			Schema   *schema `json:"schema"`
		} `json:"parameters"`
		Body struct {
			Content map[string]struct {
				Schema *schema `json:"schema"`
			} `json:"content"`
		} `json:"requestBody"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

// describedOperations are all that the OpenAPI document describes.
func describedOperations(t *testing.T, s *stack) []operation {
	t.Helper()
	var doc openAPI
	s.get(t, "", "/api/openapi.json", &doc)
	var ops []operation
	for pattern, methods := range doc.Paths {
		for method, op := range methods {
			o := operation{id: op.ID, method: strings.ToUpper(method), pattern: pattern, numbers: map[string]string{}, query: url.Values{}}
			for _, p := range op.Parameters {
				switch {
				case p.In == "query" && p.Required:
					o.query.Set(p.Name, fmt.Sprint(doc.sample(p.Schema)))
				case p.In == "path" && p.Schema.Type == "integer":
					o.numbers[p.Name] = "1"
				}
			}
			o.public = op.Security != nil && len(*op.Security) == 1 && len((*op.Security)[0]) == 0
			if body, ok := op.Body.Content["application/json"]; ok {
				o.sample = doc.sample(body.Schema)
			}
			ops = append(ops, o)
		}
	}
	return ops
}

// sample makes the smallest value that a schema accepts.
func (d openAPI) sample(s *schema) any {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.sample(d.Components.Schemas[name])
	}
	if len(s.Examples) > 0 {
		return s.Examples[0]
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	switch kind := fmt.Sprint(s.Type); {
	case strings.Contains(kind, "object"):
		o := map[string]any{}
		for _, name := range s.Required {
			o[name] = d.sample(s.Properties[name])
		}
		return o
	case strings.Contains(kind, "array"):
		return []any{d.sample(s.Items)}
	case strings.Contains(kind, "integer"), strings.Contains(kind, "number"):
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 3
	case strings.Contains(kind, "boolean"):
		return true
	default:
		return d.text(s)
	}
}

func (openAPI) text(s *schema) string {
	switch s.Format {
	case "date":
		return "2025-04-02"
	case "date-time":
		return "2025-04-02T09:00:00Z"
	case "uuid":
		return uuid.NewString()
	default:
		return "sample00"
	}
}
