package wire

import (
	"golang.org/x/text/language"
)

// Languages match in this order: German is what a reader without a preference gets.
var Languages = language.NewMatcher([]language.Tag{language.German, language.English})
