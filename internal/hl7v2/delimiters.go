package hl7v2

// Delimiters are what MSH-1 and MSH-2 declare (HL7 v2 2.5.4).
type Delimiters struct {
	Field, Component, Repetition, Escape, Sub byte
	Truncation                                byte // v2.7; 0 = not declared
}

// Standard are the delimiters everybody uses: |^~\&.
var Standard = Delimiters{Field: '|', Component: '^', Repetition: '~', Escape: '\\', Sub: '&'}

// filled declares the delimiters that a message goes without, the standard ones
// as far as they are free: what we answer may need them.
func (d Delimiters) filled() Delimiters {
	for _, to := range []struct {
		at       *byte
		standard byte
	}{{&d.Escape, Standard.Escape}, {&d.Sub, Standard.Sub}} {
		if *to.at != 0 {
			continue
		}
		for _, c := range []byte{to.standard, '\\', '&', '%', '#', '!'} {
			if *to.at = c; d.distinct() {
				break
			}
		}
	}
	return d
}

// encoding is MSH-2.
func (d Delimiters) encoding() []byte {
	out := []byte{d.Component, d.Repetition, d.Escape, d.Sub}
	if d.Truncation != 0 {
		out = append(out, d.Truncation)
	}
	return out
}

// readDelimiters reads MSH-1 and MSH-2 of a line that starts a message or an
// envelope (MSH, FHS, BHS). A doubled escape (^~\\&, a string escaped once too
// often) is taken for one: no other reading of it makes sense.
func readDelimiters(line []byte) (Delimiters, error) {
	id := string(line[:min(3, len(line))])
	if len(line) < 4 || !isDelimiter(line[3]) {
		return Delimiters{}, &Error{Code: RequiredMissing, At: Location{Segment: id, Sequence: 1, Field: 1}, Fix: "begin with MSH and the field separator, for example MSH|^~\\&|"}
	}
	d := Delimiters{Field: line[3]}
	enc := line[4:]
	for i, c := range enc {
		if c == d.Field || c == '\r' || c == '\n' {
			enc = enc[:i]
			break
		}
	}
	if len(enc) == 5 && enc[2] == enc[3] {
		enc = []byte{enc[0], enc[1], enc[2], enc[4]}
	}
	if len(enc) < 2 || len(enc) > 5 {
		return Delimiters{}, badEncoding(id)
	}
	for i, to := range []*byte{&d.Component, &d.Repetition, &d.Escape, &d.Sub, &d.Truncation} {
		if i < len(enc) {
			*to = enc[i]
		}
	}
	if !d.distinct() {
		return Delimiters{}, badEncoding(id)
	}
	return d, nil
}

func badEncoding(id string) error {
	return &Error{Code: DataType, At: Location{Segment: id, Sequence: 1, Field: 2}, Allowed: "two to five different printable characters that are no letters or digits", Fix: "declare component, repetition, escape and sub-component, for example ^~\\&"}
}

func (d Delimiters) distinct() bool {
	seen := map[byte]bool{}
	for _, c := range append([]byte{d.Field}, d.encoding()...) {
		if c == 0 {
			continue
		}
		if seen[c] || !isDelimiter(c) {
			return false
		}
		seen[c] = true
	}
	return true
}

// isDelimiter allows printable ASCII that is no letter, digit, blank or quote
// (a quote would make "" ambiguous).
func isDelimiter(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '"':
		return false
	}
	return c > ' ' && c < 0x7f
}
