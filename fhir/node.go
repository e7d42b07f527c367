package fhir

import (
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the JSON kind of a Node.
type Kind uint8

// The JSON kinds. KindNull is the zero value, and the kind of a nil Node.
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// String names the kind as an issue would: "an object", "a number".
func (k Kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}

// source is the text all nodes of one document point into. It is kept twice:
// as the bytes that were sent, and as a string, so that names and texts are
// slices of it and cost nothing.
type source struct {
	bytes []byte
	text  string
}

// Node is one JSON value of a parsed document. Nodes are immutable, belong to
// their document, and may be read by several goroutines. A nil Node is an
// absent value: every method may be called on it.
type Node struct {
	src        *source
	name       string // member name when the parent is an object
	first      *Node  // first element or member
	next       *Node  // next sibling
	start, end int32  // the literal is src.bytes[start:end]
	count      int32  // elements or members
	kind       Kind
	escaped    bool // a string that contains a backslash
}

// Kind says what the value is; KindNull for nil.
func (n *Node) Kind() Kind {
	if n == nil {
		return KindNull
	}
	return n.kind
}

// Get looks members up, one name per level: Get("period", "start"). It is nil
// when a step is absent or is not an object; arrays are not looked into.
func (n *Node) Get(path ...string) *Node {
	for _, name := range path {
		if n = n.member(name); n == nil {
			return nil
		}
	}
	return n
}

func (n *Node) member(name string) *Node {
	if n == nil || n.kind != KindObject {
		return nil
	}
	for m := n.first; m != nil; m = m.next {
		if m.name == name {
			return m
		}
	}
	return nil
}

// Items are the elements of an array, the node itself for any other value,
// and none for nil: a field that may repeat is read with one loop.
func (n *Node) Items() []*Node {
	if n == nil {
		return nil
	}
	if n.kind != KindArray {
		return []*Node{n}
	}
	items := make([]*Node, 0, n.count)
	for e := n.first; e != nil; e = e.next {
		items = append(items, e)
	}
	return items
}

// Len counts elements or members; 0 for any other value.
func (n *Node) Len() int {
	if n == nil {
		return 0
	}
	return int(n.count)
}

// Members yields the members of an object in the order they were sent; none
// for any other value.
func (n *Node) Members() iter.Seq2[string, *Node] {
	return func(yield func(string, *Node) bool) {
		if n == nil || n.kind != KindObject {
			return
		}
		for m := n.first; m != nil; m = m.next {
			if !yield(m.name, m) {
				return
			}
		}
	}
}

// Text is the unescaped string, or the literal of a number, boolean or null
// ("12.50", "true"). It is empty for nil, arrays and objects.
func (n *Node) Text() string {
	if n == nil {
		return ""
	}
	switch n.kind {
	case KindString:
		body := n.src.text[n.start+1 : n.end-1]
		if n.escaped {
			return unescape(body)
		}
		return body
	case KindNumber, KindBool, KindNull:
		return n.src.text[n.start:n.end]
	}
	return ""
}

// Raw is the JSON text of the value as it was sent. It must not be changed.
func (n *Node) Raw() []byte {
	if n == nil {
		return nil
	}
	return n.src.bytes[n.start:n.end:n.end]
}

// Offset is where the value starts and ends in the document it was parsed from.
func (n *Node) Offset() (start, end int) {
	if n == nil {
		return 0, 0
	}
	return int(n.start), int(n.end)
}

// unescape resolves JSON escapes. The decoder has already refused bad ones
// (RFC 8259 section 7), so every backslash starts a whole escape.
func unescape(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		if s[1] != 'u' {
			b.WriteByte(shortEscape(s[1]))
			s = s[2:]
			continue
		}
		r, size := unicodeEscape(s)
		b.WriteRune(r)
		s = s[size:]
	}
}

func shortEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// unicodeEscape reads \uXXXX, or a surrogate pair, at the start of s.
func unicodeEscape(s string) (r rune, size int) {
	r = hexRune(s[2:6])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(s) >= 12 {
		if pair := utf16.DecodeRune(r, hexRune(s[8:12])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

func hexRune(s string) rune {
	v, err := strconv.ParseUint(s, 16, 32)
	if err != nil {
		return utf8.RuneError
	}
	return rune(v)
}
