package training

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"koko/api/files"
	"koko/api/guard"
	"koko/api/wire"
	"koko/db"
	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/internal/sheet"
)

// mostParticipants bounds what is read of a cohort's enrolments: it has 500 seats at most, and guests.
const mostParticipants = 1000

func (s *Server) registerParticipants(api huma.API) {
	describe := func(as string) string {
		return "Who has a seat, waits for one or visits a module, as far as you may see their enrolments" + as +
			" A trainer sees no assessments; a line manager sees only their own staff, and how far they are. Reading names is recorded."
	}
	guard.Register(s, api, huma.Operation{
		OperationID: "list-participants", Method: http.MethodGet, Path: "/cohorts/{cohort}/participants",
		Summary: "List who takes part in a cohort", Description: describe("."), Tags: []string{"Cohorts"}, Errors: wire.Statuses(403, 404),
	}, s.listParticipants)
	guard.Register(s, api, huma.Operation{
		OperationID: "list-participants-csv", Method: http.MethodGet, Path: "/cohorts/{cohort}/participants.csv",
		Summary: "Export who takes part in a cohort, as CSV", Description: describe(", as a German Excel opens it: UTF-8, semicolons, decimal commas. No cell acts as a formula."),
		Tags: []string{"Cohorts"}, Errors: wire.Statuses(403, 404), Responses: wire.FileOf("text/csv"),
	}, s.exportParticipants("text/csv; charset=utf-8", "csv", sheet.WriteCSV))
	guard.Register(s, api, huma.Operation{
		OperationID: "list-participants-xlsx", Method: http.MethodGet, Path: "/cohorts/{cohort}/participants.xlsx",
		Summary:     "Export who takes part in a cohort, as an Excel workbook",
		Description: describe(", as a workbook of one sheet. No cell acts as a formula."),
		Tags:        []string{"Cohorts"}, Errors: wire.Statuses(403, 404), Responses: wire.FileOf(workbook),
	}, s.exportParticipants(workbook, "xlsx", sheet.WriteXLSX))
}

const workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

type participantsInput struct{ CohortRef }

// Participant is one who takes part in a cohort, as one caller sees them.
type Participant struct {
	Enrolment    string              `json:"enrolment" format:"uuid" doc:"Id of the enrolment"`
	Reference    string              `json:"reference" doc:"Short name for lists on paper" example:"E-3F1D7C1E"`
	Name         string              `json:"name,omitempty" doc:"As the certificate shows it; left out for those who may not read the application" example:"Nadia El-Tarifi"`
	Trainee      string              `json:"trainee" doc:"Subject of the trainee"`
	AGS          ags.Key             `json:"ags" doc:"Municipality that employs the trainee" example:"05999001"`
	Municipality string              `json:"municipality" doc:"Its name"`
	Phase        enrolment.Phase     `json:"phase" doc:"Where the enrolment stands"`
	Seat         training.SeatStatus `json:"seat,omitempty" doc:"Waiting, offered or taken; left out for guests"`
	Visits       []string            `json:"visits,omitempty" nullable:"false" doc:"Modules that a trainee of another cohort makes up here"`
	Modules      []ParticipantModule `json:"modules" nullable:"false" doc:"The modules of the cohort"`
	Minutes      int                 `json:"minutes" doc:"Attended minutes, made-up ones included"`
	Concept      enrolment.Count     `json:"concept" doc:"Concept of a conflict management system of one's own"`
	Cases        enrolment.Count     `json:"cases" doc:"Accepted case reports"`
	Supervisions enrolment.Count     `json:"supervisions" doc:"Supervision sessions"`
	Assessment   *enrolment.Count    `json:"assessment,omitempty" doc:"Passed assessment; left out for trainers"`
}

// ParticipantModule is how far a participant is in a module.
type ParticipantModule struct {
	Unit    string `json:"unit" doc:"Id of the module" example:"m3"`
	Minutes int    `json:"minutes" doc:"Attended minutes, made-up ones included"`
	Of      int    `json:"of" doc:"Minutes that the module takes"`
	Counts  bool   `json:"counts" doc:"Whether it counts"`
}

type participantsOutput struct {
	Body struct {
		Items  []Participant `json:"items" nullable:"false" doc:"In the order of applications"`
		Hidden int           `json:"hidden" doc:"How many more there are whose enrolments you may not see"`
	}
}

func (s *Server) listParticipants(ctx context.Context, in *participantsInput) (*participantsOutput, error) {
	_, items, hidden, err := s.participants(ctx, in.CohortID)
	if err != nil {
		return nil, err
	}
	out := &participantsOutput{}
	out.Body.Items, out.Body.Hidden = items, hidden
	return out, nil
}

