package demo

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/throughline/throughline/fhir"
)

// PayerServer is a simulated health plan with a Da Vinci PAS server, for the
// demonstration and tests only. It decides by these rules, item by item:
//
//	cancelled by the requester   C
//	H2022                        A3, not certified
//	T2038                        A4, pended until Decide
//	S9484                        A4, until the request has a document or answered questions with it
//	up to Grants units           A1
//	more                         A6, certified for Grants units
//
// Version is the way it says "modified": itemAuthorizedDetail (2.0.1) or an
// addItem (2.2.1). The same request gets the same answer.
type PayerServer struct {
	Version string
	Grants  int
	Token   string
	Offers  bool // Subscriptions
	Now     func() time.Time

	mu      sync.Mutex
	decided map[string]bool // trace numbers whose pended items are granted now
	asked   [][]byte
	hooks   []*hooked // by their number - 1; nil = forgotten

	questions int
}

// NewPayerServer makes one that grants at most so many units.
func NewPayerServer(version string, grants int, token string) *PayerServer {
	return &PayerServer{Version: version, Grants: grants, Token: token, Now: time.Now, decided: map[string]bool{}}
}

// Asked are the request Bundles that came, in order.
func (s *PayerServer) Asked() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([][]byte(nil), s.asked...)
}

// ServeHTTP answers Claim/$submit, and what else a payer has (side).
func (s *PayerServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Header.Get("Authorization") != "Bearer "+s.Token {
		refuse(w, http.StatusUnauthorized, "not a token we gave out")
		return
	}
	if s.side(w, req) {
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 5<<20))
	if err != nil || req.Method != http.MethodPost || req.URL.Path != "/fhir/Claim/$submit" {
		refuse(w, http.StatusNotFound, "want a POST to /fhir/Claim/$submit")
		return
	}
	answer := s.Answer(body)
	if answer == nil {
		refuse(w, http.StatusBadRequest, "no Claim as the first entry")
		return
	}
	s.mu.Lock()
	s.asked = append(s.asked, body)
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/fhir+json")
	_, _ = w.Write(answer) // the caller has gone: nobody to tell
}

// Decide grants what is pended of a request, and is the answer then.
func (s *PayerServer) Decide(request []byte) []byte {
	r, _ := fhir.Parse(request, fhir.Limits{})
	if r == nil || len(r.Entries()) == 0 {
		return nil
	}
	s.mu.Lock()
	s.decided[traceOf(r.Entries()[0].Resource)] = true
	s.mu.Unlock()
	return s.Answer(request)
}

func traceOf(claim *fhir.Resource) string {
	for _, id := range claim.Get("identifier").Items() {
		return id.Get("value").Text()
	}
	return ""
}

// Answer is the response Bundle to a request; nil for what is none.
func (s *PayerServer) Answer(request []byte) []byte {
	r, _ := fhir.Parse(request, fhir.Limits{})
	if r == nil || len(r.Entries()) == 0 || r.Entries()[0].Resource == nil || r.Entries()[0].Resource.Type != "Claim" {
		return nil
	}
	claim := r.Entries()[0].Resource
	var items, added fhir.List
	wants := wantsMore(r)
	for _, item := range claim.Get("item").Items() {
		one, more := s.item(claim, item, wants)
		items, added = append(items, one), append(added, more)
	}
	answer := fhir.Obj("resourceType", "ClaimResponse", "id", "answer-to-"+traceOf(claim), "identifier", claim.Get("identifier"), "status", "active", "type", claim.Get("type"),
		"use", "preauthorization", "patient", claim.Get("patient"), "created", s.Now().UTC().Format(time.RFC3339Nano), "insurer", claim.Get("insurer"),
		"requestor", claim.Get("provider"), "outcome", "complete", "item", items, "addItem", added)
	entries := fhir.List{fhir.Obj("fullUrl", "urn:uuid:4b3c2d1e-0f1a-4b2c-8d3e-4f5a6b7c8d9e", "resource", answer)}
	for _, e := range r.Entries() {
		if e.Resource != nil && (e.Resource.Type == "Patient" || e.Resource.Type == "Organization") {
			entries = append(entries, fhir.Obj("fullUrl", e.FullURL, "resource", e.Resource.Root()))
		}
	}
	if wants {
		entries = append(entries, asksMore(claim)...)
	}
	return fhir.Obj("resourceType", "Bundle", "identifier", r.Get("identifier"), "type", "collection", "timestamp", s.Now().UTC().Format(time.RFC3339Nano), "entry", entries).JSON()
}

const pasExtension = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-"

