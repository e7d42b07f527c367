package demo_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/pas"
	"github.com/throughline/throughline/adapters/subscriber"
	"github.com/throughline/throughline/api"
	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/store/storetest"
)

// paHouse is a running gateway whose health plan is asked by Da Vinci PAS, and a
// subscriber's endpoint. stop and start are a restart on the same data.
type paHouse struct {
	*world
	t     *testing.T
	plan  *demo.PayerServer
	hook  *hookLog
	hookS *httptest.Server
	url   string
	wait  time.Duration
	clock *clock // of notifications
	stop  func()
}

// clock is the true time, and what a test has added to it.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// hookLog keeps what a subscriber was sent.
type hookLog struct {
	mu    sync.Mutex
	heads []http.Header
	got   []string
	more  chan struct{}
	fail  int  // answers to refuse
	gone  bool // refuses all
}

// away lets the subscriber refuse everything, or be back.
func (h *hookLog) away(gone bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.gone = gone
}

func (h *hookLog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone || h.fail > 0 {
		h.fail = max(0, h.fail-1)
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h.heads, h.got = append(h.heads, r.Header.Clone()), append(h.got, string(body))
	select {
	case h.more <- struct{}{}:
	default:
	}
}

// await waits until a notification of the kind has come that holds the text.
func (h *hookLog) await(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		h.mu.Lock()
		for _, body := range h.got {
			if strings.Contains(body, text) {
				h.mu.Unlock()
				return body
			}
		}
		h.mu.Unlock()
		select {
		case <-h.more:
		case <-deadline:
			t.Fatalf("no notification with %s; got %q", text, h.got)
		}
	}
}

func newPAHouse(t *testing.T, url, version string) *paHouse {
	w := newWorld(t, url)
	h := &paHouse{world: w, t: t, plan: demo.NewPayerServer(version, 3, "a-plan-token"), hook: &hookLog{more: make(chan struct{}, 1)}, wait: 20 * time.Second, clock: &clock{}}
	w.store.Now = h.clock.now
	server := httptest.NewServer(h.plan)
	t.Cleanup(server.Close)
	h.hookS = httptest.NewServer(h.hook)
	t.Cleanup(h.hookS.Close)
	mco, _ := w.partner("mco-a")
	mco.Deliver = &gateway.Endpoint{Wire: "pas", URL: server.URL + "/fhir", Token: "a-plan-token", Timeout: 10 * time.Second}
	clinic, _ := w.partner("clinic-a")
	clinic.PAS.Version = version
	w.Payers = func(insurer []gateway.Identifier) (out []gateway.PartnerID) {
		for i := range w.cfg.Partners {
			for _, id := range insurer {
				if p := &w.cfg.Partners[i]; p.Kind == gateway.MCO && p.AnswersFor(id) {
					return append(out, p.ID)
				}
			}
		}
		return nil
	}
	for _, id := range []gateway.PartnerID{"clinic-a", "clinic-b", "mco-a"} {
		if err := w.store.AddToken(t.Context(), id, "test", "token-of-"+string(id), 30*24*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	h.start()
	t.Cleanup(func() { h.stop() })
	if status, body := h.post("mco-a", "/v1/messages", "application/json", `{"record":"enrollment","member_id":"SYN-PA-1","start":"2026-01-01","payer":"mco-a","program":"wraparound"}`); status != http.StatusCreated {
		t.Fatal(status, body)
	}
	return h
}

// start opens the doors and the ways out.
func (h *paHouse) start() {
	log := slog.New(slog.DiscardHandler)
	partners := func() (out []*gateway.Partner) {
		for i := range h.cfg.Partners {
			if p := &h.cfg.Partners[i]; p.Deliver == nil || p.Deliver.Wire == "pas" {
				out = append(out, p)
			}
		}
		return out
	}
	deps := api.Deps{Base: "http://gateway.example", Version: "test", Gateway: h.Gateway, Reader: h.store, Receipts: h.store, Cases: h.store,
		Guard: access.Guard{Tokens: h.store, Partner: h.partner, Limiter: h.hints}, Audit: silent{}, Log: log, Rules: h.cfg.Rules,
		Authorizations: h.store, Subscriptions: h.store, Payers: h.Payers, Hints: h.hints, DecisionWait: h.wait, HookNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	server := httptest.NewServer(api.New(deps).Handler())
	h.url = server.URL
	wire := gateway.Wire{Render: pas.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) {
		return pas.New(p, pas.Options{Receive: func(ctx context.Context, m *gateway.Message) (*gateway.Receipt, error) {
			return h.Receive(ctx, m, nil)
		}})
	}}
	services := []gateway.Service{
		&gateway.Route{Store: h.store, Leases: h.store, Hints: h.hints, Partners: partners, Holder: "a", Log: log},
		&gateway.Drain{Outbox: h.store, Hints: h.hints, Partners: partners, Wires: map[string]gateway.Wire{"pas": wire}, Holder: "a", Now: h.clock.now, Log: log},
		&subscriber.Service{Store: h.store, Hints: h.hints, Partners: h.partner, Base: "http://gateway.example", Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
			Holder: "a", Sweep: 20 * time.Millisecond, Now: h.clock.now, Log: log},
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, s := range services {
		wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				h.t.Error(err)
			}
		})
	}
	h.stop = func() { server.Close(); cancel(); wg.Wait(); h.stop = func() {} }
}

