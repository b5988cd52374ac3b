package policies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/file"
	"koko/domain/training"
	"koko/domain/training/cohort"
	"koko/domain/training/enrolment"
	"koko/policies"
)

// Tom is trained in Aachen, Sue is his line manager, Ann and Abe assess him, and Ann has judged.
var tom = enrolment.Enrolment{
	AGS: aachen, Trainee: "tom", LineManager: "sue", Cohort: "c1",
	Attempts: []enrolment.Attempt{{
		Assessors: []string{"ann", "abe"},
		Verdicts:  []enrolment.Verdict{{Stamp: file.Stamp{By: "ann"}}},
	}},
}

func TestWhoMayDoWhatToAnEnrolment(t *testing.T) {
	t.Parallel()
	p := load(t)
	trainee, trainer, assessor := grant("trainee", aachen), grant("trainer", aachen), grant("assessor", aachen)
	coordinator, certifier, lineManager := grant("coordinator", aachen), grant("certifier", aachen), grant("line_manager", aachen)
	supervisor, evaluation, dpo := grant(policies.Supervisor, aachen), grant(policies.Evaluation, aachen), grant(policies.DPO, aachen)
	everyCaseRole := grants{
		grant("reporter", aachen), grant("clearing", aachen), grant("conflict_manager", aachen),
		grant("mediator", aachen), grant("steering", aachen), grant(policies.Admin, aachen),
	}
	mine, other := []string{"c1"}, []string{"c2"}
	for name, tc := range map[string]struct {
		user    string
		grants  grants
		teaches []string
		act     string
		rule    string // what refuses; empty if allowed
	}{
		// Strangers.
		"a stranger reads no enrolment":              {"zoe", nil, nil, "read_enrolment", "role"},
		"being the trainee alone is no right":        {"tom", nil, nil, "read_enrolment", "role"},
		"roles for cases read no enrolment":          {"tom", everyCaseRole, mine, "read_enrolment", "role"},
		"nor its progress":                           {"sue", everyCaseRole, mine, "read_progress", "role"},
		"nobody offers a seat by hand":               {"zoe", grants{coordinator}, nil, "offer_seat", "role"},
		"nor attends by hand":                        {"tom", grants{trainee, coordinator}, nil, "attend", "role"},
		"a trainee of another town is not read here": {"tom", grants{grant("trainee", bonn)}, nil, "read_enrolment", "area"},

		// Trainees.
		"anyone with the role applies":                     {"zoe", grants{trainee}, nil, "apply", ""},
		"but not in another town":                          {"zoe", grants{grant("trainee", bonn)}, nil, "apply", "area"},
		"a trainee reads their own enrolment":              {"tom", grants{trainee}, nil, "read_enrolment", ""},
		"a trainee reads their own assessment":             {"tom", grants{trainee}, nil, "read_assessment_file", ""},
		"a trainee fetches their own certificate":          {"tom", grants{trainee}, nil, "read_certificate", ""},
		"a trainee accepts their own seat":                 {"tom", grants{trainee}, nil, "accept_seat", ""},
		"a trainee declines their own seat":                {"tom", grants{trainee}, nil, "decline_seat", ""},
		"a trainee submits their own concept":              {"tom", grants{trainee}, nil, "submit_concept", ""},
		"a trainee appeals":                                {"tom", grants{trainee}, nil, "appeal", ""},
		"a trainee pauses":                                 {"tom", grants{trainee}, nil, "pause", ""},
		"a trainee withdraws":                              {"tom", grants{trainee}, nil, "withdraw", ""},
		"a trainee does not read another's enrolment":      {"zoe", grants{trainee}, nil, "read_enrolment", "own_enrolment"},
		"a trainee does not fetch another's certificate":   {"zoe", grants{trainee}, nil, "read_certificate", "own_enrolment"},
		"a trainee does not submit another's concept":      {"zoe", grants{trainee}, nil, "submit_concept", "own_enrolment"},
		"a trainee does not withdraw another":              {"zoe", grants{trainee}, nil, "withdraw", "own_enrolment"},
		"a trainee does not read the history":              {"tom", grants{trainee}, nil, "read_training_history", "role"},
		"a trainee does not review their own concept":      {"tom", grants{trainee}, nil, "review_concept", "role"},
		"nor does a trainee who is a trainer":              {"tom", grants{trainee, trainer}, mine, "review_concept", "four_eyes"},
		"nor their own make-up":                            {"tom", grants{trainee, trainer}, mine, "review_make_up", "four_eyes"},
		"nor their own case report":                        {"tom", grants{trainee, trainer}, mine, "review_case_report", "four_eyes"},
		"nor record their own supervision":                 {"tom", grants{trainee, trainer, coordinator}, mine, "record_supervision", "four_eyes"},
		"a trainee who is a coordinator does not admit":    {"tom", grants{trainee, coordinator}, nil, "decide_application", "four_eyes"},
		"nor choose their own assessors":                   {"tom", grants{trainee, coordinator}, nil, "appoint_assessors", "four_eyes"},
		"nor move to a cohort with seats":                  {"tom", grants{trainee, coordinator}, nil, "transfer", "four_eyes"},
		"nor choose their own line manager":                {"tom", grants{trainee, coordinator}, nil, "change_employer", "four_eyes"},
		"nor the rules for their own certificate":          {"tom", grants{trainee, coordinator}, nil, "adopt_curriculum", "four_eyes"},
		"nor confirm their own attendance":                 {"tom", grants{trainee, coordinator, certifier}, nil, "confirm_attendance", "four_eyes"},
		"but pauses, as trainees do":                       {"tom", grants{coordinator}, nil, "pause", ""},
		"a trainee who is a certifier does not certify":    {"tom", grants{trainee, certifier}, nil, "certify", "four_eyes"},
		"nor reissue their own certificate":                {"tom", grants{trainee, certifier}, nil, "reissue_certificate", "four_eyes"},
		"nor revoke it":                                    {"tom", grants{trainee, certifier}, nil, "revoke_certificate", "four_eyes"},
		"nor decide their own appeal":                      {"tom", grants{trainee, certifier, coordinator}, nil, "decide_appeal", "four_eyes"},
		"a trainee who is a line manager does not release": {"tom", grants{trainee, lineManager}, nil, "decide_release", "own_staff"},
		"a trainee who is an assessor gives no verdict":    {"tom", grants{trainee, assessor}, nil, "record_verdict", "appointed"},
		"a trainee who is a certifier reads as both":       {"tom", grants{certifier, trainee}, nil, "read_certificate", ""},
		"a trainee sees no progress of others in the town": {"zoe", grants{trainee}, nil, "read_progress", "role"},

		// Employers.
		"a line manager releases":                               {"sue", grants{lineManager}, nil, "decide_release", ""},
		"another line manager does not":                         {"zoe", grants{lineManager}, nil, "decide_release", "own_staff"},
		"a line manager of another town does not":               {"sue", grants{grant("line_manager", bonn)}, nil, "decide_release", "area"},
		"a line manager sees the progress of the own staff":     {"sue", grants{lineManager}, nil, "read_progress", ""},
		"but not of other staff":                                {"zoe", grants{lineManager}, nil, "read_progress", "own_staff"},
		"a line manager does not read the enrolment":            {"sue", grants{lineManager}, nil, "read_enrolment", "role"},
		"a line manager does not read the assessment":           {"sue", grants{lineManager}, nil, "read_assessment_file", "role"},
		"a line manager does not read what was handed in":       {"sue", grants{lineManager}, nil, "read_training_file", "role"},
		"a line manager does not fetch the certificate":         {"sue", grants{lineManager}, nil, "read_certificate", "role"},
		"a line manager does not withdraw the trainee":          {"sue", grants{lineManager}, nil, "withdraw", "role"},
		"who releases does not admit":                           {"sue", grants{lineManager, coordinator}, nil, "decide_application", "four_eyes"},
		"but coordinates otherwise":                             {"sue", grants{lineManager, coordinator}, nil, "appoint_assessors", ""},
		"a coordinator who is no line manager does not release": {"zoe", grants{coordinator}, nil, "decide_release", "role"},

		// Trainers.
		"a trainer reads the enrolments of the own cohort": {"tia", grants{trainer}, mine, "read_enrolment", ""},
		"a trainer reads what was handed in there":         {"tia", grants{trainer}, mine, "read_training_file", ""},
		"a trainer reviews a concept there":                {"tia", grants{trainer}, mine, "review_concept", ""},
		"a trainer records a supervision there":            {"tia", grants{trainer}, mine, "record_supervision", ""},
		"a trainer of another cohort does not read":        {"tia", grants{trainer}, other, "read_enrolment", "own_trainee"},
		"nor review":                                        {"tia", grants{trainer}, other, "review_case_report", "own_trainee"},
		"nor record a supervision":                          {"tia", grants{trainer}, other, "record_supervision", "own_trainee"},
		"a trainer of no cohort does not either":            {"tia", grants{trainer}, nil, "review_make_up", "own_trainee"},
		"a trainer of the cohort in another town does not":  {"tia", grants{grant("trainer", bonn)}, mine, "read_enrolment", "area"},
		"a trainer does not read the assessment":            {"tia", grants{trainer}, mine, "read_assessment_file", "role"},
		"a trainer gives no verdict":                        {"tia", grants{trainer}, mine, "record_verdict", "role"},
		"a trainer does not admit":                          {"tia", grants{trainer}, mine, "decide_application", "role"},
		"a trainer does not certify":                        {"tia", grants{trainer}, mine, "certify", "role"},
		"a trainer who loses the role loses the trainees":   {"tia", grants{assessor}, mine, "read_enrolment", "appointed"},
		"teaching alone is no right":                        {"tia", nil, mine, "read_enrolment", "role"},
		"a trainer who coordinates may do what either may":  {"tia", grants{trainer, coordinator}, other, "record_supervision", ""},
		"a trainer who assesses reads it once she is named": {"ann", grants{trainer, assessor}, mine, "read_assessment_file", ""},

		// Assessors.
		"an appointed assessor reads the enrolment":       {"abe", grants{assessor}, nil, "read_enrolment", ""},
		"an appointed assessor reads what was handed in":  {"abe", grants{assessor}, nil, "read_training_file", ""},
		"an appointed assessor reads the assessment":      {"abe", grants{assessor}, nil, "read_assessment_file", ""},
		"an appointed assessor gives a verdict":           {"abe", grants{assessor}, nil, "record_verdict", ""},
		"and replaces it":                                 {"ann", grants{assessor}, nil, "record_verdict", ""},
		"an assessor who is not appointed does not read":  {"zoe", grants{assessor}, nil, "read_enrolment", "appointed"},
		"nor the assessment":                              {"zoe", grants{assessor}, nil, "read_assessment_file", "appointed"},
		"nor give a verdict":                              {"zoe", grants{assessor}, nil, "record_verdict", "appointed"},
		"an appointed assessor of another town does not":  {"abe", grants{grant("assessor", bonn)}, nil, "record_verdict", "area"},
		"an assessor does not fetch the certificate":      {"abe", grants{assessor}, nil, "read_certificate", "role"},
		"an assessor does not decide on an appeal":        {"abe", grants{assessor}, nil, "decide_appeal", "role"},
		"an assessor does not review what was handed in":  {"abe", grants{assessor}, nil, "review_concept", "role"},
		"being appointed without the role gives no right": {"abe", grants{trainer}, nil, "record_verdict", "role"},

		// Coordinators.
		"a coordinator admits":                               {"zoe", grants{coordinator}, nil, "decide_application", ""},
		"a coordinator of another town does not":             {"zoe", grants{grant("coordinator", bonn)}, nil, "decide_application", "area"},
		"a coordinator reads the enrolment":                  {"zoe", grants{coordinator}, nil, "read_enrolment", ""},
		"not that of another town":                           {"zoe", grants{grant("coordinator", bonn)}, nil, "read_enrolment", "area"},
		"a coordinator reads the assessment":                 {"zoe", grants{coordinator}, nil, "read_assessment_file", ""},
		"a coordinator appoints assessors":                   {"zoe", grants{coordinator}, nil, "appoint_assessors", ""},
		"a coordinator transfers":                            {"zoe", grants{coordinator}, nil, "transfer", ""},
		"a coordinator records a supervision":                {"zoe", grants{coordinator}, nil, "record_supervision", ""},
		"a coordinator decides on an appeal":                 {"zoe", grants{coordinator}, nil, "decide_appeal", ""},
		"a coordinator who assesses does not":                {"abe", grants{coordinator}, nil, "decide_appeal", "four_eyes"},
		"nor one who has judged":                             {"ann", grants{coordinator, assessor}, nil, "decide_appeal", "four_eyes"},
		"a coordinator does not review: trainers do":         {"zoe", grants{coordinator}, mine, "review_concept", "role"},
		"a coordinator gives no verdict":                     {"zoe", grants{coordinator}, nil, "record_verdict", "role"},
		"a coordinator does not certify":                     {"zoe", grants{coordinator}, nil, "certify", "role"},
		"a coordinator does not revoke":                      {"zoe", grants{coordinator}, nil, "revoke_certificate", "role"},
		"a coordinator does not submit for a trainee":        {"zoe", grants{coordinator}, nil, "submit_concept", "role"},
		"a coordinator does not appeal for a trainee":        {"zoe", grants{coordinator}, nil, "appeal", "role"},
		"a coordinator withdraws a trainee":                  {"zoe", grants{coordinator}, nil, "withdraw", ""},
		"a coordinator reads the history":                    {"zoe", grants{coordinator}, nil, "read_training_history", ""},
		"a coordinator reads no case":                        {"zoe", grants{coordinator}, nil, "read_case", "role"},
		"a coordinator publishes no curriculum":              {"zoe", grants{coordinator}, nil, "publish_curriculum", "role"},
		"a coordinator confirms attendance":                  {"zoe", grants{coordinator}, nil, "confirm_attendance", ""},
		"a coordinator does not accept a seat for a trainee": {"zoe", grants{coordinator}, nil, "accept_seat", "role"},

		// Certifiers.
		"a certifier certifies":                                 {"zoe", grants{certifier}, nil, "certify", ""},
		"a certifier of another town does not":                  {"zoe", grants{grant("certifier", bonn)}, nil, "certify", "area"},
		"a certifier who judged does not":                       {"ann", grants{certifier, assessor}, nil, "certify", "four_eyes"},
		"nor one who is to judge":                               {"abe", grants{certifier}, nil, "certify", "four_eyes"},
		"a certifier who judged does not decide on the appeal":  {"ann", grants{certifier}, nil, "decide_appeal", "four_eyes"},
		"nor with the role of a coordinator":                    {"ann", grants{certifier, coordinator}, nil, "decide_appeal", "four_eyes"},
		"a certifier who judged revokes":                        {"ann", grants{certifier}, nil, "revoke_certificate", ""},
		"a certifier reads the enrolment":                       {"zoe", grants{certifier}, nil, "read_enrolment", ""},
		"a certifier fetches the certificate":                   {"zoe", grants{certifier}, nil, "read_certificate", ""},
		"a certifier publishes a curriculum":                    {"zoe", grants{certifier}, nil, "publish_curriculum", ""},
		"a certifier reads what an appeal is about":             {"zoe", grants{certifier}, nil, "read_assessment_file", ""},
		"a certifier does not read what was handed in":          {"zoe", grants{certifier}, nil, "read_training_file", "role"},
		"a certifier appoints no assessors":                     {"zoe", grants{certifier}, nil, "appoint_assessors", "role"},
		"a certifier who was assessor of another one certifies": {"zoe", grants{certifier, assessor}, nil, "certify", ""},

		// Who looks on.
		"the evaluation counts":                                       {"zoe", grants{evaluation}, nil, "read_training_statistics", ""},
		"the evaluation reads no enrolment":                           {"zoe", grants{evaluation}, mine, "read_enrolment", "role"},
		"nor progress":                                                {"zoe", grants{evaluation}, nil, "read_progress", "role"},
		"nor cohorts":                                                 {"zoe", grants{evaluation}, nil, "read_cohort", "role"},
		"a supervisor sees how far trainees are":                      {"zoe", grants{supervisor}, nil, "read_progress", ""},
		"a supervisor reads the history of a training":                {"zoe", grants{supervisor}, nil, "read_training_history", ""},
		"a supervisor reads no enrolment":                             {"zoe", grants{supervisor}, nil, "read_enrolment", "role"},
		"a supervisor does not decide on appeals":                     {"zoe", grants{supervisor}, nil, "decide_appeal", "role"},
		"the data protection officer reads the history of a training": {"zoe", grants{dpo}, nil, "read_training_history", ""},
		"the data protection officer reads no enrolment":              {"zoe", grants{dpo}, nil, "read_enrolment", "role"},
		"nobody else counts":                                          {"zoe", grants{supervisor, dpo, trainer, assessor, trainee, lineManager}, mine, "read_training_statistics", "role"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // asked, then remembered
				requireRule(t, tc.rule, p.Decide(tc.grants, tc.act, town(tom.AGS), tom.Relations(tc.user, tc.teaches)))
			}
		})
	}
}

