package fhir

import "strings"

// sibling checks a member the model does not name: "_status", which carries
// the id and extensions of status (http://hl7.org/fhir/R4/json.html#primitive),
// or the resourceType, or a mistake.
func (v *validator) sibling(n, m *Node, s *shape, filled *uint64) {
	base, ok := strings.CutPrefix(m.name, "_")
	e := s.elements[base]
	switch {
	case m.name == "resourceType" && s.kind == shapeResource:
		return
	case !ok || e == nil || e.of().kind != shapePrimitive:
		v.unknown(m, s)
		return
	}
	main := n.member(base)
	v.path.push(base, -1)
	var extended bool
	if e.many {
		extended = v.siblingArray(m, main, e)
	} else {
		extended = v.siblingObject(m, main, e)
	}
	v.path.pop()
	if extended {
		v.fill(n, e, filled)
	}
}

// unknown reports a member R4 does not have there.
func (v *validator) unknown(m *Node, s *shape) {
	found := "the element " + wordOr(m.name, "with a name")
	fix := useNearest(m.name, s.names, "remove it, or send it as an extension")
	if !isWord(m.name) {
		v.report(CodeStructure, found, listed(s.own), fix)
		return
	}
	v.reportAt(m.name, CodeStructure, found+", which "+s.name+" does not have", listed(s.own), fix)
}

// siblingObject checks "_name" of a single primitive. It says whether there is
// an extension, which may stand in for the value.
func (v *validator) siblingObject(m, main *Node, e *element) bool {
	if m.kind != KindObject {
		v.report(CodeStructure, m.kind.String()+" in _"+e.name, "an object with id or extension", "leave _"+e.name+" out")
		return false
	}
	v.object(m, e.of())
	extended := m.member("extension") != nil
	if main == nil && !extended {
		v.report(CodeInvariant, "neither a value nor an extension", "one of them (ele-1)", "add the value, or leave _"+e.name+" out")
	}
	return extended
}

// siblingArray checks "_name" of a primitive that repeats: one element, or
// null, for each value.
func (v *validator) siblingArray(m, main *Node, e *element) bool {
	if m.kind != KindArray || m.count == 0 {
		v.report(CodeStructure, m.kind.String()+" in _"+e.name, "an array with one element for each value", "put the elements into an array, null where there is none")
		return false
	}
	if main.Kind() == KindArray && main.count != m.count {
		v.report(CodeStructure, count(int(main.count), "value")+" in "+e.name+" and "+count(int(m.count), "element")+" in _"+e.name,
			"arrays of the same length", "fill the shorter one up with null")
	}
	var value *Node
	if main.Kind() == KindArray {
		value = main.first
	}
	extended, index := false, 0
	step := &v.path.steps[len(v.path.steps)-1]
	for item := m.first; item != nil; item = item.next {
		step.index = index
		var paired *Node
		if value.Kind() != KindNull {
			paired = value
		}
		switch {
		case item.kind != KindNull:
			extended = v.siblingObject(item, paired, e) || extended
		case paired == nil:
			v.report(CodeStructure, "null without a value", "null where "+e.name+" has a value", "leave it out")
		}
		step = &v.path.steps[len(v.path.steps)-1]
		if value != nil {
			value = value.next
		}
		index++
	}
	step.index = -1
	return extended
}
