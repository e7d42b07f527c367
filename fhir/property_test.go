package fhir

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// maker draws resources that keep to the model, from the very tables that
// check them; google/fhir then judges both.
type maker struct{ t *rapid.T }

// made are the types that are drawn: all without rules across elements, which
// a random draw would break.
func made() []string {
	return slices.DeleteFunc(Types(), func(name string) bool { return name == "Bundle" || name == "Parameters" })
}

func (m maker) resource(name string) Object {
	return m.object(Obj("resourceType", name), resourceShape(name), 0)
}

func (m maker) object(o Object, s *shape, depth int) Object {
	filled := map[*slot]bool{}
	for _, name := range s.names {
		e := s.elements[name]
		required := e.slot != nil && e.slot.required
		last := e.slot == nil || !e.slot.choice || e.slot.options[len(e.slot.options)-1] == name
		wanted := required && last && !filled[e.slot]
		if e.slot != nil && filled[e.slot] {
			continue
		}
		if !wanted && (depth > 2 || name == "contained" || rapid.IntRange(0, 9).Draw(m.t, name) > 0) {
			continue
		}
		if v := m.value(e, depth); v != nil {
			o = o.With(name, v)
			if e.slot != nil {
				filled[e.slot] = true
			}
		}
	}
	return o
}

func (m maker) value(e *element, depth int) any {
	s := e.of()
	var v any
	switch s.kind {
	case shapePrimitive:
		v = m.primitive(s)
	case shapeXHTML:
		v = `<div xmlns="http://www.w3.org/1999/xhtml">x</div>`
	case shapeAny:
		return nil
	case shapeReference:
		typ := "Patient"
		if e.targets != nil {
			typ = rapid.SampledFrom(e.targets).Draw(m.t, "target")
		}
		v = Obj("reference", NewRef(typ, "1"))
	default:
		o := m.object(Obj(), s, depth+1)
		switch {
		case s.name == "Extension":
			o = Obj("url", "http://example.org/x", "valueBoolean", false)
		case len(o.JSON()) <= 2:
			o = o.With("id", "e1")
		}
		v = o
	}
	if e.many {
		return List{v}
	}
	return v
}

// examples are valid values of the primitives.
var examples = map[string][]any{
	"Base64Binary": {"SGk="}, "Boolean": {true, false}, "Canonical": {"http://example.org/x|1"}, "Code": {"a", "a b"},
	"Date": {"2024", "2024-02", "2024-02-29"}, "DateTime": {"2024", "2024-02-29T23:59:59.5-05:00", "2024-02-29T00:00:00Z"},
	"Decimal": {Number("0"), Number("-1.50"), Number("1e3")}, "Id": {"a.B-1"}, "Instant": {"2024-02-29T23:59:59Z"},
	"Integer": {Number("-3"), 0}, "Markdown": {"*x*"}, "Oid": {"urn:oid:1.2.3"}, "PositiveInt": {1}, "String": {"x", " "},
	"Time": {"09:30:00", "23:59:59.25"}, "UnsignedInt": {0, 7}, "Uri": {"urn:x:y", "http://example.org"}, "Url": {"http://example.org"},
	"Uuid": {"urn:uuid:c757873d-ec9a-4326-a141-556f43239520"},
}

func (m maker) primitive(s *shape) any {
	if s.codes != nil {
		return rapid.SampledFrom(s.codes.list).Draw(m.t, s.name)
	}
	values, ok := examples[s.name]
	if !ok {
		values = []any{"text/plain"}
	}
	return rapid.SampledFrom(values).Draw(m.t, s.name)
}

// TestModel: what keeps to the model is valid for us and for google/fhir, but
// for the invariants, which a random draw cannot keep; and Stamp keeps it.
func TestModel(t *testing.T) {
	u := newUnmarshaller(t)
	rapid.Check(t, func(t *rapid.T) {
		b := maker{t}.resource(rapid.SampledFrom(made()).Draw(t, "type")).JSON()
		r, issues := Parse(b, Limits{})
		if r == nil {
			t.Fatal(issues)
		}
		for _, i := range Validate(r) {
			if i.Code != CodeInvariant {
				t.Fatalf("%s: %s\n%s", i.Path, i.Text(), b)
			}
		}
		if _, err := u.Unmarshal(b); err != nil && !strings.Contains(err.Error(), "contained") {
			t.Fatalf("the library refuses it: %v\n%s", err, b)
		}
		stamped := r.Stamp("new", 1, stampTime, nil)
		if again, issues := Parse(stamped.JSON, Limits{}); again == nil || !Equal(unstamped(r), unstamped(again)) {
			t.Fatalf("stamped: %v\n%s", issues, stamped.JSON)
		}
	})
}

// TestMutants: one value of a valid resource is replaced by another kind of
// value; whatever the library refuses, we refuse. The reverse does not hold: it
// takes {"id":"1"} for a primitive, spaces in URIs, and breaches of invariants.
func TestMutants(t *testing.T) {
	u := newUnmarshaller(t)
	rapid.Check(t, func(t *rapid.T) {
		o := maker{t}.resource(rapid.SampledFrom(made()).Draw(t, "type"))
		name := rapid.SampledFrom(o.members).Draw(t, "member").name
		if name == "resourceType" {
			t.Skip()
		}
		other := rapid.SampledFrom([]any{true, 5, Number("-1.5"), "x y", "2024-13", List{true}, List{"x"}, Obj("x", 1), Obj("id", "1"), List{Obj("id", "1")}, List{List{1}}}).Draw(t, "value")
		b := o.With(name, other).JSON()
		if _, err := u.Unmarshal(b); err != nil && !check(b).Errors() {
			t.Fatalf("the library refuses what we accept: %v\n%s", err, b)
		}
	})
}