type silent struct{}

func (silent) Audit(context.Context, access.Event) error { return nil }

func (h *paHouse) post(as, path, media, body string) (int, string) {
	h.t.Helper()
	return h.do(http.MethodPost, as, path, media, body)
}

func (h *paHouse) do(method, as, path, media, body string) (int, string) {
	h.t.Helper()
	req, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token-of-"+as)
	if body != "" {
		req.Header.Set("Content-Type", media)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res.StatusCode, string(out)
}

func paRequest(trace, code string, units int) string {
	return fmt.Sprintf(`{"resourceType":"Bundle","type":"collection","identifier":{"system":"urn:test:transaction","value":"T-%[1]s"},"timestamp":"2026-03-03T10:15:00Z","entry":[
	{"fullUrl":"http://clinic.example/fhir/Claim/%[1]s","resource":{"resourceType":"Claim","id":"%[1]s","identifier":[{"system":"urn:test:trace","value":"%[1]s"}],"status":"active","type":{"coding":[{"code":"professional"}]},"use":"preauthorization","patient":{"reference":"Patient/kid"},"created":"2026-03-03","insurer":{"reference":"Organization/plan"},"provider":{"reference":"Organization/us"},"priority":{"coding":[{"code":"normal"}]},"insurance":[{"sequence":1,"focal":true,"coverage":{"reference":"Coverage/cover"}}],
	"item":[{"sequence":1,"productOrService":{"coding":[{"system":"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets","code":"%[2]s"}]},"servicedPeriod":{"start":"2026-03-15","end":"2026-09-14"},"quantity":{"value":%[3]d}}]}},
	{"fullUrl":"http://clinic.example/fhir/Organization/us","resource":{"resourceType":"Organization","id":"us","identifier":[{"system":"http://hl7.org/fhir/sid/us-npi","value":"1999900016"}],"name":"Clinic"}},
	{"fullUrl":"http://clinic.example/fhir/Organization/plan","resource":{"resourceType":"Organization","id":"plan","identifier":[{"system":"http://throughline.example/sid/payer","value":"mco-a"}],"name":"Plan"}},
	{"fullUrl":"http://clinic.example/fhir/Coverage/cover","resource":{"resourceType":"Coverage","id":"cover","status":"active","subscriberId":"SYN-PA-1","beneficiary":{"reference":"Patient/kid"},"payor":[{"reference":"Organization/plan"}]}},
	{"fullUrl":"http://clinic.example/fhir/Patient/kid","resource":{"resourceType":"Patient","id":"kid","identifier":[{"system":"http://throughline.example/sid/medicaid","value":"SYN-PA-1"}],"name":[{"family":"Sample"}]}}]}`, trace, code, units)
}

const fhirMedia = "application/fhir+json"

func (h *paHouse) submit(trace, code string, units int) string {
	h.t.Helper()
	status, body := h.post("clinic-a", "/fhir/Claim/$submit", fhirMedia, paRequest(trace, code, units))
	if status != http.StatusOK {
		h.t.Fatalf("%d %s", status, body)
	}
	return body
}

func (h *paHouse) left(number string) string {
	h.t.Helper()
	_, body := h.post("mco-a", "/v1/authorizations/check", "application/json", fmt.Sprintf(`{"authorization_id":%q}`, number))
	_, after, _ := strings.Cut(body, `"remaining":`)
	return strings.SplitN(after, "}", 2)[0][:min(len(after), 2)]
}

// The steps of Inferno's PAS payer suite against a running gateway: approval,
// denial, modification, pended with notification, inquiry, for both versions; the
// payer is asked by PAS itself.
func TestPASByItsWire(t *testing.T) {
	for _, version := range []string{"2.0.1", "2.2.1"} {
		storetest.EachURL(t, func(t *testing.T, url string) {
			h := newPAHouse(t, url, version)
			id := h.subscribe()
			h.hook.await(t, `"handshake"`)
			for _, c := range []struct {
				trace, code string
				units       int
				want        string
			}{{"OK-1", "H2021", 2, `"code":"A1"`}, {"NO-1", "H2022", 2, `"code":"A3"`}, {"CUT-1", "H2021", 5, `"code":"A6"`}, {"WAIT-1", "T2038", 1, `"code":"A4"`}} {
				if body := h.submit(c.trace, c.code, c.units); !strings.Contains(body, c.want) || !strings.Contains(body, `"outcome":"complete"`) {
					t.Errorf("%s: no %s in\n%s", c.trace, c.want, body)
				}
			}
			for _, body := range h.plan.Asked() {
				r, issues := fhir.Parse(body, fhir.Limits{})
				if issues = append(issues, fhir.Validate(r)...); issues.Errors() || !strings.Contains(string(body), `"code":"UN"`) {
					t.Errorf("the plan was sent\n%s\n%v", body, issues)
				}
			}
			if left := h.left("AUTH-CUT-1-1"); !strings.HasPrefix(left, "3") {
				t.Errorf("check says %q are left", left)
			}
			h.post("clinic-a", "/v1/messages", "application/json", `{"record":"service","line_id":"L1","member_id":"SYN-PA-1","provider_id":"1999900016","code":"H2021","service_date":"2026-03-20","units":2,"authorization_id":"AUTH-CUT-1-1"}`)
			if left := h.left("AUTH-CUT-1-1"); !strings.HasPrefix(left, "1") {
				t.Errorf("after two delivered check says %q are left", left)
			}
			h.stop()
			h.hook.fail = 2 // and the subscriber is away for a moment
			h.start()
			answer := h.plan.Decide(h.plan.Asked()[3])
			for range 2 { // the payer sends its answer twice
				if status, body := h.post("mco-a", "/fhir/$pas-notification", fhirMedia, string(answer)); status != http.StatusOK {
					t.Fatalf("%d %s", status, body)
				}
			}
			told := h.hook.await(t, `"event-notification"`)
			r, _ := fhir.Parse([]byte(told), fhir.Limits{})
			if issues := fhir.Validate(r); issues.Errors() || !strings.Contains(told, `"AUTH-WAIT-1-1"`) || !strings.Contains(told, `"code":"A1"`) {
				t.Errorf("notified %v\n%s", issues, told)
			}
			h.hook.mu.Lock()
			if got := h.hook.heads[len(h.hook.heads)-1].Get("Authorization"); got != "Bearer hook-secret" {
				t.Errorf("the subscriber saw the header %q", got)
			}
			h.hook.mu.Unlock()
			status, body := h.do(http.MethodGet, "clinic-a", "/fhir/Subscription/"+id+"/$status", "", "")
			if status != http.StatusOK || !strings.Contains(body, `"events-since-subscription-start","valueString":"1"`) {
				t.Errorf("$status %d %s", status, body)
			}
			status, body = h.do(http.MethodGet, "clinic-a", "/fhir/Subscription/"+id+"/$events?eventsSinceNumber=1", "", "")
			if status != http.StatusOK || !strings.Contains(body, `"AUTH-WAIT-1-1"`) {
				t.Errorf("$events %d %s", status, body)
			}
			if status, body = h.do(http.MethodDelete, "clinic-a", "/fhir/Subscription/"+id, "", ""); status != http.StatusNoContent {
				t.Errorf("delete %d %s", status, body)
			}
		})
	}
}

// subscribe creates a subscription of the clinic and gives its id; what is read
// of it shows no secret.
func (h *paHouse) subscribe() string {
	h.t.Helper()
	doc := func(endpoint string) string { return subscriptionDoc("", "requested", endpoint, "") }
	for _, forbidden := range []string{"http://example.org/hook", "https://10.0.0.1/hook", "https://169.254.169.254/latest", "https://localhost/hook", "https://user@example.org/", "file:///etc/passwd"} {
		if status, body := h.post("clinic-a", "/fhir/Subscription", fhirMedia, doc(forbidden)); status != http.StatusUnprocessableEntity {
			h.t.Errorf("%s: %d %s", forbidden, status, body)
		}
	}
	status, body := h.post("clinic-a", "/fhir/Subscription", fhirMedia, doc(h.hookS.URL+"/hook"))
	r, _ := fhir.Parse([]byte(body), fhir.Limits{})
	if status != http.StatusCreated || r == nil || strings.Contains(body, "hook-secret") {
		h.t.Fatalf("%d %s", status, body)
	}
	if status, body := h.do(http.MethodGet, "mco-a", "/fhir/Subscription/"+r.ID, "", ""); status != http.StatusNotFound {
		h.t.Errorf("another's subscription: %d %s", status, body)
	}
	return r.ID
}

// subscriptionDoc is a Subscription to the topic of PAS; more goes into its
// channel.
func subscriptionDoc(id, status, endpoint, more string) string {
	if id != "" {
		id = `"id":"` + id + `",`
	}
	return `{"resourceType":"Subscription",` + id + `"status":"` + status + `","reason":"answers","criteria":"http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic",
		"_criteria":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-filter-criteria","valueString":"org-identifier=1999900016"}]},
		"channel":{` + more + `"type":"rest-hook","endpoint":"` + endpoint + `","payload":"application/fhir+json","_payload":{"extension":[{"url":"http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content","valueCode":"full-resource"}]},
		"header":["Authorization: Bearer hook-secret"]}}`
}
