package policies_test

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/domain/ags"
	"koko/domain/conflict"
	"koko/domain/file"
	"koko/domain/training/enrolment"
	"koko/domain/work"
	"koko/kinds"
	"koko/policies"
)

const (
	aachen   ags.Key = "05334002" // has a KI of its own, inside the Städteregion
	eschwei  ags.Key = "05334012" // Eschweiler, in the Städteregion
	bonn     ags.Key = "05314000"
	district ags.Key = "05334"
)

// loaded is shared: a policy never changes.
var loaded = sync.OnceValues(policies.Load)

func load(t testing.TB) *policies.Policy {
	t.Helper()
	p, err := loaded()
	require.NoError(t, err)
	return p
}

// town is where a case or an enrolment lies.
func town(k ags.Key) policies.Place { return policies.Place{Own: k} }

func grant(role policies.Role, area ...ags.Key) policies.Grant {
	return policies.Grant{ID: string(role), Role: role, Area: area}
}

type (
	grants = []policies.Grant
	rels   = []file.Relation
)

func TestWhoMayDoWhatWhere(t *testing.T) {
	t.Parallel()
	p := load(t)
	for name, tc := range map[string]struct {
		grants grants
		act    string
		where  ags.Key
		rels   rels
		rule   string // what refuses; empty if allowed
	}{
		// The area is a list of municipalities.
		"a conflict manager analyses in her town": {grants{grant("conflict_manager", aachen)}, "record_analysis", aachen, nil, ""},
		"but not in another":                      {grants{grant("conflict_manager", aachen)}, "record_analysis", bonn, nil, "area"},
		"a district key is not a town":            {grants{grant("conflict_manager", district)}, "record_analysis", aachen, nil, "area"},
		"a conflict manager does not sign off":    {grants{grant("conflict_manager", aachen)}, "sign_off", aachen, nil, "role"},
		"the Städteregion does not serve Aachen":  {grants{grant("conflict_manager", "05334004", eschwei)}, "read_case", aachen, nil, "area"},
		"an area may have several towns":          {grants{grant("conflict_manager", aachen, bonn)}, "read_case", bonn, nil, ""},
		"no area is no right":                     {grants{grant("conflict_manager")}, "read_case", aachen, nil, "area"},
		"no town is in no area":                   {grants{grant("conflict_manager", aachen)}, "read_case", "", nil, "area"},

		// Strangers.
		"a stranger reads nothing":           {nil, "read_case", aachen, nil, "role"},
		"relations alone are no right":       {nil, "read_case", aachen, rels{conflict.Reporter, conflict.Assigned, work.Facilitating}, "role"},
		"an unknown role has no right":       {grants{grant("root", aachen)}, "read_case", aachen, nil, "role"},
		"an unknown action is nobody's":      {grants{grant("conflict_manager", aachen)}, "drop_tables", aachen, nil, "role"},
		"nobody takes the workflow's action": {grants{grant(policies.Supervisor, aachen)}, "deadline_passed", aachen, nil, "role"},

		// Each role and its limits.
		"a reporter reports":                                    {grants{grant("reporter", aachen)}, "report_signal", aachen, nil, ""},
		"a reporter reads the own signal":                       {grants{grant("reporter", aachen)}, "read_signal", aachen, rels{conflict.Reporter}, ""},
		"a reporter does not read another's signal":             {grants{grant("reporter", aachen)}, "read_signal", aachen, nil, "own_signal"},
		"a reporter does not read the case":                     {grants{grant("reporter", aachen)}, "read_case", aachen, rels{conflict.Reporter}, "role"},
		"clearing triages":                                      {grants{grant("clearing", aachen)}, "triage", aachen, rels{conflict.Unhanded}, ""},
		"clearing reads identities before the handover":         {grants{grant("clearing", aachen)}, "read_identities", aachen, rels{conflict.Unhanded}, ""},
		"clearing reads nothing after the handover":             {grants{grant("clearing", aachen)}, "read_case", aachen, nil, "handed_over"},
		"clearing reads what it reported itself":                {grants{grant("clearing", aachen)}, "read_signal", aachen, rels{conflict.Reporter}, ""},
		"a case worker analyses an assigned case":               {grants{grant("caseworker", aachen)}, "record_analysis", aachen, rels{conflict.Assigned}, ""},
		"a case worker does not read another's case":            {grants{grant("caseworker", aachen)}, "read_case", aachen, nil, "assigned"},
		"a case worker is no reviewer":                          {grants{grant("caseworker", aachen)}, "review_analysis", aachen, rels{conflict.Assigned}, "role"},
		"an assigned conflict manager reads identities":         {grants{grant("conflict_manager", aachen)}, "read_identities", aachen, rels{conflict.Assigned}, ""},
		"another conflict manager does not":                     {grants{grant("conflict_manager", aachen)}, "read_identities", aachen, nil, "assigned"},
		"nor does she in detection, as clearing does":           {grants{grant("conflict_manager", aachen)}, "read_identities", aachen, rels{conflict.Unhanded}, "assigned"},
		"an external mediator reads the case she works on":      {grants{grant("mediator", aachen)}, "read_case_file", aachen, rels{conflict.Assigned}, ""},
		"an external mediator does not report":                  {grants{grant("mediator", aachen)}, "report_signal", aachen, nil, "role"},
		"or whose work she facilitates":                         {grants{grant("mediator", aachen)}, "read_case_file", aachen, rels{conflict.Working}, ""},
		"where she does not write: it would tell who she is":    {grants{grant("mediator", aachen)}, "add_note", aachen, rels{conflict.Working}, "assigned"},
		"an external mediator hands nothing over":               {grants{grant("mediator", aachen)}, "hand_to_work", aachen, rels{conflict.Assigned}, "role"},
		"nor does a case worker":                                {grants{grant("caseworker", aachen)}, "hand_to_work", aachen, rels{conflict.Assigned}, "role"},
		"a conflict manager does":                               {grants{grant("conflict_manager", aachen)}, "hand_to_work", aachen, nil, ""},
		"the steering group reads the case":                     {grants{grant("steering", aachen)}, "read_case", aachen, nil, ""},
		"the steering group sees no identities":                 {grants{grant("steering", aachen)}, "read_identities", aachen, nil, "role"},
		"a supervisor reads identities":                         {grants{grant(policies.Supervisor, aachen)}, "read_identities", aachen, nil, ""},
		"a supervisor does not analyse":                         {grants{grant(policies.Supervisor, aachen)}, "record_analysis", aachen, nil, "role"},
		"the evaluation reads facts":                            {grants{grant(policies.Evaluation, aachen)}, "read_facts", aachen, nil, ""},
		"the evaluation does not read the case":                 {grants{grant(policies.Evaluation, aachen)}, "read_case", aachen, nil, "role"},
		"the data protection officer reads the history":         {grants{grant(policies.DPO, aachen)}, "read_history", aachen, nil, ""},
		"the data protection officer does not read the case":    {grants{grant(policies.DPO, aachen)}, "read_case", aachen, nil, "role"},
		"an administrator gives grants":                         {grants{grant(policies.Admin, aachen)}, "give_grant", aachen, nil, ""},
		"an administrator does not read cases":                  {grants{grant(policies.Admin, aachen)}, "read_case", aachen, rels{conflict.Assigned}, "role"},
		"a supervisor does not give grants":                     {grants{grant(policies.Supervisor, aachen)}, "give_grant", aachen, nil, "role"},
		"a facilitator records the session":                     {grants{grant("caseworker", aachen)}, "record_work_session", aachen, rels{conflict.Assigned, work.Facilitating}, ""},
		"the assignee alone does not":                           {grants{grant("caseworker", aachen)}, "record_work_session", aachen, rels{conflict.Assigned}, "facilitator"},
		"nor does whoever was admitted":                         {grants{grant("caseworker", aachen)}, "record_work_session", aachen, rels{work.Privy}, "facilitator"},
		"a conflict manager does not read others' work":         {grants{grant("conflict_manager", aachen)}, "read_work", aachen, rels{conflict.Assigned, conflict.Working}, "admitted"},
		"no supervisor reads a working file, whatever ties her": {grants{grant(policies.Supervisor, aachen)}, "read_work", aachen, rels{conflict.Assigned, work.Facilitating, work.Privy}, "role"},
		"the steering group reads none, whatever ties it":       {grants{grant("steering", aachen)}, "read_work", aachen, rels{work.Facilitating, work.Privy}, "role"},

		// What the house does with files of every kind asks for another tie in each.
		"a facilitator approves an erasure":                   {grants{grant("mediator", aachen)}, "approve_erasure", aachen, rels{work.Facilitating, work.Privy}, ""},
		"whoever was admitted to the file does not":           {grants{grant("mediator", aachen)}, "approve_erasure", aachen, rels{work.Privy}, "facilitator"},
		"in a case, no tie of a conflict manager is enough":   {grants{grant("conflict_manager", aachen)}, "approve_erasure", aachen, rels{conflict.Assigned}, "role"},
		"without any tie, a conflict manager is told of none": {grants{grant("conflict_manager", aachen)}, "approve_erasure", aachen, nil, "role"},
		"the tie that is named is one to files of that kind":  {grants{grant("advice_coordinator", aachen), grant("mediator", aachen)}, "approve_erasure", aachen, rels{work.Privy}, "facilitator"},

		// Four eyes.
		"another conflict manager reviews the analysis":         {grants{grant("conflict_manager", aachen)}, "review_analysis", aachen, rels{conflict.Assigned}, ""},
		"the analyst does not review the own analysis":          {grants{grant("conflict_manager", aachen)}, "review_analysis", aachen, rels{conflict.Analyst}, "four_eyes"},
		"nor with a second grant":                               {grants{grant("conflict_manager", aachen), grant(policies.Supervisor, aachen), grant("conflict_manager", aachen, bonn)}, "review_analysis", aachen, rels{conflict.Analyst}, "four_eyes"},
		"a supervisor signs off":                                {grants{grant(policies.Supervisor, aachen)}, "sign_off", aachen, rels{conflict.Reporter}, ""},
		"who wrote the analysis does not sign it off":           {grants{grant(policies.Supervisor, aachen)}, "sign_off", aachen, rels{conflict.Analyst}, "four_eyes"},
		"who proposed the closure does not sign it off":         {grants{grant(policies.Supervisor, aachen)}, "sign_off", aachen, rels{conflict.Proposer}, "four_eyes"},
		"who works on the case does not sign it off":            {grants{grant(policies.Supervisor, aachen)}, "sign_off", aachen, rels{conflict.Assigned}, "four_eyes"},
		"who did both does not either":                          {grants{grant(policies.Supervisor, aachen)}, "sign_off", aachen, rels{conflict.Proposer, conflict.Assigned}, "four_eyes"},
		"the analyst in another town is refused for the town":   {grants{grant("conflict_manager", bonn)}, "review_analysis", aachen, rels{conflict.Analyst}, "area"},
		"an unknown relation opens nothing":                     {grants{grant("caseworker", aachen)}, "read_case", aachen, rels{"cousin"}, "assigned"},
		"words of the policy are not relations":                 {grants{grant("caseworker", aachen)}, "read_case", aachen, rels{"any", "-"}, "assigned"},
		"the refusal closest to a permission is told":           {grants{grant(policies.Evaluation, aachen), grant(policies.Supervisor, bonn), grant("caseworker", aachen)}, "read_case", aachen, nil, "assigned"},
		"whatever the order of the grants":                      {grants{grant("caseworker", aachen), grant(policies.Supervisor, bonn), grant(policies.Evaluation, aachen)}, "read_case", aachen, nil, "assigned"},
		"the area of one grant does not lend itself to another": {grants{grant(policies.Evaluation, aachen), grant(policies.Supervisor, bonn)}, "read_case", aachen, nil, "area"},
		"one of several grants is enough":                       {grants{grant("reporter", aachen), grant("steering", bonn), grant(policies.Supervisor, aachen)}, "read_history", aachen, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 { // asked, then remembered
				d := p.Decide(tc.grants, tc.act, town(tc.where), tc.rels)
				require.Equal(t, tc.rule == "", d.Allowed, d.Rule)
				if tc.rule != "" {
					require.Equal(t, tc.rule, d.Rule)
					require.Empty(t, d.Grant)
					require.NotEmpty(t, d.Remedy)
				}
			}
		})
	}
}

