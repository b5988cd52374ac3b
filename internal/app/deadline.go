package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"koko/domain/calendar"
	"koko/internal/story"
)

const deadlineManual = `Say when a limit ends, and why: each day that is skipped, with its reason.

EVENT is what the limit is counted from: 2027-03-25, 2027-03-25T10:00 (in Berlin) or a time with a
zone, such as 2027-03-25T09:00:00Z.

RULE is how it is counted:
  gesetz_tage:14     days, to the end of the last one; past Saturdays, Sundays and holidays
  gesetz_wochen:3    weeks, likewise (§§ 187, 188, 193 BGB, § 31 VwVfG NRW)
  gesetz_monate:1    months, likewise
  eu_monat:1         months of European law (Regulation 1182/71)
  arbeitstage:2      to the close of the n-th working day
  dauer:72h          time that passes
  termin:-7          days from a fixed date, at the same time of day`

type deadlineFlags struct {
	land, closes, version, lang string
	json                        bool
}

// deadlineCommand explains time limits at the desk; it needs no server.
func deadlineCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "deadline", Short: "Compute time limits", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var f deadlineFlags
	explain := &cobra.Command{
		Use: "explain EVENT RULE", Short: "Say when a limit ends, and why", Long: deadlineManual, Args: cobra.ExactArgs(2),
	}
	versions := calendar.Versions()
	explain.Flags().StringVar(&f.land, "land", string(calendar.Westphalia), "the Land whose holidays count (ISO 3166-2:DE), such as NW")
	explain.Flags().StringVar(&f.closes, "closes", string(calendar.WorkdayEnds), "when a working day ends")
	explain.Flags().StringVar(&f.version, "calendar", string(versions[len(versions)-1]), "version of the calendar")
	explain.Flags().StringVar(&f.lang, "lang", "de", "language: de or en")
	explain.Flags().BoolVar(&f.json, "json", false, "print the limit as JSON")
	explain.RunE = func(cmd *cobra.Command, args []string) error {
		cal, err := f.calendar()
		if err != nil {
			return err
		}
		event, err := eventOf(args[0])
		if err != nil {
			return err
		}
		rule, err := calendar.ParseRule(args[1])
		if err != nil {
			return err
		}
		return f.print(cmd.OutOrStdout(), cal, event, rule)
	}
	c.AddCommand(explain)
	return c
}

// calendar is the one that the flags name.
func (f deadlineFlags) calendar() (calendar.Calendar, error) {
	c := calendar.Calendar{
		Version: calendar.Version(f.version), Land: calendar.Land(strings.ToUpper(f.land)), Closes: calendar.Clock(f.closes),
	}
	switch {
	case !slices.Contains(c.Land.Values(), c.Land):
		return c, fmt.Errorf("--land is one of %v, not %q", c.Land.Values(), f.land)
	case !slices.Contains(calendar.Versions(), c.Version):
		return c, fmt.Errorf("--calendar is one of %v, not %q", calendar.Versions(), f.version)
	case !c.Closes.Valid():
		return c, fmt.Errorf("--closes is a time of day such as 18:00, not %q", f.closes)
	case f.lang != "de" && f.lang != "en":
		return c, fmt.Errorf("--lang is de or en, not %q", f.lang)
	}
	return c, nil
}

// eventOf reads a day or a moment.
func eventOf(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return recordable(t)
	}
	if day, err := calendar.ParseDay(s); err == nil {
		return recordable(day.Begins())
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, s, calendar.Berlin); err == nil {
			return recordable(t)
		}
	}
	return time.Time{}, fmt.Errorf("%q is no day and no time: write it like 2027-03-25 or 2027-03-25T10:00", s)
}

// recordable refuses years for which nobody knows the holidays.
func recordable(t time.Time) (time.Time, error) {
	if y := t.In(calendar.Berlin).Year(); y < 1990 || y > 2200 {
		return t, errors.New("the event lies outside the years 1990 to 2200")
	}
	return t, nil
}

func (f deadlineFlags) print(w io.Writer, cal calendar.Calendar, event time.Time, rule calendar.Rule) error {
	limit := cal.After(event, rule)
	if f.json {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			Calendar calendar.Calendar `json:"calendar"`
			Event    time.Time         `json:"event"`
			Rule     calendar.Rule     `json:"rule"`
			Due      time.Time         `json:"due"`
			Because  []calendar.Step   `json:"because"`
		}{cal, event.UTC(), rule, limit.Due, limit.Because})
	}
	lang := story.Lang(f.lang)
	lines := []string{story.Due(limit).In(lang)}
	for _, line := range story.Because(rule, limit.Because) {
		lines = append(lines, "  "+line.In(lang))
	}
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}
