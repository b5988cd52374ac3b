package app

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"koko/domain/calendar"
)

func explained(t *testing.T, args ...string) (string, error) {
	t.Helper()
	c := deadlineCommand()
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&out)
	c.SilenceUsage = true
	c.SetArgs(append([]string{"explain"}, args...))
	err := c.Execute()
	return out.String(), err
}

func TestALimitIsExplainedAtTheDesk(t *testing.T) {
	text, err := explained(t, "2027-03-25T10:00", "arbeitstage:2")
	require.NoError(t, err)
	require.Equal(t, `Mi 31.03.2027, 18:00 Uhr
  Do 25.03.2027: Ereignis: 2 Arbeitstage
  Fr 26.03.2027: Karfreitag, zählt nicht
  Sa 27.03.2027: Samstag, zählt nicht
  So 28.03.2027: Sonntag, zählt nicht
  Mo 29.03.2027: Ostermontag, zählt nicht
  Di 30.03.2027: 1. Arbeitstag
  Mi 31.03.2027: 2. Arbeitstag
  Mi 31.03.2027: Ende der Frist
`, text)

	text, err = explained(t, "2027-01-31", "gesetz_monate:1", "--lang", "en")
	require.NoError(t, err)
	require.Equal(t, `Mon 1 March 2027, 24:00
  Sun 31 January 2027: event: one month (§§ 187, 188, 193 BGB)
  Sun 28 February 2027: last day of a month that has no such day (§ 188 (3) BGB)
  Sun 28 February 2027: Sunday, does not count
  Mon 1 March 2027: end of the limit
`, text)

	text, err = explained(t, "2027-05-26T22:30:00Z", "arbeitstage:1", "--land", "be", "--closes", "16:00", "--json")
	require.NoError(t, err)
	var got struct {
		Calendar calendar.Calendar
		Due      time.Time
		Because  []calendar.Step
	}
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	require.Equal(t, calendar.Calendar{Version: "2026-1", Land: "BE", Closes: "16:00"}, got.Calendar)
	require.Equal(t, "2027-05-28T14:00:00Z", got.Due.Format(time.RFC3339), "in Berlin the event is on the 27th, and Fronleichnam is no holiday")
	require.Len(t, got.Because, 3)
}

func TestWhatIsNoLimitIsAnsweredWithTheRemedy(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"25.03.2027", "arbeitstage:2"}, "write it like 2027-03-25"},
		{[]string{"1850-03-25", "arbeitstage:2"}, "1990 to 2200"},
		{[]string{"2027-03-25", "werktage:2"}, "such as arbeitstage:2"},
		{[]string{"2027-03-25", "gesetz_monate:zwei"}, "not a number"},
		{[]string{"2027-03-25", "gesetz_monate:1", "--land", "XX"}, "--land"},
		{[]string{"2027-03-25", "gesetz_monate:1", "--closes", "6pm"}, "--closes"},
		{[]string{"2027-03-25", "gesetz_monate:1", "--calendar", "1999"}, "--calendar"},
		{[]string{"2027-03-25", "gesetz_monate:1", "--lang", "fr"}, "--lang"},
	} {
		_, err := explained(t, c.args...)
		require.ErrorContains(t, err, c.says, "%v", c.args)
	}
}
