package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// eachVersion runs a body for a clinic that speaks 2.0.1 and one that speaks
// 2.2.1, on each database.
func eachVersion(t *testing.T, f func(t *testing.T, p *paWorld, as string)) {
	t.Helper()
	for version, as := range map[string]string{"2.0.1": "clinic-a", "2.2.1": "clinic-b"} {
		t.Run(version, func(t *testing.T) {
			eachPA(t, func(t *testing.T, p *paWorld) { f(t, p, as) })
		})
	}
}

// typed is an item with a certification type.
func typed(code string) string { return `,"extension":[` + certified(code) + `]` }

// Every word a payer may say on an item comes back under the item's own
// sequence, in the way of the version; what it gives beyond the request is an
// addItem of none.
func TestEachActionIsEchoed(t *testing.T) {
	eachVersion(t, func(t *testing.T, p *paWorld, as string) {
		var items, answers, want []string
		for i, action := range []string{"A1", "A2", "A3", "A4", "A6", "C", "CT", "NA"} {
			n := i + 1
			items = append(items, paItem(n, "5", typed("I")))
			more := ""
			if action == "A6" || action == "A2" {
				more = `,"units":3`
			}
			answers = append(answers, fmt.Sprintf(`{"item":%d,"action":%q,"authorization_id":"AUTH%d","reason":"because"%s}`, n, action, n, more))
			want = append(want, fmt.Sprintf("%d=%s", n, action))
		}
		body := paBundle(paClaim("c1", "REQ-1", "", items...))
		p.submit(as, body)
		p.decide("REQ-1", "2026-03-04T09:00:00Z", answers...)
		asked := p.want(http.StatusOK, request{as: as, method: "POST", path: "/fhir/Claim/$inquire", body: body})
		got, _, _ := strings.Cut(actions(t, asked), " add")
		if got != "complete "+strings.Join(want, " ") {
			t.Errorf("answered %q", got)
		}
		if byItem := strings.Contains(actions(t, asked), "add5=A1*3"); byItem != (as == "clinic-b") {
			t.Errorf("what is authorised in place of item 5 is not said in the way of the version:\n%s", asked.body)
		}
	})
}

// Initial, extension, renewal and revision: each certification type is a request
// of its own when it names no prior, and reaches the payer as it was sent; with a
// prior it is the next link of the chain.
func TestCertificationTypes(t *testing.T) {
	eachVersion(t, func(t *testing.T, p *paWorld, as string) {
		for _, code := range []string{"I", "R", "4", "S"} {
			if got := actions(t, p.submit(as, paBundle(paClaim("new-"+code, "NEW-"+code, "", paItem(1, "5", typed(code)))))); got != "complete 1=A4" {
				t.Errorf("%s: %q", code, got)
			}
		}
		prior := paClaim("c1", "REQ-1", "", paItem(1, "5", typed("I")))
		p.submit(as, paBundle(prior))
		p.decide("REQ-1", "2026-03-04T09:00:00Z", `{"item":1,"action":"A1","authorization_id":"AUTH1"}`)
		for i, code := range []string{"4", "R", "S"} {
			units := fmt.Sprint(6 + i)
			changed := `,"extension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-infoChanged","valueCode":"changed"},` + certified(code) + `]`
			last := fmt.Sprint("c", i+1)
			next := paClaim(fmt.Sprint("c", i+2), fmt.Sprint("REQ-", i+2), priorOf(last), paItem(1, units, changed))
			if got := actions(t, p.submit(as, paBundle(next, prior))); got != "complete 1=A4" {
				t.Errorf("link %s: %q", code, got)
			}
			p.decide(fmt.Sprint("REQ-", i+2), fmt.Sprintf("2026-03-0%dT09:00:00Z", 5+i), `{"item":1,"action":"A1","authorization_id":"AUTH1"}`)
			if _, left := p.check("AUTH1"); left != "approved "+units+" of "+units {
				t.Errorf("link %s: check says %s", code, left)
			}
			prior = next
		}
		asked := p.want(http.StatusOK, request{as: as, method: "POST", path: "/fhir/Claim/$inquire", body: paBundle(paClaim("q", "REQ-1", "", paItem(1, "5", "")))})
		if got := actions(t, asked); got != "complete 1=A1" || !strings.Contains(asked.body, `"REQ-4"`) {
			t.Errorf("the oldest number leads to %q\n%s", got, asked.body)
		}
	})
}

