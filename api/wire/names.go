package wire

import (
	"koko/domain/file"
	"koko/kinds"
	"koko/policies"
)

// KindName is a kind of file, as the API names it.
type KindName file.Kind

func (KindName) Values() (all []KindName) {
	for _, k := range kinds.All() {
		all = append(all, KindName(k.Kind))
	}
	return all
}

// RoleName is a role, as the API names it.
type RoleName policies.Role

func (RoleName) Values() (all []RoleName) {
	for _, r := range policies.Roles() {
		all = append(all, RoleName(r))
	}
	return all
}
