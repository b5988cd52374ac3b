package app

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"koko/internal/config"
	"koko/kinds"
)

// The ids of the tests.
const (
	someFile  = "4c0e8a4e-6f0e-4c58-8d52-5a3a7c1f2d90"
	otherFile = "6f9d2c1a-3b5e-4d7f-8a90-1b2c3d4e5f60"
	request   = "0b9c4c35-7a4e-5f0f-8a52-4f8f6a1f8f10"
)

// stamp is when a line was written: its digits would pass for a version.
var stamp = regexp.MustCompile(`"time":"[^"]*",|time=\S+ `)

// lineOf is what a line becomes, as each format writes it.
func lineOf(say func(*slog.Logger)) string {
	var b bytes.Buffer
	for _, format := range []string{"json", "text"} {
		say(NewLogger(&b, config.Log{Format: format}))
	}
	return stamp.ReplaceAllString(b.String(), "")
}

// An error in a file of which nobody learns says nothing of which file it is, nor how often it has changed: whoever reads
// logs would learn when somebody is at work.
func TestALogIsDiscreetAboutFilesOfWhichNobodyLearns(t *testing.T) {
	confided := 0
	for _, k := range kinds.All() {
		says := map[string]func(*slog.Logger){
			"the engine's client": func(l *slog.Logger) {
				l.With("Namespace", "koko", "WorkflowID", string(k.Kind)+"-"+someFile, "RunID", otherFile).Error("activity", "Error", errors.New("no connection"))
			},
			"the mailbox": func(l *slog.Logger) {
				l.With("WorkflowID", string(k.Kind)+"-"+someFile).Error("errand", "to", "case-"+otherFile, "version", 471108, "err", errors.New("given up"))
			},
			"an activity": func(l *slog.Logger) {
				l.Error("activity", "err", fmt.Errorf("save version 471108 of %s %s: %w", k.Kind, someFile, errors.New("away")))
			},
			"the API": func(l *slog.Logger) {
				l.Error("request failed", "err", fmt.Errorf("/api/v1/%s/%s: away", k.Plural, someFile), "request_id", request)
			},
			"a message": func(l *slog.Logger) { l.WithGroup("g").Error("catch up " + string(k.Kind) + " " + someFile) },
			"a group": func(l *slog.Logger) {
				l.Error("x", slog.Group("of", "id", string(k.Kind)+"-"+someFile, "version", 471108))
			},
		}
		hidden := k.Secret() != ""
		for who, say := range says {
			got := lineOf(say)
			require.Equal(t, !hidden, strings.Contains(got, someFile), "%s of %s: %s", who, k.Kind, got)
			if hidden {
				confided++
				require.NotContains(t, got, "4711", "%s of %s", who, k.Kind)
				require.NotContains(t, got, otherFile, "%s of %s: what it is about, it must not tell either", who, k.Kind)
			}
			if who == "the API" {
				require.Contains(t, got, request, "it is nobody's file")
			}
		}
	}
	require.NotZero(t, confided)
}

// What names no kind may be about any file.
func TestALogIsDiscreetAboutIDsOfNothing(t *testing.T) {
	got := lineOf(func(l *slog.Logger) {
		l.Error("request failed", "err", fmt.Errorf("key of document %s: changed", someFile))
	})
	require.NotContains(t, got, someFile)
	lines := strings.Split(got, "#")
	require.Len(t, lines, 3)
	require.Equal(t, lines[1][:8], lines[2][:8], "the same id has the same digest")
	require.Contains(t, lineOf(func(l *slog.Logger) { l.Error("x", "n", 3, "of", "reconcile") }), "reconcile")
}
