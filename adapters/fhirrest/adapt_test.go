package fhirrest_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/adapters/adaptertest"
	"github.com/throughline/throughline/adapters/fhirrest"
	"github.com/throughline/throughline/demo"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// memory keeps what deliveries taught, as the store does.
type memory struct {
	names map[fhir.Ref]gateway.Remote
	texts map[string]*fhir.Resource
}

func newMemory() *memory {
	return &memory{names: map[fhir.Ref]gateway.Remote{}, texts: map[string]*fhir.Resource{}}
}

func (m *memory) Remotes(context.Context, gateway.PartnerID, []fhir.Ref) (map[fhir.Ref]gateway.Remote, error) {
	out := map[fhir.Ref]gateway.Remote{}
	for k, v := range m.names {
		out[k] = v
	}
	return out, nil
}

func (m *memory) Version(_ context.Context, ref fhir.Ref, version int64) (*fhir.Resource, error) {
	return m.texts[fmt.Sprint(ref, version)], nil
}

// settle keeps what a parcel taught.
func (m *memory) settle(p *gateway.Parcel) {
	for _, r := range p.Learned.Remotes {
		m.names[r.Ours] = r
	}
}

// house is a sender, its memory, and the server it speaks with.
type house struct {
	t      *testing.T
	memory *memory
	server *demo.FHIRServer
	sender *fhirrest.Sender
	n      int
}

func newHouse(t *testing.T, h demo.Habits, ids gateway.IDPolicy) *house {
	t.Helper()
	s := demo.NewFHIRServerWith(h)
	srv := httptest.NewServer(http.StripPrefix("/fhir", s))
	t.Cleanup(srv.Close)
	out := &house{t: t, memory: newMemory(), server: s}
	p := partner(srv.URL + "/fhir")
	p.Deliver.IDs, p.Deliver.Token = ids, h.Token
	var err error
	if out.sender, err = fhirrest.New(p, fhirrest.Options{Remotes: out.memory}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.sender.Close)
	return out
}

// send delivers resources, each with its version.
func (h *house) send(version int64, texts ...string) (*gateway.Parcel, error) {
	h.t.Helper()
	h.n++
	d := &gateway.Delivery{ID: "d", Key: fmt.Sprint("key-", h.n)}
	for _, text := range texts {
		r := resource(h.t, text)
		d.Items = append(d.Items, gateway.Item{Type: r.Type, ID: r.ID, Version: version, Verb: gateway.Updated})
		d.Resources = append(d.Resources, r)
		h.memory.texts[fmt.Sprint(r.Ref(), version)] = r
	}
	p, err := fhirrest.Render(d, partner("https://ehr.example"))
	if err != nil {
		h.t.Fatal(err)
	}
	_, err = h.sender.Send(context.Background(), p)
	h.memory.settle(p)
	return p, err
}

func (h *house) mustSend(version int64, texts ...string) *gateway.Parcel {
	h.t.Helper()
	p, err := h.send(version, texts...)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// held is the one resource of a type that the server has.
func (h *house) held(typ string) *fhir.Resource {
	h.t.Helper()
	refs := h.server.Refs(typ)
	if len(refs) != 1 {
		h.t.Fatalf("the server has %d of %s, want 1: %v", len(refs), typ, refs)
	}
	_, text := h.server.Resource(refs[0])
	return resource(h.t, string(text))
}

const (
	patientJSON = `{"resourceType":"Patient","id":"aap1","identifier":[{"system":"urn:mrn","value":"7"}]}`
	requestJSON = `{"resourceType":"ServiceRequest","id":"aas1","status":"active","intent":"order","subject":{"reference":"Patient/aap1"}}`
)

func task(status, more string) string {
	return `{"resourceType":"Task","id":"aat1","status":"` + status + `","intent":"order","focus":{"reference":"ServiceRequest/aas1"},"for":{"reference":"Patient/aap1"}` + more + `}`
}

// A server that names things itself gets conditional creates, keeps references
// whole, and a delivery whose reply was lost makes nothing twice.
func TestServersThatNameThingsThemselves(t *testing.T) {
	for name, habits := range map[string]demo.Habits{
		"transactions": {OwnIDs: true}, "one by one": {OwnIDs: true, NoTransaction: true}, "no conditions": {OwnIDs: true, NoTransaction: true, NoConditions: true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, habits, "")
			h.mustSend(1, task("requested", ""), requestJSON, patientJSON)
			for ref, want := range map[string]string{h.held("Task").Get("focus", "reference").Text(): "ServiceRequest", h.held("Task").Get("for", "reference").Text(): "Patient",
				h.held("ServiceRequest").Get("subject", "reference").Text(): "Patient"} {
				if refs := h.server.Refs(want); len(refs) != 1 || string(refs[0]) != ref {
					t.Errorf("refers to %s, the %s is %v", ref, want, refs)
				}
			}
			h.memory.names = map[fhir.Ref]gateway.Remote{} // the reply was lost
			h.mustSend(1, task("requested", ""), requestJSON, patientJSON)
			h.held("Task")
			h.mustSend(2, task("cancelled", ""))
			if got := h.held("Task").Get("status").Text(); got != "cancelled" {
				t.Errorf("the update did not arrive: %s", got)
			}
			at := h.memory.names["Task/aat1"]
			if at.Theirs != h.server.Refs("Task")[0] || at.Version == "" || at.Sent != 2 {
				t.Errorf("learned %+v", at)
			}
		})
	}
}

