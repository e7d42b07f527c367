package console

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/gateway"
)

// signedIn lets everybody in by a cookie that names the kind of their partner.
// There is no store behind the pages: what gets past a rule that it must not pass
// falls over nil.
type signedIn struct{ Sessions }

const ownForm = "token of this session's forms"

func (signedIn) Session(_ context.Context, secret string, _ time.Duration) (*Session, error) {
	return &Session{Partner: gateway.PartnerID(secret), Who: secret + "/Ada", CSRF: ownForm, Expires: time.Now().Add(time.Hour)}, nil
}

func bare(t *testing.T) (*Console, http.Handler) {
	t.Helper()
	d := Deps{Sessions: signedIn{}, Log: slog.New(slog.DiscardHandler), Partner: func(id gateway.PartnerID) (*gateway.Partner, bool) {
		return &gateway.Partner{ID: id, Kind: gateway.PartnerKind(id)}, true
	}}
	h, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return &Console{Deps: d}, h
}

// ask sends one request in the name of a kind of partner; "" is nobody.
func ask(h http.Handler, kind gateway.PartnerKind, method, path, csrf string) (int, string) {
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(url.Values{"csrf": {csrf}, "reason": {"because"}}.Encode())
	}
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if kind != "" {
		r.AddCookie(&http.Cookie{Name: "throughline", Value: string(kind)})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Header().Get("Location") + w.Body.String()
}

func pathOf(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	return method, strings.NewReplacer("{$}", "", "{id}", "1", "{partner}", "p", "{subject}", "s", "{act}", "skip", "{to}", "pause", "{name}", "nightly", "{date}", "2026-01-01", "{year}", "2026", "{file}", "lines.csv").Replace(path)
}

var everyKind = []gateway.PartnerKind{gateway.Clinic, gateway.EHR, gateway.MCO, gateway.StateAgency, gateway.Agency, gateway.Operator}

// A page without a rule, a method or a handler fails here, before anybody is let
// in by mistake.
func TestEveryPageHasARule(t *testing.T) {
	c, _ := bare(t)
	for _, p := range c.all() {
		method, path := pathOf(p.Pattern)
		if method != http.MethodGet && method != http.MethodPost || !strings.HasPrefix(path, Path+"/") || strings.Contains(path, "{") {
			t.Errorf("%q is no page, or this test does not know its wildcards", p.Pattern)
		}
		if !p.Rule.Set() || p.Do == nil || p.Rule.Open {
			t.Errorf("%s: nobody thought about who may use it", p.Pattern)
		}
		if p.Nav != "" && method != http.MethodGet {
			t.Errorf("%s: in the navigation, and changes something", p.Pattern)
		}
		if acts := method == http.MethodPost && !strings.HasSuffix(path, "/body"); acts && p.Rule.Allows(gateway.Clinic) {
			t.Errorf("%s: an act that partners may do", p.Pattern)
		}
	}
}

// Who is nobody goes to the login; who may not use a page finds nothing, the same
// nothing as under an address that is none; and no form is taken without the
// token of the session, before anything is done.
func TestEveryPageKeepsItsRule(t *testing.T) {
	c, h := bare(t)
	for _, p := range c.all() {
		method, path := pathOf(p.Pattern)
		if code, to := ask(h, "", method, path, ownForm); code != http.StatusSeeOther || !strings.HasPrefix(to, Path+"/login") {
			t.Errorf("%s as nobody: %d %s", p.Pattern, code, to)
		}
		for _, kind := range everyKind {
			switch {
			case !p.Rule.Allows(kind):
				code, body := ask(h, kind, method, path, ownForm)
				_, nothing := ask(h, kind, http.MethodGet, Path+"/no/such/page", "")
				if code != http.StatusNotFound || seen(body) != seen(nothing) {
					t.Errorf("%s as %s: %d, another answer than where nothing is", p.Pattern, kind, code)
				}
			case method == http.MethodPost:
				for _, token := range []string{"", "token of another session"} {
					if code, _ := ask(h, kind, method, path, token); code != http.StatusForbidden {
						t.Errorf("%s as %s with the form token %q: %d", p.Pattern, kind, token, code)
					}
				}
			}
		}
	}
	for _, token := range []string{"", "token of another session"} {
		if code, _ := ask(h, gateway.Operator, http.MethodPost, Path+"/logout", token); code != http.StatusForbidden {
			t.Errorf("logged out by a form of elsewhere: %d", code)
		}
	}
}

// seen is the main part of a page.
func seen(page string) string {
	_, rest, _ := strings.Cut(page, "<main")
	main, _, _ := strings.Cut(rest, "</main>")
	return main
}
