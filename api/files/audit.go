package files

import (
	"koko/api/guard"
	"koko/db"
)

// Sight returns the files of every kind that act shows to the caller: those that exist for them, and of which they learn what happens.
func (s *Server) Sight(caller guard.Principal, act string) db.Sight {
	return s.sightOf(caller, act, (*Kind).Following)
}

// Told returns the files of which act shows the caller what people did to them: those whose history the caller may
// read. Any other would reveal who is involved in a file that the caller only knows to exist.
func (s *Server) Told(caller guard.Principal, act string) db.Sight {
	return s.sightOf(caller, act, func(f *Kind) []string { return []string{f.Def.History} })
}

func (s *Server) sightOf(caller guard.Principal, act string, acts func(*Kind) []string) db.Sight {
	sight := db.Sight{Scope: s.Scope(caller, act)}
	for _, f := range s.Kinds {
		sight.Kinds = append(sight.Kinds, db.KindScope{Kind: f.Def.Kind, Scope: f.Scope(caller, acts(f)...)})
	}
	return sight
}