// The cohort of Aachen is offered to Eschweiler, too, and Tia is its trainer.
var course = cohort.Cohort{AGS: aachen, Offered: ags.Area{aachen, eschwei}, Trainers: []string{"tia"}}

func placeOf(c cohort.Cohort) policies.Place {
	return policies.Place{Own: c.AGS, Offered: c.Offered}
}

func TestWhoMayDoWhatToACohort(t *testing.T) {
	t.Parallel()
	p := load(t)
	for name, tc := range map[string]struct {
		user   string
		grants grants
		act    string
		rule   string // what refuses; empty if allowed
	}{
		"a stranger sees no cohort":                                 {"zoe", nil, "read_cohort", "role"},
		"nor does a trainer without the role":                       {"tia", nil, "read_cohort", "role"},
		"nor a case worker":                                         {"zoe", grants{grant("caseworker", aachen)}, "read_cohort", "role"},
		"a trainee sees the cohort of their own town":               {"zoe", grants{grant("trainee", aachen)}, "read_cohort", ""},
		"and the one offered to the own town":                       {"zoe", grants{grant("trainee", eschwei)}, "read_cohort", ""},
		"but no other":                                              {"zoe", grants{grant("trainee", bonn)}, "read_cohort", "area"},
		"a trainee applies where it is offered":                     {"zoe", grants{grant("trainee", eschwei)}, "apply", ""},
		"but not elsewhere":                                         {"zoe", grants{grant("trainee", bonn)}, "apply", "area"},
		"a trainee does not see who takes part":                     {"zoe", grants{grant("trainee", aachen)}, "read_participants", "role"},
		"a line manager sees the cohort":                            {"zoe", grants{grant("line_manager", eschwei)}, "read_cohort", ""},
		"a line manager does not see who takes part":                {"zoe", grants{grant("line_manager", aachen)}, "read_participants", "role"},
		"a trainer sees other cohorts, too":                         {"zoe", grants{grant("trainer", eschwei)}, "read_cohort", ""},
		"a trainer signs the own list":                              {"tia", grants{grant("trainer", aachen)}, "sign_list", ""},
		"also where the cohort is offered only":                     {"tia", grants{grant("trainer", eschwei)}, "sign_list", ""},
		"but not from elsewhere":                                    {"tia", grants{grant("trainer", bonn)}, "sign_list", "area"},
		"a trainer does not sign another's list":                    {"zoe", grants{grant("trainer", aachen)}, "sign_list", "own_cohort"},
		"not even where it is offered":                              {"zoe", grants{grant("trainer", eschwei)}, "sign_list", "own_cohort"},
		"a trainer sees who takes part":                             {"tia", grants{grant("trainer", eschwei)}, "read_participants", ""},
		"another trainer does not":                                  {"zoe", grants{grant("trainer", aachen)}, "read_participants", "own_cohort"},
		"a trainer does not staff the own cohort":                   {"tia", grants{grant("trainer", aachen)}, "staff_cohort", "role"},
		"a coordinator plans a cohort":                              {"zoe", grants{grant("coordinator", aachen)}, "plan_cohort", ""},
		"a coordinator staffs a cohort":                             {"zoe", grants{grant("coordinator", aachen)}, "staff_cohort", ""},
		"a coordinator sees who takes part":                         {"zoe", grants{grant("coordinator", aachen)}, "read_participants", ""},
		"a coordinator does not sign a list":                        {"zoe", grants{grant("coordinator", aachen)}, "sign_list", "role"},
		"a coordinator sees the cohort offered to the own town":     {"zoe", grants{grant("coordinator", eschwei)}, "read_cohort", ""},
		"but does not staff it":                                     {"zoe", grants{grant("coordinator", eschwei)}, "staff_cohort", "area"},
		"nor cancel it":                                             {"zoe", grants{grant("coordinator", eschwei)}, "cancel_cohort", "area"},
		"nor see who takes part":                                    {"zoe", grants{grant("coordinator", eschwei)}, "read_participants", "area"},
		"nor read its history":                                      {"zoe", grants{grant("coordinator", eschwei)}, "read_training_history", "area"},
		"being its trainer does not help with it":                   {"tia", grants{grant("coordinator", eschwei), grant("trainer", eschwei)}, "staff_cohort", "area"},
		"an assessor sees the cohort":                               {"zoe", grants{grant("assessor", aachen)}, "read_cohort", ""},
		"a certifier sees the cohort":                               {"zoe", grants{grant("certifier", eschwei)}, "read_cohort", ""},
		"a certifier does not see who takes part":                   {"zoe", grants{grant("certifier", aachen)}, "read_participants", "role"},
		"a supervisor sees no cohort":                               {"zoe", grants{grant(policies.Supervisor, aachen)}, "read_cohort", "role"},
		"but its history":                                           {"zoe", grants{grant(policies.Supervisor, aachen)}, "read_training_history", ""},
		"not where it is offered only":                              {"zoe", grants{grant(policies.Supervisor, eschwei)}, "read_training_history", "area"},
		"nobody takes a seat by hand":                               {"zoe", grants{grant("coordinator", aachen)}, "take_seat", "role"},
		"the area of one grant does not lend itself to another one": {"zoe", grants{grant("coordinator", eschwei), grant("trainee", aachen)}, "amend_cohort", "area"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // asked, then remembered
				requireRule(t, tc.rule, p.Decide(tc.grants, tc.act, placeOf(course), course.Relations(tc.user)))
			}
		})
	}
}

