package policies

import (
	"slices"
	"strings"

	"koko/domain/conflict"
	"koko/domain/process"
	"koko/domain/training"
)

// titles name who has a role.
var titles = map[Role]string{
	Reporter:        "a reporting office",
	Clearing:        "the contact point (clearing)",
	Caseworker:      "a case worker",
	ConflictManager: "a conflict manager",
	Mediator:        "a mediator",
	Steering:        "the steering group",
	Supervisor:      "a supervisor",
	Evaluation:      "the evaluation",
	DPO:             "the data protection officer",
	Admin:           "an administrator",
	Trainee:         "a trainee",
	Trainer:         "a trainer",
	Assessor:        "an assessor",
	Coordinator:     "a coordinator",
	Certifier:       "a certifier",
	Employer:        "an employer",
}

// untouched says of somebody that they have no hand in the matter.
var untouched = map[process.Relation]string{
	conflict.Analyst:   "did not write the analysis",
	conflict.Proposer:  "did not propose the closure",
	conflict.Assigned:  "does not work on the case",
	training.Trainee:   "is not the trainee",
	training.Superior:  "is not the trainee's superior",
	training.Assessing: "does not assess the trainee",
	training.Judged:    "gave no verdict",
}

// remedy says who can do what rule refused.
func (p *Policy) remedy(act, rule string) string {
	if r, ok := p.remedies[refusal{act, rule}]; ok {
		return r
	}
	return "nobody can do it"
}

// allRemedies writes the remedies of all refusals, because a view needs many.
func (p *Policy) allRemedies() map[refusal]string {
	all := map[refusal]string{}
	for _, act := range Actions() {
		anyone := p.who(act, func(row) bool { return true })
		atLarge := p.who(act, func(r row) bool { return r.when == always })
		handed := p.who(act, func(r row) bool { return r.when != string(conflict.Unhanded) })
		for rule, sentence := range map[string]string{
			noRole:          anyone + " can do it",
			notArea:         anyone + " of this municipality can do it",
			notAssigned:     "whoever works on the case can do it" + prefixed(", or ", atLarge),
			notOfRecord:     "a mediator of record, named in plan_mediation, can do it",
			notOwnSignal:    "whoever reported the signal can do it",
			handedOver:      handed + " can do it, now that the case has left detection",
			notOwnEnrolment: "the trainee can do it" + prefixed(", or ", atLarge),
			notOwnStaff:     "the trainee's superior can do it" + prefixed(", or ", atLarge),
			notOwnTrainee:   "a trainer of the trainee's cohort can do it" + prefixed(", or ", atLarge),
			notAppointed:    "an assessor of the trainee, named in appoint_assessors, can do it" + prefixed(", or ", atLarge),
			notOwnCohort:    "a trainer of the cohort can do it" + prefixed(", or ", atLarge),
			sameEyes:        anyone + " who " + p.apart(act) + " can do it",
			policyError:     "an operator has to repair the installation",
		} {
			all[refusal{act, rule}] = sentence
		}
	}
	return all
}

// who names the roles that have a row for act like that.
func (p *Policy) who(act string, like func(row) bool) string {
	var names []string
	for _, role := range Roles() {
		if slices.ContainsFunc(p.rows[role], func(r row) bool { return r.act == act && like(r) }) {
			names = append(names, titles[role])
		}
	}
	switch n := len(names); n {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
	}
}

// apart says of whoever may do act that they have no hand in the matter.
func (p *Policy) apart(act string) string {
	var parts []string
	for _, role := range Roles() {
		for _, r := range p.rows[role] {
			for _, u := range r.unless {
				if r.act == act && !slices.Contains(parts, untouched[u]) {
					parts = append(parts, untouched[u])
				}
			}
		}
	}
	return strings.Join(parts, " and ")
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}
