package fhirin

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
)

// consent lets the actors of an active, permitting Consent see what is labeled
// (http://hl7.org/fhir/R4/consent.html). It opens labels only: whoever is not
// related to the child sees nothing because of it. Any other status, and a deny,
// take it back.
func (v *view) consent(r *fhir.Resource) {
	member, ok := v.about(r, "patient")
	if !ok {
		return
	}
	provision := r.Get("provision")
	lo, hi := ends(provision.Get("period"))
	if r.Get("status").Text() != "active" || provision.Get("type").Text() == "deny" {
		lo, hi = ledger.Day(1), ledger.Day(0)
	}
	for _, actor := range provision.Get("actor").Items() {
		v.serves(member, actor.Get("reference"), "consent", v.idOf(r), lo, hi)
	}
}