// participants lists who takes part in a cohort, for those who may read that, and for line managers as
// far as it is their staff.
func (s *Server) participants(ctx context.Context, id string) (c cohort.Cohort, items []Participant, hidden int, err error) {
	caller, err := s.Principal(ctx)
	if err != nil {
		return c, nil, 0, err
	}
	at, err := s.cohorts().Find(ctx, caller, id, cohort.ReadParticipants)
	if err != nil {
		return c, nil, 0, err
	}
	c = at.State.(cohort.Cohort)
	sc, every := staff(s.Scope(caller, enrolment.ReadProgress)), s.cohorts().May(caller, cohort.ReadParticipants, at).Allowed
	if every {
		for _, p := range tied(s.Scope(caller, enrolment.ReadEnrolment), enrolment.Teaching).Parts {
			sc.Add(p.Tie, p.Offered, p.Area)
		}
	} else if len(sc.Parts) == 0 {
		return c, nil, 0, s.cohorts().Permit(caller, cohort.ReadParticipants, at)
	}
	all, err := s.enrolled(ctx, sc, c)
	if err != nil {
		return c, nil, 0, err
	}
	if every {
		hidden = len(c.Everyone()) - len(all)
	}
	items, err = s.describeParticipants(ctx, caller, at, sc, c, all)
	return c, items, hidden, err
}

// tied returns the parts of a scope that cover every file, or those files that the caller is tied to
// in one of these ways.
func tied(sc file.Scope, ways ...file.Relation) file.Scope {
	sc.Parts = slices.DeleteFunc(slices.Clone(sc.Parts), func(p file.Part) bool {
		relation, _, _ := strings.Cut(p.Tie, ":")
		return relation != "" && !slices.Contains(ways, file.Relation(relation))
	})
	return sc
}

// staff returns the parts of a scope that cover the trainees whom the caller leads, and nobody
// else.
func staff(sc file.Scope) file.Scope {
	led := tied(sc, enrolment.LineManager)
	led.Parts = slices.DeleteFunc(led.Parts, func(p file.Part) bool { return p.Tie == "" })
	return led
}

// enrolled returns the enrolments in scope with a place in the cohort or a visit to it.
func (s *Server) enrolled(ctx context.Context, sc file.Scope, c cohort.Cohort) ([]enrolment.Enrolment, error) {
	rows, err := s.As(sc).ListParticipants(ctx, sc, c.ID, mostParticipants)
	if err != nil {
		return nil, err
	}
	ids := c.Everyone()
	var all []enrolment.Enrolment
	for _, r := range rows {
		if slices.Contains(ids, r.ID) {
			all = append(all, r.State)
		}
	}
	return all, nil
}

// describeParticipants shows as much of each enrolment as the caller may see. The access log records that
// names were read.
func (s *Server) describeParticipants(
	ctx context.Context,
	caller guard.Principal,
	at files.Folder,
	sc file.Scope,
	c cohort.Cohort,
	all []enrolment.Enrolment,
) ([]Participant, error) {
	var named []string
	taught := map[string]bool{} // those whose assessments are not for the caller
	f := s.enrolments()
	for _, e := range all {
		of, err := f.FolderOf(e)
		if err != nil {
			return nil, err
		}
		if f.May(caller, enrolment.ReadTrainingFile, of).Allowed {
			named = append(named, e.ID)
			taught[e.ID] = !f.May(caller, enrolment.ReadAssessmentFile, of).Allowed
		}
	}
	names, err := s.holders(ctx, sc, named)
	if err != nil {
		return nil, err
	}
	if len(names) > 0 {
		if err := s.Read(ctx, caller, cohort.ReadParticipants, at.Row, "", ""); err != nil {
			return nil, err
		}
	}
	towns, err := s.townNames(ctx, all)
	items := []Participant{}
	for _, e := range all {
		p := participant(c, e)
		p.Name, p.Municipality = names[e.ID], towns[e.AGS]
		if taught[e.ID] {
			p.Assessment = nil
		}
		items = append(items, p)
	}
	return items, err
}

func participant(c cohort.Cohort, e enrolment.Enrolment) Participant {
	done := e.Progress()
	p := Participant{
		Enrolment: e.ID, Reference: e.Reference(), Trainee: e.Trainee, AGS: e.AGS, Phase: e.Phase, Modules: []ParticipantModule{},
		Minutes: done.Minutes, Concept: done.Concept, Cases: done.Cases, Supervisions: done.Supervisions, Assessment: &done.Assessment,
	}
	for _, place := range c.Places {
		if place.Enrolment == e.ID {
			p.Seat = place.Status
		}
	}
	for _, g := range c.Guests {
		if g.Enrolment == e.ID {
			p.Visits = append(p.Visits, g.Unit)
		}
	}
	for _, u := range c.Terms.Units {
		m := ParticipantModule{Unit: u.ID, Of: u.Minutes}
		for _, up := range done.Units {
			if up.Unit == u.ID {
				m = ParticipantModule{Unit: u.ID, Minutes: up.Minutes, Of: up.Of, Counts: up.Counts}
			}
		}
		p.Modules = append(p.Modules, m)
	}
	return p
}

