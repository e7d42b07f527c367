package x12

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// What is carried of a Claim; anything else is reported as a loss.
const (
	claimMembers = "resourceType id meta text language identifier status type use patient created insurer provider priority related careTeam supportingInfo diagnosis insurance item extension"
	itemMembers  = "id extension modifierExtension sequence careTeamSequence diagnosisSequence category productOrService modifier servicedDate servicedPeriod locationCodeableConcept quantity net"
)

var (
	claimExtensions = []string{"levelOfServiceCode", "certificationType", "authorizationNumber", "administrationReferenceNumber", "review-level", "service-delivery", "TransmissionIdentifiers", "program", "received-at"}
	itemExtensions  = []string{"serviceItemRequestType", "certificationType", "itemTraceNumber", "authorizationNumber", "administrationReferenceNumber", "service-delivery", "requestedService", "infoChanged"}
)

// RequestReview reads a request for prior authorization out of FHIR, of either
// version of Da Vinci PAS. Issues of severity error say why X12 cannot carry it;
// the others what it leaves behind.
func RequestReview(rs []*fhir.Resource, p *gateway.Partner) (*Review, fhir.Issues) {
	s := sourceOf(rs, p)
	claim := s.first("Claim")
	if claim == nil {
		return nil, missing("Claim")
	}
	r := &Review{At: claim.Get("created").Text(), Payer: s.party("Claim.insurer", claim.Get("insurer"), "X3"), Requester: s.party("Claim.provider", claim.Get("provider"), "")}
	if r.Requester.Entity != "FA" {
		r.Requester.Entity = "1P"
	}
	s.child(r, claim)
	s.claimEvent(r, claim)
	for _, n := range claim.Get("item").Items() {
		r.Services = append(r.Services, s.claimItem(r, claim, n))
	}
	s.firstItem(r)
	s.beyond("Claim", claim.Root(), claimMembers, claimExtensions)
	r.Reference = cmp.Or(bundleID(rs), r.Event.Trace)
	s.required(r)
	return r, s.issues
}

// bundleID is the identifier of the Bundle that holds the resources, if one does.
func bundleID(rs []*fhir.Resource) string {
	if len(rs) > 0 && rs[0] != nil && rs[0].Type == "Bundle" {
		return rs[0].Get("identifier", "value").Text()
	}
	return ""
}

func missing(typ string) fhir.Issues {
	return fhir.Issues{{Severity: fhir.Error, Code: fhir.CodeRequired, Path: typ, Found: "no " + typ + " of a prior authorization", Allowed: "a " + typ + " with use preauthorization", Fix: "send it"}}
}

// required are what a 278 cannot be written without.
func (s *source) required(r *Review) {
	for _, need := range []struct{ path, value string }{
		{"Claim.identifier", r.Event.Trace}, {"Patient.identifier", r.Member.Member}, {"Claim.insurer", r.Payer.ID + r.Payer.Name}, {"Claim.created", r.At},
	} {
		if need.value == "" {
			s.issues = append(s.issues, fhir.Issue{Severity: fhir.Error, Code: fhir.CodeRequired, Path: need.path, Found: "nothing", Allowed: "what a 278 cannot do without", Fix: "add it"})
		}
	}
}

// child reads the member, and the dependent where another is the subscriber.
func (s *source) child(r *Review, claim *fhir.Resource) {
	patient := s.follow(claim.Get("patient"))
	if patient == nil {
		r.Member.Member = claim.Get("patient", "identifier", "value").Text()
	} else {
		r.Member = s.person(patient)
	}
	for _, in := range claim.Get("insurance").Items() {
		coverage := s.follow(in.Get("coverage"))
		if coverage == nil || in.Get("focal").Text() != "true" {
			continue
		}
		subscriber := s.follow(coverage.Get("subscriber"))
		code := codeIn(coverage.Get("relationship"), codes.X12+"1069")
		if code == "" {
			code = toX12(relatives, codeIn(coverage.Get("relationship"), relations))
		}
		if subscriber != nil && patient != nil && subscriber != patient && code != "18" {
			dependent := r.Member
			dependent.Member, dependent.Relationship = "", code
			r.Dependent, r.Member = &dependent, s.person(subscriber)
		}
		if id := coverage.Get("subscriberId").Text(); id != "" {
			r.Member.Member = id
		}
	}
}

