package training

import "koko/domain/file"

// What enrolments and cohorts share.
var (
	SeatWords = map[string]file.Label{
		"wartend":   {DE: "auf der Warteliste", EN: "on the waiting list"},
		"angeboten": {DE: "angeboten", EN: "offered"},
		"belegt":    {DE: "belegt", EN: "taken"},
	}
	SourceWords = map[string]file.Label{
		"unterschriftenliste": {DE: "Unterschriftenliste", EN: "signed list"},
		"lernplattform":       {DE: "Lernplattform", EN: "learning platform"},
	}
)
