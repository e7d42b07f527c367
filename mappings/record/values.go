package record

import (
	"strings"
	"time"

	"github.com/throughline/throughline/ledger"
)

// Date is a calendar date, YYYY-MM-DD; empty = not stated.
type Date string

// AnyDate is a date that the ledger judges itself: any text is taken, and an
// impossible one gets the verdict invalid_line.
type AnyDate string

// Instant is a moment with seconds and zone (RFC 3339), or a plain date.
type Instant string

// Day is the date as the ledger counts it; NoDay when it is empty or impossible.
func (d Date) Day() ledger.Day { return day(string(d)) }

// Day is the date as the ledger counts it; NoDay when it is empty or impossible.
func (d AnyDate) Day() ledger.Day { return day(string(d)) }

func day(s string) ledger.Day {
	d, err := ledger.ParseDay(s)
	if err != nil || strings.HasPrefix(s, "0000") {
		return ledger.NoDay
	}
	return d
}

// Stamp is the instant as the ledger counts it; zero when it is empty.
func (i Instant) Stamp() ledger.Stamp {
	if t, err := time.Parse(time.RFC3339Nano, string(i)); err == nil {
		return ledger.StampOf(t)
	}
	if t, err := time.Parse(time.DateOnly, string(i)); err == nil {
		return ledger.StampOf(t)
	}
	return 0
}

// Date is the calendar date of the instant, as it was written.
func (i Instant) Date() Date { return Date(i[:min(len(i), len(time.DateOnly))]) }

// IDs names other entries of a record: a JSON array, in CSV separated by ';'.
type IDs []string

// Modifiers of a service code: a JSON array, in CSV separated by blanks or ':'.
type Modifiers []string

// String joins the modifiers as the ledger takes them.
func (m Modifiers) String() string { return strings.Join(m, " ") }

// splitIDs cuts the text form of IDs.
func splitIDs(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// ParseModifiers reads the text form of modifiers; nil = none.
func ParseModifiers(s string) Modifiers {
	out := strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == ' ' || r == '\t' })
	if len(out) == 0 {
		return nil
	}
	return out
}
