package search

import (
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
)

// criterion is what is known about a clause while it is read.
type criterion struct {
	path     string // the name as sent, for issues
	on       string // the type searched
	inner    bool   // the end of a chain or _has
	param    Param
	modifier Modifier
	target   string // a resource type given as modifier
}

// clause reads one criterion: name[:modifier][.chain]=value.
func (p *parser) clause(c criterion, name, value string) (Clause, bool) {
	head, chain, chained := strings.Cut(name, ".")
	head, modifier, modified := strings.Cut(head, ":")
	param, ok := Find(c.on, head)
	if !ok {
		p.unknown(c.path, c.on, head)
		return Clause{}, false
	}
	c.param = param
	if modified && !p.modify(&c, modifier, chained) {
		return Clause{}, false
	}
	if chained {
		return p.chain(c, chain, value)
	}
	if len(value) == 0 {
		p.bad(&c, "", "a value", "give a value, or leave the parameter out")
		return Clause{}, false
	}
	pieces := split(value, ',')
	if c.modifier == Missing {
		pieces = []string{value}
	}
	if len(pieces) > maxValues {
		p.fail(fhir.CodeTooCostly, c.path, strconv.Itoa(len(pieces))+" values", "at most "+strconv.Itoa(maxValues), "search in several steps")
		return Clause{}, false
	}
	clause := Clause{Param: param, Modifier: c.modifier}
	for _, piece := range pieces {
		v, ok := p.value(&c, piece)
		if !ok {
			return Clause{}, false
		}
		clause.Values = append(clause.Values, v)
	}
	return clause, true
}

// chain reads the rest of patient.identifier or subject:Patient.name, one level
// deep. A reference with several targets is followed to each that has the
// parameter (http://hl7.org/fhir/R4/search.html#chaining).
func (p *parser) chain(c criterion, rest, value string) (Clause, bool) {
	if c.param.Type != Reference || c.inner || strings.Contains(rest, ".") {
		p.fail(codeNotSupported, c.path, "a chain", "one reference, then one parameter of its target: patient.identifier",
			"search step by step")
		return Clause{}, false
	}
	name, _, _ := strings.Cut(rest, ":")
	targets := chainTargets(c, name)
	if len(targets) == 0 {
		p.unknown(c.path, orAny(c), name)
		return Clause{}, false
	}
	inner, ok := p.clause(criterion{path: c.path, on: targets[0], inner: true}, rest, value)
	return Clause{Param: c.param, Targets: targets, Chain: &inner}, ok
}

// chainTargets are the types a chain goes to: those that have the parameter, in
// the kind the first of them has it.
func chainTargets(c criterion, name string) []string {
	candidates := c.param.Targets
	switch {
	case c.target != "":
		candidates = []string{c.target}
	case len(candidates) == 0:
		candidates = fhir.Types()
	}
	var targets []string
	var kind Type
	for _, typ := range candidates {
		if found, ok := Find(typ, name); ok && (kind == "" || kind == found.Type) {
			kind, targets = found.Type, append(targets, typ)
		}
	}
	return targets
}

// orAny is the type whose parameters an issue about a chain lists.
func orAny(c criterion) string {
	if c.target != "" {
		return c.target
	}
	if len(c.param.Targets) > 0 {
		return c.param.Targets[0]
	}
	return "Patient"
}

// modifiers are those each type of parameter takes. A reference also takes the
// name of a target type.
var modifiers = map[Type][]Modifier{
	Token:     {Not, Text, Missing},
	String:    {Exact, Contains, Missing},
	Reference: {Identifier, Missing},
	URI:       {Below, Missing},
	Date:      {Missing},
	Number:    {Missing},
	Quantity:  {Missing},
}

// modify sets the modifier, or reports one the parameter does not take.
func (p *parser) modify(c *criterion, modifier string, chained bool) bool {
	isTarget := c.param.Type == Reference && fhir.IsType(modifier) && c.param.targets(modifier)
	switch {
	case isTarget:
		c.target = modifier
		return true
	case !chained && c.param.Column() == "" && slices.Contains(modifiers[c.param.Type], Modifier(modifier)):
		c.modifier = Modifier(modifier)
		return true
	}
	allowed := "no modifier"
	if list := modifiers[c.param.Type]; c.param.Column() == "" && !chained {
		names := make([]string, len(list))
		for i, m := range list {
			names[i] = ":" + string(m)
		}
		allowed = strings.Join(names, ", ")
	}
	if c.param.Type == Reference {
		allowed += ", or a type: :" + orAny(*c)
	}
	p.fail(codeNotSupported, c.path, "modifier :"+printable(modifier), allowed, "use another modifier, or none")
	return false
}
