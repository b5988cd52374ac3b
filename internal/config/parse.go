package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"koko/domain/calendar"
)

// into makes a row's set function from a parser and the field it fills. The parsers' errors
// continue a sentence that begins with the setting's name, and never contain a secret.
func into[T any](parse func(string) (T, error), field func(*Config) *T) func(*Config, string) error {
	return func(c *Config, value string) error {
		v, err := parse(value)
		if err != nil {
			return err
		}
		*field(c) = v
		return nil
	}
}

func clock(v string) (calendar.Clock, error) {
	c := calendar.Clock(v)
	if !c.Valid() {
		return "", fmt.Errorf("must be a time of day such as 18:00, not %q", v)
	}
	return c, nil
}

func rungs(v string) (calendar.Rungs, error) {
	_, err := calendar.Rungs(v).Ladder()
	return calendar.Rungs(v), err
}

func address(v string) (string, error) {
	host, port, err := net.SplitHostPort(v)
	n, perr := strconv.ParseUint(port, 10, 16)
	if err != nil || perr != nil || strings.ContainsAny(host, " /") {
		return "", fmt.Errorf("must be host:port such as 127.0.0.1:8080, not %q", v)
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}

func remote(v string) (string, error) {
	a, err := address(v)
	if err != nil || strings.HasPrefix(a, ":") || strings.HasSuffix(a, ":0") {
		return "", fmt.Errorf("must be the host:port of another process, not %q", v)
	}
	return a, nil
}

// webURL refuses user and password in the address: such a URL ends up in logs and redirects.
func webURL(v string) (*url.URL, bool) {
	u, err := url.Parse(v)
	ok := err == nil && (u.Scheme == "http" || u.Scheme == "https") &&
		u.Hostname() != "" && u.User == nil && u.RawQuery == "" && u.Fragment == ""
	return u, ok
}

func webAddress(v string) (string, error) {
	if _, ok := webURL(v); !ok {
		return "", errors.New("must be an http or https URL without user, query and fragment")
	}
	return v, nil
}

func origin(v string) (*url.URL, error) {
	u, ok := webURL(v)
	if !ok || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("must be an http or https URL of scheme, host and port only, without a path")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

func databaseURL(v string) (Secret, error) {
	u, err := url.Parse(v)
	// url.Parse's error quotes the password.
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Opaque != "" {
		return Secret{}, errors.New("must be a URL that begins with postgres://; percent-encode special characters of the password")
	}
	if u.Hostname() == "" && u.Query().Get("host") == "" {
		return Secret{}, errors.New("must name the database's host")
	}
	if strings.Trim(u.Path, "/") == "" {
		return Secret{}, errors.New("must name the database after the host")
	}
	return NewSecret(v), nil
}

func secret(v string) (Secret, error) { return NewSecret(v), nil }

const shortestPassword = 16

func password(v string) (Secret, error) {
	if len(v) < shortestPassword {
		return Secret{}, fmt.Errorf("must have at least %d characters", shortestPassword)
	}
	return NewSecret(v), nil
}

const smallestPool, largestPool = 2, 200

func poolSize(v string) (int32, error) {
	n, err := strconv.ParseInt(v, 10, 32)
	if err != nil || n < smallestPool || n > largestPool {
		return 0, fmt.Errorf("must be a whole number from %d to %d, not %q", smallestPool, largestPool, v)
	}
	return int32(n), nil
}

const fewestConnections, mostConnections = 16, 65536

func connections(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < fewestConnections || n > mostConnections {
		return 0, fmt.Errorf("must be a whole number from %d to %d, not %q", fewestConnections, mostConnections, v)
	}
	return n, nil
}

const fastestPace = 1_000_000

func pace(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > fastestPace {
		return 0, fmt.Errorf("must be a whole number of requests a minute from 0 to %d, not %q", fastestPace, v)
	}
	return n, nil
}

// networks are addresses, each a network of its own, or networks.
func networks(v string) (all []netip.Prefix, err error) {
	for text := range strings.SplitSeq(v, ",") {
		text = strings.TrimSpace(text)
		net, err := netip.ParsePrefix(text)
		if one, is := netip.ParseAddr(text); is == nil {
			net, err = netip.PrefixFrom(one, one.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("must be addresses or networks with commas between them such as 10.0.0.5,10.1.0.0/16, not %q", v)
		}
		all = append(all, net.Masked())
	}
	return all, nil
}

const fewestDays, mostDays = 30, 36500

func days(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < fewestDays || n > mostDays {
		return 0, fmt.Errorf("must be a whole number of days from %d to %d, not %q", fewestDays, mostDays, v)
	}
	return n, nil
}

func name(v string) (string, error) {
	if strings.ContainsAny(v, " \t\r\n") {
		return "", fmt.Errorf("must not contain spaces, but is %q", v)
	}
	return v, nil
}

const longestText = 200

// text is for people to read: one line without anything that cannot be seen.
func text(v string) (string, error) {
	v = strings.TrimSpace(v)
	unseen := func(r rune) bool { return !unicode.IsGraphic(r) }
	if n := utf8.RuneCountInString(v); n == 0 || n > longestText || !utf8.ValidString(v) || strings.ContainsFunc(v, unseen) {
		return "", fmt.Errorf("must be one line of 1 to %d letters", longestText)
	}
	return v, nil
}

// file checks at start what would otherwise fail at the first use.
func file(v string) (string, error) {
	f, err := os.Open(v)
	if err != nil {
		return "", fmt.Errorf("must name a readable file: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return "", fmt.Errorf("must name a file, but %s is a folder", v)
	}
	return v, nil
}

func logLevel(v string) (slog.Level, error) {
	switch v {
	case "debug", "info", "warn", "error":
		var l slog.Level
		err := l.UnmarshalText([]byte(v))
		return l, err
	}
	return 0, fmt.Errorf("must be debug, info, warn or error, not %q", v)
}

func logFormat(v string) (string, error) {
	if v != "json" && v != "text" {
		return "", fmt.Errorf("must be json or text, not %q", v)
	}
	return v, nil
}

const longestTimeout = 10 * time.Minute

func timeout(v string) (time.Duration, error) {
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 || d > longestTimeout {
		return 0, fmt.Errorf("must be a duration above 0s and at most 10m such as 20s, not %q", v)
	}
	return d, nil
}
