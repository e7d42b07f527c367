package x12

import (
	"cmp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/fhirin"
)

// EligibilityRequest maps a 270 (kind "x12/270"): a CoverageEligibilityRequest
// for each member asked about. The answer is Answer's.
func EligibilityRequest(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	return inquiryMapping(m, p, "270")
}

// EligibilityResponse maps a 271 (kind "x12/271") that a payer or a
// clearinghouse sends: a CoverageEligibilityResponse for each member. It is a
// word about coverage on a day, not an enrollment, so the ledger learns no span.
func EligibilityResponse(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	return inquiryMapping(m, p, "271")
}

func inquiryMapping(m *gateway.Message, p *gateway.Partner, id string) (*gateway.Mapped, error) {
	in, issues := inquiry(m.Body, p, id)
	if in == nil {
		return &gateway.Mapped{Issues: issues}, nil
	}
	var all Entries
	all.partner = p
	for i := range in.Questions {
		all.rest = append(all.rest, in.entries(p, i).rest...)
	}
	for _, f := range in.Errors {
		issues = append(issues, fhir.Issue{Severity: fhir.Warning, Code: "processing", Path: "AAA", Found: "reason " + f.Reason + " at " + f.Loop, Fix: "mend the inquiry and ask again"})
	}
	changes, wrong := all.kept()
	return fhirin.Projected(m, p, changes, append(issues, wrong...)), nil
}

// kept are the entries once each, the members before what is said of them.
func (e *Entries) kept() ([]gateway.Change, fhir.Issues) {
	seen := map[string]bool{}
	var list []entry
	for _, x := range e.rest {
		if url := e.url(x.typ, x.key); !seen[url] {
			seen[url] = true
			list = append(list, x)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	return (&Entries{partner: e.partner, first: list[0], rest: list[1:]}).Changes()
}

// entries are the resources of one question.
func (q *Inquiry) entries(p *gateway.Partner, n int) *Entries {
	a := &q.Questions[n]
	m := &reviewMaker{Entries: &Entries{partner: p}, r: &Review{Payer: q.Payer, Requester: q.Asker, Member: a.Member, Dependent: a.Dependent}}
	m.people(map[bool]gateway.Op{false: gateway.Upsert, true: gateway.Ensure}[q.Response], true)
	trace := cmp.Or(a.Trace, q.Reference+"-"+number(n+1))
	o := fhir.Obj("resourceType", "CoverageEligibilityRequest", "identifier", fhir.List{traceOrOwn(a, trace)}, "status", "active", "purpose", fhir.List{"benefits", "validation"}, "patient", m.patient)
	o = serviced(o, a)
	if !q.Response {
		o = o.With("created", q.At).With("provider", m.requester).With("insurer", m.insurer).With("insurance", fhir.List{fhir.Obj("focal", true, "coverage", m.coverage)}).With("item", items(a))
		m.put(gateway.Upsert, "CoverageEligibilityRequest", m.own("270", trace), o)
		return m.Entries
	}
	o = o.With("resourceType", "CoverageEligibilityResponse").With("created", q.At).With("requestor", m.requester).
		With("request", fhir.Obj("type", "CoverageEligibilityRequest", "identifier", traceOrOwn(a, trace))).
		With("outcome", "complete").With("insurer", m.insurer)
	if len(a.Errors)+len(q.Errors) > 0 {
		o = o.With("outcome", "error")
	}
	for i := range a.Benefits {
		o = o.With("insurance", append(listOf(o.Get("insurance")), insurance(&a.Benefits[i], m.coverage)))
	}
	m.put(gateway.Upsert, "CoverageEligibilityResponse", m.own("271", trace), o.With("error", refused(append(append([]Refusal(nil), q.Errors...), a.Errors...))))
	return m.Entries
}

func listOf(v any) fhir.List {
	list, _ := v.(fhir.List)
	return list
}

func traceOrOwn(q *Question, number string) fhir.Object { return trace(number, q.TraceOrg) }

func serviced(o fhir.Object, q *Question) fhir.Object {
	switch q.Start {
	case "":
		return o
	case q.End:
		return o.With("servicedDate", q.Start)
	}
	return o.With("servicedPeriod", period(q.Start, q.End))
}

func items(q *Question) (out fhir.List) {
	for _, t := range q.Types {
		out = append(out, fhir.Obj("category", x12Code("1365", t)))
	}
	for _, code := range q.Services {
		out = append(out, fhir.Obj("productOrService", concept(codes.HCPCS, code)))
	}
	return out
}

// insurance is one EB: in force, its days, and what it is about.
func insurance(b *Benefit, coverage fhir.Object) fhir.Object {
	o := fhir.Obj("extension", fhir.List{parts(codes.Extensions+"benefit", ext("status", "valueCode", b.Status), ext("insurance", "valueCode", b.Insurance))}, "coverage", coverage)
	if b.Status == "1" || b.Status == "6" {
		o = o.With("inforce", b.Status == "1")
	}
	if b.Start != "" || b.End != "" {
		o = o.With("benefitPeriod", period(b.Start, b.End))
	}
	var list fhir.List
	for _, t := range b.Types {
		list = append(list, fhir.Obj("category", x12Code("1365", t), "name", b.Plan))
	}
	if list == nil && b.Plan != "" {
		list = fhir.List{fhir.Obj("category", x12Code("1365", "30"), "name", b.Plan)}
	}
	return o.With("item", list)
}

func refused(list []Refusal) (out fhir.List) {
	for _, f := range list {
		out = append(out, fhir.Obj("extension", fhir.List{ext(codes.PAS+"errorFollowupAction", "valueCodeableConcept", x12Code("889", f.FollowUp))}, "code", x12Code("901", f.Reason)))
	}
	return out
}
