package policies

import (
	"fmt"
	"slices"
	"strings"

	"koko/domain/conflict"
)

// ties is a set of relations to a case: one bit for each of relations.
type ties uint8

// relations are those that rows can name.
var relations = []conflict.Relation{
	conflict.Reporter, conflict.Assigned, conflict.MediatorOfRecord, conflict.Unhanded, conflict.Analyst, conflict.Proposer,
}

// every is the set of all relations.
const every = ^ties(0)

// tiesOf leaves out relations that no row can name.
func tiesOf(rels []conflict.Relation) ties {
	var t ties
	for _, r := range rels {
		if i := slices.Index(relations, r); i >= 0 {
			t |= 1 << i
		}
	}
	return t
}

func (t ties) has(r conflict.Relation) bool { return t&tiesOf([]conflict.Relation{r}) != 0 }

// The words of policy.csv beside relations.
const (
	always  = "any"
	nothing = "-"
)

// unfulfilled names the refusal of rows by the when that does not hold.
var unfulfilled = map[string]string{
	string(conflict.Reporter):         notOwnSignal,
	string(conflict.Assigned):         notAssigned,
	string(conflict.MediatorOfRecord): notOfRecord,
	string(conflict.Unhanded):         handedOver,
}

// excluding are the relations that can stand under unless.
var excluding = []conflict.Relation{conflict.Analyst, conflict.Proposer, conflict.Assigned}

// holds is the matcher's function for when.
func holds(args ...any) (any, error) {
	t, when, err := arguments(args)
	return err == nil && (when == always || t.has(conflict.Relation(when))), err
}

// bars is the matcher's function for unless.
func bars(args ...any) (any, error) {
	t, unless, err := arguments(args)
	if err != nil {
		return true, err
	}
	for r := range strings.SplitSeq(unless, "|") {
		if t.has(conflict.Relation(r)) {
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
