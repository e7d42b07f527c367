package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store"
	"github.com/throughline/throughline/store/storetest"
)

// payerSystem is how the tests name the payer.
const payerSystem = "urn:test:payer"

// paWorld is a gateway whose clinics ask mco-a for prior authorization: clinic-a
// speaks PAS 2.0.1, clinic-b 2.2.1. Member M1 is enrolled.
type paWorld struct{ *world }

func newPAWorld(t testing.TB, url string) *paWorld {
	t.Helper()
	hints := store.NewMemory()
	w := newWorldAt(t, url, func(w *world) {
		w.gate.Wake = hints.Wake
		w.gate.Payers = payers
		clinic, _ := w.gate.Partners("clinic-a")
		clinic.Identifiers = []gateway.Identifier{{System: gateway.NPI, Value: "1234567893"}}
	}, func(d *api.Deps, s *store.Store) {
		d.Authorizations, d.Subscriptions, d.Payers, d.Hints = s, s, payers, hints
		d.DecisionWait = 100 * time.Millisecond
	})
	p := &paWorld{w}
	p.enroll("M1")
	return p
}

// eachPA runs a body against a gateway on each database.
func eachPA(t *testing.T, f func(t *testing.T, p *paWorld)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, url string) { f(t, newPAWorld(t, url)) })
}

// payers says that mco-a answers for the payer of the tests.
func payers(insurer []gateway.Identifier) []gateway.PartnerID {
	for _, id := range insurer {
		if id.Value == "MCOA" {
			return []gateway.PartnerID{"mco-a"}
		}
	}
	return nil
}

func (p *paWorld) enroll(member string) {
	p.t.Helper()
	p.want(http.StatusCreated, request{as: "mco-a", method: "POST", path: "/v1/messages", header: map[string]string{"Content-Type": "application/json"},
		body: fmt.Sprintf(`{"record":"enrollment","member_id":%q,"start":"2026-01-01","payer":"MCOA","program":"wraparound"}`, member)})
}

// item is one item of a request in JSON, with further members.
func paItem(sequence int, units, more string) string {
	return fmt.Sprintf(`{"sequence":%d,"productOrService":{"coding":[{"system":"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets","code":"H2021"}]},
		"servicedPeriod":{"start":"2026-03-15","end":"2026-09-14"},"quantity":{"value":%s}%s}`, sequence, units, more)
}

func certified(code string) string {
	return fmt.Sprintf(`{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-certificationType","valueCodeableConcept":{"coding":[{"system":"https://codesystem.x12.org/005010/1322","code":%q}]}}`, code)
}

func changedItem(how string) string {
	return fmt.Sprintf(`,"extension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-infoChanged","valueCode":%q},%s]`, how, certified("I"))
}

func cancelledItem() string {
	return `,"modifierExtension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/modifierextension-infoCancelled","valueBoolean":true}],"extension":[` + certified("3") + `]`
}

// paClaim is the Claim of a request.
func paClaim(id, trace, more string, items ...string) string {
	return fmt.Sprintf(`{"resourceType":"Claim","id":%q,"identifier":[{"system":"urn:test:trace","value":%q}],"status":"active","type":{"coding":[{"code":"professional"}]},"use":"preauthorization",
		"patient":{"reference":"Patient/kid"},"created":"2026-03-03T10:15:00Z","insurer":{"reference":"Organization/payer"},"provider":{"reference":"Organization/us"},"priority":{"coding":[{"code":"normal"}]},
		"insurance":[{"sequence":1,"focal":true,"coverage":{"reference":"Coverage/cover"}}]%s,"item":[%s]}`, id, trace, more, strings.Join(items, ","))
}

