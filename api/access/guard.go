package access

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/gateway"
)

// Authenticator knows whose a token is. A Fault NotFound or Denied means that
// nobody has it; the work must not depend on how much of a token was right.
type Authenticator interface {
	Authenticate(ctx context.Context, token string) (gateway.PartnerID, error)
}

// Limiter counts a partner's requests of the minute; retry says when the next
// one may come.
type Limiter interface {
	Allow(ctx context.Context, p gateway.PartnerID, perMinute int) (ok bool, retry time.Duration)
}

// Guard stands at the entrance of every route that is not open.
type Guard struct {
	Tokens  Authenticator
	Partner func(gateway.PartnerID) (*gateway.Partner, bool)
	Limiter Limiter // nil = no limit
}

// Visitor is a partner that was let in.
type Visitor struct {
	Partner *gateway.Partner
	Caller  gateway.Caller
}

// maxToken bounds what is looked up; no token we issue is as long.
const maxToken = 512

// Admit says who sends the request. The error is a *Refusal, or a Fault when
// tokens cannot be checked at the moment.
func (g *Guard) Admit(ctx context.Context, r *http.Request) (*Visitor, error) {
	token, ok := Bearer(r)
	if !ok {
		return nil, unknown()
	}
	id, err := g.Tokens.Authenticate(ctx, token)
	if err != nil {
		if code := gateway.FaultOf(err).Code; code == gateway.NotFound || code == gateway.Denied {
			return nil, unknown()
		}
		return nil, &gateway.Fault{Op: "authenticate", Code: gateway.Busy, Err: err}
	}
	p, ok := g.Partner(id)
	if !ok {
		return nil, unknown()
	}
	if !fromNetwork(p, r.RemoteAddr) {
		return nil, outsideNetwork()
	}
	if g.Limiter != nil {
		if ok, retry := g.Limiter.Allow(ctx, id, p.RatePerMin); !ok {
			return nil, tooOften(retry)
		}
	}
	return &Visitor{Partner: p, Caller: p.Caller()}, nil
}

// Check applies the rule of a route to a visitor.
func (v *Visitor) Check(rule Rule) error {
	if rule.Allows(v.Partner.Kind) {
		return nil
	}
	return notForKind()
}

// Bearer reads the token (RFC 6750 section 2.1); tokens in the query are not read.
func Bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "Bearer") && token != "" && len(token) <= maxToken
}

// fromNetwork checks the address of the connection itself: X-Forwarded-For is
// not believed. No list means any network.
func fromNetwork(p *gateway.Partner, remote string) bool {
	if len(p.Networks) == 0 {
		return true
	}
	addr, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	ip := addr.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(p.Networks, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// AsRefusal finds the refusal in err.
func AsRefusal(err error) (*Refusal, bool) {
	var r *Refusal
	return r, errors.As(err, &r)
}
