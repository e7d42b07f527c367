package api

import (
	"context"
	"net/http"
	"slices"
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

// transaction is one message: all of its writes or nothing. Its reads are run
// after the commit, see fhir_transaction_reads.go; one of reads alone is no message.
func (a *API) transaction(ctx context.Context, c *call, r *fhir.Resource) (*reply, error) {
	o, err := a.orderOf(c, r)
	if err != nil {
		return nil, err
	}
	if o.onlyReads() {
		return &reply{status: http.StatusOK, body: a.answerReads(ctx, c, o, nil)}, nil
	}
	in := *c
	in.body = o.body
	key := ""
	if identified(r, o.writes) {
		key = in.implicitKey()
	}
	ask := &gateway.Ask{Interaction: gateway.AskTransaction, Type: "Bundle"}
	out, err := a.send(ctx, &in, ask, key, a.all(c.prefer.Return))
	if err != nil {
		return nil, o.renumbered(err)
	}
	if len(o.reads) == 0 || out.status != http.StatusOK {
		return out, nil
	}
	written, err := entriesOf(out.body)
	if err != nil {
		return nil, err
	}
	out.body = a.answerReads(ctx, c, o, written)
	return out, nil
}

// order is a transaction in its two parts: what it changes and what it reads.
type order struct {
	entries []fhir.Entry
	writes  []fhir.Entry
	reads   []fhir.Entry
	body    []byte // the Bundle without its reads: the message
}

func (o *order) onlyReads() bool { return len(o.writes) == 0 && len(o.reads) > 0 }

// orderOf takes a transaction apart and refuses what it cannot hold, before
// anything is done. What a read asks for is not judged here: a read fails alone.
func (a *API) orderOf(c *call, r *fhir.Resource) (*order, error) {
	o := &order{entries: r.Entries()}
	var issues fhir.Issues
	for _, e := range o.entries {
		if isRead(e) {
			o.reads = append(o.reads, e)
			continue
		}
		o.writes = append(o.writes, e)
		in, err := a.writeOfEntry(c, e)
		if err != nil {
			issues = append(issues, placed(refusal(err).issues, e.Index)...)
			continue
		}
		if kind := gateway.Kind("fhir/" + in.typ); !c.who.Partner.MaySend(kind) {
			return nil, denied(kind)
		}
	}
	if len(issues) > 0 {
		return nil, &gateway.Fault{Op: "api", Code: gateway.Malformed, Issues: issues}
	}
	o.body = withoutReads(c.body, r, o)
	return o, nil
}

// isRead says whether an entry asks for something and changes nothing.
func isRead(e fhir.Entry) bool { return e.Method == http.MethodGet || e.Method == http.MethodHead }

// changes are the routes that may stand in a transaction.
var changes = map[string]bool{"create": true, "update": true, "update-conditional": true, "delete": true, "delete-conditional": true}

// writeOfEntry is the call of an entry that changes something.
func (a *API) writeOfEntry(c *call, e fhir.Entry) (*call, error) {
	switch e.Method {
	case http.MethodPost, http.MethodPut, http.MethodDelete:
	case http.MethodPatch:
		return nil, unsupported(e.Method, "GET, HEAD, POST, PUT, DELETE", "PUT the whole resource")
	default:
		return nil, unsupported("no method of FHIR", "GET, HEAD, POST, PUT, DELETE", "say in request.method what to do with the entry")
	}
	in, err := a.callOfEntry(c, e)
	if err != nil {
		return nil, err
	}
	if !changes[in.route.Name] {
		return nil, unsupported("an operation", "create, update, delete, read and search", "send the operation by itself, or in a batch")
	}
	if strings.Contains(e.URL, "://") {
		return nil, unsupported("an absolute url", "a url relative to the base, such as CarePlan/1", "leave out "+a.Base+"/fhir/")
	}
	return in, nil
}

// placed names the entry in issues that do not name their place.
func placed(issues fhir.Issues, index int) fhir.Issues {
	out := slices.Clone(issues)
	for i := range out {
		if out[i].Path == "" {
			out[i].Path = entryPath(index) + ".request"
		}
	}
	return out
}

// entryPath is where an entry is.
func entryPath(index int) string { return "Bundle.entry[" + strconv.Itoa(index) + "]" }

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
