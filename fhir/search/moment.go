package search

const (
	second = int64(1_000_000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// parseMoment reads a FHIR date, dateTime or instant and gives the inclusive
// range it stands for, in Unix microseconds: 2024 is the year, 2024-02-03T10:15Z
// the minute. Without a zone it is in UTC. Seconds may be left out, as searches
// may (http://hl7.org/fhir/R4/search.html#date); digits after the microsecond
// are dropped.
func parseMoment(s string) (lo, hi int64, ok bool) {
	year, month, dayOfMonth, rest, ok := parseDay(s)
	if !ok {
		return 0, 0, false
	}
	switch {
	case month == 0:
		return civil(year, 1, 1) * day, civil(year+1, 1, 1)*day - 1, true
	case dayOfMonth == 0:
		return civil(year, month, 1) * day, civil(year, month, 1)*day + int64(daysIn(year, month))*day - 1, true
	case rest == "":
		lo = civil(year, month, dayOfMonth) * day
		return lo, lo + day - 1, true
	}
	clock, width, zone, ok := parseClock(rest)
	if !ok {
		return 0, 0, false
	}
	lo = civil(year, month, dayOfMonth)*day + clock - zone
	return lo, lo + width - 1, true
}

// parseDay reads YYYY[-MM[-DD[T...]]]; rest is what follows the T. Parts that
// are absent are 0.
func parseDay(s string) (year, month, dayOfMonth int, rest string, ok bool) {
	if year, ok = digits(s, 0, 4); !ok || year == 0 {
		return 0, 0, 0, "", false
	}
	if len(s) == 4 {
		return year, 0, 0, "", true
	}
	month, ok = digits(s, 5, 7)
	if !ok || s[4] != '-' || month < 1 || month > 12 {
		return 0, 0, 0, "", false
	}
	if len(s) == 7 {
		return year, month, 0, "", true
	}
	dayOfMonth, ok = digits(s, 8, 10)
	if !ok || s[7] != '-' || dayOfMonth < 1 || dayOfMonth > daysIn(year, month) {
		return 0, 0, 0, "", false
	}
	if len(s) == 10 {
		return year, month, dayOfMonth, "", true
	}
	return year, month, dayOfMonth, s[11:], s[10] == 'T' && len(s) > 11
}

// parseClock reads hh:mm[:ss[.fraction]][zone] into microseconds since midnight,
// the width of the precision given, and the offset of the zone.
func parseClock(s string) (clock, width, zone int64, ok bool) {
	h, okH := digits(s, 0, 2)
	m, okM := digits(s, 3, 5)
	if !okH || !okM || s[2] != ':' || h > 23 || m > 59 {
		return 0, 0, 0, false
	}
	clock, width, s = int64(h)*hour+int64(m)*minute, minute, s[5:]
	if len(s) > 0 && s[0] == ':' {
		sec, okS := digits(s, 1, 3)
		if !okS || sec > 60 {
			return 0, 0, 0, false
		}
		clock, width, s = clock+int64(min(sec, 59))*second, second, s[3:] // a leap second counts as :59
		if len(s) > 0 && s[0] == '.' {
			var fraction int64
			if fraction, width, s, ok = parseFraction(s[1:]); !ok {
				return 0, 0, 0, false
			}
			clock += fraction
		}
	}
	zone, ok = parseZone(s)
	return clock, width, zone, ok
}

// parseFraction reads the digits after the point: their microseconds, the width
// of the last one, and what follows.
func parseFraction(s string) (fraction, width int64, rest string, ok bool) {
	n := 0
	width = second
	for ; n < len(s) && s[n] >= '0' && s[n] <= '9'; n++ {
		if width > 1 {
			width /= 10
			fraction += int64(s[n]-'0') * width
		}
	}
	return fraction, width, s[n:], n > 0
}

// parseZone reads Z, +hh:mm, -hh:mm or nothing.
func parseZone(s string) (offset int64, ok bool) {
	if s == "" || s == "Z" {
		return 0, true
	}
	h, okH := digits(s, 1, 3)
	m, okM := digits(s, 4, 6)
	if !okH || !okM || len(s) != 6 || s[3] != ':' || h > 14 || m > 59 {
		return 0, false
	}
	offset = int64(h)*hour + int64(m)*minute
	switch s[0] {
	case '+':
		return offset, true
	case '-':
		return -offset, true
	}
	return 0, false
}

// digits reads s[from:to] as a number.
func digits(s string, from, to int) (n int, ok bool) {
	if len(s) < to {
		return 0, false
	}
	for _, c := range []byte(s[from:to]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// civil counts the days from 1970-01-01 in the Gregorian calendar: years begin
// in March, so that the leap day is the last of them.
func civil(year, month, dayOfMonth int) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	days := 365*year + year/4 - year/100 + year/400
	days += (153*(month-3) + 2) / 5
	return int64(days + dayOfMonth - 1 - 719468)
}
