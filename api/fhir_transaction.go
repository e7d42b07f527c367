package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// bundle is POST /fhir: a transaction, or a batch
// (http://hl7.org/fhir/R4/http.html#transaction).
func (a *API) bundle(ctx context.Context, c *call) (*reply, error) {
	r, issues := fhir.Parse(c.body, fhir.Limits{Bytes: a.MaxBody})
	if r == nil {
		return nil, unreadableJSON(issues)
	}
	if r.Type != "Bundle" {
		return nil, malformed("resourceType", r.Type, "a Bundle of type transaction or batch", "POST a single resource to /fhir/"+r.Type)
	}
	switch typ := r.Get("type").Text(); typ {
	case "transaction":
		return a.transaction(ctx, c, r)
	case "batch":
		return a.batch(ctx, c, r)
	case "collection", "document", "message":
		return nil, malformed("Bundle.type", typ, "transaction or batch",
			"POST it to /v1/messages to have its content taken in, or to /fhir/Bundle to store it as it is")
	default:
		return nil, malformed("Bundle.type", "another type", "transaction or batch",
			"set type to transaction (all or nothing) or batch (each entry on its own)")
	}
}

// unreadableJSON is a body that is no resource: 400.
func unreadableJSON(issues fhir.Issues) error {
	code := gateway.Malformed
	if len(issues) > 0 && issues[0].Code == fhir.CodeTooLong {
		code = gateway.TooLarge
	}
	return &gateway.Fault{Op: "api", Code: code, Issues: issues}
}

// transaction is one message: all of it or nothing.
func (a *API) transaction(ctx context.Context, c *call, r *fhir.Resource) (*reply, error) {
	entries := r.Entries()
	if err := a.checkEntries(c, entries); err != nil {
		return nil, err
	}
	key := ""
	if identified(r, entries) {
		key = c.implicitKey()
	}
	ask := &gateway.Ask{Interaction: gateway.AskTransaction, Type: "Bundle"}
	return a.send(ctx, c, ask, key, a.all(c.prefer.Return))
}

// checkEntries refuses what a transaction cannot hold, before anything is done.
// Reads are among it: they would not be part of the stored answer, and a batch
// serves them.
func (a *API) checkEntries(c *call, entries []fhir.Entry) error {
	var issues fhir.Issues
	for _, e := range entries {
		path := "Bundle.entry[" + strconv.Itoa(e.Index) + "].request."
		switch e.Method {
		case http.MethodPost, http.MethodPut, http.MethodDelete:
		case http.MethodGet, http.MethodHead:
			issues = append(issues, issue("not-supported", path+"method", e.Method, "POST, PUT, DELETE in a transaction", "send reads and searches in a batch"))
			continue
		case http.MethodPatch:
			issues = append(issues, issue("not-supported", path+"method", e.Method, "POST, PUT, DELETE", "PUT the whole resource"))
			continue
		default:
			issues = append(issues, issue(fhir.CodeRequired, path+"method", "no method of FHIR", "POST, PUT, DELETE", "say in request.method what to do with the entry"))
			continue
		}
		t := aim(entryPath(a.Base, e.URL))
		if t.typ == "" || !fhir.IsType(t.typ) {
			issues = append(issues, issue(fhir.CodeValue, path+"url", "a url that names no resource type", "Type, Type/id or Type?criteria, relative to the base", "write CarePlan or CarePlan/ID"))
			continue
		}
		if kind := gateway.Kind("fhir/" + t.typ); !c.who.Partner.MaySend(kind) {
			return denied(kind)
		}
	}
	if len(issues) > 0 {
		return &gateway.Fault{Op: "api", Code: gateway.Malformed, Issues: issues}
	}
	return nil
}

// entryPath is the path of a request.url below the base, without its query.
func entryPath(base, url string) string {
	url = strings.TrimPrefix(url, base+"/fhir")
	path, _, _ := strings.Cut(url, "?")
	return path
}

// identified says whether a transaction has an identity: one of its own, or it
// only creates, at least one thing with a business identifier. Updates and
// deletes alone have none, they may well be meant twice.
func identified(r *fhir.Resource, entries []fhir.Entry) bool {
	if r.Get("identifier", "value").Text() != "" {
		return true
	}
	found := false
	for _, e := range entries {
		if e.Method != http.MethodPost || e.IfNoneExist != "" {
			return false
		}
		for _, id := range e.Resource.Get("identifier").Items() {
			found = found || id.Get("value").Text() != ""
		}
	}
	return found
}

// all words the answer to a transaction: one entry for each, in order.
func (a *API) all(want string) gateway.Reply {
	return func(r *gateway.Receipt) *gateway.Answer {
		if r.State == gateway.Held {
			return heldAnswer(r)
		}
		w := newBundle("transaction-response", -1, 300*len(r.Effects))
		for _, e := range r.Effects {
			w.entry()
			location, outcome := "", []byte(nil)
			if e.Verb != gateway.Deleted {
				location = a.location(e.Type, e.ID, e.Version)
				w.string("fullUrl", a.url(e.Type, e.ID))
			}
			switch want {
			case "representation":
				w.raw("resource", e.JSON)
			case "OperationOutcome":
				outcome = noteOutcome("%s/%s is %s, version %d.", e.Type, e.ID, e.Verb, e.Version)
			}
			w.response(statusFor(e.Verb), location, etag(e.Version), e.Updated, outcome)
		}
		return &gateway.Answer{Status: http.StatusOK, Body: w.done()}
	}
}

// statusFor is the status of one change.
func statusFor(v gateway.Verb) int {
	switch v {
	case gateway.Created:
		return http.StatusCreated
	case gateway.Deleted:
		return http.StatusNoContent
	}
	return http.StatusOK
}

// statusText is the form of Bundle.entry.response.status: "201 Created".
func statusText(status int) string { return strconv.Itoa(status) + " " + http.StatusText(status) }
