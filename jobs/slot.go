package jobs

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/throughline/throughline/ledger"
)

// slotLayout is the form of a slot: wall-clock date and time, which sorts.
const slotLayout = "2006-01-02 15:04"

// Slot is a date and time on the wall in a schedule's zone. Each slot is run
// once, whatever the clocks do (protocol.md R14): a time that the spring change
// skips is due at the first minute after it, a time that comes twice in autumn
// is due the first time.
type Slot struct {
	wall time.Time // the wall-clock reading as if it were UTC
	zone *time.Location
}

// String is the slot's row key.
func (s Slot) String() string { return s.wall.Format(slotLayout) }

// Date is the slot's calendar date.
func (s Slot) Date() ledger.Day { return ledger.DayOf(s.wall) }

// At is the instant at which the slot is due.
func (s Slot) At() time.Time {
	before, after := s.at(-24*time.Hour), s.at(24*time.Hour)
	if after.Before(before) {
		before, after = after, before
	}
	switch {
	case s.shows(before):
		return before // twice on the wall: the first time
	case s.shows(after):
		return after
	}
	_, end := before.ZoneBounds() // never on the wall: the minute after the change
	return end
}

// at reads the wall with the offset that is in force near it.
func (s Slot) at(near time.Duration) time.Time {
	_, offset := s.wall.Add(near).In(s.zone).Zone()
	return s.wall.Add(-time.Duration(offset) * time.Second).In(s.zone)
}

func (s Slot) shows(t time.Time) bool { return t.Format(slotLayout) == s.String() }

// wallOf is what the wall shows at an instant, as if it were UTC.
func wallOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	h, min, sec := t.In(zone).Clock()
	return time.Date(y, m, d, h, min, sec, 0, time.UTC)
}

// Calendar is a cron expression on the wall of a zone.
type Calendar struct {
	spec  string
	zone  *time.Location
	times *cron.SpecSchedule
}

// ParseCalendar reads the five cron fields or a name like @daily, with
// CRON_TZ=ZONE before them if the zone is another than the given one.
func ParseCalendar(spec string, zone *time.Location) (*Calendar, error) {
	if zone == nil {
		zone = time.UTC
	}
	spec = strings.TrimSpace(spec)
	if name, rest, ok := strings.Cut(spec, " "); ok && strings.HasPrefix(name, "CRON_TZ=") {
		own, err := time.LoadLocation(strings.TrimPrefix(name, "CRON_TZ="))
		if err != nil {
			return nil, fmt.Errorf("schedule %q: %w", spec, err)
		}
		zone, spec = own, strings.TrimSpace(rest)
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	parsed, err := parser.Parse("CRON_TZ=UTC " + spec)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: %w", spec, err)
	}
	times, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("schedule %q: want times on the clock, not intervals", spec)
	}
	return &Calendar{spec: spec, zone: zone, times: times}, nil
}

// String is the expression with its zone, as cron reads it.
func (c *Calendar) String() string { return "CRON_TZ=" + c.zone.String() + " " + c.spec }

// After is the first slot after another.
func (c *Calendar) After(s Slot) (Slot, bool) {
	next := c.times.Next(s.wall) // the calendar runs on UTC: no change of clocks can confuse it
	return Slot{next, c.zone}, !next.IsZero()
}

// Now is the minute on the wall at an instant; it need not be a time of the
// calendar.
func (c *Calendar) Now(t time.Time) Slot {
	return Slot{wallOf(t, c.zone).Truncate(time.Minute), c.zone}
}

// Next lists the slots that are due after an instant.
func (c *Calendar) Next(t time.Time, n int) []Slot {
	var out []Slot
	at := Slot{wallOf(t, c.zone).Add(-3 * time.Hour), c.zone} // a skipped slot may lie behind the wall and before us
	for len(out) < n {
		next, ok := c.After(at)
		if !ok {
			break
		}
		if at = next; next.At().After(t) {
			out = append(out, next)
		}
	}
	return out
}

// slot reads a row key back.
func (c *Calendar) slot(text string) (Slot, error) {
	wall, err := time.Parse(slotLayout, text)
	return Slot{wall, c.zone}, err
}

// maxMissed bounds how far back missed slots are looked for.
const maxMissed = 1000

// due lists the slots after last that are due at an instant, oldest first, at
// most the newest maxMissed.
func (c *Calendar) due(last Slot, now time.Time) []Slot {
	var out []Slot
	for at := last; ; {
		next, ok := c.After(at)
		if !ok || next.At().After(now) {
			return out
		}
		if at = next; len(out) == maxMissed {
			out = out[1:]
		}
		out = append(out, next)
	}
}
