package hl7v2

import (
	"bytes"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// readable refuses fields with control characters, which no FHIR string holds
// (http://hl7.org/fhir/R4/datatypes.html#string). Segments that become nothing
// may have them.
func (k *maker) readable(read []string) bool {
	found, counts := false, map[string]int{}
	for _, s := range k.er.Segments {
		id := s.ID()
		index := counts[id]
		counts[id]++
		for n := 1; n <= s.Len() && mapped(id, read); n++ {
			if f := s.Field(n); suspect(f.Raw()) && strings.ContainsFunc(f.Whole(), isControl) {
				k.refuse(at(id, index, n), fhir.CodeValue, "a control character", "text with no other control characters than tab and line ends", "remove it, and send the message again")
				found = true
			}
		}
	}
	return !found
}

func mapped(segment string, read []string) bool {
	return slices.Contains(everywhere, segment) || slices.Contains(read, segment)
}

// suspect says whether the text of the raw bytes may have a control character: it
// is there, or written as an escape of hexadecimal digits.
func suspect(raw []byte) bool {
	return bytes.ContainsFunc(raw, isControl) || bytes.IndexByte(raw, 'X') >= 0
}

func isControl(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }
