package fhir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits bound what Parse reads. A zero field means its default.
type Limits struct {
	Bytes   int // size of the text; 5 MB
	Depth   int // objects and arrays inside one another; 64
	Entries int // entries of a Bundle; 5,000
}

// The default limits, and the least text a value takes on average: a body of
// nothing but "[0,0,0" would else cost thirty times its size in nodes.
const (
	defaultBytes   = 5 << 20
	defaultDepth   = 64
	defaultEntries = 5000
	bytesPerNode   = 12
	freeNodes      = 1000
)

func (l Limits) orDefault() Limits {
	if l.Bytes <= 0 {
		l.Bytes = defaultBytes
	}
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	if l.Entries <= 0 {
		l.Entries = defaultEntries
	}
	return l
}

// Parse reads one resource. It is strict: repeated member names, bad UTF-8, a
// byte order mark, text after the value and numbers or strings outside RFC 8259
// are refused, and so is a resourceType R4 does not have. The resource is nil
// when there is any issue. It keeps b, which must not be changed afterwards.
//
// Parse does not check the resource against the model: Validate does.
func Parse(b []byte, lim Limits) (*Resource, Issues) {
	root, issue := parseJSON(b, lim.orDefault())
	if issue != nil {
		return nil, Issues{*issue}
	}
	r, issue := newResource(root)
	if issue != nil {
		return nil, Issues{*issue}
	}
	return r, nil
}

// newResource wraps an object whose resourceType R4 knows.
func newResource(root *Node) (*Resource, *Issue) {
	if root.Kind() != KindObject {
		return nil, &Issue{Severity: Fatal, Code: CodeStructure, Found: root.Kind().String(),
			Allowed: "one resource, a JSON object", Fix: "send the resource itself"}
	}
	typ := root.Get("resourceType")
	if issue := checkResourceType(typ); issue != nil {
		return nil, issue
	}
	r := &Resource{Type: typ.Text(), JSON: root.Raw()}
	if id := root.Get("id"); id.Kind() == KindString {
		r.ID = id.Text()
	}
	r.root.Store(root)
	return r, nil
}

// checkResourceType says what is wrong with a resourceType member, nil if nothing.
func checkResourceType(typ *Node) *Issue {
	switch {
	case typ == nil:
		return &Issue{Severity: Fatal, Code: CodeRequired, Path: "resourceType", Found: "nothing",
			Allowed: "the name of an R4 resource type", Fix: `add "resourceType"`}
	case typ.Kind() != KindString:
		return &Issue{Severity: Fatal, Code: CodeStructure, Path: "resourceType", Found: typ.Kind().String(),
			Allowed: "a string, the name of an R4 resource type", Fix: "send the name as a string"}
	case !IsType(typ.Text()):
		return &Issue{Severity: Fatal, Code: CodeValue, Path: "resourceType", Found: wordOr(typ.Text(), "text"),
			Allowed: "the name of an R4 resource type", Fix: useNearest(typ.Text(), Types(), "use an R4 resource type")}
	}
	return nil
}

// decoders are reused: one holds the name tables that find repeated members.
var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

// largeText is the size from which a decoder's tables are not kept for reuse.
const largeText = 1 << 20

// parseJSON builds the tree of one JSON text.
func parseJSON(b []byte, lim Limits) (*Node, *Issue) {
	if len(b) > lim.Bytes {
		return nil, &Issue{Severity: Fatal, Code: CodeTooLong, Found: strconv.Itoa(len(b)) + " bytes",
			Allowed: "at most " + strconv.Itoa(lim.Bytes) + " bytes", Fix: "send less at once, or use the bulk upload"}
	}
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		return nil, &Issue{Severity: Fatal, Code: CodeStructure, Found: "a byte order mark before the JSON",
			Allowed: "UTF-8 without a byte order mark (RFC 8259 section 8.1)", Fix: "save the file as UTF-8 without BOM"}
	}
	dec := decoders.Get().(*jsontext.Decoder)
	dec.Reset(bytes.NewBuffer(b))
	p := parser{dec: dec, src: &source{bytes: b, text: string(b)}, lim: lim, budget: freeNodes + len(b)/bytesPerNode}
	p.slab = make([]Node, 0, min(len(b)/20+4, 1024))
	root, err := p.document()
	if len(b) < largeText {
		dec.Reset(emptyReader{})
		decoders.Put(dec)
	}
	if err != nil {
		return nil, p.issue(err)
	}
	return root, nil
}

// emptyReader lets go of the text in a decoder that is put back.
type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, io.EOF }

// parser builds nodes from tokens. Nodes come from slabs, so that a message
// costs a handful of allocations.
type parser struct {
	dec    *jsontext.Decoder
	src    *source
	lim    Limits
	slab   []Node
	budget int // nodes left
	depth  int
}

// limitError is an exceeded limit; issue is what to tell the partner.
type limitError struct{ issue Issue }

func (e *limitError) Error() string { return e.issue.Text() }

func (p *parser) document() (*Node, error) {
	root, err := p.value("")
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, &limitError{Issue{Severity: Fatal, Code: CodeStructure, Found: "more text after the resource, " + p.place(int(root.end)),
			Allowed: "one JSON value", Fix: "send one resource, or a Bundle of them"}}
	}
	return root, nil
}

