package search

import (
	"slices"
	"sync"

	"github.com/throughline/throughline/fhir"
)

// Support is what the CapabilityStatement claims for one resource type
// (rest.resource.searchParam, searchInclude, searchRevInclude).
type Support struct {
	Params      []Param
	Includes    []string // "CarePlan:care-team"
	RevIncludes []string // "Provenance:target"
}

// Supported gives what can be searched on a type; empty for a type R4 does not
// have. It comes from the tables Extract and Parse use, and must not be changed.
func Supported(resourceType string) Support { return supports()[resourceType] }

var supports = sync.OnceValue(func() map[string]Support {
	all := make(map[string]Support, len(fhir.Types()))
	for _, typ := range fhir.Types() {
		s := all[typ]
		s.Params = For(typ)
		for _, param := range s.Params {
			if param.Type != Reference {
				continue
			}
			name := typ + ":" + param.Name
			s.Includes = append(s.Includes, name)
			pointAt(all, param, name)
		}
		back := all[typ].RevIncludes // pointAt may have named the type itself
		s.RevIncludes = back
		all[typ] = s
	}
	for typ, s := range all {
		slices.Sort(s.RevIncludes)
		all[typ] = s
	}
	return all
})

// pointAt enters a reference parameter with every type it may name.
func pointAt(all map[string]Support, param Param, name string) {
	targets := param.Targets
	if len(targets) == 0 {
		targets = fhir.Types()
	}
	for _, target := range targets {
		s := all[target]
		s.RevIncludes = append(s.RevIncludes, name)
		all[target] = s
	}
}
