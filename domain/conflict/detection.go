package conflict

import (
	"regexp"

	"koko/domain/fault"
	"koko/domain/process"
)

// ReportSignal opens a case: somebody noticed something (DOMAIN: Früherkennung).
// Prose: title, text; place, summary.
type ReportSignal struct {
	Reference   string  `json:"reference,omitempty" maxLength:"40" pattern:"^[A-Z0-9][A-Z0-9/._-]*$" doc:"File number (Aktenzeichen): capital letters, digits, / . _ -" example:"KK-2025/014"`
	Source      Source  `json:"source" enum:"buerger,verwaltung,schule,polizei,traeger,politik,presse,social_media,netzwerk" doc:"Where the signal comes from"`
	Channel     Channel `json:"channel,omitempty" enum:"gespraech,telefon,e_mail,brief,formular,hotline,sitzung,medien,social_media,sonstige" doc:"How it arrived" example:"telefon"`
	ObservedOn  Date    `json:"observed_on" format:"date" doc:"The day it was observed; not in the future"`
	EEP         EEP     `json:"eep" enum:"experienced,evidenced,potential" doc:"Experienced, evidenced or potential tension"`
	Reliability int     `json:"reliability" minimum:"1" maximum:"4" doc:"1 unknown … 4 confirmed"`
	Docs
}

// Signal is what a case began with.
type Signal struct {
	Stamp
	ReportSignal
}

var reference = regexp.MustCompile(`^([A-Z0-9][A-Z0-9/._-]{0,39})?$`)

// Action is report_signal.
func (ReportSignal) Action() Action { return ActionReportSignal }

// Check refuses unknown values and a signal without title or text.
func (s ReportSignal) Check() error {
	var form *fault.Error
	if !reference.MatchString(s.Reference) {
		form = process.Invalid("reference", "pattern", "not a file number", "use capital letters, digits and / . _ -, never a name")
	}
	return process.First(form,
		process.OneOf("source", s.Source, Sources), process.Optional("channel", s.Channel, Channels), process.Day("observed_on", s.ObservedOn), process.OneOf("eep", s.EEP, EEPs),
		process.Between("reliability", s.Reliability, 1, 4), s.In(s.Action(), CaseFile), s.Needs("title"), s.Needs("text"))
}

func (s ReportSignal) apply(c *Case, by Stamp) *fault.Error {
	if f := process.NotAfter("observed_on", s.ObservedOn, by.At); f != nil {
		return f
	}
	c.Signal, c.Phase, c.Round, c.Opened = &Signal{by, s}, Detection, 1, by.At
	return nil
}

// TriageSignal decides what becomes of a signal. Prose: reason.
type TriageSignal struct {
	Decision TriageDecision `json:"decision" enum:"fall_eroeffnen,beobachten,verweisen,verwerfen" doc:"Open a case, watch, refer or drop"`
	Docs
}

// Triage is the latest decision.
type Triage struct {
	Stamp
	TriageSignal
}

// Action is triage.
func (TriageSignal) Action() Action { return ActionTriage }

// Check wants a reason for everything but opening the case.
func (t TriageSignal) Check() error {
	var reason *fault.Error
	if t.Decision != OpenCase {
		reason = t.Needs("reason")
	}
	return process.First(process.OneOf("decision", t.Decision, TriageDecisions), t.In(t.Action(), CaseFile), reason)
}

func (t TriageSignal) apply(c *Case, by Stamp) *fault.Error {
	c.Triage = &Triage{by, t}
	if t.Decision == Refer || t.Decision == Drop {
		c.Phase = Closed
	}
	return nil
}

// notYetOpened: a case that was opened for clearing is not triaged again.
func notYetOpened(c Case, _ string) *fault.Error {
	if c.Triage != nil && c.Triage.Decision == OpenCase {
		return fault.Newf(fault.Gate, "the case is open already").By("triaged", "go on with record_clearing")
	}
	return nil
}

func triagedOpen(c Case, _ string) *fault.Error {
	if c.Triage == nil || c.Triage.Decision != OpenCase {
		return process.Waiting("the signal has not been opened as a case", "triage",
			"the contact point (clearing) or a conflict manager decides triage with fall_eroeffnen", "triage")
	}
	return nil
}

