package public

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/work"
)

// The municipalities are public facts: whoever is logged in may read them all.
func (s *Server) registerMunicipalities(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "list-municipalities", Method: http.MethodGet, Path: "/municipalities",
		Summary: "List the municipalities of Nordrhein-Westfalen", Description: "Source: Destatis, Gemeindeverzeichnis GV100AD, 30.11.2023.",
		Tags: []string{"Reference"}, Errors: wire.Statuses(),
	}, s.listMunicipalities)
	guard.Register(s, api, huma.Operation{
		OperationID: "get-municipality", Method: http.MethodGet, Path: "/municipalities/{ags}",
		Summary: "Read one municipality", Tags: []string{"Reference"}, Errors: wire.Statuses(404),
	}, s.getMunicipality)
	guard.Register(s, api, huma.Operation{
		OperationID: "list-integration-centres", Method: http.MethodGet, Path: "/integration-centres",
		Summary: "List the municipal integration centres and the area each serves", Tags: []string{"Reference"}, Errors: wire.Statuses(),
	}, s.listIntegrationCentres)
	guard.Register(s, api, huma.Operation{
		OperationID: "list-interventions", Method: http.MethodGet, Path: "/interventions",
		Summary:     "List the forms of work and the escalation stages each is recommended for",
		Description: "A configured table: a mismatch warns and never blocks.", Tags: []string{"Reference"}, Errors: wire.Statuses(),
	}, s.listInterventions)
}

// Municipality is one municipality.
type Municipality struct {
	AGS          ags.Key `json:"ags" doc:"Amtlicher Gemeindeschlüssel" example:"05999001"`
	Name         string  `json:"name" doc:"Short name"`
	OfficialName string  `json:"official_name" doc:"Name with its type, such as Stadt"`
	Type         string  `json:"type" doc:"Its type" example:"Stadt"`
	Population   int     `json:"population" doc:"Inhabitants, 31.12.2022"`
	DistrictAGS  string  `json:"district_ags" doc:"Key of the district, five digits"`
	District     string  `json:"district" doc:"Name of the district"`
	RegionAGS    string  `json:"region_ags" doc:"Key of the Regierungsbezirk, three digits"`
	Region       string  `json:"region" doc:"Name of the Regierungsbezirk"`
	Fictional    bool    `json:"fictional" doc:"Invented, for demonstrations"`
}

type listMunicipalitiesInput struct {
	District string `query:"district" pattern:"^[0-9]{5}$" doc:"Key of a district"`
	Name     string `query:"name" maxLength:"100" doc:"Part of the name"`
	wire.Continued
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Municipalities on a page at most"`
}

type listMunicipalitiesOutput struct{ Body wire.Page[Municipality] }

func (s *Server) listMunicipalities(ctx context.Context, in *listMunicipalitiesInput) (*listMunicipalitiesOutput, error) {
	if _, err := s.Principal(ctx); err != nil {
		return nil, err
	}
	after, err := in.After(wire.Cursor{}, func(c wire.Cursor) bool { return c.Named() && ags.Key(c.ID).Valid() })
	if err != nil {
		return nil, err
	}
	p := db.ListMunicipalitiesParams{After: after.ID, PageSize: int32(in.Limit + 1)}
	if in.District != "" {
		p.District = &in.District
	}
	if in.Name != "" {
		p.Name = &in.Name
	}
	rows, err := db.On(s.Pool).ListMunicipalities(ctx, p)
	if err != nil {
		return nil, err
	}
	rows, next := wire.Cut(rows, in.Limit, func(last db.ListMunicipalitiesRow) wire.Cursor { return wire.Cursor{ID: string(last.AGS)} })
	return &listMunicipalitiesOutput{wire.PageOf(rows, next, func(r db.ListMunicipalitiesRow) Municipality {
		return municipality(db.GetMunicipalityRow(r))
	})}, nil
}

func municipality(r db.GetMunicipalityRow) Municipality {
	return Municipality{
		AGS: r.AGS, Name: r.Name, OfficialName: r.OfficialName, Type: r.Type, Population: int(r.Population),
		DistrictAGS: r.DistrictAGS, District: r.District, RegionAGS: r.RegionAGS, Region: r.Region, Fictional: r.Fictional,
	}
}

type getMunicipalityInput struct {
	AGS ags.Key `path:"ags" pattern:"^[0-9]{8}$" doc:"Amtlicher Gemeindeschlüssel" example:"05999001"`
}

type getMunicipalityOutput struct{ Body Municipality }

func (s *Server) getMunicipality(ctx context.Context, in *getMunicipalityInput) (*getMunicipalityOutput, error) {
	if _, err := s.Principal(ctx); err != nil {
		return nil, err
	}
	r, err := db.On(s.Pool).GetMunicipality(ctx, in.AGS)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, wire.NewProblem("not-found", "there is no municipality with this key").By("municipality", "see /api/v1/municipalities")
	}
	if err != nil {
		return nil, err
	}
	return &getMunicipalityOutput{Body: municipality(r)}, nil
}

// IntegrationCentre is a Kommunales Integrationszentrum.
type IntegrationCentre struct {
	CarrierAGS string   `json:"carrier_ags" doc:"Key of the district or municipality that carries it"`
	Name       string   `json:"name" doc:"Its name"`
	Area       ags.Area `json:"area" nullable:"false" doc:"The municipalities that it serves"`
	Fictional  bool     `json:"fictional" doc:"Invented, for demonstrations"`
}

type listIntegrationCentresOutput struct {
	Body struct {
		Items []IntegrationCentre `json:"items" nullable:"false" doc:"All of them"`
	}
}

func (s *Server) listIntegrationCentres(ctx context.Context, _ *struct{}) (*listIntegrationCentresOutput, error) {
	if _, err := s.Principal(ctx); err != nil {
		return nil, err
	}
	rows, err := db.On(s.Pool).ListIntegrationCentres(ctx)
	out := &listIntegrationCentresOutput{}
	out.Body.Items = []IntegrationCentre{}
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, IntegrationCentre(r))
	}
	return out, err
}

type listInterventionsOutput struct {
	Body struct {
		Items work.Interventions `json:"items" nullable:"false" doc:"The table that a chosen form is compared with"`
	}
}

func (s *Server) listInterventions(ctx context.Context, _ *struct{}) (*listInterventionsOutput, error) {
	if _, err := s.Principal(ctx); err != nil {
		return nil, err
	}
	out := &listInterventionsOutput{}
	out.Body.Items = s.Interventions
	return out, nil
}
