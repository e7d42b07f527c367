package x12

import "strings"

// Delimiters are the four signs of an interchange, read from its ISA: element
// (byte 4), repetition (ISA11), component (ISA16), segment (byte 106).
type Delimiters struct {
	Element    byte
	Repetition byte // 0 = none: ISA11 holds the "U" of versions before 00402
	Component  byte
	Segment    byte
}

// Usual are the delimiters that nearly everybody writes with, and we: * ^ : ~
func Usual() Delimiters {
	return Delimiters{Element: '*', Repetition: '^', Component: ':', Segment: '~'}
}

// sizeISA is the length of an ISA with its terminator: its elements are padded.
const sizeISA = 106

// separators are the places of the element separator in an ISA.
var separators = [...]int{3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103}

// delimitersOf reads the delimiters of an ISA; why says what is wrong with it.
func delimitersOf(isa string) (d Delimiters, why string) {
	if len(isa) < sizeISA || isa[:3] != "ISA" {
		return d, "no ISA of 106 bytes"
	}
	d = Delimiters{Element: isa[3], Repetition: isa[82], Component: isa[104], Segment: isa[105]}
	for _, at := range separators {
		if isa[at] != d.Element {
			return d, "an ISA whose elements do not have their fixed lengths"
		}
	}
	if isLetterOrDigit(d.Repetition) || d.Repetition == ' ' {
		d.Repetition = 0
	}
	for i, c := range []byte{d.Element, d.Component, d.Segment, d.Repetition} {
		if c != 0 && (isLetterOrDigit(c) || c == ' ' || c >= 0x7f) {
			return d, "a letter, digit or blank as a delimiter"
		}
		if c != 0 && strings.IndexByte(string([]byte{d.Element, d.Component, d.Segment, d.Repetition}[:i]), c) >= 0 {
			return d, "one sign for two delimiters"
		}
	}
	return d, ""
}

func isLetterOrDigit(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
