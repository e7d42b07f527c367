package api_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/mappings/pas"
	"github.com/throughline/throughline/store/storetest"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// TestPASSamples sends every Bundle of the guide and of Inferno through a running
// gateway, as the clinic that asks or as the payer that answers, and keeps what
// was answered: each version with what it stands for, refused with the place.
func TestPASSamples(t *testing.T) {
	var files []string
	for _, dir := range []string{"davinci-pas-2.0.1", "davinci-pas-2.2.1", "inferno-pas-fixtures", "inferno-pas-presets"} {
		found, _ := filepath.Glob(filepath.Join(samples, dir, "*.json"))
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skipf("SKIPPED: the samples of Da Vinci PAS are not at %s, so none was sent", samples)
	}
	p := newPAWorld(t, storetest.SQLite(t))
	p.deps.DecisionWait = time.Millisecond
	p.store.Policy.TrustedSystems = []string{"http://example.org/MIN", "http://davinci-pas.org/MIN", "https://prior-auth.davinci.hl7.org/MIN"} // identity.trusted_systems of a gateway that takes them
	var out strings.Builder
	for n, path := range files {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(filepath.ToSlash(path), samples+"/")
		if !strings.Contains(string(body), `"Bundle"`) {
			continue
		}
		s := p.sampled(n, name, string(body))
		fmt.Fprintf(&out, "%s\n", name)
		for _, line := range s.goes() {
			fmt.Fprintf(&out, "  %s\n", line)
		}
	}
	const golden = "testdata/pas_samples.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("differs; run with -update and read the diff (-want +got):\n%s", diff)
	}
}

// sampleOf is one sample with a clinic and a payer of its own, so that no two
// samples meet on a number.
type sampleOf struct {
	*paWorld
	name, body    string
	clinic, payer string
}

// sampled makes the two partners; the clinic speaks the version of the sample.
func (p *paWorld) sampled(n int, name, body string) *sampleOf {
	s := &sampleOf{paWorld: p, name: name, body: body, clinic: fmt.Sprint("clinic-", n), payer: fmt.Sprint("mco-", n)}
	version := "2.0.1"
	if strings.Contains(name, "221") || strings.Contains(name, "2.2.1") {
		version = "2.2.1"
	}
	system := memberSystemOf(body)
	p.known[gateway.PartnerID(s.clinic)] = &gateway.Partner{ID: gateway.PartnerID(s.clinic), Kind: gateway.Clinic, Sends: []gateway.Kind{"fhir/*"}, PAS: gateway.PAS{Version: version}, MemberSystem: system, Zone: time.UTC}
	p.known[gateway.PartnerID(s.payer)] = &gateway.Partner{ID: gateway.PartnerID(s.payer), Kind: gateway.MCO, Payers: []string{s.payer}, Sends: []gateway.Kind{"fhir/*", "json/*"}, MemberSystem: system, Zone: time.UTC}
	p.gate.Payers = func([]gateway.Identifier) []gateway.PartnerID { return []gateway.PartnerID{gateway.PartnerID(s.payer)} }
	p.deps.Payers = p.gate.Payers
	p.restart()
	for _, who := range []string{s.clinic, s.payer} {
		if err := p.store.AddToken(p.t.Context(), gateway.PartnerID(who), "test", token(who), time.Hour); err != nil {
			p.t.Fatal(err)
		}
	}
	p.want(http.StatusCreated, request{as: s.payer, method: "POST", path: "/v1/messages", header: map[string]string{"Content-Type": "application/json"},
		body: fmt.Sprintf(`{"record":"enrollment","member_id":"12345678901","start":"2000-01-01","payer":%q,"program":"wraparound"}`, s.payer)})
	return s
}

// memberSystemOf is the system of the member ids in a request.
func memberSystemOf(body string) string {
	r, _ := fhir.Parse([]byte(body), fhir.Limits{})
	if r == nil || len(r.Entries()) == 0 || r.Entries()[0].Resource.Type != "Claim" {
		return memberSystem
	}
	for _, e := range r.Entries() {
		for _, id := range e.Resource.Get("identifier").Items() {
			if e.Resource.Type == "Patient" && id.Get("value").Text() == "12345678901" {
				return id.Get("system").Text()
			}
		}
	}
	return memberSystem
}

// goes sends the sample the way its kind goes.
func (s *sampleOf) goes() []string {
	s.t.Helper()
	r, _ := fhir.Parse([]byte(s.body), fhir.Limits{})
	switch {
	case strings.Contains(s.name, "response") || strings.Contains(s.name, "Response") || r != nil && r.Get("type").Text() == "history":
		return s.answers()
	case strings.Contains(s.name, "Update"):
		initial, err := os.ReadFile(filepath.Join(samples, strings.Replace(s.name, "Update", "", 1)))
		if err != nil {
			s.t.Fatal(err)
		}
		s.submit(s.clinic, string(initial))
	}
	return s.asks()
}

