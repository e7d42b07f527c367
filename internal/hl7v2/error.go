package hl7v2

import (
	"fmt"
	"strconv"
	"strings"
)

// Code is a message error condition of HL7 table 0357.
type Code int

// The codes of table 0357 this product answers with.
const (
	Accepted           Code = 0
	SegmentSequence    Code = 100
	RequiredMissing    Code = 101
	DataType           Code = 102
	TableValue         Code = 103
	ValueTooLong       Code = 104
	UnsupportedType    Code = 200
	UnsupportedEvent   Code = 201
	UnsupportedProcess Code = 202
	UnsupportedVersion Code = 203
	UnknownKey         Code = 204
	DuplicateKey       Code = 205
	Locked             Code = 206
	InternalError      Code = 207
)

var codeText = map[Code]string{
	Accepted: "Message accepted", SegmentSequence: "Segment sequence error", RequiredMissing: "Required field missing",
	DataType: "Data type error", TableValue: "Table value not found", ValueTooLong: "Value too long",
	UnsupportedType: "Unsupported message type", UnsupportedEvent: "Unsupported event code", UnsupportedProcess: "Unsupported processing id",
	UnsupportedVersion: "Unsupported version id", UnknownKey: "Unknown key identifier", DuplicateKey: "Duplicate key identifier",
	Locked: "Application record locked", InternalError: "Application internal error",
}

// Text is the display of the code in table 0357.
func (c Code) Text() string { return codeText[c] }

// Location is where an error was found (data type ERL): a segment, which one
// of that name, and the field, repetition, component and sub-component in it.
// Numbers are 1-based; 0 = not stated.
type Location struct {
	Segment                                     string
	Sequence, Field, Repetition, Component, Sub int
}

// String writes the location as ERR-2 has it, PID^1^3.
func (l Location) String() string { return strings.Join(l.parts(), "^") }

func (l Location) parts() []string {
	out := []string{l.Segment}
	for _, n := range []int{l.Sequence, l.Field, l.Repetition, l.Component, l.Sub} {
		if n == 0 {
			break
		}
		out = append(out, strconv.Itoa(n))
	}
	return out
}

// Path writes the location the way people say it, PID-3.1.
func (l Location) Path() string {
	s := l.Segment
	if l.Sequence > 1 {
		s += "[" + strconv.Itoa(l.Sequence) + "]"
	}
	if l.Field > 0 {
		s += "-" + strconv.Itoa(l.Field)
	}
	if l.Repetition > 1 {
		s += "[" + strconv.Itoa(l.Repetition) + "]"
	}
	if l.Component > 0 {
		s += "." + strconv.Itoa(l.Component)
	}
	if l.Sub > 0 {
		s += "." + strconv.Itoa(l.Sub)
	}
	return s
}

// Error says what is wrong with a message and where. It never holds a value of
// the message: those are personal.
type Error struct {
	Code     Code
	Severity string // table 0516: E error, W warning, I information; empty = E
	At       Location
	Found    string // what was found, in words
	Allowed  string
	Fix      string
}

// Error names the location, the condition and the way to mend it.
func (e *Error) Error() string {
	s := fmt.Sprintf("hl7v2: %s: %s (%d)", e.At.Path(), e.Code.Text(), e.Code)
	if w := e.words(); w != "" {
		s += ": " + w
	}
	return s
}

// words are what was found, what is allowed and how to mend it.
func (e *Error) words() string {
	var parts []string
	for _, p := range []string{e.Found, e.Allowed, e.Fix} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "; ")
}
