package training

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/jackc/pgx/v5"

	"koko/api/files"
	"koko/api/guard"
	"koko/api/wire"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
	"koko/internal/certificate"
)

func (s *Server) registerTranscript(api huma.API) {
	guard.Register(s, api, huma.Operation{
		OperationID: "get-transcript", Method: http.MethodGet, Path: "/enrolments/{enrolment}/transcript",
		Summary:     "Read the transcript (Leistungsübersicht)",
		Description: "What was attended, handed in and passed until now, and what is missing, with the trainee's name. It contains nobody's reasons. Its words are German.",
		Tags:        []string{"Enrolments"}, Errors: wire.Statuses(403, 404),
	}, s.getTranscript)
	guard.Register(s, api, huma.Operation{
		OperationID: "get-transcript-pdf", Method: http.MethodGet, Path: "/enrolments/{enrolment}/transcript.pdf",
		Summary: "Download the transcript as PDF", Description: "It proves nothing to others, and says so.",
		Tags: []string{"Enrolments"}, Errors: wire.Statuses(403, 404), Responses: wire.FileOf("application/pdf"),
	}, s.getTranscriptPDF)
}

// Transcript is how far a trainee is.
type Transcript struct {
	Reference  string               `json:"reference" doc:"Short name of the enrolment" example:"E-3F1D7C1E"`
	Holder     string               `json:"holder" doc:"Name of the trainee, as applied with or changed since"`
	Curriculum string               `json:"curriculum" doc:"Id of the curriculum" example:"koko"`
	Version    int                  `json:"version" doc:"Version of the curriculum"`
	Title      string               `json:"title" doc:"Title of the programme"`
	AsOf       time.Time            `json:"as_of" doc:"When it was drawn up"`
	Units      []TranscriptUnit     `json:"units" nullable:"false" doc:"Each module"`
	Minutes    int                  `json:"minutes" doc:"Attended minutes, made-up ones included"`
	OfMinutes  int                  `json:"of_minutes" doc:"Minutes that are needed"`
	Practice   []TranscriptPractice `json:"practice" nullable:"false" doc:"Concept, case reports and supervision"`
	Attempts   []TranscriptAttempt  `json:"attempts" nullable:"false" doc:"Decided assessments that count"`
	Missing    []string             `json:"missing" nullable:"false" doc:"What is still to be done, in German"`
}

// TranscriptUnit is a module in a transcript.
type TranscriptUnit struct {
	Unit     string      `json:"unit" doc:"Id of the module" example:"m3"`
	Title    string      `json:"title" doc:"Title of the module"`
	Dates    []file.Date `json:"dates" nullable:"false" doc:"Days on which it was attended"`
	Attended int         `json:"attended" doc:"Attended minutes, made-up ones included"`
	Minutes  int         `json:"minutes" doc:"Minutes that the module takes"`
	Standing string      `json:"standing" doc:"Where it stands, in German" example:"anerkannt"`
}

// TranscriptPractice is a piece of practical work in a transcript.
type TranscriptPractice struct {
	Title    string `json:"title" doc:"What it is, in German" example:"Fallbericht 1"`
	Standing string `json:"standing" doc:"Where it stands, in German" example:"angenommen am 03.03.2026"`
}

// TranscriptAttempt is an assessment in a transcript.
type TranscriptAttempt struct {
	Title  string    `json:"title" doc:"Which one, in German" example:"Prüfung"`
	On     file.Date `json:"on" format:"date" doc:"When it was decided"`
	Passed bool      `json:"passed" doc:"Whether it was passed"`
}

type getTranscriptOutput struct{ Body Transcript }

func (s *Server) getTranscript(ctx context.Context, in *enrolmentInput) (*getTranscriptOutput, error) {
	t, err := s.transcript(ctx, in.EnrolmentID)
	if err != nil {
		return nil, err
	}
	return &getTranscriptOutput{t}, nil
}

func (s *Server) getTranscriptPDF(ctx context.Context, in *enrolmentInput) (*wire.Download, error) {
	t, err := s.transcript(ctx, in.EnrolmentID)
	if err != nil {
		return nil, err
	}
	content, err := s.Certifier.Transcript(t.printed())
	if err != nil {
		return nil, fmt.Errorf("transcript of %s: %w", t.Reference, err)
	}
	return wire.NewDownload("application/pdf", t.Reference+".pdf", content), nil
}

// transcript is for those who may read the certificate, too: it names the trainee.
func (s *Server) transcript(ctx context.Context, enrolmentID string) (t Transcript, err error) {
	caller, at, e, err := s.readEnrolment(ctx, enrolmentID, enrolment.ReadCertificate)
	if err != nil {
		return t, err
	}
	of, err := s.Curriculum(ctx, e.Terms.Curriculum, e.Terms.Version)
	if err != nil {
		return t, err
	}
	holder, err := s.holder(ctx, caller, e)
	if err != nil {
		return t, err
	}
	if holder == "" {
		return t, wire.NewProblem("not-found", "the name of the trainee was erased").By("erased", "the enrolment itself still says what was done")
	}
	t = transcriptOf(e, of)
	t.Holder, t.AsOf = holder, s.Now()
	return t, s.Read(ctx, caller, enrolment.ReadCertificate, at.Row, "transcript", "")
}