// A cohort that its own municipality does not take part in is still run by it.
func TestACohortNeedNotBeOfferedWhereItIsRun(t *testing.T) {
	t.Parallel()
	p := load(t)
	away := cohort.Cohort{AGS: aachen, Offered: ags.Area{eschwei}}
	for _, act := range []string{cohort.ReadCohort, cohort.ReadParticipants, "staff_cohort"} {
		requireRule(t, "", p.Decide(grants{grant("coordinator", aachen)}, act, placeOf(away), nil))
	}
}

func TestWhatOpensACohortWhereItIsOfferedOpensNothingElseThere(t *testing.T) {
	t.Parallel()
	p := load(t)
	gs := grants{}
	for _, role := range policies.Roles() {
		gs = append(gs, grant(role, eschwei))
	}
	var may []string
	for _, act := range policies.Actions() {
		if p.Decide(gs, act, placeOf(course), allRelations).Allowed || p.Decide(gs, act, placeOf(course), rels{training.Runs}).Allowed {
			may = append(may, act)
		}
	}
	require.Equal(t, []string{"apply", "sign_list", "read_cohort", "read_participants"}, may)
}

func requireRule(t *testing.T, rule string, d policies.Decision) {
	t.Helper()
	require.Equal(t, rule == "", d.Allowed, d.Rule)
	if rule != "" {
		require.Equal(t, rule, d.Rule)
		require.Empty(t, d.Grant)
		require.NotEmpty(t, d.Remedy)
	}
}
