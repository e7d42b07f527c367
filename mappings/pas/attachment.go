package pas

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/codes"
)

// attachments is our extension on a Claim that only brings attachments.
const attachments = "attachments"

// Attachments is what $submit-attachment of Da Vinci CDex brings
// (http://hl7.org/fhir/us/davinci-cdex/OperationDefinition/submit-attachment).
type Attachments struct {
	Tracking, Payer, Member gateway.Identifier
	Final                   bool // nothing else comes
	parts                   []attachment
}

// attachment is one of them. Without lines it is about the whole request.
type attachment struct {
	lines   []int
	code    *fhir.Node // CodeableConcept, LOINC as a rule
	content *fhir.Resource
	path    string
}

// AttachmentsOf reads the Parameters of $submit-attachment. The names are those
// of CDex 2.0.0 and 2.1.0; others are refused, as its profile is closed.
func AttachmentsOf(r *fhir.Resource) (a *Attachments, issues fhir.Issues) {
	bad := func(code, path, found, allowed, fix string) {
		issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: code, Path: path, Found: found, Allowed: allowed, Fix: fix})
	}
	if r.Type != "Parameters" {
		bad(fhir.CodeInvariant, "resourceType", r.Type, "Parameters", "send the Parameters of $submit-attachment")
		return nil, issues
	}
	a = &Attachments{Final: true}
	to := ""
	for i, p := range r.Get("parameter").Items() {
		path := fmt.Sprintf("Parameters.parameter[%d]", i)
		switch name := p.Get("name").Text(); name {
		case "TrackingId":
			a.Tracking = identifierOf(p.Get("valueIdentifier"))
		case "AttachTo":
			to = p.Get("valueCode").Text()
		case "PayerId":
			a.Payer = identifierOf(p.Get("valueIdentifier"))
		case "MemberId":
			a.Member = identifierOf(p.Get("valueIdentifier"))
		case "Final":
			a.Final = p.Get("valueBoolean").Text() != "false"
		case "Attachment":
			part, more := attachmentOf(p, path)
			issues = append(issues, more...)
			a.parts = append(a.parts, part)
		case "OrganizationId", "ProviderId", "ServiceDate": // the request says them
		default:
			bad("not-supported", path+".name", strconv.Quote(name), "the parameters of CDex $submit-attachment", "leave it out")
		}
	}
	for _, need := range []struct{ name, value string }{{"TrackingId", a.Tracking.Value}, {"AttachTo", to}, {"PayerId", a.Payer.Value}, {"MemberId", a.Member.Value}} {
		if need.value == "" {
			bad(fhir.CodeRequired, "Parameters.parameter:"+need.name, "nothing that can be used", need.name+" with a value", "add it")
		}
	}
	if len(a.parts) == 0 {
		bad(fhir.CodeRequired, "Parameters.parameter:Attachment", "nothing", "at least one Attachment with Content", "add it")
	}
	switch to {
	case "", "prior-auth":
	case "claim":
		bad("not-supported", "Parameters.parameter:AttachTo", "claim", "prior-auth", "send attachments of claims to the payer itself: this gateway takes those of prior authorizations")
	default:
		bad(fhir.CodeValue, "Parameters.parameter:AttachTo", strconv.Quote(to), "claim, prior-auth", "correct it")
	}
	return a, issues
}

func attachmentOf(p *fhir.Node, path string) (out attachment, issues fhir.Issues) {
	out.path = path
	bad := func(code, path, found, allowed string) {
		issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: code, Path: path, Found: found, Allowed: allowed, Fix: "correct it"})
	}
	for i, part := range p.Get("part").Items() {
		at := fmt.Sprintf("%s.part[%d]", path, i)
		switch name := part.Get("name").Text(); name {
		case "LineItem":
			n, err := strconv.Atoi(part.Get("valueString").Text())
			if err != nil {
				bad(fhir.CodeValue, at, "no line number", "the sequence of an item of the request")
			}
			out.lines = append(out.lines, n)
		case "Code":
			out.code = part.Get("valueCodeableConcept")
		case "Content":
			content, more := fhir.Parse(part.Get("resource").Raw(), fhir.Limits{})
			if content != nil {
				more = fhir.Validate(content)
			}
			for _, issue := range more {
				issue.Path = at + ".resource." + issue.Path
				issues = append(issues, issue)
			}
			if out.content = content; content != nil && !slices.Contains(attachable, content.Type) {
				bad("not-supported", at+".resource", content.Type, strings.Join(attachable, ", "))
			}
		default:
			bad("not-supported", at+".name", strconv.Quote(name), "LineItem, Code, Content")
		}
	}
	if out.content == nil && !issues.Errors() {
		bad(fhir.CodeRequired, path+".part:Content", "nothing", "a resource")
	}
	return out, issues
}

