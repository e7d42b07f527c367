package console

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/throughline/throughline/fhir"
	"github.com/throughline/throughline/gateway"
)

// Session is a person logged in in the name of a partner.
type Session struct {
	Partner gateway.PartnerID
	Who     string // how the person is named in the audit trail
	CSRF    string // secret of its forms
	Expires time.Time
}

// Sessions keeps sessions under a secret that only the browser has.
type Sessions interface {
	AddSession(ctx context.Context, secret string, s Session) error
	Session(ctx context.Context, secret string, idle time.Duration) (*Session, error)
	EndSession(ctx context.Context, secret, who string) error
}

// A session ends after a working day, or half an hour without a request.
const (
	sessionTime = 10 * time.Hour
	sessionIdle = 30 * time.Minute
)

// loginsPerMinute is how often one address may try.
const loginsPerMinute = 10

// cookieName is the name of the cookie; over TLS with the prefix that binds it
// to this host (RFC 6265bis section 4.1.3).
func (c *Console) cookieName() string {
	if c.Secure {
		return "__Secure-throughline"
	}
	return "throughline"
}

func (c *Console) cookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: c.cookieName(), Value: value, Path: Path, MaxAge: age, HttpOnly: true, Secure: c.Secure, SameSite: http.SameSiteStrictMode}
}

// visitor finds the session of a request.
func (c *Console) visitor(r *http.Request) (*visit, error) {
	none := gateway.Faultf("console", gateway.Denied, fhir.Issue{Code: "login", Found: "nobody logged in", Fix: "log in"})
	cookie, err := r.Cookie(c.cookieName())
	if err != nil || cookie.Value == "" {
		return nil, none
	}
	s, err := c.Sessions.Session(r.Context(), cookie.Value, sessionIdle)
	if err != nil {
		return nil, err
	}
	p, ok := c.Partner(s.Partner)
	if !ok {
		return nil, none // taken out of the configuration
	}
	return &visit{r: r, ctx: r.Context(), session: *s, secret: cookie.Value, partner: p}, nil
}

// loginPage is what the login page says.
type loginPage struct {
	Next   string
	Failed string
}

func (c *Console) toLogin(w http.ResponseWriter, r *http.Request) {
	next := ""
	if r.Method == http.MethodGet {
		next = "?next=" + strings.ReplaceAll(r.URL.EscapedPath(), "&", "")
	}
	http.Redirect(w, r, Path+"/login"+next, http.StatusSeeOther)
}

func (c *Console) loginForm(w http.ResponseWriter, r *http.Request) {
	c.render(w, r, http.StatusOK, nil, &answer{View: "login", Title: "Log in", Data: loginPage{Next: r.URL.Query().Get("next")}})
}

// login takes a token of a partner, or one issued to a person, and opens a
// session. It comes before any session, so its form has no token of one: the
// browser must say that the form is our own (Origin, RFC 6454).
func (c *Console) login(w http.ResponseWriter, r *http.Request) {
	next := r.PostFormValue("next")
	fail := func(status int, words string) {
		c.render(w, r, status, nil, &answer{View: "login", Title: "Log in", Data: loginPage{Next: next, Failed: words}})
	}
	if !sameSite(r) {
		fail(http.StatusForbidden, "This form was sent from another site. Log in here.")
		return
	}
	if retry, ok := c.mayTry(r); !ok {
		w.Header().Set("Retry-After", "60")
		fail(http.StatusTooManyRequests, "Too many tries from your address. Wait "+retry.Round(time.Second).String()+", then try again.")
		return
	}
	secret, err := c.open(r.Context(), strings.TrimSpace(r.PostFormValue("token")), strings.TrimSpace(r.PostFormValue("name")))
	switch {
	case err == nil:
		http.SetCookie(w, c.cookie(secret, int(sessionTime/time.Second)))
		http.Redirect(w, r, inside(next), http.StatusSeeOther)
	case gateway.FaultOf(err).Code == gateway.Denied:
		fail(http.StatusUnauthorized, "This token is not valid, or the name is missing. Tokens are issued by the gateway's operator.")
	default:
		c.refuse(w, r, nil, err)
	}
}

func (c *Console) open(ctx context.Context, token, name string) (secret string, err error) {
	denied := gateway.Faultf("console", gateway.Denied, fhir.Issue{Code: "login", Found: "no valid token"})
	if token == "" || name == "" || len(token) > 512 || len(name) > 80 {
		return "", denied
	}
	id, err := c.Tokens.Authenticate(ctx, token)
	if err != nil {
		return "", err
	}
	if _, ok := c.Partner(id); !ok {
		return "", denied
	}
	secret = random(32)
	return secret, c.Sessions.AddSession(ctx, secret, Session{Partner: id, Who: string(id) + "/" + name, CSRF: random(24), Expires: c.Now().Add(sessionTime)})
}

func (c *Console) logout(v *visit) (*answer, error) {
	return &answer{Leave: true}, c.Sessions.EndSession(v.ctx, v.secret, v.session.Who)
}

// mayTry counts logins by address.
func (c *Console) mayTry(r *http.Request) (time.Duration, bool) {
	if c.Limiter == nil {
		return 0, true
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = "nowhere"
	}
	ok, retry := c.Limiter.Allow(r.Context(), gateway.PartnerID("login:"+host), loginsPerMinute)
	return retry, ok
}

// sameSite says that a form comes from our own page, as far as the browser
// tells. Browsers send one of the two headers with every POST.
func sameSite(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin" || site == "none"
	}
	origin := r.Header.Get("Origin")
	return origin == "" || strings.HasSuffix(origin, "://"+r.Host)
}

// inside is an address of the console; anything else becomes its first page.
func inside(next string) string {
	if strings.HasPrefix(next, Path+"/") && !strings.Contains(next, "//") && !strings.ContainsAny(next, "\\\r\n") {
		return next
	}
	return Path + "/"
}
