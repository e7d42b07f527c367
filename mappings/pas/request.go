package pas

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
	"github.com/throughline/throughline/mappings/fhirin"
)

// cancels is the certificationType (X12 1322) of a cancellation.
const cancels = "3"

// Submit maps the Bundle of Claim/$submit: its resources are kept as their
// sender's own, and the Claim becomes a Submission.
func Submit(m *gateway.Message, p *gateway.Partner) (*gateway.Mapped, error) {
	r, issues := fhir.Parse(m.Body, fhir.Limits{})
	if r == nil {
		return &gateway.Mapped{Issues: issues}, nil
	}
	b := open(r)
	if b.check(); !b.issues.Errors() {
		b.checkClaim()
	}
	if b.issues.Errors() {
		return &gateway.Mapped{Issues: b.issues}, nil
	}
	changes, issues := fhirin.Kept(r, p)
	s := b.submission(p)
	if s.Member.Value == "" {
		b.bad(fhir.CodeRequired, "Claim.patient", "a Patient without a member id", "an identifier of type MB or MA, or Coverage.subscriberId", "add the member id")
	}
	return &gateway.Mapped{Changes: changes, Issues: append(issues, b.issues...), Submission: s}, nil
}

// Key is the identity of a submission: the trace number of a request, so that
// the same trace again is the same request and other content under it a
// conflict; of an update trace number and content, as updates may reuse the
// trace number of their request. Empty when the body is no request.
func Key(body []byte) string {
	r, _ := fhir.Parse(body, fhir.Limits{})
	if r == nil || r.Type != "Bundle" {
		return ""
	}
	b := open(r)
	if len(b.entries) == 0 || b.entries[0].Resource == nil {
		return ""
	}
	claim := b.entries[0].Resource
	trace := identifierOf(firstOf(claim.Get("identifier")))
	if trace.Value == "" {
		return ""
	}
	h := sha256.New()
	h.Write([]byte(trace.System + "\x00" + trace.Value))
	if update(claim) {
		h.Write([]byte{0})
		h.Write(body)
	}
	return "trace:" + hex.EncodeToString(h.Sum(nil))
}

// update says whether a Claim changes an earlier one: it names it, or marks what
// changed.
func update(claim *fhir.Resource) bool {
	if prior(claim) != nil || certification(claim.Root()) == cancels {
		return true
	}
	changed := func(part *fhir.Node) bool { return cancelled(part) || infoChanged(part) != "" }
	return slices.ContainsFunc(claim.Get("item").Items(), changed) || slices.ContainsFunc(claim.Get("supportingInfo").Items(), changed)
}

// submission reads the Claim.
func (b *bundle) submission(p *gateway.Partner) *gateway.Submission {
	at := &b.entries[0]
	claim := at.Resource
	patient := b.follow(at, claim.Get("patient"))
	s := &gateway.Submission{
		Insurer: b.identifiers(at, claim.Get("insurer")), Provider: b.identifiers(at, claim.Get("provider")),
		Patient: patient.FullURL, Claim: at.FullURL, Trace: identifierOf(firstOf(claim.Get("identifier"))), Bundle: identifierOf(b.Get("identifier")),
		Urgent: codeOf(claim.Get("priority")).Code == "stat" || codeOf(ext(claim.Root(), codes.PAS+"levelOfServiceCode").Get("valueCodeableConcept")).Code == "U",
		Update: update(claim), CancelAll: certification(claim.Root()) == cancels,
	}
	s.Born = date(patient.Resource.Get("birthDate"))
	s.Member, s.MemberIDs = b.member(patient, p)
	for _, in := range claim.Get("insurance").Items() {
		if coverage := b.follow(at, in.Get("coverage")); coverage != nil && in.Get("focal").Text() == "true" {
			s.Insurer = append(s.Insurer, b.payors(coverage)...)
			if id := coverage.Resource.Get("subscriberId").Text(); id != "" {
				s.MemberIDs = append(s.MemberIDs, gateway.Identifier{System: p.MemberSystem, Value: id})
			}
		}
	}
	if s.Member.Value == "" && len(s.MemberIDs) > 0 {
		s.Member = s.MemberIDs[0]
	}
	if related := prior(claim); related != nil {
		s.Prior = &gateway.Prior{Trace: identifierOf(related.Get("claim", "identifier")), Claim: b.absolute(at, related.Get("claim", "reference").Text())}
		if e := b.follow(at, related.Get("claim")); e != nil && e.Resource.Type == "Claim" {
			s.Prior.Trace, s.Prior.Claim = identifierOf(firstOf(e.Resource.Get("identifier"))), e.FullURL
		}
	}
	for i, item := range claim.Get("item").Items() {
		s.Items = append(s.Items, askedItem(item, i))
	}
	for _, info := range claim.Get("supportingInfo").Items() {
		s.Informs = s.Informs || infoChanged(info) != ""
	}
	if brought := ext(claim.Root(), codes.Extensions+attachments); brought != nil {
		s.Attached = &gateway.Attached{Tracking: identifierOf(ext(brought, "tracking").Get("valueIdentifier")), More: ext(brought, "final").Get("valueBoolean").Text() == "false"}
	}
	s.Start, s.End = dates(s.Items, claim)
	return s
}

