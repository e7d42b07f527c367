package fhir

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/google/fhir/go/proto/google/fhir/proto/annotations_go_proto"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// shape is one FHIR type as the walks need it: its elements by JSON name, and
// what must be there. It is compiled from a descriptor of google/fhir the first
// time a resource uses the type, and never changes afterwards.
type shape struct {
	name     string // CarePlan, CarePlan.Activity, HumanName, dateTime
	kind     shapeKind
	form     *form               // how a primitive is written; nil for others
	codes    *codeSet            // the required binding of a code; nil when open
	elements map[string]*element // by JSON name, choices spelt out: valueString
	names    []string            // those names, in the order of the model
	own      []string            // those that are not in every type, to be listed
	required []*slot
	rules    []rule
	personal bool // everything inside is about a person
}

type shapeKind uint8

const (
	shapeComplex   shapeKind = iota
	shapePrimitive           // a JSON literal, with a "_name" member beside it
	shapeReference
	shapeXHTML
	shapeResource
	shapeAny // any resource
)

// element is one JSON member a shape may have.
type element struct {
	name     string
	many     bool
	slot     *slot    // set when it is required or one of a choice
	targets  []string // resource types a Reference may point to; nil for any
	personal bool     // a date that tells who somebody is

	desc  protoreflect.MessageDescriptor
	shape atomic.Pointer[shape]
}

// slot is a place that is filled once: a required element, or a choice [x].
type slot struct {
	name     string // status, value[x]
	index    int    // position in the set of filled slots
	choice   bool
	required bool
	options  []string // the JSON names of a choice
}

// shapes holds what was compiled so far, by full message name.
var shapes sync.Map

// of gives the shape of the element's values, compiling it at first use.
func (e *element) of() *shape {
	if s := e.shape.Load(); s != nil {
		return s
	}
	s := shapeOf(e.desc)
	e.shape.Store(s)
	return s
}

// resourceShape gives the shape of a resource type; nil when R4 has none.
func resourceShape(name string) *shape {
	if m, ok := resourceTypes()[name]; ok {
		return shapeOf(m)
	}
	return nil
}

func shapeOf(m protoreflect.MessageDescriptor) *shape {
	if s, ok := shapes.Load(m.FullName()); ok {
		return s.(*shape)
	}
	s, _ := shapes.LoadOrStore(m.FullName(), compile(m))
	return s.(*shape)
}

// modelPackage is cut off message names.
const modelPackage = "google.fhir.r4.core."

func compile(m protoreflect.MessageDescriptor) *shape {
	s := &shape{name: strings.TrimPrefix(string(m.FullName()), modelPackage), elements: map[string]*element{}}
	switch {
	case s.name == "ContainedResource" || m.FullName() == "google.protobuf.Any":
		s.kind = shapeAny
		return s
	case s.name == "Xhtml":
		s.kind = shapeXHTML
	case isPrimitive(m):
		s.kind = shapePrimitive
		s.codes = codesOf(m)
		s.form = forms[string(m.Name())]
		if s.form == nil {
			s.form = forms["Code"]
		}
	case s.name == "Reference":
		s.kind = shapeReference
	case resourceTypes()[s.name] != nil:
		s.kind = shapeResource
	}
	s.personal = personalTypes[s.name]
	s.rules = rules[s.name]
	compileElements(s, m)
	return s
}

// proprietary are the fields of google/fhir that are not elements: the parts
// a Reference.reference is split into, and the value of a primitive.
func proprietary(s *shape, f protoreflect.FieldDescriptor) bool {
	if f.Message() == nil {
		return true
	}
	return s.kind == shapeReference && f.ContainingOneof() != nil && f.Name() != "uri"
}

func compileElements(s *shape, m protoreflect.MessageDescriptor) {
	fields := m.Fields()
	slots := 0
	for i := range fields.Len() {
		f := fields.Get(i)
		if proprietary(s, f) {
			continue
		}
		name := f.JSONName()
		if s.kind == shapeReference && f.Name() == "uri" {
			name = "reference"
		}
		required := proto.GetExtension(f.Options(), annotations_go_proto.E_ValidationRequirement) == annotations_go_proto.Requirement_REQUIRED_BY_FHIR
		choice := isChoice(f.Message())
		var sl *slot
		if required || choice {
			sl = &slot{name: name, index: slots, choice: choice, required: required}
			slots++
		}
		if required {
			s.required = append(s.required, sl)
		}
		if !choice {
			s.add(&element{name: name, many: f.IsList(), slot: sl, targets: targetsOf(f), desc: f.Message()})
			continue
		}
		sl.name += "[x]"
		addChoices(s, sl, name, f)
	}
}

// addChoices spells a choice out: value[x] becomes valueString, valueDate ...
func addChoices(s *shape, sl *slot, name string, f protoreflect.FieldDescriptor) {
	options := f.Message().Fields()
	for i := range options.Len() {
		o := options.Get(i)
		jsonName := name + upperFirst(o.JSONName())
		sl.options = append(sl.options, jsonName)
		targets := targetsOf(o)
		if targets == nil {
			targets = targetsOf(f)
		}
		s.add(&element{name: jsonName, slot: sl, targets: targets, desc: o.Message()})
	}
}

func (s *shape) add(e *element) {
	e.personal = personalDates[e.name]
	s.elements[e.name] = e
	s.names = append(s.names, e.name)
	if !common[e.name] {
		s.own = append(s.own, e.name)
	}
}

// common are the elements of all types, which no issue needs to list.
var common = map[string]bool{
	"id": true, "extension": true, "modifierExtension": true,
	"meta": true, "implicitRules": true, "language": true, "contained": true,
}

// targetsOf lists the resource types a reference may point to, nil for any.
func targetsOf(f protoreflect.FieldDescriptor) []string {
	targets := proto.GetExtension(f.Options(), annotations_go_proto.E_ValidReferenceType).([]string)
	for _, t := range targets {
		if t == "Resource" || t == "DomainResource" {
			return nil
		}
	}
	return targets
}

func isPrimitive(m protoreflect.MessageDescriptor) bool {
	return proto.GetExtension(m.Options(), annotations_go_proto.E_StructureDefinitionKind) ==
		annotations_go_proto.StructureDefinitionKindValue_KIND_PRIMITIVE_TYPE
}

func isChoice(m protoreflect.MessageDescriptor) bool {
	return proto.HasExtension(m.Options(), annotations_go_proto.E_IsChoiceType)
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// codeSet is a required binding: the codes allowed, in the model's order.
type codeSet struct {
	list []string
	set  map[string]struct{}
}

// codesOf reads the codes of a bound code type; nil when any code will do.
func codesOf(m protoreflect.MessageDescriptor) *codeSet {
	value := m.Fields().ByName("value")
	if value == nil || value.Enum() == nil {
		return nil
	}
	if !proto.HasExtension(m.Options(), annotations_go_proto.E_FhirValuesetUrl) {
		return nil
	}
	c := &codeSet{set: map[string]struct{}{}}
	for i := range value.Enum().Values().Len() {
		v := value.Enum().Values().Get(i)
		if v.Number() == 0 { // INVALID_UNINITIALIZED
			continue
		}
		code := proto.GetExtension(v.Options(), annotations_go_proto.E_FhirOriginalCode).(string)
		if code == "" {
			code = strings.ReplaceAll(strings.ToLower(string(v.Name())), "_", "-")
		}
		c.list = append(c.list, code)
		c.set[code] = struct{}{}
	}
	return c
}

func (c *codeSet) has(code string) bool {
	_, ok := c.set[code]
	return ok
}