// AttachmentUpdate is the PAS update that attachments become: the newest request
// as it was sent, unchanged, with the attachments as supporting information that
// was added (profile-claim-update). key tells this bringing from every other. A
// reference to a Patient who is not in the request means its member.
func AttachmentUpdate(sent *fhir.Resource, a *Attachments, key string) ([]byte, fhir.Issues) {
	b := open(sent)
	at := &b.entries[0]
	claim := at.Resource
	var infos, added fhir.List
	about := map[int][]any{}
	next := 0
	for _, info := range claim.Get("supportingInfo").Items() {
		infos = append(infos, unmarked(info))
		n, _ := strconv.Atoi(info.Get("sequence").Text()) // positiveInt
		next = max(next, n)
	}
	for i, p := range a.parts {
		next++
		url := named("attachment", key, strconv.Itoa(i))
		infos = append(infos, fhir.Obj("extension", fhir.List{fhir.Obj("url", codes.PAS+"infoChanged", "valueCode", "added")}, "sequence", next,
			"category", concept(tempCodes, "additionalInformation", ""), "code", p.code, "valueReference", fhir.Obj("reference", url)))
		added = append(added, fhir.Obj("fullUrl", url, "resource", b.aboutMember(p.content)))
		for _, line := range p.lines {
			about[line] = append(about[line], next)
		}
	}
	items, issues := itemsAbout(claim, a, about)
	update := fhir.Object{}
	for name, member := range claim.Root().Members() {
		update = update.With(name, member)
	}
	url := b.besides(at, key)
	_, id, _, _ := fhir.ParseRef(url)
	update = update.With("id", id).With("related", fhir.List{fhir.Obj("claim", fhir.Obj("reference", at.FullURL), "relationship", concept(codes.Terminology+"ex-relatedclaimrelationship", "prior", ""))}).
		With("supportingInfo", infos).With("item", items).With("extension", append(others(claim), fhir.Obj("extension", fhir.List{fhir.Obj("url", "tracking", "valueIdentifier", identifier(a.Tracking)),
		fhir.Obj("url", "final", "valueBoolean", a.Final)}, "url", codes.Extensions+attachments)))
	entries := fhir.List{fhir.Obj("fullUrl", url, "resource", update)}
	for i, e := range b.entries {
		if i == 0 || e.Resource.Type != "Claim" { // the prior of the prior does not come along
			entries = append(entries, fhir.Obj("fullUrl", e.FullURL, "resource", e.Resource.Root()))
		}
	}
	return fhir.Obj("resourceType", "Bundle", "meta", sent.Get("meta"), "identifier", fhir.Obj("system", "urn:throughline:attachments", "value", key), "type", "collection",
		"timestamp", sent.Get("timestamp"), "entry", append(entries, added...)).JSON(), issues
}

// besides is a URL for another Claim, of the same server where the Claim has one.
func (b *bundle) besides(at *fhir.Entry, key string) string {
	if base, ok := restBase(at); ok {
		return base + "Claim/attached-" + key[:min(32, len(key))]
	}
	return named("attached", key)
}

// itemsAbout are the items of the request, with the attachments that are about
// them.
func itemsAbout(claim *fhir.Resource, a *Attachments, about map[int][]any) (items fhir.List, issues fhir.Issues) {
	known := map[int]bool{}
	for _, item := range claim.Get("item").Items() {
		n, _ := strconv.Atoi(item.Get("sequence").Text()) // checked when it was submitted
		known[n] = true
		o := unmarked(item)
		if len(about[n]) > 0 {
			list := fhir.List{}
			for _, old := range item.Get("informationSequence").Items() {
				list = append(list, old)
			}
			o = o.With("informationSequence", append(list, about[n]...))
		}
		items = append(items, o)
	}
	for _, p := range a.parts {
		if i := slices.IndexFunc(p.lines, func(n int) bool { return !known[n] }); i >= 0 {
			issues = append(issues, fhir.Issue{Severity: fhir.Error, Code: "not-found", Path: p.path + ".part:LineItem", Found: "line " + strconv.Itoa(p.lines[i]),
				Allowed: "the sequences of the request's items", Fix: "correct it, or leave it out: then it is about the whole request"})
		}
	}
	return items, issues
}

// unmarked is a part of a Claim without the mark of an earlier update.
func unmarked(part *fhir.Node) fhir.Object {
	o := fhir.Object{}
	for name, member := range part.Members() {
		o = o.With(name, member)
	}
	if infoChanged(part) == "" {
		return o
	}
	var kept fhir.List
	for _, e := range part.Get("extension").Items() {
		if e.Get("url").Text() != codes.PAS+"infoChanged" {
			kept = append(kept, e)
		}
	}
	return o.With("extension", kept)
}

// others are the extensions of a Claim but ours on attachments.
func others(claim *fhir.Resource) (out fhir.List) {
	for _, e := range claim.Get("extension").Items() {
		if e.Get("url").Text() != codes.Extensions+attachments {
			out = append(out, e)
		}
	}
	return out
}

// aboutMember is an attachment with the request's Patient as its subject: it was
// sent as being about the member, whatever it calls the child, or nothing.
func (b *bundle) aboutMember(content *fhir.Resource) fhir.Object {
	member := b.url(&b.entries[0], b.entries[0].Resource.Get("patient"))
	about := content.Rewrite(func(ref string) string {
		if typ, _, _, _ := fhir.ParseRef(ref); typ == "Patient" && b.byURL[ref] == nil {
			return member
		}
		return ref
	})
	o := fhir.Object{}
	for name, value := range about.Root().Members() {
		o = o.With(name, value)
	}
	if about.Get("subject", "reference") == nil {
		o = o.With("subject", fhir.Obj("reference", member))
	}
	return o
}

// attachable are the types of attachments: those with a subject, so that it is
// clear whose they are and the payer may see them.
var attachable = []string{"DocumentReference", "QuestionnaireResponse", "Observation", "DiagnosticReport", "Condition", "Procedure", "CarePlan", "Goal", "RiskAssessment", "ClinicalImpression",
	"ServiceRequest", "MedicationRequest", "Encounter", "Communication", "Media", "Composition"}
