package ledger

import (
	"fmt"
	"math"
	"time"
)

// Day is a calendar date: days since 1970-01-01, no zone, no clock.
type Day int32

// NoDay is "no such date"; Forever is an open end.
const (
	NoDay   Day = math.MinInt32
	Forever Day = math.MaxInt32
)

// ParseDay reads a calendar date as YYYY-MM-DD. Impossible dates are errors.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return NoDay, fmt.Errorf("date %q: want YYYY-MM-DD", s)
	}
	return DayOf(t), nil
}

// DayOf is the calendar date of t in t's own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Time is midnight UTC of the day.
func (d Day) Time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// String prints YYYY-MM-DD; NoDay and Forever print nothing.
func (d Day) String() string {
	if d == NoDay || d == Forever {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// Stamp is an instant in microseconds since 1970 UTC; zero means not stated.
type Stamp int64

// StampOf is the instant t.
func StampOf(t time.Time) Stamp { return Stamp(t.UnixMicro()) }

// Day is the calendar date of the instant in the program's zone.
func (s Stamp) Day(zone *time.Location) Day {
	if s == 0 {
		return NoDay
	}
	return DayOf(time.UnixMicro(int64(s)).In(zone))
}
