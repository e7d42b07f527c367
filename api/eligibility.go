package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
)

// submitOf is $submit on the two types that have it.
func (a *API) submitOf(ctx context.Context, c *call) (*reply, error) {
	if c.typ == "CoverageEligibilityRequest" {
		return a.eligibility(ctx, c)
	}
	return a.onlyOn("Claim", a.submit)(ctx, c)
}

// eligibility is POST /fhir/CoverageEligibilityRequest/$submit: is the member
// covered on the date, is an authorization there, and how many units are left of
// it, as of now (http://hl7.org/fhir/R4/operation-coverageeligibilityrequest-submit.html).
// It answers purpose validation, benefits and auth-requirements out of the
// ledger; nothing is stored. A member that is unknown, or another's, is answered
// like one without coverage.
func (a *API) eligibility(ctx context.Context, c *call) (*reply, error) {
	r, issues := fhir.Parse(c.body, fhir.Limits{Bytes: a.MaxBody})
	if r == nil {
		return nil, unreadableJSON(issues)
	}
	if r.Type == "Parameters" {
		inner, err := resourceParameter(r)
		if err != nil {
			return nil, err
		}
		r = inner
	}
	if issues = fhir.Validate(r); r.Type != c.typ {
		issues = append(issues, issue(fhir.CodeInvariant, "resourceType", r.Type, c.typ, "send a CoverageEligibilityRequest"))
	}
	e, more := eligibilityOf(r)
	if issues = append(issues, more...); issues.Errors() {
		return nil, &gateway.Fault{Op: "eligibility", Code: gateway.Invalid, Issues: issues}
	}
	found, err := a.eligibleCase(ctx, c, e)
	if err != nil {
		return nil, err
	}
	answers := a.askAll(found, e)
	if err := a.audit(ctx, c, "", access.Event{Shown: evidence(answers)}); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: a.eligibilityResponse(r, e, answers).JSON()}, nil
}

// eligible is what a CoverageEligibilityRequest asks.
type eligible struct {
	member   gateway.Identifier
	patient  string // reference, where the member is not named by identifier
	date     string
	services []question
}

// noService is a code that no authorization has: the answer to it says only
// whether the member is enrolled.
const noService = "-"

func eligibilityOf(r *fhir.Resource) (e *eligible, issues fhir.Issues) {
	bad := func(path, found, allowed, fix string) {
		issues = append(issues, issue("business-rule", path, found, allowed, fix))
	}
	e = &eligible{member: gateway.Identifier{System: r.Get("patient", "identifier", "system").Text(), Value: r.Get("patient", "identifier", "value").Text()},
		patient: r.Get("patient", "reference").Text(), date: r.Get("servicedDate").Text()}
	if e.date == "" {
		e.date = r.Get("servicedPeriod", "start").Text()
	}
	if e.member.Value == "" && e.patient == "" {
		bad("CoverageEligibilityRequest.patient", "nobody", "patient.identifier with the member id, or a reference to a Patient here", "name the member")
	}
	for _, p := range r.Get("purpose").Items() {
		if p.Text() == "discovery" {
			bad("CoverageEligibilityRequest.purpose", "discovery", "validation, benefits, auth-requirements", "ask the payer or the state for other coverages")
		}
	}
	for _, item := range r.Get("item").Items() {
		q := question{Unit: item.Get("quantity", "unit").Text(), ServiceDate: e.date,
			ProviderID: item.Get("provider", "identifier", "value").Text()}
		for _, coding := range item.Get("productOrService", "coding").Items() {
			q.Code = coding.Get("code").Text()
			break
		}
		var mods []string
		for _, m := range item.Get("modifier").Items() {
			for _, coding := range m.Get("coding").Items() {
				mods = append(mods, coding.Get("code").Text())
			}
		}
		q.Modifiers = strings.Join(mods, " ")
		if value := item.Get("quantity", "value").Text(); value != "" {
			q.Units = []byte(value)
		}
		if q.Code == "" {
			bad("CoverageEligibilityRequest.item.productOrService", "no code", "a coded service", "name the service")
		}
		e.services = append(e.services, q)
	}
	return e, issues
}

// eligibleCase is the child's case as far as the caller may ask; an empty one
// otherwise.
func (a *API) eligibleCase(ctx context.Context, c *call, e *eligible) (*ledger.Case, error) {
	if e.member.Value == "" {
		typ, id, _, _ := fhir.ParseRef(e.patient)
		if typ != "Patient" {
			return &ledger.Case{}, nil
		}
		st, err := a.Reader.Read(ctx, c.caller(), typ, id)
		if err != nil {
			return emptyWhenAbsent(nil, err)
		}
		p := &fhir.Resource{Type: typ, ID: id, JSON: st.JSON}
		for _, n := range p.Get("identifier").Items() {
			e.member = gateway.Identifier{System: n.Get("system").Text(), Value: n.Get("value").Text()}
			if e.member.System == c.who.Partner.MemberSystem {
				break
			}
		}
	}
	if e.member.System == "" {
		e.member.System = c.who.Partner.MemberSystem
	}
	return emptyWhenAbsent(a.Cases.CaseOf(ctx, c.caller(), e.member))
}

// emptyWhenAbsent is a case with nothing in it for a child that is not there.
func emptyWhenAbsent(found *ledger.Case, err error) (*ledger.Case, error) {
	if err != nil && (gateway.FaultOf(err).Code == gateway.NotFound || gateway.FaultOf(err).Code == gateway.Gone) {
		return &ledger.Case{}, nil
	}
	return found, err
}

// askAll asks the ledger: first whether the member is enrolled, then about each
// service.
func (a *API) askAll(found *ledger.Case, e *eligible) []checkAnswer {
	today := ledger.DayOf(a.Now().In(a.zone()))
	s := a.settlers.Get().(*ledger.Settler)
	defer a.settlers.Put(s)
	var out []checkAnswer
	for _, q := range append([]question{{Code: noService, MemberID: "-", ServiceDate: e.date}}, e.services...) {
		q.MemberID = "-" // the case is found already
		if q.ServiceDate == "" {
			q.ServiceDate = today.String()
		}
		law, err := q.law()
		if err != nil {
			out = append(out, checkAnswer{Answer: "no", Code: string(ledger.InvalidLine), Reason: "The date or the quantity cannot be read.", AsOf: today.String()})
			continue
		}
		out = append(out, a.worded(s.Check(found, law, today), today))
	}
	return out
}

// eligibilityResponse words the answers (http://hl7.org/fhir/R4/coverageeligibilityresponse.html).
func (a *API) eligibilityResponse(r *fhir.Resource, e *eligible, answers []checkAnswer) fhir.Object {
	now := a.Now().UTC().Format(instant)
	inforce := answers[0].Code != string(ledger.NotEnrolled)
	var items fhir.List
	disposition := "Enrolled on " + answers[0].ServiceDate + ", as of " + answers[0].AsOf + "."
	if !inforce {
		disposition = "No enrollment is known on " + answers[0].ServiceDate + ", as of " + answers[0].AsOf + "."
	}
	for i, ans := range answers[1:] {
		items = append(items, eligibilityItem(&e.services[i], &ans))
		disposition += " " + e.services[i].Code + ": " + ans.Answer + ". " + ans.Reason
	}
	insurance := fhir.Obj("coverage", fhir.Obj("type", "Coverage", "display", "the enrollment known here"), "inforce", inforce, "item", items)
	return fhir.Obj("resourceType", "CoverageEligibilityResponse", "status", "active", "purpose", r.Get("purpose"), "patient", r.Get("patient"),
		"servicedDate", answers[0].ServiceDate, "created", now, "request", fhir.Obj("type", "CoverageEligibilityRequest", "display", "the request of this call"),
		"outcome", "complete", "disposition", disposition, "insurer", r.Get("insurer"), "insurance", fhir.List{insurance})
}

// eligibilityItem is one service with what every authorization of it has left.
func eligibilityItem(q *question, ans *checkAnswer) fhir.Object {
	var modifiers, benefits, evidence fhir.List
	for _, m := range strings.Fields(q.Modifiers) {
		modifiers = append(modifiers, coded(codes.HCPCS, m))
	}
	for _, auth := range ans.Authorizations {
		benefits = append(benefits, fhir.Obj("type", coded(codes.Terminology+"benefit-type", "benefit"),
			"allowedUnsignedInt", auth.Approved, "usedUnsignedInt", auth.Used))
		evidence = append(evidence, unitsOf(&auth))
	}
	return fhir.Obj("extension", evidence, "productOrService", coded(codes.HCPCS, q.Code), "modifier", modifiers, "excluded", ans.Answer == "no",
		"description", ans.Reason, "benefit", benefits, "authorizationRequired", true,
		"authorizationSupporting", fhir.List{fhir.Obj("text", "prior authorization by Claim/$submit (Da Vinci PAS)")})
}

// unitsOf is our extension for what is left of an authorization, with where it
// comes from and how old it is.
func unitsOf(auth *checkedAuth) fhir.Object {
	n := func(name string, value int64) fhir.Object {
		return fhir.Obj("url", name, "valueDecimal", fhir.Number(strconv.FormatInt(value, 10)))
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
