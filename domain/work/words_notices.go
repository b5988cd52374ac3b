package work

import "koko/domain/file"

// noticeWords are what people were notified of, as the end of a sentence.
var noticeWords = map[string]file.Label{
	"work_handed":          {DE: "eine Bearbeitung wartet auf Übernahme", EN: "work waits to be taken up"},
	"work_accepted":        {DE: "jemand hat die Bearbeitung übernommen", EN: "somebody has taken up the work"},
	"work_not_accepted":    {DE: "jemand übernimmt die Bearbeitung nicht", EN: "somebody does not take up the work"},
	"work_lapsed":          {DE: "die Zeit zum Antworten ist vorbei", EN: "the time to answer is over"},
	"work_left":            {DE: "jemand ist aus der Bearbeitung ausgeschieden", EN: "somebody has left the work"},
	"work_form_chosen":     {DE: "die Form der Bearbeitung steht fest", EN: "the form of the work has been chosen"},
	"work_begins":          {DE: "die Bedingungen der Bearbeitung sind bestätigt", EN: "the conditions of the work have been confirmed"},
	"work_admitted":        {DE: "eine Akte wurde zum Lesen geöffnet", EN: "a file was opened for reading"},
	"work_admission_ended": {DE: "eine Zulassung zu einer Akte ist beendet", EN: "an admission to a file is over"},
	"work_ended":           {DE: "die Bearbeitung ist beendet", EN: "the work has ended"},
	"work_withdrawn":       {DE: "die Bearbeitung wurde zurückgenommen", EN: "the work was withdrawn"},
	"missed_conditions":    {DE: "die Frist für die Bestätigung der Bedingungen ist verstrichen", EN: "the deadline for confirming the conditions has passed"},
	"missed_review":        {DE: "eine Zwischenbilanz der Bearbeitung ist überfällig", EN: "a review of the work is overdue"},
	"missed_clause":        {DE: "ein Punkt einer Vereinbarung ist fällig", EN: "a clause of an agreement is due"},
}

// toldWords are what people are told about the work. They are read where no right to the file is asked.
var toldWords = map[string]file.Label{
	"work_handed":          {DE: "Ein Fall wurde Ihnen zur Bearbeitung angeboten. Bitte übernehmen Sie ihn binnen fünf Arbeitstagen, oder lehnen Sie ab.", EN: "You are asked to work on a case. Please take it up within five working days, or decline."},
	"work_accepted":        {DE: "Eine weitere Person hat eine Ihrer Bearbeitungen übernommen.", EN: "Another person has taken up work that you do."},
	"work_not_accepted":    {DE: "Eine weitere Person übernimmt eine Ihrer Bearbeitungen nicht.", EN: "Another person does not take up work that you do."},
	"work_lapsed":          {DE: "Die Zeit, eine Bearbeitung zu übernehmen, ist vorbei. Es ist nichts mehr zu tun.", EN: "The time is over in which you could take up work. Nothing remains to be done."},
	"work_left":            {DE: "Jemand ist aus einer Bearbeitung ausgeschieden.", EN: "Somebody has left the work."},
	"work_form_chosen":     {DE: "Die Form einer Bearbeitung steht fest.", EN: "The form of the work has been chosen."},
	"work_begins":          {DE: "Die Bedingungen einer Bearbeitung sind bestätigt.", EN: "The conditions of the work have been confirmed."},
	"work_admitted":        {DE: "Eine Akte wurde Ihnen zum Lesen geöffnet. Was Sie darin lesen, ist vertraulich.", EN: "A file was opened for you to read. What you read there is confidential."},
	"work_admission_ended": {DE: "Eine Akte ist für Sie nicht mehr geöffnet.", EN: "A file is not open to you any more."},
	"work_ended":           {DE: "Eine Bearbeitung ist beendet.", EN: "The work has ended."},
	"work_withdrawn":       {DE: "Eine Bearbeitung wurde zurückgenommen.", EN: "Work was withdrawn."},
	"missed_conditions":    {DE: "Die Frist für die Bestätigung der Bedingungen ist verstrichen. Bitte klären Sie, woran es fehlt.", EN: "The deadline for confirming the conditions has passed. Please find out what is missing."},
	"missed_review":        {DE: "Eine Zwischenbilanz der Bearbeitung ist fällig. Bitte sagen Sie, ob die Bearbeitung läuft oder ruht.", EN: "A review of the work is due. Please say whether the work goes on or rests."},
	"missed_clause":        {DE: "Ein Punkt einer Vereinbarung ist fällig. Bitte halten Sie fest, ob er erfüllt ist.", EN: "A clause of an agreement is due. Please record whether it is fulfilled."},
}
