package reference

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"koko/domain/training/curriculum"
)

//go:embed curricula/*.json
var curricula embed.FS

var loadCurricula = sync.OnceValue(func() []curriculum.Curriculum {
	cs, err := readCurricula(curricula)
	if err != nil {
		panic(err)
	}
	return cs
})

// Curricula returns the curricula that KoKo comes with, the versions of each in their order.
func Curricula() []curriculum.Curriculum { return slices.Clone(loadCurricula()) }

func readCurricula(files fs.FS) ([]curriculum.Curriculum, error) {
	names, err := fs.Glob(files, "curricula/*.json")
	if err != nil {
		return nil, err
	}
	var cs []curriculum.Curriculum
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var c curriculum.Curriculum
		if err := json.Unmarshal(b, &c); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if want := fmt.Sprintf("curricula/%s.v%d.json", c.ID, c.Version); name != want {
			return nil, fmt.Errorf("%s: its content belongs into %s", name, want)
		}
		cs = append(cs, c)
	}
	slices.SortFunc(cs, func(a, b curriculum.Curriculum) int {
		if a.ID != b.ID {
			return cmp.Compare(a.ID, b.ID)
		}
		return a.Version - b.Version
	})
	return cs, nil
}