func TestAPermissionNamesItsRowAndItsGrant(t *testing.T) {
	t.Parallel()
	p := load(t)
	gs := grants{grant(policies.Supervisor, bonn), {ID: "g7", Role: "conflict_manager", Area: ags.Area{bonn, aachen}}}
	require.Equal(t, policies.Decision{Allowed: true, Rule: "conflict_manager, review_analysis, any, analyst", Grant: "g7"},
		p.Decide(gs, "review_analysis", town(aachen), rels{conflict.Assigned}))
	require.Equal(t, policies.Decision{Allowed: true, Rule: "mediator, read_identities, assigned, -", Grant: "g7"},
		p.Decide(gs, conflict.ReadIdentities, town(aachen), rels{conflict.Assigned}), "an inherited row")
}

func TestARefusalSaysWhoCanDoIt(t *testing.T) {
	t.Parallel()
	p := load(t)
	manager, supervisor, worker := grant("conflict_manager", aachen), grant(policies.Supervisor, aachen), grant("caseworker", aachen)
	for _, tc := range []struct {
		grant  policies.Grant
		act    string
		where  ags.Key
		rels   rels
		remedy string
	}{
		{supervisor, "record_analysis", aachen, nil, "a case worker or a conflict manager can do it"},
		{manager, "record_analysis", bonn, nil, "a case worker or a conflict manager of this municipality can do it"},
		{worker, "record_analysis", aachen, nil, "whoever works on the case can do it, or a conflict manager"},
		{manager, "read_work", aachen, nil, "the facilitators can do it, and whom they admit"},
		{worker, "read_signal", aachen, nil, "whoever reported the signal can do it"},
		{grant("clearing", aachen), "decide_mandate", aachen, nil, "a conflict manager can do it, now that the case has left detection"},
		{manager, "review_analysis", aachen, rels{conflict.Analyst}, "a conflict manager who did not write the analysis can do it"},
		{supervisor, "sign_off", aachen, rels{conflict.Proposer}, "a supervisor who did not propose the closure and does not work on the case and did not write the analysis can do it"},
		{supervisor, "drop_tables", aachen, nil, "nobody can do it"},
		{grant("reporter", aachen), "read_enrolment", aachen, nil, "a trainee, a trainer, an assessor, a coordinator or a certifier can do it"},
		{grant("certifier", aachen), "certify", bonn, nil, "a certifier of this municipality can do it"},
		{grant("trainee", aachen), "submit_concept", aachen, nil, "the trainee can do it"},
		{grant("trainee", aachen), "read_certificate", aachen, nil, "the trainee can do it, or a coordinator or a certifier"},
		{grant("line_manager", aachen), "decide_release", aachen, nil, "the trainee's line manager can do it"},
		{grant("line_manager", aachen), "read_progress", aachen, nil, "the trainee's line manager can do it, or a supervisor"},
		{grant("trainer", aachen), "record_supervision", aachen, nil, "a trainer of the trainee's cohort can do it, or a coordinator"},
		{grant("trainer", aachen), "sign_list", aachen, nil, "a trainer of the cohort can do it"},
		{grant("assessor", aachen), "record_verdict", aachen, nil, "an assessor of the trainee, named in appoint_assessors, can do it"},
		{grant("coordinator", aachen), "decide_application", aachen, rels{enrolment.LineManager}, "a coordinator who is not the trainee and is not the trainee's line manager can do it"},
		{grant("certifier", aachen), "decide_appeal", aachen, rels{enrolment.Judged}, "a coordinator or a certifier who is not the trainee and does not assess the trainee and gave no verdict can do it"},
	} {
		d := p.Decide(grants{tc.grant}, tc.act, town(tc.where), tc.rels)
		require.False(t, d.Allowed)
		require.Equal(t, tc.remedy, d.Remedy)
	}
}

