package cohort

import "koko/domain/file"

// told are what people are told about a cohort.
var told = map[string]file.Label{
	"date_added":       {DE: "Ein Termin ist hinzugekommen.", EN: "A date was added."},
	"date_rescheduled": {DE: "Ein Termin wurde verlegt.", EN: "A date was moved."},
	"date_cancelled":   {DE: "Ein Termin fällt aus.", EN: "A date is cancelled."},
	"date_soon":        {DE: "Ein Termin steht bevor.", EN: "A date is coming up."},
	"list_due":         {DE: "Eine Anwesenheitsliste ist noch nicht unterschrieben.", EN: "An attendance list is not signed yet."},
	"cohort_short":     {DE: "Ein Durchgang erreicht seine Mindestzahl nicht.", EN: "A cohort is below its minimum."},
	"cohort_cancelled": {DE: "Ein Durchgang fällt aus.", EN: "A cohort is cancelled."},
	"cohort_merged":    {DE: "Ein Durchgang wurde mit einem anderen zusammengelegt.", EN: "A cohort was merged into another one."},
	"cohort_finished":  {DE: "Ein Durchgang ist abgeschlossen.", EN: "A cohort is finished."},
}
