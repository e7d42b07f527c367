package fhir

import (
	"bytes"
	"strconv"
	"strings"
)

// Link says where a Reference was found.
type Link uint8

// The places of a reference.
const (
	LinkReference Link = iota // Reference.reference
	LinkURI                   // a uri, url, canonical, oid or uuid that starts with urn:uuid: or urn:oid:
	LinkNarrative             // href or src of such a value in text.div
)

// Reference is one place in a resource that points to something else.
type Reference struct {
	Path       string // FHIRPath of the value: CarePlan.subject.reference
	Value      string // as it reads, escapes resolved: Patient/1, urn:uuid:..., #id
	Link       Link
	Start, End int // Resource.JSON[Start:End] is the JSON string (of LinkNarrative: the value inside it)
}

// References lists every reference of the resource in the order of its text,
// also in extensions, contained resources and entries. So that a transaction
// can rewrite them (http://hl7.org/fhir/R4/http.html#trules) it includes the
// urn:uuid: and urn:oid: values of uri elements and of links in narratives;
// Link tells them apart.
func (r *Resource) References() []Reference {
	return r.references(true)
}

// references skips the paths when nobody reads them: they are most of the cost.
func (r *Resource) references(paths bool) []Reference {
	root := r.Root()
	if root == nil {
		return nil
	}
	c := collector{base: int(root.start), paths: paths}
	c.path.push(r.Type, -1)
	c.object(root, resourceShape(r.Type))
	return c.found
}

// collector walks a resource beside its model and keeps what points elsewhere.
type collector struct {
	base  int
	paths bool
	path  trail
	found []Reference
}

func (c *collector) object(n *Node, s *shape) {
	if s == nil {
		return
	}
	for name, v := range n.Members() {
		e := s.elements[strings.TrimPrefix(name, "_")]
		if e == nil {
			continue
		}
		inner := e.of()
		if v.Kind() != KindArray {
			c.value(v, e, inner, -1)
			continue
		}
		for i, item := 0, v.first; item != nil; i, item = i+1, item.next {
			c.value(item, e, inner, i)
		}
	}
}

func (c *collector) value(v *Node, e *element, s *shape, index int) {
	if v.Kind() != KindObject && v.Kind() != KindString {
		return
	}
	c.path.push(e.name, index)
	defer c.path.pop()
	switch {
	case v.Kind() == KindObject && s.kind == shapeAny:
		c.object(v, resourceShape(v.Get("resourceType").Text()))
	case v.Kind() == KindObject:
		if s.kind == shapeReference {
			c.reference(v.Get("reference"))
		}
		c.object(v, s)
	case s.kind == shapeXHTML:
		c.narrative(v)
	case s.kind == shapePrimitive && uriTypes[s.name] && isURN(v.Text()):
		c.add(v, LinkURI)
	}
}

// uriTypes are the primitives a transaction rewrites.
var uriTypes = map[string]bool{"Uri": true, "Url": true, "Canonical": true, "Oid": true, "Uuid": true}

func isURN(s string) bool {
	return strings.HasPrefix(s, "urn:uuid:") || strings.HasPrefix(s, "urn:oid:")
}

func (c *collector) reference(v *Node) {
	if v.Kind() != KindString {
		return
	}
	c.path.push("reference", -1)
	c.add(v, LinkReference)
	c.path.pop()
}

func (c *collector) add(v *Node, link Link) {
	c.keep(Reference{Value: v.Text(), Link: link, Start: int(v.start) - c.base, End: int(v.end) - c.base})
}

func (c *collector) keep(r Reference) {
	if c.paths {
		r.Path = c.path.String()
	}
	c.found = append(c.found, r)
}

// narrative finds href="urn:..." and src="urn:..." in the XHTML. It reads the
// JSON text, where the quotes of attributes are escaped.
func (c *collector) narrative(v *Node) {
	raw := v.Raw()
	for at := 0; ; {
		i := bytes.Index(raw[at:], []byte("urn:"))
		if i < 0 {
			return
		}
		start := at + i
		end := start + max(bytes.IndexAny(raw[start:], `"'\<> `), 0)
		at = max(end, start+4)
		if value := string(raw[start:end]); isURN(value) && isLinkValue(raw[:start]) {
			c.keep(Reference{Value: value, Link: LinkNarrative, Start: int(v.start) + start - c.base, End: int(v.start) + end - c.base})
		}
	}
}

// isLinkValue says whether the text before a value opens an href or src attribute.
func isLinkValue(before []byte) bool {
	before, ok := bytes.CutSuffix(before, []byte(`\"`))
	if !ok {
		if before, ok = bytes.CutSuffix(before, []byte("'")); !ok {
			return false
		}
	}
	before = bytes.TrimRight(before, " ")
	before, ok = bytes.CutSuffix(before, []byte("="))
	before = bytes.TrimRight(before, " ")
	return ok && (bytes.HasSuffix(before, []byte("href")) || bytes.HasSuffix(before, []byte("src")))
}

// trail is the path to where a walk is; it becomes text only when asked for.
type trail struct{ steps []step }

type step struct {
	name  string
	index int // -1 outside arrays
}

func (t *trail) push(name string, index int) { t.steps = append(t.steps, step{name, index}) }
func (t *trail) pop()                        { t.steps = t.steps[:len(t.steps)-1] }

// String is the path as FHIRPath: CarePlan.activity[0].detail.
func (t *trail) String() string {
	var b strings.Builder
	for i, s := range t.steps {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(s.name)
		if s.index >= 0 {
			b.WriteByte('[')
			b.WriteString(strconv.Itoa(s.index))
			b.WriteByte(']')
		}
	}
	return b.String()
}
