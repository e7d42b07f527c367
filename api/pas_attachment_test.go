package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// attach is the Parameters of $submit-attachment with one document.
func attach(tracking, to, payer, member, more, content string) string {
	return fmt.Sprintf(`{"resourceType":"Parameters","parameter":[{"name":"TrackingId","valueIdentifier":{"value":%q}},{"name":"AttachTo","valueCode":%q},{"name":"PayerId","valueIdentifier":{"value":%q}},
		{"name":"MemberId","valueIdentifier":{"value":%q}},%s{"name":"Attachment","part":[%s]}]}`, tracking, to, payer, member, more, content)
}

const attachedNote = `{"name":"Content","resource":{"resourceType":"DocumentReference","status":"current","description":"Progress note","content":[{"attachment":{"contentType":"text/plain","data":"bm90ZQ=="}}]}}`

// pendFor pends item 1 of a request and asks for two things.
func (p *paWorld) pendFor(trace string) {
	p.t.Helper()
	ask := func(typ, id, number string) string {
		more := `"status":"active"`
		if typ == "Task" {
			more = `"status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/us/davinci-hrex/CodeSystem/hrex-temp","code":"attachment-request-code"}]}`
		}
		return fmt.Sprintf(`{"fullUrl":"http://plan.example/fhir/%[1]s/%[2]s","resource":{"resourceType":%[1]q,"id":%[2]q,"identifier":[{"system":"urn:plan:acn","value":%[3]q}],%[4]s}}`, typ, id, number, more)
	}
	p.want(http.StatusOK, request{as: "mco-a", method: "POST", path: "/fhir/$pas-notification", body: fmt.Sprintf(`{"resourceType":"Bundle","type":"collection","timestamp":"2026-03-04T09:00:00Z","entry":[{"fullUrl":"http://plan.example/fhir/ClaimResponse/1","resource":
		{"resourceType":"ClaimResponse","id":"1","identifier":[{"value":%q}],"status":"active","type":{"coding":[{"code":"professional"}]},"use":"preauthorization","patient":{"display":"x"},"created":"2026-03-04T09:00:00Z","insurer":{"display":"x"},"outcome":"complete",
		"item":[{"itemSequence":1,"adjudication":[{"category":{"coding":[{"code":"submitted"}]},"extension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-reviewAction","extension":[
		{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-reviewActionCode","valueCodeableConcept":{"coding":[{"system":"https://codesystem.x12.org/005010/306","code":"A4"}]}}]}]}]}]}},%s,%s]}`,
		trace, ask("Task", "t1", "ACN-"+trace), ask("CommunicationRequest", "c1", "LET-"+trace))})
}

func (p *paWorld) attach(as, body string) response {
	p.t.Helper()
	return p.do(request{as: as, method: "POST", path: "/fhir/$submit-attachment", body: body})
}

// stillAsked is what the payer still wants to know, by its type.
func (p *paWorld) stillAsked(as, body string) string {
	p.t.Helper()
	text := p.want(http.StatusOK, request{as: as, method: "POST", path: "/fhir/Claim/$inquire", body: body}).body
	out := ""
	for typ, name := range map[string]string{"Task": "T", "CommunicationRequest": "C"} {
		if strings.Contains(text, `"resourceType":"`+typ+`"`) {
			out += name
		}
	}
	if out == "CT" {
		return "TC"
	}
	return out
}

// Attachments answer what they are tracked by; with Final false nothing yet. They
// wait for the payer's reviewer with the request, and come once.
func TestAttachmentsAnswerWhatWasAsked(t *testing.T) {
	for _, as := range []string{"clinic-a", "clinic-b"} {
		eachPA(t, func(t *testing.T, p *paWorld) {
			body := paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", ""), paItem(2, "5", "")))
			p.submit(as, body)
			p.pendFor("REQ-1")
			if got := p.stillAsked(as, body); got != "TC" {
				t.Fatalf("asked for %q", got)
			}
			for _, step := range []struct{ tracking, more, left string }{
				{"ACN-REQ-1", `{"name":"Final","valueBoolean":false},`, "TC"}, {"ACN-REQ-1", "", "C"}, {"REQ-1", "", ""},
			} {
				attached := attach(step.tracking, "prior-auth", "MCOA", "M1", step.more, attachedNote)
				first, again := p.attach(as, attached), p.attach(as, attached)
				if first.StatusCode != http.StatusOK || again.body != first.body || again.Header.Get("Idempotent-Replayed") != "true" {
					t.Fatalf("%s: %d %s, again %d %s", step.tracking, first.StatusCode, first.body, again.StatusCode, again.body)
				}
				if got := p.stillAsked(as, body); got != step.left {
					t.Errorf("after %s %s: asked for %q, want %q", step.tracking, step.more, got, step.left)
				}
			}
			list, _, err := p.store.Requests(t.Context(), gateway.Caller{Partner: "mco-a"}, gateway.AuthWaiting, gateway.Paging{})
			if err != nil || len(list) != 1 || len(list[0].Revisions) != 4 {
				t.Fatalf("%v %+v", err, list)
			}
			sent, err := p.store.Submitted(t.Context(), list[0].Latest().Message)
			claim := string((response{body: string(sent)}).parse(t).Entries()[0].Resource.JSON)
			if err != nil || strings.Count(string(sent), "Progress note") != 3 || strings.Count(claim, `"valueCode":"added"`) != 1 || strings.Count(claim, `"additionalInformation"`) != 3 {
				t.Errorf("the reviewer is shown %v\n%s", err, sent)
			}
			p.decide("REQ-1", "2026-03-05T09:00:00Z", `{"item":1,"action":"A1","authorization_id":"AUTH1"},{"item":2,"action":"A1","authorization_id":"AUTH2"}`)
			if _, left := p.check("AUTH1"); left != "approved 5 of 5" {
				t.Errorf("check says %s", left)
			}
		})
	}
}

