package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/api/console"
	"github.com/throughline/throughline/config"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store/storetest"
)

// queueWorld is the demonstration's gateway with one request that waits for the
// health plan.
type queueWorld struct {
	*testing.T
	app *App
	id  string
}

func newQueueWorld(t *testing.T, at string) *queueWorld {
	t.Helper()
	cfg, problems := config.Demo(nil, map[string]string{"store.url": at, "store.data_dir": t.TempDir()})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	app, err := Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Close() })
	w := &queueWorld{T: t, app: app}
	w.receive("mco-a", "json/enrollment", `{"record":"enrollment","member_id":"SYN-Q-1","start":"2026-01-01","payer":"mco-a","program":"wraparound"}`)
	w.submit("REQ-1")
	w.id = w.queue()[0].ID
	return w
}

func (w *queueWorld) receive(partner gateway.PartnerID, kind gateway.Kind, body string) {
	w.Helper()
	_, err := w.app.Gateway.Receive(w.Context(), &gateway.Message{Partner: partner, Channel: "test", Kind: kind, Body: []byte(body)},
		func(*gateway.Receipt) *gateway.Answer { return &gateway.Answer{Status: 200} })
	if err != nil {
		w.Fatal(err)
	}
}

func (w *queueWorld) submit(trace string) {
	w.Helper()
	w.receive("clinic-a", "fhir/pas-submit", strings.ReplaceAll(queuedRequest, "REQ-1", trace))
}

func (w *queueWorld) queue() []requestJSON {
	w.Helper()
	list, err := w.app.queue(w.Context(), "mco-a", false)
	if err != nil {
		w.Fatal(err)
	}
	return list
}

// run is the command line, as the admin socket runs it.
func (w *queueWorld) run(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	c := &cli{in: strings.NewReader(""), out: &o, errs: &e, dir: w.TempDir(), app: w.app}
	code = c.execute(w.Context(), args)
	return code, o.String(), e.String()
}

const queuedRequest = `{"resourceType":"Bundle","type":"collection","identifier":{"system":"urn:test:transaction","value":"T-REQ-1"},"timestamp":"2026-03-03T10:15:00Z","entry":[
	{"fullUrl":"http://clinic.example/fhir/Claim/REQ-1","resource":{"resourceType":"Claim","id":"REQ-1","identifier":[{"system":"urn:test:trace","value":"REQ-1"}],"status":"active","type":{"coding":[{"code":"professional"}]},"use":"preauthorization","patient":{"reference":"Patient/kid"},"created":"2026-03-03","insurer":{"reference":"Organization/plan"},"provider":{"reference":"Organization/us"},"priority":{"coding":[{"code":"normal"}]},"insurance":[{"sequence":1,"focal":true,"coverage":{"reference":"Coverage/cover"}}],
	"diagnosis":[{"sequence":1,"diagnosisCodeableConcept":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"F91.3"}]}}],
	"item":[{"sequence":1,"productOrService":{"coding":[{"system":"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets","code":"H2021"}]},"servicedPeriod":{"start":"2026-03-15","end":"2099-09-14"},"quantity":{"value":5}},
	{"sequence":2,"extension":[{"url":"http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-epsdtIndicator","valueBoolean":true}],"productOrService":{"coding":[{"system":"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets","code":"T1016"}]},"servicedPeriod":{"start":"2026-03-15","end":"2099-09-14"},"quantity":{"value":8}}]}},
	{"fullUrl":"http://clinic.example/fhir/Organization/us","resource":{"resourceType":"Organization","id":"us","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1999900016"}],"name":"Clinic"}},
	{"fullUrl":"http://clinic.example/fhir/Organization/plan","resource":{"resourceType":"Organization","id":"plan","identifier":[{"system":"http://throughline.example/sid/payer","value":"mco-a"}],"name":"Plan"}},
	{"fullUrl":"http://clinic.example/fhir/Coverage/cover","resource":{"resourceType":"Coverage","id":"cover","status":"active","subscriberId":"SYN-Q-1","beneficiary":{"reference":"Patient/kid"},"payor":[{"reference":"Organization/plan"}]}},
	{"fullUrl":"http://clinic.example/fhir/Patient/kid","resource":{"resourceType":"Patient","id":"kid","identifier":[{"system":"http://throughline.example/sid/medicaid","value":"SYN-Q-1"}],"name":[{"family":"Synthetic-Name"}],"birthDate":"2014-02-03"}}]}`

