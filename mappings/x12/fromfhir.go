package x12

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// source is a set of resources that refer to one another, as a Bundle or a
// delivery has them.
type source struct {
	entries []fhir.Entry
	partner *gateway.Partner
	issues  fhir.Issues
}

// sourceOf are resources of the store, or the entries of a Bundle.
func sourceOf(rs []*fhir.Resource, p *gateway.Partner) *source {
	s := &source{partner: p}
	for _, r := range rs {
		switch {
		case r == nil:
		case r.Type == "Bundle":
			s.entries = append(s.entries, r.Entries()...)
		default:
			s.entries = append(s.entries, fhir.Entry{Resource: r})
		}
	}
	return s
}

// first is the first preauthorization of a type.
func (s *source) first(typ string) *fhir.Resource {
	for _, e := range s.entries {
		if e.Resource != nil && e.Resource.Type == typ && e.Resource.Get("use").Text() == "preauthorization" {
			return e.Resource
		}
	}
	return nil
}

// follow finds the resource that a Reference names: by its URL, by Type/id, or
// by an identifier.
func (s *source) follow(reference *fhir.Node) *fhir.Resource {
	url := reference.Get("reference").Text()
	typ, id, _, _ := fhir.ParseRef(url)
	system, value := reference.Get("identifier", "system").Text(), reference.Get("identifier", "value").Text()
	for _, e := range s.entries {
		r := e.Resource
		switch {
		case r == nil:
			continue
		case url != "" && (e.FullURL == url || typ == r.Type && id != "" && (r.ID == id || strings.HasSuffix(e.FullURL, "/"+typ+"/"+id))):
			return r
		}
		for _, own := range r.Get("identifier").Items() {
			if value != "" && own.Get("value").Text() == value && own.Get("system").Text() == system && (reference.Get("type").Text() == "" || reference.Get("type").Text() == r.Type) {
				return r
			}
		}
	}
	return nil
}

// party reads who a Reference names; a PractitionerRole stands for its practitioner.
func (s *source) party(path string, reference *fhir.Node, entity string) Party {
	r := s.follow(reference)
	if r != nil && r.Type == "PractitionerRole" {
		for _, name := range []string{"practitioner", "organization"} {
			if inner := s.follow(r.Get(name)); inner != nil {
				r = inner
				break
			}
		}
	}
	if r == nil {
		id := reference.Get("identifier")
		p := Party{Entity: entity, Name: reference.Get("display").Text(), Qualifier: qualifierOf(id.Get("system").Text()), ID: id.Get("value").Text()}
		return s.named(path, p, reference)
	}
	p := Party{Entity: entity, Person: r.Type == "Practitioner"}
	s.ids(&p, r)
	if p.Person {
		name := item(r.Get("name"), 0)
		p.Name, p.Given = name.Get("family").Text(), item(name.Get("given"), 0).Text()
		p.Phone = phone(r.Get("telecom"))
		p.Specialty = codeIn(item(r.Get("qualification"), 0).Get("code"), nucc)
		return p
	}
	p.Name = r.Get("name").Text()
	for _, t := range r.Get("type").Items() {
		if c := codeIn(t, codes.X12+"98"); c != "" && entity == "" {
			p.Entity = c
		}
		if c := codeIn(t, nucc); c != "" {
			p.Specialty = c
		}
	}
	contact := item(r.Get("contact"), 0)
	p.Contact, p.Phone = contact.Get("name", "text").Text(), phone(contact.Get("telecom"))
	return p
}

// ids picks the id that X12 has a qualifier for: NPI before others.
func (s *source) ids(p *Party, r *fhir.Resource) {
	rank := 0
	for _, id := range r.Get("identifier").Items() {
		system, value := id.Get("system").Text(), id.Get("value").Text()
		q := qualifierOf(system)
		score := map[string]int{"XX": 4, "PI": 3, "EI": 1}[q]
		if score == 0 && q != "" {
			score = 2
		}
		if q == "EI" {
			p.TaxID = value
		}
		if score > rank {
			rank, p.Qualifier, p.ID = score, q, value
		}
	}
	if p.Qualifier == "EI" {
		p.TaxID = ""
	}
	if id := item(r.Get("identifier"), 0); rank == 0 && id != nil {
		*p = s.unqualified(*p, id)
	}
}

// unqualified sends an id whose system X12 has no qualifier for as ZZ, and says so.
func (s *source) unqualified(p Party, id *fhir.Node) Party {
	p.Qualifier, p.ID = "ZZ", id.Get("value").Text()
	s.loss("identifier.system", "the system of an identifier")
	return p
}

