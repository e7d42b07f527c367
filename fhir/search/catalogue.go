package search

import (
	"cmp"
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// newCatalogue joins the area tables and the common parameters for every R4 type.
func newCatalogue() catalogue {
	c := catalogue{byType: make(map[string][]Param, 160)}
	for _, area := range areas() {
		for typ, list := range area {
			c.byType[typ] = append(c.byType[typ], list...)
		}
	}
	for _, typ := range fhir.Types() {
		list := slices.Concat(c.byType[typ], common)
		for i := range list {
			list[i] = list[i].complete(typ)
		}
		slices.SortFunc(list, func(a, b Param) int { return cmp.Compare(a.Name, b.Name) })
		c.byType[typ] = slices.Clip(list)
	}
	return c
}

// complete fills what follows from the type: the definition's URL.
func (p Param) complete(typ string) Param {
	switch {
	case p.Definition == "":
		p.Definition = official + typ + "-" + p.Name
	case !strings.Contains(p.Definition, "/"):
		p.Definition = official + p.Definition
	}
	return p
}

// common are the parameters of every resource (http://hl7.org/fhir/R4/search.html#all).
var common = []Param{
	token("_id", "id").by("Resource-id"),
	date("_lastUpdated", "meta.lastUpdated").by("Resource-lastUpdated"),
	token("_tag", "meta.tag").by("Resource-tag"),
	token("_security", "meta.security").by("Resource-security"),
	uri("_profile", "meta.profile").by("Resource-profile"),
	uri("_source", "meta.source").by("Resource-source"),
}

func token(name string, paths ...string) Param { return Param{Name: name, Type: Token, Paths: paths} }
func text(name string, paths ...string) Param  { return Param{Name: name, Type: String, Paths: paths} }
func date(name string, paths ...string) Param  { return Param{Name: name, Type: Date, Paths: paths} }
func uri(name string, paths ...string) Param   { return Param{Name: name, Type: URI, Paths: paths} }
func number(name string, paths ...string) Param {
	return Param{Name: name, Type: Number, Paths: paths}
}
func quantity(name string, paths ...string) Param {
	return Param{Name: name, Type: Quantity, Paths: paths}
}

// code is a token of FHIR type code: system is what the code alone implies, below
// http://hl7.org/fhir/ unless it is a whole URI.
func code(name, path, system string) Param {
	if !strings.Contains(system, ":") {
		system = "http://hl7.org/fhir/" + system
	}
	return Param{Name: name, Type: Token, Paths: []string{path}, System: system}
}

// ref is a reference; no targets means any type.
func ref(name, path string, targets ...string) Param {
	return Param{Name: name, Type: Reference, Paths: []string{path}, Targets: targets}
}

// only is a reference that keeps one type: where(resolve() is Patient).
func only(name, path, target string) Param {
	p := ref(name, path, target)
	p.only = true
	return p
}

// contacts is a token over ContactPoints: telecom, phone, email.
func contacts(name string, paths ...string) Param {
	p := token(name, paths...)
	p.contact, p.Personal = true, true
	return p.by("individual-" + name)
}

// by names the official definition when it is not Type-name.
func (p Param) by(definition string) Param {
	p.Definition = definition
	return p
}

// also adds alternative paths.
func (p Param) also(paths ...string) Param {
	p.Paths = append(p.Paths, paths...)
	return p
}

// personal marks values that name or find a person.
func (p Param) personal() Param {
	p.Personal = true
	return p
}

// choice lists the paths of a choice element: choice("effective", "DateTime", "Period").
func choice(element string, types ...string) []string {
	paths := make([]string, len(types))
	for i, t := range types {
		paths[i] = element + t
	}
	return paths
}
