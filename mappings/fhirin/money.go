package fhirin

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/record"
)

// claim projects the items of a claim for a delivered service into lines
// (standards.md 1.6). A preauthorization is only a request: its answer counts.
func (v *view) claim(r *fhir.Resource) {
	if r.Get("use").Text() != "claim" || r.Get("status").Text() != "active" {
		return
	}
	v.lines(r, "claim")
}

// benefit projects an ExplanationOfBenefit: the payer's view of the same lines.
func (v *view) benefit(r *fhir.Resource) {
	if r.Get("use").Text() != "claim" || r.Get("status").Text() != "active" {
		return
	}
	v.lines(r, "claim")
}

func (v *view) lines(r *fhir.Resource, source string) {
	member, ok := v.about(r, "patient")
	if !ok {
		return
	}
	items := r.Get("item").Items()
	for i, item := range items {
		line := v.line(r, item)
		line.ClaimID, line.Source, line.ID = v.idOf(r), source, v.idOf(r)
		if len(items) > 1 {
			line.ID += "#" + sequence(item, i)
		}
		v.facts.Lines = append(v.facts.Lines, gateway.LineFact{Member: member, Line: line})
	}
}

func sequence(item *fhir.Node, i int) string {
	if s := item.Get("sequence").Text(); s != "" {
		return s
	}
	return strconv.Itoa(i + 1)
}

// line reads one item. Frequency and replaced claim stand in our extension
// service-line, or in related with relationship prior.
func (v *view) line(r *fhir.Resource, item *fhir.Node) ledger.Line {
	own := extension(r.Root(), codes.Extensions+"service-line")
	served := item.Get("servicedDate")
	if served == nil {
		served = item.Get("servicedPeriod", "start")
	}
	units, _ := ledger.ParseDecimal(item.Get("quantity", "value").Text()) // none is 0, which the ledger calls invalid
	line := ledger.Line{
		Partner: string(v.partner.ID), Provider: v.identifier(r.Get("provider")).Value, Code: code(item.Get("productOrService")), Modifiers: modifiers(item),
		Date: day(served), DateText: served.Text(), Units: units, Unit: item.Get("quantity", "unit").Text(), Frequency: 1,
		Auth: v.authorizationOf(r), VisitID: extension(own, "visit").Get("valueString").Text(), StartTime: extension(own, "start").Get("valueString").Text(),
	}
	for _, related := range r.Get("related").Items() {
		if code(related.Get("relationship")) == "prior" {
			line.Frequency, line.Replaces = 7, v.priorClaim(related.Get("claim"))
		}
	}
	if n, err := strconv.Atoi(extension(own, "frequency").Get("valueCode").Text()); err == nil {
		line.Frequency = n
	}
	if replaces := extension(own, "replaces").Get("valueString").Text(); replaces != "" {
		line.Replaces = replaces
	}
	return line
}

func (v *view) authorizationOf(r *fhir.Resource) string {
	for _, insurance := range r.Get("insurance").Items() {
		for _, ref := range insurance.Get("preAuthRef").Items() {
			return ref.Text()
		}
	}
	return ""
}

func (v *view) priorClaim(reference *fhir.Node) string {
	if prior := v.follow(reference); prior != nil {
		return v.idOf(prior)
	}
	if value := reference.Get("identifier", "value").Text(); value != "" {
		return value
	}
	_, id, _, _ := fhir.ParseRef(reference.Get("reference").Text())
	return id
}

// encounter projects a contact that carries our service-line extension: only
// then it says what was delivered and how much.
func (v *view) encounter(r *fhir.Resource) {
	own := extension(r.Root(), codes.Extensions+"service-line")
	if own == nil || r.Get("status").Text() != "finished" {
		return
	}
	member, ok := v.about(r, "subject")
	if !ok {
		return
	}
	amount := extension(own, "units").Get("valueQuantity")
	units, _ := ledger.ParseDecimal(amount.Get("value").Text()) // none is 0, which the ledger calls invalid
	start := r.Get("period", "start")
	service := ""
	for _, t := range r.Get("type").Items() {
		if service = code(t); service != "" {
			break
		}
	}
	v.facts.Lines = append(v.facts.Lines, gateway.LineFact{Member: member, Line: ledger.Line{
		Partner: string(v.partner.ID), ID: v.idOf(r), Provider: v.identifier(r.Get("serviceProvider")).Value, Code: service,
		Modifiers: extension(own, "modifiers").Get("valueString").Text(), Date: day(start), DateText: start.Text(), Units: units, Unit: amount.Get("unit").Text(),
		Frequency: 1, Source: "encounter", Auth: extension(own, "authorization").Get("valueString").Text(),
		VisitID: extension(own, "visit").Get("valueString").Text(), StartTime: extension(own, "start").Get("valueString").Text(),
	}})
}

