package x12

import (
	"cmp"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

const (
	responseMembers = "resourceType id meta text language identifier status type use patient created insurer requestor request outcome disposition preAuthRef preAuthPeriod item addItem adjudication error processNote extension insurance"
	answerMembers   = "id extension itemSequence noteNumber adjudication"
)

var (
	responseExtensions = []string{"review-level", "levelOfServiceCode", "itemPreAuthIssueDate", "patient-event", "program", "received-at"}
	answerExtensions   = []string{"itemTraceNumber", "itemRequestedServiceDate", "itemPreAuthIssueDate", "itemPreAuthPeriod", "administrationReferenceNumber", "authorizationNumber", "payer-trace", "review-level", "service-delivery", "itemAuthorizedDetail", "review-requested", "authorization-units", "authorization-cap"}
)

// ResponseReview reads a decision out of FHIR, of either version of Da Vinci
// PAS. The Claim that it answers may be among the resources: what it asked for
// stands where the answer repeats nothing.
func ResponseReview(rs []*fhir.Resource, p *gateway.Partner) (*Review, fhir.Issues) {
	s := sourceOf(rs, p)
	answer := s.first("ClaimResponse")
	if answer == nil {
		return nil, missing("ClaimResponse")
	}
	r := &Review{Response: true}
	asked := map[int]Level{}
	if claim := s.first("Claim"); claim != nil {
		s.asked(r, claim, asked)
	}
	r.At, r.Payer = answer.Get("created").Text(), s.party("ClaimResponse.insurer", answer.Get("insurer"), "X3")
	if who := answer.Get("requestor"); who != nil && (r.Requester == Party{} || s.follow(who) != nil) {
		r.Requester = s.party("ClaimResponse.requestor", who, "")
	}
	if r.Requester.Entity != "FA" {
		r.Requester.Entity = "1P"
	}
	if r.Member.Member == "" {
		s.child(r, answer)
	}
	s.answerEvent(r, answer)
	s.services(r, answer, asked)
	s.refusals(r, answer)
	s.beyond("ClaimResponse", answer.Root(), responseMembers, responseExtensions)
	r.Reference = cmp.Or(bundleID(rs), r.Event.Trace)
	s.required(r)
	return r, s.issues
}

// asked reads the request: its levels, and who it is about.
func (s *source) asked(r *Review, claim *fhir.Resource, asked map[int]Level) {
	q := &Review{}
	s.child(q, claim)
	s.claimEvent(q, claim)
	for _, n := range claim.Get("item").Items() {
		v := s.claimItem(q, claim, n)
		q.Services = append(q.Services, v)
	}
	s.firstItem(q)
	s.issues = nil // what the request loses is told when the request is sent
	for _, v := range q.Services {
		v.Providers, v.Attachments, v.Messages, v.Amount = nil, nil, nil, ""
		asked[v.Sequence] = v
	}
	r.Member, r.Dependent = q.Member, q.Dependent
	r.Event = Level{Trace: q.Event.Trace, TraceOrg: q.Event.TraceOrg, RequestType: q.Event.RequestType, Certification: q.Event.Certification, Category: q.Event.Category, Place: q.Event.Place,
		Start: q.Event.Start, End: q.Event.End}
	r.Requester = s.party("Claim.provider", claim.Get("provider"), "")
}

func (s *source) answerEvent(r *Review, answer *fhir.Resource) {
	e, root := &r.Event, answer.Root()
	if own := extension(root, codes.Extensions+"review-level"); own != nil {
		e.reviewedBy(own)
	}
	if e.Trace == "" {
		e.Trace, e.TraceOrg = traceOf(answer.Get("request", "identifier"))
		if e.TraceOrg == "" && answer.Get("identifier") != nil {
			number, org := traceOf(item(answer.Get("identifier"), 0))
			e.Trace, e.TraceOrg = cmp.Or(e.Trace, number), org
		}
	}
	e.PayerTrace, e.PayerOrg = traceOf(item(answer.Get("identifier"), 1))
	e.Urgency = x12In(root, codes.PAS+"levelOfServiceCode", "1338")
	e.decision(root)
	e.Number = cmp.Or(e.Number, answer.Get("preAuthRef").Text())
	e.Issued = day(extension(root, codes.PAS+"itemPreAuthIssueDate").Get("valueDate"))
	if p := extension(root, codes.Extensions+"patient-event").Get("valuePeriod"); p != nil {
		e.Start, e.End = days(p, nil)
	}
	if p := answer.Get("preAuthPeriod"); p != nil {
		e.From, e.To = day(p.Get("start")), day(p.Get("end"))
	}
}

// decision reads the review action beside an adjudication.
func (v *Level) decision(n *fhir.Node) {
	for _, a := range n.Get("adjudication").Items() {
		if review := extension(a, codes.PAS+"reviewAction"); review != nil {
			v.Action = x12In(review, codes.PAS+"reviewActionCode", "306")
			v.Number = extension(review, "number").Get("valueString").Text()
			v.Reason = x12In(review, "reasonCode", "886")
		}
	}
}

// services reads the items and the payer's own additions.
func (s *source) services(r *Review, answer *fhir.Resource, asked map[int]Level) {
	changed, own := map[string]*fhir.Node{}, []*fhir.Node(nil)
	for _, extra := range answer.Get("addItem").Items() {
		for _, n := range extra.Get("itemSequence").Items() {
			changed[n.Text()] = extra
		}
		if extra.Get("itemSequence") == nil {
			own = append(own, extra)
		}
	}
	used := map[string]bool{}
	for _, n := range answer.Get("item").Items() {
		sequence := n.Get("itemSequence").Text()
		number, _ := strconv.Atoi(sequence) // positiveInt
		r.Services = append(r.Services, s.answered(r, answer, n, changed[sequence], asked[number], number, used))
		s.beyond("ClaimResponse.item", n, answerMembers, answerExtensions)
	}
	for _, n := range own {
		v := s.answered(r, answer, n, n, Level{}, 0, used)
		v.Trace = ""
		r.Services = append(r.Services, v)
	}
	for _, note := range answer.Get("processNote").Items() {
		if !used[note.Get("number").Text()] {
			r.Event.Messages = append(r.Event.Messages, note.Get("text").Text())
		}
	}
	r.Event.Action = cmp.Or(r.Event.Action, r.overall())
}

// overall is the decision of the event where FHIR has only those of its items.
func (r *Review) overall() string {
	action := ""
	for _, v := range r.Services {
		switch {
		case v.Action == "":
		case action == "" || action == v.Action:
			action = v.Action
		case action == "A4" || v.Action == "A4":
			action = "A4"
		default:
			action = "A2"
		}
	}
	return action
}

// answered reads one item; extra is its addItem, which wins (PAS 2.2.1).
func (s *source) answered(r *Review, answer *fhir.Resource, n, extra *fhir.Node, asked Level, sequence int, used map[string]bool) Level {
	v := asked
	v.Sequence, v.Authorization, v.Admin = sequence, extension(n, codes.PAS+"authorizationNumber").Get("valueString").Text(), extension(n, codes.PAS+"administrationReferenceNumber").Get("valueString").Text()
	v.decision(n)
	if id := extension(n, codes.PAS+"itemTraceNumber").Get("valueIdentifier"); id != nil {
		v.Trace, v.TraceOrg = traceOf(id)
	} else if v.Trace == "" {
		v.Trace, v.TraceOrg = itemTrace(r.Event.Trace, number(sequence)), r.Event.TraceOrg
	}
	v.PayerTrace, v.PayerOrg = traceOf(extension(extension(n, codes.Extensions+"payer-trace"), "number").Get("valueIdentifier"))
	if own := extension(n, codes.Extensions+"review-level"); own != nil {
		v.reviewedBy(own)
	}
	if d := deliveryOf(n); d != (Delivery{}) {
		v.Delivery = d
	}
	if p := extension(n, codes.PAS+"itemRequestedServiceDate").Get("valuePeriod"); p != nil {
		v.Start, v.End = days(p, nil)
	}
	v.Issued = day(extension(n, codes.PAS+"itemPreAuthIssueDate").Get("valueDate"))
	if p := extension(n, codes.PAS+"itemPreAuthPeriod").Get("valuePeriod"); p != nil {
		v.From, v.To = day(p.Get("start")), day(p.Get("end"))
	}
	s.authorised(&v, n, extra)
	for _, number := range n.Get("noteNumber").Items() {
		for _, note := range answer.Get("processNote").Items() {
			if note.Get("number").Text() == number.Text() {
				v.Messages, used[number.Text()] = append(v.Messages, note.Get("text").Text()), true
			}
		}
	}
	return v
}

// authorised reads what is given: the addItem before itemAuthorizedDetail
// before what was asked.
func (s *source) authorised(v *Level, n, extra *fhir.Node) {
	d := extension(n, codes.PAS+"itemAuthorizedDetail")
	if d == nil {
		d = extension(n, codes.Extensions+"review-requested")
	}
	if d != nil {
		v.Modifiers = nil
		s.detail(v, d)
	}
	if extra == nil {
		return
	}
	if extra.Get("productOrService") != nil {
		v.Scheme, v.Code, v.Modifiers = "", "", nil
		s.product(v, extra)
	}
	if extra != n {
		if p := extra.Get("servicedPeriod"); p != nil && v.From == "" && day(p.Get("start")) != v.Start {
			v.From, v.To = days(p, nil)
		}
		return
	}
	v.Amount = extra.Get("net", "value").Text()
	v.Start, v.End = days(extra.Get("servicedPeriod"), extra.Get("servicedDate"))
	v.Place = cmp.Or(v.Place, codeIn(extra.Get("locationCodeableConcept"), places))
}

func (s *source) detail(v *Level, d *fhir.Node) {
	for _, p := range schemes {
		if c := codeIn(extension(d, "productOrServiceCode").Get("valueCodeableConcept"), p.fhir); c != "" {
			v.Scheme, v.Code = p.x12, c
			break
		}
	}
	for _, e := range d.Get("extension").Items() {
		if e.Get("url").Text() == "modifier" && len(v.Modifiers) < 4 {
			v.Modifiers = append(v.Modifiers, item(e.Get("valueCodeableConcept", "coding"), 0).Get("code").Text())
		}
	}
	v.Amount = extension(d, "unitPrice").Get("valueMoney", "value").Text()
	s.units(v, extension(d, "quantity").Get("valueQuantity"))
}

// refusals are the errors as AAA, at the loop that they name.
func (s *source) refusals(r *Review, answer *fhir.Resource) {
	for _, e := range answer.Get("error").Items() {
		f := Refusal{Valid: cmp.Or(extension(extension(e, codes.Extensions+"review-refusal"), "valid").Get("valueCode").Text(), "N"), Reason: codeIn(e.Get("code"), codes.X12+"901"),
			FollowUp: x12In(e, codes.PAS+"errorFollowupAction", "889"), Loop: extension(extension(e, codes.PAS+"errorElement"), "error").Get("valueString").Text()}
		sequence, _ := strconv.Atoi(e.Get("itemSequence").Text()) // none = the event
		if at := r.at(sequence); at != nil {
			f.Loop = "2000F"
			at.Errors = append(at.Errors, f)
			continue
		}
		if f.Loop = loopOf(f.Loop); f.Loop == "2000D" && r.Dependent == nil {
			f.Loop = "2000C"
		}
		r.Errors = append(r.Errors, f)
	}
}

// loopOf is the loop that an error names; errors without one are of the event.
func loopOf(element string) string {
	for _, loop := range []string{"2000A", "2000B", "2000C", "2000D"} {
		if len(element) >= 5 && element[:5] == loop {
			return loop
		}
	}
	return "2000E"
}

func (r *Review) at(sequence int) *Level {
	for i := range r.Services {
		if sequence > 0 && r.Services[i].Sequence == sequence {
			return &r.Services[i]
		}
	}
	return nil
}
