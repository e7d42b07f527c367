package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// Service reads a delivered service out of a Claim with one item, or an
// Encounter.
func Service(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	out := &record.Service{Frequency: "1", Source: "claim"}
	switch claim, encounter := s.first("Claim"), s.besides("Encounter", "placement"); {
	case claim != nil:
		s.claimLine(claim, out)
	case encounter != nil:
		s.encounterLine(encounter, out)
	default:
		return nil, missing("Claim")
	}
	return out, losses(s, keeps{"Patient": patient,
		"Claim":     "status type use patient created provider priority related insurance item",
		"Encounter": "status class type subject period serviceProvider"})
}

func (s source) claimLine(r *fhir.Resource, out *record.Service) {
	out.Member, out.Person = s.child(r.Get("patient"))
	lineIDs(r, out)
	out.Provider = named(r.Get("provider"))
	out.Auth = first(first(r.Get("insurance")).Get("preAuthRef")).Text()
	item := first(r.Get("item"))
	out.Code = coding(item.Get("productOrService"), codes.HCPCS)
	out.Modifiers = modifiers(item.Get("modifier"))
	out.Date = record.AnyDate(item.Get("servicedDate").Text())
	out.Units, out.Unit = decimal(item.Get("quantity", "value")), item.Get("quantity", "unit").Text()
	lineExtension(r, out)
}

func (s source) encounterLine(r *fhir.Resource, out *record.Service) {
	out.Member, out.Person = s.child(r.Get("subject"))
	out.Source = "encounter"
	lineIDs(r, out)
	out.Provider = named(r.Get("serviceProvider"))
	out.Code = coding(first(r.Get("type")), codes.HCPCS)
	out.Date = record.AnyDate(date(r.Get("period", "start")))
	own := ext(r.Root(), "service-line")
	out.Modifiers, out.Auth = split(part(own, "modifiers")), part(own, "authorization")
	amount := value(extURL(own, "units"))
	out.Units, out.Unit = decimal(amount.Get("value")), amount.Get("unit").Text()
	lineExtension(r, out)
}

func lineIDs(r *fhir.Resource, out *record.Service) {
	out.LineID = id(r, "service")
	if claim := id(r, "claim"); claim != out.LineID || len(r.Get("identifier").Items()) > 1 {
		out.ClaimID = claim
	}
}

// lineExtension reads what R4 has no element for.
func lineExtension(r *fhir.Resource, out *record.Service) {
	own := ext(r.Root(), "service-line")
	out.Replaces, out.VisitID, out.StartTime = part(own, "replaces"), part(own, "visit"), part(own, "start")
	if f := part(own, "frequency"); f != "" {
		out.Frequency = f
	}
	if source := part(own, "source"); source != "" {
		out.Source = source
	}
	if sent := part(own, "date-as-sent"); sent != "" {
		out.Date = record.AnyDate(sent)
	}
	out.Received = moment(value(ext(r.Root(), "received-at")))
}
