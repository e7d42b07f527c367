package fhir

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// What may be shown of a value: codes, numbers and dates of services help the
// partner and tell nothing about a person. Text, identifiers, names, birth
// dates, addresses and narratives are described, never repeated.

// personalTypes are about a person in all their elements.
var personalTypes = map[string]bool{
	"HumanName": true, "Address": true, "ContactPoint": true, "Identifier": true,
	"Annotation": true, "Narrative": true, "Signature": true, "Extension": true,
}

// personalDates tell who somebody is.
var personalDates = map[string]bool{
	"birthDate": true, "deceasedDateTime": true, "bornDate": true, "bornPeriod": true, "deceasedDate": true,
}

// masked describes a bad primitive as far as its form and place allow.
func masked(text string, f *form, personal bool) string {
	switch {
	case f.show == showLength:
	case personal && isDateLike(text):
		return "the form " + strconv.Quote(formOf(text))
	case personal:
	case f.show == showValue && isWord(text), f.show == showForm && isDateLike(text):
		return strconv.Quote(text)
	}
	return "text of " + count(utf8.RuneCountInString(text), "character")
}

// isDateLike says that a text holds nothing but the signs of a date or time.
func isDateLike(s string) bool {
	return len(s) <= 40 && strings.Trim(s, "0123456789-/.:+TZ ") == ""
}

// formOf keeps the punctuation of a date and hides its digits.
func formOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '9'
		}
		return r
	}, s)
}

// isWord says that a text can be a code or an element's name: short, ASCII,
// and without the digits of a number that identifies somebody.
func isWord(s string) bool {
	digits := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isDigit(c):
			digits++
		case !isAlnum(c) && !strings.ContainsRune(" -_.:+/$%<>=|", rune(c)):
			return false
		}
	}
	return s != "" && len(s) <= 40 && digits <= 6
}

// wordOr shows a word as it is and describes anything else.
func wordOr(s, what string) string {
	if isWord(s) {
		return strconv.Quote(s)
	}
	return what + " of " + count(utf8.RuneCountInString(s), "character")
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
