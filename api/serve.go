package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/gateway"
)

// serveFHIR finds the route in our own table and answers.
func (a *API) serveFHIR(c *gin.Context) {
	t := aim(strings.TrimPrefix(c.Request.URL.Path, "/fhir"))
	r, err := a.lookup(c.Request.Method, t)
	if err != nil {
		a.refuse(c, err)
		return
	}
	in := callOf(c, r)
	in.typ, in.id, in.version = t.typ, t.id, t.version
	a.serve(c, in)
}

// serveV1 answers a route that gin has found.
func (a *API) serveV1(r *route) gin.HandlerFunc {
	return func(c *gin.Context) {
		in := callOf(c, r)
		in.id, in.version = c.Param("id"), c.Param("answer")
		a.serve(c, in)
	}
}

func callOf(c *gin.Context, r *route) *call {
	return &call{
		route:   r,
		request: c.GetString(keyRequest),
		path:    strings.TrimSuffix(c.Request.URL.Path, "/"),
		query:   c.Request.URL.RawQuery,
		header:  c.Request.Header,
		prefer:  preferOf(c.Request.Header),
	}
}

// lookup finds the route of a method and a path below /fhir.
func (a *API) lookup(method string, t target) (*route, error) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	if r := a.table[method+" "+t.pattern]; r != nil {
		return r, nil
	}
	if allow := a.methods(t.pattern); len(allow) > 0 {
		return nil, wrongMethod(allow)
	}
	return nil, noSuchPath()
}

// methods are those a pattern is served with.
func (a *API) methods(pattern string) []string {
	var out []string
	for key := range maps.Keys(a.table) {
		if method, p, _ := strings.Cut(key, " "); p == pattern {
			out = append(out, method)
		}
	}
	slices.Sort(out)
	return out
}

// serve lets the caller in, reads the body, runs the handler, writes the reply.
func (a *API) serve(c *gin.Context, in *call) {
	n := c.MustGet(keyNote).(*note)
	n.op = in.route.Name
	out, err := a.answer(c, in)
	if in.who != nil {
		n.partner = string(in.who.Partner.ID)
	}
	if err != nil {
		a.refuse(c, err)
		return
	}
	n.message, n.code = string(out.message), string(out.code)
	write(c, out)
}

// answer decides who may before it reads what.
func (a *API) answer(c *gin.Context, in *call) (*reply, error) {
	ctx := c.Request.Context()
	if !in.route.Rule.Open {
		who, err := a.Guard.Admit(ctx, c.Request)
		if err != nil {
			return nil, err
		}
		in.who = who
		if err := a.allowed(ctx, in); err != nil {
			return nil, err
		}
	}
	if err := acceptable(c.Request, in); err != nil {
		return nil, err
	}
	if in.route.Body != noBody {
		if err := a.readBody(c, in); err != nil {
			return nil, err
		}
	}
	return in.route.Do(ctx, in)
}

// allowed applies the rule of the route to the caller, for requests and for the
// entries of a batch alike; a refusal is audited.
func (a *API) allowed(ctx context.Context, in *call) error {
	err := in.who.Check(in.route.Rule)
	if err != nil {
		if failed := a.audit(ctx, in, gateway.Denied, access.Event{ID: in.id}); failed != nil {
			return failed
		}
	}
	return err
}

// refuse words an error for the door it happened at.
func (a *API) refuse(c *gin.Context, err error) {
	r := refusal(err)
	n := c.MustGet(keyNote).(*note)
	n.code = string(r.code)
	a.logFault(c.GetString(keyRequest), n.op, r, err)
	out := r.outcome()
	if strings.HasPrefix(c.Request.URL.Path, "/v1/") {
		out = r.problem()
	}
	if r.status == http.StatusUnauthorized {
		c.Writer.Header().Set("WWW-Authenticate", `Bearer realm="throughline"`)
	}
	if r.status == http.StatusRequestEntityTooLarge {
		c.Writer.Header().Set("Connection", "close")
	}
	write(c, out)
}

// logFault keeps the cause of what is not the caller's doing.
func (a *API) logFault(request, op string, r refused, err error) {
	switch r.code {
	case gateway.Internal:
		a.Log.Error("fault", "request", request, "op", op, "code", string(r.code), "cause", err.Error())
	case gateway.Busy:
		a.Log.Warn("fault", "request", request, "op", op, "code", string(r.code), "cause", err.Error())
	}
}

// write sends a reply.
func write(c *gin.Context, out *reply) {
	h := c.Writer.Header()
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	set("Location", out.location)
	set("ETag", out.etag)
	set("Allow", strings.Join(out.allow, ", "))
	if !out.modified.IsZero() {
		h.Set("Last-Modified", out.modified.UTC().Format(http.TimeFormat))
	}
	if out.repeat {
		h.Set("Idempotent-Replayed", "true")
	}
	if out.retry > 0 {
		h.Set("Retry-After", seconds(out.retry))
	}
	if len(out.body) > 0 || out.stream != nil {
		media := out.media
		if media == "" {
			media = mediaFHIR
		}
		h.Set("Content-Type", media+"; charset=utf-8")
	}
	if len(out.body) > 0 {
		h.Set("Content-Length", strconv.Itoa(len(out.body)))
	}
	c.Status(out.status)
	c.Writer.WriteHeaderNow()
	if out.stream != nil && out.stream(c.Writer) != nil {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	_, _ = c.Writer.Write(out.body) // the client has gone: there is nobody to tell
}

// seconds rounds up: coming too soon helps nobody.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