// Several updates of what the server has by our id.
func TestUpdatesCarryTheVersion(t *testing.T) {
	h := newHouse(t, demo.Habits{}, "")
	h.mustSend(1, task("requested", ""))
	h.mustSend(2, task("requested", `,"priority":"urgent"`))
	if n, text := h.server.Resource("Task/aat1"); n != 2 || !bytes.Contains(text, []byte("urgent")) {
		t.Errorf("version %d %s", n, text)
	}
	h.mustSend(2, task("requested", `,"priority":"urgent"`)) // the same again
	if at := h.memory.names["Task/aat1"]; at.Version != "3" || at.Merged {
		t.Errorf("%+v", at)
	}
}

// What somebody at the partner changed stays: merged where one side alone
// changed it or owns it, a person's decision where both did.
func TestThePartnersChangesAreNotWrittenOver(t *testing.T) {
	for _, tx := range []bool{false, true} {
		h := newHouse(t, demo.Habits{NoTransaction: !tx}, "")
		h.mustSend(1, task("requested", ""), patientJSON)
		h.edit("Task/aat1", "status", "accepted")
		h.edit("Task/aat1", "description", "call the school first")
		h.mustSend(2, task("requested", `,"priority":"urgent"`), patientJSON)
		got := h.held("Task")
		for element, want := range map[string]string{"status": "accepted", "description": "call the school first", "priority": "urgent"} {
			if got.Get(element).Text() != want {
				t.Errorf("%s is %q, want %q", element, got.Get(element).Text(), want)
			}
		}
		h.mustSend(3, task("requested", `,"priority":"stat"`), patientJSON) // the addition stays, also later
		if got := h.held("Task"); got.Get("description").Text() == "" || got.Get("priority").Text() != "stat" {
			t.Errorf("%s", got.JSON)
		}
		h.edit("Task/aat1", "priority", "asap")
		before, _ := h.server.Resource("Task/aat1")
		p, err := h.send(4, task("requested", `,"priority":"routine"`))
		if gateway.FaultOf(err).Code != gateway.Conflict || len(p.Learned.Clashes) != 1 || p.Learned.Clashes[0].Elements[0] != "priority" {
			t.Fatalf("%v %+v", err, p.Learned)
		}
		if strings.Contains(err.Error(), "school") || strings.Contains(err.Error(), "asap") {
			t.Errorf("the fault shows content: %v", err)
		}
		if after, _ := h.server.Resource("Task/aat1"); after != before {
			t.Error("something was written in spite of the conflict")
		}
		decided := p.Learned.Clashes[0].Remote
		decided.Settled, decided.Merged = decided.Version, true
		h.memory.names["Task/aat1"] = decided
		h.mustSend(4, task("requested", `,"priority":"routine"`))
		if got := h.held("Task"); got.Get("priority").Text() != "routine" || got.Get("description").Text() == "" {
			t.Errorf("a person let ours win: %s", got.JSON)
		}
	}
}

func (h *house) edit(ref fhir.Ref, element, value string) {
	h.t.Helper()
	ok := h.server.Edit(ref, func(r *fhir.Resource) []byte {
		o := fhir.Object{}
		for n, v := range r.Root().Members() {
			o = o.With(n, v)
		}
		return o.With(element, value).JSON()
	})
	if !ok {
		h.t.Fatalf("the server has no %s", ref)
	}
}

func TestWhatMetadataDoesNotListIsParkedWithItsCause(t *testing.T) {
	h := newHouse(t, demo.Habits{Types: []string{"Patient", "Task"}}, "")
	_, err := h.send(1, requestJSON)
	if f := gateway.FaultOf(err); f.Code != gateway.NotSupported || !strings.Contains(f.Error(), "ServiceRequest") {
		t.Errorf("%v", err)
	}
	h = newHouse(t, demo.Habits{OwnIDs: true}, "")
	if _, err := h.send(1, `{"resourceType":"Provenance","id":"aav1","target":[{"reference":"urn:x:y"}],"recorded":"2026-01-01T00:00:00Z","agent":[{"who":{"display":"x"}}]}`); gateway.FaultOf(err).Code != gateway.NotSupported || !strings.Contains(err.Error(), "no identifier") {
		t.Errorf("a type without identifiers: %v", err)
	}
	if n := len(h.server.Refs("Provenance")); n != 0 {
		t.Errorf("%d were written all the same", n)
	}
}

