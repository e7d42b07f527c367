package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// batch runs each entry as a call of its own, through the same table, rules and
// handlers, one after the other; what fails, fails alone
// (http://hl7.org/fhir/R4/http.html#brules).
func (a *API) batch(ctx context.Context, c *call, r *fhir.Resource) (*reply, error) {
	entries := r.Entries()
	w := newBundle("batch-response", -1, 1024*len(entries))
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, &gateway.Fault{Op: "batch", Code: gateway.Busy, Err: err}
		}
		w.entry()
		a.batchEntry(ctx, w, c, e)
	}
	return &reply{status: http.StatusOK, body: w.done()}, nil
}

// batchEntry runs one entry and writes its response.
func (a *API) batchEntry(ctx context.Context, w *bundleWriter, c *call, e fhir.Entry) {
	out, err := a.perform(ctx, c, e)
	if err != nil {
		r := refusal(err)
		w.response(r.status, "", "", time.Time{}, fhir.Outcome(r.issues))
		return
	}
	if out.status < http.StatusMultipleChoices && e.Method != http.MethodHead {
		w.raw("resource", out.body)
	}
	w.response(out.status, out.location, out.etag, out.modified, nil)
}

// perform runs one entry as a call of its own.
func (a *API) perform(ctx context.Context, c *call, e fhir.Entry) (*reply, error) {
	in, err := a.callOfEntry(c, e)
	if err == nil {
		err = a.allowed(ctx, in)
	}
	if err != nil {
		return nil, err
	}
	out, err := in.route.Do(ctx, in)
	if err != nil {
		a.logFault(c.request, "batch", refusal(err), err)
	}
	return out, err
}

// callOfEntry makes a call of an entry, as if it had come by itself.
func (a *API) callOfEntry(c *call, e fhir.Entry) (*call, error) {
	path := entryPath(e.Index) + ".request."
	u, err := url.Parse(e.URL)
	if err != nil || e.URL == "" {
		return nil, malformed(path+"url", "no url, or one that cannot be read", "a url relative to the base, such as CarePlan?patient=Patient/1", "name what the entry is about")
	}
	if u.IsAbs() && !strings.HasPrefix(e.URL, a.Base+"/fhir/") {
		return nil, malformed(path+"url", "a url of another server", "a url relative to the base", "send it to that server")
	}
	below := strings.TrimPrefix(u.Path, "/fhir")
	if base, err := url.Parse(a.Base); err == nil && u.IsAbs() {
		below = strings.TrimPrefix(u.Path, base.Path+"/fhir")
	}
	t := aim(below)
	route, err := a.lookup(e.Method, t)
	if err != nil {
		return nil, err
	}
	if t.pattern == "/fhir" {
		return nil, malformed(path+"url", "a batch or transaction inside a batch", "single interactions", "send it by itself")
	}
	in := &call{route: route, who: c.who, request: c.request, typ: t.typ, id: t.id, version: t.version,
		path: "/fhir/" + strings.Trim(below, "/"), query: u.RawQuery, header: headerOf(c, e), prefer: c.prefer, media: mediaFHIR, entry: e.Index + 1}
	if route.Body == resourceBody {
		if e.Resource == nil {
			return nil, malformed(entryPath(e.Index)+".resource", "nothing that can be used", "a resource with a resourceType of R4", "put the resource into the entry")
		}
		in.body = e.Resource.JSON
	}
	return in, nil
}

// headerOf gives an entry the headers its request stands for.
func headerOf(c *call, e fhir.Entry) http.Header {
	h := http.Header{}
	for name, value := range map[string]string{"If-Match": e.IfMatch, "If-None-Match": e.IfNoneMatch, "If-None-Exist": e.IfNoneExist,
		"Idempotency-Key": c.header.Get("Idempotency-Key")} {
		if value != "" {
			h.Set(name, value)
		}
	}
	if since, err := time.Parse(time.RFC3339, e.IfModified); err == nil {
		h.Set("If-Modified-Since", since.UTC().Format(http.TimeFormat))
	}
	return h
}
