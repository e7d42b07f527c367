package hl7v2

import (
	"bytes"
	"strconv"
)

var bom = []byte{0xef, 0xbb, 0xbf}

// Parse reads one message. Segments may end with CR, LF or CRLF; a BOM and
// blank lines are kept and passed over. The message keeps slices of b, which
// must not change afterwards. Errors are *Error.
func Parse(b []byte, limits Limits) (*Message, error) {
	limits = limits.filled()
	if len(b) > limits.Bytes {
		return nil, tooMuch(Location{Segment: "MSH"}, "the message is larger than "+strconv.Itoa(limits.Bytes)+" bytes", "send large documents by another door or ask for a larger limit")
	}
	start := blanks(b)
	head := b[start:]
	if !bytes.HasPrefix(head, []byte("MSH")) {
		return nil, &Error{Code: SegmentSequence, At: Location{Segment: "MSH", Sequence: 1}, Found: "the text does not begin with MSH", Fix: "begin each message with MSH"}
	}
	d, err := readDelimiters(head)
	if err != nil {
		return nil, err
	}
	m := &Message{Delimiters: d, lead: b[:start]}
	if err := m.split(head, limits); err != nil {
		return nil, err
	}
	if m.charset, err = m.findCharset(b, limits.Charset); err != nil {
		return nil, err
	}
	return m, nil
}

// blanks counts the bytes before the first segment: BOM, line ends, spaces and
// the start mark of MLLP.
func blanks(b []byte) int {
	i := 0
	for i < len(b) {
		switch {
		case bytes.HasPrefix(b[i:], bom):
			i += len(bom)
		case b[i] == '\r' || b[i] == '\n' || b[i] == ' ' || b[i] == '\t' || b[i] == 0x0b || b[i] == 0x1c:
			i++
		default:
			return i
		}
	}
	return i
}

// split cuts the lines into segments and the segments into fields, all fields
// in one slice.
func (m *Message) split(b []byte, limits Limits) error {
	seps := bytes.Count(b, []byte{m.Delimiters.Field})
	if seps > limits.Fields {
		return tooMuch(Location{Segment: "MSH"}, "more than "+strconv.Itoa(limits.Fields)+" fields", "split the message")
	}
	lines := bytes.Count(b, []byte{'\r'}) + bytes.Count(b, []byte{'\n'}) + 1
	fields := make([][]byte, 0, seps+lines)
	segments := make([]Segment, 0, min(lines, limits.Segments))
	loose := bytes.IndexByte(b, '\r') >= 0
	for len(b) > 0 {
		line, end := nextLine(b, m.Delimiters.Field, loose)
		b = b[len(line)+len(end):]
		if !isSegment(line, m.Delimiters.Field) {
			return &Error{Code: SegmentSequence, At: Location{Segment: segments[len(segments)-1].ID(), Sequence: 1}, Found: "line " + strconv.Itoa(len(segments)+1) + " begins with no segment name", Fix: "begin each line with a segment name and the field separator; write a line break inside a text as \\.br\\"}
		}
		if len(segments) == limits.Segments {
			return tooMuch(Location{Segment: string(line[:3])}, "more than "+strconv.Itoa(limits.Segments)+" segments", "split the message")
		}
		if len(segments) > 0 && string(line[:3]) == "MSH" {
			return &Error{Code: SegmentSequence, At: Location{Segment: "MSH", Sequence: 2}, Found: "a second MSH in one message", Fix: "send one message at a time, or as a batch"}
		}
		from := len(fields)
		fields = cut(fields, line, m.Delimiters.Field)
		segments = append(segments, Segment{m: m, fields: fields[from:len(fields):len(fields)], end: end})
	}
	m.Segments = make(Group, len(segments))
	for i := range segments {
		m.Segments[i] = &segments[i]
	}
	return nil
}

// cut appends the parts of b between separators to out.
func cut(out [][]byte, b []byte, sep byte) [][]byte {
	for {
		i := bytes.IndexByte(b, sep)
		if i < 0 || sep == 0 {
			return append(out, b)
		}
		out = append(out, b[:i:i])
		b = b[i+1:]
	}
}

// nextLine gives the first segment and the line ends and blank lines after it.
// Where segments end with CR, a LF that no segment follows is part of a text.
func nextLine(b []byte, sep byte, loose bool) (line, end []byte) {
	for i := 0; i < len(b); i++ {
		if b[i] != '\r' && b[i] != '\n' {
			continue
		}
		next := i + blanks(b[i:])
		if b[i] == '\n' && loose && next < len(b) && !isSegment(b[next:], sep) && bytes.IndexByte(b[i:next], '\r') < 0 {
			i = next - 1
			continue
		}
		return b[:i:i], b[i:next:next]
	}
	return b, nil
}

// isSegment says whether a line begins with a segment name: a letter and two
// letters or digits, then the field separator or nothing.
func isSegment(line []byte, sep byte) bool {
	if len(line) < 3 || !upper(line[0]) || !upper(line[1]) && !digit(line[1]) || !upper(line[2]) && !digit(line[2]) {
		return false
	}
	return len(line) == 3 || line[3] == sep || line[3] == '\r' || line[3] == '\n'
}

func upper(c byte) bool { return c >= 'A' && c <= 'Z' }
func digit(c byte) bool { return c >= '0' && c <= '9' }
