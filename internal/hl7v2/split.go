package hl7v2

import (
	"bytes"
	"strconv"
)

// Split cuts a text into its messages: several in one text, and batches inside
// FHS and BHS (HL7 v2 2.10.3). BTS-1 and FTS-1, where sent, must count right.
// Each part is a slice of b that Parse reads; the first error ends it.
func Split(b []byte) ([][]byte, error) {
	var out [][]byte
	s := splitter{d: Standard}
	b = b[blanks(b):]
	from, at := -1, 0
	for at < len(b) {
		line := lineOf(b[at:])
		envelope, err := s.see(line, from >= 0)
		if err != nil {
			return nil, err
		}
		if envelope || startsMessage(line) {
			if from >= 0 {
				out = append(out, b[from:at:at])
			}
			from = at
			if envelope {
				from = -1
			}
		}
		at += len(line)
		at += blanks(b[at:])
	}
	if from >= 0 {
		out = append(out, b[from:len(b):len(b)])
	}
	if len(out) == 0 {
		return nil, &Error{Code: SegmentSequence, At: Location{Segment: "MSH", Sequence: 1}, Found: "no message", Fix: "begin each message with MSH"}
	}
	return out, nil
}

func startsMessage(line []byte) bool {
	return len(line) > 3 && string(line[:3]) == "MSH" && isDelimiter(line[3])
}

func lineOf(b []byte) []byte {
	if i := bytes.IndexAny(b, "\r\n\x1c"); i >= 0 {
		return b[:i]
	}
	return b
}

// splitter counts what the envelopes count.
type splitter struct {
	d                 Delimiters
	messages, batches int
}

// see looks at one line: is it an envelope segment, and does it count right.
func (s *splitter) see(line []byte, inside bool) (envelope bool, err error) {
	if startsMessage(line) {
		s.messages++
		return false, nil
	}
	switch string(line[:min(3, len(line))]) {
	case "FHS", "BHS":
		if s.d, err = readDelimiters(line); err != nil {
			return true, err
		}
		if line[0] == 'B' {
			s.messages = 0
			s.batches++
		}
		return true, nil
	case "BTS":
		return true, s.count("BTS", line, s.messages)
	case "FTS":
		return true, s.count("FTS", line, s.batches)
	}
	if inside {
		return false, nil
	}
	return false, &Error{Code: SegmentSequence, At: Location{Segment: "MSH", Sequence: 1}, Found: "a line outside of any message", Fix: "begin each message with MSH"}
}

// count compares BTS-1 or FTS-1 with what was seen; empty = not stated.
func (s *splitter) count(id string, line []byte, seen int) error {
	fields := cut(nil, line, s.d.Field)
	if len(fields) < 2 || len(bytes.TrimSpace(fields[1])) == 0 {
		return nil
	}
	if stated, err := strconv.Atoi(string(bytes.TrimSpace(fields[1]))); err != nil || stated != seen {
		return &Error{Code: DataType, At: Location{Segment: id, Sequence: 1, Field: 1}, Found: strconv.Itoa(seen) + " counted", Fix: "state the number that was sent, or send what is missing"}
	}
	return nil
}
