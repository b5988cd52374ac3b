package historytest

import (
	"slices"

	"koko/domain/conflict"
	"koko/domain/file"
)

// Discreet is a case of which some is confidential: what is put with the identities, and every new score. The kinds of
// the house veil all of a file or nothing of it; what serves them must not rely on that.
func Discreet() *file.Definition {
	s := *conflict.Spec
	s.Rules = slices.Clone(s.Rules)
	for i, r := range s.Rules {
		if a := r.Form.Action(); a == conflict.ActionAddNote || a == conflict.ActionAttachDocument {
			s.Rules[i].VeiledBy = conflict.Identities
		} else if a == conflict.ActionAssessEscalation {
			s.Rules[i].Veil = conflict.ReadIdentities
		}
	}
	s.Compartments = slices.Clone(s.Compartments)
	for i, c := range s.Compartments {
		s.Compartments[i].Veiled = c.Name == conflict.Identities
	}
	s.Lenses = []file.Lens[conflict.Case]{
		{Name: "case", Acts: []string{conflict.ReadCase, conflict.ReadIdentities}, Show: func(c conflict.Case) any { return c }},
		{Name: "case", Acts: []string{conflict.ReadCase}, Show: func(c conflict.Case) any {
			c.Notes, c.Attachments = 0, 0
			return c
		}},
	}
	return file.Define(&s)
}
