package fhirin

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
)

// view reads the resources of one message together: a reference is followed
// inside the message, never outside it.
type view struct {
	partner   *gateway.Partner
	known     map[string]*fhir.Resource // by fullUrl and Type/id
	unnamed   map[*fhir.Resource]string // what stands for the ids of those that have none
	facts     gateway.Facts
	relations []gateway.Relation
	issues    fhir.Issues
	received  ledger.Stamp // when the message came in
}

func newView(p *gateway.Partner, changes []gateway.Change) *view {
	v := &view{partner: p, known: map[string]*fhir.Resource{}, unnamed: map[*fhir.Resource]string{}}
	for i := range changes {
		c := &changes[i]
		if c.Resource == nil {
			continue
		}
		if idOf(c.Resource) == "" {
			c.Unnamed = gateway.Unnamed(i)
			v.unnamed[c.Resource] = c.Unnamed
		}
		if c.FullURL != "" {
			v.known[c.FullURL] = c.Resource
		}
		if c.Resource.ID != "" {
			v.known[c.Resource.Type+"/"+c.Resource.ID] = c.Resource
		}
	}
	return v
}

// read projects one resource. Types that say nothing to the ledger or about
// who serves the child are left alone.
func (v *view) read(c *gateway.Change) {
	r := c.Resource
	if r == nil {
		return
	}
	switch r.Type {
	case "Claim":
		v.claim(r)
	case "ExplanationOfBenefit":
		v.benefit(r)
	case "ClaimResponse":
		v.claimResponse(r)
	case "Coverage":
		v.coverage(r)
	case "EpisodeOfCare":
		v.episode(r)
	case "Encounter":
		v.encounter(r)
	case "CarePlan":
		v.carePlan(r)
	case "CareTeam":
		v.careTeam(r)
	case "Task":
		v.task(r)
	case "Consent":
		v.consent(r)
	case "ServiceRequest":
		v.serviceRequest(r)
	}
}

// follow finds the resource a Reference names, when the message has it.
func (v *view) follow(reference *fhir.Node) *fhir.Resource {
	return v.known[reference.Get("reference").Text()]
}

// member is how the ledger finds the child: the member identifier of the
// Patient in the message, the identifier of the reference, or the reference
// itself, which the store resolves.
func (v *view) member(subject *fhir.Node) gateway.Identifier {
	if patient := v.follow(subject); patient != nil {
		if id := v.memberOf(patient); id.Value != "" {
			return id
		}
	}
	if value := subject.Get("identifier", "value").Text(); value != "" {
		return gateway.Identifier{System: subject.Get("identifier", "system").Text(), Value: value}
	}
	if ref := subject.Get("reference").Text(); ref != "" {
		return gateway.Identifier{System: "ref", Value: ref}
	}
	return gateway.Identifier{}
}

// memberOf prefers the partner's own member system, then type MB or MA, then
// the first identifier.
func (v *view) memberOf(patient *fhir.Resource) gateway.Identifier {
	var best gateway.Identifier
	rank := 0
	for _, id := range patient.Get("identifier").Items() {
		found := gateway.Identifier{System: id.Get("system").Text(), Value: id.Get("value").Text()}
		score := 1
		for _, coding := range id.Get("type", "coding").Items() {
			if code := coding.Get("code").Text(); code == "MB" || code == "MA" {
				score = 2
			}
		}
		if found.System != "" && found.System == v.partner.MemberSystem {
			score = 3
		}
		if found.Value != "" && score > rank {
			best, rank = found, score
		}
	}
	return best
}

// about is the child of a resource; a resource that names nobody gives no fact.
func (v *view) about(r *fhir.Resource, element string) (gateway.Identifier, bool) {
	id := v.member(r.Get(element))
	if id.Value != "" {
		return id, true
	}
	v.issues = append(v.issues, fhir.Issue{Severity: fhir.Information, Code: "incomplete", Path: r.Type + "." + element, Found: "nobody the ledger can know",
		Allowed: "a reference or an identifier of the child", Fix: "name the child, or accept that the ledger does not count this"})
	return id, false
}

// identifier is the business identifier of whoever a Reference names.
func (v *view) identifier(reference *fhir.Node) gateway.Identifier {
	list := reference.Get("identifier").Items()
	if r := v.follow(reference); r != nil {
		list = append(r.Get("identifier").Items(), list...)
	}
	var first gateway.Identifier
	for _, id := range list {
		found := gateway.Identifier{System: id.Get("system").Text(), Value: id.Get("value").Text()}
		if found.System == gateway.NPI {
			return found
		}
		if first.Value == "" {
			first = found
		}
	}
	return first
}

// payer is the id of a payer: its identifier, or what the reference displays.
func (v *view) payer(reference *fhir.Node) string {
	if id := v.identifier(reference); id.Value != "" {
		return id.Value
	}
	return ""
}

// code is the service code of a concept: HCPCS first, else the first coding.
func code(concept *fhir.Node) string {
	first := ""
	for _, coding := range concept.Get("coding").Items() {
		if coding.Get("system").Text() == codes.HCPCS {
			return coding.Get("code").Text()
		}
		if first == "" {
			first = coding.Get("code").Text()
		}
	}
	return first
}

func modifiers(item *fhir.Node) string {
	out := ""
	for _, m := range item.Get("modifier").Items() {
		if c := code(m); c != "" {
			if out != "" {
				out += " "
			}
			out += c
		}
	}
	return out
}

// day is the date of a date or dateTime: its first ten characters, as written.
func day(n *fhir.Node) ledger.Day {
	text := n.Text()
	d, err := ledger.ParseDay(text[:min(10, len(text))])
	if err != nil {
		return ledger.NoDay
	}
	return d
}

// ends reads a Period; an absent start or end is open.
func ends(period *fhir.Node) (lo, hi ledger.Day) {
	lo, hi = day(period.Get("start")), ledger.Forever
	if period.Get("end") != nil {
		hi = day(period.Get("end"))
	}
	return lo, hi
}

// extension finds an extension by its URL.
func extension(n *fhir.Node, url string) *fhir.Node {
	for _, e := range n.Get("extension").Items() {
		if e.Get("url").Text() == url {
			return e
		}
	}
	return nil
}

// idOf is the business identifier of a resource, else the sender's own id.
func idOf(r *fhir.Resource) string {
	for _, id := range r.Get("identifier").Items() {
		if value := id.Get("value").Text(); value != "" {
			return value
		}
	}
	return r.ID
}

// idOf is the id that facts and relations of a resource carry: idOf, else what
// stands for the id that the resource will be given.
func (v *view) idOf(r *fhir.Resource) string {
	if id := idOf(r); id != "" {
		return id
	}
	return v.unnamed[r]
}