// TestPayerDecidesAtTheQueue: what waits, who it is about only for a reason, no
// denial without reviewer and reason or by a cap alone, and of two reviewers one.
func TestPayerDecidesAtTheQueue(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, at string) {
		w := newQueueWorld(t, at)
		r := w.queue()[0]
		if r.Next != "payer: decide" || r.Clock != gateway.OnTime || len(r.Items) != 2 || !r.Items[0].EPSDT || r.Due == "" {
			t.Fatalf("%+v", r)
		}
		_, blind, _ := w.run("auth", "show", w.id, "--partner", "mco-a")
		_, seen, _ := w.run("auth", "show", w.id, "--partner", "mco-a", "--reason", "review of medical need")
		if strings.Contains(blind, "Synthetic-Name") || strings.Contains(blind, "SYN-Q-1") || !strings.Contains(seen, "Synthetic-Name") || !strings.Contains(seen, "F91.3") {
			t.Errorf("without a reason %s\nwith one %s", blind, seen)
		}
		if _, trail, _ := w.run("audit", "search", "--json"); !strings.Contains(trail, "review of medical need") {
			t.Errorf("the look is not in the trail: %s", trail)
		}
		if code, _, _ := w.run("auth", "show", w.id, "--partner", "mco-b"); code == 0 {
			t.Error("another payer sees the request")
		}
		version := fmt.Sprint(r.Version)
		for _, c := range []struct {
			want string
			args []string
		}{
			{"reviewer", []string{"deny", "--seen", version, "--reason", "No need found", "--basis", "not-necessary"}},
			{"basis", []string{"deny", "--seen", version, "--reason", "No need found", "--reviewer", "R. Okafor", "--credential", "MD"}},
			{"EPSDT", []string{"deny", "--seen", version, "--reason", "Over 4 units a month", "--basis", "benefit-limit", "--reviewer", "R. Okafor", "--credential", "MD"}},
		} {
			code, _, errs := w.run(append([]string{"auth", "decide", w.id, "--partner", "mco-a"}, c.args...)...)
			if code != exitFindings || !strings.Contains(errs, c.want) || w.queue()[0].Version != r.Version {
				t.Errorf("%v: %d %s", c.args, code, errs)
			}
		}
		if code, out, errs := w.run("auth", "decide", w.id, "modify", "--partner", "mco-a", "--seen", version, "--item", "1", "--units", "3", "--number", "AUTH-1",
			"--reason", "Three a month fit the plan", "--basis", "not-necessary", "--reviewer", "R. Okafor", "--credential", "LCSW"); code != 0 {
			t.Fatal(code, out, errs)
		}
		if code, _, errs := w.run("auth", "decide", w.id, "approve", "--partner", "mco-a", "--seen", version, "--item", "1", "--number", "AUTH-9"); code != exitFindings || !strings.Contains(errs, "changed since") {
			t.Errorf("the second reviewer: %d %s", code, errs)
		}
		if code, out, _ := w.run("auth", "check", "--partner", "mco-a", "--authorization", "AUTH-1"); code != 0 || !strings.Contains(out, "3 of 3 units") {
			t.Errorf("%d %s", code, out)
		}
		var after requestJSON
		_, shown, _ := w.run("auth", "show", w.id, "--partner", "mco-a")
		if err := json.Unmarshal([]byte(shown), &after); err != nil {
			t.Fatal(err)
		}
		if a := after.Items[0].Answers[0]; len(after.Events) != 2 || after.Events[0].What != "adverse-notice" || a.Reviewer != "R. Okafor" || a.Credential != "LCSW" || a.Note == "" || after.State != gateway.AuthWaiting {
			t.Errorf("%+v", after)
		}
	})
}

// TestReviewersPage decides in the browser's way.
func TestReviewersPage(t *testing.T) {
	w := newQueueWorld(t, t.TempDir()+"/t.db")
	p := w.console("mco-a")
	list := p.get("/console/reviews")
	if !strings.Contains(list, w.id) || !strings.Contains(list, "7 days left") && !strings.Contains(list, "6 days left") {
		t.Fatal(list)
	}
	page := p.get("/console/reviews/" + w.id)
	if strings.Contains(page, "Synthetic-Name") || !strings.Contains(page, "under 21") {
		t.Fatal(page)
	}
	if shown := p.post("/console/reviews/"+w.id+"/details", url.Values{"reason": {"review"}}); !strings.Contains(shown, "Synthetic-Name") {
		t.Error(shown)
	}
	form := url.Values{"version": {fmt.Sprint(w.queue()[0].Version)}, "item": {"1", "2"}, "action.1": {"A3"}, "action.2": {"A1"}, "words.1": {"Over the limit"}, "basis.1": {"benefit-limit"},
		"reviewer": {"R. Okafor"}, "credential": {"MD"}}
	if refused := p.post("/console/reviews/"+w.id+"/decide", form); !strings.Contains(refused, "EPSDT") {
		t.Error(refused)
	}
	form.Set("basis.1", "other-service")
	p.post("/console/reviews/"+w.id+"/decide", form)
	if list := w.queue(); len(list) != 0 {
		t.Errorf("it still waits: %+v", list)
	}
	if again := p.post("/console/reviews/"+w.id+"/decide", form); !strings.Contains(again, "changed since") {
		t.Error(again)
	}
	if other := w.console("clinic-a").get("/console/reviews"); strings.Contains(other, w.id) {
		t.Error("a clinic sees the queue")
	}
}

