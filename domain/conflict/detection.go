package conflict

import (
	"regexp"

	"koko/domain/fault"
	"koko/domain/file"
)

// ReportSignal opens a case: somebody noticed something (DOMAIN: Früherkennung).
type ReportSignal struct {
	Reference   string     `json:"reference,omitempty" maxLength:"40" pattern:"^[A-Z0-9][A-Z0-9/._-]*$" doc:"File number (Aktenzeichen): capital letters, digits, / . _ -" example:"KK-2025/014"`
	Source      Source     `json:"source" doc:"Where the signal comes from"`
	Channel     Channel    `json:"channel,omitempty" doc:"How it arrived" example:"telefon"`
	ObservedOn  Date       `json:"observed_on" format:"date" doc:"The day it was observed; not in the future"`
	EEP         EEP        `json:"eep" doc:"Experienced, evidenced or potential tension"`
	Reliability int        `json:"reliability" minimum:"1" maximum:"4" doc:"1 unknown … 4 confirmed"`
	Title       file.Words `json:"title,omitzero" required:"true" in:"case" minLength:"1" maxLength:"200" doc:"What the case is called" example:"Streit um Kleingartenparzellen"`
	Text        file.Words `json:"text,omitzero" required:"true" in:"case" minLength:"1" maxLength:"20000" doc:"What was noticed" example:"Der Stadtverband bittet um Vermittlung."`
	Summary     file.Words `json:"summary,omitzero" in:"case" maxLength:"4000" doc:"The gist of it, in a sentence or two"`
	Place       file.Words `json:"place,omitzero" in:"case" maxLength:"400" doc:"Sozialraum, quarter or street" example:"Kleingartenanlage Am Bruch"`
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
		form = file.Invalid("reference", "pattern", "not a file number", "use capital letters, digits and / . _ -, never a name")
	}
	return file.First(form,
		file.OneOf("source", s.Source), file.Optional("channel", s.Channel), file.Day("observed_on", s.ObservedOn), file.OneOf("eep", s.EEP),
		file.Between("reliability", s.Reliability, 1, 4), s.In(s.Action(), CaseFile), s.Needs("title"), s.Needs("text"))
}

func (s ReportSignal) Apply(c *Case, by Stamp) *fault.Error {
	if f := file.NotAfter("observed_on", s.ObservedOn, by.At); f != nil {
		return f
	}
	c.Signal, c.Phase, c.Round, c.Opened = &Signal{by, s}, Detection, 1, by.At
	return nil
}

// TriageSignal decides what becomes of a signal.
type TriageSignal struct {
	Decision TriageDecision `json:"decision" doc:"Open a case, watch, refer or drop"`
	Reason   file.Words     `json:"reason,omitzero" in:"case" maxLength:"4000" doc:"Why; required for everything but fall_eroeffnen"`
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
	reason := t.NeedsIf(t.Decision != OpenCase, "reason")
	return file.First(file.OneOf("decision", t.Decision), t.In(t.Action(), CaseFile), reason)
}

func (t TriageSignal) Apply(c *Case, by Stamp) *fault.Error {
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
		return file.Waiting("the signal has not been opened as a case", "triage",
			"the contact point (clearing) or a conflict manager decides triage with fall_eroeffnen", "triage")
	}
	return nil
}

// RecordClearing notes what the clearing has found so far; it replaces what stood before.
type RecordClearing struct {
	Responsibility     Responsibility `json:"responsibility,omitempty" doc:"Who is responsible" example:"kommune"`
	Urgency            Urgency        `json:"urgency,omitempty" doc:"How pressing it is" example:"schwelend"`
	Level              Level          `json:"level,omitempty" doc:"The social level on which it plays" example:"gruppen"`
	Danger             *bool          `json:"danger,omitempty" doc:"Danger check: is anybody in danger?" example:"false"`
	ConflictOfInterest *bool          `json:"conflict_of_interest,omitempty" doc:"Is whoever works on the case a party to it?" example:"false"`
	Note               file.Words     `json:"note,omitzero" in:"case" maxLength:"20000" doc:"What was found, in words"`
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
	return file.First(file.Optional("responsibility", r.Responsibility), file.Optional("urgency", r.Urgency),
		file.Optional("level", r.Level), r.In(r.Action(), CaseFile))
}

func (r RecordClearing) Apply(c *Case, by Stamp) *fault.Error {
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
	return file.Waiting("the clearing is not complete", "clearing",
		"the contact point (clearing) or a conflict manager completes it with record_clearing", missing...)
}

// DecideMandate says whether somebody in charge commissions the work, and on what legal basis.
type DecideMandate struct {
	Granted      bool       `json:"granted" doc:"Is the work commissioned?"`
	DecidedOn    Date       `json:"decided_on" format:"date" doc:"The day of the decision; not in the future"`
	LegalBasis   LegalBasis `json:"legal_basis,omitempty" doc:"What the processing of personal data rests on (Art. 6(1) DSGVO, §3 DSG NRW); required when granted" example:"aufgabenerfuellung"`
	Consent      Consent    `json:"consent,omitempty" doc:"Whether the people concerned agreed; required when granted" example:"nicht_erforderlich"`
	Commissioner file.Words `json:"commissioner,omitzero" in:"case" maxLength:"400" doc:"Who commissions the work; required when granted" example:"Bürgermeisteramt"`
	Reason       file.Words `json:"reason,omitzero" in:"case" maxLength:"4000" doc:"Why; required when refused"`
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
	basis, consent := file.Optional("legal_basis", d.LegalBasis), file.Optional("consent", d.Consent)
	if d.Granted {
		basis, consent = file.OneOf("legal_basis", d.LegalBasis), file.OneOf("consent", d.Consent)
	}
	return file.First(file.Day("decided_on", d.DecidedOn), basis, consent, d.In(d.Action(), CaseFile), says)
}

func (d DecideMandate) Apply(c *Case, by Stamp) *fault.Error {
	if f := file.NotAfter("decided_on", d.DecidedOn, by.At); f != nil {
		return f
	}
	c.Mandate, c.Phase = &Mandate{by, d}, Analysis
	if !d.Granted {
		c.Phase = Closed
	}
	return nil
}
