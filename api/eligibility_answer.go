package api

import (
	"fmt"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
)

// eligibilityResponse words the answers (http://hl7.org/fhir/R4/coverageeligibilityresponse.html).
func (a *API) eligibilityResponse(r *fhir.Resource, e *eligible, answers []checkAnswer, funds []fund) fhir.Object {
	now := a.Now().UTC().Format(instant)
	inforce := answers[0].Code != string(ledger.NotEnrolled)
	var items fhir.List
	disposition := "Enrolled on " + answers[0].ServiceDate + ", as of " + answers[0].AsOf + "."
	if !inforce {
		disposition = "No enrollment is known on " + answers[0].ServiceDate + ", as of " + answers[0].AsOf + "."
	}
	for i, ans := range answers[1:] {
		items = append(items, eligibilityItem(e, &e.services[i], &ans))
		disposition += " " + e.services[i].Code + ": " + ans.Answer + ". " + ans.Reason
	}
	for i := range funds {
		items = append(items, funds[i].item())
	}
	insurance := fhir.Obj("coverage", fhir.Obj("type", "Coverage", "display", "the enrollment known here"), "inforce", inforce, "item", items)
	return fhir.Obj("resourceType", "CoverageEligibilityResponse", "status", "active", "purpose", r.Get("purpose"), "patient", r.Get("patient"),
		"servicedDate", answers[0].ServiceDate, "created", now, "request", fhir.Obj("type", "CoverageEligibilityRequest", "display", "the request of this call"),
		"outcome", "complete", "disposition", disposition, "insurer", r.Get("insurer"), "insurance", fhir.List{insurance})
}

// eligibilityItem is one service with what every authorization of it has left.
func eligibilityItem(e *eligible, q *question, ans *checkAnswer) fhir.Object {
	var modifiers, benefits fhir.List
	for _, m := range strings.Fields(q.Modifiers) {
		modifiers = append(modifiers, coded(codes.HCPCS, m))
	}
	extensions := fhir.List{answered(ans)}
	for _, auth := range ans.Authorizations {
		benefits = append(benefits, benefitOf(&auth))
		extensions = append(extensions, unitsOf(&auth))
	}
	o := fhir.Obj("productOrService", coded(codes.HCPCS, q.Code), "modifier", modifiers, "excluded", ans.Answer == "no", "description", ans.Reason)
	if e.purposes["benefits"] {
		o = o.With("benefit", benefits)
	}
	if e.purposes["auth-requirements"] {
		o = o.With("authorizationRequired", true).With("authorizationSupporting", fhir.List{fhir.Obj("text", "prior authorization by Claim/$submit (Da Vinci PAS)")})
	}
	if e.purposes["benefits"] || e.purposes["auth-requirements"] {
		o = o.With("extension", extensions)
	}
	return o
}

// answered is our extension for the short answer: how many units of the
// authorization are needed for what was asked, and how many could be given.
func answered(ans *checkAnswer) fhir.Object {
	parts := fhir.List{fhir.Obj("url", "answer", "valueCode", ans.Answer), fhir.Obj("url", "code", "valueCode", ans.Code),
		fhir.Obj("url", "available", "valueDecimal", fhir.Number(text(ans.UnitsAvailable)))}
	if ans.UnitsNeeded > 0 {
		parts = append(parts, fhir.Obj("url", "needed", "valueDecimal", fhir.Number(text(ans.UnitsNeeded))))
	}
	return fhir.Obj("extension", parts, "url", codes.Extensions+"authorization-answer")
}

// benefitOf is what an authorization allows and what of it is used: dollars, or
// a number of units.
func benefitOf(auth *checkedAuth) fhir.Object {
	benefit := fhir.Obj("type", coded(codes.Terminology+"benefit-type", "benefit"))
	switch strings.ToLower(strings.TrimSuffix(auth.Unit, "s")) {
	case "dollar", "usd", "$":
		return benefit.With("allowedMoney", usd(auth.Approved*100)).With("usedMoney", usd(auth.Used*100))
	case "cent":
		return benefit.With("allowedMoney", usd(auth.Approved)).With("usedMoney", usd(auth.Used))
	}
	return benefit.With("allowedUnsignedInt", auth.Approved).With("usedUnsignedInt", auth.Used)
}

// usd is Money, exact to the cent.
func usd(cents int64) fhir.Object {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	return fhir.Obj("value", fhir.Number(fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)), "currency", "USD")
}

// unitsOf is our extension for what is left of an authorization, with where it
// comes from and how old it is.
func unitsOf(auth *checkedAuth) fhir.Object {
	n := func(name string, value int64) fhir.Object {
		return fhir.Obj("url", name, "valueDecimal", fhir.Number(text(value)))
	}
	parts := fhir.List{fhir.Obj("url", "number", "valueString", auth.ID), fhir.Obj("url", "source", "valueString", auth.Source), fhir.Obj("url", "status", "valueCode", auth.Status),
		n("approved", auth.Approved), n("used", auth.Used), n("pending", auth.Pending), n("remaining", auth.Remaining)}
	if auth.Unit != "" {
		parts = append(parts, fhir.Obj("url", "unit", "valueString", auth.Unit))
	}
	period := fhir.Obj("start", auth.Start)
	if auth.End != "" {
		period = period.With("end", auth.End)
	}
	parts = append(parts, fhir.Obj("url", "period", "valuePeriod", period))
	if auth.Cap != nil {
		parts = append(parts, fhir.Obj("url", "cap-period", "valueCode", auth.Cap.Period), n("cap-units", auth.Cap.Units), n("cap-left", auth.Cap.Left))
	}
	if auth.ReceivedAt != "" {
		parts = append(parts, fhir.Obj("url", "received", "valueDateTime", auth.ReceivedAt), n("age-days", *auth.AgeDays))
	}
	return fhir.Obj("extension", parts, "url", codes.Extensions+"authorization-units")
}

func coded(system, code string) fhir.Object {
	return fhir.Obj("coding", fhir.List{fhir.Obj("system", system, "code", code)})
}