// RecordClearing notes what the clearing has found so far; it replaces what stood before.
// Prose: note.
type RecordClearing struct {
	Responsibility     Responsibility `json:"responsibility,omitempty" enum:"kommune,kreis,land,polizei_justiz,schule,andere" doc:"Who is responsible" example:"kommune"`
	Urgency            Urgency        `json:"urgency,omitempty" enum:"latent,schwelend,akut,krise" doc:"How pressing it is" example:"schwelend"`
	Level              Level          `json:"level,omitempty" enum:"interpersonell,gruppen,sozialraum,gesamtkommunal,verwaltungsintern" doc:"The social level on which it plays" example:"gruppen"`
	Danger             *bool          `json:"danger,omitempty" doc:"Danger check: is anybody in danger?" example:"false"`
	ConflictOfInterest *bool          `json:"conflict_of_interest,omitempty" doc:"Is whoever works on the case a party to it?" example:"false"`
	Docs
}

// Clearing is what the clearing has found.
type Clearing struct {
	Stamp
	RecordClearing
}

// Action is record_clearing.
func (RecordClearing) Action() Action { return ActionRecordClearing }

// Check refuses unknown values. All may be left out until they are known.
func (r RecordClearing) Check() error {
	return process.First(process.Optional("responsibility", r.Responsibility, Responsibilities), process.Optional("urgency", r.Urgency, Urgencies),
		process.Optional("level", r.Level, Levels), r.In(r.Action(), CaseFile))
}

func (r RecordClearing) apply(c *Case, by Stamp) *fault.Error {
	c.Clearing = &Clearing{by, r}
	return nil
}

// cleared is the gate out of detection: what the clearing must have found before a mandate.
func cleared(c Case, by string) *fault.Error {
	if f := triagedOpen(c, by); f != nil {
		return f
	}
	r := RecordClearing{}
	if c.Clearing != nil {
		r = c.Clearing.RecordClearing
	}
	var missing []string
	for _, m := range []struct {
		missing bool
		name    string
	}{
		{r.Responsibility == "", "responsibility"}, {r.Urgency == "", "urgency"}, {r.Level == "", "level"},
		{r.Danger == nil, "danger"}, {r.ConflictOfInterest == nil, "conflict_of_interest"},
	} {
		if m.missing {
			missing = append(missing, m.name)
		}
	}
	return process.Waiting("the clearing is not complete", "clearing",
		"the contact point (clearing) or a conflict manager completes it with record_clearing", missing...)
}

// DecideMandate says whether somebody in charge commissions the work, and on what legal basis.
// Prose: commissioner; reason.
type DecideMandate struct {
	Granted    bool       `json:"granted" doc:"Is the work commissioned?"`
	DecidedOn  Date       `json:"decided_on" format:"date" doc:"The day of the decision; not in the future"`
	LegalBasis LegalBasis `json:"legal_basis,omitempty" enum:"aufgabenerfuellung,einwilligung,rechtspflicht,lebenswichtige_interessen" doc:"What the processing of personal data rests on (Art. 6(1) DSGVO, §3 DSG NRW); required when granted" example:"aufgabenerfuellung"`
	Consent    Consent    `json:"consent,omitempty" enum:"nicht_erforderlich,eingeholt,ausstehend,verweigert" doc:"Whether the people concerned agreed; required when granted" example:"nicht_erforderlich"`
	Docs
}

// Mandate is the decision.
type Mandate struct {
	Stamp
	DecideMandate
}

// Action is decide_mandate.
func (DecideMandate) Action() Action { return ActionDecideMandate }

// Check wants a commissioner and a legal basis for a mandate, and a reason for a refusal.
func (d DecideMandate) Check() error {
	says := d.Needs("reason")
	if d.Granted {
		says = d.Needs("commissioner")
	}
	basis, consent := process.Optional("legal_basis", d.LegalBasis, LegalBases), process.Optional("consent", d.Consent, Consents)
	if d.Granted {
		basis, consent = process.OneOf("legal_basis", d.LegalBasis, LegalBases), process.OneOf("consent", d.Consent, Consents)
	}
	return process.First(process.Day("decided_on", d.DecidedOn), basis, consent, d.In(d.Action(), CaseFile), says)
}

func (d DecideMandate) apply(c *Case, by Stamp) *fault.Error {
	if f := process.NotAfter("decided_on", d.DecidedOn, by.At); f != nil {
		return f
	}
	c.Mandate, c.Phase = &Mandate{by, d}, Analysis
	if !d.Granted {
		c.Phase = Closed
	}
	return nil
}
