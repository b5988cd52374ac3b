package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How long a request waits for a busy API: between two attempts, and in all.
const (
	shortestWait = 100 * time.Millisecond
	longestWait  = 15 * time.Second
	patience     = 2 * time.Minute
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 8 << 20

type client struct {
	url   string
	http  *http.Client
	token func(login string) (string, error)
}

// A request is what somebody sends.
type request struct {
	login, method, path string
	key                 string // Idempotency-Key: the same again is the same command
	seen                string // If-Match
	body                any
}

// A problem is a refusal of the API (RFC 9457).
type problem struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Rule   string `json:"rule"`
	Remedy string `json:"remedy"`
}

func (p *problem) Error() string {
	text := fmt.Sprintf("%d %s", p.Status, p.Detail)
	if p.Rule != "" {
		text += fmt.Sprintf(" (%s: %s)", p.Rule, p.Remedy)
	}
	return text
}

// send sends r and decodes the answer into out, if there is one. While the API is busy it sends the
// same again: that is what the key is for.
func (c *client) send(ctx context.Context, r request, out any) (etag string, err error) {
	for waited := time.Duration(0); ; {
		header, err := c.once(ctx, r, out)
		if p, ok := errors.AsType[*problem](err); !ok || p.Status != http.StatusServiceUnavailable || waited >= patience {
			return header.Get("ETag"), err
		}
		wait := retryAfter(header)
		if err := rest(ctx, wait); err != nil {
			return "", err
		}
		waited += wait
	}
}

// rest waits, unless ctx ends before.
func rest(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil {
		seconds = 1
	}
	return min(max(time.Duration(seconds)*time.Second, shortestWait), longestWait)
}

func (c *client) once(ctx context.Context, r request, out any) (http.Header, error) {
	token, err := c.token(r.login)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(r.body)
	if err != nil {
		return nil, err
	}
	if r.body == nil {
		body = nil
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.url+r.path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer " + token, "Accept": "application/json", "Idempotency-Key": r.key, "If-Match": r.seen,
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch {
	case err != nil:
		return res.Header, err
	case res.StatusCode >= http.StatusMultipleChoices:
		return res.Header, refusal(res, answer)
	case out == nil:
		return res.Header, nil
	default:
		return res.Header, json.Unmarshal(answer, out)
	}
}

// refusal reads a problem; what stands between us and the API may answer in another format.
func refusal(res *http.Response, answer []byte) *problem {
	p := &problem{}
	if !strings.Contains(res.Header.Get("Content-Type"), "json") || json.Unmarshal(answer, p) != nil || p.Detail == "" {
		p.Detail = http.StatusText(res.StatusCode)
	}
	p.Status = res.StatusCode
	return p
}
