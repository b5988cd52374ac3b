package deploy

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	continued = regexp.MustCompile(`\\\n\s*`)
	goVersion = regexp.MustCompile(`(?m)^go (\S+)$`)
	nonRoot   = regexp.MustCompile(`^USER [1-9][0-9]*:[1-9][0-9]*$`)
)

// flaws returns what is wrong with a Dockerfile for a module of that Go version.
func flaws(dockerfile, goVersion string) []string {
	var found []string
	lines := instructions(dockerfile)
	final := lines
	for i, l := range lines {
		fields := strings.Fields(l)
		if fields[0] != "FROM" {
			continue
		}
		final = lines[i:]
		image := fields[1]
		if strings.HasPrefix(image, "--platform") {
			image = fields[2]
		}
		if !version.MatchString(image) {
			found = append(found, "image "+image+" is not pinned")
		}
		if strings.Contains(image, "golang:") && !strings.Contains(image, "golang:"+goVersion+"-") {
			found = append(found, "image "+image+" is not the Go of go.mod")
		}
	}
	if !slices.ContainsFunc(final, nonRoot.MatchString) {
		found = append(found, "the last stage runs as root")
	}
	has := func(part string) bool {
		return slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, part) })
	}
	for part, flaw := range map[string]string{
		`CMD ["/koko", "healthcheck"`:                     "there is no health check",
		`org.opencontainers.image.licenses="EUPL-1.2"`:    "the licence is not named",
		"CGO_ENABLED=0":                                   "the binary is not static",
		"-trimpath":                                       "the binary tells where it was built",
		"--mount=type=cache,target=/root/.cache/go-build": "every build starts from nothing",
		`ENTRYPOINT ["/koko"]`:                            "koko is not the entry point",
		"/src/internal/certificate/fonts/*-OFL.txt":       "the licence of the fonts is not in the image",
	} {
		if !has(part) {
			found = append(found, flaw)
		}
	}
	if has("koko-dev") {
		found = append(found, "koko-dev is in the image")
	}
	slices.Sort(found)
	return found
}

// instructions joins continued lines and drops comments.
func instructions(dockerfile string) []string {
	var out []string
	for l := range strings.Lines(continued.ReplaceAllString(dockerfile, " ")) {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "#") {
			out = append(out, l)
		}
	}
	return out
}

func TestTheDockerfileIsSound(t *testing.T) {
	text := read(t, "Dockerfile")
	module := goVersion.FindStringSubmatch(read(t, "go.mod"))[1]
	require.Empty(t, flaws(text, module))

	for name, c := range map[string]struct{ old, new, says string }{
		"a floating builder":         {"golang:1.26.8-bookworm", "golang:latest", "not pinned"},
		"a builder of another Go":    {"golang:" + module + "-", "golang:1.25.1-", "not the Go of go.mod"},
		"a floating base":            {"nonroot@sha256:afa5c872c891853ca7fcf1f12c3edb23f7eeef36189728842dd51042ff57f7ab", "nonroot", "not pinned"},
		"root by default":            {"USER 65532:65532\n", "", "runs as root"},
		"root by name":               {"USER 65532:65532", "USER root", "runs as root"},
		"root by number":             {"USER 65532:65532", "USER 0:0", "runs as root"},
		"a user of the build stage":  {"USER 65532:65532\n", "FROM scratch@sha256:" + strings.Repeat("0", 64) + "\n", "runs as root"},
		"no health check":            {"healthcheck", "version", "no health check"},
		"no licence":                 {"EUPL-1.2", "", "licence"},
		"no licence of the fonts":    {" /src/internal/certificate/fonts/*-OFL.txt", "", "licence of the fonts"},
		"a dynamic binary":           {"CGO_ENABLED=0", "CGO_ENABLED=1", "not static"},
		"paths of the build machine": {" -trimpath", "", "where it was built"},
		"no build cache":             {"target=/root/.cache/go-build", "target=/tmp", "starts from nothing"},
		"the development binary":     {"./cmd/koko\n", "./cmd/koko ./embedded/cmd/koko-dev\n", "koko-dev is in the image"},
		"a shell as entry point":     {`ENTRYPOINT ["/koko"]`, `ENTRYPOINT ["/bin/sh"]`, "not the entry point"},
	} {
		require.Contains(t, text, c.old, name)
		broken := strings.Replace(text, c.old, c.new, 1)
		require.Contains(t, strings.Join(flaws(broken, module), "\n"), c.says, name)
	}
}

func TestNoSecretEntersTheBuild(t *testing.T) {
	ignored := strings.Fields(read(t, ".dockerignore"))
	require.Subset(t, ignored, []string{".git", ".env*", "deploy/secrets", "data"})
}
