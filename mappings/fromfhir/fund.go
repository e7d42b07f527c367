package fromfhir

import (
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// FlexibleFund reads a budget and its payments out of a Basic.
func FlexibleFund(rs []*fhir.Resource) (record.Record, fhir.Issues) {
	s := source(rs)
	r := s.main("Basic", "flexible_fund")
	if r == nil || ext(r.Root(), "flexible-fund") == nil {
		return nil, missing("Basic")
	}
	fund := ext(r.Root(), "flexible-fund")
	during := value(extURL(fund, "period"))
	out := &record.FlexibleFund{FundID: id(r, "flexible_fund"), Program: value(ext(r.Root(), "program")).Get("value").Text(),
		Start: date(during.Get("start")), End: date(during.Get("end")), Cents: cents(fund, "budget")}
	out.Member, out.Person = s.child(r.Get("subject"))
	for _, e := range r.Get("extension").Items() {
		if e.Get("url").Text() == codes.Extensions+"fund-spend" {
			out.Spends = append(out.Spends, record.FundSpend{ID: part(e, "id"), On: record.Date(part(e, "date")), Payee: part(e, "payee"), Cents: cents(e, "amount"),
				Need: part(e, "need"), Approver: part(e, "approver"), Receipt: part(e, "receipt")})
		}
	}
	return out, losses(s, keeps{"Patient": patient, "Basic": "code subject"})
}

// cents is an amount of dollars in whole cents.
func cents(extension *fhir.Node, name string) int64 {
	d := decimal(value(extURL(extension, name)).Get("value"))
	for ; d.Scale < 2; d.Scale++ {
		d.Coef *= 10
	}
	whole, _ := ledger.Decimal{Coef: d.Coef, Scale: d.Scale - 2}.Int()
	return whole
}
