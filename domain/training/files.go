package training

import "koko/domain/file"

// Head is what every file tells of itself.
func (e Enrolment) Head() file.Head {
	return file.Head{ID: e.ID, AGS: e.AGS, Version: e.Version, Phase: string(e.Phase), Opened: e.Opened, Changed: e.Changed, Passed: e.Passed}
}

// Head is what every file tells of itself.
func (c Cohort) Head() file.Head {
	return file.Head{ID: c.ID, AGS: c.AGS, Version: c.Version, Phase: string(c.Stage), Opened: c.Opened, Changed: c.Changed, Passed: c.Passed}
}