// Every refusal that can occur has a whole sentence: no title is missing from it.
func TestNoRemedyHasAHole(t *testing.T) {
	t.Parallel()
	p := load(t)
	rules, sentence := map[string]bool{}, regexp.MustCompile(`^[a-z]+( [a-z0-9(),_']+)+$`)
	for _, act := range policies.Actions() {
		for _, role := range policies.Roles() {
			for _, where := range []ags.Key{aachen, bonn} {
				for _, set := range subsets() {
					d := p.Decide(grants{grant(role, aachen)}, act, town(where), subset(set))
					if d.Allowed {
						continue
					}
					rules[d.Rule] = true
					require.Regexp(t, sentence, d.Remedy, "%s %s", act, d.Rule)
					require.NotContains(t, d.Remedy, "who can do it", "%s %s", act, d.Rule)
					require.False(t, strings.HasPrefix(d.Remedy, "can"), "%s %s", act, d.Rule)
				}
			}
		}
	}
	want := map[string]bool{"role": true, "area": true, "four_eyes": true}
	asked := whens(t)
	for _, k := range kinds.All() {
		for _, r := range k.Relations {
			if slices.Contains(asked, string(r.Name)) {
				want[r.Rule] = true
			}
		}
	}
	require.Equal(t, want, rules, "every rule refuses somebody")
	for rule := range rules {
		require.Equal(t, rule != "four_eyes", policies.OfRights(rule), rule)
	}
	require.True(t, policies.OfRights("policy_error"))
	require.False(t, policies.OfRights("phase"), "the rules refuse it to everybody")
	require.False(t, policies.OfRights(""))
}

