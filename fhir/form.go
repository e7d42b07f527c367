package fhir

import (
	"strconv"
	"strings"
	"time"
)

// form is how a primitive type is written in JSON
// (http://hl7.org/fhir/R4/datatypes.html#primitive).
type form struct {
	kind    Kind
	allowed string
	valid   func(text string) bool
	fix     func(text string) string // how to mend a bad one; nil when none is bad
	show    display
}

// display says what an issue may show of a bad value.
type display uint8

const (
	showLength display = iota // text of 12 characters
	showValue                 // a code or number; described where it is personal
	showForm                  // a date; 99/99/9999 where it is personal
)

// forms are the primitive types by their name in the model.
var forms = map[string]*form{
	"Base64Binary": {kind: KindString, allowed: "base64 (RFC 4648 section 4)", valid: isBase64, fix: order("encode the bytes again, with padding")},
	"Boolean":      {kind: KindBool, allowed: "true or false", valid: func(string) bool { return true }},
	"Canonical":    {kind: KindString, allowed: "a canonical URL without spaces", valid: isURI, fix: order("write spaces as %20")},
	"Code":         {kind: KindString, allowed: "a code: no spaces at the ends, single spaces inside", valid: isCode, fix: order("remove the spaces that are too many"), show: showValue},
	"Date":         {kind: KindString, allowed: "a date: YYYY, YYYY-MM or YYYY-MM-DD", valid: isDate, fix: fixDate, show: showForm},
	"DateTime":     {kind: KindString, allowed: "a dateTime: YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz", valid: isDateTime, fix: fixDateTime, show: showForm},
	"Decimal":      {kind: KindNumber, allowed: "a decimal number of at most 64 characters, exponent within +-999", valid: isDecimal, fix: order("round it, or send it in another unit"), show: showValue},
	"Id":           {kind: KindString, allowed: "1 to 64 letters, digits, hyphens and dots", valid: isID, fix: fixID},
	"Instant":      {kind: KindString, allowed: "an instant: YYYY-MM-DDThh:mm:ss+zz:zz", valid: isInstant, fix: fixDateTime, show: showForm},
	"Integer":      {kind: KindNumber, allowed: "a whole number from -2147483648 to 2147483647", valid: isInteger, fix: order("send a whole number in that range"), show: showValue},
	"Markdown":     {kind: KindString, allowed: "text without control characters", valid: isText, fix: fixText},
	"Oid":          {kind: KindString, allowed: "an OID: urn:oid:1.2.3", valid: isOID, fix: order("write urn:oid: and the dotted number")},
	"PositiveInt":  {kind: KindNumber, allowed: "a whole number from 1 to 2147483647", valid: isPositive, fix: order("send a whole number in that range"), show: showValue},
	"String":       {kind: KindString, allowed: "text of at most 1 MB without control characters", valid: isString, fix: fixText},
	"Time":         {kind: KindString, allowed: "a time: hh:mm:ss", valid: isTime, fix: fixTime, show: showForm},
	"UnsignedInt":  {kind: KindNumber, allowed: "a whole number from 0 to 2147483647", valid: isUnsigned, fix: order("send a whole number in that range"), show: showValue},
	"Uri":          {kind: KindString, allowed: "a URI without spaces", valid: isURI, fix: order("write spaces as %20")},
	"Url":          {kind: KindString, allowed: "a URL without spaces", valid: isURI, fix: order("write spaces as %20")},
	"Uuid":         {kind: KindString, allowed: "a UUID in lower case: urn:uuid:c757873d-ec9a-4326-a141-556f43239520", valid: isUUID, fix: order("write urn:uuid: and the UUID in lower case")},
}

// maxString is the length FHIR gives strings.
const maxString = 1 << 20

func isString(s string) bool { return len(s) <= maxString && isText(s) }

