package hl7v2

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// charset is how the bytes of a message read as text: a single-byte map, or
// UTF-8 when nil (ASCII is a part of it).
type charset struct {
	name string // as MSH-18 has it
	page *charmap.Charmap
}

var utf8Set = charset{name: "UNICODE UTF-8"}

// charsets are the sets of table 0211 in which a delimiter's byte is never a
// part of another character.
var charsets = map[string]*charmap.Charmap{
	"ASCII": nil, "UNICODE UTF-8": nil, "UNICODE": nil, "UTF-8": nil, "": nil,
	"8859/1": charmap.ISO8859_1, "8859/2": charmap.ISO8859_2, "8859/3": charmap.ISO8859_3, "8859/4": charmap.ISO8859_4,
	"8859/5": charmap.ISO8859_5, "8859/6": charmap.ISO8859_6, "8859/7": charmap.ISO8859_7, "8859/8": charmap.ISO8859_8,
	"8859/9": charmap.ISO8859_9, "8859/15": charmap.ISO8859_15, "WINDOWS-1252": charmap.Windows1252,
}

// findCharset reads MSH-18. Without it, and for ASCII, bytes above 127 are
// taken as UTF-8 where they are valid UTF-8; anything else is an error.
func (m *Message) findCharset(b []byte, standing string) (charset, error) {
	name := strings.ToUpper(strings.TrimSpace(string(m.First("MSH").Field(18).Rep(1).Raw())))
	if name == "" {
		name = strings.ToUpper(standing)
	}
	key := strings.Replace(strings.TrimPrefix(name, "ISO"), "8859-", "8859/", 1)
	page, ok := charsets[strings.TrimLeft(key, " -_")]
	at := Location{Segment: "MSH", Sequence: 1, Field: 18}
	if !ok {
		return charset{}, &Error{Code: TableValue, At: at, Found: "a character set that is not supported", Allowed: "ASCII, UNICODE UTF-8, 8859/1 to 8859/9, 8859/15", Fix: "send UNICODE UTF-8"}
	}
	if page == nil && !utf8.Valid(b) {
		return charset{}, m.badBytes(name)
	}
	return charset{name: name, page: page}, nil
}

// badBytes finds the first field that is not UTF-8.
func (m *Message) badBytes(name string) error {
	seen := map[string]int{}
	for _, s := range m.Segments {
		seen[s.ID()]++
		for i, f := range s.fields {
			if !utf8.Valid(f) {
				n := i + i - s.index(i)
				return &Error{Code: DataType, At: Location{Segment: s.ID(), Sequence: seen[s.ID()], Field: n}, Found: "bytes that are not " + cmp.Or(name, "ASCII or UTF-8"), Fix: "name the character set in MSH-18, for example 8859/1, or send UNICODE UTF-8"}
			}
		}
	}
	return &Error{Code: DataType, At: Location{Segment: "MSH", Sequence: 1, Field: 18}, Found: "bytes that are not UTF-8", Fix: "send UNICODE UTF-8"}
}

// text reads bytes in the set as UTF-8.
func (c charset) text(b []byte) string {
	if c.page == nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	out, err := c.page.NewDecoder().Bytes(b)
	if err != nil { // a single-byte decoder has no errors
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

// bytes writes a character in the set; "?" and false when the set lacks it.
func (c charset) bytes(out []byte, r rune) ([]byte, bool) {
	switch {
	case r < utf8.RuneSelf:
		return append(out, byte(r)), true
	case c.page != nil:
		if b, ok := c.page.EncodeRune(r); ok {
			return append(out, b), true
		}
		return append(out, '?'), false
	case c.name == "ASCII":
		return append(out, '?'), false
	}
	return utf8.AppendRune(out, r), true
}