// claimEvent reads what 2000E says.
func (s *source) claimEvent(r *Review, claim *fhir.Resource) {
	e := &r.Event
	root := claim.Root()
	e.Trace, e.TraceOrg = traceOf(item(claim.Get("identifier"), 0))
	e.Urgency = x12In(root, codes.PAS+"levelOfServiceCode", "1338")
	if codeIn(claim.Get("priority"), codes.Terminology+"processpriority") == "stat" && e.Urgency == "" {
		e.Urgency = "U"
	}
	e.Certification = x12In(root, codes.PAS+"certificationType", "1322")
	e.Authorization = extension(root, codes.PAS+"authorizationNumber").Get("valueString").Text()
	e.Admin = extension(root, codes.PAS+"administrationReferenceNumber").Get("valueString").Text()
	e.reviewedBy(extension(root, codes.Extensions+"review-level"))
	e.Delivery = deliveryOf(root)
	for _, related := range claim.Get("related").Items() {
		prior := related.Get("claim", "identifier")
		e.Certification = cmp.Or(e.Certification, "S") // an update revises
		if strings.HasSuffix(prior.Get("system").Text(), ":authorization") && e.Authorization == "" {
			e.Authorization = prior.Get("value").Text()
		}
	}
	for _, info := range claim.Get("supportingInfo").Items() {
		if withdrawn(info) {
			s.loss("Claim.supportingInfo", "information that was withdrawn")
			continue
		}
		s.supportingInfo(e, info)
	}
	for i, d := range claim.Get("diagnosis").Items() {
		s.diagnosis(e, d, i)
	}
	for _, member := range claim.Get("careTeam").Items() {
		if extension(member, codes.PAS+"careTeamClaimScope").Get("valueBoolean").Text() != "false" {
			e.Providers = append(e.Providers, s.provider(member))
		}
	}
}

func (s *source) provider(member *fhir.Node) Party {
	p := s.party("Claim.careTeam.provider", member.Get("provider"), "")
	p.Entity = cmp.Or(codeIn(member.Get("role"), codes.X12+"98"), p.Entity, "SJ")
	return p
}

// reviewedBy lays our own extension over a level: what PAS has no element for.
func (v *Level) reviewedBy(own *fhir.Node) {
	text := func(name string) string { return extension(own, name).Get("valueCode").Text() }
	v.RequestType, v.Category, v.Place = text("requestType"), text("category"), text("place")
	v.Certification = cmp.Or(v.Certification, text("certification"))
	if id := extension(own, "trace").Get("valueIdentifier"); id != nil {
		v.Trace, v.TraceOrg = traceOf(id)
	}
}

func deliveryOf(n *fhir.Node) Delivery {
	own := extension(n, codes.Extensions+"service-delivery")
	code := func(name string) string { return extension(own, name).Get("valueCode").Text() }
	text := func(name string) string { return extension(own, name).Get("valueString").Text() }
	return Delivery{Qualifier: code("qualifier"), Units: text("units"), Per: code("per"), Every: text("every"), Period: code("period"), Count: text("count"), Pattern: code("pattern"), Time: code("time")}
}

func (s *source) supportingInfo(e *Level, info *fhir.Node) {
	switch codeIn(info.Get("category"), pasCodes) {
	case "patientEvent":
		e.Start, e.End = days(info.Get("timingPeriod"), info.Get("timingDate"))
	case "freeFormMessage":
		e.Messages = append(e.Messages, info.Get("valueString").Text())
	case "additionalInformation":
		if info.Get("valueReference") != nil {
			s.loss("Claim.supportingInfo.valueReference", "a document; its PWK only announces it")
		}
		d := extension(info, codes.PAS+"documentInformation")
		a := Attachment{Type: codeIn(extension(d, "reportTypeCode").Get("valueCodeableConcept"), codes.X12+"755"), Method: codeIn(extension(d, "transmissionMethod").Get("valueCodeableConcept"), codes.X12+"756"),
			Control: extension(d, "controlNumber").Get("valueString").Text(), Text: extension(d, "description").Get("valueString").Text()}
		if len(a.Text) > 80 {
			s.loss("Claim.supportingInfo.extension documentInformation", "a description of more than 80 characters")
			a.Text = cut(a.Text, 80)[0]
		}
		a.Type, a.Method = cmp.Or(a.Type, "77"), cmp.Or(a.Method, "EL")
		e.Attachments = append(e.Attachments, a)
	default:
		s.loss("Claim.supportingInfo", "supporting information of another category")
	}
}

func (s *source) diagnosis(e *Level, d *fhir.Node, i int) {
	concept := d.Get("diagnosisCodeableConcept")
	kind := toX12(diagnoses, codeIn(item(d.Get("type"), 0), diagnosisIs))
	code := strings.ReplaceAll(codeIn(concept, codes.ICD10), ".", "")
	if code == "" {
		s.loss("Claim.diagnosis", "a diagnosis without a code of ICD-10-CM")
		return
	}
	if kind == "" {
		if kind = "ABF"; i == 0 && d.Get("type") == nil && !declared(e) {
			kind = "ABK"
		}
	}
	e.Diagnoses = append(e.Diagnoses, Diagnosis{kind, code})
}

// declared says that a principal diagnosis was named already.
func declared(e *Level) bool {
	return slices.ContainsFunc(e.Diagnoses, func(d Diagnosis) bool { return d.Qualifier == "ABK" })
}

// withdrawn says whether a part of a Claim is marked infoCancelled.
func withdrawn(n *fhir.Node) bool {
	return slices.ContainsFunc(n.Get("modifierExtension").Items(), func(e *fhir.Node) bool {
		return strings.HasSuffix(e.Get("url").Text(), "modifierextension-infoCancelled") && e.Get("valueBoolean").Text() == "true"
	})
}

