package x12

import (
	"strconv"
	"strings"
)

// Place is where in a transaction something is wrong: what IK3 and IK4 say.
type Place struct {
	Segment   string // "UM"
	Position  int    // of the segment, ST = 1; 0 = unknown
	Loop      string // "2000E"; empty = unknown
	Element   int    // 0 = the segment itself
	Component int    // 0 = the whole element
}

// String writes a place for people: "segment 14 UM in 2000E, element 4, component 1".
// ParsePlace reads it again.
func (p Place) String() string {
	var b strings.Builder
	b.WriteString("segment " + strconv.Itoa(p.Position) + " " + p.Segment)
	if p.Loop != "" {
		b.WriteString(" in " + p.Loop)
	}
	if p.Element > 0 {
		b.WriteString(", element " + strconv.Itoa(p.Element))
	}
	if p.Component > 0 {
		b.WriteString(", component " + strconv.Itoa(p.Component))
	}
	return b.String()
}

// ParsePlace reads a place that String wrote.
func ParsePlace(s string) (Place, bool) {
	var p Place
	head, rest, _ := strings.Cut(s, ",")
	words := strings.Fields(head)
	if len(words) != 3 && (len(words) != 5 || words[3] != "in") || words[0] != "segment" {
		return p, false
	}
	n, err := strconv.Atoi(words[1])
	if err != nil {
		return p, false
	}
	p.Position, p.Segment = n, words[2]
	if len(words) == 5 {
		p.Loop = words[4]
	}
	for _, part := range strings.Split(rest, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(part), " ")
		n, err := strconv.Atoi(number)
		switch {
		case name == "element" && err == nil:
			p.Element = n
		case name == "component" && err == nil:
			p.Component = n
		}
	}
	return p, true
}
