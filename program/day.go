package program

import (
	"fmt"
	"time"
)

// Day is a calendar date: days since 1970-01-01. Zero means not stated.
type Day int32

// DayOf is the calendar date of t in t's own location.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Date(y, m, d)
}

// Date is the given calendar date; days beyond the month run on.
func Date(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// ParseDay reads a calendar date as YYYY-MM-DD.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, fmt.Errorf("date %q: want YYYY-MM-DD", s)
	}
	return DayOf(t), nil
}

// UnmarshalText reads YYYY-MM-DD; nothing is not stated.
func (d *Day) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = 0
		return nil
	}
	*d, err = ParseDay(string(text))
	return err
}

// String prints YYYY-MM-DD, nothing when not stated.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return d.time().Format(time.DateOnly)
}

// AddMonths moves by calendar months; where the month has no such day, to its
// last one: 31 August + 6 months is 28 (or 29) February.
func (d Day) AddMonths(n int) Day {
	y, m, day := d.time().Date()
	last := Date(y, m+time.Month(n)+1, 0)
	if to := Date(y, m+time.Month(n), day); to < last {
		return to
	}
	return last
}

func (d Day) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }
