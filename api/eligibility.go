package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/fhirin"
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
// It answers out of the ledger, and nothing is stored: purpose validation with
// the enrollment, benefits with what is allowed and used (units, and dollars of
// authorizations in dollars and of flexible funds), auth-requirements with the
// authorizations that are there. Quantities are counted in the authorization's
// unit by the payer's unit table of the day of service. A member that is unknown, or another's, is answered
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
	funds, err := a.fundsOf(ctx, c, e)
	if err != nil {
		return nil, err
	}
	shown := evidence(answers)
	for _, f := range funds {
		shown = append(shown, "Basic/"+f.id)
	}
	if err := a.audit(ctx, c, "", access.Event{Shown: shown}); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: a.eligibilityResponse(r, e, answers, funds).JSON()}, nil
}

// eligible is what a CoverageEligibilityRequest asks.
type eligible struct {
	member   gateway.Identifier
	patient  string // reference, where the member is not named by identifier
	date     string
	services []question
	funds    bool            // flexible funds are asked about: by their code, or by no item
	purposes map[string]bool // http://hl7.org/fhir/eligibilityrequest-purpose
}

// noService is a code that no authorization has: the answer to it says only
// whether the member is enrolled.
const noService = "-"

func eligibilityOf(r *fhir.Resource) (e *eligible, issues fhir.Issues) {
	bad := func(path, found, allowed, fix string) {
		issues = append(issues, issue("business-rule", path, found, allowed, fix))
	}
	e = &eligible{member: gateway.Identifier{System: r.Get("patient", "identifier", "system").Text(), Value: r.Get("patient", "identifier", "value").Text()},
		patient: r.Get("patient", "reference").Text(), date: r.Get("servicedDate").Text(), funds: r.Get("item").Len() == 0, purposes: map[string]bool{}}
	if e.date == "" {
		e.date = r.Get("servicedPeriod", "start").Text()
	}
	if e.member.Value == "" && e.patient == "" {
		bad("CoverageEligibilityRequest.patient", "nobody", "patient.identifier with the member id, or a reference to a Patient here", "name the member")
	}
	for _, p := range r.Get("purpose").Items() {
		if e.purposes[p.Text()] = true; p.Text() == "discovery" {
			bad("CoverageEligibilityRequest.purpose", "discovery", "validation, benefits, auth-requirements", "ask the payer or the state for other coverages")
		}
	}
	for _, item := range r.Get("item").Items() {
		q := question{Unit: fhirin.Unit(item.Get("quantity")), ServiceDate: e.date,
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
		if q.Code == fundCode {
			e.funds = true
			continue
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