// coverage projects a span of a payer (standards.md 1.5) and lets the payer see
// the child in it.
func (v *view) coverage(r *fhir.Resource) {
	lo, hi := ends(r.Get("period"))
	member, ok := v.about(r, "beneficiary")
	if !ok || lo == ledger.NoDay {
		return
	}
	if s := r.Get("status").Text(); s != "active" {
		hi = lo - 1 // cancelled, draft or in error: the span is taken back
	}
	program := ""
	for _, class := range r.Get("class").Items() {
		if code(class.Get("type")) == "plan" {
			program = class.Get("value").Text()
		}
	}
	for _, payor := range r.Get("payor").Items() {
		v.span(r, member, v.payer(payor), program, lo, hi)
	}
}

// span adds a fact, with the county of residence where our extension states one,
// and its relations; an unknown payer fits any.
func (v *view) span(r *fhir.Resource, member gateway.Identifier, payer, program string, lo, hi ledger.Day) {
	county := strings.TrimSpace(extension(r.Root(), codes.Extensions+"county").Get("valueString").Text())
	v.facts.Spans = append(v.facts.Spans, gateway.SpanFact{Member: member,
		Span: ledger.Span{Partner: string(v.partner.ID), Payer: payer, Program: program, Start: lo, End: hi, County: county}})
	ref := payer + "|" + program + "|" + lo.String()
	if payer != "" {
		v.relate(member, gateway.ScopePayer(payer), "enrollment", ref, lo, hi)
	}
	if program != "" {
		open := ledger.Forever
		if hi < lo {
			open = hi
		}
		v.relate(member, gateway.ScopeProgram(program), "enrollment", ref, lo, open)
	}
}

func (v *view) relate(member gateway.Identifier, scope, why, ref string, lo, hi ledger.Day) {
	r := gateway.Relation{Member: member, Scope: scope, Why: why, Ref: ref, Lo: lo, Hi: hi}
	if member.System == "ref" {
		r.Subject, r.Member = member.Value, gateway.Identifier{}
	}
	v.relations = append(v.relations, r)
}

// episode projects enrollment in a program: an EpisodeOfCare that names one.
// A Coverage of the same message with the same program already says it.
func (v *view) episode(r *fhir.Resource) {
	program := v.identifier(r.Get("managingOrganization"))
	lo, hi := ends(r.Get("period"))
	if program.System != codes.Program || lo == ledger.NoDay {
		return
	}
	member, ok := v.about(r, "patient")
	if !ok {
		return
	}
	switch r.Get("status").Text() {
	case "planned", "waitlist", "cancelled", "entered-in-error":
		hi = lo - 1
	}
	for _, s := range v.facts.Spans {
		if s.Member == member && s.Span.Program == program.Value && s.Span.Start == lo {
			return
		}
	}
	v.span(r, member, "", program.Value, lo, hi)
}

// claimResponse projects each decided item of a prior authorization.
func (v *view) claimResponse(r *fhir.Resource) {
	if r.Get("use").Text() != "preauthorization" || r.Get("outcome").Text() == "error" {
		return
	}
	member, ok := v.about(r, "patient")
	if !ok {
		return
	}
	claim := v.follow(r.Get("request"))
	facts := v.decisions(r, claim)
	if len(facts) == 0 {
		v.issues = append(v.issues, fhir.Issue{Severity: fhir.Information, Code: "incomplete", Path: "ClaimResponse.item", Found: "no item with a review action and a service",
			Allowed: "items decided as Da Vinci PAS says, with their Claim in the same message", Fix: "send the Claim with its ClaimResponse, or accept that the ledger does not count this"})
	}
	for _, a := range facts {
		if r.Get("status").Text() != "active" {
			a.Status = ledger.Cancelled
		}
		v.facts.Auths = append(v.facts.Auths, gateway.AuthFact{Member: member, Auth: a})
		if id := v.requestor(r, claim); id.Value != "" {
			v.relate(member, gateway.ScopeIdentifier(id), "authorization", a.ID, a.Start, a.End)
		}
	}
}

func (v *view) requestor(r, claim *fhir.Resource) gateway.Identifier {
	if id := v.identifier(r.Get("requestor")); id.Value != "" {
		return id
	}
	return v.identifier(claim.Get("provider"))
}

// statusOf is the status word of an X12 306 review action.
func statusOf(action string) ledger.Status { return ledger.Status(record.StatusOf(action)) }
