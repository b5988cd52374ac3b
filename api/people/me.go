package people

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/guard"
	"koko/api/wire"
	"koko/domain/ags"
)

func (s *Server) registerMe(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "get-me", Method: http.MethodGet, Path: "/me",
		Summary: "Read who you are and what was granted to you", Tags: []string{"Access"}, Errors: wire.Statuses(),
	}, s.me)
}

// Me is the caller.
type Me struct {
	Subject string    `json:"subject" doc:"Your id at the OpenID provider"`
	Name    string    `json:"name" doc:"As the OpenID provider says it" example:"Nadia El-Tarifi"`
	Grants  []MyGrant `json:"grants" nullable:"false" doc:"Grants in force"`
}

// MyGrant is one of the caller's grants.
type MyGrant struct {
	ID   string        `json:"id" format:"uuid" doc:"Id of the grant"`
	Role wire.RoleName `json:"role" doc:"The granted role"`
	Area ags.Area      `json:"area" nullable:"false" doc:"The municipalities, one by one"`

	InsteadOf string `json:"instead_of,omitempty" doc:"Subject of the person whom you substitute: the grant is theirs"`
}

type meOutput struct{ Body Me }

func (s *Server) me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	caller, err := s.Principal(ctx)
	if err != nil {
		return nil, err
	}
	out := &meOutput{Body: Me{Subject: caller.Subject, Name: caller.Name, Grants: []MyGrant{}}}
	for _, g := range caller.Grants {
		out.Body.Grants = append(out.Body.Grants, MyGrant{g.ID, wire.RoleName(g.Role), g.Area, g.InsteadOf})
	}
	return out, nil
}
