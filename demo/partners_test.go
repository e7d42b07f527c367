package demo_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/adapters/webhook"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/ledger"
	"github.com/throughline/throughline/store"
)

const members = "urn:test:member"

// road is the whole way out on a real store, to simulated partners on loopback.
type road struct {
	t *testing.T
	s *store.Store
	n int
}

func newRoad(t *testing.T) *road {
	t.Helper()
	s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "throughline.db"), store.Policy{MemberSystem: members,
		Caller: func(p gateway.PartnerID) gateway.Caller {
			return gateway.Caller{Partner: p, Scopes: []string{gateway.ScopePartner(p)}}
		},
		Authority: func(gateway.PartnerID, gateway.Relation) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return &road{t: t, s: s}
}

// commit writes a new version of a child's Patient and returns its reference.
func (r *road) commit(member string) fhir.Ref {
	r.t.Helper()
	r.n++
	res, issues := fhir.Parse(fmt.Appendf(nil, `{"resourceType":"Patient","identifier":[{"system":%q,"value":%q}],"multipleBirthInteger":%d}`, members, member, r.n), fhir.Limits{})
	if res == nil {
		r.t.Fatal(issues)
	}
	id := gateway.Identifier{System: members, Value: member}
	out, err := r.s.Commit(context.Background(), &gateway.Receipt{State: gateway.Accepted,
		Message: &gateway.Message{ID: gateway.MessageID(fmt.Sprintf("m%04d", r.n)), Partner: "clinic-a", Channel: "fhir", Body: res.JSON, Received: time.Now()},
		Mapped: gateway.Mapped{Changes: []gateway.Change{{Op: gateway.Upsert, Type: "Patient", Key: id, Resource: res}},
			Relations: []gateway.Relation{{Member: id, Scope: gateway.ScopePayer("MCOA"), Why: "enrollment", Ref: "1", Lo: ledger.Day(0), Hi: ledger.Day(99999)}}}})
	if err != nil {
		r.t.Fatal(err)
	}
	return fhir.NewRef("Patient", out.Effects[0].ID)
}

