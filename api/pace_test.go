package api

import (
	"net/http/httptest"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNobodyFillsTheMemoryWithAddresses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ts := newTurnstiles(1)
	require.Zero(t, ts.wait("first", now))
	for i := range 3 * mostRemembered {
		ts.wait(strconv.Itoa(i), now)
		require.LessOrEqual(t, len(ts.young)+len(ts.old), mostRemembered)
		if i%1000 == 0 {
			require.Equal(t, time.Minute, ts.wait("first", now), "whoever keeps coming is remembered")
		}
	}
}

func TestARequestComesFromWhereATrustedProxySays(t *testing.T) {
	t.Parallel()
	trusting := Pace{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::1/128")}}
	for name, c := range map[string]struct {
		pace      Pace
		peer      string
		forwarded []string
		from      string
	}{
		"the connection":                      {trusting, "192.0.2.7:1234", nil, "192.0.2.7"},
		"what a stranger makes up":            {trusting, "192.0.2.7:1234", []string{"198.51.100.1"}, "192.0.2.7"},
		"what a proxy that nobody named says": {Pace{}, "10.0.0.1:1234", []string{"198.51.100.1"}, "10.0.0.1"},
		"the client of a proxy":               {trusting, "10.0.0.1:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		"what the client makes up before it":  {trusting, "10.0.0.1:1234", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		"through two proxies":                 {trusting, "10.0.0.1:1234", []string{"203.0.113.9, 198.51.100.1, 10.2.2.2"}, "198.51.100.1"},
		"of several headers, the last":        {trusting, "10.0.0.1:1234", []string{"203.0.113.9", "198.51.100.1"}, "198.51.100.1"},
		"a proxy that says nothing":           {trusting, "10.0.0.1:1234", nil, "10.0.0.1"},
		"a proxy that says something else":    {trusting, "10.0.0.1:1234", []string{"unknown"}, "10.0.0.1"},
		"an address of IPv4 in IPv6":          {trusting, "[::ffff:10.0.0.1]:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		"an address of IPv6":                  {trusting, "[2001:db8::1]:1234", []string{"2001:db8:1:2::5"}, "2001:db8:1:2::5"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			require.Equal(t, c.from, c.pace.from(r).RemoteAddr)
		})
	}
	require.Equal(t, "2001:db8:1:2::/64", netOf("2001:db8:1:2::5"), "one customer has 64 bits")
}
