package demo_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/store/storetest"
)

// The payer wants to know more: what it asks for is shown with the pended answer
// and by $inquire, to the requester only. The update that brings a document and
// answered questions reaches the payer byte for byte, and gets the decision.
func TestMoreInformation(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, url string) {
		h := newPAHouse(t, url, "2.2.1")
		first := paRequest("MORE-1", "S9484", 1)
		status, pended := h.post("clinic-a", "/fhir/Claim/$submit", fhirMedia, first)
		if status != http.StatusOK || !strings.Contains(pended, `"code":"A4"`) {
			t.Fatalf("%d %s", status, pended)
		}
		asksWhole(t, pended)
		_, asked := h.post("clinic-a", "/fhir/Claim/$inquire", fhirMedia, first)
		r, _ := fhir.Parse([]byte(asked), fhir.Limits{})
		asksWhole(t, string(r.Get("parameter").Items()[0].Get("resource").Raw()))
		if status, other := h.post("clinic-b", "/fhir/Claim/$inquire", fhirMedia, first); strings.Contains(other, "crisis") || !strings.Contains(other, `"code":"A4"`) {
			t.Errorf("another provider sees %d\n%s", status, other)
		}

		paper := make([]byte, 100_000)
		_, _ = rand.Read(paper)
		update := withEvidence(first, paper)
		if status, decided := h.post("clinic-a", "/fhir/Claim/$submit", fhirMedia, update); status != http.StatusOK || !strings.Contains(decided, `"code":"A1"`) || strings.Contains(decided, "CommunicationRequest") {
			t.Errorf("with evidence: %d\n%s", status, decided)
		}
		got := h.plan.Asked()
		carried(t, got[len(got)-1], paper)
	})
}

// asksWhole checks that a Bundle shows what is asked, and that all it refers to
// is in it.
func asksWhole(t *testing.T, body string) {
	t.Helper()
	r, issues := fhir.Parse([]byte(body), fhir.Limits{})
	if r == nil || fhir.Validate(r).Errors() {
		t.Fatalf("%v\n%s", issues, body)
	}
	urls, types := map[string]bool{}, map[string]int{}
	for _, e := range r.Entries() {
		urls[e.FullURL] = true
		types[e.Resource.Type]++
	}
	if types["Task"] != 1 || types["CommunicationRequest"] != 1 || r.Entries()[0].Resource.Get("communicationRequest").Len() != 1 {
		t.Errorf("asked for %v in\n%s", types, body)
	}
	for _, e := range r.Entries() {
		for _, ref := range e.Resource.References() {
			if (e.Resource.Type == "Task" || e.Resource.Type == "CommunicationRequest" || e.Resource.Type == "ClaimResponse") && ref.Link == fhir.LinkReference && !urls[ref.Value] {
				t.Errorf("%s refers to %s, which is not in\n%s", ref.Path, ref.Value, body)
			}
		}
	}
}

// withEvidence makes an update of a request that brings a document and answers.
func withEvidence(first string, paper []byte) string {
	const base = "http://clinic.example/fhir/"
	update := strings.ReplaceAll(first, "MORE-1", "MORE-2")
	update = strings.Replace(update, `"item":[{"sequence":1,`, `"related":[{"claim":{"reference":"Claim/MORE-1"},"relationship":{"coding":[{"code":"prior"}]}}],
		"supportingInfo":[{"sequence":1,"category":{"coding":[{"system":"http://hl7.org/fhir/us/davinci-pas/CodeSystem/PASTempCodes","code":"additionalInformation"}]},"valueReference":{"reference":"DocumentReference/paper"}},
		{"sequence":2,"category":{"coding":[{"system":"http://hl7.org/fhir/us/davinci-pas/CodeSystem/PASTempCodes","code":"additionalInformation"}]},"valueReference":{"reference":"QuestionnaireResponse/answers"}}],
		"item":[{"sequence":1,"extension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-infoChanged","valueCode":"changed"}],`, 1)
	prior := first[strings.Index(first, `{"fullUrl":"`+base+`Claim/MORE-1"`):]
	prior = prior[:strings.Index(prior, `{"fullUrl":"`+base+`Organization/us"`)]
	evidence := `{"fullUrl":"` + base + `DocumentReference/paper","resource":{"resourceType":"DocumentReference","id":"paper","status":"current","subject":{"reference":"Patient/kid"},"content":[{"attachment":{"contentType":"application/pdf","data":"` +
		base64.StdEncoding.EncodeToString(paper) + `"}}]}},
	{"fullUrl":"` + base + `QuestionnaireResponse/answers","resource":{"resourceType":"QuestionnaireResponse","id":"answers","questionnaire":"http://plan.example/Questionnaire/crisis-care","status":"completed","subject":{"reference":"Patient/kid"},"item":[{"linkId":"1","answer":[{"valueDecimal":1.50}]}]}},`
	return strings.Replace(update, `{"fullUrl":"`+base+`Organization/us"`, prior+evidence+`{"fullUrl":"`+base+`Organization/us"`, 1)
}

// carried checks that the evidence came to the payer as it was sent.
func carried(t *testing.T, body, paper []byte) {
	t.Helper()
	r, _ := fhir.Parse(body, fhir.Limits{})
	found := 0
	for _, e := range r.Entries() {
		switch e.Resource.Type {
		case "DocumentReference":
			data, err := base64.StdEncoding.DecodeString(e.Resource.Get("content").Items()[0].Get("attachment", "data").Text())
			if err != nil || !bytes.Equal(data, paper) {
				t.Errorf("the document came as another: %v", err)
			}
			found++
		case "QuestionnaireResponse":
			if !bytes.Contains(e.Resource.JSON, []byte(`"item":[{"linkId":"1","answer":[{"valueDecimal":1.50}]}]`)) {
				t.Errorf("the answers came as %s", e.Resource.JSON)
			}
			found++
		}
	}
	if found != 2 {
		t.Errorf("%d of 2 pieces of evidence came", found)
	}
}
