package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/db"
	"koko/domain/ags"
	"koko/domain/conflict"
)

// The municipalities are public facts: whoever is logged in may read them all.
func (s *server) registerMunicipalities(api huma.API) {
	register(s, api, huma.Operation{
		OperationID: "list-municipalities", Method: http.MethodGet, Path: "/municipalities",
		Summary: "List the municipalities of Nordrhein-Westfalen", Description: "Source: Destatis, Gemeindeverzeichnis GV100AD, 30.11.2023.",
		Tags: []string{"Reference"}, Errors: statuses(),
	}, s.listMunicipalities)
	register(s, api, huma.Operation{
		OperationID: "get-municipality", Method: http.MethodGet, Path: "/municipalities/{ags}",
		Summary: "Read one municipality", Tags: []string{"Reference"}, Errors: statuses(404),
	}, s.getMunicipality)
	register(s, api, huma.Operation{
		OperationID: "list-integration-centres", Method: http.MethodGet, Path: "/integration-centres",
		Summary: "List the municipal integration centres and the area each serves", Tags: []string{"Reference"}, Errors: statuses(),
	}, s.listIntegrationCentres)
	register(s, api, huma.Operation{
		OperationID: "list-interventions", Method: http.MethodGet, Path: "/interventions",
		Summary:     "List the forms of work and the escalation stages each is recommended for",
		Description: "A configured table: a mismatch warns and never blocks.", Tags: []string{"Reference"}, Errors: statuses(),
	}, s.listInterventions)
}

// Municipality is one municipality.
type Municipality struct {
	AGS          ags.Key `json:"ags" doc:"Amtlicher Gemeindeschlüssel" example:"05999001"`
	Name         string  `json:"name" doc:"Short name"`
	OfficialName string  `json:"official_name" doc:"Name with what it is, such as Stadt"`
	Type         string  `json:"type" doc:"What it is" example:"Stadt"`
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
	Cursor   string `query:"cursor" pattern:"^[0-9]{8}$" doc:"What next said on the page before"`
	Limit    int    `query:"limit" minimum:"1" maximum:"500" default:"100" doc:"Municipalities on a page at most"`
}

type listMunicipalitiesOutput struct{ Body Page[Municipality] }

func (s *server) listMunicipalities(ctx context.Context, in *listMunicipalitiesInput) (*listMunicipalitiesOutput, error) {
	if _, err := s.principal(ctx); err != nil {
		return nil, err
	}
	p := db.ListMunicipalitiesParams{After: in.Cursor, PageSize: int32(in.Limit + 1)}
	if in.District != "" {
		p.District = &in.District
	}
	if in.Name != "" {
		p.Name = &in.Name
	}
	rows, err := db.New(s.pool).ListMunicipalities(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &listMunicipalitiesOutput{}
	out.Body.Items = []Municipality{}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		out.Body.Next = string(rows[in.Limit-1].AGS)
	}
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, municipality(db.GetMunicipalityRow(r)))
	}
	return out, nil
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

func (s *server) getMunicipality(ctx context.Context, in *getMunicipalityInput) (*getMunicipalityOutput, error) {
	if _, err := s.principal(ctx); err != nil {
		return nil, err
	}
	r, err := db.New(s.pool).GetMunicipality(ctx, in.AGS)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, newProblem("not-found", "there is no municipality with this key").by("municipality", "see /api/v1/municipalities")
	}
	if err != nil {
		return nil, err
	}
	return &getMunicipalityOutput{Body: municipality(r)}, nil
}

// IntegrationCentre is a Kommunales Integrationszentrum.
type IntegrationCentre struct {
	CarrierAGS string   `json:"carrier_ags" doc:"Key of the district or municipality that carries it"`
	Name       string   `json:"name" doc:"What it is called"`
	Area       ags.Area `json:"area" nullable:"false" doc:"The municipalities that it serves"`
	Fictional  bool     `json:"fictional" doc:"Invented, for demonstrations"`
}

type listIntegrationCentresOutput struct {
	Body struct {
		Items []IntegrationCentre `json:"items" nullable:"false" doc:"All of them"`
	}
}

func (s *server) listIntegrationCentres(ctx context.Context, _ *struct{}) (*listIntegrationCentresOutput, error) {
	if _, err := s.principal(ctx); err != nil {
		return nil, err
	}
	rows, err := db.New(s.pool).ListIntegrationCentres(ctx)
	out := &listIntegrationCentresOutput{}
	out.Body.Items = []IntegrationCentre{}
	for _, r := range rows {
		out.Body.Items = append(out.Body.Items, IntegrationCentre(r))
	}
	return out, err
}

type listInterventionsOutput struct {
	Body struct {
		Items conflict.Interventions `json:"items" nullable:"false" doc:"The table that a plan is held against"`
	}
}

func (s *server) listInterventions(ctx context.Context, _ *struct{}) (*listInterventionsOutput, error) {
	if _, err := s.principal(ctx); err != nil {
		return nil, err
	}
	out := &listInterventionsOutput{}
	out.Body.Items = s.table
	return out, nil
}
