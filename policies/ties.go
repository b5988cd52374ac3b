package policies

import (
	"fmt"
	"slices"
	"strings"

	"koko/domain/file"
	"koko/kinds"
)

// ties is a set of relations to a file: one bit for each of relations.
type ties uint64

// relations are those that rows can name: of every kind, in the order of the list.
var relations = func() (all []file.RelationSpec) {
	for _, k := range kinds.All() {
		all = append(all, k.Relations...)
	}
	if len(all) > 64 {
		panic("policies: a set of ties has no room for so many relations")
	}
	return all
}()

// relation returns what its kind says of a relation.
func relation(name string) (file.RelationSpec, bool) {
	i := slices.IndexFunc(relations, func(r file.RelationSpec) bool { return string(r.Name) == name })
	if i < 0 {
		return file.RelationSpec{}, false
	}
	return relations[i], true
}

// every is the set of all relations.
const every = ^ties(0)

// tiesOf leaves out relations that no row can name.
func tiesOf(rels []file.Relation) ties {
	var t ties
	for _, r := range rels {
		if i := slices.IndexFunc(relations, func(s file.RelationSpec) bool { return s.Name == r }); i >= 0 {
			t |= 1 << i
		}
	}
	return t
}

func (t ties) has(r file.Relation) bool { return t&tiesOf([]file.Relation{r}) != 0 }

// The words of policy.csv beside relations.
const (
	always  = "any"
	nothing = "-"
)

// holds is the matcher's function for when.
func holds(args ...any) (any, error) {
	t, when, err := arguments(args)
	return err == nil && (when == always || t.has(file.Relation(when))), err
}

// bars is the matcher's function for unless.
func bars(args ...any) (any, error) {
	t, unless, err := arguments(args)
	if err != nil {
		return true, err
	}
	for r := range strings.SplitSeq(unless, "|") {
		if t.has(file.Relation(r)) {
			return true, nil
		}
	}
	return false, nil
}

func arguments(args []any) (ties, string, error) {
	if len(args) == 2 {
		t, isTies := args[0].(ties)
		word, isWord := args[1].(string)
		if isTies && isWord {
			return t, word, nil
		}
	}
	return 0, "", fmt.Errorf("want relations and a word of the policy, have %v", args)
}
