package demo_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/store/storetest"
)

// paNext is an update of the request last, with the prior Claim in the Bundle;
// item says what becomes of the item.
func paNext(trace, last, prior, item string, units int) string {
	const at = `"item":[{"sequence":1,`
	related := fmt.Sprintf(`"related":[{"claim":{"reference":"Claim/%s"},"relationship":{"coding":[{"code":"prior"}]}}],"item":[{%s,"sequence":1,`, last, item)
	next := strings.Replace(paRequest(trace, "H2021", units), at, related, 1)
	return strings.Replace(next, `{"fullUrl":"http://clinic.example/fhir/Organization/us"`, prior+`,{"fullUrl":"http://clinic.example/fhir/Organization/us"`, 1)
}

// paEntry is the Claim of a request as an entry.
func paEntry(request, trace string) string {
	start := strings.Index(request, `{"fullUrl":"http://clinic.example/fhir/Claim/`+trace+`"`)
	return request[start : start+strings.Index(request[start:], "}},\n")+2]
}

// An update and a cancellation reach the payer as the requester marked them, with
// the prior Claim and without the prior of the prior; every reference of the
// request is in the Bundle.
func TestUpdateReachesThePayer(t *testing.T) {
	const pasURL = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"
	changed := `"extension":[{"url":"` + pasURL + `extension-infoChanged","valueCode":"changed"}]`
	cancelled := `"modifierExtension":[{"url":"` + pasURL + `modifierextension-infoCancelled","valueBoolean":true}],"extension":[{"url":"` + pasURL + `extension-certificationType","valueCodeableConcept":{"coding":[{"system":"https://codesystem.x12.org/005010/1322","code":"3"}]}}]`
	for _, version := range []string{"2.0.1", "2.2.1"} {
		storetest.EachURL(t, func(t *testing.T, url string) {
			h := newPAHouse(t, url, version)
			h.submit("CH-1", "H2021", 2)
			second := paNext("CH-2", "CH-1", paEntry(paRequest("CH-1", "H2021", 2), "CH-1"), changed, 3)
			third := paNext("CH-3", "CH-2", paEntry(second, "CH-2"), cancelled, 3)
			for _, c := range []struct{ body, want string }{{second, `"code":"A1"`}, {third, `"code":"C"`}} {
				if status, answer := h.post("clinic-a", "/fhir/Claim/$submit", fhirMedia, c.body); status != http.StatusOK || !strings.Contains(answer, c.want) {
					t.Fatalf("no %s: %d %s", c.want, status, answer)
				}
			}
			asked := h.plan.Asked()
			if len(asked) != 3 {
				t.Fatalf("the plan was asked %d times", len(asked))
			}
			for i, want := range []struct{ mark, traces string }{{`"value":2`, "CH-1"}, {`extension-infoChanged","valueCode":"changed"`, "CH-2 CH-1"}, {`modifierextension-infoCancelled","valueBoolean":true`, "CH-3 CH-2"}} {
				r, issues := fhir.Parse(asked[i], fhir.Limits{})
				if issues = append(issues, fhir.Validate(r)...); issues.Errors() {
					t.Errorf("request %d: %v", i, issues)
				}
				traces, there := []string{}, map[string]bool{}
				for _, e := range r.Entries() {
					there[e.FullURL] = true
					if e.Resource.Type == "Claim" {
						traces = append(traces, e.Resource.Get("identifier").Items()[0].Get("value").Text())
					}
				}
				for _, ref := range r.Entries()[0].Resource.References() {
					if !there[ref.Value] {
						t.Errorf("request %d refers to %s, which is not in it", i, ref.Value)
					}
				}
				if got := strings.Join(traces, " "); got != want.traces || !strings.Contains(string(r.Entries()[0].Resource.JSON), want.mark) {
					t.Errorf("request %d has the Claims %s, want %s, and %s in\n%s", i, got, want.traces, want.mark, asked[i])
				}
			}
		})
	}
}
