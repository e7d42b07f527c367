package x12

import "strings"

// Issue is one thing that is wrong, with the code by which a 999 says it.
type Issue struct {
	Place   Place
	Code    string // of IK304 (segment), IK403 (element), IK502 (transaction) or AK905 (group), see Level
	Level   Level
	Bad     string // the bad value as it may be repeated in IK404; empty when it is personal
	Found   string // what was found, described when it is personal
	Allowed string
	Fix     string
}

// Level says which segment of a 999 carries an issue.
type Level int

// The levels, from the smallest.
const (
	AtElement     Level = iota // IK4
	AtSegment                  // IK3
	AtTransaction              // IK5
	AtGroup                    // AK9
)

// Codes of IK304 (X12 620), IK403 (621), IK502 (618) and AK905 (716), as open
// 999 maps list them.
const (
	SegmentUnknown    = "1"
	SegmentUnexpected = "2"
	SegmentMissing    = "3"
	SegmentTooLong    = "5"
	SegmentNotInSet   = "6"
	SegmentSequence   = "7"
	SegmentElements   = "8"

	ElementMissing   = "1"
	ElementTooMany   = "3"
	ElementShort     = "4"
	ElementLong      = "5"
	ElementCharacter = "6"
	ElementCode      = "7"
	ElementDate      = "8"
	ElementTime      = "9"

	SetUnknown  = "1"
	SetTrailer  = "2"
	SetControl  = "3"
	SetCount    = "4"
	SetSegments = "5"
	SetNoID     = "6"
	SetRepeated = "23"

	GroupUnknown = "1"
	GroupVersion = "2"
	GroupTrailer = "3"
	GroupControl = "4"
	GroupCount   = "5"
)

// Text is the issue as a sentence without its place.
func (i Issue) Text() string {
	parts := []string{"found " + i.Found}
	if i.Allowed != "" {
		parts = append(parts, "allowed: "+i.Allowed)
	}
	if i.Fix != "" {
		parts = append(parts, "to mend: "+i.Fix)
	}
	return strings.Join(parts, "; ")
}

// Issues are all things wrong with one text; an error value when not empty.
type Issues []Issue

// Error lists them, one a line.
func (is Issues) Error() string {
	var b strings.Builder
	for n, i := range is {
		if n > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(i.Place.String() + ": " + i.Text())
	}
	return b.String()
}
