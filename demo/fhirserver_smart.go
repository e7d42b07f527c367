package demo

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/internal/smartkey"
)

// tokenOffice is the authorization server of a partner: it knows one client by
// its public key, takes each assertion once, and gives tokens that end soon.
type tokenOffice struct {
	client string
	keys   jose.JSONWebKeySet
	now    func() time.Time

	mu     sync.Mutex
	seen   map[string]bool
	tokens map[string]time.Time
	given  int
}

// newTokenOffice is nil for a server without SMART.
func newTokenOffice(h Habits, now func() time.Time) *tokenOffice {
	if h.Key == "" {
		return nil
	}
	o := &tokenOffice{client: h.Client, now: now, seen: map[string]bool{}, tokens: map[string]time.Time{}}
	keys, err := smartkey.Parse(h.Key, "")
	if err != nil || json.Unmarshal(smartkey.PublicSet(keys), &o.keys) != nil {
		o.keys = jose.JSONWebKeySet{} // no key, no client
	}
	return o
}

// serve answers discovery and the token endpoint.
func (o *tokenOffice) serve(w http.ResponseWriter, req *http.Request, path, base string) bool {
	switch {
	case o == nil:
		return false
	case req.Method == http.MethodGet && path == ".well-known/smart-configuration":
		answerJSON(w, fhir.Obj("token_endpoint", base+"/auth/token", "token_endpoint_auth_methods_supported", fhir.List{"private_key_jwt"},
			"token_endpoint_auth_signing_alg_values_supported", fhir.List{"RS384", "ES384"}, "grant_types_supported", fhir.List{"client_credentials"}))
		return true
	case req.Method == http.MethodPost && path == "auth/token":
		if err := o.check(req, base+"/auth/token"); err != "" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write(fhir.Obj("error", err).JSON())
			return true
		}
		answerJSON(w, fhir.Obj("access_token", o.issue(), "token_type", "bearer", "expires_in", 300, "scope", req.PostFormValue("scope")))
		return true
	}
	return false
}

func answerJSON(w http.ResponseWriter, o fhir.Object) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(o.JSON())
}

// check judges an assertion (SMART Backend Services, "Authentication"): who
// signed it, for whom, how long, and that it was not used before.
func (o *tokenOffice) check(req *http.Request, audience string) string {
	if req.PostFormValue("grant_type") != "client_credentials" || req.PostFormValue("scope") == "" {
		return "invalid_request"
	}
	token, err := jwt.ParseSigned(req.PostFormValue("client_assertion"), []jose.SignatureAlgorithm{jose.RS384, jose.ES384})
	if err != nil || len(token.Headers) != 1 {
		return "invalid_client"
	}
	var claims jwt.Claims
	keys := o.keys.Key(token.Headers[0].KeyID)
	if len(keys) != 1 || token.Claims(keys[0].Key, &claims) != nil {
		return "invalid_client"
	}
	now := o.now()
	err = claims.ValidateWithLeeway(jwt.Expected{Issuer: o.client, Subject: o.client, AnyAudience: jwt.Audience{audience}, Time: now}, time.Minute)
	if err != nil || claims.Expiry == nil || claims.Expiry.Time().After(now.Add(5*time.Minute+time.Second)) {
		return "invalid_client"
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if claims.ID == "" || o.seen[claims.ID] {
		return "invalid_client"
	}
	o.seen[claims.ID] = true
	return ""
}

func (o *tokenOffice) issue() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	token := rand.Text()
	o.tokens[token] = o.now().Add(5 * time.Minute)
	o.given++
	return token
}

// admits says whether a request bears a token that is still good.
func (o *tokenOffice) admits(req *http.Request) bool {
	if o == nil {
		return true
	}
	const bearer = "Bearer "
	h := req.Header.Get("Authorization")
	if len(h) < len(bearer) {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	end, ok := o.tokens[h[len(bearer):]]
	return ok && o.now().Before(end)
}

// Tokens says how many tokens were given out; Revoke takes all of them back.
func (s *FHIRServer) Tokens() int {
	s.smart.mu.Lock()
	defer s.smart.mu.Unlock()
	return s.smart.given
}

// Revoke ends every token before its time.
func (s *FHIRServer) Revoke() {
	s.smart.mu.Lock()
	defer s.smart.mu.Unlock()
	clear(s.smart.tokens)
}