// The payer says nothing in time: the answer is pended, and so is the same trace
// number later; the clinic waits no longer than the limit asks.
func TestNoAnswerInTimeIsPended(t *testing.T) {
	eachVersion(t, func(t *testing.T, p *paWorld, as string) {
		p.deps.DecisionWait = 50 * time.Millisecond
		p.restart()
		body := paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", "")))
		first := p.submit(as, body)
		if got := actions(t, first); got != "complete 1=A4" {
			t.Errorf("answered %q", got)
		}
		p.decide("REQ-1", "2026-03-04T09:00:00Z", `{"item":1,"action":"A3","reason":"no"}`)
		again := p.submit(as, body)
		if again.body != first.body || again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("the same trace number again:\n%s\nwas\n%s", again.body, first.body)
		}
	})
}

// Cancel of all (certificationType 3 on the Claim, without items), once; an
// update after it, after a denial, of a request that is not known, of another
// payer or member: each refused, with nothing stored.
func TestWhatCannotBeUpdated(t *testing.T) {
	eachVersion(t, func(t *testing.T, p *paWorld, as string) {
		prior := paClaim("c1", "REQ-1", "", paItem(1, "5", ""), paItem(2, "5", ""))
		p.submit(as, paBundle(prior))
		p.decide("REQ-1", "2026-03-04T09:00:00Z", `{"item":1,"action":"A1","authorization_id":"AUTH1"},{"item":2,"action":"A1","authorization_id":"AUTH2"}`)
		cancel := paBundle(strings.Replace(paClaim("c2", "REQ-2", priorOf("c1")+`,"extension":[`+certified("3")+`]`), `,"item":[]`, ``, 1), prior)
		if got := actions(t, p.submit(as, cancel)); got != "complete 1=A4 2=A4" {
			t.Errorf("cancelled all: %q", got)
		}
		p.refused(as, "changes nothing", strings.ReplaceAll(cancel, "REQ-2", "REQ-3"))
		p.decide("REQ-2", "2026-03-05T09:00:00Z", `{"item":1,"action":"C"},{"item":2,"action":"C"}`)
		p.refused(as, "is cancelled", strings.ReplaceAll(cancel, "REQ-2", "REQ-4"))

		denied := paClaim("d1", "NO-1", "", paItem(1, "5", ""))
		p.submit(as, paBundle(denied))
		p.decide("NO-1", "2026-03-04T09:00:00Z", `{"item":1,"action":"A3","reason":"no"}`)
		update := paClaim("d2", "NO-2", priorOf("d1"), paItem(1, "6", changedItem("changed")))
		p.refused(as, "denied", paBundle(update, denied))
		if got := actions(t, p.submit(as, paBundle(paClaim("d3", "NO-3", "", paItem(1, "5", ""))))); got != "complete 1=A4" {
			t.Errorf("a new request after a denial: %q", got)
		}
		p.refused(as, "not known", paBundle(paClaim("x2", "X-2", priorOf("x1"), paItem(1, "6", changedItem("changed"))), paClaim("x1", "X-1", "", paItem(1, "5", ""))))
		open := paClaim("o1", "O-1", "", paItem(1, "5", ""))
		p.submit(as, paBundle(open))
		other := map[string]string{"clinic-a": "clinic-b", "clinic-b": "clinic-a"}[as]
		p.refused(other, "not known", paBundle(paClaim("o2", "O-2", priorOf("o1"), paItem(1, "6", changedItem("changed"))), open))
		p.enroll("M2")
		p.refused(as, "another member", strings.ReplaceAll(paBundle(paClaim("o2", "O-2", priorOf("o1"), paItem(1, "6", changedItem("changed"))), open), `"M1"`, `"M2"`))
	})
}

