package pas

import (
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// refs are the references of a ClaimResponse: to entries of a Bundle, or to what
// the store has.
type refs struct{ patient, insurer, requestor, request fhir.Object }

// Units is what is left of an authorised item.
type Units struct{ Approved, Used, Pending, Remaining string }

// responseBundle is the profile of answers to requests.
const responseBundle = "pas-response-bundle"

const instant = "2006-01-02T15:04:05.000Z07:00"

// claimResponse says what stands (http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-claimresponse).
// Waiting is outcome complete with A4, never queued. left shows units by
// authorization number and may be nil.
func claimResponse(a *gateway.Authorization, version string, to refs, left map[string]Units) fhir.Object {
	last := a.Latest()
	o := fhir.Obj("resourceType", "ClaimResponse",
		"meta", fhir.Obj("profile", fhir.List{profile + "claimresponse"}),
		"identifier", fhir.List{identifier(last.Trace)}, "status", "active", "type", concept(codes.Terminology+"claim-type", "professional", ""),
		"use", "preauthorization", "patient", to.patient, "created", a.Updated.UTC().Format(instant), "insurer", to.insurer, "requestor", to.requestor, "request", to.request)
	if failed := a.Errors(); failed != nil {
		return o.With("outcome", "error").With("error", faults(failed))
	}
	w := &writer{version: version, left: left}
	for i := range a.Items {
		w.item(&a.Items[i])
	}
	for i := range a.Added {
		w.ownItem(&a.Added[i])
	}
	if w.reviewed {
		o = o.With("extension", fhir.List{fhir.Obj("extension", fhir.List{fhir.Obj("url", "wasHumanReviewedFlag", "valueBoolean", true)}, "url", codes.PAS+"claimResponseReviewer")})
	}
	return o.With("outcome", "complete").With("item", w.items).With("addItem", w.added).With("processNote", w.notes)
}

// writer gathers the parts of a ClaimResponse.
type writer struct {
	version             string
	left                map[string]Units
	items, added, notes fhir.List
	reviewed            bool
}

// item echoes the sequence of an item with the answer in force.
func (w *writer) item(i *gateway.AuthItem) {
	o := fhir.Obj("extension", w.itemExtensions(i), "itemSequence", i.Sequence)
	s := i.Standing()
	if s == nil {
		w.items = append(w.items, o.With("adjudication", adjudication(&gateway.ItemAnswer{Action: gateway.PendedAction})))
		return
	}
	w.reviewed = w.reviewed || s.Reviewed || s.Reviewer != ""
	if s.Note != "" {
		number := len(w.notes) + 1
		w.notes = append(w.notes, fhir.Obj("number", number, "type", "display", "text", s.Note))
		o = o.With("noteNumber", fhir.List{number})
	}
	w.items = append(w.items, o.With("adjudication", adjudication(s)))
	if w.byAddItem(s) {
		w.added = append(w.added, addItem(fhir.List{i.Sequence}, authorised(i, s), &gateway.ItemAnswer{Action: gateway.Certified, Number: s.Number}))
	}
}

// byAddItem: since 2.2.1 what is authorised in place of what was asked is an
// addItem; before, it is itemAuthorizedDetail.
func (w *writer) byAddItem(s *gateway.ItemAnswer) bool {
	return w.version != V201 && s.Given != nil && modifies(s.Action)
}

func modifies(action string) bool { return action == gateway.Modified || action == gateway.CertifiedIn }

func certifies(action string) bool { return action == gateway.Certified || modifies(action) }

func (w *writer) itemExtensions(i *gateway.AuthItem) (out fhir.List) {
	if i.Trace.Value != "" {
		out = append(out, fhir.Obj("url", codes.PAS+"itemTraceNumber", "valueIdentifier", identifier(i.Trace)))
	}
	if i.Asked.Start != "" {
		out = append(out, fhir.Obj("url", codes.PAS+"itemRequestedServiceDate", "valuePeriod", fhir.Obj("start", i.Asked.Start, "end", i.Asked.End)))
	}
	s := i.Standing()
	if s == nil {
		return out
	}
	out = append(out,
		valued("itemPreAuthIssueDate", "valueDate", s.Issued),
		valued("administrationReferenceNumber", "valueString", s.Admin),
		valued("authorizationNumber", "valueString", s.Number))
	if s.Start != "" {
		out = append(out, fhir.Obj("url", codes.PAS+"itemPreAuthPeriod", "valuePeriod", fhir.Obj("start", s.Start, "end", s.End)))
	}
	if certifies(s.Action) && !w.byAddItem(s) {
		out = append(out, authorisedDetail(authorised(i, s)))
	}
	if s.Reviewer != "" {
		out = append(out, fhir.Obj("extension", fhir.List{fhir.Obj("url", "name", "valueString", s.Reviewer), fhir.Obj("url", "credential", "valueString", s.Credential)},
			"url", codes.Extensions+"reviewer"))
	}
	if left, ok := w.left[s.Number]; ok && s.Number != "" {
		out = append(out, remaining(left))
	}
	return out
}

// ownItem is a service the payer gave beyond what was asked.
func (w *writer) ownItem(i *gateway.AuthItem) {
	s := &i.Answers[len(i.Answers)-1]
	w.added = append(w.added, addItem(nil, authorised(i, s), s))
}

func valued(name, choice, value string) fhir.Object {
	if value == "" {
		return fhir.Object{}
	}
	return fhir.Obj("url", codes.PAS+name, choice, value)
}

// authorised is what an answer gives: what was asked, with what the payer put
// in its place.
func authorised(i *gateway.AuthItem, s *gateway.ItemAnswer) gateway.AuthService {
	out := i.Asked
	g := s.Given
	if g == nil {
		return out
	}
	if g.Code.Code != "" && g.Code.Code != out.Code.Code {
		out.Code, out.Modifiers = g.Code, g.Modifiers
	}
	if len(g.Modifiers) > 0 {
		out.Modifiers = g.Modifiers
	}
	if g.Units != "" {
		out.Units = g.Units
		if g.Unit != "" {
			out.Unit = g.Unit
		}
	}
	if g.Start != "" {
		out.Start, out.End = g.Start, g.End
	}
	return out
}

func authorisedDetail(s gateway.AuthService) fhir.Object {
	parts := fhir.List{fhir.Obj("url", "productOrServiceCode", "valueCodeableConcept", coded(s.Code))}
	for _, m := range s.Modifiers {
		parts = append(parts, fhir.Obj("url", "modifier", "valueCodeableConcept", concept(codes.HCPCS, m, "")))
	}
	if s.Units != "" {
		parts = append(parts, fhir.Obj("url", "quantity", "valueQuantity", amount(s)))
	}
	return fhir.Obj("extension", parts, "url", codes.PAS+"itemAuthorizedDetail")
}

func addItem(sequence fhir.List, s gateway.AuthService, a *gateway.ItemAnswer) fhir.Object {
	o := fhir.Obj("itemSequence", sequence, "productOrService", coded(s.Code), "modifier", modifiers(s.Modifiers))
	if s.Start != "" {
		o = o.With("servicedPeriod", fhir.Obj("start", s.Start, "end", s.End))
	}
	if s.Units != "" {
		o = o.With("quantity", amount(s))
	}
	return o.With("adjudication", adjudication(a))
}

// amount is a quantity with a unit or a code, as PASQuantity wants.
func amount(s gateway.AuthService) fhir.Object {
	q := fhir.Obj("value", fhir.Number(s.Units))
	if s.Unit == "" {
		return q.With("unit", "units").With("system", unitsOfX12).With("code", "UN")
	}
	return q.With("unit", s.Unit)
}

func adjudication(a *gateway.ItemAnswer) fhir.List {
	parts := fhir.List{}
	if a.Number != "" {
		parts = append(parts, fhir.Obj("url", "number", "valueString", a.Number))
	}
	table := codes.Get("review_action")
	action, _ := table.Find(a.Action)
	parts = append(parts, fhir.Obj("url", codes.PAS+"reviewActionCode", "valueCodeableConcept", concept(reviewActions, a.Action, action.Display)))
	for _, r := range a.Reasons {
		if r.System == "" {
			r.System = reviewReasons
		}
		parts = append(parts, fhir.Obj("url", "reasonCode", "valueCodeableConcept", coded(r)))
	}
	return fhir.List{fhir.Obj("extension", fhir.List{fhir.Obj("extension", parts, "url", codes.PAS+"reviewAction")},
		"category", concept(codes.Terminology+"adjudication", "submitted", ""))}
}

// remaining is our extension for what is left of an item, as of now.
func remaining(u Units) fhir.Object {
	return fhir.Obj("extension", fhir.List{
		fhir.Obj("url", "approved", "valueDecimal", fhir.Number(u.Approved)), fhir.Obj("url", "used", "valueDecimal", fhir.Number(u.Used)),
		fhir.Obj("url", "pending", "valueDecimal", fhir.Number(u.Pending)), fhir.Obj("url", "remaining", "valueDecimal", fhir.Number(u.Remaining)),
	}, "url", codes.Extensions+"authorization-units")
}

func faults(list []gateway.AuthError) (out fhir.List) {
	for _, e := range list {
		parts := fhir.List{}
		if e.Element != "" {
			parts = append(parts, fhir.Obj("extension", fhir.List{fhir.Obj("url", "error", "valueString", e.Element)}, "url", codes.PAS+"errorElement"))
		}
		parts = append(parts, valued("errorPath", "valueString", e.Path))
		if e.FollowUp != "" {
			parts = append(parts, fhir.Obj("url", codes.PAS+"errorFollowupAction", "valueCodeableConcept", concept(followUpAction, e.FollowUp, "")))
		}
		out = append(out, fhir.Obj("extension", parts, "code", concept(errorCodes, e.Code, "")))
	}
	return out
}

func modifiers(list []string) (out fhir.List) {
	for _, m := range list {
		out = append(out, concept(codes.HCPCS, m, ""))
	}
	return out
}

func concept(system, code, display string) fhir.Object {
	return coded(gateway.Coded{System: system, Code: code, Display: display})
}

func coded(c gateway.Coded) fhir.Object {
	return fhir.Obj("coding", fhir.List{fhir.Obj("system", c.System, "code", c.Code, "display", c.Display)})
}

func identifier(id gateway.Identifier) fhir.Object {
	return fhir.Obj("system", id.System, "value", id.Value)
}

// stamp is the instant a Bundle about an authorization carries.
func stamp(t time.Time) string { return t.UTC().Format(instant) }

// Answer is the Bundle that answers a request, and that notifications carry
// (profile-pas-response-bundle): the ClaimResponse as it stands and what it
// refers to, out of the Bundle that was sent. url is where the ClaimResponse is
// read here.
func Answer(a *gateway.Authorization, sent *fhir.Resource, url, version string) fhir.Object {
	return answer(a, sent, url, view{version: version, kind: responseBundle, own: true})
}

// InquiryAnswer is the Bundle for a question: whole is true for who asked for the
// authorization itself, and shows the request too.
func InquiryAnswer(a *gateway.Authorization, sent *fhir.Resource, url, version string, whole bool, left map[string]Units) fhir.Object {
	return answer(a, sent, url, view{version: version, kind: "pas-inquiry-response-bundle", own: whole, left: left})
}

// view is what of an authorization is shown, and how.
type view struct {
	version, kind string
	own           bool // to who asked for it or decides on it: the request too, and what the payer wants to know
	left          map[string]Units
}

func answer(a *gateway.Authorization, sent *fhir.Resource, url string, v view) fhir.Object {
	b := open(sent)
	at := &b.entries[0]
	claim := at.Resource
	to := refs{patient: b.named(at, claim.Get("patient")), insurer: b.named(at, claim.Get("insurer")), requestor: b.named(at, claim.Get("provider")),
		request: fhir.Obj("type", "Claim", "identifier", identifier(a.Latest().Trace))}
	roots := []*fhir.Entry{b.follow(at, claim.Get("patient")), b.follow(at, claim.Get("insurer")), b.follow(at, claim.Get("provider"))}
	if v.own && v.version != V201 {
		to.request = fhir.Obj("reference", at.FullURL)
		roots = append(roots, at)
	}
	var wanted, communications fhir.List
	if v.own {
		wanted, communications = b.shown(a, url)
	}
	response := claimResponse(a, v.version, to, v.left).With("id", url[strings.LastIndexByte(url, '/')+1:]).With("communicationRequest", communications)
	if v.kind != responseBundle {
		response = response.With("meta", fhir.Obj("profile", fhir.List{profile + "claiminquiryresponse"}))
	}
	entries := fhir.List{fhir.Obj("fullUrl", url, "resource", response)}
	for _, e := range b.closure(roots) {
		entries = append(entries, fhir.Obj("fullUrl", e.FullURL, "resource", e.Resource.Root()))
	}
	return fhir.Obj("resourceType", "Bundle", "meta", fhir.Obj("profile", fhir.List{profile + v.kind}),
		"identifier", identifier(a.Latest().Bundle), "type", "collection", "timestamp", stamp(a.Updated), "entry", append(entries, wanted...))
}

// named is a reference to the entry that another reference names.
func (b *bundle) named(from *fhir.Entry, reference *fhir.Node) fhir.Object {
	if e := b.follow(from, reference); e != nil {
		return fhir.Obj("reference", e.FullURL)
	}
	return fhir.Obj("identifier", reference.Get("identifier"), "display", reference.Get("display").Text())
}

// closure is the entries given and all that they refer to, in the order of the
// Bundle, the roots first.
func (b *bundle) closure(roots []*fhir.Entry) (out []*fhir.Entry) {
	for queue := roots; len(queue) > 0; queue = queue[1:] {
		e := queue[0]
		if e == nil || e.Resource == nil || slices.Contains(out, e) {
			continue
		}
		out = append(out, e)
		for _, ref := range e.Resource.References() {
			if ref.Link == fhir.LinkReference && !b.excused(e, ref) {
				queue = append(queue, b.resolve(e, ref.Value))
			}
		}
	}
	return out
}
