package access_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/throughline/throughline/api/access"
	"github.com/throughline/throughline/gateway"
)

// tokens know one token of each partner: its id.
type tokens struct{ err error }

func (t tokens) Authenticate(_ context.Context, token string) (gateway.PartnerID, error) {
	if t.err != nil {
		return "", t.err
	}
	if token == "unknown" {
		return "", &gateway.Fault{Op: "authenticate", Code: gateway.Denied}
	}
	return gateway.PartnerID(token), nil
}

type full time.Duration

func (f full) Allow(context.Context, gateway.PartnerID, int) (bool, time.Duration) {
	return f == 0, time.Duration(f)
}

func guard() *access.Guard {
	known := map[gateway.PartnerID]*gateway.Partner{
		"anywhere": {ID: "anywhere", Kind: gateway.Clinic},
		"at-home":  {ID: "at-home", Kind: gateway.Clinic, Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00::/8")}},
	}
	return &access.Guard{Tokens: tokens{}, Partner: func(id gateway.PartnerID) (*gateway.Partner, bool) { p, ok := known[id]; return p, ok }}
}

func TestAdmit(t *testing.T) {
	for name, c := range map[string]struct {
		token, remote string
		status        int // 0 = let in
	}{
		"anywhere":          {"Bearer anywhere", "192.0.2.1:1", 0},
		"at home":           {"Bearer at-home", "10.1.2.3:1", 0},
		"at home, mapped":   {"Bearer at-home", "[::ffff:10.1.2.3]:1", 0},
		"at home, IPv6":     {"Bearer at-home", "[fd00::1%eth0]:1", 0},
		"from elsewhere":    {"Bearer at-home", "10.2.0.1:1", 403},
		"from nowhere":      {"Bearer at-home", "@", 403},
		"unknown":           {"Bearer unknown", "10.1.2.3:1", 401},
		"not configured":    {"Bearer stranger", "10.1.2.3:1", 401},
		"another scheme":    {"Token anywhere", "10.1.2.3:1", 401},
		"nothing":           {"", "10.1.2.3:1", 401},
		"no scheme":         {"anywhere", "10.1.2.3:1", 401},
		"lower case scheme": {"bearer anywhere", "10.1.2.3:1", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.remote
			r.Header.Set("Authorization", c.token)
			r.Header.Set("X-Forwarded-For", "10.1.2.3") // must not help
			v, err := guard().Admit(t.Context(), r)
			if c.status == 0 {
				if err != nil || v.Caller.Partner != v.Partner.ID {
					t.Fatalf("%v %v", v, err)
				}
				return
			}
			refusal, ok := access.AsRefusal(err)
			if !ok || refusal.Status != c.status {
				t.Errorf("%v, want %d", err, c.status)
			}
		})
	}
}

func TestAdmitCountsAndFails(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer anywhere")
	g := guard()
	g.Limiter = full(3 * time.Second)
	_, err := g.Admit(t.Context(), r)
	if refusal, ok := access.AsRefusal(err); !ok || refusal.Status != http.StatusTooManyRequests || refusal.Retry != 3*time.Second {
		t.Errorf("%v", err)
	}
	g.Limiter = full(0)
	if _, err := g.Admit(t.Context(), r); err != nil {
		t.Error(err)
	}
	g.Tokens = tokens{errors.New("the store is away")}
	if _, err := g.Admit(t.Context(), r); err == nil {
		t.Error("let in though nobody could be asked")
	} else if _, ok := access.AsRefusal(err); ok {
		t.Error("an outage is not a wrong token")
	}
}

func TestRules(t *testing.T) {
	var nobody access.Rule
	for _, kind := range []gateway.PartnerKind{gateway.Clinic, gateway.EHR, gateway.MCO, gateway.StateAgency, gateway.Agency, gateway.Operator, "stranger"} {
		if nobody.Allows(kind) || nobody.Set() {
			t.Errorf("the zero rule lets %s in", kind)
		}
		if !access.Open().Allows(kind) {
			t.Errorf("an open route is closed to %s", kind)
		}
		if want := kind != gateway.Operator && kind != "stranger"; access.Care().Allows(kind) != want {
			t.Errorf("care, %s: %v", kind, !want)
		}
		if want := kind != "stranger"; access.Anyone().Allows(kind) != want {
			t.Errorf("anyone, %s: %v", kind, !want)
		}
	}
}

// counted counts how often it is asked.
type counted struct {
	tokens
	asked int
}

func (c *counted) Authenticate(ctx context.Context, token string) (gateway.PartnerID, error) {
	c.asked++
	return c.tokens.Authenticate(ctx, token)
}

func TestRecent(t *testing.T) {
	now := time.Unix(0, 0)
	source := &counted{}
	r := &access.Recent{Tokens: source, For: 5 * time.Second, Now: func() time.Time { return now }}
	ask := func(token string, wantAsked int) {
		t.Helper()
		id, err := r.Authenticate(t.Context(), token)
		if token == "unknown" {
			if err == nil {
				t.Error("unknown token let in")
			}
		} else if err != nil || string(id) != token {
			t.Errorf("%s %v", id, err)
		}
		if source.asked != wantAsked {
			t.Errorf("asked %d times, want %d", source.asked, wantAsked)
		}
	}
	ask("a", 1)
	ask("a", 1)
	ask("unknown", 2)
	ask("unknown", 3) // a token that is minted now works at once
	now = now.Add(5 * time.Second)
	ask("a", 4)
}
