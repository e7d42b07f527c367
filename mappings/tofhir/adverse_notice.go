package tofhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// adverseNotice makes a Communication about the request and the authorization.
func (k *maker) adverseNotice(n *record.AdverseNotice) {
	key := k.key("adverse_notice", n.NoticeID)
	to := fhir.List{}
	if n.To != "" {
		to = fhir.List{fhir.Obj("display", n.To)}
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Communication",
		"extension", fhir.List{
			nested(codes.Extensions+"adverse-notice", number("item", n.Item), part("determined-on", "valueDate", string(n.Decided)), part("effective-on", "valueDate", string(n.Effective)),
				part("exception", "valueCode", n.Exception), part("reason-code", "valueString", n.ReasonCode)),
			reviewer(n.Reviewer, n.Credential)},
		"identifier", fhir.List{identifier(key)},
		"status", "completed",
		"category", fhir.List{concept(codes.Local+"record", "adverse-notice")},
		"medium", fhir.List{coded("contact_medium", n.Medium)},
		"subject", k.subject,
		"topic", coded("adverse_action", n.Action),
		"about", fhir.List{k.asked(n.TraceSystem, n.Trace), k.granted(n.AuthID)},
		"sent", string(n.Sent),
		"recipient", to,
		"reasonCode", fhir.List{coded("denial_basis", n.Basis)},
		"payload", fhir.List{fhir.Obj("contentString", n.Reason)}))
}

// asked names a request by its trace number, granted an authorization by the
// payer's number.
func (k *maker) asked(system, trace string) fhir.Object {
	return logical("Claim", gateway.Identifier{System: system, Value: trace}, "")
}

func (k *maker) granted(id string) fhir.Object {
	if id == "" {
		return fhir.Object{}
	}
	return logical("ClaimResponse", k.key("authorization", id), "")
}

// number is a named part that holds a whole number; empty for 0.
func number(name string, n int64) fhir.Object {
	if n == 0 {
		return fhir.Object{}
	}
	return fhir.Obj("url", name, "valueInteger", n)
}

// reviewer is who decided, and by which credential.
func reviewer(name, credential string) fhir.Object {
	return nested(codes.Extensions+"reviewer", part("name", "valueString", name), part("credential", "valueString", credential))
}
