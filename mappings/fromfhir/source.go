// Package fromfhir reads typed records back out of FHIR resources: the way out
// to partners without FHIR. One file per record, the mirror of package tofhir.
// What a record has no field for is reported, not dropped in silence.
package fromfhir

import (
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// Mapping reads one record out of the resources it was made into, or out of a
// partner's own resources of those types. The issues are what the record cannot
// hold; the record is nil when its main resource is missing.
type Mapping func(rs []*fhir.Resource) (record.Record, fhir.Issues)

// source is the set of resources of one record.
type source []*fhir.Resource

// first is the first resource of a type; nil when there is none.
func (s source) first(typ string) *fhir.Resource {
	for _, r := range s {
		if r.Type == typ {
			return r
		}
	}
	return nil
}

// follow finds the resource a Reference names, by identifier or by Type/id.
func (s source) follow(reference *fhir.Node) *fhir.Resource {
	system, value := reference.Get("identifier", "system").Text(), reference.Get("identifier", "value").Text()
	typ, id, _, _ := fhir.ParseRef(reference.Get("reference").Text())
	for _, r := range s {
		if typ != "" && r.Type == typ && r.ID == id {
			return r
		}
		for _, own := range r.Get("identifier").Items() {
			if value != "" && own.Get("value").Text() == value && own.Get("system").Text() == system && r.Type != "Patient" {
				return r
			}
		}
	}
	return nil
}

// main is the resource that a record of a name was made into: one with our
// identifier of that name, or one of the type that carries no identifier of ours.
func (s source) main(typ, name string) *fhir.Resource {
	for _, r := range s {
		if r.Type == typ && (ofKind(r, name) || !ofKind(r, "")) {
			return r
		}
	}
	return nil
}

// besides is the first resource of a type that is not of one of our own kinds.
func (s source) besides(typ, name string) *fhir.Resource {
	for _, r := range s {
		if r.Type == typ && !ofKind(r, name) {
			return r
		}
	}
	return nil
}

// ofKind says whether a resource has an identifier of ours, of a name or of any.
func ofKind(r *fhir.Resource, name string) bool {
	for _, n := range r.Get("identifier").Items() {
		if system := n.Get("system").Text(); strings.HasPrefix(system, "urn:throughline:") && (name == "" || strings.HasSuffix(system, ":"+name)) {
			return true
		}
	}
	return false
}

// typed finds the resource of a type that a Reference names: several resources of
// a record may share an identifier.
func (s source) typed(typ string, reference *fhir.Node) *fhir.Resource {
	var of source
	for _, r := range s {
		if r.Type == typ {
			of = append(of, r)
		}
	}
	return of.follow(reference)
}

// each follows a list of References and gives the resources that are there.
func (s source) each(references *fhir.Node, f func(*fhir.Resource)) {
	for _, reference := range references.Items() {
		if r := s.follow(reference); r != nil {
			f(r)
		}
	}
}

// child reads who the record is about.
func (s source) child(subject *fhir.Node) (record.Member, record.Person) {
	var p record.Person
	m := record.Member{MemberID: subject.Get("identifier", "value").Text()}
	patient := s.first("Patient")
	if patient == nil {
		return m, p
	}
	for _, id := range patient.Get("identifier").Items() {
		switch value := id.Get("value").Text(); {
		case m.MemberID == "" || value == m.MemberID && id.Get("type") != nil:
			m.MemberID = value
		default:
			p.OtherIDs = append(p.OtherIDs, record.OtherID{System: id.Get("system").Text(), Value: value})
		}
	}
	name := first(patient.Get("name"))
	p.Family, p.Given = name.Get("family").Text(), first(name.Get("given")).Text()
	p.Gender, p.BirthDate = patient.Get("gender").Text(), record.Date(patient.Get("birthDate").Text())
	return m, p
}

// first is the first element of a list, or the value itself.
func first(n *fhir.Node) *fhir.Node {
	if items := n.Items(); len(items) > 0 {
		return items[0]
	}
	return nil
}

// id is a resource's identity as the record names it: our own identifier of
// that kind, else the first business identifier, else the id.
func id(r *fhir.Resource, name string) string {
	fallback := r.ID
	for i, n := range r.Get("identifier").Items() {
		system, value := n.Get("system").Text(), n.Get("value").Text()
		if strings.HasPrefix(system, "urn:throughline:") && strings.HasSuffix(system, ":"+name) {
			return value
		}
		if i == 0 && value != "" {
			fallback = value
		}
	}
	return fallback
}

// sub is the identity of a part: what follows the record's id and the part's name.
func sub(r *fhir.Resource, name string, before ...string) string {
	return strings.TrimPrefix(id(r, name), strings.Join(before, "/")+"/")
}

// named is the value of the identifier in a Reference, else its id.
func named(reference *fhir.Node) string {
	if value := reference.Get("identifier", "value").Text(); value != "" {
		return value
	}
	_, id, _, _ := fhir.ParseRef(reference.Get("reference").Text())
	return id
}

// namedAs is the id that the record of a name has which a Reference names, when its
// resource is there; else what the Reference says.
func (s source) namedAs(name string, reference *fhir.Node) string {
	if r := s.follow(reference); r != nil {
		return id(r, name)
	}
	return named(reference)
}

func display(reference *fhir.Node) string { return reference.Get("display").Text() }

func date(n *fhir.Node) record.Date {
	text := n.Text()
	return record.Date(text[:min(10, len(text))])
}

func moment(n *fhir.Node) record.Instant { return record.Instant(n.Text()) }

// ours reads a coded element back into a table's code; other codings are
// skipped.
func ours(table string, concept *fhir.Node) string {
	t := codes.Get(table)
	for _, coding := range concept.Get("coding").Items() {
		c, ok := t.Reverse(coding.Get("code").Text())
		if ok && t.SystemOf(c) == coding.Get("system").Text() {
			return c.Code
		}
	}
	return ""
}

// anyOf reads the first of several concepts that is in a table.
func anyOf(table string, concepts *fhir.Node) string {
	for _, c := range concepts.Items() {
		if code := ours(table, c); code != "" {
			return code
		}
	}
	return ""
}

// coding is the code of a concept in a system.
func coding(concept *fhir.Node, system string) string {
	for _, c := range concept.Get("coding").Items() {
		if c.Get("system").Text() == system {
			return c.Get("code").Text()
		}
	}
	return ""
}

func modifiers(concepts *fhir.Node) record.Modifiers {
	var out record.Modifiers
	for _, c := range concepts.Items() {
		if m := coding(c, codes.HCPCS); m != "" {
			out = append(out, m)
		}
	}
	return out
}

// split reads modifiers that are kept as one text.
func split(s string) record.Modifiers {
	if s == "" {
		return nil
	}
	return strings.Fields(s)
}

func decimal(n *fhir.Node) ledger.Decimal {
	d, err := ledger.ParseDecimal(n.Text())
	if err != nil {
		return ledger.Decimal{} // absent: FHIR has been validated before
	}
	return d
}

func whole(n *fhir.Node) int64 {
	d, _ := decimal(n).Int()
	return d
}

// ext is one of our extensions on an element, by name; nil when it is absent.
func ext(n *fhir.Node, name string) *fhir.Node { return extURL(n, codes.Extensions+name) }

// extURL is an extension by its URL; parts of nested ones have plain names.
func extURL(n *fhir.Node, url string) *fhir.Node {
	for _, e := range n.Get("extension").Items() {
		if e.Get("url").Text() == url {
			return e
		}
	}
	return nil
}

// value is what an extension says, whatever its type.
func value(extension *fhir.Node) *fhir.Node {
	for name, n := range extension.Members() {
		if strings.HasPrefix(name, "value") {
			return n
		}
	}
	return nil
}

func part(extension *fhir.Node, name string) string { return value(extURL(extension, name)).Text() }

// stated is a date unless it is marked as assumed.
func stated(r *fhir.Resource, element string) record.Date {
	if ext(r.Get("_"+element), "assumed") != nil {
		return ""
	}
	return date(r.Get(element))
}