// value reads the next value with everything in it.
func (p *parser) value(name string) (*Node, error) {
	before := int(p.dec.InputOffset())
	tok, err := p.dec.ReadToken()
	if err != nil {
		return nil, err
	}
	n, err := p.node()
	if err != nil {
		return nil, err
	}
	n.name, n.start, n.end = name, int32(p.skipGap(before)), int32(p.dec.InputOffset())
	switch tok.Kind() {
	case '{':
		n.kind = KindObject
		err = p.members(n)
	case '[':
		n.kind = KindArray
		err = p.elements(n)
	case '"':
		n.kind = KindString
		n.escaped = strings.IndexByte(p.src.text[n.start:n.end], '\\') >= 0
	case '0':
		n.kind = KindNumber
	case 't', 'f':
		n.kind = KindBool
	}
	return n, err
}

// skipGap finds where the token begins that was read from offset at.
func (p *parser) skipGap(at int) int {
	for {
		switch p.src.text[at] {
		case ' ', '\t', '\n', '\r', ',', ':':
			at++
		default:
			return at
		}
	}
}

// node takes the next node of the slab.
func (p *parser) node() (*Node, error) {
	if p.budget--; p.budget < 0 {
		return nil, &limitError{Issue{Severity: Fatal, Code: CodeTooCostly, Found: "more values than a text of this size may hold",
			Allowed: fmt.Sprintf("one value for every %d bytes", bytesPerNode), Fix: "send fewer values at once"}}
	}
	if len(p.slab) == cap(p.slab) {
		p.slab = make([]Node, 0, min(2*cap(p.slab), 4096))
	}
	p.slab = append(p.slab, Node{src: p.src})
	return &p.slab[len(p.slab)-1], nil
}

// enter guards the depth; the caller leaves again.
func (p *parser) enter() error {
	if p.depth++; p.depth > p.lim.Depth {
		return &limitError{Issue{Severity: Fatal, Code: CodeTooCostly, Path: fhirPath(p.dec.StackPointer()),
			Found: "deeper nesting than is read", Allowed: fmt.Sprintf("%d objects and arrays inside one another", p.lim.Depth), Fix: "flatten the content"}}
	}
	return nil
}

func (p *parser) members(n *Node) error {
	if err := p.enter(); err != nil {
		return err
	}
	tail := &n.first
	for {
		name, err := p.memberName()
		if err != nil {
			return err
		}
		if name == "" && p.dec.StackDepth() < p.depth {
			break
		}
		v, err := p.value(name)
		if err != nil {
			return err
		}
		*tail, tail = v, &v.next
		n.count++
	}
	n.end = int32(p.dec.InputOffset())
	p.depth--
	return nil
}

// memberName reads a name or the end of the object, which gives "".
func (p *parser) memberName() (string, error) {
	before := int(p.dec.InputOffset())
	tok, err := p.dec.ReadToken()
	if err != nil || tok.Kind() == '}' {
		return "", err
	}
	name := p.src.text[p.skipGap(before)+1 : p.dec.InputOffset()-1]
	if strings.IndexByte(name, '\\') >= 0 {
		name = unescape(name)
	}
	return name, nil
}

func (p *parser) elements(n *Node) error {
	if err := p.enter(); err != nil {
		return err
	}
	entries := p.depth == 2 && n.name == "entry"
	tail := &n.first
	for p.dec.PeekKind() != ']' {
		v, err := p.value("")
		if err != nil {
			return err
		}
		*tail, tail = v, &v.next
		if n.count++; entries && int(n.count) > p.lim.Entries {
			return &limitError{Issue{Severity: Fatal, Code: CodeTooCostly, Path: "Bundle.entry", Found: "more entries than are read at once",
				Allowed: fmt.Sprintf("at most %d", p.lim.Entries), Fix: "split the Bundle, or use the bulk upload"}}
		}
	}
	if _, err := p.dec.ReadToken(); err != nil {
		return err
	}
	n.end = int32(p.dec.InputOffset())
	p.depth--
	return nil
}

// issue says in FHIR terms why the text could not be read.
func (p *parser) issue(err error) *Issue {
	var limit *limitError
	if errors.As(err, &limit) {
		return &limit.issue
	}
	found, offset, path := err.Error(), int(p.dec.InputOffset()), p.dec.StackPointer()
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		found, offset, path = syntax.Err.Error(), int(syntax.ByteOffset), syntax.JSONPointer
	}
	i := &Issue{Severity: Fatal, Code: CodeStructure, Path: fhirPath(path), Found: strings.TrimPrefix(found, "jsontext: ") + ", " + p.place(offset),
		Allowed: "JSON in UTF-8 (RFC 8259)", Fix: "write the JSON with a JSON library"}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		i.Found, i.Allowed, i.Fix = "the same member twice, "+p.place(offset), "each member once", "remove one of them, or put the values into one array"
	case strings.Contains(found, "UTF-8"):
		i.Found, i.Fix = "bytes that are not UTF-8, "+p.place(offset), "send the text in UTF-8"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		i.Found, i.Fix = "the text ends too soon, "+p.place(offset), "send the whole text"
	}
	return i
}

// place names an offset the way editors do.
func (p *parser) place(offset int) string {
	before := p.src.text[:min(max(offset, 0), len(p.src.text))]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

// fhirPath turns a JSON pointer into a path: /entry/0/resource -> entry[0].resource.
func fhirPath(p jsontext.Pointer) string {
	var b strings.Builder
	for name := range p.Tokens() {
		if _, err := strconv.Atoi(name); err == nil {
			b.WriteString("[" + name + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		if !isWord(name) {
			name = "?" // not an element, and not ours to repeat
		}
		b.WriteString(name)
	}
	return b.String()
}
