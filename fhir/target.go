package fhir

import (
	"strconv"
	"strings"
)

// reference checks where Reference.reference points.
func (v *validator) reference(n *Node, e *element) {
	literal := n.member("reference")
	if literal.Kind() != KindString {
		return
	}
	value := literal.Text()
	if id, ok := strings.CutPrefix(value, "#"); ok {
		v.fragment(id)
		return
	}
	typ, _, _, absolute := ParseRef(value)
	if typ == "" {
		v.unreadable(value, absolute)
		return
	}
	v.target(typ, e)
}

// target checks the type a reference points to.
func (v *validator) target(typ string, e *element) {
	if e.targets == nil {
		return
	}
	for _, t := range e.targets {
		if t == typ {
			return
		}
	}
	v.reportAt("reference", CodeValue, "a reference to "+typ, listed(e.targets), "point to one of the allowed types")
}

// unreadable judges a literal without a type in it. Absolute URLs may point to
// anything; of relative ones only a conditional reference, Patient?identifier=,
// is meant to look otherwise.
func (v *validator) unreadable(value string, absolute bool) {
	if absolute {
		return
	}
	if typ, _, ok := strings.Cut(value, "?"); ok && IsType(typ) {
		return
	}
	if typ, id, ok := strings.Cut(value, "/"); ok && isID(id) && isWord(typ) && !IsType(typ) {
		v.warnAt("reference", CodeValue, "a reference to "+strconv.Quote(typ)+", which is no resource type", "Type/id", useNearest(typ, typeNames(), "use an R4 resource type"))
		return
	}
	v.reportAt("reference", CodeValue, "text of "+count(len(value), "character")+" that is no reference",
		"Type/id, an absolute URL, urn:uuid:..., urn:oid:... or #id of a contained resource", "send what it is called in display, its number in identifier")
}

// fragment checks that '#id' names a contained resource (ref-1); '#' alone is
// the container, seen from a contained resource.
func (v *validator) fragment(id string) {
	if id == "" && v.inside {
		return
	}
	if v.contained == nil {
		v.contained = map[string]bool{}
		for _, c := range v.container.Get("contained").Items() {
			v.contained[c.Get("id").Text()] = true
		}
	}
	if id == "" || !v.contained[id] {
		v.reportAt("reference", CodeInvariant, "a reference to a contained resource that is not there (ref-1)",
			"# and the id of a resource in contained", "contain the resource, or refer to it as Type/id")
	}
}
