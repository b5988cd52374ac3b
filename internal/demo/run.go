package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"koko/domain/ags"
	"koko/domain/conflict"
)

// Options say where the cases are sent and as whom.
type Options struct {
	URL        string                             // of the API: scheme and host
	HTTPClient *http.Client                       // nil: one of its own
	Token      func(login string) (string, error) // a bearer token of the demo user
	Progress   io.Writer                          // a line for each case; nil: none
}

const base = "/api/v1"

// attempts is how often a step is decided on anew because the case had changed meanwhile.
const attempts = 5

// Run gives the demo users their roles and takes each demo case as far as it stands, through the
// API, as the people whose work it is. The admins must have their own grants before: see Admins.
// Run again, or after an interruption, it does what is missing and nothing else.
func Run(ctx context.Context, o Options) error {
	all, err := stories()
	if err != nil {
		return err
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: time.Minute}
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	c := &client{strings.TrimRight(o.URL, "/"), o.HTTPClient, o.Token}
	n, err := giveGrants(ctx, c)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(o.Progress, "%d demo users have their roles\n", n); err != nil {
		return err
	}
	for _, s := range all {
		p := &play{client: c, story: s}
		if err := p.run(ctx); err != nil {
			return fmt.Errorf("demo case %s: %w", s.ID, err)
		}
		if _, err := fmt.Fprintf(o.Progress, "%s %s: %s\n", s.ID, s.Title, phases[p.state.Phase]); err != nil {
			return err
		}
	}
	return nil
}

// phases are the phases as people call them.
var phases = map[conflict.Phase]string{
	conflict.Detection: "Früherkennung", conflict.Analysis: "Analyse", conflict.Mediation: "Bearbeitung",
	conflict.Closure: "Abschluss", conflict.FollowUp: "Nachsorge", conflict.Closed: "beendet",
}

// giveGrants has the admin of each place give everybody else there their role.
func giveGrants(ctx context.Context, c *client) (n int, err error) {
	for _, u := range Users() {
		if u.Role == admin {
			continue
		}
		_, place, _ := strings.Cut(u.Login, ".")
		_, err := c.send(ctx, request{
			login: admin + "." + place, method: http.MethodPost, path: base + "/grants", key: "koko-demo/grant/" + u.Login,
			body: struct {
				Subject string    `json:"subject"`
				Role    string    `json:"role"`
				Area    []ags.Key `json:"area"`
			}{u.Subject, u.Role, u.Areas},
		}, nil)
		if err != nil {
			return n, fmt.Errorf("grant to %s: %w", u.Login, err)
		}
		n++
	}
	return n, nil
}

// A play is one story on its way.
type play struct {
	client *client
	story  story
	id     string
	etag   string
	state  conflict.Case // as last read: what is missing follows from it
}

func (p *play) run(ctx context.Context) error {
	if err := p.begin(ctx); err != nil {
		return err
	}
	if err := p.read(ctx); err != nil {
		return err
	}
	for _, s := range p.story.steps() {
		if err := p.take(ctx, s); err != nil {
			return fmt.Errorf("%s as %s: %w", s.id(), s.as, err)
		}
	}
	return p.read(ctx)
}

// begin reports the signal; reported before, the answer names the same case.
func (p *play) begin(ctx context.Context) error {
	as := p.story.cast().reporter
	var begun struct {
		ID string `json:"id"`
	}
	_, err := p.client.send(ctx, request{
		login: as, method: http.MethodPost, path: base + "/cases", key: p.key(string(conflict.ActionReportSignal), 1), body: p.story.report(),
	}, &begun)
	if err != nil {
		return fmt.Errorf("%s as %s: %w", conflict.ActionReportSignal, as, err)
	}
	p.id = begun.ID
	return nil
}

// read reads the case as a conflict manager, who sees all of it.
func (p *play) read(ctx context.Context) (err error) {
	as := p.story.cast().manager
	p.state = conflict.Case{}
	p.etag, err = p.client.send(ctx, request{login: as, method: http.MethodGet, path: base + "/cases/" + p.id}, &p.state)
	if err != nil {
		return fmt.Errorf("read as %s: %w", as, err)
	}
	return nil
}

// take has somebody give a command, unless that was done before. If the case has changed since it
// was read, it is read again; the next attempt decides on another version and so is a command of
// its own, with a key of its own.
func (p *play) take(ctx context.Context, s step) error {
	for try := 1; !s.done(p.state); try++ {
		etag, err := p.client.send(ctx, request{
			login: s.as, method: http.MethodPost, path: base + "/cases/" + p.id + "/" + strings.ReplaceAll(string(s.action), "_", "-"),
			key: p.key(s.id(), try), seen: p.etag, body: s.body,
		}, nil)
		refused, _ := errors.AsType[*problem](err)
		switch {
		case err == nil && s.refusal == "":
			p.etag = etag
			return nil
		case err == nil:
			return fmt.Errorf("was carried out, where %s should have refused it", s.refusal)
		case refused != nil && refused.Status == http.StatusForbidden && refused.Rule == s.refusal:
			return nil
		case refused == nil || try == attempts ||
			refused.Status != http.StatusPreconditionFailed && refused.Status != http.StatusPreconditionRequired:
			return err
		}
		if err := p.read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// key is the idempotency key of a step's nth attempt.
func (p *play) key(name string, try int) string {
	key := "koko-demo/" + p.story.ID + "/" + name
	if try > 1 {
		key += fmt.Sprintf("/%d", try)
	}
	return key
}
