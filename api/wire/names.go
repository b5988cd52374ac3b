package wire

import (
	"github.com/danielgtaylor/huma/v2"

	"koko/domain/file"
	"koko/kinds"
	"koko/policies"
)

// KindName is a kind of file, as the API names it.
type KindName file.Kind

// Schema lists the kinds.
func (KindName) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, k := range kinds.All() {
		s.Enum = append(s.Enum, string(k.Kind))
	}
	s.PrecomputeMessages()
	return s
}

// RoleName is a role, as the API names it.
type RoleName policies.Role

// Schema lists the roles.
func (RoleName) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, r := range policies.Roles() {
		s.Enum = append(s.Enum, string(r))
	}
	s.PrecomputeMessages()
	return s
}
