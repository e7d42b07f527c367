package demo_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/store/storetest"
)

// attaching is the Parameters of $submit-attachment with a document and answered
// questions.
func attaching(tracking, member string, paper []byte) string {
	return fmt.Sprintf(`{"resourceType":"Parameters","parameter":[{"name":"TrackingId","valueIdentifier":{"system":"http://plan.example/tracking","value":%q}},{"name":"AttachTo","valueCode":"prior-auth"},
		{"name":"PayerId","valueIdentifier":{"system":"http://throughline.example/sid/payer","value":"mco-a"}},{"name":"OrganizationId","valueIdentifier":{"system":"http://hl7.org/fhir/sid/us-npi","value":"1999900016"}},
		{"name":"MemberId","valueIdentifier":{"system":"http://throughline.example/sid/medicaid","value":%q}},
		{"name":"Attachment","part":[{"name":"LineItem","valueString":"1"},{"name":"Code","valueCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"11506-3"}]}},
			{"name":"Content","resource":{"resourceType":"DocumentReference","id":"note","status":"current","subject":{"reference":"Patient/their-own-id"},"content":[{"attachment":{"contentType":"application/pdf","data":"%s"}}]}}]},
		{"name":"Attachment","part":[{"name":"Content","resource":{"resourceType":"QuestionnaireResponse","id":"answers","subject":{"identifier":{"system":"http://throughline.example/sid/medicaid","value":"SYN-PA-1"}},"questionnaire":"http://plan.example/Questionnaire/crisis-care","status":"completed","item":[{"linkId":"1","answer":[{"valueDecimal":1.50}]}]}}]}]}`,
		tracking, member, base64.StdEncoding.EncodeToString(paper))
}

// The payer pends a request and asks for more; $submit-attachment brings it, the
// payer gets it byte for byte as an update of the request, once, and decides.
func TestAttachmentsReachThePayer(t *testing.T) {
	for _, version := range []string{"2.0.1", "2.2.1"} {
		storetest.EachURL(t, func(t *testing.T, url string) {
			h := newPAHouse(t, url, version)
			pended := h.submit("MORE-1", "S9484", 1)
			if !strings.Contains(pended, `"code":"A4"`) || !strings.Contains(pended, `"ACN-MORE-1"`) {
				t.Fatalf("pended\n%s", pended)
			}
			paper := make([]byte, 50_000)
			_, _ = rand.Read(paper)
			body := attaching("ACN-MORE-1", "SYN-PA-1", paper)
			for range 2 {
				if status, answer := h.post("clinic-a", "/fhir/$submit-attachment", fhirMedia, body); status != http.StatusOK || !strings.Contains(answer, "OperationOutcome") {
					t.Fatalf("%d\n%s", status, answer)
				}
			}
			h.until("an update at the payer", func() bool { return len(h.plan.Asked()) == 2 })
			last := h.plan.Asked()[1]
			r, issues := fhir.Parse(last, fhir.Limits{})
			if issues = append(issues, fhir.Validate(r)...); issues.Errors() {
				t.Errorf("the payer was sent %v\n%s", issues, last)
			}
			carried(t, last, paper)
			claim := r.Entries()[0].Resource
			if claim.Get("related").Len() != 1 || claim.Get("supportingInfo").Len() != 2 || claim.Get("item").Items()[0].Get("informationSequence").Len() != 1 {
				t.Errorf("not an update with two pieces of information, one of item 1:\n%s", claim.JSON)
			}
			h.until("the decision", func() bool {
				_, asked := h.post("clinic-a", "/fhir/Claim/$inquire", fhirMedia, paRequest("MORE-1", "S9484", 1))
				return strings.Contains(asked, `"code":"A1"`) && !strings.Contains(asked, "CommunicationRequest")
			})
			if status, answer := h.post("clinic-a", "/fhir/$submit-attachment", fhirMedia, strings.Replace(body, "11506-3", "11488-4", 1)); status != http.StatusUnprocessableEntity || !strings.Contains(answer, "decided") {
				t.Errorf("after the decision: %d\n%s", status, answer)
			}
			if n := len(h.plan.Asked()); n != 2 {
				t.Errorf("the payer was asked %d times", n)
			}
		})
	}
}
