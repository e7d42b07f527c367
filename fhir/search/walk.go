package search

import (
	"strings"
	"sync"

	"github.com/throughline/throughline/fhir"
)

// step is one element of the path tree of a resource type: what the parameters
// take from it, and the elements below that some parameter wants.
type step struct {
	leaves []leaf
	below  map[string]*step
}

// leaf is one parameter that ends at an element, if the element's member where
// has the value is.
type leaf struct {
	param     *Param
	where, is string
}

// pathTrees remembers the path tree of each type: *step by type name.
var pathTrees sync.Map

// pathsOf compiles the paths of all parameters of a type, once.
func pathsOf(resourceType string) *step {
	if tree, ok := pathTrees.Load(resourceType); ok {
		return tree.(*step)
	}
	root := &step{}
	list := For(resourceType)
	for i := range list {
		if list[i].Column() != "" || list[i].deceased {
			continue
		}
		for _, path := range list[i].Paths {
			root.add(&list[i], path)
		}
	}
	tree, _ := pathTrees.LoadOrStore(resourceType, root)
	return tree.(*step)
}

// add enters one dotted path; the last element may carry [name=value].
func (s *step) add(p *Param, path string) {
	end := leaf{param: p}
	path, condition, conditional := strings.Cut(path, "[")
	if conditional {
		end.where, end.is, _ = strings.Cut(strings.TrimSuffix(condition, "]"), "=")
	}
	last := s.find(path)
	last.leaves = append(last.leaves, end)
}

// find walks to the step of a path, making what is missing.
func (s *step) find(path string) *step {
	for name := range strings.SplitSeq(path, ".") {
		if s.below == nil {
			s.below = make(map[string]*step)
		}
		next := s.below[name]
		if next == nil {
			next = &step{}
			s.below[name] = next
		}
		s = next
	}
	return s
}

// walk visits the members of one object that some parameter wants.
func (x *extraction) walk(object *fhir.Node, s *step) {
	for name, member := range object.Members() {
		next := s.below[name]
		switch {
		case next == nil:
		case member.Kind() == fhir.KindArray:
			for _, item := range member.Items() {
				x.visit(item, next)
			}
		default:
			x.visit(member, next)
		}
	}
}

// visit takes the rows of one element and goes on below it.
func (x *extraction) visit(n *fhir.Node, s *step) {
	if n.Kind() == fhir.KindNull {
		return
	}
	for i := range s.leaves {
		l := &s.leaves[i]
		if l.where == "" || n.Get(l.where).Text() == l.is {
			x.take(l.param, n)
		}
	}
	if s.below != nil && n.Kind() == fhir.KindObject {
		x.walk(n, s)
	}
}