// What cannot be taken is refused with its reason, and nothing is stored; another's
// number is like an unknown one.
func TestAttachmentsThatAreRefused(t *testing.T) {
	eachPA(t, func(t *testing.T, p *paWorld) {
		body := paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", "")))
		p.submit("clinic-b", body)
		p.pendFor("REQ-1")
		before := p.stored("clinic-b")
		code := `{"name":"Code","valueCodeableConcept":{"text":"note"}},`
		for name, c := range map[string]struct {
			as     string
			status int
			why    string
			body   string
		}{
			"unknown":         {"clinic-b", 404, "leads to no request of yours", attach("ACN-9", "prior-auth", "MCOA", "M1", "", attachedNote)},
			"another's":       {"clinic-a", 404, "leads to no request of yours", attach("ACN-REQ-1", "prior-auth", "MCOA", "M1", "", attachedNote)},
			"another member":  {"clinic-b", 404, "leads to no request of yours", attach("ACN-REQ-1", "prior-auth", "MCOA", "M2", "", attachedNote)},
			"another payer":   {"clinic-b", 422, "payer that is not known", attach("ACN-REQ-1", "prior-auth", "OTHER", "M1", "", attachedNote)},
			"claim":           {"clinic-b", 400, "AttachTo", attach("ACN-REQ-1", "claim", "MCOA", "M1", "", attachedNote)},
			"no content":      {"clinic-b", 422, "Content", attach("ACN-REQ-1", "prior-auth", "MCOA", "M1", "", strings.TrimSuffix(code, ","))},
			"bad content":     {"clinic-b", 422, "DocumentReference.status", attach("ACN-REQ-1", "prior-auth", "MCOA", "M1", "", strings.Replace(attachedNote, "current", "old", 1))},
			"loose reference": {"clinic-b", 422, "not in the Bundle", attach("ACN-REQ-1", "prior-auth", "MCOA", "M1", "", strings.Replace(attachedNote, `"status"`, `"author":[{"reference":"Practitioner/9"}],"status"`, 1))},
			"unknown line":    {"clinic-b", 422, "LineItem", attach("ACN-REQ-1", "prior-auth", "MCOA", "M1", "", `{"name":"LineItem","valueString":"7"},`+attachedNote)},
			"loose data":      {"clinic-b", 400, "DocumentReference", attach("ACN-REQ-1", "prior-auth", "MCOA", "M1", "", `{"name":"Content","resource":{"resourceType":"Binary","contentType":"text/plain","data":"bm90ZQ=="}}`)},
			"unknown name":    {"clinic-b", 400, "Colour", attach("ACN-REQ-1", "prior-auth", "MCOA", "M1", `{"name":"Colour","valueString":"7"},`, attachedNote)},
			"no tracking":     {"clinic-b", 422, "TrackingId", strings.Replace(attach("ACN-REQ-1", "prior-auth", "MCOA", "M1", "", attachedNote), `{"value":"ACN-REQ-1"}`, `{"system":"urn:x"}`, 1)},
			"no Parameters":   {"clinic-b", 422, "Parameters", body},
			"not allowed":     {"plans-only", 403, "fhir/pas-submit", attach("ACN-REQ-1", "prior-auth", "MCOA", "M1", "", attachedNote)},
		} {
			res := p.attach(c.as, c.body)
			res.explains(t, request{path: "/fhir/$submit-attachment"})
			if res.StatusCode != c.status || !strings.Contains(res.body, c.why) {
				t.Errorf("%s: %d, want %d with %q\n%s", name, res.StatusCode, c.status, c.why, res.body)
			}
		}
		x12, _ := p.find("mco-a")
		x12.Deliver = &gateway.Endpoint{Wire: "files", Format: "x12"}
		res := p.attach("clinic-b", attach("ACN-REQ-1", "prior-auth", "MCOA", "M1", "", attachedNote))
		if x12.Deliver = nil; res.StatusCode != 400 || !strings.Contains(res.body, "275") {
			t.Errorf("by X12: %d %s", res.StatusCode, res.body)
		}
		if after := p.stored("clinic-b"); after != before {
			t.Errorf("%s stored, before %s", after, before)
		}
		if r := p.want(http.StatusOK, request{method: "GET", path: "/fhir/metadata"}); !strings.Contains(r.body, "davinci-cdex/OperationDefinition/submit-attachment") {
			t.Error("not claimed")
		}
	})
}
