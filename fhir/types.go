package fhir

import (
	"slices"
	"sync"

	bundle "github.com/google/fhir/go/proto/google/fhir/proto/r4/core/resources/bundle_and_contained_resource_go_proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// resourceTypes are the messages of all R4 resources by their FHIR name.
var resourceTypes = sync.OnceValue(func() map[string]protoreflect.MessageDescriptor {
	fields := (*bundle.ContainedResource)(nil).ProtoReflect().Descriptor().Oneofs().ByName("oneof_resource").Fields()
	types := make(map[string]protoreflect.MessageDescriptor, fields.Len())
	for i := range fields.Len() {
		m := fields.Get(i).Message()
		types[string(m.Name())] = m
	}
	return types
})

// typeNames are the same names, sorted.
var typeNames = sync.OnceValue(func() []string {
	names := make([]string, 0, len(resourceTypes()))
	for name := range resourceTypes() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
})

// Types lists the names of all R4 resource types, sorted.
func Types() []string { return slices.Clone(typeNames()) }

// IsType says whether R4 has a resource type of that name.
func IsType(name string) bool {
	_, ok := resourceTypes()[name]
	return ok
}

// Element says whether a resource type has an element of that name at its top,
// and whether it may repeat.
func Element(typ, name string) (has, repeats bool) {
	s := resourceShape(typ)
	if s == nil {
		return false, false
	}
	e := s.elements[name]
	return e != nil, e != nil && e.many
}
