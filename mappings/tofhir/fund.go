package tofhir

import (
	"fmt"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// fund makes a Basic: R4 has no budget of a person, and Account holds none
// (docs/mappings, "Our own extensions").
func (k *maker) fund(f *record.FlexibleFund) {
	key := k.key("flexible_fund", f.FundID)
	extensions := fhir.List{ext("program", "valueIdentifier", programID(f.Program)),
		nested(codes.Extensions+"flexible-fund", fhir.Obj("url", "period", "valuePeriod", period(f.Start, f.End)), money("budget", f.Cents))}
	for _, s := range f.Spends {
		extensions = append(extensions, nested(codes.Extensions+"fund-spend", part("id", "valueString", s.ID), part("date", "valueDate", string(s.On)),
			part("payee", "valueString", s.Payee), money("amount", s.Cents), part("need", "valueString", s.Need),
			part("approver", "valueString", s.Approver), part("receipt", "valueString", s.Receipt)))
	}
	k.put(gateway.Upsert, key, fhir.Obj("resourceType", "Basic",
		"extension", extensions,
		"identifier", fhir.List{identifier(key)},
		"code", concept(codes.Local+"record", "flexible-fund"),
		"subject", k.subject))
}

// money is a part in dollars, exact to the cent.
func money(name string, cents int64) fhir.Object {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fhir.Obj("url", name, "valueMoney", fhir.Obj("value", fhir.Number(fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)), "currency", "USD"))
}
