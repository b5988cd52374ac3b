package policies

import (
	"fmt"
	"slices"
	"strings"

	"koko/domain/conflict"
	"koko/domain/process"
	"koko/domain/training"
)

// ties is a set of relations to a case, an enrolment or a cohort: one bit for each of relations.
type ties uint16

// relations are those that rows can name.
var relations = []process.Relation{
	conflict.Reporter, conflict.Assigned, conflict.MediatorOfRecord, conflict.Unhanded, conflict.Analyst, conflict.Proposer,
	training.Trainee, training.Superior, training.Teaching, training.Assessing, training.Judged, training.Runs,
}

// every is the set of all relations.
const every = ^ties(0)

// tiesOf leaves out relations that no row can name.
func tiesOf(rels []process.Relation) ties {
	var t ties
	for _, r := range rels {
		if i := slices.Index(relations, r); i >= 0 {
			t |= 1 << i
		}
	}
	return t
}

func (t ties) has(r process.Relation) bool { return t&tiesOf([]process.Relation{r}) != 0 }

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
	string(training.Trainee):          notOwnEnrolment,
	string(training.Superior):         notOwnStaff,
	string(training.Teaching):         notOwnTrainee,
	string(training.Assessing):        notAppointed,
	string(training.Runs):             notOwnCohort,
}

// excluding are the relations that can stand under unless.
var excluding = []process.Relation{
	conflict.Analyst, conflict.Proposer, conflict.Assigned,
	training.Trainee, training.Superior, training.Assessing, training.Judged,
}

// holds is the matcher's function for when.
func holds(args ...any) (any, error) {
	t, when, err := arguments(args)
	return err == nil && (when == always || t.has(process.Relation(when))), err
}

// bars is the matcher's function for unless.
func bars(args ...any) (any, error) {
	t, unless, err := arguments(args)
	if err != nil {
		return true, err
	}
	for r := range strings.SplitSeq(unless, "|") {
		if t.has(process.Relation(r)) {
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
