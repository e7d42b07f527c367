package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/mappings/record"
)

// Enrollment reads a span out of a Coverage and the EpisodeOfCare beside it.
func Enrollment(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.first("Coverage")
	if r == nil {
		return nil, missing("Coverage")
	}
	out := &record.Enrollment{}
	out.Member, out.Person = s.child(r.Get("beneficiary"))
	out.Start, out.End = date(r.Get("period", "start")), date(r.Get("period", "end"))
	if retracted := value(ext(r.Root(), "retracted-end")); retracted != nil {
		out.End = date(retracted)
	}
	out.Payer = named(first(r.Get("payor")))
	out.Program = first(r.Get("class")).Get("value").Text()
	out.County = value(ext(r.Root(), "county")).Text()
	out.Received = moment(value(ext(r.Root(), "received-at")))
	if e := s.first("EpisodeOfCare"); e != nil {
		out.Coordinator = named(e.Get("careManager"))
	}
	return out, losses(s, keeps{"Patient": patient,
		"Coverage":      "status type subscriberId beneficiary relationship period payor class",
		"EpisodeOfCare": "status type patient managingOrganization period careManager"})
}
