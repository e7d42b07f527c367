package console

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// visit is one request of somebody who is logged in.
type visit struct {
	r       *http.Request
	ctx     context.Context
	session Session
	secret  string // of the session
	partner *gateway.Partner
	rule    page
}

// answer is what a page gives: a template with its data, another address, or a
// whole document.
type answer struct {
	View    string
	Title   string
	Data    any
	Go      string // redirect after a POST
	Leave   bool   // the session is over
	Raw     []byte // a document of its own
	File    *File  // to be kept by the browser
	Refresh int    // seconds after which a browser without JavaScript asks again
}

// guarded sets the headers of every answer. Scripts run by nonce only, styles
// come from console.css only, nothing comes from elsewhere.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce := random(16)
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'nonce-"+nonce+"'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), nonceKey{}, nonce)))
	})
}

// maxForm bounds what a form may send.
const maxForm = 64 << 10

// nonceKey carries the nonce of an answer from its header to its page.
type nonceKey struct{}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// serve lets a visitor in and answers.
func (c *Console) serve(w http.ResponseWriter, r *http.Request, p page) {
	v, err := c.visitor(r)
	if err != nil {
		if gateway.FaultOf(err).Code != gateway.Denied {
			c.refuse(w, r, nil, err)
			return
		}
		c.toLogin(w, r)
		return
	}
	v.rule = p
	a, err := c.answer(v)
	if err != nil {
		c.refuse(w, r, v, err)
		return
	}
	c.write(w, r, v, a)
}

func (c *Console) answer(v *visit) (*answer, error) {
	if !v.rule.Rule.Allows(v.partner.Kind) {
		return nil, notHere()
	}
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		if err := v.checkForm(); err != nil {
			return nil, err
		}
	}
	return v.rule.Do(v)
}

// checkForm wants the token that only our own forms carry.
func (v *visit) checkForm() error {
	if err := v.r.ParseForm(); err != nil {
		return gateway.Faultf("console", gateway.TooLarge, fhir.Issue{Code: "too-long", Found: "a form that cannot be read", Fix: "send less"})
	}
	if subtle.ConstantTimeCompare([]byte(v.r.PostForm.Get("csrf")), []byte(v.session.CSRF)) != 1 {
		return gateway.Faultf("console", gateway.Denied, fhir.Issue{Code: "forbidden", Found: "a form that is not of this session", Fix: "load the page again and repeat what you did"})
	}
	return nil
}

// reason is why somebody does something; every act needs one.
func (v *visit) reason() (string, error) {
	if reason := strings.TrimSpace(v.r.PostForm.Get("reason")); reason != "" {
		return reason, nil
	}
	return "", gateway.Faultf("console", gateway.Invalid, fhir.Issue{Code: fhir.CodeRequired, Found: "no reason", Fix: "say why; it is kept in the audit trail"})
}

func (c *Console) write(w http.ResponseWriter, r *http.Request, v *visit, a *answer) {
	switch {
	case a.Leave:
		http.SetCookie(w, c.cookie("", -1))
		http.Redirect(w, r, Path+"/login", http.StatusSeeOther)
	case a.Go != "":
		http.Redirect(w, r, a.Go, http.StatusSeeOther)
	case a.File != nil:
		c.download(w, r, v, a.File)
	case a.Raw != nil:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'") // the report carries its style sheet with it
		_, _ = w.Write(a.Raw)
	default:
		c.render(w, r, http.StatusOK, v, a)
	}
}

// statuses of what is not simply our mistake.
var statuses = map[gateway.Code]int{
	gateway.NotFound: http.StatusNotFound, gateway.Denied: http.StatusForbidden, gateway.Invalid: http.StatusUnprocessableEntity, gateway.Malformed: http.StatusBadRequest,
	gateway.Conflict: http.StatusConflict, gateway.Busy: http.StatusServiceUnavailable, gateway.TooLarge: http.StatusRequestEntityTooLarge, gateway.NotSupported: http.StatusNotImplemented,
}

// refusal is what the page of an error says.
type refusal struct {
	Status int
	Issues fhir.Issues
}

func (c *Console) refuse(w http.ResponseWriter, r *http.Request, v *visit, err error) {
	fault := gateway.FaultOf(err)
	status, ok := statuses[fault.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	if status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		c.Log.Error("console", "op", "console", "code", string(fault.Code), "error", err)
	}
	issues := fault.Issues
	if len(issues) == 0 {
		issues = fhir.Issues{{Found: "a mistake of the gateway; it is in its log", Fix: "try again in a moment"}}
	}
	c.render(w, r, status, v, &answer{View: "error", Title: http.StatusText(status), Data: refusal{status, issues}})
}

// render writes a page whole or not at all.
func (c *Console) render(w http.ResponseWriter, r *http.Request, status int, v *visit, a *answer) {
	nonce, _ := r.Context().Value(nonceKey{}).(string)
	var b bytes.Buffer
	if err := c.views[a.View].execute(&b, frameOf(c, v, a, r, nonce)); err != nil {
		c.Log.Error("console", "op", "console", "error", err)
		http.Error(w, "the page could not be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // the browser has gone: there is nobody to tell
}
