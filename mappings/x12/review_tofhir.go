package x12

import (
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/tofhir"
)

// entry is one resource of what a transaction says.
type entry struct {
	op       gateway.Op
	typ      string
	key      gateway.Identifier
	resource fhir.Object
}

// Entries are the resources of a review as Da Vinci PAS shapes them: the Claim
// or ClaimResponse first, then who it names.
type Entries struct {
	partner *gateway.Partner
	first   entry
	rest    []entry
	bundle  gateway.Identifier
	at      string
}

// Entries makes the resources. The partner is who sent the text.
func (r *Review) Entries(p *gateway.Partner) *Entries {
	e := &Entries{partner: p, bundle: gateway.Identifier{System: codes.Own(string(p.ID), "278-transaction"), Value: r.Reference}, at: r.At}
	m := &reviewMaker{Entries: e, r: r}
	if r.Response {
		m.people(gateway.Ensure, r.Dependent != nil) // the payer echoes what it was told
		m.response()
	} else {
		m.people(gateway.Upsert, true)
		m.request()
	}
	return e
}

// url is how the other entries refer to one.
func (e *Entries) url(typ string, key gateway.Identifier) string {
	return tofhir.URL(e.partner.ID, typ, key)
}

// Changes are the entries to be kept.
func (e *Entries) Changes() ([]gateway.Change, fhir.Issues) {
	var out []gateway.Change
	var issues fhir.Issues
	for _, x := range append([]entry{e.first}, e.rest...) {
		r, found := x.resource.Resource()
		issues = append(issues, found...)
		if r != nil {
			out = append(out, gateway.Change{Op: x.op, Type: x.typ, Key: x.key, FullURL: e.url(x.typ, x.key), Resource: r})
		}
	}
	return out, issues
}

// Bundle is the entries as a PAS collection.
func (e *Entries) Bundle() (*fhir.Resource, fhir.Issues) {
	var list fhir.List
	for _, x := range append([]entry{e.first}, e.rest...) {
		list = append(list, fhir.Obj("fullUrl", e.url(x.typ, x.key), "resource", x.resource))
	}
	return fhir.Obj("resourceType", "Bundle", "identifier", identifier(e.bundle), "type", "collection", "timestamp", e.at, "entry", list).Resource()
}

// reviewMaker collects the entries of one review.
type reviewMaker struct {
	*Entries
	r                                     *Review
	patient, insurer, requester, coverage fhir.Object
	acting                                map[string]bool
}

func (m *reviewMaker) own(name string, ids ...string) gateway.Identifier {
	return gateway.Identifier{System: codes.Own(string(m.partner.ID), name), Value: strings.Join(ids, "/")}
}

// put adds an entry once and gives a reference to it.
func (m *reviewMaker) put(op gateway.Op, typ string, key gateway.Identifier, o fhir.Object) fhir.Object {
	url := m.url(typ, key)
	if m.acting == nil {
		m.acting = map[string]bool{}
	}
	if !m.acting[url] {
		m.acting[url] = true
		m.rest = append(m.rest, entry{op, typ, key, o})
	}
	return fhir.Obj("reference", url, "identifier", identifier(key))
}

func identifier(id gateway.Identifier) fhir.Object {
	return fhir.Obj("system", id.System, "value", id.Value)
}

func concept(system, code string) fhir.Object {
	if code == "" {
		return fhir.Object{}
	}
	return fhir.Obj("coding", fhir.List{fhir.Obj("system", system, "code", code)})
}

// x12Code is a code of an X12 data element.
func x12Code(element, code string) fhir.Object { return concept(codes.X12+element, code) }

// ext is an extension, empty without a value.
func ext(url, choice string, value any) fhir.Object {
	switch v := value.(type) {
	case string:
		if v == "" {
			return fhir.Object{}
		}
	case fhir.Object:
		if string(v.JSON()) == "{}" {
			return fhir.Object{}
		}
	}
	return fhir.Obj("url", url, choice, value)
}

// parts is an extension of named parts, empty when all are.
func parts(url string, list ...fhir.Object) fhir.Object {
	var kept fhir.List
	for _, o := range list {
		if string(o.JSON()) != "{}" {
			kept = append(kept, o)
		}
	}
	if kept == nil {
		return fhir.Object{}
	}
	return fhir.Obj("extension", kept, "url", url)
}

func period(start, end string) fhir.Object { return fhir.Obj("start", start, "end", end) }

// people are the entries that request and response share: payer, requester, the
// members, written with op, and their coverage where it is needed.
func (m *reviewMaker) people(op gateway.Op, covered bool) {
	r := m.r
	m.insurer, m.requester = m.actor(r.Payer), m.actor(r.Requester)
	key := m.own("patient", r.Member.Member)
	member := gateway.Identifier{System: tofhir.MemberSystem(m.partner), Value: r.Member.Member}
	subscriber := m.put(op, "Patient", key, person(r.Member).With("identifier", fhir.List{identifier(member).With("type", concept(codes.Terminology+"v2-0203", "MB"))}))
	subscriber = subscriber.With("identifier", identifier(member))
	m.patient = subscriber
	relation := "18"
	if d := r.Dependent; d != nil {
		// A dependent has no id of its own: it is known by its subscriber and itself, to this partner alone.
		name := uuid.NewSHA1(uuid.NameSpaceOID, []byte(strings.Join([]string{r.Member.Member, d.Family, d.Given, d.Birth}, "\x00"))).String()
		key, relation = m.own("dependent", name), d.Relationship
		m.patient = m.put(op, "Patient", key, person(*d).With("identifier", fhir.List{identifier(key)}))
	}
	if !covered {
		return
	}
	m.coverage = m.put(gateway.Ensure, "Coverage", m.own("coverage", r.Payer.ID, key.Value), fhir.Obj("resourceType", "Coverage", "status", "active",
		"subscriber", subscriber, "subscriberId", r.Member.Member, "beneficiary", m.patient, "relationship", relationship(relation), "payor", fhir.List{m.insurer}))
}

