package fhirrest

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/throughline/throughline/adapters/guard"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/internal/smartkey"
)

// maxSmall bounds answers of a few fields: tokens, discovery.
const maxSmall = 256 << 10

// smart asks for tokens by SMART Backend Services: a signed assertion at the
// token endpoint, which the server's discovery document names or the
// configuration does. A token is kept until a little before its end.
type smart struct {
	fhir   *guard.Client // for discovery
	login  *gateway.SmartLogin
	key    smartkey.Key
	now    func() time.Time
	open   func(url string) (*guard.Client, error)
	mu     sync.Mutex // held while a token is asked for: one asks, the others wait
	at     *guard.Client
	url    string
	token  string
	expiry time.Time
}

// Token gives the token; refused is the one that the server would not take,
// empty the first time.
func (s *smart) Token(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != "" && s.token != refused && s.now().Before(s.expiry) {
		return s.token, nil
	}
	if err := s.discover(ctx); err != nil {
		return "", err
	}
	return s.ask(ctx)
}

// discover finds the token endpoint, once.
func (s *smart) discover(ctx context.Context) (err error) {
	if s.at != nil {
		return nil
	}
	target := s.login.TokenURL
	if target == "" {
		if target, err = s.endpoint(ctx); err != nil {
			return err
		}
	}
	client, err := s.open(target)
	if err != nil {
		return tokenFault(gateway.NotSupported, "a token endpoint that may not be reached", "set deliver.smart.token_url")
	}
	s.at, s.url = client, target
	return nil
}

// endpoint reads .well-known/smart-configuration
// (http://hl7.org/fhir/smart-app-launch/conformance.html).
func (s *smart) endpoint(ctx context.Context) (string, error) {
	_, body, err := s.fhir.Fetch(ctx, http.MethodGet, ".well-known/smart-configuration", map[string]string{"Accept": "application/json"}, nil, maxSmall)
	if err != nil {
		return "", err
	}
	var doc struct {
		Token string   `json:"token_endpoint"`
		Algs  []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	}
	if json.Unmarshal(body, &doc) != nil || doc.Token == "" {
		return "", tokenFault(gateway.NotSupported, "a discovery document without a token endpoint", "set deliver.smart.token_url")
	}
	if len(doc.Algs) > 0 && !slices.Contains(doc.Algs, s.key.Alg()) {
		return "", tokenFault(gateway.NotSupported, "a server that does not take "+s.key.Alg(), "use a key of another kind: RSA signs RS384, EC P-384 signs ES384")
	}
	return doc.Token, nil
}

// ask gets a new token (RFC 6749 section 4.4, RFC 7523 section 2.2).
func (s *smart) ask(ctx context.Context) (string, error) {
	s.token = ""
	now := s.now()
	assertion, err := s.key.Assertion(s.login.ClientID, s.url, rand.Text(), now)
	if err != nil {
		return "", tokenFault(gateway.Denied, "a key that does not sign", "see deliver.smart.key")
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {s.login.Scope}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	header := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
	a, body, err := s.at.Fetch(ctx, http.MethodPost, "", header, []byte(form.Encode()), maxSmall)
	if a != nil && (a.Status == http.StatusBadRequest || a.Status == http.StatusUnauthorized) {
		return "", tokenFault(gateway.Denied, "the authorization server refuses the client", "see that the partner has registered this client id and key set, and the scopes")
	}
	if err != nil {
		return "", err
	}
	var got struct {
		Token   string  `json:"access_token"`
		Type    string  `json:"token_type"`
		Seconds float64 `json:"expires_in"`
	}
	if json.Unmarshal(body, &got) != nil || got.Token == "" {
		return "", tokenFault(gateway.Busy, "a token answer without a token", "ask the partner")
	}
	life := time.Duration(got.Seconds * float64(time.Second))
	if life <= 0 {
		life = defaultLife
	}
	s.token, s.expiry = got.Token, now.Add(life-min(tokenSkew, life/4))
	return s.token, nil
}

// A token is given up a little before its end, so that it does not end on its
// way; one without a stated end lives as long as SMART recommends.
const (
	tokenSkew   = 30 * time.Second
	defaultLife = 5 * time.Minute
)

func tokenFault(code gateway.Code, found, mend string) error {
	return gateway.Faultf("token", code, fhir.Issue{Code: "login", Found: found, Fix: mend})
}
