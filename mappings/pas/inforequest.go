package pas

import (
	"slices"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// infoCodes are the codes of Tasks by which a payer asks for attachments or for
// the answers to a Questionnaire
// (http://hl7.org/fhir/us/davinci-hrex/CodeSystem/hrex-temp).
var infoCodes = []string{"attachment-request-code", "attachment-request-questionnaire"}

// infoRequests are the entries of a payer's answer that ask for more. What they
// say about the request, they say by its parts' names, so that they can be shown
// beside the requester's own resources.
func (b *bundle) infoRequests(answer *fhir.Entry) (out []gateway.InfoRequest, issues fhir.Issues) {
	for i := range b.entries {
		e := &b.entries[i]
		if e.Resource == nil || !asksForMore(e.Resource) {
			continue
		}
		if invalid := fhir.Validate(e.Resource); invalid.Errors() {
			issues = append(issues, invalid...)
			continue
		}
		doc := e.Resource.Rewrite(func(ref string) string { return b.part(answer, e, ref) })
		out = append(out, gateway.InfoRequest{Type: e.Resource.Type, Doc: string(doc.JSON)})
	}
	return out, issues
}

func asksForMore(r *fhir.Resource) bool {
	return r.Type == "CommunicationRequest" || r.Type == "Task" && slices.Contains(infoCodes, codeOf(r.Get("code")).Code)
}

// part is the name of the part of the request that a reference leads to; any
// other stays, as a URL of the payer's where that is known.
func (b *bundle) part(answer, from *fhir.Entry, ref string) string {
	typ, _, _, _ := fhir.ParseRef(ref)
	to := b.resolve(from, ref)
	if to != nil && to.Resource != nil {
		typ = to.Resource.Type
	}
	switch typ {
	case "Patient":
		return gateway.InfoPatient
	case "Claim":
		return gateway.InfoClaim
	case "ClaimResponse":
		return gateway.InfoResponse
	}
	same := func(element string) bool {
		named := answer.Resource.Get(element)
		return to != nil && to == b.follow(answer, named) || ref == named.Get("reference").Text()
	}
	switch {
	case same("insurer"):
		return gateway.InfoInsurer
	case same("requestor"):
		return gateway.InfoProvider
	}
	return b.absolute(from, ref)
}

// shown are the entries of what the payer wants to know, and the references to
// the CommunicationRequests among them.
func (b *bundle) shown(a *gateway.Authorization, url string) (entries, communications fhir.List) {
	at := &b.entries[0]
	claim := at.Resource
	names := map[string]string{gateway.InfoPatient: b.url(at, claim.Get("patient")), gateway.InfoInsurer: b.url(at, claim.Get("insurer")),
		gateway.InfoProvider: b.url(at, claim.Get("provider")), gateway.InfoClaim: at.FullURL, gateway.InfoResponse: url}
	for _, i := range a.Open() {
		r, _ := fhir.Parse([]byte(i.Doc), fhir.Limits{})
		if r == nil {
			continue // it was read when it came
		}
		own := named("info", a.ID, strconv.Itoa(i.Revision), i.Doc)
		entries = append(entries, fhir.Obj("fullUrl", own, "resource", r.Rewrite(func(ref string) string {
			if name := names[ref]; name != "" {
				return name
			}
			return ref
		}).Root()))
		if i.Type == "CommunicationRequest" {
			communications = append(communications, fhir.Obj("reference", own))
		}
	}
	return entries, communications
}

// url is where an entry that a reference names is in the Bundle.
func (b *bundle) url(from *fhir.Entry, reference *fhir.Node) string {
	if e := b.follow(from, reference); e != nil {
		return e.FullURL
	}
	return ""
}