// A quantity without a unit, of several payers, with gaps: the first is taken, the
// others are not.
func TestItemsAreChecked(t *testing.T) {
	eachVersion(t, func(t *testing.T, p *paWorld, as string) {
		good := paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", ""), paItem(2, "5", "")))
		replace := func(old, with string) string {
			t.Helper()
			if !strings.Contains(good, old) {
				t.Fatalf("no %s in the request", old)
			}
			return strings.Replace(good, old, with, 1)
		}
		p.refused(as, "without a gap", replace(`"sequence":2,"productOrService"`, `"sequence":3,"productOrService"`))
		p.refused(as, "each sequence once", replace(`"sequence":2,"productOrService"`, `"sequence":1,"productOrService"`))
		p.refused(as, "another payer", replace(`"payor":[{"reference":"Organization/payer"}]`, `"payor":[{"identifier":{"value":"MCOB"}}]`))
		p.refused(as, "focal entries", replace(`"insurance":[{"sequence":1,"focal":true,`, `"insurance":[{"sequence":2,"focal":true,"coverage":{"reference":"Coverage/cover"}},{"sequence":1,"focal":true,`))
		p.refused(as, "no value above 0", replace(`"value":5`, `"value":-5`))
		p.refused(as, "no value above 0", replace(`"quantity":{"value":5}`, `"quantity":{"unit":"units"}`))
		p.refused(as, "at least one item", paBundle(strings.Replace(paClaim("c1", "REQ-1", ""), `,"item":[]`, ``, 1)))
		p.refused(as, "no Claim as the first entry", `{"resourceType":"Bundle","type":"collection","entry":[]}`)
		for _, operation := range []string{"$submit", "$inquire"} {
			res := p.do(request{as: as, method: "POST", path: "/fhir/Claim/" + operation, body: `{"resourceType":"Bundle","type":"collection","entry":[]}`})
			res.explains(t, request{path: "/fhir/Claim/" + operation})
			if res.StatusCode < 400 {
				t.Errorf("an empty Bundle to %s: %d", operation, res.StatusCode)
			}
		}
		if got := actions(t, p.submit(as, good)); got != "complete 1=A4 2=A4" {
			t.Errorf("a quantity without a unit: %q", got)
		}
	})
}

// What the payer could not process is passed on as it said it: outcome error with
// its code, follow-up and path; its later answer takes the error's place.
func TestProcessingErrorsArePassedOn(t *testing.T) {
	eachVersion(t, func(t *testing.T, p *paWorld, as string) {
		body := paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", "")))
		p.submit(as, body)
		p.want(http.StatusOK, request{as: "mco-a", method: "POST", path: "/fhir/$pas-notification", body: `{"resourceType":"Bundle","type":"collection","timestamp":"2026-03-04T09:00:00Z","entry":[{"fullUrl":"http://plan.example/fhir/ClaimResponse/1","resource":
			{"resourceType":"ClaimResponse","id":"1","identifier":[{"value":"REQ-1"}],"status":"active","type":{"coding":[{"code":"professional"}]},"use":"preauthorization","patient":{"display":"x"},"created":"2026-03-04T09:00:00Z","insurer":{"display":"x"},"outcome":"error",
			"error":[{"extension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-errorFollowupAction","valueCodeableConcept":{"coding":[{"system":"https://codesystem.x12.org/005010/889","code":"C"}]}},
			{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-errorPath","valueString":"Bundle.entry[0].resource.item[0].productOrService"}],"code":{"coding":[{"system":"https://codesystem.x12.org/005010/901","code":"33"}]}}]}}]}`})
		inquired := func() response {
			return p.want(http.StatusOK, request{as: as, method: "POST", path: "/fhir/Claim/$inquire", body: body})
		}
		failed := inquired()
		holds(t, failed.body, []string{`"outcome":"error"`, `005010/901","code":"33"`, `005010/889","code":"C"`, `"valueString":"Bundle.entry[0].resource.item[0].productOrService"`}, []string{`"outcome":"complete"`})
		p.decide("REQ-1", "2026-03-05T09:00:00Z", `{"item":1,"action":"A1","authorization_id":"AUTH1"}`)
		if got := actions(t, inquired()); got != "complete 1=A1" {
			t.Errorf("after the answer: %q", got)
		}
	})
}