// A receiver that names things itself is not given ids that mean nothing to it.
func TestReferencesToWhatItWasNotSentAreLogical(t *testing.T) {
	h := newHouse(t, demo.Habits{OwnIDs: true}, "")
	h.mustSend(1, requestJSON, task("requested", ""))
	subject := h.held("ServiceRequest").Get("subject")
	if subject.Get("reference") != nil || subject.Get("identifier", "value").Text() != "Patient/aap1" || subject.Get("type").Text() != "Patient" {
		t.Errorf("%s", subject.Raw())
	}
	h.mustSend(2, patientJSON)
	h.mustSend(2, requestJSON)
	if got := h.held("ServiceRequest").Get("subject", "reference").Text(); got != string(h.server.Refs("Patient")[0]) {
		t.Errorf("known by now, and called %q", got)
	}
}

func TestStatesThatAReferralDoesNotHaveAreNotSent(t *testing.T) {
	h := newHouse(t, demo.Habits{}, "")
	h.mustSend(1, task("received", ""))
	if got := h.held("Task").Get("status").Text(); got != "requested" {
		t.Error(got)
	}
	h.mustSend(2, task("ready", ""))
	if got := h.held("Task").Get("status").Text(); got != "accepted" {
		t.Error(got)
	}
}

// The suite that every sender passes, by the adapting way.
func TestConformanceOfTheAdaptingSender(t *testing.T) {
	adaptertest.Run(t, adaptertest.Wire{
		Name: "FHIR, adapting", New: func(t *testing.T, url string) gateway.Sender {
			front := httptest.NewServer(adapting(url))
			t.Cleanup(func() { front.CloseClientConnections(); front.Close() })
			p := partner(front.URL)
			s, err := fhirrest.New(p, fhirrest.Options{Remotes: newMemory()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			return s
		},
		Parcel: func(n int) *gateway.Parcel {
			p, err := fhirrest.Render(delivery(t, n), partner("https://mco.example/fhir"))
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		Key: func(r *http.Request) string { return r.Header.Get("Idempotency-Key") },
	})
}

func pemOf(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func ecKey(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf(t, key)
}

// SMART Backend Services: discovery, one token for many requests, one fresh one
// after a 401, both algorithms, and a client that is not known.
func TestSmartLogin(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]string{"ES384": ecKey(t), "RS384": pemOf(t, rsaKey)} {
		t.Run(name, func(t *testing.T) {
			s := demo.NewFHIRServerWith(demo.Habits{Key: key, Client: "throughline"})
			srv := httptest.NewServer(http.StripPrefix("/fhir", s))
			defer srv.Close()
			now := time.Now()
			s.Now = func() time.Time { return now }
			login := &gateway.SmartLogin{ClientID: "throughline", Scope: "system/*.cruds", Key: key}
			open := func(l *gateway.SmartLogin) *fhirrest.Sender {
				p := partner(srv.URL + "/fhir")
				p.Deliver.Login, p.Deliver.Token = l, ""
				out, err := fhirrest.New(p, fhirrest.Options{Remotes: newMemory(), Now: func() time.Time { return now }})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(out.Close)
				return out
			}
			sender, n := open(login), 0
			send := func() error {
				n++
				p, _ := fhirrest.Render(delivery(t, n), partner("https://x"))
				_, err := sender.Send(context.Background(), p)
				return err
			}
			want := func(tokens int, step string) {
				t.Helper()
				if err := send(); err != nil || s.Tokens() != tokens {
					t.Fatalf("%s: %d tokens, want %d: %v", step, s.Tokens(), tokens, err)
				}
			}
			want(1, "the first")
			want(1, "kept")
			now = now.Add(4 * time.Minute)
			want(1, "still good")
			now = now.Add(45 * time.Second)
			want(2, "near its end")
			s.Revoke()
			want(3, "refused once")
			other := *login
			other.Key = ecKey(t)
			sender = open(&other)
			if err := send(); gateway.FaultOf(err).Code != gateway.Denied {
				t.Errorf("a key that is not registered: %v", err)
			}
		})
	}
}

// adapting is a server with metadata in front of a receiver of the suite: what
// is no write it answers itself.
func adapting(url string) http.Handler {
	own := demo.NewFHIRServerWith(demo.Habits{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			own.ServeHTTP(w, r)
			return
		}
		pass(url).ServeHTTP(w, r)
	})
}

// pass hands a request on as it is, and an answer back; a connection that is cut
// there is cut here.
func pass(to string) http.Handler {
	target, _ := url.Parse(to)
	return &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorLog:     log.New(io.Discard, "", 0),
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
}
