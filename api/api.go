package api

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/ledger"
)

// API serves /fhir and /v1.
type API struct {
	Deps
	table        map[string]*route
	settlers     sync.Pool // *ledger.Settler
	capabilities func() []byte
	meter        *meter
}

// New makes an API of what it needs.
func New(d Deps) *API {
	d.Base = strings.TrimSuffix(d.Base, "/")
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if d.MaxBody <= 0 {
		d.MaxBody = 5 << 20
	}
	if d.DecisionWait <= 0 {
		d.DecisionWait = 15 * time.Second
	}
	a := &API{Deps: d, meter: newMeter(d.Meter)}
	a.settlers.New = func() any { return ledger.NewSettler(d.Rules) }
	a.table = a.routes()
	a.capabilities = sync.OnceValue(a.capabilityStatement)
	return a
}

// route is what stands behind one method and path.
type route struct {
	Name string // interaction of FHIR, or the operation in openapi.yaml; also the op of logs and audit
	Do   handler
	Rule access.Rule
	Body int // what kinds of body it takes, see body.go
}

// routes is every route there is. Paths of FHIR are patterns as aim makes
// them, /v1 is registered with gin as it stands here. Writes are besides subject
// to the kinds of message that the partner may send (Partner.Sends).
func (a *API) routes() map[string]*route {
	return map[string]*route{
		"GET /fhir/metadata":                        {"capabilities", a.metadata, access.Open(), noBody},
		"GET /fhir/.well-known/smart-configuration": {"smart", a.smart, access.Open(), noBody},

		"POST /fhir":                            {"system", a.bundle, access.Care(), resourceBody}, // transaction and batch
		"POST /fhir/:type":                      {"create", a.subscribing(a.subscribe, a.create), access.Care(), resourceBody},
		"GET /fhir/:type":                       {"search-type", a.subscribing(a.listSubscriptions, a.search), access.Care(), noBody},
		"POST /fhir/:type/_search":              {"search-post", a.search, access.Care(), formBody},
		"PUT /fhir/:type":                       {"update-conditional", a.updateWhere, access.Care(), resourceBody},
		"DELETE /fhir/:type":                    {"delete-conditional", a.deleteWhere, access.Care(), noBody},
		"GET /fhir/:type/_history":              {"history-type", a.history, access.Care(), noBody},
		"GET /fhir/:type/:id":                   {"read", a.subscribing(a.readSubscription, a.read), access.Care(), noBody},
		"PUT /fhir/:type/:id":                   {"update", a.subscribing(a.subscribe, a.update), access.Care(), resourceBody},
		"DELETE /fhir/:type/:id":                {"delete", a.subscribing(a.unsubscribe, a.remove), access.Care(), noBody},
		"PATCH /fhir/:type":                     {"patch", a.patch, access.Care(), noBody},
		"PATCH /fhir/:type/:id":                 {"patch", a.patch, access.Care(), noBody},
		"GET /fhir/:type/:id/_history":          {"history-instance", a.history, access.Care(), noBody},
		"GET /fhir/:type/:id/_history/:version": {"vread", a.readVersion, access.Care(), noBody},
		"POST /fhir/$validate":                  {"validate", a.validate, access.Anyone(), resourceBody},
		"POST /fhir/:type/$validate":            {"validate", a.validate, access.Anyone(), resourceBody},
		"POST /fhir/:type/:id/$validate":        {"validate", a.validate, access.Anyone(), resourceBody},

		"POST /fhir/:type/$submit":      {"submit", a.submitOf, access.Care(), resourceBody},
		"POST /fhir/:type/$inquire":     {"inquire", a.onlyOn("Claim", a.inquire), access.Care(), resourceBody},
		"POST /fhir/$submit-attachment": {"submit-attachment", a.submitAttachment, access.Care(), resourceBody},
		"POST /fhir/$pas-notification":  {"pas-notification", a.notified, access.Care(), resourceBody},
		"GET /fhir/:type/:id/$status":   {"subscription-status", a.onlyOn("Subscription", a.subscriptionStatus), access.Care(), noBody},
		"POST /fhir/:type/:id/$status":  {"subscription-status", a.onlyOn("Subscription", a.subscriptionStatus), access.Care(), resourceBody},
		"GET /fhir/:type/:id/$events":   {"subscription-events", a.onlyOn("Subscription", a.subscriptionEvents), access.Care(), noBody},
		"POST /fhir/:type/:id/$events":  {"subscription-events", a.onlyOn("Subscription", a.subscriptionEvents), access.Care(), resourceBody},

		"GET /v1/openapi.yaml":          {"openapi", a.openapi, access.Open(), noBody},
		"GET /v1/jwks.json":             {"keys", a.jwks, access.Open(), noBody},
		"POST /v1/messages":             {"sendMessage", a.sendMessage, access.Care(), messageBody},
		"GET /v1/messages/:id":          {"getMessage", a.getMessage, access.Anyone(), noBody},
		"POST /v1/files":                {"sendFile", a.sendFile, access.Care(), fileBody},
		"GET /v1/files/:id":             {"getFile", a.getFile, access.Anyone(), noBody},
		"GET /v1/files/:id/:answer":     {"getFileAnswer", a.getFileAnswer, access.Anyone(), noBody},
		"POST /v1/authorizations/check": {"checkAuthorization", a.checkAuthorization, access.Care(), jsonBody},
		"GET /v1/authorizations/check":  {"checkByURL", a.checkByURL, access.Care(), noBody},
	}
}

// Handler is the whole of it as an http.Handler.
func (a *API) Handler() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	if err := e.SetTrustedProxies(nil); err != nil {
		panic(err) // it only refuses addresses, and there are none
	}
	e.Use(a.watch)
	e.Any("/fhir", a.serveFHIR)
	e.Any("/fhir/*path", a.serveFHIR)
	for key, r := range a.table {
		if method, path, _ := strings.Cut(key, " "); strings.HasPrefix(path, "/v1/") {
			e.Handle(method, path, a.serveV1(r))
		}
	}
	a.serveLinks(e)
	e.NoRoute(a.noRoute)
	e.NoMethod(a.noMethod)
	return e
}
