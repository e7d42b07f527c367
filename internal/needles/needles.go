// Package needles looks for any of many short texts in large ones, in one pass
// however many there are. It knows bytes and nothing else.
package needles

import "bytes"

// least is the length of the shortest needle that is looked for: a shorter one
// is everywhere by chance.
const least = 4

// Needles are the texts to be found. The zero value finds nothing.
type Needles struct{ by map[[least]byte][][]byte }

// New keeps the texts that are long enough, and says how many are not.
func New(texts []string) (n Needles, short int) {
	n.by = map[[least]byte][][]byte{}
	for _, text := range texts {
		if len(text) < least {
			short++
			continue
		}
		key := [least]byte([]byte(text[:least]))
		n.by[key] = append(n.by[key], []byte(text))
	}
	return n, short
}

// In says whether one of them stands in the hay as a word of its own: no letter
// or digit touches it, so that M1234 is not found in M12345.
func (n Needles) In(hay []byte) bool {
	if len(n.by) == 0 {
		return false
	}
	for i := 0; i+least <= len(hay); i++ {
		for _, needle := range n.by[[least]byte(hay[i:i+least])] {
			if end := i + len(needle); bytes.HasPrefix(hay[i:], needle) && (i == 0 || !word(hay[i-1])) && (end == len(hay) || !word(hay[end])) {
				return true
			}
		}
	}
	return false
}

func word(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