// isText refuses control characters other than tab, line feed, carriage return.
func isText(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' && s[i] != '\t' && s[i] != '\n' && s[i] != '\r' {
			return false
		}
	}
	return true
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isURI(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

func isCode(s string) bool {
	space := true
	for i := 0; i < len(s); i++ {
		if isSpace(s[i]) && space {
			return false
		}
		if space = isSpace(s[i]); !space && s[i] < ' ' {
			return false
		}
	}
	return !space
}

func isBase64(s string) bool {
	count, padding := 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isSpace(c):
			continue
		case c == '=':
			padding++
		case padding > 0 || !isAlnum(c) && c != '+' && c != '/':
			return false
		}
		count++
	}
	return count > 0 && count%4 == 0 && padding <= 2
}

func isOID(s string) bool {
	arcs, ok := strings.CutPrefix(s, "urn:oid:")
	if !ok || len(arcs) < 3 || arcs[0] < '0' || arcs[0] > '2' || arcs[1] != '.' {
		return false
	}
	for arc := range strings.SplitSeq(arcs[2:], ".") {
		if !isDigits(arc) || (arc[0] == '0' && len(arc) > 1) {
			return false
		}
	}
	return true
}

func isUUID(s string) bool {
	s, ok := strings.CutPrefix(s, "urn:uuid:")
	if !ok || len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !isDigit(s[i]) && (s[i] < 'a' || s[i] > 'f') {
				return false
			}
		}
	}
	return true
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// isDecimal bounds what JSON allows, so that no reader is made to write out
// 1e999999999.
func isDecimal(s string) bool {
	if len(s) > 64 {
		return false
	}
	e := strings.IndexAny(s, "eE")
	return e < 0 || len(strings.TrimLeft(s[e+1:], "+-0")) <= 3
}

func isInteger(s string) bool {
	_, err := strconv.ParseInt(s, 10, 32)
	return err == nil && s != "-0"
}

func isUnsigned(s string) bool { return isInteger(s) && s[0] != '-' }
func isPositive(s string) bool { return isUnsigned(s) && s != "0" }

func isDate(s string) bool {
	switch len(s) {
	case 4:
		return isDigits(s) && s != "0000"
	case 7:
		return s[4] == '-' && isDate(s[:4]) && between(s[5:7], 1, 12)
	case 10:
		return s[7] == '-' && isDate(s[:7]) && between(s[8:10], 1, daysIn(s[:4], s[5:7]))
	}
	return false
}

// daysIn takes digits that isDate has checked.
func daysIn(year, month string) int {
	y, m := number(year), number(month)
	return time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// number reads digits that were checked before.
func number(digits string) int {
	n := 0
	for i := 0; i < len(digits); i++ {
		n = n*10 + int(digits[i]-'0')
	}
	return n
}

func between(digits string, low, high int) bool {
	if !isDigits(digits) {
		return false
	}
	n := number(digits)
	return n >= low && n <= high
}

func isDateTime(s string) bool {
	if len(s) <= 10 {
		return isDate(s)
	}
	return isInstant(s)
}

func isInstant(s string) bool {
	if len(s) < 20 || s[10] != 'T' || !isDate(s[:10]) {
		return false
	}
	clock := s[11:]
	zone := strings.IndexAny(clock, "Z+-")
	return zone > 0 && isTime(clock[:zone]) && isZone(clock[zone:])
}

// isTime allows second 60, a leap second, as R4 does, and no hour 24.
func isTime(s string) bool {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return false
	}
	if !between(s[:2], 0, 23) || !between(s[3:5], 0, 59) || !between(s[6:8], 0, 60) {
		return false
	}
	return len(s) == 8 || s[8] == '.' && isDigits(s[9:])
}

func isZone(s string) bool {
	if s == "Z" {
		return true
	}
	if len(s) != 6 || s[3] != ':' || !between(s[1:3], 0, 14) || !between(s[4:6], 0, 59) {
		return false
	}
	return s[1:3] != "14" || s[4:6] == "00"
}