// run starts Route, Drain and the simulated partners.
func (r *road) run(ps *demo.Partners, partners ...gateway.Partner) (stop func()) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	list := make([]*gateway.Partner, len(partners))
	for i := range partners {
		list[i] = &partners[i]
	}
	hints, all := store.NewMemory(), func() []*gateway.Partner { return list }
	wires := map[string]gateway.Wire{
		"fhir":    {Render: fhirrest.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) { return fhirrest.New(p, fhirrest.Options{}) }},
		"webhook": {Render: webhook.Render, Dial: func(p *gateway.Partner) (gateway.Sender, error) { return webhook.New(p, webhook.Options{}) }},
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for _, s := range []gateway.Service{ps,
		&gateway.Route{Store: r.s, Leases: r.s, Hints: hints, Partners: all, Holder: "i1", Sweep: 50 * time.Millisecond, Log: log},
		&gateway.Drain{Outbox: r.s, Hints: hints, Partners: all, Wires: wires, Holder: "i1", Sweep: 50 * time.Millisecond, OpenFor: 100 * time.Millisecond,
			Now: time.Now, Rand: func() float64 { return 0 }, Log: log}} {
		wg.Go(func() {
			if err := s.Run(ctx); err != nil {
				r.t.Error(err)
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

// arrivals waits until a receiver has what is wanted of it.
type arrivals interface {
	Arrivals() ([]demo.Arrival, <-chan struct{})
}

func await(t *testing.T, from arrivals, what string, met func([]demo.Arrival) bool) []demo.Arrival {
	t.Helper()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	for {
		got, more := from.Arrivals()
		if met(got) {
			return got
		}
		select {
		case <-more:
		case <-limit.C:
			t.Fatalf("%s: %d arrivals after 30 s", what, len(got))
		}
	}
}

func applied(as []demo.Arrival) (keys []string) {
	for _, a := range as {
		if a.Applied {
			keys = append(keys, a.Key)
		}
	}
	return keys
}

func destination(id gateway.PartnerID, e gateway.Endpoint) gateway.Partner {
	return gateway.Partner{ID: id, Payers: []string{"MCOA"}, Wants: []gateway.Want{{Types: []string{"Patient"}}}, Deliver: &e}
}

// open makes the partners and hands out the simulated receivers of the test's
// own servers.
func open(t *testing.T, partners ...gateway.Partner) *demo.Partners {
	t.Helper()
	ps, err := demo.OpenPartners(t.Context(), partners)
	if err != nil {
		t.Fatal(err)
	}
	return ps
}

// F16: the partner applies and drops the reply, fails, asks to wait: the same key
// on every try, nothing lost, nothing doubled, the order kept.
func TestDeliveriesSurviveEveryFailure(t *testing.T) {
	for _, c := range []struct {
		name string
		keys bool // the receiver honours keys
		bad  demo.Behaviour
	}{
		{"well", true, demo.Behaviour{}},
		{"drops the reply", true, demo.Behaviour{Drop: true, Times: 2}},
		{"drops the reply and knows no keys", false, demo.Behaviour{Drop: true, Times: 2}},
		{"fails", true, demo.Behaviour{Status: 500, Times: 2}},
		{"asks to wait", true, demo.Behaviour{Status: 429, RetryAfter: time.Second, Times: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoad(t)
			p := destination("mco-a", gateway.Endpoint{Wire: "fhir", URL: "http://127.0.0.1:0/fhir", Token: "secret", Deduplicates: c.keys})
			ps := open(t, p)
			server := ps.FHIR("mco-a")
			server.Behave(c.bad)
			var refs []fhir.Ref
			for range 3 {
				refs = append(refs, r.commit("A"))
			}
			defer r.run(ps, p)()
			await(t, server, c.name, func(as []demo.Arrival) bool { return len(slices.Compact(applied(as))) == 3 })
			r.settle()
			got, _ := server.Arrivals()
			var order []string
			for _, a := range got {
				if !slices.Contains(order, a.Key) {
					order = append(order, a.Key)
				}
			}
			if len(order) != 3 {
				t.Errorf("%d keys for 3 deliveries", len(order))
			}
			version, json := server.Resource(refs[0])
			if !strings.Contains(string(json), `"multipleBirthInteger":3`) {
				t.Errorf("the receiver ends with %s", json)
			}
			if c.keys && version != 3 {
				t.Errorf("%d versions for 3 deliveries: an effect was doubled", version)
			}
		})
	}
}

// settle waits until the store has settled all deliveries.
func (r *road) settle() {
	r.t.Helper()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(30 * time.Second); ; <-look.C {
		list, _, err := r.s.ListDeliveries(context.Background(), gateway.DeliveryFilter{State: "ready"}, gateway.Paging{})
		if err != nil {
			r.t.Fatal(err)
		}
		if len(list) == 0 {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("%d deliveries not settled after 30 s: %s", len(list), list[0].Fault)
		}
	}
}

func TestWebhookPartnerChecksSignatures(t *testing.T) {
	r := newRoad(t)
	p := destination("ehr-b", gateway.Endpoint{Wire: "webhook", URL: "http://127.0.0.1:0/hook", Secrets: []string{"demo-ehr-b-signing-secret"}})
	ps := open(t, p)
	hook := ps.Hook("ehr-b")
	hook.Behave(demo.Behaviour{Drop: true, Times: 1})
	ref := r.commit("A")
	defer r.run(ps, p)()
	got := await(t, hook, "two tries", func(as []demo.Arrival) bool { return len(as) >= 2 })
	if got[0].Key != got[1].Key || !got[0].Applied || !got[1].Repeat || got[0].Refs[0] != string(ref) {
		t.Errorf("arrivals = %+v", got)
	}
	resp, err := http.Post(p.Deliver.URL, "application/json", strings.NewReader(`{"type":"throughline.records.changed"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("an unsigned post: %d", resp.StatusCode)
	}
}

// A visitor breaks a partner and mends it.
func TestPartnerIsBrokenAndMended(t *testing.T) {
	r := newRoad(t)
	p := destination("mco-a", gateway.Endpoint{Wire: "fhir", URL: "http://127.0.0.1:0/fhir"})
	ps := open(t, p)
	defer r.run(ps, p)()
	control := strings.TrimSuffix(p.Deliver.URL, "/fhir") + "/demo/behave"
	behave := func(query string) {
		resp, err := http.Post(control+query, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	behave("?status=503")
	r.commit("A")
	await(t, ps.FHIR("mco-a"), "a failed try", func(as []demo.Arrival) bool { return len(as) > 0 && !as[0].Applied })
	behave("")
	await(t, ps.FHIR("mco-a"), "delivered", func(as []demo.Arrival) bool { return len(applied(as)) == 1 })
}

func TestFHIRServerKeepsWhatItIsSent(t *testing.T) {
	p := destination("mco-a", gateway.Endpoint{Wire: "fhir", URL: "http://127.0.0.1:0/fhir", Token: "t"})
	ps := open(t, p)
	ctx, cancel := context.WithCancel(context.Background())
	finished := make(chan error, 1)
	go func() { finished <- ps.Run(ctx) }()
	ask := func(method, path, body string, header ...string) (int, string, string) {
		req, err := http.NewRequest(method, p.Deliver.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer t")
		for i := 0; i+1 < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text), resp.Header.Get("Location")
	}
	goal := `{"resourceType":"Goal","id":"g1","identifier":[{"system":"s","value":"v"}]}`
	for _, c := range []struct {
		method, path, body string
		header             []string
		want               int
	}{
		{"PUT", "/Goal/g1", goal, nil, 201},
		{"PUT", "/Goal/g1", goal, nil, 200},
		{"PUT", "/Goal/g2", goal, nil, 400},
		{"PUT", "/Goal/g1", "{", nil, 400},
		{"POST", "/Goal", goal, []string{"If-None-Exist", "identifier=s|v"}, 200},
		{"POST", "/Goal", goal, []string{"If-None-Exist", "identifier=s|w"}, 201},
		{"GET", "/Goal/g1", "", nil, 200},
		{"GET", "/Goal/none", "", nil, 404},
		{"DELETE", "/Goal/g1", "", nil, 204},
		{"DELETE", "/Goal/g1", "", nil, 204},
		{"GET", "/Goal/g1", "", nil, 410},
		{"PATCH", "/Goal/g1", goal, nil, 405},
		{"GET", "/Goal/g1", "", []string{"Authorization", "Bearer wrong"}, 401},
		{"POST", "", `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":` + goal + `,"request":{"method":"PUT","url":"Goal/g1"}},{"request":{"method":"DELETE","url":"Goal/g9"}}]}`, nil, 200},
		{"POST", "", `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":` + goal + `,"request":{"method":"PUT","url":"Goal/g1"}},{"request":{"method":"DELETE","url":"Goal/g1"}}]}`, nil, 400},
		{"GET", "/Goal/g1", "", nil, 200},
	} {
		if got, text, _ := ask(c.method, c.path, c.body, c.header...); got != c.want {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, got, text, c.want)
		}
	}
	if _, _, at := ask("PUT", "/Goal/g1", goal); at != p.Deliver.URL+"/Goal/g1/_history/5" {
		t.Errorf("Location %q", at)
	}
	cancel()
	if err := <-finished; err != nil {
		t.Error(err)
	}
}