func TestCallersMayAskAtTheSameTime(t *testing.T) {
	t.Parallel()
	p, err := policies.Load() // with nothing remembered
	require.NoError(t, err)
	asked := load(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, act := range policies.Actions() {
				allowed := p.Decide(grants{grant("steering", aachen)}, act, town(aachen), rels{conflict.Unhanded}).Allowed
				if allowed != asked.Decide(grants{grant("steering", aachen)}, act, town(aachen), rels{conflict.Unhanded}).Allowed {
					t.Errorf("steering: %s allowed: %v", act, allowed)
				}
			}
		})
	}
	wg.Wait()
}

// allRelations are those of every kind.
var allRelations = func() (rs rels) {
	for _, k := range kinds.All() {
		for _, r := range k.Relations {
			if !slices.Contains(rs, r.Name) {
				rs = append(rs, r.Name)
			}
		}
	}
	return rs
}()

// subsets are the sets of at most two relations and the whole set: a row is opened by one and
// closed by one, so that larger sets hold no surprise.
func subsets() []int {
	sets := []int{0, 1<<len(allRelations) - 1}
	for i := range allRelations {
		for j := range i + 1 {
			sets = append(sets, 1<<i|1<<j)
		}
	}
	return sets
}

// subset returns the relations whose bits are set.
func subset(set int) rels {
	var rs rels
	for i, r := range allRelations {
		if set&(1<<i) != 0 {
			rs = append(rs, r)
		}
	}
	return rs
}
