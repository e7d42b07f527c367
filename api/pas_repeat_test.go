package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline/throughline/gateway"
)

// told is how many events a subscription has had, by its $status.
func (p *paWorld) told(as, id string) string {
	p.t.Helper()
	body := p.want(http.StatusOK, request{as: as, method: "GET", path: "/fhir/Subscription/" + id + "/$status"}).body
	_, after, _ := strings.Cut(body, `"events-since-subscription-start","valueString":"`)
	n, _, _ := strings.Cut(after, `"`)
	return n
}

// The payer says the same again, under another time, in words of its own or by
// another wire: nobody is told a second time, and the answer keeps its date. What
// says something else is told.
func TestTheSameAnswerAgainIsNoEvent(t *testing.T) {
	for _, as := range []string{"clinic-a", "clinic-b"} {
		eachPA(t, func(t *testing.T, p *paWorld) {
			sub, err := p.store.PutSubscription(t.Context(), &gateway.Subscription{Partner: gateway.PartnerID(as), Status: gateway.SubActive, Endpoint: "https://clinic.example/hook", Doc: []byte("{}")})
			if err != nil {
				t.Fatal(err)
			}
			body := paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", ""), paItem(2, "5", "")))
			p.submit(as, body)
			notify := func(at, items string) {
				t.Helper()
				p.want(http.StatusOK, request{as: "mco-a", method: "POST", path: "/fhir/$pas-notification", body: fmt.Sprintf(`{"resourceType":"Bundle","type":"collection","timestamp":%[1]q,"entry":[{"fullUrl":"http://plan.example/fhir/ClaimResponse/1","resource":
					{"resourceType":"ClaimResponse","id":"1","identifier":[{"value":"REQ-1"}],"status":"active","type":{"coding":[{"code":"professional"}]},"use":"preauthorization","patient":{"display":"x"},"created":%[1]q,"insurer":{"display":"x"},"outcome":"complete","item":[%[2]s]}}]}`, at, items)})
			}
			item := func(n int, action, number string) string {
				return fmt.Sprintf(`{"itemSequence":%d,"adjudication":[{"category":{"coding":[{"code":"submitted"}]},"extension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-reviewAction","extension":[{"url":"number","valueString":%q},
					{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-reviewActionCode","valueCodeableConcept":{"coding":[{"system":"https://codesystem.x12.org/005010/306","code":%q}]}}]}]}]}`, n, number, action)
			}
			both := item(1, "A1", "AUTH1") + "," + item(2, "A4", "CASE2")
			notify("2026-03-04T09:00:00Z", both)
			first := p.want(http.StatusOK, request{as: as, method: "POST", path: "/fhir/Claim/$inquire", body: body})
			for _, at := range []string{"2026-03-04T09:00:00Z", "2026-03-05T09:00:00Z", "2026-03-04T08:00:00Z", "2026-03-06T09:00:00Z"} {
				notify(at, both)
			}
			p.decide("REQ-1", "2026-03-07T09:00:00Z", `{"item":1,"action":"A1","authorization_id":"AUTH1"}`)
			if n := p.told(as, sub.ID); n != "1" {
				t.Errorf("%s: told %s times of one answer", as, n)
			}
			again := p.want(http.StatusOK, request{as: as, method: "POST", path: "/fhir/Claim/$inquire", body: body})
			if strings.Replace(again.body, "08:00:00", "09:00:00", 2) != first.body {
				t.Errorf("the answer became\n%s\nwas\n%s", again.body, first.body)
			}
			notify("2026-03-08T09:00:00Z", item(2, "A3", "CASE2"))
			notify("2026-03-09T09:00:00Z", item(2, "A3", "CASE2"))
			if n := p.told(as, sub.ID); n != "2" {
				t.Errorf("%s: told %s times of two answers", as, n)
			}
		})
	}
}
