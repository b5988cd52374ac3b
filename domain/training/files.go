package training

import "koko/domain/process"

// File is what every file tells of itself.
func (e Enrolment) File() process.File {
	return process.File{ID: e.ID, AGS: e.AGS, Version: e.Version, Changed: e.Changed}
}

// File is what every file tells of itself.
func (c Cohort) File() process.File {
	return process.File{ID: c.ID, AGS: c.AGS, Version: c.Version, Changed: c.Changed}
}
