package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// read is GET /fhir/Type/id: the bytes the store keeps. If-None-Match and
// If-Modified-Since give 304 (http://hl7.org/fhir/R4/http.html#cread).
func (a *API) read(ctx context.Context, c *call) (*reply, error) {
	s, err := a.Reader.Read(ctx, c.caller(), c.typ, c.id)
	if err != nil {
		return nil, a.unread(ctx, c, err)
	}
	out, err := a.shown(ctx, c, s)
	if err == nil && unchanged(c.header, s) {
		out.status, out.body = http.StatusNotModified, nil
	}
	return out, err
}

// readVersion is GET /fhir/Type/id/_history/version.
func (a *API) readVersion(ctx context.Context, c *call) (*reply, error) {
	version, err := strconv.ParseInt(c.version, 10, 64)
	if err != nil || version < 1 {
		return nil, a.unread(ctx, c, notFound())
	}
	s, err := a.Reader.ReadVersion(ctx, c.caller(), c.typ, c.id, version)
	if err != nil {
		return nil, a.unread(ctx, c, err)
	}
	return a.shown(ctx, c, s)
}

// shown is a record on its way out: audited, then given.
func (a *API) shown(ctx context.Context, c *call, s *gateway.Stored) (*reply, error) {
	if s.Verb == gateway.Deleted || s.JSON == nil {
		return nil, a.unread(ctx, c, gateway.Faultf("api", gateway.Gone, general(gateway.Gone)))
	}
	if err := a.audit(ctx, c, "", access.Event{ID: c.id, Shown: []string{shownAs(s)}}); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, etag: etag(s.Version), modified: s.Updated, body: s.JSON}, nil
}

// unread words a failed read: what is absent and what is another's are the same.
func (a *API) unread(ctx context.Context, c *call, err error) error {
	code := gateway.FaultOf(err).Code
	switch code {
	case gateway.NotFound:
		err = notFound()
	case gateway.Gone:
		err = gateway.Faultf("api", gateway.Gone, general(gateway.Gone))
	default:
		return err
	}
	if failed := a.audit(ctx, c, code, access.Event{ID: c.id}); failed != nil {
		return failed
	}
	return err
}

// audit completes and keeps an event. When it cannot be kept, nothing is shown.
func (a *API) audit(ctx context.Context, c *call, code gateway.Code, e access.Event) error {
	e.At, e.Request, e.Partner, e.Op, e.Type, e.Code = a.Now(), c.request, c.who.Partner.ID, c.route.Name, c.typ, code
	if err := a.Audit.Audit(ctx, e); err != nil {
		return &gateway.Fault{Op: "audit", Code: gateway.Busy, Err: err, Issues: fhir.Issues{general(gateway.Busy)}}
	}
	return nil
}

func shownAs(s *gateway.Stored) string {
	return s.Type + "/" + s.ID + "/" + strconv.FormatInt(s.Version, 10)
}

// unchanged says whether the caller has this version already (RFC 9110 section 13.2.2).
func unchanged(h http.Header, s *gateway.Stored) bool {
	if tags := h.Get("If-None-Match"); tags != "" {
		for tag := range strings.SplitSeq(tags, ",") {
			tag = strings.TrimSpace(tag)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(etag(s.Version), "W/") {
				return true
			}
		}
		return false
	}
	since, err := http.ParseTime(h.Get("If-Modified-Since"))
	return err == nil && s.Updated.Unix() <= since.Unix()
}