// asks sends a request, lets the payer certify what it asks for, and inquires.
func (s *sampleOf) asks() (out []string) {
	out = append(out, "$submit "+s.shown(s.post(s.clinic, "/fhir/Claim/$submit", s.body)))
	if strings.HasPrefix(out[0], "$submit 200") {
		found, _, err := s.store.Requests(s.t.Context(), gateway.Caller{Partner: gateway.PartnerID(s.payer)}, gateway.AuthWaiting, gateway.Paging{})
		if err != nil || len(found) != 1 {
			s.t.Fatalf("%s: %d requests wait: %v", s.name, len(found), err)
		}
		var items []string
		for _, item := range found[0].Items {
			items = append(items, fmt.Sprintf(`{"item":%d,"action":"A1","authorization_id":"N-%d"}`, item.Sequence, item.Sequence))
		}
		latest := found[0].Latest()
		res := s.post(s.payer, "/v1/messages", fmt.Sprintf(`{"record":"decision","trace_number":%q,"decided_at":"2026-03-04T09:00:00Z","items":[%s]}`, latest.Trace.Value, strings.Join(items, ",")))
		out = append(out, fmt.Sprint("decided ", res.StatusCode))
	}
	return append(out, "$inquire "+s.shown(s.post(s.clinic, "/fhir/Claim/$inquire", s.body)))
}

// answers asks what the sample answers, sends the sample as the payer, and
// inquires.
func (s *sampleOf) answers() []string {
	asked := ""
	if m, err := pas.Response(&gateway.Message{Body: []byte(s.body)}, &gateway.Partner{}); err == nil && len(m.Decisions) > 0 {
		var items []string
		last := 1
		for _, i := range m.Decisions[0].Items {
			last = max(last, i.Sequence)
		}
		for n := range last {
			items = append(items, paItem(n+1, "5", ""))
		}
		trace := m.Decisions[0].Trace
		asked = strings.NewReplacer(`"M1"`, `"12345678901"`, `"urn:test:trace"`, `"`+trace.System+`"`).Replace(paBundle(paClaim("c1", trace.Value, "", items...)))
		s.submit(s.clinic, asked)
	}
	out := []string{"answered " + s.shown(s.post(s.payer, "/fhir/$pas-notification", s.body))}
	if asked != "" {
		out = append(out, "$inquire "+s.shown(s.post(s.clinic, "/fhir/Claim/$inquire", asked)))
	}
	return out
}

func (s *sampleOf) post(as, path, body string) response {
	s.t.Helper()
	media := "application/fhir+json"
	if path == "/v1/messages" {
		media = "application/json"
	}
	return s.do(request{as: as, method: "POST", path: path, body: body, header: map[string]string{"Content-Type": media}})
}

// shown is a status with what the answer says: the review actions by item, or
// the issues with their places.
func (s *sampleOf) shown(res response) string {
	s.t.Helper()
	r := res.parse(s.t)
	if r.Type != "OperationOutcome" {
		s.whole(r)
		return fmt.Sprint(res.StatusCode, " ", actions(s.t, res))
	}
	var places []string
	for _, i := range r.Get("issue").Items() {
		if sev := i.Get("severity").Text(); sev != "error" && sev != "fatal" {
			continue
		}
		for _, at := range i.Get("expression").Items() {
			if place := i.Get("code").Text() + " " + at.Text(); !slices.Contains(places, place) {
				places = append(places, place)
			}
		}
		if i.Get("expression").Len() == 0 {
			places = append(places, i.Get("code").Text())
		}
	}
	return strings.TrimSpace(fmt.Sprint(res.StatusCode, " ", strings.Join(places, "; ")))
}

// whole says where an answer refers to what is not in it.
func (s *sampleOf) whole(r *fhir.Resource) {
	s.t.Helper()
	bundles := []*fhir.Resource{r}
	if r.Type == "Parameters" {
		bundles = nil
		for _, n := range r.Get("parameter").Items() {
			b, _ := fhir.Parse(n.Get("resource").Raw(), fhir.Limits{})
			bundles = append(bundles, b)
		}
	}
	for _, b := range bundles {
		there := map[string]bool{}
		for _, e := range b.Entries() {
			there[e.FullURL] = true
			there[string(e.Resource.Ref())] = true
		}
		first := b.Entries()[0]
		for _, ref := range first.Resource.References() {
			if !there[ref.Value] {
				s.t.Errorf("%s: the answer refers to %q, which is not in it", s.name, ref.Value)
			}
		}
	}
}
