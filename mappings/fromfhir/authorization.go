package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// Authorization reads a request and its decision out of a Claim and its
// ClaimResponse.
func Authorization(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	claim, answer := s.first("Claim"), s.first("ClaimResponse")
	if answer == nil {
		return nil, missing("ClaimResponse")
	}
	out := &record.Authorization{AuthID: id(answer, "authorization"), Provider: named(answer.Get("requestor")), Payer: named(answer.Get("insurer"))}
	out.Member, out.Person = s.child(answer.Get("patient"))
	out.Program = value(ext(answer.Root(), "program")).Get("value").Text()
	out.Received = moment(value(ext(answer.Root(), "received-at")))
	out.Decided = stated(answer, "created")
	out.Priority = "standard"
	if claim != nil {
		out.Requested = stated(claim, "created")
		out.Priority = ours("auth_priority", claim.Get("priority"))
		for _, d := range claim.Get("diagnosis").Items() {
			out.Diagnosis = append(out.Diagnosis, coding(d.Get("diagnosisCodeableConcept"), codes.ICD10))
		}
	}
	for _, item := range answer.Get("item").Items() {
		out.Items = append(out.Items, authItem(item, asked(claim, item.Get("itemSequence").Text()), answer))
	}
	return out, losses(s, keeps{"Patient": patient,
		"Claim":         "status type use patient created insurer provider priority diagnosis insurance item",
		"ClaimResponse": "status type use patient created insurer requestor request outcome item addItem processNote"})
}

// asked is the requested item of a sequence; nil when there is none.
func asked(claim *fhir.Resource, sequence string) *fhir.Node {
	for _, item := range claim.Get("item").Items() {
		if item.Get("sequence").Text() == sequence {
			return item
		}
	}
	return nil
}

func authItem(item, asked *fhir.Node, answer *fhir.Resource) record.AuthItem {
	out := record.AuthItem{Code: coding(asked.Get("productOrService"), codes.HCPCS), Modifiers: modifiers(asked.Get("modifier"))}
	out.ItemID = value(extURL(item, codes.PAS+"authorizationNumber")).Text()
	period := value(extURL(item, codes.PAS+"itemPreAuthPeriod"))
	out.Start, out.End = date(period.Get("start")), date(period.Get("end"))
	if retracted := value(ext(item, "retracted-end")); retracted != nil {
		out.End = date(retracted)
	}
	out.RequestedUnits = whole(asked.Get("quantity", "value"))
	detail := extURL(item, codes.PAS+"itemAuthorizedDetail")
	amount := value(extURL(detail, "quantity"))
	out.Units, out.Unit = whole(amount.Get("value")), amount.Get("unit").Text()
	review := extURL(first(item.Get("adjudication")), codes.PAS+"reviewAction")
	out.Action = ours("review_action", value(extURL(review, codes.PAS+"reviewActionCode")))
	out.Status = record.StatusOf(out.Action)
	limit := ext(item, "authorization-cap")
	out.CapPeriod, out.CapUnits = part(limit, "period"), whole(value(extURL(limit, "units")))
	count := ext(item, "authorization-count")
	out.PayerUsedTo, out.PayerUsed = date(value(extURL(count, "to"))), whole(value(extURL(count, "units")))
	for _, number := range item.Get("noteNumber").Items() {
		out.Reason = processNote(answer, number.Text())
	}
	return out
}

func processNote(answer *fhir.Resource, number string) string {
	for _, n := range answer.Get("processNote").Items() {
		if n.Get("number").Text() == number {
			return n.Get("text").Text()
		}
	}
	return ""
}
