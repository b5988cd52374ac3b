package config

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

// Error lists everything that keeps a command from starting, one sentence each.
type Error struct {
	Command  string
	Problems []string
}

func (e *Error) Error() string {
	return fmt.Sprintf("koko %s cannot start:\n  - %s", e.Command, strings.Join(e.Problems, "\n  - "))
}

// AddFlags registers the command's flags. Their values are judged by Load, so that one start
// names all that is wrong.
func AddFlags(command string, flags *pflag.FlagSet) {
	for _, s := range SettingsOf(command) {
		if s.Flag != "" {
			flags.VarPF(&flagValue{value: s.Default, kind: s.Kind}, s.Flag, "", usage(s))
		}
	}
}

// flagValue keeps a flag's text and shows its kind in the help.
type flagValue struct{ value, kind string }

func (f *flagValue) String() string     { return f.value }
func (f *flagValue) Set(v string) error { f.value = v; return nil }
func (f *flagValue) Type() string       { return f.kind }

// Load reads the command's settings: a flag that was given wins over the environment, which wins
// over the default. An empty value counts as not given. flags may be nil; env is os.LookupEnv
// outside of tests. The error is an *Error.
func Load(command string, flags *pflag.FlagSet, env func(string) (string, bool)) (Config, error) {
	var c Config
	problems := []string{}
	for _, s := range SettingsOf(command) {
		if problem := load(&c, s, flags, env); problem != "" {
			problems = append(problems, problem)
		}
	}
	problems = append(problems, contradictions(c)...)
	if len(problems) > 0 {
		return Config{}, &Error{Command: command, Problems: problems}
	}
	return c, nil
}

func load(c *Config, s Setting, flags *pflag.FlagSet, env func(string) (string, bool)) (problem string) {
	value, err := given(s, flags, env)
	if err != nil {
		return fmt.Sprintf("%s %v.", label(s), err)
	}
	if value == "" {
		value = s.Default
	}
	if value == "" {
		if s.Required {
			return missing(s)
		}
		return ""
	}
	if err := s.set(c, value); err != nil {
		return fmt.Sprintf("%s %v.", label(s), err)
	}
	return ""
}

// given returns the value that somebody gave for s, or nothing.
func given(s Setting, flags *pflag.FlagSet, env func(string) (string, bool)) (string, error) {
	if flags != nil && s.Flag != "" && flags.Changed(s.Flag) {
		return flags.Lookup(s.Flag).Value.String(), nil
	}
	value, _ := env(s.Name)
	if !s.Secret {
		return value, nil
	}
	path, _ := env(s.File())
	switch {
	case path == "":
		return value, nil
	case value != "":
		return "", fmt.Errorf("and %s are both set: keep one of them", s.File())
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("cannot be read from the file in %s: %w", s.File(), err)
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}

// label names the setting as the reader can change it.
func label(s Setting) string {
	if s.Flag == "" {
		return s.Name
	}
	return fmt.Sprintf("%s (--%s)", s.Name, s.Flag)
}

func missing(s Setting) string {
	other := "--" + s.Flag
	if s.Secret {
		other = s.File() + " to a file that holds it"
	}
	remedy := fmt.Sprintf("%s is not set: set it, or %s", s.Name, other)
	if s.Example != "" {
		remedy += ", for example " + s.Example
	}
	return remedy + "."
}

// contradictions are the rules between settings that are each right alone.
func contradictions(c Config) []string {
	var problems []string
	if (c.Temporal.TLS.Cert == "") != (c.Temporal.TLS.Key == "") {
		problems = append(problems, "KOKO_TEMPORAL_TLS_CERT (--temporal-tls-cert) and KOKO_TEMPORAL_TLS_KEY (--temporal-tls-key) belong together: set both or neither.")
	}
	if m := c.Listen.MetricsAddr; m != "" && m == c.Listen.Addr {
		problems = append(problems, "KOKO_METRICS_ADDR (--metrics-addr) is where the API answers: metrics have a listener of their own.")
	}
	return problems
}
