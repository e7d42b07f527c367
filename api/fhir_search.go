package api

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// search is GET /fhir/Type?... and POST /fhir/Type/_search with a form
// (http://hl7.org/fhir/R4/http.html#search).
func (a *API) search(ctx context.Context, c *call) (*reply, error) {
	values, err := c.values()
	if err != nil {
		return nil, err
	}
	if len(c.body) > 0 {
		form, err := url.ParseQuery(string(c.body))
		if err != nil {
			return nil, malformed("", "a form that cannot be read", "name=value pairs, percent-encoded", "encode it with a URL library")
		}
		for name, list := range form {
			values[name] = append(values[name], list...)
		}
	}
	q, issues := search.Parse(c.typ, values, search.Options{Strict: c.prefer.Strict, Base: a.Base + "/fhir"})
	if q == nil || issues.Errors() {
		return nil, &gateway.Fault{Op: "search", Code: gateway.Malformed, Issues: issues}
	}
	page, err := a.Reader.Search(ctx, c.caller(), q)
	if err != nil {
		return nil, err
	}
	event := access.Event{Params: slices.Sorted(maps.Keys(values)), Shown: shownPage(page)}
	if err := a.audit(ctx, c, "", event); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: a.searchset(q, page, issues)}, nil
}

// searchset writes a page: matches, what was included, and what the search did
// not understand.
func (a *API) searchset(q *search.Query, page *gateway.Page, warnings fhir.Issues) []byte {
	w := newBundle("searchset", page.Total, sizeOf(page.Matches, page.Included))
	path, values := "/fhir/"+q.Type, q.Values()
	self := values
	if q.Page != "" {
		self = maps.Clone(values)
		self.Set("_page", q.Page)
	}
	w.links(link{"self", a.Base + path + query(self)}, link{"next", a.next(path, values, page.Next)})
	for i := range page.Matches {
		a.found(w, &page.Matches[i], "match")
	}
	for i := range page.Included {
		a.found(w, &page.Included[i], "include")
	}
	if len(warnings) > 0 {
		w.entry()
		w.raw("resource", fhir.Outcome(warnings))
		w.object("search", func() { w.string("mode", "outcome") })
	}
	return w.done()
}

func (a *API) found(w *bundleWriter, s *gateway.Stored, mode string) {
	w.entry()
	w.string("fullUrl", a.url(s.Type, s.ID))
	w.raw("resource", s.JSON)
	w.object("search", func() { w.string("mode", mode) })
}