// holder returns the name that the trainee goes by now, empty once its key was destroyed.
func (s *Server) holder(ctx context.Context, caller guard.Principal, e enrolment.Enrolment) (string, error) {
	sc := s.Scope(caller, enrolment.ReadCertificate)
	r, err := s.As(sc).GetHolder(ctx, sc, e.ID)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && len(r.Wrapped) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	name := files.SealedText{Sealed: r.Sealed, Secret: r.Secret, Wrapped: r.Wrapped}
	texts, err := s.Unseal(s.enrolments().PlaceOf(e.ID, e.AGS), training.TrainingFile, r.DocumentID, name)
	return texts["holder"], err
}

func transcriptOf(e enrolment.Enrolment, of curriculum.Curriculum) Transcript {
	p := e.Progress()
	t := Transcript{
		Reference: e.Reference(), Curriculum: of.ID, Version: of.Version, Title: of.Title, Minutes: p.Minutes, OfMinutes: p.OfMinutes,
		Units: []TranscriptUnit{}, Practice: practised(e), Attempts: []TranscriptAttempt{}, Missing: lacking(p),
	}
	for _, u := range p.Units {
		t.Units = append(t.Units, TranscriptUnit{
			Unit: u.Unit, Title: titleOf(of, u.Unit), Dates: attendedOn(e, u.Unit), Attended: u.Minutes, Minutes: u.Of, Standing: standingOf(u),
		})
	}
	for _, a := range e.Attempts {
		if a.Decided == nil || a.Annulled {
			continue
		}
		title := "Prüfung"
		if len(t.Attempts) > 0 {
			title = "Wiederholungsprüfung"
		}
		t.Attempts = append(t.Attempts, TranscriptAttempt{title, file.DateOf(*a.Decided), a.Passed})
	}
	return t
}

func titleOf(of curriculum.Curriculum, unit string) string {
	for _, m := range of.Modules {
		if m.ID == unit {
			return m.Title
		}
	}
	return unit
}

func attendedOn(e enrolment.Enrolment, unit string) []file.Date {
	days := []file.Date{}
	for _, a := range e.Attended {
		if a.Unit == unit && a.Minutes > 0 {
			days = append(days, file.DateOf(a.On))
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// standingOf says in German where a module stands.
func standingOf(u enrolment.UnitProgress) string {
	switch {
	case u.Counts:
		return "anerkannt"
	case u.Done:
		return "besucht, Voraussetzung fehlt"
	case u.MakingUp:
		return "wird nachgeholt"
	case u.Minutes > 0:
		return "teilweise besucht"
	default:
		return "offen"
	}
}

func practised(e enrolment.Enrolment) []TranscriptPractice {
	list := []TranscriptPractice{}
	if c := e.Concept; c != nil {
		list = append(list, TranscriptPractice{"Konzept des eigenen Konfliktmanagementsystems", reviewed(c.Stamp, c.Accepted)})
	}
	for i, c := range e.CaseReports {
		list = append(list, TranscriptPractice{fmt.Sprint("Fallbericht ", i+1), reviewed(c.Stamp, c.Accepted)})
	}
	for i, v := range e.Supervisions {
		list = append(list, TranscriptPractice{fmt.Sprint("Supervision ", i+1), fmt.Sprintf("%d Minuten am %s", v.Minutes, german(v.On))})
	}
	return list
}

// reviewed says in German where something handed in stands.
func reviewed(submitted file.Stamp, answer *enrolment.Approval) string {
	switch {
	case answer == nil:
		return "eingereicht am " + german(file.DateOf(submitted.At))
	case answer.Granted:
		return "angenommen am " + german(file.DateOf(answer.At))
	default:
		return "zur Überarbeitung zurückgegeben am " + german(file.DateOf(answer.At))
	}
}

// lacking says in German what is still to be done.
func lacking(p enrolment.Progress) []string {
	list := []string{}
	for _, c := range []struct {
		enrolment.Count
		one, many string
	}{
		{p.Modules, "Modul", "Module"}, {p.Online, "Online-Sitzung", "Online-Sitzungen"},
		{enrolment.Count{Done: p.Minutes, Of: p.OfMinutes}, "Minute Anwesenheit", "Minuten Anwesenheit"},
		{p.Concept, "Konzept des eigenen Konfliktmanagementsystems", ""}, {p.Cases, "Fallbericht", "Fallberichte"},
		{p.Supervisions, "Supervision", "Supervisionen"}, {p.Assessment, "bestandene Prüfung", ""},
	} {
		if !c.Reached() {
			list = append(list, counted(c.Of-c.Done, c.one, c.many))
		}
	}
	return list
}

// german writes a day as documents do: "03.03.2026".
func german(d file.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("02.01.2006")
}

func (t Transcript) printed() certificate.Transcript {
	p := certificate.Transcript{
		Holder:     t.Holder,
		Curriculum: t.Curriculum,
		Version:    t.Version,
		AsOf:       t.AsOf,
		Minutes:    t.Minutes,
		Required:   t.OfMinutes,
		Missing:    t.Missing,
	}
	for _, u := range t.Units {
		var days []string
		for _, d := range u.Dates {
			days = append(days, german(d))
		}
		p.Units = append(p.Units, certificate.Unit{
			Title: u.Title, Dates: strings.Join(days, ", "), Attended: u.Attended, Minutes: u.Minutes, Status: u.Standing,
		})
	}
	for _, w := range t.Practice {
		p.Practice = append(p.Practice, certificate.Practice{Title: w.Title, Status: w.Standing})
	}
	for _, a := range t.Attempts {
		p.Attempts = append(p.Attempts, certificate.Attempt{Title: a.Title, Date: german(a.On), Passed: a.Passed})
	}
	return p
}
