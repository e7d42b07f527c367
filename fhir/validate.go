package fhir

import (
	"strings"
)

// maxIssues is where Validate stops counting: nobody mends more at once.
const maxIssues = 1000

// Validate checks a resource against the R4 model: unknown elements, JSON
// types, cardinality, choices, primitive forms, bound codes, reference targets,
// narratives, extensions, contained resources, entries of a Bundle and the
// resources of Parameters, and the invariants in rules.go. It reports every
// issue, each with its path, in the order of the text; a valid resource gives
// none. Profiles and terminology are not its business.
func Validate(r *Resource) Issues {
	root := r.Root()
	if root == nil {
		return Issues{{Severity: Fatal, Code: CodeStructure, Found: "no resource", Allowed: "a resource", Fix: "send one"}}
	}
	v := &validator{}
	v.path.steps = v.space[:0]
	v.path.push(r.Type, -1)
	v.container = root
	v.object(root, resourceShape(r.Type))
	if len(v.issues) > maxIssues {
		v.issues = append(v.issues[:maxIssues:maxIssues], Issue{Severity: Information, Code: CodeTooCostly,
			Found: "more issues than are listed", Allowed: "a list of " + count(maxIssues, "issue"), Fix: "mend these first"})
	}
	return v.issues
}

// validator walks the tree of a resource beside its shape.
type validator struct {
	issues    Issues
	path      trail
	personal  int   // how many personal types enclose the present place
	container *Node // the resource that '#id' references look into
	inside    bool  // within a contained resource
	contained map[string]bool
	space     [24]step
}

// report adds an error at the present place.
func (v *validator) report(code, found, allowed, fix string) {
	v.add(Issue{Severity: Error, Code: code, Found: found, Allowed: allowed, Fix: fix})
}

// add adds an issue at the present place.
func (v *validator) add(i Issue) {
	if len(v.issues) <= maxIssues {
		i.Path = v.path.String()
		v.issues = append(v.issues, i)
	}
}

// warnAt adds a warning at a member: what R4 forbids, senders do, and no reader
// is misled by.
func (v *validator) warnAt(name, code, found, allowed, fix string) {
	v.path.push(name, -1)
	v.add(Issue{Severity: Warning, Code: code, Found: found, Allowed: allowed, Fix: fix})
	v.path.pop()
}

// reportAt adds an issue at a member of the present place.
func (v *validator) reportAt(name, code, found, allowed, fix string) {
	v.path.push(name, -1)
	v.report(code, found, allowed, fix)
	v.path.pop()
}

// object checks the members of n, then what is missing, then the invariants.
func (v *validator) object(n *Node, s *shape) {
	if n.count == 0 {
		v.report(CodeStructure, "an empty object", "an object with content", "leave it out")
		return
	}
	if s.personal {
		v.personal++
		defer func() { v.personal-- }()
	}
	var filled uint64
	for m := n.first; m != nil; m = m.next {
		if e := s.elements[m.name]; e != nil {
			v.member(n, m, e, &filled)
			continue
		}
		v.sibling(n, m, s, &filled)
	}
	for _, sl := range s.required {
		if filled&(1<<sl.index) == 0 {
			v.missing(sl)
		}
	}
	for _, check := range s.rules {
		check(v, n)
	}
}

func (v *validator) missing(sl *slot) {
	allowed := "exactly one value"
	if sl.choice {
		allowed = "one of " + listed(sl.options)
	}
	v.reportAt(sl.name, CodeRequired, "nothing", allowed, "add "+sl.name)
}

// member checks one element that the model knows.
func (v *validator) member(n, m *Node, e *element, filled *uint64) {
	v.fill(n, e, filled)
	inner := e.of()
	switch {
	case m.kind == KindNull:
		v.path.push(e.name, -1)
		v.report(CodeStructure, "null", "a value", "leave the element out")
		v.path.pop()
	case m.kind == KindArray:
		v.array(n, m, e, inner)
	case e.many:
		v.path.push(e.name, -1)
		v.report(CodeStructure, m.kind.String(), "an array, as the element may repeat", "put the value into an array: [ ... ]")
		v.value(m, e, inner)
		v.path.pop()
	default:
		v.path.push(e.name, -1)
		v.value(m, e, inner)
		v.path.pop()
	}
}

// fill notes that a slot is taken and refuses a second kind of one choice.
func (v *validator) fill(n *Node, e *element, filled *uint64) {
	if e.slot == nil {
		return
	}
	bit := uint64(1) << e.slot.index
	if *filled&bit != 0 && e.slot.choice {
		for _, other := range e.slot.options {
			if other != e.name && (n.member(other) != nil || n.member("_"+other) != nil) {
				v.reportAt(e.name, CodeStructure, other+" and "+e.name, "only one "+e.slot.name, "keep one of them")
				break
			}
		}
	}
	*filled |= bit
}

