package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir/search"
	"github.com/throughline/throughline/gateway"
)

// maxCount is the largest page of a history.
const maxCount = 1000

// history is GET /fhir/Type/id/_history and /fhir/Type/_history, newest first
// (http://hl7.org/fhir/R4/http.html#history).
func (a *API) history(ctx context.Context, c *call) (*reply, error) {
	values, err := c.values()
	if err != nil {
		return nil, err
	}
	count, err := historyParams(values)
	if err != nil {
		return nil, err
	}
	page, err := a.Reader.History(ctx, c.caller(), c.typ, c.id, values.Get("_page"), count)
	if err != nil {
		return nil, a.unread(ctx, c, err)
	}
	if err := a.audit(ctx, c, "", access.Event{ID: c.id, Shown: shownPage(page)}); err != nil {
		return nil, err
	}
	w := newBundle("history", page.Total, sizeOf(page.Matches))
	w.links(link{"self", a.Base + c.path + query(values)}, link{"next", a.next(c.path, values, page.Next)})
	for i := range page.Matches {
		a.historyEntry(w, &page.Matches[i])
	}
	return &reply{status: http.StatusOK, body: w.done()}, nil
}

// historyEntry writes one version with the request that made it (bdl-3, bdl-4).
func (a *API) historyEntry(w *bundleWriter, s *gateway.Stored) {
	method, target, status := http.MethodPut, s.Type+"/"+s.ID, http.StatusOK
	switch s.Verb {
	case gateway.Created:
		method, target, status = http.MethodPost, s.Type, http.StatusCreated
	case gateway.Deleted:
		method, status = http.MethodDelete, http.StatusNoContent
	}
	w.entry()
	w.string("fullUrl", a.url(s.Type, s.ID))
	w.raw("resource", s.JSON)
	w.object("request", func() {
		w.string("method", method)
		w.string("url", target)
	})
	w.response(status, "", etag(s.Version), s.Updated, nil)
}

// historyParams reads _count and refuses what would be ignored.
func historyParams(values url.Values) (count int, err error) {
	count = search.DefaultCount
	for name := range values {
		switch name {
		case "_format", "_pretty", "_page":
		case "_count":
			n, err := strconv.Atoi(values.Get(name))
			if err != nil || n < 1 {
				return 0, malformed("_count", "a number that cannot be used", "a whole number above zero", "send _count=50")
			}
			count = min(n, maxCount)
		default:
			return 0, unsupported("a history parameter that is not supported", "_count", "leave it out")
		}
	}
	return count, nil
}

// next is the link to the next page; empty on the last.
func (a *API) next(path string, values url.Values, cursor string) string {
	if cursor == "" {
		return ""
	}
	next := url.Values{}
	for name, v := range values {
		next[name] = v
	}
	next.Set("_page", cursor)
	return a.Base + path + query(next)
}

// query is the query of a URL, with its question mark; empty when there is none.
func query(values url.Values) string {
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

func shownPage(p *gateway.Page) []string {
	out := make([]string, 0, len(p.Matches)+len(p.Included))
	for _, list := range [][]gateway.Stored{p.Matches, p.Included} {
		for i := range list {
			out = append(out, shownAs(&list[i]))
		}
	}
	return out
}
