package demo

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
)

// hooked is a subscription at the simulated payer.
type hooked struct {
	endpoint, status string
	headers          []string
	events           int
}

// side answers what is not Claim/$submit: metadata, $inquire and Subscriptions;
// false when it is none of them. It is called with the token checked.
func (s *PayerServer) side(w http.ResponseWriter, req *http.Request) bool {
	id, one := strings.CutPrefix(req.URL.Path, "/fhir/Subscription/")
	var body []byte
	switch {
	case req.Method == http.MethodGet && req.URL.Path == "/fhir/metadata":
		body = s.metadata()
	case req.Method == http.MethodGet && one:
		body = s.subscription(id)
	case req.Method == http.MethodPost && req.URL.Path == "/fhir/Subscription" && s.Offers:
		if body = s.subscribe(req); body != nil {
			w.Header().Set("Content-Type", "application/fhir+json")
			w.WriteHeader(http.StatusCreated)
		}
	case req.Method == http.MethodPost && req.URL.Path == "/fhir/Claim/$inquire":
		body = s.inquired(req)
	default:
		return false
	}
	if body == nil {
		refuse(w, http.StatusNotFound, "nothing of that kind")
		return true
	}
	w.Header().Set("Content-Type", "application/fhir+json")
	_, _ = w.Write(body) // the caller has gone: nobody to tell
	return true
}

func (s *PayerServer) metadata() []byte {
	resources := fhir.List{fhir.Obj("type", "Claim", "operation", fhir.List{fhir.Obj("name", "submit", "definition", "http://hl7.org/fhir/us/davinci-pas/OperationDefinition/Claim-submit")})}
	if s.Offers {
		resources = append(resources, fhir.Obj("type", "Subscription", "interaction", fhir.List{fhir.Obj("code", "create"), fhir.Obj("code", "read")}))
	}
	return fhir.Obj("resourceType", "CapabilityStatement", "status", "active", "date", "2026-01-01", "kind", "instance", "fhirVersion", "4.0.1", "format", fhir.List{"json"},
		"rest", fhir.List{fhir.Obj("mode", "server", "resource", resources)}).JSON()
}

// subscribe takes a Subscription and shakes hands before it answers.
func (s *PayerServer) subscribe(req *http.Request) []byte {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	r, _ := fhir.Parse(body, fhir.Limits{})
	if err != nil || r == nil || r.Type != "Subscription" {
		return nil
	}
	h := &hooked{endpoint: r.Get("channel", "endpoint").Text(), status: "requested"}
	for _, header := range r.Get("channel", "header").Items() {
		h.headers = append(h.headers, header.Text())
	}
	s.mu.Lock()
	id := strconv.Itoa(len(s.hooks) + 1)
	s.hooks = append(s.hooks, h)
	s.mu.Unlock()
	if s.post(id, h, "handshake", nil) {
		s.mu.Lock()
		h.status = "active"
		s.mu.Unlock()
	}
	return s.subscription(id)
}

func (s *PayerServer) subscription(id string) []byte {
	n, err := strconv.Atoi(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || n < 1 || n > len(s.hooks) || s.hooks[n-1] == nil {
		return nil
	}
	return fhir.Obj("resourceType", "Subscription", "id", id, "status", s.hooks[n-1].status, "reason", "decisions", "criteria", "http://hl7.org/fhir/us/davinci-pas/SubscriptionTopic/PASSubscriptionTopic",
		"channel", fhir.Obj("type", "rest-hook", "endpoint", s.hooks[n-1].endpoint)).JSON()
}

// Subscriptions is how many were asked for.
func (s *PayerServer) Subscriptions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.hooks)
}

// InForce is how many shook hands.
func (s *PayerServer) InForce() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.hooks {
		if h != nil && h.status == "active" {
			n++
		}
	}
	return n
}

// Forget loses all subscriptions, as a payer may.
func (s *PayerServer) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.hooks)
}

// Tell notifies the subscribers of what is decided on a request now, and says how
// many took it.
func (s *PayerServer) Tell(request []byte) (taken int) {
	answer := s.Answer(request)
	s.mu.Lock()
	hooks := append([]*hooked(nil), s.hooks...)
	s.mu.Unlock()
	for i, h := range hooks {
		if h != nil && s.post(strconv.Itoa(i+1), h, "event-notification", answer) {
			taken++
		}
	}
	return taken
}

// post sends a notification Bundle (Subscriptions R5 Backport for R4).
func (s *PayerServer) post(id string, h *hooked, kind string, answer []byte) bool {
	params := fhir.List{fhir.Obj("name", "subscription", "valueReference", fhir.Obj("reference", "Subscription/"+id)),
		fhir.Obj("name", "status", "valueCode", "active"), fhir.Obj("name", "type", "valueCode", kind)}
	var foci fhir.List
	if r, _ := fhir.Parse(answer, fhir.Limits{}); r != nil {
		s.mu.Lock()
		h.events++
		number := strconv.Itoa(h.events)
		s.mu.Unlock()
		focus := "urn:uuid:0f1e2d3c-4b5a-4968-8776-655443322110"
		params = append(params, fhir.Obj("name", "events-since-subscription-start", "valueString", number),
			fhir.Obj("name", "notification-event", "part", fhir.List{fhir.Obj("name", "event-number", "valueString", number), fhir.Obj("name", "focus", "valueReference", fhir.Obj("reference", focus))}))
		foci = append(foci, fhir.Obj("fullUrl", focus, "resource", r.Root()))
	}
	body := fhir.Obj("resourceType", "Bundle", "type", "history", "timestamp", s.Now().UTC().Format(time.RFC3339Nano),
		"entry", append(fhir.List{fhir.Obj("fullUrl", "urn:uuid:1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d", "resource", fhir.Obj("resourceType", "Parameters", "parameter", params))}, foci...)).JSON()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, h.endpoint, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/fhir+json")
	for _, header := range h.headers {
		name, value, _ := strings.Cut(header, ":")
		req.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode < 300
}

// inquired answers $inquire with what stands on the request of the same trace
// number: Parameters (2.2.1) or a Bundle.
func (s *PayerServer) inquired(req *http.Request) []byte {
	body, err := io.ReadAll(io.LimitReader(req.Body, 5<<20))
	r, _ := fhir.Parse(body, fhir.Limits{})
	if err != nil || r == nil || len(r.Entries()) == 0 || r.Entries()[0].Resource == nil {
		return nil
	}
	trace := traceOf(r.Entries()[0].Resource)
	s.mu.Lock()
	s.questions++
	s.mu.Unlock()
	for _, asked := range s.Asked() {
		request, _ := fhir.Parse(asked, fhir.Limits{})
		if traceOf(request.Entries()[0].Resource) != trace {
			continue
		}
		answer, _ := fhir.Parse(s.Answer(asked), fhir.Limits{})
		if s.Version == "2.0.1" {
			return answer.JSON
		}
		return fhir.Obj("resourceType", "Parameters", "parameter", fhir.List{fhir.Obj("name", "return", "resource", answer.Root())}).JSON()
	}
	return nil
}

// Questions is how often $inquire was asked.
func (s *PayerServer) Questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.questions
}
