package config

import (
	"fmt"
	"strings"
)

func usage(s Setting) string {
	required := ""
	if s.Required {
		required = ", required"
	}
	return fmt.Sprintf("%s [%s%s]", s.Doc, s.Name, required)
}

// Help returns what the command's help text says beyond its flags: that every flag has a variable,
// and which secrets come from the environment alone.
func Help(command string) string {
	var b strings.Builder
	b.WriteString("Every flag can be set by the environment variable that stands in brackets; the flag wins.\n")
	secrets := 0
	for _, s := range SettingsOf(command) {
		if !s.Secret {
			continue
		}
		if secrets == 0 {
			b.WriteString("\nSecrets come from the environment, or from the file that NAME_FILE names:\n")
		}
		secrets++
		fmt.Fprintf(&b, "  %s\n      %s\n", s.Name+requiredSuffix(s), s.Doc)
	}
	return b.String()
}

func requiredSuffix(s Setting) string {
	if s.Required {
		return " (required)"
	}
	return ""
}

// Markdown returns the table for docs/operations.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| Variable | Flag | Read by | Default | Meaning |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range settings {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n",
			s.Name, flagCell(s), strings.Join(s.Commands, ", "), defaultCell(s), s.Doc)
	}
	return b.String()
}

func flagCell(s Setting) string {
	if s.Secret {
		return "none (secret)"
	}
	return "`--" + s.Flag + "`"
}

func defaultCell(s Setting) string {
	switch {
	case s.Required:
		return "**required**"
	case s.Default == "":
		return "–"
	}
	return "`" + s.Default + "`"
}