func (s *source) named(path string, p Party, reference *fhir.Node) Party {
	if p.ID != "" && p.Qualifier == "" {
		return s.unqualified(p, reference.Get("identifier"))
	}
	if p.ID == "" && p.Name == "" && reference != nil {
		s.issues = append(s.issues, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeRequired, Path: path, Found: "a reference that cannot be followed", Allowed: "resources of the same Bundle, or an identifier", Fix: "send who is named, or an identifier"})
	}
	return p
}

// person reads a Patient.
func (s *source) person(r *fhir.Resource) Person {
	name := item(r.Get("name"), 0)
	p := Person{Family: name.Get("family").Text(), Given: item(name.Get("given"), 0).Text(), Middle: item(name.Get("given"), 1).Text(),
		Birth: r.Get("birthDate").Text(), Gender: toX12(genders, r.Get("gender").Text())}
	if p.Gender == "" && r.Get("gender") != nil {
		p.Gender = "U"
		s.loss("Patient.gender", "a gender that X12 has no code for")
	}
	rank := 0
	for _, id := range r.Get("identifier").Items() {
		score := 1
		for _, c := range id.Get("type", "coding").Items() {
			if code := c.Get("code").Text(); code == "MB" || code == "MA" {
				score = 2
			}
		}
		if strings.HasSuffix(id.Get("system").Text(), ":dependent") {
			score = 0
		}
		if id.Get("system").Text() == s.partner.MemberSystem && s.partner.MemberSystem != "" {
			score = 3
		}
		if score > rank {
			rank, p.Member = score, id.Get("value").Text()
		}
	}
	return p
}

// loss names an element that is not carried to X12, with nothing of its value.
func (s *source) loss(path, found string) {
	i := fhir.Issue{Severity: fhir.Information, Code: "informational", Path: path, Found: found, Allowed: "what docs/mappings/x12_278.md lists", Fix: "nothing; it stays in FHIR"}
	if !slices.Contains(s.issues, i) {
		s.issues = append(s.issues, i)
	}
}

// beyond reports the members of an object, and its extensions, that are not carried.
func (s *source) beyond(path string, n *fhir.Node, members string, extensions []string) {
	known := strings.Fields(members)
	for name := range n.Members() {
		if !slices.Contains(known, strings.TrimPrefix(name, "_")) {
			s.loss(path+"."+name, "an element that X12 has no place for")
		}
	}
	for _, e := range n.Get("extension").Items() {
		url := e.Get("url").Text()
		if short := strings.TrimPrefix(strings.TrimPrefix(url, codes.PAS), codes.Extensions); !slices.Contains(extensions, short) {
			s.loss(path+".extension "+short[strings.LastIndexByte(short, '/')+1:], "an extension that X12 has no place for")
		}
	}
}

// item is element n of a list; nil when it is not there.
func item(list *fhir.Node, n int) *fhir.Node {
	if items := list.Items(); n < len(items) {
		return items[n]
	}
	return nil
}

// extension finds an extension by its URL, or its name below another.
func extension(n *fhir.Node, url string) *fhir.Node {
	for _, e := range n.Get("extension").Items() {
		if e.Get("url").Text() == url {
			return e
		}
	}
	return nil
}

// codeIn is the code that a concept has in a system; X12 systems were http once.
func codeIn(concept *fhir.Node, system string) string {
	for _, c := range concept.Get("coding").Items() {
		have := c.Get("system").Text()
		if have == system || strings.HasPrefix(have, "http://codesystem.x12.org/") && "https"+strings.TrimPrefix(have, "http") == system {
			return c.Get("code").Text()
		}
	}
	return ""
}

// x12In is the X12 code in an extension of a CodeableConcept.
func x12In(n *fhir.Node, url, element string) string {
	return codeIn(extension(n, url).Get("valueCodeableConcept"), codes.X12+element)
}

func phone(telecom *fhir.Node) string {
	for _, t := range telecom.Items() {
		if t.Get("system").Text() == "phone" {
			return t.Get("value").Text()
		}
	}
	return ""
}

// traceOf reads an identifier as TRN02 and TRN03.
func traceOf(id *fhir.Node) (number, org string) {
	org, ok := strings.CutPrefix(id.Get("system").Text(), traceSystem)
	if !ok {
		org = ""
	}
	return id.Get("value").Text(), org
}

// day is the date of a date or dateTime.
func day(n *fhir.Node) string {
	text := n.Text()
	return text[:min(len(text), 10)]
}

// days are the ends of a Period or of a date.
func days(period, date *fhir.Node) (string, string) {
	if date != nil {
		return day(date), day(date)
	}
	start, end := day(period.Get("start")), day(period.Get("end"))
	if end == "" {
		end = start
	}
	return start, end
}
