package hl7v2

import (
	"bytes"
	"encoding/hex"
	"strconv"
)

// decode undoes the escapes of 2.7 and the character set. \H\ and \N\ (begin
// and end of highlighting) vanish; an escape that is not known stays as it is.
func (m *Message) decode(raw []byte) string {
	esc := m.Delimiters.Escape
	if esc == 0 || bytes.IndexByte(raw, esc) < 0 {
		return m.charset.text(raw)
	}
	out := make([]byte, 0, len(raw))
	for {
		i := bytes.IndexByte(raw, esc)
		if i < 0 {
			return m.charset.text(append(out, raw...))
		}
		out, raw = append(out, raw[:i]...), raw[i:]
		j := bytes.IndexByte(raw[1:], esc)
		if j < 0 {
			return m.charset.text(append(out, raw...))
		}
		seq, ok := m.unescape(raw[1 : 1+j])
		if !ok { // the closing character may open the next escape
			out, raw = append(out, raw[:1+j]...), raw[1+j:]
			continue
		}
		out, raw = append(out, seq...), raw[2+j:]
	}
}

// unescape is what stands for the escape between two escape characters.
func (m *Message) unescape(seq []byte) ([]byte, bool) {
	d := m.Delimiters
	switch s := string(seq); s {
	case "F":
		return []byte{d.Field}, true
	case "S":
		return []byte{d.Component}, true
	case "T":
		return []byte{d.Sub}, true
	case "R":
		return []byte{d.Repetition}, true
	case "E":
		return []byte{d.Escape}, true
	case "P":
		return []byte{d.Truncation}, d.Truncation != 0
	case "H", "N":
		return nil, true
	case ".br", ".BR":
		return []byte{'\n'}, true
	}
	if n, ok := bytes.CutPrefix(seq, []byte(".sp")); ok && len(n) <= 3 {
		return spaces(string(n))
	}
	if len(seq) > 1 && seq[0] == 'X' {
		out := make([]byte, hex.DecodedLen(len(seq)-1))
		_, err := hex.Decode(out, seq[1:])
		return out, err == nil
	}
	return nil, false
}

// spaces are the n line ends of \.sp<n>\.
func spaces(n string) ([]byte, bool) {
	if n == "" {
		n = "1"
	}
	lines, err := strconv.Atoi(n)
	if err != nil || lines < 0 {
		return nil, false
	}
	return bytes.Repeat([]byte{'\n'}, lines), true
}

// encode escapes a text for a sub-component; false when the character set of
// the message lacks one of its characters.
func (m *Message) encode(text string) ([]byte, bool) {
	out := make([]byte, 0, len(text)+8)
	all := true
	for _, r := range text {
		if name := m.Delimiters.escapeOf(r); name != "" && m.Delimiters.Escape == 0 {
			out, all = append(out, '?'), false
			continue
		} else if name != "" {
			out = append(append(append(out, m.Delimiters.Escape), name...), m.Delimiters.Escape)
			continue
		}
		var ok bool
		out, ok = m.charset.bytes(out, r)
		all = all && ok
	}
	if string(out) == `""` { // two quotes as data, not as the delete mark
		out = append(append(append(out[:1], m.Delimiters.Escape), "X22"...), m.Delimiters.Escape)
	}
	return out, all
}

// escapeOf names the escape of a character; empty when it needs none.
func (d Delimiters) escapeOf(r rune) string {
	switch {
	case r == '\n':
		return ".br"
	case r < ' ' || r == 0x7f:
		return "X" + string("0123456789ABCDEF"[r>>4]) + string("0123456789ABCDEF"[r&15])
	case r > 0x7f || r == 0:
		return ""
	}
	switch byte(r) {
	case d.Field:
		return "F"
	case d.Component:
		return "S"
	case d.Sub:
		return "T"
	case d.Repetition:
		return "R"
	case d.Escape:
		return "E"
	case d.Truncation:
		return "P"
	}
	return ""
}
