package pas

import (
	"slices"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Ask is the Bundle of Claim/$inquire that asks a payer what became of a request
// (profile-pas-inquiry-request-bundle): who it is about, of whom, by the trace
// number; the services are left open. sent is the request as it was sent.
func Ask(a *gateway.Authorization, sent *fhir.Resource) fhir.Object {
	b := open(sent)
	at := &b.entries[0]
	claim := at.Resource
	roots := []*fhir.Entry{b.follow(at, claim.Get("patient")), b.follow(at, claim.Get("insurer")), b.follow(at, claim.Get("provider"))}
	for _, in := range claim.Get("insurance").Items() {
		roots = append(roots, b.follow(at, in.Get("coverage")))
	}
	any := fhir.Obj("sequence", 1, "productOrService", concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-applicable", ""))
	question := fhir.Obj("resourceType", "Claim", "meta", fhir.Obj("profile", fhir.List{profile + "claim-inquiry"}), "identifier", fhir.List{identifier(a.Latest().Trace)}, "status", "active",
		"type", claim.Get("type"), "use", "preauthorization", "patient", b.named(at, claim.Get("patient")), "created", claim.Get("created"), "insurer", b.named(at, claim.Get("insurer")),
		"provider", b.named(at, claim.Get("provider")), "priority", claim.Get("priority"), "insurance", claim.Get("insurance"), "item", fhir.List{any})
	entries := fhir.List{fhir.Obj("fullUrl", named("inquiry", a.ID), "resource", question)}
	for _, e := range b.closure(roots) {
		entries = append(entries, fhir.Obj("fullUrl", e.FullURL, "resource", e.Resource.Root()))
	}
	return fhir.Obj("resourceType", "Bundle", "meta", fhir.Obj("profile", fhir.List{profile + "pas-inquiry-request-bundle"}), "identifier", identifier(a.Latest().Bundle),
		"type", "collection", "timestamp", stamp(a.Latest().At), "entry", entries)
}

// News are the Bundles, out of the answer to Ask, that say something on the
// newest submission which does not stand yet: a Bundle (2.0.1), or Parameters
// with a Bundle for each answer (2.2.1).
func News(body []byte, a *gateway.Authorization) (out [][]byte, issues fhir.Issues) {
	r, issues := fhir.Parse(body, fhir.Limits{})
	if r == nil {
		return nil, issues
	}
	bundles := []*fhir.Resource{r}
	if r.Type == "Parameters" {
		bundles = nil
		for _, p := range r.Get("parameter").Items() {
			if inner, _ := fhir.Parse(p.Get("resource").Raw(), fhir.Limits{}); inner != nil && inner.Type == "Bundle" {
				bundles = append(bundles, inner)
			}
		}
	}
	for _, b := range bundles {
		if isNews(b, a) {
			out = append(out, b.JSON)
		}
	}
	return out, nil
}

// isNews: all that a Bundle answers is the newest submission, and something of it
// is new. An answer about other requests too is not taken in: it may be about
// some that were never ours.
func isNews(r *fhir.Resource, a *gateway.Authorization) bool {
	found := responses(r)
	fresh := false
	for _, f := range found {
		d := DecisionOf(f.answer.Resource)
		if a.RevisionOf(d) != len(a.Revisions) {
			return false
		}
		d.Asks, _ = f.infoRequests(f.answer)
		fresh = fresh || !a.Says(d)
	}
	return fresh
}

// OfferedIn says whether a CapabilityStatement offers that Subscriptions are
// created.
func OfferedIn(metadata *fhir.Resource) bool {
	for _, rest := range metadata.Get("rest").Items() {
		for _, typ := range rest.Get("resource").Items() {
			if typ.Get("type").Text() == "Subscription" && slices.ContainsFunc(typ.Get("interaction").Items(), func(n *fhir.Node) bool { return n.Get("code").Text() == "create" }) {
				return true
			}
		}
	}
	return false
}

// Wish is a Subscription to the topic of PAS at a payer
// (http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-subscription):
// what becomes of the requests of these organizations is sent to the endpoint.
func Wish(organizations []string, endpoint, token string) fhir.Object {
	return fhir.Obj("resourceType", "Subscription", "meta", fhir.Obj("profile", fhir.List{profile + "subscription"}), "status", "requested", "reason", "decisions on pended requests",
		"criteria", Topic, "_criteria", fhir.Obj("extension", fhir.List{fhir.Obj("url", backport+"filter-criteria", "valueString", "org-identifier="+strings.Join(organizations, ","))}),
		"channel", fhir.Obj("type", "rest-hook", "endpoint", endpoint, "payload", "application/fhir+json",
			"_payload", fhir.Obj("extension", fhir.List{fhir.Obj("url", backport+"payload-content", "valueCode", "full-resource")}), "header", fhir.List{"Authorization: Bearer " + token}))
}
