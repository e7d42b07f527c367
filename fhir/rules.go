package fhir

// rule is an invariant of R4: it checks one object, whose elements have been
// checked before, at the validator's present place.
type rule func(v *validator, n *Node)

// rules are the invariants that are checked, by the shape they hold for. They
// are those of the structures partners get wrong and of which a breach would
// mislead what reads the resource; the rest is left to profiles.
var rules = map[string][]rule{
	"Bundle":               {bundleEntries, bundleTotal, bundleFirst, bundleURLs},
	"Bundle.Entry":         {bundleEntry},
	"CarePlan.Activity":    {excludes("cpl-3", "reference", "detail")},
	"CareTeam.Participant": {teamOnBehalfOf},
	"ContactPoint":         {needs("cpt-2", "value", "system")},
	"Extension":            {extensionValue},
	"Attachment":           {needs("att-1", "data", "contentType")},
	"Age":                  {needs("qty-3", "code", "system")},
	"Count":                {needs("qty-3", "code", "system")},
	"Distance":             {needs("qty-3", "code", "system")},
	"Duration":             {needs("qty-3", "code", "system")},
	"Quantity":             {needs("qty-3", "code", "system")},
	"SimpleQuantity":       {needs("sqty-1", "code", "system")},
	"Observation":          {observationAbsent, observationCode},
	"Parameters.Parameter": {parameterContent},
	"Patient.Contact":      {contactContent},
	"Period":               {periodOrder},
}

// excludes refuses two elements side by side.
func excludes(key, one, other string) rule {
	return func(v *validator, n *Node) {
		if n.member(one) != nil && n.member(other) != nil {
			v.report(CodeInvariant, one+" and "+other, "one of them ("+key+")", "keep one of them")
		}
	}
}

// needs refuses an element without the one that explains it.
func needs(key, one, other string) rule {
	return func(v *validator, n *Node) {
		if n.member(one) != nil && n.member(other) == nil && n.member("_"+other) == nil {
			v.report(CodeInvariant, one+" without "+other, "both ("+key+")", "add "+other)
		}
	}
}

// extensionValue is ext-1: a value or extensions, never both, never neither.
func extensionValue(v *validator, n *Node) {
	nested, value := n.member("extension") != nil, hasValue(n)
	switch {
	case nested && value:
		v.report(CodeInvariant, "a value and nested extensions", "one of them (ext-1)", "keep one of them")
	case !nested && !value:
		v.report(CodeInvariant, "neither a value nor nested extensions", "one of them (ext-1)", "add value[x], or leave the extension out")
	}
}

// hasValue finds a member of the choice value[x]: valueString or _valueString.
func hasValue(n *Node) bool {
	const name = "value"
	for m := n.first; m != nil; m = m.next {
		key := m.name
		if len(key) > 0 && key[0] == '_' {
			key = key[1:]
		}
		if len(key) > len(name) && key[:len(name)] == name && key[len(name)] >= 'A' && key[len(name)] <= 'Z' {
			return true
		}
	}
	return false
}

// teamOnBehalfOf is ctm-1.
func teamOnBehalfOf(v *validator, n *Node) {
	if n.member("onBehalfOf") == nil {
		return
	}
	if typ, _, _, _ := ParseRef(n.Get("member", "reference").Text()); typ != "" && typ != "Practitioner" {
		v.reportAt("onBehalfOf", CodeInvariant, "onBehalfOf of a "+typ, "onBehalfOf of a Practitioner only (ctm-1)", "leave it out, or make the practitioner the member")
	}
}

// observationAbsent is obs-6.
func observationAbsent(v *validator, n *Node) {
	if n.member("dataAbsentReason") != nil && hasValue(n) {
		v.reportAt("dataAbsentReason", CodeInvariant, "a value and a reason why there is none", "one of them (obs-6)", "keep one of them")
	}
}

// observationCode is obs-7: the value of a code stands in one place.
func observationCode(v *validator, n *Node) {
	if n.member("component") == nil || !hasValue(n) {
		return
	}
	own := map[string]bool{}
	for _, c := range n.Get("code", "coding").Items() {
		own[codingKey(c)] = true
	}
	for i, component := range n.Get("component").Items() {
		for _, c := range component.Get("code", "coding").Items() {
			if own[codingKey(c)] {
				v.path.push("component", i)
				v.reportAt("code", CodeInvariant, "the code of the observation, which has a value too", "a code of its own (obs-7)", "move the value, or change the code")
				v.path.pop()
			}
		}
	}
}

func codingKey(c *Node) string {
	return c.Get("system").Text() + "|" + c.Get("version").Text() + "|" + c.Get("code").Text()
}

// parameterContent is inv-1: a value, or a resource, or parts. It accepts a
// parameter with none of them, which many senders use for an absent answer.
func parameterContent(v *validator, n *Node) {
	filled := 0
	for _, has := range []bool{hasValue(n), n.member("resource") != nil, n.member("part") != nil} {
		if has {
			filled++
		}
	}
	if filled > 1 {
		v.report(CodeInvariant, "more than one of value, resource and part", "one of them (inv-1)", "keep one of them")
	}
}

// contactContent is pat-1.
func contactContent(v *validator, n *Node) {
	for _, name := range []string{"name", "telecom", "address", "organization"} {
		if n.member(name) != nil {
			return
		}
	}
	v.report(CodeInvariant, "a contact without details", "name, telecom, address or organization (pat-1)", "add one of them, or leave the contact out")
}

// containedRules are dom-2, dom-4 and dom-5, and the id that makes a contained
// resource reachable.
func containedRules(v *validator, n *Node) {
	if n.member("contained") != nil {
		v.reportAt("contained", CodeInvariant, "a contained resource inside a contained resource", "one level (dom-2)", "move it up to the outer resource")
	}
	if n.member("id") == nil {
		v.reportAt("id", CodeRequired, "nothing", "an id to refer to it by", "add an id")
	}
	meta := n.member("meta")
	for _, name := range []string{"versionId", "lastUpdated", "security"} {
		if meta.Get(name) != nil {
			v.reportAt("meta", CodeInvariant, name+" in a contained resource", "none (dom-4, dom-5)", "leave "+name+" out")
		}
	}
}
