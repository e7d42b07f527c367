package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// What the payer has not said in time is pended: outcome complete with A4, and
// the same bytes for the same trace, whatever comes later; $inquire and the next
// update show what stands.
func TestPendedThenFinal(t *testing.T) {
	eachVersion(t, func(t *testing.T, p *paWorld, as string) {
		p.known[gateway.PartnerID(as)].Identifiers = []gateway.Identifier{{System: gateway.NPI, Value: "1234567893"}} // the provider sees what is left
		body := paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", ""), paItem(2, "8", "")))
		first := p.submit(as, body)
		if got := actions(t, first); got != "complete 1=A4 2=A4" {
			t.Fatalf("answered %q", got)
		}
		p.decide("REQ-1", "2026-03-04T09:00:00Z", `{"item":2,"action":"A3","reason":"not shown to be needed"}`)
		p.decide("REQ-1", "2026-03-04T10:00:00Z", `{"item":1,"action":"A1","authorization_id":"AUTH1"}`)
		if again := p.submit(as, body); again.body != first.body {
			t.Errorf("the same trace again:\n%s\nwas\n%s", again.body, first.body)
		}
		asked := p.want(http.StatusOK, request{as: as, method: "POST", path: "/fhir/Claim/$inquire", body: body})
		if got := actions(t, asked); got != "complete 1=A1 2=A3" {
			t.Errorf("inquired %q", got)
		}
		for _, want := range []string{"not shown to be needed", `"remaining","valueDecimal":5`} {
			if !strings.Contains(asked.body, want) {
				t.Errorf("%s is missing in\n%s", want, asked.body)
			}
		}
	})
}

