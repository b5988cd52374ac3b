// Package trainingtest has well-formed commands for the tests of curricula, cohorts and enrolments.
package trainingtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/curriculum"
	"koko/domain/training/enrolment"
)

// The people of the tests, as the identity provider names them.
const (
	Trainee     = "p-7a10"
	LineManager = "p-8b21" // releases the trainee
	Coordinator = "p-9c32"
	Trainer     = "p-a4d3"
	AssessorOne = "p-b5e4"
	AssessorTwo = "p-c6f5"
	Arbiter     = "p-d706" // decides on appeals
	Certifier   = "p-e817"
	Outsider    = "p-f928"
)

// The municipalities whose staff may take part in Maker.Plan.
const (
	Town      ags.Key = "05999001"
	Neighbour ags.Key = "05999002"
	Village   ags.Key = "05999003"
)

// Start is when the tests begin, unless a Maker says otherwise: a Monday.
var Start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// A Step is a command, who gives it and when.
type Step struct {
	By      string
	At      time.Time
	Command file.Command
}

// A CohortStep is a step of a cohort.
type CohortStep = Step

// A walkable is an enrolment or a cohort.
type walkable[S any] interface {
	Decide(cmd file.Command, by string, at time.Time) (S, error)
	Head() file.Head
}

// Walk has s go steps. It panics at the first refusal: other tests rely on the way.
func Walk[S walkable[S]](s S, steps ...Step) S {
	for _, step := range steps {
		next, err := s.Decide(step.Command, step.By, step.At)
		if err != nil {
			panic(fmt.Sprintf("trainingtest: %s in phase %q: %v", step.Command.Action(), s.Head().Phase, err))
		}
		s = next
	}
	return s
}

// A Maker makes commands whose documents have ids of their own. The same Salt makes the same ids.
type Maker struct {
	Salt  string
	Start time.Time // Start if zero
	made  int
}

// Begins is when the maker's story begins.
func (m *Maker) Begins() time.Time {
	if m.Start.IsZero() {
		return Start
	}
	return m.Start
}

// ID returns the next id.
func (m *Maker) ID() string {
	m.made++
	b := m.sum("id")
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// Code returns the code of the next certificate.
func (m *Maker) Code() string {
	const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	m.made++
	b := m.sum("code")
	var code []byte
	for i := range 16 {
		if i > 0 && i%4 == 0 {
			code = append(code, '-')
		}
		code = append(code, letters[int(b[i])%len(letters)])
	}
	return string(code)
}

func (m *Maker) sum(what string) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%d", m.Salt, what, m.made))
	return sum[:]
}

// Prose returns one document of command a that says something about fields.
func (m *Maker) Prose(a file.Action, in file.Compartment, fields ...string) file.Docs {
	return file.Docs{Docs: []file.Doc{{
		ID: m.ID(), Action: a, Compartment: in, Digest: hex.EncodeToString(m.sum("digest")), Fields: fields,
	}}}
}

// file is Prose in the training file.
func (m *Maker) file(a file.Action, fields ...string) file.Docs {
	return m.Prose(a, training.TrainingFile, fields...)
}

// KoKo is like the certificate course for communal conflict advisors: four of five modules, 64
// hours, a concept, a case, three supervisions and an assessment.
func KoKo() curriculum.Curriculum {
	c := curriculum.Curriculum{
		ID: "koko", Version: 1, Title: "Kommunale Konfliktberatung", Certifier: "Koordinierungsstelle",
		Certificate:  curriculum.Wording{Title: "Zertifikat", Text: "hat die Qualifizierung abgeschlossen."},
		Confirmation: curriculum.Wording{Title: "Teilnahmebescheinigung", Text: "hat teilgenommen."},
		Rule: curriculum.Rule{
			Modules: 4, Minutes: 3840, Share: 80, MakeUps: 1, MakeUpDays: 180, Concept: true, Cases: 1, Supervisions: 3,
			Assessment: true, Resits: 1, AppealDays: 30, Months: 24,
		},
	}
	for i := range 5 {
		c.Modules = append(c.Modules, curriculum.Module{
			ID: fmt.Sprint("m", i+1), Kind: curriculum.CourseModule, Title: fmt.Sprint("Modul ", i+1),
			Outcomes: []string{"Konflikte erkennen"}, Days: 2, InPerson: 960,
		})
	}
	return c
}

// Peer is like a course for peers: five modules and five online sessions, 80 hours, of which four
// modules and one session are needed; attendance is all.
func Peer() curriculum.Curriculum {
	c := KoKo()
	c.ID, c.Title, c.Modules = "peer", "Peer-Beratung", nil
	c.Rule = curriculum.Rule{Modules: 4, Online: 1, Share: 80, MakeUps: 1, MakeUpDays: 180, Months: 24}
	for i := range 5 {
		c.Modules = append(c.Modules,
			curriculum.Module{
				ID: fmt.Sprint("m", i+1), Kind: curriculum.CourseModule, Title: fmt.Sprint("Modul ", i+1),
				Outcomes: []string{}, Days: 2, InPerson: 780,
			},
			curriculum.Module{
				ID: fmt.Sprint("o", i+1), Kind: curriculum.OnlineSession, Title: fmt.Sprint("Sitzung ", i+1),
				Outcomes: []string{}, Days: 1, Online: 180,
			})
	}
	return c
}

// Received is what a message says, as the kind that gets it reads it.
func Received(m file.Message) file.Command {
	letter, err := file.Write(m.Command)
	if err != nil {
		panic(err)
	}
	for _, k := range []*file.Definition{file.Define(enrolment.Spec), file.Define(cohort.Spec)} {
		if k.Kind != m.To {
			continue
		}
		cmd, err := k.Command(letter.Action, letter.Command)
		if err != nil {
			panic(err)
		}
		return cmd
	}
	panic("trainingtest: there is no " + string(m.To))
}
