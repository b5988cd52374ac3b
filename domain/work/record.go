package work

import (
	"slices"
	"strconv"

	"koko/domain/file"
)

// What is counted of working files.
const aboutWork = "work"

// districtDigits are those of a municipality's key that name its district.
const districtDigits = 5

// Detached is what the step from before to w leaves behind for numbers: each disclosure, and once the work is over what
// it was like, in classes that are the same for every form. Work that never began leaves nothing.
func (w Work) Detached(before Work) (all []file.Detached) {
	for _, d := range w.Disclosures[len(before.Disclosures):] {
		all = append(all, file.Detached{
			About: file.AboutDisclosures, Counted: true, Area: string(w.AGS), Quarter: file.QuarterOf(d.At),
			Facts: map[string]string{"ground": string(d.Ground)},
		})
	}
	if before.over().IsZero() && !w.over().IsZero() && (w.Examined || len(w.Sessions) > 0) {
		all = append(all, file.Detached{
			About: aboutWork, Area: string(w.AGS)[:districtDigits], Quarter: file.QuarterOf(w.over()), Facts: w.record(),
		})
	}
	return all
}

func (w Work) record() map[string]string {
	facts := map[string]string{
		"form": string(w.form()), "sessions": sessionClass(len(w.Sessions)), "duration": w.durationClass(),
		"stage_before": strconv.Itoa(w.Begun.Stage), "outcome": "", "stage_after": "",
	}
	if w.Ended != nil {
		facts["outcome"], facts["stage_after"] = string(w.Ended.Outcome), strconv.Itoa(w.Ended.StageAfter)
	}
	return facts
}

func sessionClass(n int) string {
	switch {
	case n == 0:
		return "0"
	case n <= 2:
		return "1-2"
	case n <= 5:
		return "3-5"
	}
	return "6+"
}

// durationClass is how long it was from the hand-over to the end.
func (w Work) durationClass() string {
	weeks := int(w.over().Sub(w.Opened).Hours()) / (24 * 7)
	i := slices.IndexFunc(durations, func(d duration) bool { return weeks < d.weeks })
	return durations[i].name
}

type duration struct {
	weeks int
	name  string
}

var durations = []duration{{7, "bis_6_wochen"}, {14, "bis_3_monate"}, {27, "bis_6_monate"}, {53, "bis_12_monate"}, {1 << 30, "laenger"}}

// announced are the forms of which the public hears while the work goes on: whoever is at the table tells it, or it
// takes place before everybody's eyes. In the other forms, nobody outside is told what it is.
var announced = []Form{"moderation", "runder_tisch", "dialogforum", "aufsuchende_konfliktarbeit", "krisenintervention", "ordnungsrecht"}

// covert reports whether w is under way, and in a form that nobody announces; or in none yet.
func (w Work) covert() (underWay, unannounced bool) {
	return slices.Contains(open, w.Phase), !slices.Contains(announced, w.form())
}
