package file

import (
	"maps"
	"slices"
)

// Dates adds to what people call the parts of a kind the words of Dated, which every state has.
func Dates(v *Vocabulary) *Vocabulary {
	v.Fields = slices.Concat(v.Fields, datedFields)
	v.Values = maps.Clone(v.Values)
	v.Values["land"] = landWords
	return v
}

// datedFields are told when somebody moves a file to another calendar, not when it begins with one.
var datedFields = []Field{
	{Path: "calendar.version", DE: "Fassung des Kalenders", EN: "Version of the calendar", Later: true},
	{Path: "calendar.land", DE: "Feiertage", EN: "Holidays", As: "land", Later: true},
	{Path: "calendar.closes", DE: "Ende des Arbeitstags", EN: "End of the working day", Later: true},
	{Path: "calendar.rungs", DE: "Erinnerungen", EN: "Reminders", Later: true},
}

// landWords are the names of the federal states.
var landWords = map[string]Label{
	"BB": {DE: "Brandenburg", EN: "Brandenburg"},
	"BE": {DE: "Berlin", EN: "Berlin"},
	"BW": {DE: "Baden-Württemberg", EN: "Baden-Württemberg"},
	"BY": {DE: "Bayern", EN: "Bavaria"},
	"HB": {DE: "Bremen", EN: "Bremen"},
	"HE": {DE: "Hessen", EN: "Hesse"},
	"HH": {DE: "Hamburg", EN: "Hamburg"},
	"MV": {DE: "Mecklenburg-Vorpommern", EN: "Mecklenburg-Western Pomerania"},
	"NI": {DE: "Niedersachsen", EN: "Lower Saxony"},
	"NW": {DE: "Nordrhein-Westfalen", EN: "North Rhine-Westphalia"},
	"RP": {DE: "Rheinland-Pfalz", EN: "Rhineland-Palatinate"},
	"SH": {DE: "Schleswig-Holstein", EN: "Schleswig-Holstein"},
	"SL": {DE: "Saarland", EN: "Saarland"},
	"SN": {DE: "Sachsen", EN: "Saxony"},
	"ST": {DE: "Sachsen-Anhalt", EN: "Saxony-Anhalt"},
	"TH": {DE: "Thüringen", EN: "Thuringia"},
}
