package demo

import (
	"embed"
	"io/fs"
	"path"
	"strings"

	"koko/internal/scenario"
)

//go:embed cases/*.yaml
var caseTexts embed.FS

// Cases are the scripts of the invented cases, up to where they stand.
func Cases() ([]*scenario.Script, error) {
	names, err := fs.Glob(caseTexts, "cases/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*scenario.Script
	for _, name := range names {
		s, err := scenario.Read(caseTexts, name)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// numberOf is the file number of a case: its script is called after it.
func numberOf(s *scenario.Script) string { return strings.TrimSuffix(path.Base(s.Name), ".yaml") }

// Cast has the people of a place play the parts that their logins begin with. No day is the first: the cases
// have dates.
func Cast(place string) scenario.Cast {
	c := scenario.Cast{People: map[string]string{}}
	for _, u := range Users() {
		if part, at, _ := strings.Cut(u.Login, "."); at == place {
			c.People[part] = u.Subject
		}
	}
	return c
}
