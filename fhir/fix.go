package fhir

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// How to mend a primitive that is not in its form. Each advice is about the
// form only and repeats nothing of the value, which may be personal.

// order is the same advice whatever was sent.
func order(fix string) func(string) string {
	return func(string) string { return fix }
}

func fixDate(s string) string {
	switch {
	case isDateTime(s), len(s) > 11 && isDate(s[:10]) && (s[10] == 'T' || s[10] == ' '):
		return "send the date without the time"
	case len(s) == 8 && isDigits(s):
		return "put hyphens in: YYYY-MM-DD"
	case looksLikeDate(s):
		return "send a day that exists"
	case strings.ContainsAny(s, "/."):
		return "write the year first, with hyphens: YYYY-MM-DD"
	}
	return "write it as YYYY-MM-DD"
}

// looksLikeDate says that the form is right, so the day is not.
func looksLikeDate(s string) bool {
	return len(s) >= 10 && s[4] == '-' && s[7] == '-' && isDigits(s[:4]) && isDigits(s[5:7]) && isDigits(s[8:10])
}

func fixDateTime(s string) string {
	if len(s) <= 10 || !isDate(s[:10]) {
		if isDate(s) {
			return "add a time and a zone"
		}
		return fixDate(s)
	}
	clock := s[11:]
	zone := strings.IndexAny(clock, "Z+-")
	hasZone := zone > 0
	if hasZone {
		clock = clock[:zone]
	}
	switch {
	case s[10] != 'T':
		return "put a T between date and time"
	case strings.HasPrefix(clock, "24:"):
		return "write midnight as 00:00:00 of the next day"
	case len(clock) == 5 && hasZone:
		return "add seconds"
	case len(clock) == 5:
		return "add seconds and a zone"
	case !isTime(clock):
		return "write the time as hh:mm:ss"
	case !hasZone:
		return "add a zone: Z or +hh:mm"
	}
	return "write the zone as Z or +hh:mm"
}

func fixTime(s string) string {
	switch {
	case len(s) == 5 && s[2] == ':':
		return "add seconds"
	case strings.ContainsAny(s, "Z+-"):
		return "leave the zone out"
	}
	return "write it as hh:mm:ss"
}

func fixText(s string) string {
	if len(s) > maxString {
		return "shorten it, or send it as an Attachment"
	}
	return "remove the control characters"
}

func fixID(s string) string {
	if len(s) > 64 {
		return "shorten it to 64 characters"
	}
	for i, c := range s {
		if c >= utf8.RuneSelf || !isID(string(c)) {
			return "replace the " + strconv.QuoteRune(c) + " at position " + strconv.Itoa(utf8.RuneCountInString(s[:i])+1)
		}
	}
	return "send an id"
}