// claimItem reads what 2000F says.
func (s *source) claimItem(r *Review, claim *fhir.Resource, n *fhir.Node) Level {
	sequence, _ := strconv.Atoi(n.Get("sequence").Text()) // positiveInt, the validator has seen it
	v := Level{Sequence: sequence, RequestType: x12In(n, codes.PAS+"serviceItemRequestType", "1525"), Certification: x12In(n, codes.PAS+"certificationType", "1322"),
		Category: codeIn(n.Get("category"), codes.X12+"1365"), Place: codeIn(n.Get("locationCodeableConcept"), places),
		Authorization: extension(n, codes.PAS+"authorizationNumber").Get("valueString").Text(), Admin: extension(n, codes.PAS+"administrationReferenceNumber").Get("valueString").Text(),
		Delivery: deliveryOf(n), Amount: n.Get("net", "value").Text()}
	if withdrawn(n) {
		v.Certification = "3"
	}
	v.Trace, v.TraceOrg = traceOf(extension(n, codes.PAS+"itemTraceNumber").Get("valueIdentifier"))
	if v.Trace == "" {
		v.Trace, v.TraceOrg = itemTrace(r.Event.Trace, number(sequence)), r.Event.TraceOrg
	}
	v.Start, v.End = days(n.Get("servicedPeriod"), n.Get("servicedDate"))
	s.product(&v, n)
	s.team(&v, claim, n)
	s.beyond("Claim.item", n, itemMembers, itemExtensions)
	if extension(n, codes.PAS+"requestedService") != nil {
		s.loss("Claim.item.extension requestedService", "an order; its timing is not carried")
	}
	return v
}

// product reads the service of an item and how much of it.
func (s *source) product(v *Level, n *fhir.Node) {
	concept := n.Get("productOrService")
	for _, p := range schemes {
		if c := codeIn(concept, p.fhir); c != "" {
			v.Scheme, v.Code = p.x12, c
			break
		}
	}
	if c := codeIn(concept, codes.X12+"1365"); c != "" && v.Code == "" {
		v.Category = cmp.Or(v.Category, c)
	} else if v.Code == "" && concept.Get("coding") != nil {
		s.loss("Claim.item.productOrService", "a code that is none of HCPCS, NDC or a service type")
	}
	for _, m := range n.Get("modifier").Items() {
		if c := item(m.Get("coding"), 0).Get("code").Text(); len(c) == 2 && len(v.Modifiers) < 4 {
			v.Modifiers = append(v.Modifiers, c)
		} else {
			s.loss("Claim.item.modifier", "a modifier beyond four, or not of two characters")
		}
	}
	s.units(v, n.Get("quantity"))
}

// units reads a Quantity: SV103 where its unit is of X12 355, else HSD.
func (s *source) units(v *Level, q *fhir.Node) {
	if q == nil {
		return
	}
	code, system := q.Get("code").Text(), strings.Replace(q.Get("system").Text(), "http://", "https://", 1)
	switch unit := q.Get("unit").Text(); {
	case system == codes.X12+"673" || v.Code == "":
		if v.Delivery == (Delivery{}) {
			v.Delivery = Delivery{Qualifier: cmp.Or(code, "FL"), Units: q.Get("value").Text()}
		}
		return
	case system == codes.X12+"355":
		v.Unit = code
	case toX12(unitWords, unit) != "":
		v.Unit = toX12(unitWords, unit)
	case len(unit) == 2 && strings.ToUpper(unit) == unit:
		v.Unit = unit
	default:
		v.Unit = "UN" // a unit of the service is what its code says
	}
	v.Units = q.Get("value").Text()
}

// team reads the providers of an item.
func (s *source) team(v *Level, claim *fhir.Resource, n *fhir.Node) {
	for _, sequence := range n.Get("careTeamSequence").Items() {
		for _, member := range claim.Get("careTeam").Items() {
			if member.Get("sequence").Text() == sequence.Text() && extension(member, codes.PAS+"careTeamClaimScope").Get("valueBoolean").Text() == "false" {
				v.Providers = append(v.Providers, s.provider(member))
			}
		}
	}
}

// firstItem gives the event what PAS says of items only: kind, category and
// place of the first.
func (s *source) firstItem(r *Review) {
	e := &r.Event
	if e.RequestType != "" {
		return // our own extension has said it
	}
	if len(r.Services) == 0 {
		e.RequestType = "HS"
		return
	}
	first := &r.Services[0]
	e.RequestType, e.Category = cmp.Or(first.RequestType, "HS"), cmp.Or(e.Category, first.Category)
	e.Certification = cmp.Or(e.Certification, first.Certification, "I")
	e.Place = cmp.Or(e.Place, first.Place)
	for i := range r.Services {
		v := &r.Services[i]
		v.RequestType, v.Certification = cmp.Or(v.RequestType, e.RequestType), cmp.Or(v.Certification, e.Certification)
	}
	if e.Start == "" {
		for _, v := range r.Services {
			if v.Start != "" && (e.Start == "" || v.Start < e.Start) {
				e.Start = v.Start
			}
			e.End = max(e.End, v.End)
		}
	}
}