// holders reads the names of the holders of enrolments, as given last.
func (s *Server) holders(ctx context.Context, sc file.Scope, ids []string) (map[string]string, error) {
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	rows, err := s.As(sc).ListHolders(ctx, sc, ids)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		name := files.SealedText{Sealed: r.Sealed, Secret: r.Secret, Wrapped: r.Wrapped}
		texts, err := s.Unseal(s.enrolments().PlaceOf(r.FileID, ""), training.TrainingFile, r.DocumentID, name)
		if err != nil && !files.IsDamaged(err) {
			return nil, err
		}
		if texts["holder"] != "" {
			names[r.FileID] = texts["holder"]
		}
	}
	return names, nil
}

// townNames returns the names of the municipalities of enrolments.
func (s *Server) townNames(ctx context.Context, all []enrolment.Enrolment) (map[ags.Key]string, error) {
	names := map[ags.Key]string{}
	q := db.As(s.Pool, "", nil)
	for _, e := range all {
		if _, known := names[e.AGS]; known {
			continue
		}
		m, err := q.GetMunicipality(ctx, e.AGS)
		if err != nil {
			return nil, err
		}
		names[e.AGS] = m.Name
	}
	return names, nil
}

// exportParticipants hands the list out as a file.
func (s *Server) exportParticipants(
	media, extension string,
	write func(io.Writer, sheet.Table) error,
) func(context.Context, *participantsInput) (*wire.Download, error) {
	return func(ctx context.Context, in *participantsInput) (*wire.Download, error) {
		c, items, _, err := s.participants(ctx, in.CohortID)
		if err != nil {
			return nil, err
		}
		modules, err := s.moduleTitles(ctx, c.Terms)
		var content bytes.Buffer
		if err == nil {
			err = write(&content, participantTable(c, modules, items))
		}
		if err != nil {
			return nil, err
		}
		return wire.NewDownload(media, "teilnehmende."+extension, content.Bytes()), nil
	}
}

// participantTable has columns for names and assessments only where one may be seen.
func participantTable(c cohort.Cohort, modules map[string]string, items []Participant) sheet.Table {
	named := slices.ContainsFunc(items, func(p Participant) bool { return p.Name != "" })
	judged := slices.ContainsFunc(items, func(p Participant) bool { return p.Assessment != nil })
	t := sheet.Table{Name: "Teilnehmende", Columns: []string{"Referenz"}}
	if named {
		t.Columns = append(t.Columns, "Name")
	}
	t.Columns = append(t.Columns, "Kommune", "Phase", "Platz")
	for _, u := range c.Terms.Units {
		t.Columns = append(t.Columns, modules[u.ID]+" (Minuten)")
	}
	t.Columns = append(t.Columns, "Minuten", "Konzept", "Fallberichte", "Supervisionen")
	if judged {
		t.Columns = append(t.Columns, "Prüfung bestanden")
	}
	for _, p := range items {
		row := []any{p.Reference}
		if named {
			row = append(row, p.Name)
		}
		row = append(row, p.Municipality, phaseWords[p.Phase], seatWord(p))
		for _, m := range p.Modules {
			row = append(row, m.Minutes)
		}
		row = append(row, p.Minutes, p.Concept.Done > 0, p.Cases.Done, p.Supervisions.Done)
		if judged && p.Assessment != nil {
			row = append(row, p.Assessment.Done > 0)
		} else if judged {
			row = append(row, nil)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func seatWord(p Participant) string {
	if p.Seat == "" {
		return "zu Gast"
	}
	return string(p.Seat)
}

// phaseWords are the phases in the words of the field.
var phaseWords = map[enrolment.Phase]string{
	enrolment.Applied:    "beworben",
	enrolment.Waiting:    "zugelassen",
	enrolment.Modules:    "in den Modulen",
	enrolment.Practice:   "Praxis",
	enrolment.Assessment: "Prüfung",
	enrolment.Qualified:  "qualifiziert",
	enrolment.Certified:  "zertifiziert",
	enrolment.Confirmed:  "Teilnahme bescheinigt",
	enrolment.Withdrawn:  "ausgeschieden",
	enrolment.Failed:     "nicht bestanden",
	enrolment.Lapsed:     "Frist abgelaufen",
	enrolment.Rejected:   "abgelehnt",
}