// item decides one item; the second is its addItem, empty when it has none.
func (s *PayerServer) item(claim *fhir.Resource, item *fhir.Node, wants bool) (one, added fhir.Object) {
	action, units := s.rule(claim, item, wants)
	sequence, _ := strconv.Atoi(item.Get("sequence").Text())
	number := ""
	if action == "A1" || action == "A6" {
		number = "AUTH-" + traceOf(claim) + "-" + strconv.Itoa(sequence)
	}
	one = fhir.Obj("itemSequence", sequence, "adjudication", reviewed(action, number))
	if action != "A6" {
		return one, added
	}
	given := fhir.Obj("value", fhir.Number(strconv.Itoa(units)), "unit", "units", "system", "https://codesystem.x12.org/005010/355", "code", "UN")
	if s.Version == "2.0.1" {
		return one.With("extension", fhir.List{fhir.Obj("extension", fhir.List{
			fhir.Obj("url", "productOrServiceCode", "valueCodeableConcept", item.Get("productOrService")), fhir.Obj("url", "quantity", "valueQuantity", given)},
			"url", pasExtension+"itemAuthorizedDetail")}), added
	}
	return one, fhir.Obj("itemSequence", fhir.List{sequence}, "productOrService", item.Get("productOrService"), "quantity", given, "adjudication", reviewed("A1", number))
}

// rule is what the comment of PayerServer says.
func (s *PayerServer) rule(claim *fhir.Resource, item *fhir.Node, wants bool) (action string, units int) {
	code := codeOfItem(item)
	s.mu.Lock()
	decided := s.decided[traceOf(claim)]
	s.mu.Unlock()
	asked, _ := strconv.Atoi(item.Get("quantity", "value").Text())
	switch {
	case item.Get("modifierExtension") != nil:
		return "C", 0
	case code == "H2022":
		return "A3", 0
	case code == "T2038" && !decided, code == crisisCare && wants:
		return "A4", 0
	case asked > s.Grants:
		return "A6", s.Grants
	}
	return "A1", asked
}

// crisisCare is what is decided on documents only.
const crisisCare = "S9484"

func codeOfItem(item *fhir.Node) (code string) {
	for _, c := range item.Get("productOrService", "coding").Items() {
		code = c.Get("code").Text()
	}
	return code
}

// wantsMore says whether a request asks for crisis care and brings neither a
// document nor answered questions.
func wantsMore(request *fhir.Resource) (wants bool) {
	for i, e := range request.Entries() {
		if e.Resource != nil && (e.Resource.Type == "DocumentReference" || e.Resource.Type == "QuestionnaireResponse") {
			return false
		}
		if i > 0 || e.Resource == nil {
			continue
		}
		for _, item := range e.Resource.Get("item").Items() {
			wants = wants || codeOfItem(item) == crisisCare
		}
	}
	return wants
}

// tracking is the number under which an answer is expected.
func tracking(prefix string, claim *fhir.Resource) fhir.List {
	return fhir.List{fhir.Obj("system", "http://plan.example/tracking", "value", prefix+traceOf(claim))}
}

// asksMore asks for a document in words and for the answers to a questionnaire.
func asksMore(claim *fhir.Resource) fhir.List {
	task := fhir.Obj("resourceType", "Task", "id", "ask-"+traceOf(claim), "identifier", tracking("ACN-", claim), "status", "requested", "intent", "order",
		"code", fhir.Obj("coding", fhir.List{fhir.Obj("system", "http://hl7.org/fhir/us/davinci-hrex/CodeSystem/hrex-temp", "code", "attachment-request-questionnaire")}),
		"for", claim.Get("patient"), "requester", claim.Get("insurer"), "owner", claim.Get("provider"), "reasonReference", fhir.Obj("reference", "urn:uuid:4b3c2d1e-0f1a-4b2c-8d3e-4f5a6b7c8d9e"),
		"input", fhir.List{fhir.Obj("type", fhir.Obj("text", "questionnaire"), "valueCanonical", "http://plan.example/Questionnaire/crisis-care")})
	letter := fhir.Obj("resourceType", "CommunicationRequest", "id", "letter-"+traceOf(claim), "identifier", tracking("LETTER-", claim), "status", "active", "subject", claim.Get("patient"), "sender", claim.Get("insurer"),
		"payload", fhir.List{fhir.Obj("contentString", "Please send the crisis plan.")})
	return fhir.List{fhir.Obj("fullUrl", "urn:uuid:6f1c7a1e-8f1b-4e3c-9d52-0a7b8c9d0e1f", "resource", task), fhir.Obj("fullUrl", "urn:uuid:7a2d8b2f-9a2c-4f4d-8e63-1b8c9dae1f20", "resource", letter)}
}

func reviewed(action, number string) fhir.List {
	parts := fhir.List{}
	if number != "" {
		parts = append(parts, fhir.Obj("url", "number", "valueString", number))
	}
	parts = append(parts, fhir.Obj("url", pasExtension+"reviewActionCode", "valueCodeableConcept",
		fhir.Obj("coding", fhir.List{fhir.Obj("system", "https://codesystem.x12.org/005010/306", "code", action)})))
	return fhir.List{fhir.Obj("extension", fhir.List{fhir.Obj("extension", parts, "url", pasExtension+"reviewAction")},
		"category", fhir.Obj("coding", fhir.List{fhir.Obj("system", "http://terminology.hl7.org/CodeSystem/adjudication", "code", "submitted")}))}
}