func (v *validator) array(n, m *Node, e *element, inner *shape) {
	if !e.many {
		v.reportAt(e.name, CodeStructure, "an array of "+count(int(m.count), "value"), "one value, not an array", "take the value out of the array")
	}
	if m.count == 0 && e.many {
		v.warnAt(e.name, CodeStructure, "an empty array", "at least one value", "leave the element out")
	}
	var siblings *Node // the "_name" array, walked in step once a null asks for it
	asked := false
	index := 0
	for item := m.first; item != nil; item = item.next {
		v.path.push(e.name, index)
		if item.kind == KindNull && inner.kind == shapePrimitive {
			if !asked {
				asked, siblings = true, nth(n.member("_"+e.name), index)
			}
			if siblings.Kind() != KindObject {
				v.report(CodeStructure, "null", "a value, or null where _"+e.name+" has an extension at the same index", "leave it out, or add the extension")
			}
		} else {
			v.value(item, e, inner)
		}
		if siblings != nil {
			siblings = siblings.next
		}
		v.path.pop()
		index++
	}
}

// nth is an element of an array, nil when it has fewer.
func nth(n *Node, index int) *Node {
	if n.Kind() != KindArray {
		return nil
	}
	e := n.first
	for ; index > 0 && e != nil; index-- {
		e = e.next
	}
	return e
}

// value checks one value of an element, at the present place.
func (v *validator) value(m *Node, e *element, s *shape) {
	switch s.kind {
	case shapePrimitive:
		v.primitive(m, e, s)
	case shapeXHTML:
		v.xhtml(m)
	case shapeAny:
		v.resource(m, e.name == "contained")
	default:
		if m.kind == KindNull {
			v.report(CodeStructure, "null", "an object ("+s.name+")", "leave it out")
			return
		}
		if m.kind != KindObject {
			v.report(CodeStructure, m.kind.String(), "an object ("+s.name+")", "send its elements as members of an object: "+listed(s.own))
			return
		}
		v.object(m, s)
		if s.kind == shapeReference {
			v.reference(m, e)
		}
	}
}

// primitive checks a literal against its form and codes.
func (v *validator) primitive(m *Node, e *element, s *shape) {
	if m.kind != s.form.kind {
		v.report(CodeStructure, m.kind.String(), s.form.kind.String()+", "+s.form.allowed, fixKind(m.kind, s.form.kind))
		return
	}
	text := m.Text()
	switch {
	case text == "":
		v.report(CodeValue, "empty text", s.form.allowed, "leave the element out")
	case s.codes != nil:
		v.code(text, s.codes)
	case !s.form.valid(text):
		v.report(CodeValue, masked(text, s.form, v.personal > 0 || e.personal), s.form.allowed, s.form.fix(text))
	}
}

func fixKind(found, wanted Kind) string {
	switch {
	case found == KindObject:
		return "send the value itself, not an object"
	case found == KindArray:
		return "take the value out of the array"
	case wanted == KindString:
		return "put the value in quotes"
	case found == KindString:
		return "leave the quotes out"
	}
	return "send " + wanted.String()
}

// code checks a value of a required binding.
func (v *validator) code(text string, codes *codeSet) {
	if codes.has(text) {
		return
	}
	v.report(CodeCodeInvalid, wordOr(text, "text"), listed(codes.list), useNearest(text, codes.list, "use one of the allowed codes"))
}

// maxListed is how many choices an issue lists.
const maxListed = 20

// listed writes out what is allowed; of long lists, the number and a start.
func listed(words []string) string {
	if len(words) <= maxListed {
		return strings.Join(words, ", ")
	}
	return "one of " + count(len(words), "value") + ": " + strings.Join(words[:maxListed], ", ") + ", ..."
}

// resource checks a resource inside another one.
func (v *validator) resource(m *Node, contained bool) {
	if m.kind != KindObject {
		v.report(CodeStructure, m.kind.String(), "a resource, a JSON object", "send the resource itself")
		return
	}
	typ := m.member("resourceType")
	if issue := checkResourceType(typ); issue != nil {
		v.reportAt("resourceType", issue.Code, issue.Found, issue.Allowed, issue.Fix)
		return
	}
	shape, inside, personal := resourceShape(typ.Text()), v.inside, v.personal
	v.personal = 0
	if contained {
		v.inside = true
		v.object(m, shape)
		containedRules(v, m)
	} else {
		container, known := v.container, v.contained
		v.container, v.contained, v.inside = m, nil, false
		v.object(m, shape)
		v.container, v.contained = container, known
	}
	v.inside, v.personal = inside, personal
}
