package x12

import (
	"strings"
	"time"
)

// Day reads CCYYMMDD as "2026-03-15".
func Day(s string) (string, bool) {
	if len(s) != 8 || !digits(s) {
		return "", false
	}
	out := s[:4] + "-" + s[4:6] + "-" + s[6:]
	_, err := time.Parse(time.DateOnly, out)
	return out, err == nil
}

// Period reads a date by its qualifer (X12 1250): D8 is one day, RD8 two,
// "20260315-20260914". Both ends are "2026-03-15".
func Period(qualifier, s string) (from, to string, ok bool) {
	switch qualifier {
	case "D8":
		from, ok = Day(s)
		return from, from, ok
	case "RD8":
		a, b, found := strings.Cut(s, "-")
		from, okA := Day(a)
		to, okB := Day(b)
		return from, to, found && okA && okB && from <= to
	}
	return "", "", false
}

// Period reads the qualifier in element n and the date in n+1.
func (s Segment) Period(n int) (from, to string, ok bool) {
	return Period(s.Elem(n), s.Elem(n+1))
}

// Clock reads a TM (HHMM, HHMMSS, HHMMSSDD) as "10:15:00"; parts of a second
// are dropped.
func Clock(s string) (string, bool) {
	if len(s) < 4 || len(s) > 8 || len(s) == 5 || !digits(s) {
		return "", false
	}
	sec := "00"
	if len(s) >= 6 {
		sec = s[4:6]
	}
	out := s[:2] + ":" + s[2:4] + ":" + sec
	_, err := time.Parse(time.TimeOnly, out)
	return out, err == nil
}

// Decimal reads an R: digits with an optional sign and point, exact. The result
// has one digit before the point and no needless zeros before it: ".5" -> "0.5".
func Decimal(s string) (string, bool) {
	number := strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(number, ".")
	if whole+fraction == "" || !digits(whole+fraction) || len(whole+fraction) > 18 || point && fraction == "" && whole == "" {
		return "", false
	}
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	out := whole
	if fraction != "" {
		out += "." + fraction
	}
	if len(number) < len(s) && strings.Trim(out, "0.") != "" {
		out = "-" + out
	}
	return out, true
}

// WriteDay writes "2026-03-15" as CCYYMMDD; what is longer is cut to its date.
func WriteDay(iso string) string {
	if len(iso) < 10 {
		return ""
	}
	return strings.ReplaceAll(iso[:10], "-", "")
}

// WritePeriod gives qualifier and value of a day or of two.
func WritePeriod(from, to string) (qualifier, value string) {
	if to == "" || from == to {
		return "D8", WriteDay(from)
	}
	return "RD8", WriteDay(from) + "-" + WriteDay(to)
}

// WriteDecimal writes a decimal as R: no needless zeros on either side.
func WriteDecimal(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if strings.HasPrefix(s, "0.") {
		return s[1:]
	}
	return s
}

func digits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
