package demo

import (
	"embed"
	"io/fs"
	"path"
	"strings"

	"koko/internal/scenario"
)

//go:embed cases/*.yaml advice/*.yaml
var texts embed.FS

// Cases are the scripts of the invented cases, up to where they stand.
func Cases() ([]*scenario.Script, error) { return scripts("cases") }

// Advice are the scripts of the invented advice, up to where it stands. Their day 60 is the day on which the
// demonstration began.
func Advice() ([]*scenario.Script, error) { return scripts("advice") }

func scripts(folder string) ([]*scenario.Script, error) {
	names, err := fs.Glob(texts, folder+"/*.yaml")
	if err != nil {
		return nil, err
	}
	var all []*scenario.Script
	for _, name := range names {
		s, err := scenario.Read(texts, name)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// numberOf is the file number of a case, or what an advice is called here: its script is called after it.
func numberOf(s *scenario.Script) string { return strings.TrimSuffix(path.Base(s.Name), ".yaml") }

// CastOf has the people of the place of a script play their parts.
func CastOf(s *scenario.Script) scenario.Cast { return Cast(staff(s.In)) }

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
