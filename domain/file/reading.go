package file

// A ReadingReason is why a supervisor reads what is not open to everybody (Zugriffsgrund).
type ReadingReason string

func (ReadingReason) Values() []ReadingReason {
	return []ReadingReason{"fachaufsicht", "beschwerde", "datenschutz", "qualitaetssicherung", "rechtsstreit"}
}
