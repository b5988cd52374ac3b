package files

import (
	"koko/api/guard"
	"koko/db"
)

// Sight is what act shows to the caller of the files of every kind: those that exist for them.
func (s *Server) Sight(caller guard.Principal, act string) db.Sight {
	return s.sightOf(caller, act, (*Kind).Seeing)
}

// Told is what act tells the caller of what people did to files: to those of which they may read the history. Else
// it would tell who has to do with a file that they know to be there, and no more.
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