// An update keeps what stands on items that did not change, and shows every
// item.
func TestUpdateAndCancel(t *testing.T) {
	eachVersion(t, func(t *testing.T, p *paWorld, as string) {
		p.submit(as, paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", ""), paItem(2, "8", ""))))
		p.decide("REQ-1", "2026-03-04T09:00:00Z", `{"item":1,"action":"A1","authorization_id":"AUTH1"},{"item":2,"action":"A1","authorization_id":"AUTH2"}`)
		prior := paClaim("c1", "REQ-1", "", paItem(1, "5", ""), paItem(2, "8", ""))

		add := paBundle(paClaim("c2", "REQ-2", priorOf("c1"), paItem(1, "5", ""), paItem(2, "8", ""), paItem(3, "2", changedItem("added"))), prior)
		if got := actions(t, p.submit(as, add)); got != "complete 1=A1 2=A1 3=A4" {
			t.Errorf("added: %q", got)
		}
		p.decide("REQ-2", "2026-03-05T09:00:00Z", `{"item":3,"action":"A1","authorization_id":"AUTH3"}`)

		change := paBundle(paClaim("c3", "REQ-3", priorOf("c2"), paItem(1, "9", changedItem("changed")), paItem(2, "8", cancelledItem()), paItem(3, "2", "")),
			paClaim("c2", "REQ-2", priorOf("c1"), paItem(1, "5", ""), paItem(2, "8", ""), paItem(3, "2", "")))
		if got := actions(t, p.submit(as, change)); got != "complete 1=A4 2=A4 3=A1" {
			t.Errorf("changed: %q", got)
		}
		p.decide("REQ-3", "2026-03-06T09:00:00Z", `{"item":1,"action":"A6","units":7,"authorization_id":"AUTH1B","reason":"seven"},{"item":2,"action":"C"}`)
		if _, left := p.check("AUTH1"); left != "cancelled 5 of 5" && left != "cancelled 7 of 7" {
			t.Errorf("the number that was replaced: %s", left)
		}
		if _, left := p.check("AUTH1B"); left != "partial 7 of 7" {
			t.Errorf("the new number: %s", left)
		}

		all := paBundle(paClaim("c4", "REQ-4", priorOf("c3")+`,"extension":[`+certified("3")+`]`, paItem(1, "9", cancelledItem()), paItem(2, "8", cancelledItem()), paItem(3, "2", cancelledItem())),
			paClaim("c3", "REQ-3", priorOf("c2"), paItem(1, "9", ""), paItem(2, "8", ""), paItem(3, "2", "")))
		if got := actions(t, p.submit(as, all)); got != "complete 1=A4 2=C 3=A4" {
			t.Errorf("cancelled all: %q", got)
		}
		p.decide("REQ-4", "2026-03-07T09:00:00Z", `{"item":1,"action":"C"},{"item":3,"action":"C"}`)
		p.refused(as, "is cancelled", strings.ReplaceAll(all, "REQ-4", "REQ-5"))
		if answer, _ := p.check("AUTH3"); answer == "yes" {
			t.Error("units are left of a cancelled authorization")
		}
	})
}

// refused sends a request that must be refused for a reason, with nothing
// stored.
func (p *paWorld) refused(as, why, body string) {
	p.t.Helper()
	before := p.stored(as)
	res := p.do(request{as: as, method: "POST", path: "/fhir/Claim/$submit", body: body})
	if res.StatusCode < 400 || res.StatusCode > 499 {
		p.t.Errorf("%s: status %d\n%s", why, res.StatusCode, res.body)
		return
	}
	res.explains(p.t, request{path: "/fhir/Claim/$submit"})
	if !strings.Contains(res.body, why) {
		p.t.Errorf("refused for another reason than %q:\n%s", why, res.body)
	}
	if after := p.stored(as); after != before {
		p.t.Errorf("%s: %s stored, before %s", why, after, before)
	}
}

// stored counts what a request could leave behind, as its sender sees it.
func (p *paWorld) stored(as string) string {
	p.t.Helper()
	var out []string
	for _, typ := range []string{"Claim", "Patient", "Organization", "Coverage", "ClaimResponse"} {
		r := p.want(http.StatusOK, request{as: as, method: "GET", path: "/fhir/" + typ + "?_summary=count"}).parse(p.t)
		out = append(out, fmt.Sprintf("%d %s", r.Get("entry").Len(), typ))
	}
	return strings.Join(out, ", ")
}

func TestBadRequestsAreRefusedWhole(t *testing.T) {
	eachPA(t, func(t *testing.T, p *paWorld) {
		good := paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", "")))
		replace := func(old, with string) string {
			if !strings.Contains(good, old) {
				t.Fatalf("no %s in the request", old)
			}
			return strings.Replace(good, old, with, 1)
		}
		p.refused("clinic-b", "no Claim as the first entry", `{"resourceType":"Bundle","type":"collection","entry":[]}`)
		p.refused("clinic-b", "no Claim as the first entry", `{"resourceType":"Bundle","type":"collection","timestamp":"2026-01-01T00:00:00Z","identifier":{"value":"1"},"entry":[{"fullUrl":"urn:uuid:8ac3a4c8-3a1b-4c44-a1c2-b0c6ba2a3c7a","resource":{"resourceType":"Patient"}}]}`)
		p.refused("clinic-b", "Bundle of type collection", replace(`"type":"collection"`, `"type":"batch"`))
		p.refused("clinic-b", "timestamp", replace(`"timestamp":"2026-03-03T10:15:00Z",`, ``))
		p.refused("clinic-b", "not in the Bundle", replace(`Patient/kid"},"created"`, `Patient/other"},"created"`))
		p.refused("clinic-b", "not in the Bundle", replace(`"payor":[{"reference":"Organization/payer"}]`, `"payor":[{"reference":"https://elsewhere.example/fhir/Organization/payer"}]`))
		p.refused("clinic-b", "payer that is not known", strings.ReplaceAll(good, `"MCOA"`, `"NOBODY"`))
		p.refused("clinic-b", "not enrolled", strings.ReplaceAll(good, `"M1"`, `"M9"`))
		p.refused("clinic-b", "without a gap", replace(`"sequence":1,"productOrService"`, `"sequence":3,"productOrService"`))
		p.refused("clinic-b", "modifier extension", replace(`"quantity":`, `"modifierExtension":[{"url":"urn:test:not","valueBoolean":true}],"quantity":`))
		gone := `"modifierExtension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/modifierextension-infoCancelled","valueBoolean":true}],`
		for _, elsewhere := range []string{`"name":[{"family"`, `"status":"active","type"`, `"insurance":[{"sequence"`, `"quantity":{"value"`, `"timestamp"`, `"subscriberId"`} {
			at := strings.LastIndexAny(elsewhere, "{,") + 1
			p.refused("clinic-b", "modifier extension", replace(elsewhere, elsewhere[:at]+gone+elsewhere[at:]))
		}
		p.refused("clinic-b", "modifier extension", replace(`"quantity":`, strings.Replace(gone, `,"valueBoolean":true`, ``, 1)+`"quantity":`))
		p.refused("clinic-b", "another payer", replace(`"payor":[{"reference":"Organization/payer"}]`, `"payor":[{"identifier":{"value":"MCOB"}}]`))
		p.refused("clinic-b", "no value above 0", replace(`"value":5`, `"value":0`))
		p.refused("clinic-b", "half a cancellation", paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", `,"extension":[`+certified("3")+`]`))))
		p.refused("clinic-b", "not known", paBundle(paClaim("c2", "REQ-2", priorOf("c1"), paItem(1, "5", changedItem("changed"))), paClaim("c1", "REQ-1", "", paItem(1, "5", ""))))
		p.refused("clinic-b", "earlier entry", paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", "")), `{"resourceType":"Organization","id":"us","name":"Clinic"}`))
		p.want(http.StatusForbidden, request{as: "plans-only", method: "POST", path: "/fhir/Claim/$submit", body: good})
		p.want(http.StatusNotFound, request{as: "clinic-a", method: "POST", path: "/fhir/Patient/$submit", body: good})

		p.submit("clinic-b", good)
		p.decide("REQ-1", "2026-03-04T09:00:00Z", `{"item":1,"action":"A3","reason":"no"}`)
		prior := paClaim("c1", "REQ-1", "", paItem(1, "5", ""))
		p.refused("clinic-b", "denied", paBundle(paClaim("c2", "REQ-2", priorOf("c1"), paItem(1, "6", changedItem("changed"))), prior))
		if got := actions(t, p.submit("clinic-b", paBundle(paClaim("c9", "REQ-9", "", paItem(1, "6", ""))))); got != "complete 1=A4" {
			t.Errorf("a new request after a denial: %q", got)
		}
		p.submit("clinic-b", paBundle(paClaim("c8", "REQ-8", "", paItem(1, "6", ""), paItem(2, "6", ""))))
		p.refused("clinic-b", "without item 2", paBundle(paClaim("c10", "REQ-10", priorOf("c8"), paItem(1, "7", changedItem("changed"))), paClaim("c8", "REQ-8", "", paItem(1, "6", ""), paItem(2, "6", ""))))
		p.refused("clinic-b", "not marked", paBundle(paClaim("c10", "REQ-10", priorOf("c9"), paItem(1, "7", ""), paItem(2, "7", changedItem("added"))), paClaim("c9", "REQ-9", "", paItem(1, "6", ""))))
		p.refused("clinic-b", "changes nothing", paBundle(paClaim("c10", "REQ-10", priorOf("c9"), paItem(1, "6", "")), paClaim("c9", "REQ-9", "", paItem(1, "6", ""))))
		if res := p.do(p.decision("REQ-9", "2026-03-05T09:00:00Z", `{"item":4,"action":"A1"}`)); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("a decision on an item that is not there: %d %s", res.StatusCode, res.body)
		}
		if res := p.do(p.decision("REQ-77", "2026-03-05T09:00:00Z", `{"item":1,"action":"A1"}`)); res.StatusCode != http.StatusNotFound {
			t.Errorf("a decision on an unknown request: %d %s", res.StatusCode, res.body)
		}
	})
}

// A cancellation and a decision on what was asked before meet: whichever is first,
// the late decision gives no units to what was withdrawn.
func TestCancelRace(t *testing.T) {
	eachVersion(t, func(t *testing.T, p *paWorld, as string) {
		prior := paClaim("c1", "REQ-1", "", paItem(1, "5", ""))
		p.submit(as, paBundle(prior))
		cancel := paBundle(paClaim("c2", "REQ-2", priorOf("c1")+`,"extension":[`+certified("3")+`]`, paItem(1, "5", cancelledItem())), prior)
		done := make(chan response, 2)
		go func() {
			done <- p.do(request{as: as, method: "POST", path: "/fhir/Claim/$submit", body: cancel})
		}()
		go func() {
			done <- p.do(p.decision("REQ-1", "2026-03-04T09:00:00Z", `{"item":1,"action":"A1","authorization_id":"AUTH1"}`))
		}()
		for range 2 {
			if res := <-done; res.StatusCode != http.StatusOK {
				t.Fatalf("%d %s", res.StatusCode, res.body)
			}
		}
		p.decide("REQ-2", "2026-03-05T09:00:00Z", `{"item":1,"action":"C"}`)
		asked := p.want(http.StatusOK, request{as: as, method: "POST", path: "/fhir/Claim/$inquire", body: paBundle(prior)})
		if got := actions(t, asked); got != "complete 1=C" {
			t.Errorf("after the race: %q", got)
		}
		if _, left := p.check("AUTH1"); left != "none" && !strings.HasPrefix(left, "cancelled") {
			t.Errorf("the ledger after the race: %s", left)
		}
	})
}

// Who asks about another's request needs the member id and the provider; the
// request itself is not shown.
func TestInquiryOfAnother(t *testing.T) {
	eachPA(t, func(t *testing.T, p *paWorld) {
		p.submit("clinic-a", paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", ""))))
		p.decide("REQ-1", "2026-03-04T09:00:00Z", `{"item":1,"action":"A1","authorization_id":"AUTH1"}`)
		question := func(npi, code string) string {
			item := `{"sequence":1,"productOrService":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"not-applicable"}]}}`
			if code != "" {
				item = `{"sequence":1,"productOrService":{"coding":[{"code":"` + code + `"}]}}`
			}
			return strings.ReplaceAll(paBundle(paClaim("q1", "ASK-1", "", item)), "1234567893", npi)
		}
		for body, want := range map[string]string{
			question("1234567893", ""):      "complete 1=A1",
			question("1234567893", "H2021"): "complete 1=A1",
			question("1234567893", "T1016"): "",
			question("1999900016", ""):      "",
		} {
			got := actions(t, p.want(http.StatusOK, request{as: "clinic-b", method: "POST", path: "/fhir/Claim/$inquire", body: body}))
			if got != want {
				t.Errorf("answered %q, want %q", got, want)
			}
		}
		res := p.want(http.StatusOK, request{as: "clinic-b", method: "POST", path: "/fhir/Claim/$inquire", body: question("1234567893", "")})
		if strings.Contains(res.body, `"resourceType":"Claim"`) {
			t.Errorf("another's request is shown:\n%s", res.body)
		}
		p.want(http.StatusNotFound, request{as: "clinic-a", method: "POST", path: "/fhir/Claim/$inquire", body: question("1234567893", "T1016")})
		p.want(http.StatusUnprocessableEntity, request{as: "clinic-b", method: "POST", path: "/fhir/Claim/$inquire", body: `{"resourceType":"Bundle","type":"collection","entry":[]}`})
	})
}

// The metadata claims what is there.
func TestMetadataClaimsPAS(t *testing.T) {
	eachPA(t, func(t *testing.T, p *paWorld) {
		r := p.want(http.StatusOK, request{method: "GET", path: "/fhir/metadata"})
		for _, op := range []string{"Claim-submit", "Claim-inquiry"} {
			if !strings.Contains(r.body, op) {
				t.Errorf("%s is not claimed", op)
			}
		}
		if parsed, _ := fhir.Parse([]byte(r.body), fhir.Limits{}); parsed == nil || fhir.Validate(parsed).Errors() {
			t.Error("not a valid CapabilityStatement")
		}
	})
}