// absolute is a reference as the URL it stands for.
func (b *bundle) absolute(from *fhir.Entry, ref string) string {
	if base, ok := restBase(from); ok && ref != "" {
		if _, _, _, absolute := fhir.ParseRef(ref); !absolute {
			return base + ref
		}
	}
	return ref
}

// payors are the identifiers of who pays a Coverage.
func (b *bundle) payors(coverage *fhir.Entry) (out []gateway.Identifier) {
	for _, payor := range coverage.Resource.Get("payor").Items() {
		out = append(out, b.identifiers(coverage, payor)...)
	}
	return out
}

// member is the id of the child, the best first: the partner's own system, type
// MB or MA, then any.
func (b *bundle) member(patient *fhir.Entry, p *gateway.Partner) (best gateway.Identifier, all []gateway.Identifier) {
	rank := 0
	for _, n := range patient.Resource.Get("identifier").Items() {
		id, score := identifierOf(n), 1
		if id.Value == "" {
			continue
		}
		all = append(all, id)
		if c := codeOf(n.Get("type")).Code; c == "MB" || c == "MA" {
			score = 2
		}
		if id.System != "" && id.System == p.MemberSystem {
			score = 3
		}
		if score > rank {
			best, rank = id, score
		}
	}
	return best, all
}

func shareValue(a, b []gateway.Identifier) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Value == y.Value {
				return true
			}
		}
	}
	return false
}

// prior is the related entry that names the request to be changed.
func prior(claim *fhir.Resource) *fhir.Node {
	for _, related := range claim.Get("related").Items() {
		if codeOf(related.Get("relationship")).Code == "prior" {
			return related
		}
	}
	return nil
}

func certification(n *fhir.Node) string {
	return codeOf(ext(n, codes.PAS+"certificationType").Get("valueCodeableConcept")).Code
}

func cancelled(item *fhir.Node) bool {
	for _, e := range item.Get("modifierExtension").Items() {
		if e.Get("url").Text() == infoCancelled {
			return e.Get("valueBoolean").Text() == "true"
		}
	}
	return false
}

func infoChanged(item *fhir.Node) string {
	return ext(item, codes.PAS+"infoChanged").Get("valueCode").Text()
}

// askedItem reads one item; checkItems has seen its sequence.
func askedItem(item *fhir.Node, i int) gateway.AskedItem {
	sequence, _ := strconv.Atoi(item.Get("sequence").Text())
	return gateway.AskedItem{
		AuthItem: gateway.AuthItem{Sequence: sequence, Trace: identifierOf(ext(item, codes.PAS+"itemTraceNumber").Get("valueIdentifier")),
			Certification: certification(item), Asked: service(item), Cancelled: cancelled(item),
			EPSDT: ext(item, codes.PAS+"epsdtIndicator").Get("valueBoolean").Text() == "true"},
		Changed: infoChanged(item), Path: "Claim.item[" + strconv.Itoa(i) + "]",
	}
}

// service reads what an item of a Claim, or an addItem, is about.
func service(item *fhir.Node) gateway.AuthService {
	s := gateway.AuthService{Code: codeOf(item.Get("productOrService"))}
	for _, m := range item.Get("modifier").Items() {
		if c := codeOf(m).Code; c != "" {
			s.Modifiers = append(s.Modifiers, c)
		}
	}
	s.Units, s.Unit = quantity(item.Get("quantity"))
	if p := item.Get("servicedPeriod"); p != nil {
		s.Start, s.End = date(p.Get("start")), date(p.Get("end"))
	} else if d := item.Get("servicedDate"); d != nil {
		s.Start, s.End = date(d), date(d)
	}
	return s
}

// quantity reads a Quantity; the plain unit of X12 (355 UN) is no unit of ours.
func quantity(q *fhir.Node) (units, unit string) {
	units, unit = q.Get("value").Text(), fhirin.Unit(q)
	if code := q.Get("code").Text(); unit == "" && code != "UN" {
		unit = code
	}
	return units, unit
}

// date is the first ten characters of a date or dateTime.
func date(n *fhir.Node) string {
	text := n.Text()
	return text[:min(10, len(text))]
}

// dates are the first and last day of service; where no item states any, the day
// the request was made.
func dates(items []gateway.AskedItem, claim *fhir.Resource) (start, end string) {
	for _, i := range items {
		if s := i.Asked.Start; s != "" && (start == "" || s < start) {
			start = s
		}
		if e := i.Asked.End; e > end {
			end = e
		}
	}
	if start == "" {
		start = date(claim.Get("created"))
	}
	return start, max(start, end)
}

// SubmissionOf reads the Bundle that another wire's request was made into, as
// Submit reads one that was sent.
func SubmissionOf(r *fhir.Resource, p *gateway.Partner) (*gateway.Submission, fhir.Issues) {
	b := open(r)
	if b.check(); !b.issues.Errors() {
		b.checkClaim()
	}
	if b.issues.Errors() {
		return nil, b.issues
	}
	return b.submission(p), b.issues
}
