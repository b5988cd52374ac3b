package demo

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"

	"koko/domain/ags"
	"koko/domain/conflict"
)

//go:embed demo_cases.json
var casesJSON []byte

// A story is one of the invented cases, up to where it stands.
type story struct {
	ID           string  `json:"id"`
	AGS          ags.Key `json:"ags"`
	Municipality string  `json:"kommune"`
	District     string  `json:"kreis"`
	Title        string  `json:"titel"`
	Summary      string  `json:"kurzbeschreibung"`
	Signal       struct {
		Source     conflict.Source `json:"quelle"`
		EEP        conflict.EEP    `json:"eep"`
		ObservedOn conflict.Date   `json:"datum"`
		Text       string          `json:"text"`
	} `json:"signal"`
	Clearing struct {
		Urgency      conflict.Urgency `json:"dringlichkeit"`
		Level        conflict.Level   `json:"ebene"`
		Commissioner string           `json:"auftraggeber"`
		Danger       bool             `json:"gefahrenlage"`
		DecidedOn    conflict.Date    `json:"entscheidung_am"`
	} `json:"clearing"`
	Analysis struct {
		Topics   []conflict.Topic `json:"thema"`
		Occasion string           `json:"anlass"`
		Theme    string           `json:"thema_dahinter"`
		Actors   []struct {
			Name     string        `json:"name"`
			Role     conflict.Role `json:"rolle"`
			Position string        `json:"position"`
			Interest string        `json:"interesse"`
			Need     string        `json:"beduerfnis"`
		} `json:"akteure"`
		Relations []struct {
			From string        `json:"von"`
			To   string        `json:"nach"`
			Kind conflict.Edge `json:"art"`
		} `json:"beziehungen"`
		Stage               int                          `json:"glasl"`
		Rationale           string                       `json:"glasl_begruendung"`
		Instrumentalisation conflict.Instrumentalisation `json:"instrumentalisierung"`
	} `json:"analyse"`
	Work struct {
		Form     conflict.Form `json:"form"`
		Sessions []meeting     `json:"sitzungen"`
	} `json:"bearbeitung"`
	Closure *struct {
		Outcome    conflict.Outcome `json:"ergebnis"`
		Agreements []struct {
			Who   string        `json:"wer"`
			What  string        `json:"was"`
			Due   conflict.Date `json:"bis"`
			Check string        `json:"pruefung"`
		} `json:"vereinbarung"`
		StageAfter int                 `json:"glasl_nachher"`
		Factors    []conflict.Factor   `json:"gelingungsfaktoren"`
		Obstacles  []conflict.Obstacle `json:"hindernisse"`
		Lessons    string              `json:"lehre"`
	} `json:"abschluss"` // nil: the work goes on
	FollowUps []struct {
		Month  conflict.FollowUpMonth `json:"monat"`
		Status conflict.Stability     `json:"status"`
	} `json:"nachsorge"`
}

type meeting struct {
	HeldOn  conflict.Date `json:"datum"`
	Content string        `json:"inhalt"`
}

// stories reads the cases. A field that it does not know would be lost without a word: it refuses.
func stories() ([]story, error) {
	var all struct {
		Remark         string `json:"hinweis"`
		Municipalities []struct {
			AGS  ags.Key `json:"ags"`
			Name string  `json:"name"`
		} `json:"kommunen"`
		Stories []story `json:"faelle"`
	}
	d := json.NewDecoder(bytes.NewReader(casesJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("read the demo cases: %w", err)
	}
	return all.Stories, nil
}