// visitor is a browser without a screen.
type visitorOf struct {
	*queueWorld
	h      http.Handler
	secret string
}

func (w *queueWorld) console(partner gateway.PartnerID) *visitorOf {
	w.Helper()
	a := w.app
	h, err := console.New(console.Deps{Flows: a.Store, Desk: desk{a}, Reviews: reviews{a}, Worklists: worklists{a}, Sessions: sessions{a.Store}, Tokens: a.tokens(), Partner: a.partner, Version: "test", Log: a.Log})
	if err != nil {
		w.Fatal(err)
	}
	secret := "secret of " + string(partner)
	s := console.Session{Partner: partner, Who: string(partner), CSRF: "csrf", Expires: time.Now().Add(time.Hour)}
	if err := (sessions{a.Store}).AddSession(context.Background(), secret, s); err != nil {
		w.Fatal(err)
	}
	return &visitorOf{w, h, secret}
}

func (v *visitorOf) get(path string) string { return v.do(http.MethodGet, path, nil) }

// post sends a form of this session and follows where it leads.
func (v *visitorOf) post(path string, form url.Values) string {
	form.Set("csrf", "csrf")
	return v.do(http.MethodPost, path, form)
}

func (v *visitorOf) do(method, path string, form url.Values) string {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "throughline", Value: v.secret})
	rec := httptest.NewRecorder()
	v.h.ServeHTTP(rec, r)
	if to := rec.Header().Get("Location"); rec.Code == http.StatusSeeOther && to != "" {
		return v.do(http.MethodGet, to, nil)
	}
	return rec.Body.String()
}

// TestWorklist: who waits for whom, with the clock, and what ends soon; a
// request for information waits for the requester.
func TestWorklist(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, at string) {
		w := newQueueWorld(t, at)
		zone := w.app.zoneOf("mco-a")
		soon := time.Now().In(zone).AddDate(0, 0, 10).Format(time.DateOnly)
		w.receive("mco-a", "json/authorization", fmt.Sprintf(`{"record":"authorization","authorization_id":"AUTH-SOON","member_id":"SYN-Q-1","provider_id":"1999900016","payer":"mco-a",
			"items":[{"code":"H2021","start":"2026-01-01","end":%q,"units":5,"status":"approved"}]}`, soon))
		list := func(partner string) (out []console.Work) {
			t.Helper()
			code, text, errs := w.run("worklist", "--partner", partner, "--json")
			if err := json.Unmarshal([]byte(text), &out); code != 0 || err != nil {
				t.Fatal(code, text, errs, err)
			}
			return out
		}
		for _, partner := range []string{"mco-a", "clinic-a"} {
			got := list(partner)
			if len(got) != 2 || got[0].What != "request" || got[0].On != "mco-a" || got[0].State != "on-time" || got[1].Record != "AUTH-SOON" || got[1].State != "within 14 days" {
				t.Errorf("%s: %+v", partner, got)
			}
		}
		if got := list("mco-b"); len(got) != 0 {
			t.Errorf("another payer: %+v", got)
		}
		if code, out, errs := w.run("auth", "decide", w.id, "pend", "--partner", "mco-a", "--seen", "1", "--reason", "the plan of care"); code != 0 {
			t.Fatal(code, out, errs)
		}
		if got := list("clinic-a"); got[0].On != "clinic-a" || got[0].Next != "requester: the plan of care" {
			t.Errorf("%+v", got)
		}
		if page := w.console("clinic-a").get("/console/worklist"); !strings.Contains(page, "the plan of care") || strings.Contains(page, "SYN-Q-1") {
			t.Error(page)
		}
		if page := w.console("mco-a").get(fmt.Sprintf("/console/worklist/report/%d", time.Now().Year())); !strings.Contains(page, "438.210(f)") {
			t.Error(page)
		}
		for _, format := range []string{"html", "csv", "json"} {
			if code, out, errs := w.run("report", "build", "--kind", "prior-auth", "--payer", "mco-a", "--format", format); code != 0 || !strings.Contains(out, "standard_approved") && format != "html" {
				t.Error(code, out, errs)
			}
		}
	})
}