// paBundle is a request Bundle with the Claim and what it refers to.
func paBundle(claim string, more ...string) string {
	entries := append([]string{
		claim,
		`{"resourceType":"Organization","id":"us","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1234567893"}],"active":true,"name":"Clinic"}`,
		`{"resourceType":"Organization","id":"payer","identifier":[{"system":"` + payerSystem + `","value":"MCOA"}],"active":true,"name":"Plan"}`,
		`{"resourceType":"Coverage","id":"cover","status":"active","subscriberId":"M1","beneficiary":{"reference":"Patient/kid"},"payor":[{"reference":"Organization/payer"}]}`,
		`{"resourceType":"Patient","id":"kid","identifier":[{"system":"` + memberSystem + `","value":"M1"}],"name":[{"family":"Sample"}]}`,
	}, more...)
	var b strings.Builder
	for i, e := range entries {
		r, issues := fhir.Parse([]byte(e), fhir.Limits{})
		if r == nil {
			panic(issues)
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"fullUrl":"http://clinic.example/fhir/%s","resource":%s}`, r.Ref(), e)
	}
	return `{"resourceType":"Bundle","type":"collection","identifier":{"system":"urn:test:transaction","value":"T1"},"timestamp":"2026-03-03T10:15:00Z","entry":[` + b.String() + `]}`
}

func priorOf(id string) string {
	return `,"related":[{"claim":{"reference":"Claim/` + id + `"},"relationship":{"coding":[{"code":"prior"}]}}]`
}

func (p *paWorld) submit(as, body string) response {
	p.t.Helper()
	return p.want(http.StatusOK, request{as: as, method: "POST", path: "/fhir/Claim/$submit", body: body})
}

// decide sends a decision record of the payer.
func (p *paWorld) decide(trace, at string, items ...string) response {
	p.t.Helper()
	return p.want(http.StatusOK, p.decision(trace, at, items...))
}

func (p *paWorld) decision(trace, at string, items ...string) request {
	return request{as: "mco-a", method: "POST", path: "/v1/messages", header: map[string]string{"Content-Type": "application/json"},
		body: fmt.Sprintf(`{"record":"decision","trace_number":%q,"decided_at":%q,"items":[%s]}`, trace, at, strings.Join(items, ","))}
}

// actions are the review actions of a response Bundle by item sequence.
func actions(t testing.TB, res response) string {
	t.Helper()
	r := res.parse(t)
	if issues := fhir.Validate(r); issues.Errors() {
		t.Fatalf("not R4: %v\n%s", issues, res.body)
	}
	if r.Type == "Parameters" {
		var out []string
		for _, n := range r.Get("parameter").Items() {
			inner, _ := fhir.Parse(n.Get("resource").Raw(), fhir.Limits{})
			out = append(out, actionsOf(inner.Entries()[0].Resource))
		}
		return strings.Join(out, "; ")
	}
	first := r.Entries()[0]
	if first.Resource.Type != "ClaimResponse" || first.FullURL == "" {
		t.Fatalf("the first entry is a %s", first.Resource.Type)
	}
	return actionsOf(first.Resource)
}

func actionsOf(r *fhir.Resource) string {
	out := []string{r.Get("outcome").Text()}
	code := func(item *fhir.Node) string {
		var found string
		var walk func(n *fhir.Node)
		walk = func(n *fhir.Node) {
			for _, e := range n.Get("extension").Items() {
				if strings.HasSuffix(e.Get("url").Text(), "extension-reviewActionCode") {
					found = e.Get("valueCodeableConcept", "coding").Items()[0].Get("code").Text()
				}
				walk(e)
			}
		}
		walk(item.Get("adjudication").Items()[0])
		return found
	}
	for _, item := range r.Get("item").Items() {
		out = append(out, item.Get("itemSequence").Text()+"="+code(item))
	}
	for _, item := range r.Get("addItem").Items() {
		s := ""
		for _, n := range item.Get("itemSequence").Items() {
			s += n.Text()
		}
		out = append(out, "add"+s+"="+code(item)+"*"+item.Get("quantity", "value").Text())
	}
	return strings.Join(out, " ")
}

func (p *paWorld) check(number string) (answer, remaining string) {
	p.t.Helper()
	res := p.want(http.StatusOK, request{as: "mco-a", method: "POST", path: "/v1/authorizations/check", header: map[string]string{"Content-Type": "application/json"},
		body: fmt.Sprintf(`{"authorization_id":%q}`, number)})
	var out struct {
		Answer         string `json:"answer"`
		Authorizations []struct {
			Approved, Used, Remaining int64
			Status                    string
		}
	}
	if err := json.Unmarshal([]byte(res.body), &out); err != nil {
		p.t.Fatal(err)
	}
	if len(out.Authorizations) != 1 {
		return out.Answer, "none"
	}
	a := out.Authorizations[0]
	return out.Answer, fmt.Sprintf("%s %d of %d", a.Status, a.Remaining, a.Approved)
}

// The clinic asks 5 units, the payer grants 3 in time: the answer says A6 and
// what is authorised, in the way of each version; two delivered leave one.
func TestSubmitIsAnsweredByThePayer(t *testing.T) {
	for as, want := range map[string]string{"clinic-a": "complete 1=A6", "clinic-b": "complete 1=A6 add1=A1*3"} {
		eachPA(t, func(t *testing.T, p *paWorld) {
			p.deps.DecisionWait = time.Minute
			p.restart()
			done := make(chan response)
			body := paBundle(paClaim("c1", "REQ-1", "", paItem(1, "5", "")))
			go func() { done <- p.submit(as, body) }()
			p.waiting(1)
			p.decide("REQ-1", "2026-03-04T09:00:00Z", `{"item":1,"action":"A6","authorization_id":"AUTH1","units":3,"reason":"three are enough"}`)
			first := <-done
			if got := actions(t, first); got != want {
				t.Errorf("answered %q, want %q\n%s", got, want, first.body)
			}
			if _, left := p.check("AUTH1"); left != "partial 3 of 3" {
				t.Errorf("check says %s", left)
			}
			p.want(http.StatusCreated, request{as: as, method: "POST", path: "/v1/messages", header: map[string]string{"Content-Type": "application/json"},
				body: `{"record":"service","line_id":"L1","member_id":"M1","provider_id":"1234567893","code":"H2021","service_date":"2026-03-20","units":2}`})
			if _, left := p.check("AUTH1"); left != "partial 1 of 3" {
				t.Errorf("after two delivered check says %s", left)
			}
			again := p.submit(as, body)
			if again.body != first.body || again.Header.Get("Idempotent-Replayed") != "true" {
				t.Errorf("the same trace again was answered anew:\n%s\n%s", first.body, again.body)
			}
			p.want(http.StatusUnprocessableEntity, request{as: as, method: "POST", path: "/fhir/Claim/$submit", body: strings.Replace(body, `"value":5`, `"value":6`, 1)})
		})
	}
}

// waiting waits until n requests wait for the payer.
func (p *paWorld) waiting(n int) {
	p.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		found, _, err := p.store.Requests(context.Background(), gateway.Caller{Partner: "mco-a"}, gateway.AuthWaiting, gateway.Paging{})
		if err != nil {
			p.t.Fatal(err)
		}
		if len(found) == n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	p.t.Fatalf("no %d requests wait", n)
}
