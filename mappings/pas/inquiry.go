package pas

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// Inquiry is what the Bundle of Claim/$inquire asks.
type Inquiry struct {
	gateway.AuthQuestion
	Insurer []gateway.Identifier
	Bundle  gateway.Identifier
}

// Question reads the Bundle of Claim/$inquire (profile-claim-inquiry): the same
// checks as a request, but what is asked about may be left open.
func Question(body []byte, p *gateway.Partner) (*Inquiry, fhir.Issues) {
	r, issues := fhir.Parse(body, fhir.Limits{})
	if r == nil {
		return nil, issues
	}
	b := open(r)
	if b.check(); b.issues.Errors() {
		return nil, b.issues
	}
	at := &b.entries[0]
	claim := at.Resource
	for _, name := range []string{"patient", "insurer", "provider"} {
		if b.follow(at, claim.Get(name)) == nil {
			b.bad(fhir.CodeRequired, "Claim."+name, "nothing that can be used", "a reference to an entry of the Bundle", "correct "+name)
		}
	}
	if b.issues.Errors() {
		return nil, b.issues
	}
	s := b.submission(p)
	q := &Inquiry{Insurer: s.Insurer, Bundle: s.Bundle}
	q.Members, q.Provider = s.MemberIDs, s.Provider
	if len(q.Members) == 0 {
		b.bad(fhir.CodeRequired, "Claim.patient", "a Patient without a member id", "an identifier of the member", "add it")
		return nil, b.issues
	}
	if s.Trace.Value != "" {
		q.Traces = []gateway.Identifier{s.Trace}
	}
	for _, in := range claim.Get("insurance").Items() {
		for _, ref := range in.Get("preAuthRef").Items() {
			q.Numbers = append(q.Numbers, ref.Text())
		}
	}
	for _, item := range claim.Get("item").Items() {
		if n := ext(item, codes.PAS+"authorizationNumber").Get("valueString").Text(); n != "" {
			q.Numbers = append(q.Numbers, n)
		}
		q.Items = append(q.Items, askedAbout(item))
	}
	return q, nil
}

// askedAbout reads an item of an inquiry; a code that is not applicable stands
// for any.
func askedAbout(item *fhir.Node) gateway.AskedAbout {
	s := service(item)
	q := gateway.AskedAbout{Code: s.Code.Code, Start: s.Start, End: s.End,
		Action: codeOf(ext(item, codes.PAS+"reviewActionCode").Get("valueCodeableConcept")).Code}
	if s.Code.System == codes.Terminology+"data-absent-reason" {
		q.Code = ""
	}
	return q
}

// Inquired joins the answers to a question as a version has it: one Bundle with
// all ClaimResponses first (2.0.1), or Parameters with a Bundle for each
// (http://hl7.org/fhir/us/davinci-pas/OperationDefinition/Claim-inquiry).
func Inquired(answers []fhir.Object, version string) []byte {
	if version != V201 {
		var params fhir.List
		for _, a := range answers {
			params = append(params, fhir.Obj("name", "return", "resource", a))
		}
		return fhir.Obj("resourceType", "Parameters", "parameter", params).JSON()
	}
	var firsts, rest fhir.List
	seen := map[string]bool{}
	for _, a := range answers {
		for i, e := range a.Get("entry").(fhir.List) {
			url, _ := e.(fhir.Object).Get("fullUrl").(string)
			switch {
			case i == 0:
				firsts = append(firsts, e)
			case !seen[url]:
				rest = append(rest, e)
			}
			seen[url] = true
		}
	}
	return answers[0].With("entry", append(firsts, rest...)).JSON()
}