func relationship(code string) fhir.Object {
	if code == "" {
		return fhir.Object{}
	}
	known := toFHIR(relatives, code)
	if known == "" {
		known = "other"
	}
	return fhir.Obj("coding", fhir.List{fhir.Obj("system", relations, "code", known), fhir.Obj("system", codes.X12+"1069", "code", code)})
}

func person(p Person) fhir.Object {
	return fhir.Obj("resourceType", "Patient", "name", fhir.List{fhir.Obj("family", p.Family, "given", fhir.List{p.Given, p.Middle})},
		"gender", toFHIR(genders, p.Gender), "birthDate", p.Birth)
}

// actor is a payer, requester or provider, known by its id; one without an id
// by its name, to this partner alone.
func (m *reviewMaker) actor(p Party) fhir.Object {
	key := gateway.Identifier{System: idSystem(m.partner, p.Qualifier), Value: p.ID}
	ids := fhir.List{identifier(key)}
	if p.ID == "" {
		key = m.own("x12-name", uuid.NewSHA1(uuid.NameSpaceOID, []byte(p.Entity+"\x00"+p.Name+"\x00"+p.Given)).String())
		ids = nil
	}
	if p.TaxID != "" {
		ids = append(ids, fhir.Obj("system", taxSystem, "value", p.TaxID))
	}
	phone := fhir.Object{}
	if p.Phone != "" {
		phone = fhir.Obj("system", "phone", "value", p.Phone)
	}
	if p.Person {
		return m.put(gateway.Ensure, "Practitioner", key, fhir.Obj("resourceType", "Practitioner", "identifier", ids,
			"name", fhir.List{fhir.Obj("family", p.Name, "given", fhir.List{p.Given})}, "telecom", fhir.List{phone},
			"qualification", fhir.List{fhir.Obj("code", concept(nucc, p.Specialty))}))
	}
	contact := fhir.Obj("name", fhir.Obj("text", p.Contact), "telecom", fhir.List{phone})
	return m.put(gateway.Ensure, "Organization", key, fhir.Obj("resourceType", "Organization", "identifier", ids, "active", true,
		"type", fhir.List{x12Code("98", p.Entity), concept(nucc, p.Specialty)}, "name", p.Name, "contact", fhir.List{contact})).With("display", p.Name)
}

// trace is the identifier of a TRN.
func trace(number, org string) fhir.Object {
	if number == "" {
		return fhir.Object{}
	}
	system := ""
	if org != "" {
		system = traceSystem + org
	}
	return fhir.Obj("system", system, "value", number)
}

// quantity is SV103 and SV104.
func quantity(v *Level) fhir.Object {
	if v.Units == "" {
		return fhir.Object{}
	}
	word := toFHIR(unitWords, v.Unit)
	if word == "" {
		word = v.Unit
	}
	return fhir.Obj("value", fhir.Number(v.Units), "unit", word, "system", codes.X12+"355", "code", v.Unit)
}

func money(amount string) fhir.Object {
	if amount == "" {
		return fhir.Object{}
	}
	return fhir.Obj("value", fhir.Number(amount), "currency", "USD")
}

// product is the service asked for; without a code its category stands for it,
// as the guide does.
func product(v *Level) fhir.Object {
	if v.Code == "" {
		return x12Code("1365", v.Category)
	}
	system := toFHIR(schemes, v.Scheme)
	if system == "" {
		system = codes.X12 + "235/" + v.Scheme
	}
	o := fhir.Obj("system", system, "code", v.Code)
	if system == codes.HCPCS {
		o = o.With("display", codes.ServiceName(v.Code))
	}
	return fhir.Obj("coding", fhir.List{o})
}

func modifiers(list []string) (out fhir.List) {
	for _, m := range list {
		out = append(out, concept(codes.HCPCS, m))
	}
	return out
}

// reviewed are the extensions in which the event and each service say UM: what
// has an element of Da Vinci PAS goes there, the rest into our own.
func reviewed(v *Level) fhir.Object {
	return parts(codes.Extensions+"review-level",
		ext("requestType", "valueCode", v.RequestType), ext("category", "valueCode", v.Category), ext("place", "valueCode", v.Place),
		ext("trace", "valueIdentifier", trace(v.Trace, v.TraceOrg)), ext("certification", "valueCode", v.Certification))
}

func delivery(d Delivery) fhir.Object {
	return parts(codes.Extensions+"service-delivery", ext("qualifier", "valueCode", d.Qualifier), ext("units", "valueString", d.Units), ext("per", "valueCode", d.Per),
		ext("every", "valueString", d.Every), ext("period", "valueCode", d.Period), ext("count", "valueString", d.Count), ext("pattern", "valueCode", d.Pattern), ext("time", "valueCode", d.Time))
}

func place(code string) fhir.Object { return concept(places, code) }

func number(n int) string { return strconv.Itoa(n) }
